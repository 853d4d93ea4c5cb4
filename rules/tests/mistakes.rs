//! What people write by mistake, and how it is told. Each file of `mistakes` is one example as `scaffold` reads them; the
//! snapshots are there to be read as an officer would: right place, right word, help that helps.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use niyam_rules::compile;
use niyam_rules::diagnostics::{has_errors, scaffold, text};

#[test]
fn every_mistake_is_told_in_plain_words() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() >= 80, "{} files", files.len());
    let mut all = String::new();
    for file in files {
        let name = file.file_stem().and_then(|name| name.to_str()).expect("a name");
        let (bundle, library) = scaffold::bundle(&fs::read_to_string(&file).expect("a text"));
        let compiled = compile(&bundle, &library);
        assert!(has_errors(&compiled.diagnostics) && compiled.protocol.is_none(), "`{name}` compiles");
        for finding in &compiled.diagnostics {
            let first = finding.message.chars().next();
            assert!(first.is_some_and(|c| !c.is_uppercase()) && !finding.message.ends_with('.'), "{}", finding.message);
            assert!(finding.help.as_ref().is_some_and(|help| !help.is_empty()), "`{}` helps nobody", finding.message);
            for word in ["Some(", "None", "String", "i64", "usize", "INT", "ImmutableString", "&str", "Vec<"] {
                assert!(!finding.message.contains(word), "`{word}` in: {}", finding.message);
            }
        }
        let source = |file: &str| {
            let (protocol, path) = file.split_once('/')?;
            let bundle = if protocol == bundle.name { &bundle } else { library.get(protocol)? };
            bundle.files.get(path).cloned()
        };
        let _ = write!(all, "# {name}\n\n{}", text::render(&compiled.diagnostics, &source));
    }
    insta::assert_snapshot!(all);
}
