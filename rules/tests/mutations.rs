//! Whatever somebody writes into a protocol, the compiler answers with findings and never panics.

use std::sync::LazyLock;

use niyam_rules::bundle::{Bundle, Library};
use niyam_rules::{compile, diagnostics, shipped};
use proptest::prelude::*;

static LIBRARY: LazyLock<Library> = LazyLock::new(shipped::library);

/// Pieces that mean something to YAML or to the language.
const PIECES: &[&str] = &[
    "",
    ":",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "'",
    "\"",
    "\n",
    "  ",
    "\t",
    "#",
    "&a ",
    "*a",
    "!!str ",
    "|",
    ">",
    "---\n",
    "...",
    "%YAML 9",
    "null",
    "true",
    "-1",
    "99999999999999999999",
    "remove: true",
    "parallel",
    "final",
    "history",
    "initial",
    "states",
    "on",
    "after",
    "अ",
    "\u{0}",
    "\u{feff}",
    "\r",
    "incident.",
    "In(\"",
    "10m",
    "every",
    "extends: kota",
];

#[derive(Clone, Debug)]
enum Change {
    Insert(prop::sample::Index, prop::sample::Index),
    DropLine(prop::sample::Index),
    DoubleLine(prop::sample::Index),
    Indent(prop::sample::Index),
    Cut(prop::sample::Index, u8),
    Swap(prop::sample::Index, prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), index()).prop_map(|(at, piece)| Change::Insert(at, piece)),
        index().prop_map(Change::DropLine),
        index().prop_map(Change::DoubleLine),
        index().prop_map(Change::Indent),
        (index(), any::<u8>()).prop_map(|(at, length)| Change::Cut(at, length)),
        (index(), index()).prop_map(|(one, other)| Change::Swap(one, other)),
    ]
}

fn apply(text: &str, change: &Change) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if letters.is_empty() || lines.is_empty() {
        return PIECES[5].to_owned();
    }
    match change {
        Change::Insert(at, piece) => {
            let at = at.index(letters.len());
            letters.splice(at..at, PIECES[piece.index(PIECES.len())].chars());
            return letters.into_iter().collect();
        }
        Change::Cut(at, length) => {
            let at = at.index(letters.len());
            let end = (at + usize::from(*length)).min(letters.len());
            letters.drain(at..end);
            return letters.into_iter().collect();
        }
        Change::DropLine(at) => drop(lines.remove(at.index(lines.len()))),
        Change::DoubleLine(at) => {
            let at = at.index(lines.len());
            lines.insert(at, lines[at].clone());
        }
        Change::Indent(at) => {
            let at = at.index(lines.len());
            lines[at].insert(0, ' ');
        }
        Change::Swap(one, other) => {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_protocol_gives_findings_or_a_protocol(
        file in any::<prop::sample::Index>(),
        whole in any::<bool>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let mut bundle = LIBRARY["distress-response"].clone();
        let paths: Vec<String> = bundle.files.keys().cloned().collect();
        let path = if whole { "protocol.yaml".to_owned() } else { paths[file.index(paths.len())].clone() };
        let text = changes.iter().fold(bundle.files[&path].clone(), |text, change| apply(&text, change));
        bundle.files.insert(path, text);
        let compiled = compile(&bundle, &LIBRARY);
        prop_assert_eq!(compiled.protocol.is_none(), diagnostics::has_errors(&compiled.diagnostics));
        for finding in &compiled.diagnostics {
            prop_assert!(finding.primary.line >= 1 && finding.primary.column >= 1, "{:?}", finding);
            prop_assert!(finding.help.is_some(), "no help: {:?}", finding);
        }
        let source = |file: &str| bundle.files.get(file.split_once('/')?.1).cloned();
        prop_assert_eq!(diagnostics::text::render(&compiled.diagnostics, &source).is_empty(), compiled.diagnostics.is_empty());
    }
}

fn only(content: &str) -> Bundle {
    let mut bundle = Bundle { name: "bad".to_owned(), ..Bundle::default() };
    bundle.files.insert("protocol.yaml".to_owned(), content.to_owned());
    bundle
}

fn codes(bundle: &Bundle) -> Vec<&'static str> {
    compile(bundle, &Library::new()).diagnostics.iter().map(|finding| finding.code.id()).collect()
}

#[test]
fn bombs_are_refused_with_one_finding() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        bomb.extend([format!("a{level}: &a{level} ["), vec![below; 10].join(", "), "]\n".to_owned()]);
    }
    assert_eq!(codes(&only(&bomb)), ["P0107"]);
    assert_eq!(codes(&only(&"[".repeat(10_000))), ["P0107"]);
    let steps: String = (0..200).flat_map(|level| [" ".repeat(level), "a:\n".to_owned()]).collect();
    assert_eq!(codes(&only(&steps)), ["P0107"]);
    assert_eq!(codes(&only(&format!("niyam: 1\n# {}", "x".repeat(3 << 20)))), ["P0107"]);
    assert_eq!(codes(&only("a: &a [*a]\n")), ["P0101"]);
    assert_eq!(codes(&only("")), ["P0101"]);
}

#[test]
fn a_broken_file_does_not_hide_the_others() {
    let mut bundle = LIBRARY["distress-response"].clone();
    bundle.files.insert("forms/contact.yaml".to_owned(), "form: [contact".to_owned());
    let table = bundle.files["tables/level.yaml"].replace("hit:", "hti:");
    bundle.files.insert("tables/level.yaml".to_owned(), table);
    let found = codes(&bundle);
    assert!(found.contains(&"P0101") && found.contains(&"P0103"), "{found:?}");
    assert!(!found.contains(&"P0205"), "what the broken file would have held is not reported as missing: {found:?}");
    bundle.files.insert("protocol.yaml".to_owned(), "niyam: [".to_owned());
    let found = codes(&bundle);
    assert!(found.iter().filter(|code| **code == "P0101").count() == 2 && found.contains(&"P0103"), "{found:?}");
}

#[test]
fn a_chart_with_more_states_than_can_be_counted_is_refused() {
    let states: String =
        (0..66_000).flat_map(|number| ["  s".to_owned(), number.to_string(), ":\n".to_owned()]).collect();
    let found = codes(&only(&format!("niyam: 1\nprotocol: bad\ninitial: s0\nstates:\n{states}")));
    assert!(found.contains(&"P0107"), "{} findings", found.len());
}
