//! Constants that a fact's type decides, and cells of tables.

use serde_json::Value as Json;

use super::{Lower, some};
use crate::diagnostics::{Code, Diagnostic};
use crate::place::Place;
use crate::protocol::{CellTest, FactType};
use crate::source::{Body, Node};
use crate::table::cells::{Cell, Scalar, parse};
use crate::value::Value;

impl Lower<'_> {
    /// Reads a constant of a type; a finding and `Unknown` when it is not of it.
    pub(crate) fn constant(&mut self, kind: &FactType, node: &Node) -> Value {
        if node.is_nothing() {
            return Value::Unknown;
        }
        let expected = match kind.read_constant(&json(kind, node)) {
            Ok(value) => return value,
            Err(expected) => expected.0.en,
        };
        let culprit = culprit(kind, node);
        let written = culprit.scalar().map_or_else(|| culprit.describe().to_owned(), |text| format!("`{text}`"));
        let finding = Diagnostic::new(
            Code::ConstantType,
            &culprit.place,
            format!("{written} is not of the type `{}`", kind.name()),
        );
        let finding = match (choices(kind), culprit.scalar()) {
            (Some(choices), Some(text)) if culprit.scalar().is_some() => {
                finding.suggest(text, choices.iter().map(|choice| choice.id.as_str()))
            }
            _ => finding.help(format!("write {expected}")),
        };
        self.find(finding);
        Value::Unknown
    }

    /// Reads a cell of an input column; a finding and `Any` when it does not fit.
    pub(crate) fn cell(&mut self, input: &str, key: &Place, node: &Node) -> CellTest {
        let Some(kind) =
            self.names.facts.get(input).filter(|_| !self.vague.contains(input)).map(|fact| fact.kind.clone())
        else {
            return CellTest::Any;
        };
        let cell = match &node.body {
            Body::Mapping(entries) => {
                if let Some(not) = node.get("not").filter(|_| entries.len() == 1) {
                    Cell::Not(some(Some(not)).into_iter().map(scalar).collect())
                } else {
                    let finding = Diagnostic::new(
                        Code::BadCell,
                        &node.place,
                        "the only map that may stand in a cell is `{ not: … }`",
                    );
                    self.find(
                        finding.help("write a value, a list, `unknown`, `{ not: … }`, or `< 5`, `>= 18`, `10..20`"),
                    );
                    return CellTest::Any;
                }
            }
            Body::Sequence(items) => Cell::Several(items.iter().map(scalar).collect()),
            Body::Scalar { .. } => Cell::One(scalar(node)),
        };
        parse(&cell, &kind).unwrap_or_else(|error| {
            let items = some(node.get("not").or(Some(node)));
            let place = error.item.and_then(|item| items.get(item)).map_or(&node.place, |item| &item.place);
            let place = if node.is_nothing() { key } else { place };
            let mut finding = Diagnostic::new(Code::BadCell, place, error.message);
            finding.help = error.help;
            self.find(finding);
            CellTest::Any
        })
    }
}

/// The value that is to blame: of a list the first item that is not of the item's type.
fn culprit<'n>(kind: &FactType, node: &'n Node) -> &'n Node {
    let (FactType::List(item), Body::Sequence(items)) = (kind, &node.body) else { return node };
    items.iter().find(|node| item.read_constant(&json(item, node)).is_err()).unwrap_or(node)
}

fn choices(kind: &FactType) -> Option<&[crate::protocol::Choice]> {
    match kind {
        FactType::Choice(choices) => Some(choices),
        FactType::List(item) => choices(item),
        _ => None,
    }
}

/// A whole number written without quotes.
fn number(node: &Node) -> Option<i64> {
    match &node.body {
        Body::Scalar { text, plain: true } if !text.starts_with('+') => text.parse().ok(),
        Body::Scalar { .. } | Body::Sequence(_) | Body::Mapping(_) => None,
    }
}

fn json(kind: &FactType, node: &Node) -> Json {
    let counts = matches!(kind, FactType::Number | FactType::Time | FactType::Duration | FactType::Position);
    match &node.body {
        Body::Scalar { .. } if node.is_nothing() => Json::Null,
        Body::Scalar { text, plain } => match number(node) {
            Some(number) if counts => Json::from(number),
            _ if *plain && matches!(text.as_str(), "true" | "false") => Json::Bool(text == "true"),
            _ => Json::from(text.as_str()),
        },
        Body::Sequence(items) => {
            let item = if let FactType::List(item) = kind { item } else { kind };
            Json::Array(items.iter().map(|node| json(item, node)).collect())
        }
        Body::Mapping(entries) => {
            Json::Object(entries.iter().map(|entry| (entry.key.text.clone(), json(kind, &entry.value))).collect())
        }
    }
}

fn scalar(node: &Node) -> Scalar {
    match &node.body {
        Body::Scalar { .. } if node.is_nothing() => Scalar::Null,
        Body::Scalar { text, plain } => match number(node) {
            Some(number) => Scalar::Int(number),
            None if *plain && matches!(text.as_str(), "true" | "false") => Scalar::Bool(text == "true"),
            None => Scalar::Text(text.clone()),
        },
        Body::Sequence(_) | Body::Mapping(_) => Scalar::Null,
    }
}
