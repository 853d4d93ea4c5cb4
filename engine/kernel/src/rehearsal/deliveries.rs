//! Who sits where in a rehearsal, and what becomes of effects.

use niyam_rules::chart::Seat;
use niyam_rules::protocol::UnitRule;
use sha2::{Digest as _, Sha256};

use super::Rehearsal;
use crate::effect::Effect;
use crate::event::{Actor, EventBody, Outcome};
use crate::id::PersonId;

/// Code of a unit that nobody declared; only an unsound protocol has one.
const NOWHERE: &str = "NOWHERE";

impl Rehearsal<'_> {
    /// The delivery event that answers an effect, if it is one that is delivered.
    pub(super) fn delivered(&self, event: u64, place: usize, effect: &Effect) -> Option<EventBody> {
        let outcome = match effect {
            Effect::Assign { seat, .. } => self.find(seat, |person, unit| Outcome::Assigned { person, unit }),
            Effect::Notify { seat, .. } => self.find(seat, |_, _| Outcome::Done),
            Effect::Reply { .. } => Outcome::Done,
            Effect::StartTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::DestroyKey { .. }
            | Effect::Closed { .. } => return None,
        };
        Some(EventBody::Delivered { event, index: u32::try_from(place).unwrap_or(u32::MAX), outcome })
    }

    fn find(&self, seat: &Seat, found: impl FnOnce(PersonId, String) -> Outcome) -> Outcome {
        match self.unit(&seat.unit) {
            Some(unit) if !self.empty.contains(seat) => found(person(&seat.role, &unit), unit),
            unit => Outcome::NobodyThere { unit },
        }
    }

    /// Code of a unit by its name in the protocol; `None` while the fact it depends on is unknown. Without a directory the
    /// unit above another is taken to be that other one.
    fn unit(&self, name: &str) -> Option<String> {
        match self.protocol.units.get(name)? {
            UnitRule::Code(code) => Some(code.clone()),
            UnitRule::Fact(fact) | UnitRule::Above { fact, .. } => {
                self.case.facts.get(fact)?.value.as_text().filter(|code| !code.is_empty()).map(str::to_owned)
            }
        }
    }

    /// Whoever acts in a role.
    pub(super) fn actor(&self, role: &str) -> Actor {
        let owner =
            self.case.owners.values().find(|owner| owner.seat.role == role).and_then(|owner| owner.unit.clone());
        let own = || self.protocol.roles.get(role).and_then(|role| self.unit(&role.unit));
        let unit = owner.or_else(own).unwrap_or_else(|| NOWHERE.to_owned());
        Actor { person: person(role, &unit), role: role.to_owned(), unit }
    }
}

/// An invented person, the same one for the same seat each time.
fn person(role: &str, unit: &str) -> PersonId {
    let digest: [u8; 32] = Sha256::digest(format!("niyam/rehearsal/{role}@{unit}")).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    PersonId(uuid::Uuid::from_bytes(bytes))
}
