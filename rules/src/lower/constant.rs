//! Constants that a fact's type decides.

use std::collections::BTreeMap;

use super::Lower;
use crate::diagnostics::{Code, Diagnostic};
use crate::duration::Duration;
use crate::protocol::FactType;
use crate::source::{Body, Node};
use crate::value::Value;

impl Lower<'_> {
    /// Reads a constant of a type; a finding and `Unknown` when it is not of it.
    pub(crate) fn constant(&mut self, kind: &FactType, node: &Node) -> Value {
        if node.is_nothing() {
            return Value::Unknown;
        }
        match read(kind, node) {
            Ok(value) => value,
            Err(reason) => {
                let written = node.scalar().map_or_else(|| node.describe().to_owned(), |text| format!("`{text}`"));
                let finding = Diagnostic::new(Code::ConstantType, &node.place, format!("{written} is not {reason}"));
                let finding = match (kind, node.scalar()) {
                    (FactType::Choice(choices), Some(text)) => {
                        finding.suggest(text, choices.iter().map(|choice| choice.id.as_str()))
                    }
                    _ => finding.help(format!("write {reason}")),
                };
                self.find(finding);
                Value::Unknown
            }
        }
    }
}

fn read(kind: &FactType, node: &Node) -> Result<Value, String> {
    match (kind, &node.body) {
        (FactType::List(item), Body::Sequence(items)) => {
            items.iter().map(|node| read(item, node)).collect::<Result<_, _>>().map(Value::List)
        }
        (FactType::List(_), _) => Err("a list".to_owned()),
        (FactType::Position, Body::Mapping(entries)) => position(entries),
        (FactType::Position, _) => Err("a position `{ lat_e7: …, lon_e7: … }`".to_owned()),
        (_, Body::Scalar { text, .. }) => scalar(kind, text),
        (_, Body::Sequence(_) | Body::Mapping(_)) => Err("a single value".to_owned()),
    }
}

fn position(entries: &[crate::source::Entry]) -> Result<Value, String> {
    let mut fields = BTreeMap::new();
    for entry in entries {
        let number = entry.value.scalar().and_then(|text| text.parse().ok());
        let Some(number) = number.filter(|_| matches!(entry.key.text.as_str(), "lat_e7" | "lon_e7" | "accuracy_m"))
        else {
            return Err("a position `{ lat_e7: …, lon_e7: …, accuracy_m: … }` in whole numbers".to_owned());
        };
        fields.insert(entry.key.text.clone(), Value::Int(number));
    }
    if fields.contains_key("lat_e7") && fields.contains_key("lon_e7") {
        Ok(Value::Map(fields))
    } else {
        Err("a position with `lat_e7` and `lon_e7`".to_owned())
    }
}

fn scalar(kind: &FactType, text: &str) -> Result<Value, String> {
    let one_of =
        |words: &[&str], name: &str| if words.contains(&text) { Ok(text.into()) } else { Err(name.to_owned()) };
    match kind {
        FactType::YesNo => one_of(&["yes", "no"], "`yes` or `no`"),
        FactType::YesNoUnknown => one_of(&["yes", "no", "unknown"], "`yes`, `no` or `unknown`"),
        FactType::Choice(choices) if choices.iter().any(|choice| choice.id == text) => Ok(text.into()),
        FactType::Choice(_) => Err("one of the values of this choice".to_owned()),
        FactType::Number => text.parse().map(Value::Int).map_err(|_| "a whole number".to_owned()),
        FactType::Duration => text.parse::<Duration>().map_err(|_| "a length of time".to_owned()).and_then(|length| {
            i64::try_from(length.as_ms()).map(Value::Int).map_err(|_| "a shorter length of time".to_owned())
        }),
        FactType::Date if !crate::grammar::shape::is_day(text) => Err("a day `YYYY-MM-DD`".to_owned()),
        FactType::Time => text.parse().map(Value::Int).map_err(|_| "a time in milliseconds since 1970".to_owned()),
        _ => Ok(text.into()),
    }
}
