use std::collections::BTreeMap;

use proptest::prelude::*;

use super::algebra::{Example, Finding, findings};
use super::cells::{Cell, Scalar, parse};
use super::*;
use crate::protocol::{CellTest, Choice, FactDeclaration, HitPolicy, Row, Table};
use crate::text::Text;

fn fact(kind: FactType) -> FactDeclaration {
    FactDeclaration { label: Text::default(), kind, default: Value::Unknown, seal: None, place: None }
}

fn choice(ids: &[&str]) -> FactType {
    FactType::Choice(ids.iter().map(|id| Choice { id: (*id).to_owned(), label: Text::default() }).collect())
}

fn facts() -> BTreeMap<String, FactDeclaration> {
    let mut level = fact(choice(&["red", "orange", "green"]));
    level.default = "green".into();
    let facts = [
        ("level", level),
        ("minor", fact(FactType::YesNoUnknown)),
        ("count", fact(FactType::Number)),
        ("late", fact(FactType::Duration)),
        ("word", fact(FactType::Text)),
        ("phones", fact(FactType::List(Box::new(FactType::Phone)))),
        ("team", fact(choice(&["women", "child", "any"]))),
        ("steps", fact(FactType::List(Box::new(FactType::Text)))),
    ];
    facts.into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect()
}

