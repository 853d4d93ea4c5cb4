//! The inputs of a table, cut into classes of values that no row tells apart.

use std::collections::{BTreeMap, BTreeSet};

use super::algebra::Example;
use super::evaluate::matches;
use crate::protocol::{CellTest, FactDeclaration, FactType, Table};
use crate::value::Value;

/// A set of rows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rows(Vec<u64>);

impl Rows {
    fn none(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    fn insert(&mut self, row: usize) {
        self.0[row / 64] |= 1 << (row % 64);
    }

    fn contains(&self, row: usize) -> bool {
        self.0[row / 64] & (1 << (row % 64)) != 0
    }

    /// Whether it holds no row.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Rows in both.
    pub fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(left, right)| left & right).collect())
    }

    /// The rows in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|row| self.contains(*row))
    }
}

/// A class of values of one input.
struct Class {
    example: Value,
    matching: Rows,
}

/// All inputs of a table with their classes.
pub struct Space {
    names: Vec<String>,
    columns: Vec<Vec<Class>>,
    rows: usize,
}

impl Space {
    /// Cuts the inputs; `None` when one is no declared fact.
    pub fn new(table: &Table, facts: &BTreeMap<String, FactDeclaration>) -> Option<Self> {
        let mut columns = Vec::new();
        for (index, input) in table.inputs.iter().enumerate() {
            let fact = facts.get(input)?;
            let tests: Vec<&CellTest> =
                table.rows.iter().map(|row| row.when.get(index).unwrap_or(&CellTest::Any)).collect();
            columns.push(classes(fact, &tests));
        }
        Some(Self { names: table.inputs.clone(), columns, rows: table.rows.len() })
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.columns.len()
    }

    /// Number of rows.
    pub fn row_count(&self) -> usize {
        self.rows
    }

    /// Number of classes of an input.
    pub fn class_count(&self, input: usize) -> usize {
        self.columns[input].len()
    }

    /// All rows.
    pub fn all_rows(&self) -> Rows {
        self.rows(&(0..self.rows).collect::<Vec<_>>())
    }

    /// These rows.
    pub fn rows(&self, rows: &[usize]) -> Rows {
        let mut set = Rows::none(self.rows);
        for row in rows {
            set.insert(*row);
        }
        set
    }

    /// Rows that match a class of an input.
    pub fn matching(&self, input: usize, class: usize) -> &Rows {
        &self.columns[input][class].matching
    }

    /// Whether a row matches a class of an input.
    pub fn admits(&self, row: usize, input: usize, class: usize) -> bool {
        self.columns[input][class].matching.contains(row)
    }

    /// The classes of an input that a row matches.
    pub fn allowed(&self, row: usize, input: usize) -> impl Iterator<Item = usize> {
        (0..self.class_count(input)).filter(move |class| self.admits(row, input, *class))
    }

    /// Whether a row refuses some class of an input (that another row matches, when `within` names one).
    pub fn tests(&self, row: usize, input: usize, within: Option<usize>) -> bool {
        let of_interest = |class: &usize| within.is_none_or(|other| self.admits(other, input, *class));
        (0..self.class_count(input)).filter(of_interest).any(|class| !self.admits(row, input, class))
    }

    /// Whether some input of a row can match nothing.
    pub fn is_impossible(&self, row: usize) -> bool {
        (0..self.inputs()).any(|input| self.allowed(row, input).next().is_none())
    }

    /// An input that both rows match.
    pub fn shared(&self, first: usize, second: usize) -> Option<Vec<Option<usize>>> {
        let both = |input: usize| self.allowed(first, input).find(|class| self.admits(second, input, *class));
        (0..self.inputs()).map(|input| both(input).map(Some)).collect()
    }

    /// Values for classes; of an input where any will do, the first.
    pub fn example(&self, classes: &[Option<usize>]) -> Example {
        let inputs = self.names.iter().zip(&self.columns).zip(classes);
        let value = |column: &[Class], class: Option<usize>| {
            column.get(class.unwrap_or(0)).map_or(Value::Unknown, |class| class.example.clone())
        };
        inputs.map(|((name, column), class)| (name.clone(), value(column, *class))).collect()
    }
}

/// Classes in an order that puts known values first; values that the same rows match are one class.
fn classes(fact: &FactDeclaration, tests: &[&CellTest]) -> Vec<Class> {
    let mut classes: Vec<Class> = Vec::new();
    for example in samples(fact, tests) {
        let mut matching = Rows::none(tests.len());
        for (row, test) in tests.iter().enumerate() {
            if matches(test, &example, &fact.kind) {
                matching.insert(row);
            }
        }
        if !classes.iter().any(|class| class.matching == matching) {
            classes.push(Class { example, matching });
        }
    }
    classes
}

