//! The values that facts, expressions and events carry.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A value. There is no floating point: positions are whole 1e-7 degrees, times are whole milliseconds since
/// the Unix epoch, so that every machine computes the same for ever.
///
/// In JSON: `null`, `true`, `5`, `"text"`, `[…]`, `{…}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Not known; `()` in expressions.
    #[default]
    Unknown,
    /// True or false: what comparisons give. Facts use the texts `yes`, `no`, `unknown`.
    Bool(bool),
    /// Number, time (ms since the epoch), length of time (ms), or one coordinate (1e-7 degree).
    Int(i64),
    /// Text, choice, identifier.
    Text(String),
    /// List.
    List(Vec<Value>),
    /// Map.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// Whether nothing is known: unknown, an empty text, an empty list.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Text(text) => text.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Bool(_) | Self::Int(_) | Self::Map(_) => false,
        }
    }

    /// What it is, in plain words: `a number`.
    #[must_use]
    pub const fn kind_name(&self) -> &'static str {
        match self {
            Self::Unknown => "nothing",
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
