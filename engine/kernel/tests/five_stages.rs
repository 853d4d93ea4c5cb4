//! The small protocol of the kernel's tests and bench.

use niyam_rules::bundle::{Bundle, Library};
use niyam_rules::compile;
use niyam_rules::protocol::Protocol;

const FILES: [(&str, &str); 6] = [
    ("protocol.yaml", include_str!("five-stages/protocol.yaml")),
    ("forms/findings.yaml", include_str!("five-stages/forms/findings.yaml")),
    ("forms/note.yaml", include_str!("five-stages/forms/note.yaml")),
    ("tables/level.yaml", include_str!("five-stages/tables/level.yaml")),
    ("messages/en.ftl", include_str!("five-stages/messages/en.ftl")),
    ("messages/hi.ftl", include_str!("five-stages/messages/hi.ftl")),
];

/// Compiled, without a finding that is an error.
#[must_use]
pub fn protocol() -> Protocol {
    changed(&[])
}

/// The same with texts of `protocol.yaml` replaced: its next version.
#[must_use]
pub fn changed(changes: &[(&str, &str)]) -> Protocol {
    let mut files: std::collections::BTreeMap<String, String> =
        FILES.iter().map(|&(path, text)| (path.to_owned(), text.to_owned())).collect();
    for (old, new) in changes {
        let text = files.get_mut("protocol.yaml").expect("it is there");
        assert!(text.contains(old), "the protocol does not hold `{old}`");
        *text = text.replacen(old, new, 1);
    }
    let compiled = compile(&Bundle { name: "five-stages".to_owned(), files }, &Library::new());
    let findings = compiled.diagnostics.iter().map(|finding| format!("{}: {}", finding.primary, finding.message));
    compiled.protocol.ok_or_else(|| findings.collect::<Vec<_>>().join("\n")).expect("the protocol is sound")
}
