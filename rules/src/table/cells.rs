//! Cells of a decision table: what a protocol writes, by the type of the input.
//!
//! A cell is a literal, a list of them (one of), `unknown`, or `not` before either; for numbers, times and lengths of time
//! also `< 5`, `<= 5`, `> 5`, `>= 5` and `10..20` with both ends included.

use serde_json::Value as Json;

use crate::fact::Expected;
use crate::nearest::nearest;
use crate::protocol::{CellTest, FactType};
use crate::value::Value;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A scalar.
    One(Scalar),
    /// A list.
    Several(Vec<Scalar>),
    /// `{ not: scalar }` or `{ not: [list] }`.
    Not(Vec<Scalar>),
}

/// A scalar of YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Text, quoted or plain.
    Text(String),
    /// Whole number.
    Int(i64),
    /// `true`, `false`.
    Bool(bool),
    /// Nothing, `null`, `~`.
    Null,
}

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CellError {
    /// In plain words.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Which item of a list, from 0; `None` = the cell.
    pub item: Option<usize>,
}

/// One item of a cell.
enum Item {
    Unknown,
    Value(Value),
    Range(Option<i64>, Option<i64>),
}

/// Reads a cell for an input of type `kind`. Errors: [`CellError`], at the first item that is wrong.
pub fn parse(cell: &Cell, kind: &FactType) -> Result<CellTest, CellError> {
    match cell {
        Cell::One(scalar) => Ok(one_of(vec![item(scalar, kind)?])),
        Cell::Several(scalars) => Ok(one_of(items(scalars, kind)?)),
        Cell::Not(scalars) => Ok(none_of(items(scalars, kind)?, kind)),
    }
}

fn items(scalars: &[Scalar], kind: &FactType) -> Result<Vec<Item>, CellError> {
    if scalars.is_empty() {
        return Err(error("the list is empty, so nothing can match", Some("leave the input out to allow anything")));
    }
    let numbered = scalars.iter().enumerate();
    numbered
        .map(|(index, scalar)| item(scalar, kind).map_err(|error| CellError { item: Some(index), ..error }))
        .collect()
}

fn item(scalar: &Scalar, kind: &FactType) -> Result<Item, CellError> {
    match scalar {
        Scalar::Null => {
            Err(error("the cell is empty", Some("leave the input out to allow anything, or write `unknown`")))
        }
        Scalar::Bool(flag) => {
            let answer = if *flag { "yes" } else { "no" };
            let yes_no = matches!(kind, FactType::YesNo | FactType::YesNoUnknown);
            let help = if yes_no { format!("write `{answer}`") } else { kind.expected().to_string() };
            Err(CellError { message: format!("`{flag}` is not {}", kind.describe().en), help: Some(help), item: None })
        }
        Scalar::Text(text) if text == "unknown" => Ok(Item::Unknown),
        Scalar::Text(text) if kind.is_ordered() => range(text.trim(), kind),
        Scalar::Text(text) => literal(&Json::String(text.clone()), text, kind),
        Scalar::Int(number) => literal(&Json::from(*number), &number.to_string(), kind),
    }
}

fn literal(json: &Json, text: &str, kind: &FactType) -> Result<Item, CellError> {
    if matches!(kind, FactType::List(_) | FactType::Position) {
        let help = "only `unknown` and `{ not: unknown }` can be asked of it; compute a fact of another type first";
        return Err(error(
            format!("an input that is {} cannot be compared with `{text}`", kind.describe().en),
            Some(help),
        ));
    }
    kind.read_constant(json).map(Item::Value).map_err(|expected| wrong(text, kind, &expected))
}

fn wrong(text: &str, kind: &FactType, expected: &Expected) -> CellError {
    let choices = match kind {
        FactType::Choice(choices) => choices.iter().map(|choice| choice.id.as_str()).collect(),
        FactType::YesNo => vec!["yes", "no"],
        FactType::YesNoUnknown => vec!["yes", "no", "unknown"],
        _ => Vec::new(),
    };
    let help = nearest(text, choices).map_or_else(|| expected.to_string(), |near| format!("did you mean `{near}`?"));
    CellError { message: format!("`{text}` is not {}", kind.describe().en), help: Some(help), item: None }
}

fn range(text: &str, kind: &FactType) -> Result<Item, CellError> {
    let number = |text: &str| match text.trim() {
        "" => Err(error("a bound is missing here", Some("write it as in `< 5`, `>= 18`, `10..20`"))),
        _ => number_of(text, kind),
    };
    let empty = || error(format!("nothing is in `{text}`"), Some("write the smaller bound first"));
    if let Some(least) = text.strip_prefix(">=") {
        Ok(Item::Range(Some(number(least)?), None))
    } else if let Some(most) = text.strip_prefix("<=") {
        Ok(Item::Range(None, Some(number(most)?)))
    } else if let Some(below) = text.strip_prefix('>') {
        Ok(Item::Range(Some(number(below)?.checked_add(1).ok_or_else(empty)?), None))
    } else if let Some(above) = text.strip_prefix('<') {
        Ok(Item::Range(None, Some(number(above)?.checked_sub(1).ok_or_else(empty)?)))
    } else if let Some((from, to)) = text.split_once("..") {
        let (from, to) = (number(from)?, number(to)?);
        if from > to { Err(empty()) } else { Ok(Item::Range(Some(from), Some(to))) }
    } else {
        number(text).map(|number| Item::Value(Value::Int(number)))
    }
}

fn number_of(text: &str, kind: &FactType) -> Result<i64, CellError> {
    match literal(&Json::String(text.trim().to_owned()), text.trim(), kind)? {
        Item::Value(Value::Int(number)) => Ok(number),
        Item::Value(_) | Item::Unknown | Item::Range(..) => Err(wrong(text, kind, &kind.expected())),
    }
}

fn one_of(items: Vec<Item>) -> CellTest {
    let mut values = Vec::new();
    let mut tests = Vec::new();
    for item in items {
        match item {
            Item::Unknown => tests.push(CellTest::Unknown),
            Item::Value(value) => values.push(value),
            Item::Range(from, to) => tests.push(CellTest::Between(from, to)),
        }
    }
    if !values.is_empty() {
        tests.insert(0, CellTest::OneOf(values));
    }
    if tests.len() == 1 { tests.remove(0) } else { CellTest::Either(tests) }
}

/// Known, and none of the items. Of numbers it is what lies between them.
fn none_of(items: Vec<Item>, kind: &FactType) -> CellTest {
    let mut ranges = Vec::new();
    let mut values = Vec::new();
    for item in items {
        match item {
            Item::Unknown => {}
            Item::Value(Value::Int(number)) if kind.is_ordered() => ranges.push((number, number)),
            Item::Value(value) => values.push(value),
            Item::Range(from, to) => ranges.push((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX))),
        }
    }
    if ranges.is_empty() {
        return CellTest::NoneOf(values);
    }
    ranges.sort_unstable();
    let mut between = Vec::new();
    let mut next = Some(i64::MIN);
    for (from, to) in ranges {
        let Some(start) = next else { break };
        if start < from {
            between.push(CellTest::Between((start > i64::MIN).then_some(start), Some(from - 1)));
        }
        next = to.checked_add(1).map(|after| after.max(start));
    }
    if let Some(start) = next {
        between.push(CellTest::Between(Some(start), None));
    }
    if between.len() == 1 { between.remove(0) } else { CellTest::Either(between) }
}

fn error(message: impl Into<String>, help: Option<&str>) -> CellError {
    CellError { message: message.into(), help: help.map(str::to_owned), item: None }
}
