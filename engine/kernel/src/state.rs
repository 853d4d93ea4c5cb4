//! What a case is between two events.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use niyam_rules::chart::{ClockIx, Seat, StateIx};
use niyam_rules::value::Value;

use crate::event::Breach;
use crate::id::{AlertId, PersonId};
use crate::time::Timestamp;

/// Names a timer within its case: a counter, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimerId(pub u64);

/// State of a case. Serialised it is the snapshot row; replaying the events gives the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseState {
    /// Number of the last event applied; 0 before the first.
    pub number: u64,
    /// All active states, ancestors included. Empty before the case is opened. After the end: the leaves and ancestors
    /// just before the exit.
    pub configuration: BTreeSet<StateIx>,
    /// What each history state remembers.
    pub history: BTreeMap<StateIx, BTreeSet<StateIx>>,
    /// Facts (or variables of a bare chart) by name.
    pub facts: BTreeMap<String, Fact>,
    /// Armed timers.
    pub timers: BTreeMap<TimerId, Timer>,
    /// Number for the next timer.
    pub next_timer: u64,
    /// Who is responsible for which active state.
    pub owners: BTreeMap<StateIx, Owner>,
    /// Marked as an exercise.
    pub drill: bool,
    /// Whether it runs, has ended, or is halted.
    pub life: Life,
}

/// One fact with who said it and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The value.
    pub value: Value,
    /// Who said it.
    pub by: Source,
    /// Number of the event that brought it.
    pub event: u64,
}

/// Who said a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Declared default or start value.
    Default,
    /// An alert.
    Alert(AlertId),
    /// A person.
    Person(PersonId),
    /// A rule of the protocol: table row, action, or outcome of an effect.
    Rule(String),
}

/// An armed timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// When it runs out.
    pub due: Timestamp,
    /// What it then does.
    pub fires: Fires,
}

/// What a timer does when it runs out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fires {
    /// A clock of an active state.
    Clock(ClockIx),
    /// An event sent with a delay.
    Event {
        /// Its name.
        event: String,
        /// What it carries, computed when it was sent.
        data: Value,
        /// Name for `cancel`.
        send: Option<String>,
    },
}

/// Who is responsible for an active state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The seat.
    pub seat: Seat,
    /// Unit code, once resolved.
    pub unit: Option<String>,
    /// Person, once resolved; `None` while nobody is there.
    pub person: Option<PersonId>,
    /// The [`crate::effect::Effect::Assign`] that asked; an answer to an earlier one comes too late to count.
    pub asked: EffectPlace,
}

/// Which effect of a case: the event that caused it and its place in that step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EffectPlace {
    /// Number of the event.
    pub event: u64,
    /// Place in [`crate::step::Step::effects`].
    pub index: u32,
}

/// Whether a case runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It runs.
    #[default]
    Open,
    /// It has ended with this outcome (empty in a bare chart).
    Closed {
        /// Outcome of the final state.
        outcome: String,
    },
    /// An invariant broke; a person must look.
    Halted {
        /// Which.
        breach: Breach,
    },
}