fn cell(text: &str, kind: &FactType) -> CellTest {
    if text == "any" {
        return CellTest::Any;
    }
    let scalars = |text: &str| text.split('|').map(|part| Scalar::Text(part.to_owned())).collect::<Vec<_>>();
    let cell = match text.strip_prefix('!') {
        Some(rest) => Cell::Not(scalars(rest)),
        None => Cell::Several(scalars(text)),
    };
    parse(&cell, kind).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Rows as `cell, cell -> output`.
fn table(hit: HitPolicy, inputs: &str, output: &str, rows: &[&str]) -> Table {
    let inputs: Vec<String> = inputs.split_whitespace().map(str::to_owned).collect();
    let facts = facts();
    let row = |(index, row): (usize, &&str)| {
        let (when, then) = row.split_once(" -> ").expect("an arrow");
        let cells = when.split(',').map(str::trim).zip(&inputs);
        Row {
            id: format!("r{index}"),
            when: cells.map(|(text, input)| cell(text, &facts[input].kind)).collect(),
            then: vec![if then == "()" { Value::Unknown } else { then.into() }],
            why: None,
            place: None,
        }
    };
    Table {
        id: "t".to_owned(),
        title: Text::default(),
        hit,
        rows: rows.iter().enumerate().map(row).collect(),
        inputs,
        outputs: vec![output.to_owned()],
        place: None,
    }
}

fn decide(table: &Table, known: &[(&str, Value)]) -> Result<Hit, TableError> {
    let known: BTreeMap<&str, Value> = known.iter().cloned().collect();
    evaluate(table, &facts(), |name| known.get(name))
}

fn rows(table: &Table, known: &[(&str, Value)]) -> Vec<usize> {
    decide(table, known).expect("a hit").rows
}

#[test]
fn unknown_matches_only_what_asks_for_it() {
    let table = table(
        HitPolicy::First,
        "minor level",
        "team",
        &["unknown, any -> any", "!yes, !red -> women", "any, any -> child"],
    );
    assert_eq!(rows(&table, &[("level", "red".into())]), [0]);
    assert_eq!(rows(&table, &[("minor", "unknown".into())]), [0]);
    assert_eq!(rows(&table, &[("minor", "no".into()), ("level", "green".into())]), [1]);
    assert_eq!(rows(&table, &[("minor", "no".into())]), [2]);
    assert_eq!(rows(&table, &[("minor", "yes".into()), ("level", "green".into())]), [2]);
}

#[test]
fn each_policy_does_as_dmn_says() {
    let rows = ["red|orange -> child", "red -> women", "!green -> women"];
    let red = [("level", Value::from("red"))];
    let green = [("level", Value::from("green"))];
    let run = |hit| decide(&table(hit, "level", "team", &rows), &red);
    assert!(
        matches!(run(HitPolicy::Unique), Err(TableError::Overlap { first, second, .. }) if first == "r0" && second == "r1")
    );
    assert_eq!(run(HitPolicy::First).expect("a hit").outputs, [("team".to_owned(), "child".into())]);
    let priority = run(HitPolicy::Priority).expect("a hit");
    assert_eq!((priority.rows, priority.outputs), (vec![1], vec![("team".to_owned(), "women".into())]));
    assert!(
        matches!(run(HitPolicy::Any), Err(TableError::Disagree { first, second, .. }) if first == "r0" && second == "r1")
    );
    let collect = run(HitPolicy::Collect).expect("a hit");
    assert_eq!(collect.rows, [0, 1, 2]);
    assert_eq!(collect.outputs[0].1, Value::List(vec!["child".into(), "women".into(), "women".into()]));
    for hit in [HitPolicy::Unique, HitPolicy::First, HitPolicy::Priority, HitPolicy::Any] {
        assert_eq!(
            decide(&table(hit, "level", "team", &rows), &green),
            Err(TableError::NoRow { table: "t".to_owned() })
        );
    }
    let nothing = decide(&table(HitPolicy::Collect, "level", "steps", &rows), &green).expect("a hit");
    assert_eq!(nothing.outputs, [("steps".to_owned(), Value::List(Vec::new()))]);
    let agree = table(HitPolicy::Any, "level", "team", &["red -> child", "red|orange -> child"]);
    assert_eq!(decide(&agree, &red).expect("a hit").rows, [0]);
}

#[test]
fn an_input_that_is_no_fact_is_an_error() {
    let mut table = table(HitPolicy::First, "level", "team", &["any -> any"]);
    table.inputs[0] = "levle".to_owned();
    assert!(matches!(decide(&table, &[]), Err(TableError::NoInput { .. })));
    assert_eq!(findings(&table, &facts()), []);
}

#[test]
fn reads_cells() {
    let text = |text: &str| Scalar::Text(text.to_owned());
    let one = |scalar: Scalar, kind: &FactType| parse(&Cell::One(scalar), kind);
    for (written, expected) in [
        ("< 5", CellTest::Between(None, Some(4))),
        ("<=5", CellTest::Between(None, Some(5))),
        ("> -5", CellTest::Between(Some(-4), None)),
        (">= 18", CellTest::Between(Some(18), None)),
        ("10..20", CellTest::Between(Some(10), Some(20))),
        ("7", CellTest::OneOf(vec![Value::Int(7)])),
        ("unknown", CellTest::Unknown),
    ] {
        assert_eq!(one(text(written), &FactType::Number), Ok(expected), "{written}");
    }
    assert_eq!(one(Scalar::Int(7), &FactType::Number), Ok(CellTest::OneOf(vec![Value::Int(7)])));
    assert_eq!(one(text("10m..1h"), &FactType::Duration), Ok(CellTest::Between(Some(600_000), Some(3_600_000))));
    assert_eq!(
        one(text("> 2026-11-21T14:35+05:30"), &FactType::Time),
        Ok(CellTest::Between(Some(1_795_251_900_001), None))
    );
    assert_eq!(
        parse(&Cell::Several(vec![Scalar::Int(1), text("unknown"), text("> 9")]), &FactType::Number),
        Ok(CellTest::Either(vec![
            CellTest::OneOf(vec![Value::Int(1)]),
            CellTest::Unknown,
            CellTest::Between(Some(10), None)
        ]))
    );
    assert_eq!(parse(&Cell::Not(vec![text("unknown")]), &FactType::Position), Ok(CellTest::NoneOf(Vec::new())));
    assert_eq!(
        parse(&Cell::Not(vec![text("3..5"), Scalar::Int(9), text("< 0")]), &FactType::Number),
        Ok(CellTest::Either(vec![
            CellTest::Between(Some(0), Some(2)),
            CellTest::Between(Some(6), Some(8)),
            CellTest::Between(Some(10), None)
        ]))
    );
}

#[test]
fn says_what_is_wrong_with_a_cell() {
    let level = choice(&["red", "orange", "green"]);
    let text = |text: &str| Scalar::Text(text.to_owned());
    let phones = FactType::List(Box::new(FactType::Phone));
    for (scalar, kind, message, help) in [
        (text("orang"), &level, "`orang` is not one of the choices", "did you mean `orange`?"),
        (text("blue"), &level, "`blue` is not one of the choices", "expected one of red, orange, green"),
        (Scalar::Bool(true), &FactType::YesNo, "`true` is not yes or no", "write `yes`"),
        (Scalar::Null, &level, "the cell is empty", "leave the input out"),
        (text("20..10"), &FactType::Number, "nothing is in `20..10`", "smaller bound first"),
        (text("< red"), &FactType::Number, "`red` is not a whole number", "expected"),
        (text("< 5"), &level, "`< 5` is not one of the choices", "expected one of"),
        (text("soon"), &FactType::Time, "`soon` is not a time", "like 2026"),
        (text("5555550001"), &phones, "cannot be compared", "unknown"),
        (Scalar::Int(5), &FactType::Text, "`5` is not a text", "expected a text"),
    ] {
        let error = parse(&Cell::Several(vec![text("unknown"), scalar]), kind).expect_err(message);
        assert_eq!(error.item, Some(1));
        assert!(
            error.message.contains(message) && error.help.as_deref().is_some_and(|told| told.contains(help)),
            "{error:?}"
        );
    }
}

fn said(table: &Table) -> Vec<String> {
    let example = |example: &Example| {
        let values = example.iter().map(|(name, value)| match value {
            Value::Unknown => format!("{name}=?"),
            Value::Int(number) => format!("{name}={number}"),
            Value::Text(text) => format!("{name}={text}"),
            other => format!("{name}={}", other.kind_name()),
        });
        values.collect::<Vec<_>>().join(" ")
    };
    let say = |finding: &Finding| match finding {
        Finding::Gap { example: found } => format!("gap {}", example(found)),
        Finding::Overlap { rows, example: found } => format!("overlap {rows:?} {}", example(found)),
        Finding::Disagreement { rows, example: found } => format!("disagree {rows:?} {}", example(found)),
        Finding::Unreachable { row, covered_by } => format!("unreachable {row} by {covered_by:?}"),
        Finding::TooLarge { sought } => format!("too large for {sought}"),
    };
    findings(table, &facts()).iter().map(say).collect()
}

#[test]
fn finds_gaps_with_an_example() {
    let find = |inputs, rows: &[&str]| said(&table(HitPolicy::First, inputs, "team", rows));
    assert_eq!(find("level", &["red -> any", "orange -> any"]), ["gap level=green"]);
    assert_eq!(find("minor", &["yes -> any", "no -> any"]), ["gap minor=?"]);
    assert_eq!(find("count", &["< 10 -> any", "> 10 -> any", "unknown -> any"]), ["gap count=10"]);
    assert_eq!(find("count", &[">= 0 -> any", "unknown -> any"]), ["gap count=-1"]);
    assert_eq!(find("late", &["< 10m -> any", "unknown -> any"]), ["gap late=600000"]);
    assert_eq!(find("late", &[">= 0s -> any", "unknown -> any"]), Vec::<String>::new());
    assert_eq!(find("word", &["anything else -> any", "unknown -> any"]), ["gap word=anything else 2"]);
    assert_eq!(find("phones", &["!unknown -> any"]), ["gap phones=?"]);
    assert_eq!(
        find("level minor", &["red, yes -> any", "!red, any -> any", "any, no -> any"]),
        ["gap level=red minor=?"]
    );
    assert_eq!(find("level count", &[]), ["gap level=red count=0"]);
    assert_eq!(said(&table(HitPolicy::Collect, "level", "steps", &["red -> any"])), Vec::<String>::new());
}

#[test]
fn finds_overlaps_disagreements_and_rows_that_never_count() {
    assert_eq!(
        said(&table(HitPolicy::Unique, "count", "team", &["<= 10 -> any", ">= 10 -> any", "unknown -> any"])),
        ["overlap [0, 1] count=10"]
    );
    let any = &["red|orange -> women", "orange|green -> child", "green -> child"];
    assert_eq!(said(&table(HitPolicy::Any, "level", "team", any)), ["disagree [0, 1] level=orange"]);
    let first = &["!green -> any", "red -> any", "red|green -> any", "any -> any"];
    assert_eq!(
        said(&table(HitPolicy::First, "level", "team", first)),
        ["unreachable 1 by [0]", "unreachable 3 by [0, 1, 2]"]
    );
    let priority = &["red -> any", "red|orange -> women", "any -> any"];
    assert_eq!(said(&table(HitPolicy::Priority, "level", "team", priority)), ["unreachable 0 by [1]"]);
    let impossible = &["!red|orange|green -> any", "any -> any"];
    assert_eq!(said(&table(HitPolicy::First, "level", "team", impossible)), ["unreachable 0 by []"]);
}

#[test]
fn a_default_makes_a_fact_known_unless_it_is_sealed() {
    let rows = &["red|orange|green -> any"];
    let table = table(HitPolicy::Unique, "level", "team", rows);
    let mut facts = facts();
    assert_eq!(findings(&table, &facts), []);
    facts.get_mut("level").expect("declared").seal = Some("person".to_owned());
    assert_eq!(findings(&table, &facts), [Finding::Gap { example: vec![("level".to_owned(), Value::Unknown)] }]);
}

/// Twelve inputs and sixty rows, each row testing three inputs, are searched in reasonable work or honestly refused.
#[test]
fn large_tables_do_not_blow_up() {
    let kinds: Vec<FactType> =
        (0..12).map(|n| if n % 3 == 0 { FactType::YesNoUnknown } else { choice(&["a", "b", "c", "d", "e"]) }).collect();
    let facts: BTreeMap<String, FactDeclaration> =
        kinds.iter().enumerate().map(|(n, kind)| (format!("f{n:02}"), fact(kind.clone()))).collect();
    let row = |index: usize, tested: bool| {
        let mut when = vec![CellTest::Any; 12];
        for part in 0..if tested { 3 } else { 0 } {
            let input = (index * 7 + part * 5) % 12;
            let value = if input.is_multiple_of(3) { "yes" } else { ["a", "b", "c", "d", "e"][(index + part) % 5] };
            when[input] = CellTest::OneOf(vec![value.into()]);
        }
        Row { id: format!("r{index}"), when, then: vec![Value::Int(1)], why: None, place: None }
    };
    let mut rows: Vec<Row> = (0..60).map(|index| row(index, true)).collect();
    let mut table = table(HitPolicy::First, "", "count", &[]);
    table.inputs = facts.keys().cloned().collect();
    table.rows.clone_from(&rows);
    let open = findings(&table, &facts);
    assert!(open.iter().any(|finding| matches!(finding, Finding::Gap { .. })));
    rows.push(row(60, false));
    table.rows = rows;
    assert!(findings(&table, &facts).iter().all(|finding| matches!(finding, Finding::Unreachable { .. })));
}

/// A cell, as an index into the cells that suit the column.
fn any_table() -> impl Strategy<Value = Table> {
    let columns: [(&str, &'static [&'static str]); 4] = [
        ("level", &["any", "red", "orange|green", "!red", "unknown", "!unknown"]),
        ("minor", &["any", "yes", "no", "unknown", "!yes", "yes|unknown"]),
        ("count", &["any", "< 1", "0..2", "> 1", "1", "!1|2", "unknown", "3|unknown"]),
        ("word", &["any", "a", "b|unknown", "!a", "unknown"]),
    ];
    let policies = prop::sample::select(vec![
        HitPolicy::Unique,
        HitPolicy::First,
        HitPolicy::Priority,
        HitPolicy::Any,
        HitPolicy::Collect,
    ]);
    let outputs = prop::sample::select(vec!["women", "child", "any"]);
    let row = (columns.map(|(_, cells)| prop::sample::select(cells.to_vec())), outputs);
    (policies, prop::collection::vec(row, 0..6)).prop_map(|(hit, rows)| {
        let rows: Vec<String> =
            rows.iter().map(|(cells, output)| format!("{} -> {output}", cells.join(", "))).collect();
        table(hit, "level minor count word", "team", &rows.iter().map(String::as_str).collect::<Vec<_>>())
    })
}

