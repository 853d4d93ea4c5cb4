//! Findings as a terminal shows them.

use std::fmt::Write as _;

use super::{Diagnostic, Severity};
use crate::place::Place;

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
    let Some(line) = line else {
        if !words.is_empty() {
            let _ = writeln!(out, "   {words}");
        }
        return;
    };
    let number = at.line.to_string();
    let gap = " ".repeat(number.len());
    let before: String =
        line.chars().take(at.column.saturating_sub(1) as usize).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let room = line.chars().count().saturating_sub(at.column.saturating_sub(1) as usize).max(1);
    let carets = mark.to_string().repeat((at.length.max(1) as usize).min(room));
    let _ = writeln!(out, "{number} | {line}");
    let _ = writeln!(out, "{gap} | {}", format!("{before}{carets} {words}").trim_end());
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
}