/// One value for each way in which the tests can tell values apart.
fn samples(fact: &FactDeclaration, tests: &[&CellTest]) -> Vec<Value> {
    let mut samples = match &fact.kind {
        FactType::YesNo | FactType::YesNoUnknown => vec![Value::from("yes"), Value::from("no")],
        FactType::Choice(choices) => {
            let ids = choices.iter().map(|choice| choice.id.as_str()).filter(|id| *id != "unknown");
            ids.map(Value::from).collect()
        }
        FactType::Number | FactType::Time => intervals(tests, i64::MIN),
        FactType::Duration => intervals(tests, 0),
        FactType::Text
        | FactType::Date
        | FactType::Phone
        | FactType::Email
        | FactType::Url
        | FactType::Ip
        | FactType::Unit => texts(&fact.kind, tests),
        FactType::Position => {
            let field = |name: &str| (name.to_owned(), Value::Int(0));
            vec![Value::Map(BTreeMap::from([field("lat_e7"), field("lon_e7")]))]
        }
        FactType::List(inner) => vec![Value::List(vec![other(inner, &BTreeSet::new())])],
    };
    if can_be_unknown(fact) {
        samples.push(Value::Unknown);
    }
    samples
}

/// A fact with a default is always known, unless erasing its seal takes it away or `unknown` is one of its values.
fn can_be_unknown(fact: &FactDeclaration) -> bool {
    let says_unknown = match &fact.kind {
        FactType::YesNoUnknown => true,
        FactType::Choice(choices) => choices.iter().any(|choice| choice.id == "unknown"),
        _ => false,
    };
    fact.default.is_unknown() || fact.seal.is_some() || says_unknown
}

fn intervals(tests: &[&CellTest], least: i64) -> Vec<Value> {
    fn starts(test: &CellTest, found: &mut BTreeSet<i64>) {
        let mut value = |number: i64| {
            found.insert(number);
            found.extend(number.checked_add(1));
        };
        match test {
            CellTest::Any | CellTest::Unknown => {}
            CellTest::OneOf(values) | CellTest::NoneOf(values) => {
                for number in values {
                    if let Value::Int(number) = number {
                        value(*number);
                    }
                }
            }
            CellTest::Between(from, to) => {
                found.extend(*from);
                found.extend(to.and_then(|to| to.checked_add(1)));
            }
            CellTest::Either(tests) => tests.iter().for_each(|test| starts(test, found)),
        }
    }
    let mut found = BTreeSet::from([least]);
    for test in tests {
        starts(test, &mut found);
    }
    found.retain(|start| *start >= least);
    let starts: Vec<i64> = found.into_iter().collect();
    let readable = |(index, start): (usize, &i64)| {
        let end = starts.get(index + 1).map_or(i64::MAX, |next| next - 1);
        // The open interval below all is better shown by its last number.
        if *start == i64::MIN { if end == i64::MAX { 0 } else { end } } else { *start }
    };
    starts.iter().enumerate().map(|start| Value::Int(readable(start))).collect()
}

fn texts(kind: &FactType, tests: &[&CellTest]) -> Vec<Value> {
    fn mentioned(test: &CellTest, found: &mut BTreeSet<String>) {
        match test {
            CellTest::Any | CellTest::Unknown | CellTest::Between(..) => {}
            CellTest::OneOf(values) | CellTest::NoneOf(values) => {
                found.extend(values.iter().filter_map(Value::as_text).map(str::to_owned));
            }
            CellTest::Either(tests) => tests.iter().for_each(|test| mentioned(test, found)),
        }
    }
    let mut found = BTreeSet::new();
    for test in tests {
        mentioned(test, &mut found);
    }
    let anything_else = other(kind, &found);
    found.into_iter().map(Value::Text).chain([anything_else]).collect()
}

/// A value of the type that is none of these, invented.
fn other(kind: &FactType, mentioned: &BTreeSet<String>) -> Value {
    let text = |make: &dyn Fn(u32) -> String| {
        let invented = (1..=u32::MAX).map(make).find(|text| !mentioned.contains(text));
        Value::Text(invented.unwrap_or_default())
    };
    match kind {
        FactType::Text | FactType::Choice(_) | FactType::YesNo | FactType::YesNoUnknown => {
            text(&|n| if n == 1 { "anything else".to_owned() } else { format!("anything else {n}") })
        }
        FactType::Date => text(&|n| format!("{:04}-01-01", 2000 + n)),
        FactType::Phone => text(&|n| format!("+91555555{n:04}")),
        FactType::Email => text(&|n| format!("namuna{n}@example.org")),
        FactType::Url => text(&|n| format!("https://example.org/{n}")),
        FactType::Ip => text(&|n| format!("2001:db8::{n:x}")),
        FactType::Unit => text(&|n| format!("UNIT-{n}")),
        FactType::Number | FactType::Time | FactType::Duration => Value::Int(0),
        FactType::Position | FactType::List(_) => Value::Map(BTreeMap::new()),
    }
}
