//! Decision tables in a step: inputs from the facts, outputs into the facts.

use niyam_rules::place::Place;
use niyam_rules::table::evaluate;

use crate::execute::fault;
use crate::interpret::{Fault, Run};
use crate::state::Source;
use crate::step::Reason;

impl Run<'_> {
    /// Runs a table and gives its output facts their values. A table that decides nothing changes nothing and is an error.
    pub(crate) fn decide(&mut self, table: &str, place: Option<&Place>) -> Result<(), Fault> {
        let protocol = self.world.protocol;
        let found = protocol.and_then(|protocol| Some((protocol, protocol.tables.get(table)?)));
        let Some((protocol, found)) = found else { return Err(fault(format!("there is no table `{table}`"), place)) };
        let hit = evaluate(found, &protocol.facts, |name| self.case.facts.get(name).map(|fact| &fact.value))
            .map_err(|error| fault(error.to_string(), found.place.as_ref().or(place)))?;
        let rows: Vec<&_> = hit.rows.iter().filter_map(|&row| found.rows.get(row)).collect();
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        let by = Source::Rule(format!("{table}/{}", ids.join(",")));
        self.reasons.push(Reason::Decided {
            table: table.to_owned(),
            rows: ids,
            outputs: found.outputs.clone(),
            place: rows.first().and_then(|row| row.place.clone()),
        });
        for (name, value) in hit.outputs {
            self.change_fact(&name, value, by.clone(), place)?;
        }
        Ok(())
    }
}
