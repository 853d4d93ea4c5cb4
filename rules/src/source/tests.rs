//! Trees, places, aliases and keys written twice.

use super::*;

fn tree(text: &str) -> (Option<Node>, Vec<Diagnostic>) {
    let mut findings = Vec::new();
    let node = read(&"a.yaml".into(), text, &mut findings);
    (node, findings)
}

#[test]
fn every_value_has_its_line_column_and_length() {
    let (node, findings) = tree("नाम:\n  - { key: 'two words' }\n");
    let node = node.expect("a tree");
    let item = &node.entries().expect("a map")[0].value.items().expect("a list")[0];
    let entry = item.entry("key").expect("the key");
    assert_eq!(findings, []);
    assert_eq!((node.place.line, node.place.column, node.place.length), (1, 1, 3));
    assert_eq!((entry.key.place.line, entry.key.place.column, entry.key.place.length), (2, 7, 3));
    assert_eq!((entry.value.place.column, entry.value.place.length), (12, 11));
    assert_eq!(entry.value.scalar(), Some("two words"));
}

#[test]
fn aliases_stand_for_what_they_name() {
    let (node, findings) = tree("a: &x { b: 1 }\nc: *x\n");
    let node = node.expect("a tree");
    assert_eq!(findings, []);
    assert!(node.get("a").expect("a").says_the_same(node.get("c").expect("c")));
    assert_eq!(node.get("c").and_then(|c| c.get("b")).map(|b| b.place.line), Some(1));
}

#[test]
fn a_key_written_twice_keeps_the_first_and_says_so() {
    let (node, findings) = tree("a: 1\na: { b: 2 }\nc: 3\n");
    let node = node.expect("a tree");
    assert_eq!(node.get("a").and_then(Node::scalar), Some("1"));
    assert_eq!(node.get("c").and_then(Node::scalar), Some("3"));
    assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::DuplicateKey]);
    assert_eq!(findings[0].labels[0].place.line, 1);
}

#[test]
fn only_unquoted_nothing_is_nothing() {
    let (node, _) = tree("a:\nb: ''\nc: null\nd: \"null\"\n");
    let node = node.expect("a tree");
    let is_nothing = |key: &str| node.entry(key).expect(key).value.is_nothing();
    assert_eq!(["a", "b", "c", "d"].map(is_nothing), [true, false, true, false]);
}
