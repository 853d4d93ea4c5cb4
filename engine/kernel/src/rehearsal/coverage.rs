//! What scenarios have touched of a protocol.

use std::collections::BTreeMap;

use niyam_rules::protocol::Protocol;
use serde::Serialize;

use super::Moment;
use crate::step::Reason;
use crate::tree::state;

/// How often each transition, clock and table row of a protocol was used, over any number of scenarios.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Transitions by id.
    pub transitions: Tally,
    /// Clocks that ran out, as `state/after/name`.
    pub clocks: Tally,
    /// Table rows that counted, as `table/row`.
    pub rows: Tally,
}

/// How often each of some things was used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Times by id; 0 = never.
    pub times: BTreeMap<String, u64>,
}

impl Tally {
    /// How many there are.
    #[must_use]
    pub fn total(&self) -> usize {
        self.times.len()
    }

    /// How many were used.
    #[must_use]
    pub fn used(&self) -> usize {
        self.times.values().filter(|&&times| times > 0).count()
    }

    /// Ids of those never used.
    pub fn missed(&self) -> impl Iterator<Item = &str> {
        self.times.iter().filter(|&(_, &times)| times == 0).map(|(id, _)| id.as_str())
    }

    fn of(ids: impl Iterator<Item = String>) -> Self {
        Self { times: ids.map(|id| (id, 0)).collect() }
    }

    /// Counts a thing that is there; the way into the initial configuration, for one, is no transition that could be missed.
    fn count(&mut self, id: &str) {
        if let Some(times) = self.times.get_mut(id) {
            *times += 1;
        }
    }
}

impl Coverage {
    /// Of a protocol of which nothing was used yet.
    #[must_use]
    pub fn of(protocol: &Protocol) -> Self {
        let chart = &protocol.chart;
        let clocks = chart.clocks.iter().map(|clock| clock_id(&state(chart, clock.state).id, &clock.name));
        let rows =
            protocol.tables.values().flat_map(|table| table.rows.iter().map(|row| format!("{}/{}", table.id, row.id)));
        Self {
            transitions: Tally::of(chart.transitions.iter().map(|transition| transition.id.clone())),
            clocks: Tally::of(clocks),
            rows: Tally::of(rows),
        }
    }

    /// Counts what a timeline used.
    pub fn add(&mut self, timeline: &[Moment]) {
        for reason in timeline.iter().flat_map(|moment| &moment.reasons) {
            match reason {
                Reason::Taken { transition, .. } => self.transitions.count(transition),
                Reason::Fired { state: Some(state), clock, .. } => self.clocks.count(&clock_id(state, clock)),
                Reason::Decided { table, rows, .. } => {
                    for row in rows {
                        self.rows.count(&format!("{table}/{row}"));
                    }
                }
                Reason::Fired { state: None, .. }
                | Reason::FactSet { .. }
                | Reason::Error { .. }
                | Reason::Moved { .. }
                | Reason::Erased { .. }
                | Reason::Logged { .. }
                | Reason::Ignored { .. } => {}
            }
        }
    }
}

fn clock_id(state: &str, clock: &str) -> String {
    format!("{state}/after/{clock}")
}
