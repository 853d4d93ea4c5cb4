//! Takes personal data out of events and snapshots before they are stored, and puts them back.
//!
//! What the protocol declares sealed goes to its group. What it does not declare at all goes to the group `person`:
//! nobody has said that it is harmless.

use std::collections::BTreeMap;

use niyam_kernel::event::{Event, EventBody};
use niyam_kernel::state::{CaseState, Fact, Fires};
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;
use serde::{Deserialize, Serialize};

/// The group for what no protocol has declared.
pub const PERSON: &str = "person";

/// Name under which the reason of an act is sealed.
pub const REASON: &str = "$reason";

/// Sealed values of an event by seal group, then by name. `$data` stands for what an event from outside carries, `$reason`
/// for the reason that a person gave.
pub type SealedValues = BTreeMap<String, BTreeMap<String, Value>>;

/// Sealed part of a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedState {
    /// Facts by name.
    #[serde(default)]
    pub facts: BTreeMap<String, Fact>,
    /// What delayed events carry, by timer.
    #[serde(default)]
    pub timers: BTreeMap<niyam_kernel::state::TimerId, Value>,
}

/// Seal group of a fact; `None` when it may stand in the open.
#[must_use]
pub fn seal_of<'p>(protocol: &'p Protocol, fact: &str) -> Option<&'p str> {
    protocol.facts.get(fact).map_or(Some(PERSON), |declared| declared.seal.as_deref())
}

/// Takes the sealed values out of an event.
#[must_use]
pub fn split_event(protocol: &Protocol, mut event: Event) -> (Event, SealedValues) {
    let mut sealed = SealedValues::new();
    let words = match &mut event.body {
        EventBody::Act { reason, .. } => reason.take(),
        EventBody::Moved { reason, .. } => Some(std::mem::take(reason)),
        EventBody::Opened { .. }
        | EventBody::Joined { .. }
        | EventBody::Recorded { .. }
        | EventBody::TimerFired { .. }
        | EventBody::Delivered { .. }
        | EventBody::External { .. }
        | EventBody::Halted { .. }
        | EventBody::Forgotten { .. } => None,
    };
    if let Some(words) = words {
        sealed.entry(PERSON.to_owned()).or_default().insert(REASON.to_owned(), Value::Text(words));
    }
    match &mut event.body {
        EventBody::Opened { facts: values, .. }
        | EventBody::Joined { facts: values, .. }
        | EventBody::Act { form: values, .. }
        | EventBody::Recorded { form: values, .. } => {
            let taken = std::mem::take(values);
            for (name, value) in taken {
                match seal_of(protocol, &name) {
                    Some(seal) => {
                        sealed.entry(seal.to_owned()).or_default().insert(name, value);
                    }
                    None => {
                        values.insert(name, value);
                    }
                }
            }
        }
        EventBody::External { data, .. } => {
            if *data != Value::Unknown {
                let taken = std::mem::take(data);
                sealed.entry(PERSON.to_owned()).or_default().insert("$data".to_owned(), taken);
            }
        }
        EventBody::TimerFired { .. }
        | EventBody::Delivered { .. }
        | EventBody::Moved { .. }
        | EventBody::Halted { .. }
        | EventBody::Forgotten { .. } => {}
    }
    (event, sealed)
}

/// Puts sealed values back into an event.
pub fn join_event(event: &mut Event, sealed: SealedValues) {
    for (name, value) in sealed.into_values().flatten() {
        match &mut event.body {
            EventBody::Act { reason, .. } if name == REASON => *reason = value.as_text().map(str::to_owned),
            EventBody::Moved { reason, .. } => value.as_text().unwrap_or_default().clone_into(reason),
            EventBody::Opened { facts: values, .. }
            | EventBody::Joined { facts: values, .. }
            | EventBody::Act { form: values, .. }
            | EventBody::Recorded { form: values, .. } => {
                values.insert(name, value);
            }
            EventBody::External { data, .. } => *data = value,
            EventBody::TimerFired { .. }
            | EventBody::Delivered { .. }
            | EventBody::Halted { .. }
            | EventBody::Forgotten { .. } => {}
        }
    }
}

/// Takes the sealed values out of a state.
#[must_use]
pub fn split_state(protocol: &Protocol, mut state: CaseState) -> (CaseState, BTreeMap<String, SealedState>) {
    let mut sealed: BTreeMap<String, SealedState> = BTreeMap::new();
    for (name, fact) in std::mem::take(&mut state.facts) {
        match seal_of(protocol, &name) {
            Some(seal) => {
                sealed.entry(seal.to_owned()).or_default().facts.insert(name, fact);
            }
            None => {
                state.facts.insert(name, fact);
            }
        }
    }
    for (id, timer) in &mut state.timers {
        match &mut timer.fires {
            Fires::Event { data, .. } if *data != Value::Unknown => {
                let taken = std::mem::take(data);
                sealed.entry(PERSON.to_owned()).or_default().timers.insert(*id, taken);
            }
            Fires::Event { .. } | Fires::Clock(_) => {}
        }
    }
    (state, sealed)
}

/// Puts the sealed values of one group back into a state.
pub fn join_state(state: &mut CaseState, sealed: SealedState) {
    state.facts.extend(sealed.facts);
    for (id, value) in sealed.timers {
        if let Some(timer) = state.timers.get_mut(&id)
            && let Fires::Event { data, .. } = &mut timer.fires
        {
            *data = value;
        }
    }
}