fn every_input() -> Vec<Vec<(&'static str, Value)>> {
    let texts = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect::<Vec<_>>();
    let columns: [(&str, Vec<Value>); 4] = [
        ("level", texts(&["red", "orange", "green"])),
        ("minor", [texts(&["yes", "no"]), vec![Value::Unknown]].concat()),
        ("count", [(-1..=4).map(Value::Int).collect(), vec![Value::Unknown]].concat()),
        ("word", [texts(&["a", "b", "zzz"]), vec![Value::Unknown]].concat()),
    ];
    columns.iter().fold(vec![Vec::new()], |inputs, (name, values)| {
        let extend = |input: &Vec<(&'static str, Value)>| {
            let one = |value: &Value| [input.clone(), vec![(*name, value.clone())]].concat();
            values.iter().map(one).collect::<Vec<_>>()
        };
        inputs.iter().flat_map(extend).collect()
    })
}

fn matching(table: &Table, input: &[(&str, Value)]) -> Vec<usize> {
    let facts = facts();
    let hits =
        |row: &Row| row.when.iter().zip(input).all(|(test, (name, value))| matches(test, value, &facts[*name].kind));
    (0..table.rows.len()).filter(|row| hits(&table.rows[*row])).collect()
}

fn borrowed(example: &Example) -> Vec<(&str, Value)> {
    example.iter().map(|(name, value)| (name.as_str(), value.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn agrees_with_looking_at_every_input(table in any_table()) {
        let facts = facts();
        let found = findings(&table, &facts);
        let hits: Vec<Vec<usize>> = every_input().iter().map(|input| matching(&table, input)).collect();
        let gap = table.hit != HitPolicy::Collect && hits.iter().any(Vec::is_empty);
        prop_assert_eq!(found.iter().any(|finding| matches!(finding, Finding::Gap { .. })), gap);
        let mut unreachable = Vec::new();
        for finding in &found {
            match finding {
                Finding::Gap { example } => prop_assert!(matching(&table, &borrowed(example)).is_empty()),
                Finding::Overlap { rows, example } | Finding::Disagreement { rows, example } => {
                    let both = matching(&table, &borrowed(example));
                    prop_assert!(rows.iter().all(|row| both.contains(row)));
                }
                Finding::Unreachable { row, .. } => unreachable.push(*row),
                Finding::TooLarge { .. } => prop_assert!(false, "too large"),
            }
        }
        let differ = |row: usize, other: usize| table.rows[row].then != table.rows[other].then;
        let clash = hits.iter().any(|hit| match table.hit {
            HitPolicy::Unique => hit.len() > 1,
            HitPolicy::Any => hit.iter().any(|row| differ(*row, hit[0])),
            HitPolicy::First | HitPolicy::Priority | HitPolicy::Collect => false,
        });
        let clashes = |finding: &Finding| matches!(finding, Finding::Overlap { .. } | Finding::Disagreement { .. });
        prop_assert_eq!(found.iter().any(clashes), clash);
        let never: Vec<usize> = (0..table.rows.len()).filter(|row| !hits.iter().any(|hit| counts(&table, hit, *row))).collect();
        prop_assert_eq!(unreachable, never);
        for input in every_input() {
            let known: BTreeMap<&str, Value> = input.iter().cloned().collect();
            let hit = evaluate(&table, &facts, |name| known.get(name));
            let rows = matching(&table, &input);
            prop_assert_eq!(hit.is_ok(), table.hit == HitPolicy::Collect || !rows.is_empty() && !clashing(&table, &rows));
        }
    }
}

/// Whether a row counts where these rows match.
fn counts(table: &Table, hit: &[usize], row: usize) -> bool {
    let rank = |row: usize| (evaluate::priority(table, &facts(), &table.rows[row]), row);
    match table.hit {
        HitPolicy::First => hit.first() == Some(&row),
        HitPolicy::Priority => hit.iter().min_by_key(|row| rank(**row)) == Some(&row),
        HitPolicy::Unique | HitPolicy::Any | HitPolicy::Collect => hit.contains(&row),
    }
}

fn clashing(table: &Table, hit: &[usize]) -> bool {
    match table.hit {
        HitPolicy::Unique => hit.len() > 1,
        HitPolicy::Any => hit.iter().any(|row| table.rows[*row].then != table.rows[hit[0]].then),
        HitPolicy::First | HitPolicy::Priority | HitPolicy::Collect => false,
    }
}
