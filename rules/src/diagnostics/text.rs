//! Findings as a terminal shows them.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::{Diagnostic, Severity};
use crate::place::Place;

/// Longest line that is drawn; of a longer one only the place is given. Unit: bytes.
const LONGEST_LINE: usize = 1_000;

/// Draws findings with the source line of each. `source` gives the content of a file as [`Place::file`] names it.
#[must_use]
pub fn render(findings: &[Diagnostic], source: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    for finding in findings {
        one(&mut out, finding, source);
        out.push('\n');
    }
    out
}

fn one(out: &mut String, finding: &Diagnostic, source: &dyn Fn(&str) -> Option<String>) {
    let word = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let _ = writeln!(out, "{word}[{}]: {}", finding.code, finding.message);
    place(out, "-->", &finding.primary, '^', &finding.note, source);
    for label in &finding.labels {
        place(out, ":::", &label.place, '-', &label.text, source);
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "  = help: {help}");
    }
}

fn place(out: &mut String, arrow: &str, at: &Place, mark: char, words: &str, source: &dyn Fn(&str) -> Option<String>) {
    let _ = writeln!(out, "  {arrow} {at}");
    let line =
        source(&at.file).and_then(|text| text.lines().nth(at.line.saturating_sub(1) as usize).map(str::to_owned));
    let Some(line) = line.filter(|line| line.len() <= LONGEST_LINE) else {
        if !words.is_empty() {
            let _ = writeln!(out, "   {words}");
        }
        return;
    };
    let number = at.line.to_string();
    let gap = " ".repeat(number.len());
    let (before, marked) = stretch(&line, at);
    let carets = mark.to_string().repeat(marked);
    let _ = writeln!(out, "{number} | {line}");
    let _ = writeln!(out, "{gap} | {}", format!("{before}{carets} {words}").trim_end());
}

/// What stands before a place on the line of carets, and how many carets it needs. A place counts Unicode scalar values; a
/// terminal draws the signs of Devanagari over one another, so it counts columns.
fn stretch(line: &str, at: &Place) -> (String, usize) {
    let cut = |line: &str, count: u32| line.char_indices().nth(count as usize).map_or(line.len(), |(index, _)| index);
    let (front, rest) = line.split_at(cut(line, at.column.saturating_sub(1)));
    // A tab stays a tab: how wide it is drawn only the terminal knows.
    let before: Vec<String> = front.split('\t').map(|piece| " ".repeat(piece.width())).collect();
    let marked = rest[..cut(rest, at.length.max(1))].width().max(1);
    (before.join("\t"), marked)
}

#[cfg(test)]
mod tests {
    use super::super::Code;
    use super::*;

    #[test]
    fn draws_the_line_and_the_place() {
        let at = Place { file: "kota/protocol.yaml".into(), line: 2, column: 3, length: 5 };
        let finding =
            Diagnostic::new(Code::UnknownKey, &at, "no key `ownre` in a state").suggest("ownre", ["owner", "on"]);
        let drawn = render(&[finding], &|_| Some("states:\n  ownre: desk\n".to_owned()));
        assert_eq!(
            drawn,
            "error[P0103]: no key `ownre` in a state\n  --> kota/protocol.yaml:2:3\n2 |   ownre: desk\n  |   ^^^^^\n  = help: did you mean `owner`?\n\n"
        );
    }

    #[test]
    fn carets_stand_under_their_word_behind_devanagari() {
        let line = "label: { hi: स्थिति, en: Sttae }";
        let column = u32::try_from(line.chars().count() - line.chars().rev().position(|c| c == 'S').expect("an S"));
        let at = Place { file: "kota/protocol.yaml".into(), line: 1, column: column.expect("short"), length: 5 };
        let (before, carets) = stretch(line, &at);
        let shown = "label: { hi: स्थिति, en: ".width();
        assert_eq!((before.len(), carets), (shown, 5));
        assert!(before.len() < "label: { hi: स्थिति, en: ".chars().count(), "signs are drawn over letters");
        assert_eq!(stretch("\t\tx", &Place { column: 3, length: 1, ..at }), ("\t\t".to_owned(), 1));
    }
}
