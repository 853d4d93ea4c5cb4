//! Decision tables in a step: inputs from the facts, outputs into the facts.

use niyam_rules::place::Place;
use niyam_rules::protocol::{CellTest, HitPolicy, Row, Table};
use niyam_rules::value::Value;

use crate::execute::fault;
use crate::interpret::{Fault, Run};
use crate::state::Source;
use crate::step::Reason;

impl Run<'_> {
    /// Runs a table and gives its output facts their values. No matching row changes nothing and is an error, since a
    /// checked table has no gaps.
    pub(crate) fn decide(&mut self, table: &str, place: Option<&Place>) -> Result<(), Fault> {
        let found = self.world.protocol.and_then(|protocol| protocol.tables.get(table));
        let Some(found) = found else { return Err(fault(format!("there is no table `{table}`"), place)) };
        let inputs: Vec<Value> = found
            .inputs
            .iter()
            .map(|name| self.case.facts.get(name).map_or(Value::Unknown, |fact| fact.value.clone()))
            .collect();
        let rows: Vec<&Row> = found
            .rows
            .iter()
            .filter(|row| row.when.iter().zip(&inputs).all(|(test, input)| holds(test, input)))
            .collect();
        let (rows, values) = outcome(found, rows).map_err(|message| fault(message, found.place.as_ref().or(place)))?;
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        self.reasons.push(Reason::Decided {
            table: table.to_owned(),
            rows: ids.clone(),
            outputs: found.outputs.clone(),
            place: rows.first().and_then(|row| row.place.clone()),
        });
        for (name, value) in found.outputs.iter().zip(values) {
            self.change_fact(name, value, Source::Rule(format!("{table}/{}", ids.join(","))), place)?;
        }
        Ok(())
    }
}

/// Whether a cell accepts an input.
fn holds(test: &CellTest, input: &Value) -> bool {
    match test {
        CellTest::Any => true,
        CellTest::Unknown => input.is_unknown(),
        CellTest::OneOf(values) => values.contains(input),
        CellTest::NoneOf(values) => !input.is_unknown() && !values.contains(input),
        CellTest::Between(low, high) => {
            matches!(input, Value::Int(number) if low.is_none_or(|low| low <= *number) && high.is_none_or(|high| *number <= high))
        }
        CellTest::Either(tests) => tests.iter().any(|test| holds(test, input)),
    }
}

/// The rows that count and the output values, by hit policy.
fn outcome<'t>(table: &Table, rows: Vec<&'t Row>) -> Result<(Vec<&'t Row>, Vec<Value>), String> {
    let Some(first) = rows.first() else {
        if table.hit == HitPolicy::Collect {
            return Ok((rows, vec![Value::List(Vec::new()); table.outputs.len()]));
        }
        return Err(format!("no row of the table `{}` fits", table.id));
    };
    match table.hit {
        HitPolicy::First | HitPolicy::Priority => Ok((vec![first], first.then.clone())),
        HitPolicy::Unique if rows.len() > 1 => Err(format!("more than one row of the table `{}` fits", table.id)),
        HitPolicy::Any if rows.iter().any(|row| row.then != first.then) => {
            Err(format!("the rows of the table `{}` that fit say different things", table.id))
        }
        HitPolicy::Unique | HitPolicy::Any => Ok((vec![first], first.then.clone())),
        HitPolicy::Collect => {
            let column =
                |place: usize| Value::List(rows.iter().filter_map(|row| row.then.get(place).cloned()).collect());
            let values = (0..table.outputs.len()).map(column).collect();
            Ok((rows, values))
        }
    }
}
