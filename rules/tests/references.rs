//! Generated pages are those that are checked in. `UPDATE_DOCS=1` writes them.

use std::path::Path;

fn current(path: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, made).expect("the page can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "{} is stale: run UPDATE_DOCS=1 cargo test -p niyam-rules --test references", path.display());
}

#[test]
fn the_reference_of_findings_is_current() {
    current("docs/diagnostics.md", &niyam_rules::diagnostics::reference::markdown());
}

#[test]
fn the_schema_is_current() {
    let schema = serde_json::to_string_pretty(&niyam_rules::schema()).expect("a schema is JSON");
    current("docs/protocol.schema.json", &format!("{schema}\n"));
}
