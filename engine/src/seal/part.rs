//! A state in its parts, without a copy of it: what may stand in the open, and what each seal group holds. What is written
//! of them is byte for byte what [`super::split::split_state`] gives.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use niyam_kernel::state::{CaseState, Fact, Fires, Life, Owner, Timer, TimerId};
use niyam_rules::chart::StateIx;
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;
use serde::Serialize;

use super::split::{PERSON, seal_of};

/// A state in its parts.
#[derive(Debug)]
pub struct PartedState<'a> {
    /// What may stand in the open.
    pub plain: PlainState<'a>,
    /// What each seal group holds.
    pub sealed: BTreeMap<&'a str, SealedPart<'a>>,
}

/// The state without sealed values; fields as in [`CaseState`].
#[derive(Debug, Serialize)]
pub struct PlainState<'a> {
    number: u64,
    configuration: &'a BTreeSet<StateIx>,
    history: &'a BTreeMap<StateIx, BTreeSet<StateIx>>,
    facts: BTreeMap<&'a str, &'a Fact>,
    timers: Cow<'a, BTreeMap<TimerId, Timer>>,
    next_timer: u64,
    owners: &'a BTreeMap<StateIx, Owner>,
    drill: bool,
    life: &'a Life,
}

/// What a seal group holds of a state; fields as in [`super::split::SealedState`].
#[derive(Debug, Default, Serialize)]
pub struct SealedPart<'a> {
    facts: BTreeMap<&'a str, &'a Fact>,
    timers: BTreeMap<TimerId, Value>,
}

impl<'a> PartedState<'a> {
    /// Parts a state.
    #[must_use]
    pub fn of(protocol: &'a Protocol, state: &'a CaseState) -> Self {
        // every field by name: a new one must be placed here
        let CaseState { number, configuration, history, facts, timers, next_timer, owners, drill, life } = state;
        let mut sealed: BTreeMap<&str, SealedPart<'_>> = BTreeMap::new();
        let mut open = BTreeMap::new();
        for (name, fact) in facts {
            match seal_of(protocol, name) {
                Some(seal) => sealed.entry(seal).or_default().facts.insert(name, fact),
                None => open.insert(name.as_str(), fact),
            };
        }
        let mut timers = Cow::Borrowed(timers);
        let carries = |timer: &Timer| matches!(&timer.fires, Fires::Event { data, .. } if *data != Value::Unknown);
        if timers.values().any(carries) {
            for (id, timer) in timers.to_mut() {
                if let Fires::Event { data, .. } = &mut timer.fires
                    && *data != Value::Unknown
                {
                    sealed.entry(PERSON).or_default().timers.insert(*id, std::mem::take(data));
                }
            }
        }
        let plain = PlainState {
            number: *number,
            configuration,
            history,
            facts: open,
            timers,
            next_timer: *next_timer,
            owners,
            drill: *drill,
            life,
        };
        Self { plain, sealed }
    }
}

#[cfg(test)]
mod tests {
    use niyam_kernel::state::Source;
    use niyam_kernel::time::Timestamp;
    use niyam_rules::shipped;

    use super::super::split::split_state;
    use super::*;
    use crate::runtime::append::json;

    #[test]
    fn the_parts_are_written_as_those_of_a_copy() {
        let library = shipped::library();
        let bundle = library.get("k-sos").expect("it is shipped");
        let protocol = niyam_rules::compile(bundle, &library).protocol.expect("it compiles");
        let fact = |value: &str| Fact { value: Value::from(value), by: Source::Default, event: 1 };
        let mut state = CaseState { number: 7, next_timer: 3, ..CaseState::default() };
        for name in protocol.facts.keys() {
            state.facts.insert(name.clone(), fact(name));
        }
        state.facts.insert("declared nowhere".to_owned(), fact("Kalpit"));
        for (id, data) in [(1, Value::Unknown), (2, Value::from("Namuna"))] {
            let fires = Fires::Event { event: "later".to_owned(), data, send: None };
            state.timers.insert(TimerId(id), Timer { due: Timestamp::from_ms(5), fires });
        }
        let (plain, sealed) = split_state(&protocol, state.clone());
        let parted = PartedState::of(&protocol, &state);
        assert_eq!(json(&parted.plain), json(&plain));
        let written: Vec<_> = parted.sealed.iter().map(|(seal, part)| ((*seal).to_owned(), json(part))).collect();
        let expected: Vec<_> = sealed.iter().map(|(seal, part)| (seal.clone(), json(part))).collect();
        assert!(expected.len() > 1, "several groups");
        assert_eq!(written, expected);
    }
}
