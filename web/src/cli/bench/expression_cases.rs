//! The expressions and tables that are measured, for `niyam bench expressions` and the bench of the tests package.

use std::collections::BTreeMap;

use niyam_rules::protocol::{CellTest, Choice, FactDeclaration, FactType, HitPolicy, Row, Table};
use niyam_rules::text::Text;
use niyam_rules::value::Value;

/// Functions that expressions may call.
pub const SCRIPT: &str = "fn grave(level) { level == \"red\" || level == \"orange\" }";

/// Name and text of each expression.
pub const EXPRESSIONS: [(&str, &str); 6] = [
    ("comparison", "incident.level == \"red\""),
    ("guard", "incident.unit != () && incident.level in [\"red\", \"orange\"] && incident.minor != \"no\""),
    ("state", "In(\"reach.talk\") && !In(\"closed.safe\")"),
    ("choice", "if incident.count == () { 0 } else if incident.count > 3 { 1 } else { 2 }"),
    ("list", "incident.phones.len() > 1 && \"+915555550001\" in incident.phones"),
    ("script", "grave(incident.level)"),
];

/// Sixty facts, of which an expression reads a few.
pub fn incident() -> BTreeMap<String, Value> {
    let mut incident: BTreeMap<String, Value> =
        (0..54).map(|n| (format!("fact_{n}"), Value::Text("a text of some length".repeat(n % 7)))).collect();
    let phones = vec!["+915555550002".into(), "+915555550001".into()];
    incident.extend([
        ("level".to_owned(), "red".into()),
        ("minor".to_owned(), "yes".into()),
        ("unit".to_owned(), "RJ-PHQ-SCRB".into()),
        ("count".to_owned(), Value::Int(4)),
        ("phones".to_owned(), Value::List(phones)),
    ]);
    incident
}

/// Twelve inputs; each row tests three; the last takes the rest.
pub fn table(rows: usize) -> (Table, BTreeMap<String, FactDeclaration>) {
    const VALUES: [&str; 5] = ["a", "b", "c", "d", "e"];
    let choices = || VALUES.iter().map(|id| Choice { id: (*id).to_owned(), label: Text::default() }).collect();
    let kind = |n: usize| if n % 3 == 1 { FactType::YesNoUnknown } else { FactType::Choice(choices()) };
    let fact = |n: usize| FactDeclaration {
        label: Text::default(),
        kind: kind(n),
        default: Value::Unknown,
        seal: None,
        place: None,
    };
    let facts: BTreeMap<String, FactDeclaration> = (0..12).map(|n| (format!("i{n:02}"), fact(n))).collect();
    let row = |index: usize| {
        let mut when = vec![CellTest::Any; 12];
        for part in 0..if index + 1 == rows { 0 } else { 3 } {
            let input = (index * 7 + part * 5) % 12;
            let value = if input % 3 == 1 { "yes" } else { VALUES[(index + part) % 5] };
            when[input] = CellTest::OneOf(vec![value.into()]);
        }
        Row { id: format!("r{index}"), when, then: vec![VALUES[index % 5].into()], why: None, place: None }
    };
    let table = Table {
        id: "routing".to_owned(),
        title: Text::default(),
        hit: HitPolicy::First,
        inputs: facts.keys().cloned().collect(),
        outputs: vec!["i00".to_owned()],
        rows: (0..rows).map(row).collect(),
        place: None,
    };
    (table, facts)
}
