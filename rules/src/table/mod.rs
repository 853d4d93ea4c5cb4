//! Decision tables: reading cells, deciding, and finding gaps and overlaps.
//!
//! A missing fact is unknown; for a yes-no-unknown, or a choice that has such a value, the text `unknown` is the same.

pub mod algebra;
pub mod cells;
mod evaluate;
mod space;

pub use evaluate::{Hit, TableError, evaluate, matches};

use crate::protocol::FactType;
use crate::value::Value;

/// Whether a value says nothing about its fact.
fn is_unknown(value: &Value, kind: &FactType) -> bool {
    let says_so = value.as_text() == Some("unknown");
    value.is_unknown() || (says_so && matches!(kind, FactType::YesNoUnknown | FactType::Choice(_)))
}

#[cfg(test)]
mod tests;
