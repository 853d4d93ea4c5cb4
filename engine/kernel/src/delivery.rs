//! What became of an effect, as an event of the case.

use std::collections::BTreeMap;

use niyam_rules::chart::StateIx;
use niyam_rules::value::Value;

use crate::event::Outcome;
use crate::interpret::Run;
use crate::occurrence::{Occurrence, Origin};
use crate::state::EffectPlace;
use crate::tree::state;

impl Run<'_> {
    /// Takes in the outcome of an effect: fills in an owner, then sends `owner.assigned`, `roster.empty`, `delivery.done` or
    /// `delivery.failed` into the chart.
    ///
    /// `event.data` has `event` and `index` (which effect), and as known `state`, `role`, `unit`, `person`, `reason`.
    /// An answer for an owner who is no longer asked (the state was left meanwhile) counts for nothing.
    pub(crate) fn delivered(&mut self, place: EffectPlace, outcome: &Outcome) {
        let asked = self.case.owners.iter().find(|(_, owner)| owner.asked == place).map(|(&ix, _)| ix);
        let mut data = BTreeMap::from([
            ("event".to_owned(), Value::Int(i64::try_from(place.event).unwrap_or(i64::MAX))),
            ("index".to_owned(), Value::Int(i64::from(place.index))),
        ]);
        let mut tell = |name: &str, value: String| data.insert(name.to_owned(), Value::Text(value));
        if let Some(ix) = asked {
            tell("state", state(self.world.chart, ix).id.clone());
            if let Some(owner) = self.case.owners.get(&ix) {
                tell("role", owner.seat.role.clone());
            }
        }
        let name = match outcome {
            Outcome::Assigned { person, unit } => {
                tell("person", person.to_string());
                tell("unit", unit.clone());
                let Some(ix) = asked else { return self.ignore("owner.assigned") };
                self.fill_owner(ix, Some(unit), Some(*person));
                "owner.assigned"
            }
            Outcome::NobodyThere { unit } => {
                if let Some(unit) = unit {
                    tell("unit", unit.clone());
                }
                if let Some(ix) = asked {
                    self.fill_owner(ix, unit.as_ref(), None);
                }
                "roster.empty"
            }
            Outcome::Done => "delivery.done",
            Outcome::Failed { reason } => {
                tell("reason", reason.clone());
                "delivery.failed"
            }
        };
        self.deliver(Occurrence::new(name, Origin::External, Value::Map(data)));
    }

    fn fill_owner(&mut self, ix: StateIx, unit: Option<&String>, person: Option<crate::id::PersonId>) {
        if let Some(owner) = self.case.owners.get_mut(&ix) {
            owner.unit = unit.cloned();
            owner.person = person;
        }
    }
}
