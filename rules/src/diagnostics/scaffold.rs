//! The protocol that examples of the references are put into.
//!
//! An example is a part of a protocol as somebody would write it. Its top-level keys replace those of a small complete
//! protocol (`facts`, `roles`, `units`, `seals` and `on` are added to them), so that what is compiled is whole and the
//! example stays short. Lines of the form `# file: forms/why.yaml` begin another file; `# whole` as the first line says
//! that the example is all of `protocol.yaml`; `# overlay` says that it is a protocol `kota` that extends the example
//! (`# overlay: broken`: one with an error; `# overlay: without order`: and no order is added).

use crate::bundle::{Bundle, Library};

const PROTOCOL: &str = include_str!("scaffold/protocol.yaml");
const EN: &str =
    "late = { $case }: nobody has acted for { $late } minutes.\ntrouble = { $case }: something went wrong.\n";
const HI: &str = "late = { $case }: { $late } मिनट से किसी ने कुछ नहीं किया।\ntrouble = { $case }: कुछ गड़बड़ हुई।\n";
const FORM: &str = "form: visit\ntitle: { en: Visit, hi: भेंट }\nfields:\n  - { fact: age, required: true }\n";
const TABLE: &str = "table: level
title: { en: Level, hi: स्तर }
hit: first
inputs: [minor]
outputs: [level]
rows:
  - { id: child, when: { minor: yes }, then: { level: red } }
  - { id: other, then: { level: green } }
";

const ORDER: &str = "order: { number: 12/2024, date: 2024-05-29, authority: { en: Director General, hi: महानिदेशक } }\n";

/// The bundle that an example stands for, and the library it may extend from.
#[must_use]
pub fn bundle(example: &str) -> (Bundle, Library) {
    let mut base = Bundle { name: "example".to_owned(), ..Bundle::default() };
    for (path, content) in [
        ("protocol.yaml", PROTOCOL),
        ("messages/en.ftl", EN),
        ("messages/hi.ftl", HI),
        ("forms/visit.yaml", FORM),
        ("tables/level.yaml", TABLE),
    ] {
        base.files.insert(path.to_owned(), content.to_owned());
    }
    let (first, files) = split(example);
    let (mut bundle, library) = match first.lines().next() {
        Some(line) if line.starts_with("# overlay") => {
            let mut over = Bundle { name: "kota".to_owned(), ..Bundle::default() };
            over.files.insert("protocol.yaml".to_owned(), overlay(first, line != "# overlay: without order"));
            if line == "# overlay: broken" {
                base.files.insert("protocol.yaml".to_owned(), merged(PROTOCOL, "initial: nowhere\n"));
            }
            (over, Library::from([("example".to_owned(), base)]))
        }
        Some("# whole") => {
            base.files
                .insert("protocol.yaml".to_owned(), first.split_once('\n').map_or("", |(_, rest)| rest).to_owned());
            (base, Library::new())
        }
        _ => {
            base.files.insert("protocol.yaml".to_owned(), merged(PROTOCOL, first));
            (base, Library::new())
        }
    };
    for (path, content) in files {
        bundle.files.insert(path.to_owned(), content.to_owned());
    }
    (bundle, library)
}

fn overlay(fragment: &str, order: bool) -> String {
    let head = "niyam: 1\nprotocol: kota\ntitle: { en: Kota, hi: कोटा }\nextends: example\n";
    let order = if order { ORDER } else { "" };
    merged(&format!("{head}{order}"), fragment)
}

/// What stands before the first `# file:` line, and the files.
fn split(example: &str) -> (&str, Vec<(&str, &str)>) {
    let mut parts = example.split("# file: ");
    let first = parts.next().unwrap_or_default();
    (first, parts.filter_map(|part| part.split_once('\n')).map(|(path, content)| (path.trim(), content)).collect())
}

/// Puts the top-level keys of a fragment into a protocol.
fn merged(protocol: &str, fragment: &str) -> String {
    let mut sections = sections(protocol);
    for (key, text) in self::sections(fragment) {
        match sections.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known))
                if matches!(key, "facts" | "roles" | "units" | "seals" | "on")
                    && text.trim_end().lines().count() > 1 =>
            {
                known.push_str(text.split_once('\n').map_or("", |(_, rest)| rest));
            }
            Some((_, known)) => *known = text,
            None => sections.push((key, text)),
        }
    }
    sections.into_iter().map(|(_, text)| text).collect()
}

fn sections(text: &str) -> Vec<(&str, String)> {
    let mut sections: Vec<(&str, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        let key = line.split(':').next().unwrap_or_default();
        match sections.last_mut() {
            Some((_, section)) if line.starts_with(' ') || line.trim().is_empty() => {
                section.push_str(line);
                section.push('\n');
            }
            _ => sections.push((key, format!("{line}\n"))),
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_scaffold_itself_has_no_findings() {
        let (bundle, library) = super::bundle("");
        assert_eq!(crate::compile(&bundle, &library).diagnostics, []);
    }
}
