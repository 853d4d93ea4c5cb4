//! Deciding by a table, as DMN 1.5 §8.2.8 defines the hit policies.

use std::collections::BTreeMap;

use super::is_unknown;
use crate::protocol::{CellTest, FactDeclaration, FactType, HitPolicy, Row, Table};
use crate::value::Value;

/// What a table decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Indices of the rows that counted, in document order.
    pub rows: Vec<usize>,
    /// Each output fact with its value, in the order of the table's outputs.
    pub outputs: Vec<(String, Value)>,
}

/// Why a table decided nothing. Becomes `error.execution` in the case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// An input is no declared fact.
    #[error("table `{table}` asks for `{input}`, which is no fact")]
    NoInput {
        /// The table.
        table: String,
        /// The input.
        input: String,
    },
    /// No row matches. Never with `collect`.
    #[error("no row of table `{table}` matches")]
    NoRow {
        /// The table.
        table: String,
    },
    /// Several rows match where the policy allows one.
    #[error("rows `{first}` and `{second}` of table `{table}` both match")]
    Overlap {
        /// The table.
        table: String,
        /// Id of the first row that matches.
        first: String,
        /// Id of another.
        second: String,
    },
    /// Rows that match say different things where the policy wants them to agree.
    #[error("rows `{first}` and `{second}` of table `{table}` both match and disagree")]
    Disagree {
        /// The table.
        table: String,
        /// Id of the first row that matches.
        first: String,
        /// Id of one that says something else.
        second: String,
    },
}

/// Decides. `lookup` gives the value of a fact, `None` = unknown.
///
/// Outputs of `collect` are lists: the values of all matching rows in document order, unknown ones left out, lists
/// joined. Errors: [`TableError`].
pub fn evaluate<'v>(
    table: &Table,
    facts: &BTreeMap<String, FactDeclaration>,
    lookup: impl Fn(&str) -> Option<&'v Value>,
) -> Result<Hit, TableError> {
    let mut inputs = Vec::with_capacity(table.inputs.len());
    for input in &table.inputs {
        let Some(fact) = facts.get(input) else {
            return Err(TableError::NoInput { table: table.id.clone(), input: input.clone() });
        };
        inputs.push((lookup(input).unwrap_or(&Value::Unknown), &fact.kind));
    }
    let hits = |row: &Row| row.when.iter().zip(&inputs).all(|(test, (value, kind))| matches(test, value, kind));
    let mut matching = (0..table.rows.len()).filter(|index| hits(&table.rows[*index]));
    if table.hit == HitPolicy::Collect {
        return Ok(collect(table, matching.collect()));
    }
    let first = matching.next().ok_or_else(|| TableError::NoRow { table: table.id.clone() })?;
    let row = match table.hit {
        HitPolicy::First | HitPolicy::Collect => first,
        HitPolicy::Unique => match matching.next() {
            Some(second) => return Err(overlap(table, first, second)),
            None => first,
        },
        HitPolicy::Any => match matching.find(|other| table.rows[*other].then != table.rows[first].then) {
            Some(second) => return Err(disagree(table, first, second)),
            None => first,
        },
        HitPolicy::Priority => {
            let rank = |row: usize| priority(table, facts, &table.rows[row]);
            matching.fold(first, |best, other| if rank(other) < rank(best) { other } else { best })
        }
    };
    let outputs = table.outputs.iter().cloned().zip(table.rows[row].then.iter().cloned()).collect();
    Ok(Hit { rows: vec![row], outputs })
}

/// Whether a value of a type passes a test.
#[must_use]
pub fn matches(test: &CellTest, value: &Value, kind: &FactType) -> bool {
    let known = !is_unknown(value, kind);
    match test {
        CellTest::Any => true,
        CellTest::Unknown => !known,
        CellTest::OneOf(wanted) => known && wanted.contains(value),
        CellTest::NoneOf(unwanted) => known && !unwanted.contains(value),
        CellTest::Between(from, to) => {
            let Value::Int(number) = value else { return false };
            from.is_none_or(|from| from <= *number) && to.is_none_or(|to| *number <= to)
        }
        CellTest::Either(tests) => tests.iter().any(|test| matches(test, value, kind)),
    }
}

/// Rank of what a row says: for each output that is a choice, the place of its value; the first output weighs most.
/// Lower is more important. What is no choice, or no value of it, ranks last.
pub(super) fn priority(table: &Table, facts: &BTreeMap<String, FactDeclaration>, row: &Row) -> Vec<usize> {
    let rank = |(output, value): (&String, &Value)| match facts.get(output).map(|fact| &fact.kind) {
        Some(FactType::Choice(choices)) => {
            choices.iter().position(|choice| value.as_text() == Some(&choice.id)).unwrap_or(usize::MAX)
        }
        _ => usize::MAX,
    };
    table.outputs.iter().zip(&row.then).map(rank).collect()
}

fn collect(table: &Table, rows: Vec<usize>) -> Hit {
    let mut outputs: Vec<(String, Vec<Value>)> =
        table.outputs.iter().map(|output| (output.clone(), Vec::new())).collect();
    for row in &rows {
        for ((_, values), value) in outputs.iter_mut().zip(&table.rows[*row].then) {
            match value {
                Value::Unknown => {}
                Value::List(items) => values.extend(items.iter().cloned()),
                Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::Map(_) => values.push(value.clone()),
            }
        }
    }
    Hit { rows, outputs: outputs.into_iter().map(|(output, values)| (output, Value::List(values))).collect() }
}

fn overlap(table: &Table, first: usize, second: usize) -> TableError {
    let id = |row: usize| table.rows[row].id.clone();
    TableError::Overlap { table: table.id.clone(), first: id(first), second: id(second) }
}

fn disagree(table: &Table, first: usize, second: usize) -> TableError {
    let id = |row: usize| table.rows[row].id.clone();
    TableError::Disagree { table: table.id.clone(), first: id(first), second: id(second) }
}
