//! Every example of the language reference compiles without a finding.

use niyam_rules::diagnostics::{scaffold, text};

const PAGE: &str = include_str!("../../docs/protocol-language.md");

/// Examples as the words behind the fence, the line they begin at, and their text.
fn examples(page: &str) -> Vec<(String, usize, String)> {
    let mut examples = Vec::new();
    let mut open: Option<(String, usize, String)> = None;
    for (number, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => examples.extend(open.take()),
            (Some((_, _, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, Some(info)) => open = Some((info.to_owned(), number + 1, String::new())),
            (None, None) => {}
        }
    }
    examples
}

#[test]
fn every_example_compiles_without_a_finding() {
    let examples = examples(PAGE);
    assert!(examples.len() >= 20, "only {} examples were found", examples.len());
    let mut bad = String::new();
    for (info, line, example) in examples {
        let fragment = match info.strip_prefix("yaml ") {
            Some("example" | "alone") => example.clone(),
            Some("whole") => format!("# whole\n{example}"),
            Some("overlay") => format!("# overlay\n{example}"),
            Some(path) if path.contains('/') => format!("# file: {path}\n{example}"),
            _ => panic!(
                "line {line}: an example is marked `yaml example`, `alone`, `whole`, `overlay` or with a path, not `{info}`"
            ),
        };
        let (mut bundle, library) = scaffold::bundle(&fragment);
        if info == "yaml alone" {
            bundle.files = [("protocol.yaml".to_owned(), example)].into();
        }
        let found = niyam_rules::compile(&bundle, &library).diagnostics;
        let source = |file: &str| bundle.files.get(file.split_once('/')?.1).cloned();
        if !found.is_empty() {
            bad.extend([format!("example at line {line}:\n"), text::render(&found, &source)]);
        }
    }
    assert!(bad.is_empty(), "{bad}");
}

#[test]
fn every_key_of_the_language_is_in_the_reference() {
    let schema = niyam_rules::schema().to_value();
    let mut missing = Vec::new();
    for (name, definition) in schema["$defs"].as_object().expect("definitions") {
        let records = definition["anyOf"].as_array().cloned().unwrap_or_else(|| vec![definition.clone()]);
        for key in records.iter().filter_map(|record| record["properties"].as_object()).flat_map(|keys| keys.keys()) {
            if !PAGE.contains(&format!("{key}:")) && !PAGE.contains(&format!("`{key}`")) {
                missing.push(format!("{name}.{key}"));
            }
        }
    }
    assert!(missing.is_empty(), "not in docs/protocol-language.md: {missing:?}");
}
