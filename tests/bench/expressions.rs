//! Speed of expressions and decision tables: one JSON object per line on standard output.
//!
//! Run with `cargo bench -p niyam-tests --bench expressions`.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use niyam_rules::expression::{Environment, Expression, Scripts};
use niyam_rules::protocol::{CellTest, Choice, FactDeclaration, FactType, HitPolicy, Row, Table};
use niyam_rules::table::{algebra, evaluate};
use niyam_rules::text::Text;
use niyam_rules::value::Value;

const LONG_ENOUGH: Duration = Duration::from_millis(500);

const SCRIPT: &str = "fn grave(level) { level == \"red\" || level == \"orange\" }";

const EXPRESSIONS: [(&str, &str); 6] = [
    ("comparison", "incident.level == \"red\""),
    ("guard", "incident.unit != () && incident.level in [\"red\", \"orange\"] && incident.minor != \"no\""),
    ("state", "In(\"reach.talk\") && !In(\"closed.safe\")"),
    ("choice", "if incident.count == () { 0 } else if incident.count > 3 { 1 } else { 2 }"),
    ("list", "incident.phones.len() > 1 && \"+915555550001\" in incident.phones"),
    ("script", "grave(incident.level)"),
];

fn main() -> std::io::Result<()> {
    let scripts = Scripts::compile([("grave.rhai", SCRIPT)]).expect("the script is right");
    for (name, source) in EXPRESSIONS {
        let expression = Expression::compile_with(source, None, &scripts).expect("the expression is right");
        let names = BTreeMap::from([("incident".to_owned(), Value::Map(incident()))]);
        let environment = Environment { names: &names, is_active: &|id| id == "reach.talk" };
        expression.evaluate(&environment).expect("it gives a value");
        let rate = per_second(|| {
            let _ = black_box(expression.evaluate(black_box(&environment)));
        });
        report("expression_evaluations", name, rate)?;
        let rate = per_second(|| {
            let _ = black_box(Expression::compile_with(black_box(source), None, &scripts));
        });
        report("expression_compilations", name, rate)?;
    }
    for rows in [6, 60] {
        let (table, facts) = table(rows);
        let known = BTreeMap::from([("i00", Value::from("d")), ("i01", Value::from("no"))]);
        let rate = per_second(|| {
            let _ = black_box(evaluate(black_box(&table), &facts, |name| known.get(name)));
        });
        report("table_evaluations", &format!("12 inputs, {rows} rows"), rate)?;
        let rate = per_second(|| {
            black_box(algebra::findings(black_box(&table), &facts));
        });
        report("table_checks", &format!("12 inputs, {rows} rows"), rate)?;
    }
    Ok(())
}

fn report(what: &str, name: &str, per_second: f64) -> std::io::Result<()> {
    let line = serde_json::json!({ "measure": what, "case": name, "per_second": per_second.round() });
    writeln!(std::io::stdout(), "{line}")
}

#[expect(clippy::disallowed_methods, reason = "it measures real time")]
fn per_second(mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < LONG_ENOUGH {
        run();
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}

/// Sixty facts, of which an expression reads a few.
fn incident() -> BTreeMap<String, Value> {
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
fn table(rows: usize) -> (Table, BTreeMap<String, FactDeclaration>) {
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
