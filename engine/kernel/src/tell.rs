//! Owners, messages and replies: who is made responsible and who is told.

use std::collections::BTreeMap;

use niyam_rules::chart::{Recipient, Seat, StateIx};
use niyam_rules::place::Place;
use niyam_rules::value::Value;

use crate::effect::Effect;
use crate::execute::fault;
use crate::interpret::{Fault, Run};
use crate::state::{EffectPlace, Owner};
use crate::tree::{self_and_ancestors, state};

impl Run<'_> {
    /// Asks for an owner of a state that was entered, when it names a seat.
    pub(crate) fn assign_owner(&mut self, ix: StateIx) {
        let entered = state(self.world.chart, ix);
        let Some(seat) = entered.post.as_ref().and_then(|post| post.owner.as_ref()) else { return };
        let asked =
            EffectPlace { event: self.case.number, index: u32::try_from(self.effects.len()).unwrap_or(u32::MAX) };
        self.case.owners.insert(ix, Owner { seat: seat.clone(), unit: None, person: None, asked });
        self.effect(Effect::Assign { state: entered.id.clone(), seat: seat.clone() });
    }

    /// Tells whoever sits in a seat.
    pub(crate) fn notify(
        &mut self,
        seat: &Seat,
        message: &str,
        source: StateIx,
        place: Option<&Place>,
    ) -> Result<(), Fault> {
        let values = self.message_values(message, source, place)?;
        self.effect(Effect::Notify { seat: seat.clone(), message: message.to_owned(), values });
        Ok(())
    }

    /// Writes to somebody outside.
    pub(crate) fn reply(
        &mut self,
        to: Recipient,
        message: &str,
        source: StateIx,
        place: Option<&Place>,
    ) -> Result<(), Fault> {
        let values = self.message_values(message, source, place)?;
        self.effect(Effect::Reply { to, message: message.to_owned(), values });
        Ok(())
    }

    /// Values of the variables of a message: facts that are not sealed, and `state` (id), `unit` (code), `clock` (name) and
    /// `late` (whole minutes). `case` is the engine's to fill.
    fn message_values(
        &self,
        message: &str,
        source: StateIx,
        place: Option<&Place>,
    ) -> Result<BTreeMap<String, Value>, Fault> {
        let Some(protocol) = self.world.protocol else { return Ok(BTreeMap::new()) };
        let Some(message) = protocol.messages.get(message) else {
            return Err(fault(format!("there is no message `{message}`"), place));
        };
        let mut values = BTreeMap::new();
        for name in &message.variables {
            let value = match name.as_str() {
                "state" => Value::Text(state(self.world.chart, source).id.clone()),
                "clock" => self.clock.as_ref().map_or(Value::Unknown, |(name, _)| Value::Text(name.clone())),
                "late" => self.late_minutes(),
                "case" => continue,
                name if self.world.seal(name).is_some() => continue,
                "unit" if self.fact("unit").is_unknown() => self.owner_unit(source),
                name => self.fact(name),
            };
            values.insert(name.clone(), value);
        }
        Ok(values)
    }

    fn fact(&self, name: &str) -> Value {
        self.case.facts.get(name).map_or(Value::Unknown, |fact| fact.value.clone())
    }

    fn late_minutes(&self) -> Value {
        let late_ms = self.clock.as_ref().map_or(0, |&(_, late_ms)| late_ms);
        Value::Int(i64::try_from(late_ms / 60_000).unwrap_or(i64::MAX))
    }

    /// Unit of the nearest owner that has been found.
    fn owner_unit(&self, source: StateIx) -> Value {
        self_and_ancestors(self.world.chart, source)
            .find_map(|ix| self.case.owners.get(&ix)?.unit.clone())
            .map_or(Value::Unknown, Value::Text)
    }
}
