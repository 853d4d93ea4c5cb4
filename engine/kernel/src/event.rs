//! What happens to a case. Every event is stored before it counts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use niyam_rules::bundle::VersionDigest;
use niyam_rules::value::Value;

use crate::id::{AlertId, PersonId, RequestId};
use crate::moving::{MovePlan, MoveProblem};
use crate::state::TimerId;
use crate::time::Timestamp;

/// One event of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Number in the case, from 1, without gaps.
    pub number: u64,
    /// When it was recorded. What the kernel takes for now.
    pub at: Timestamp,
    /// When it happened, if that was earlier (typed in later from paper).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened_at: Option<Timestamp>,
    /// What.
    pub body: EventBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventBody {
    /// The case begins. Always number 1, and only that.
    Opened {
        /// The alert that opened it.
        alert: Option<AlertId>,
        /// What is known at the start.
        facts: BTreeMap<String, Value>,
        /// Marked as an exercise from the first byte to the last report.
        drill: bool,
    },
    /// Another alert about the same person joined: event `alert.duplicate` or `alert.update`, or for a K-SOS session
    /// `session.location`, `session.stop`.
    Joined {
        /// The alert.
        alert: AlertId,
        /// Event name the chart sees.
        event: String,
        /// Facts it brings: lists gain items, single facts that were unknown get a value, later values of single facts
        /// replace earlier ones of alerts but never what a person said.
        facts: BTreeMap<String, Value>,
    },
    /// A person acted.
    Act {
        /// Name of the act.
        act: String,
        /// Who.
        actor: Actor,
        /// Answers by fact.
        form: BTreeMap<String, Value>,
        /// Why, in the person's words. A grave act is refused without one, unless its form asks for words anyway.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The request, so that a repeat is recognised.
        request: RequestId,
    },
    /// A person saved the form of an active state, without an act.
    Recorded {
        /// The state, by id.
        state: String,
        /// Who.
        actor: Actor,
        /// Answers by fact.
        form: BTreeMap<String, Value>,
        /// The request, so that a repeat is recognised.
        request: RequestId,
    },
    /// A clock ran out, or a delayed event is due.
    TimerFired {
        /// Which.
        timer: TimerId,
        /// When it was due; the lateness is `at - due`.
        due: Timestamp,
    },
    /// What became of an effect.
    Delivered {
        /// Number of the event that caused the effect.
        event: u64,
        /// Its place in that step.
        index: u32,
        /// Outcome. A failure is the event `delivery.failed` in the chart, an empty seat `roster.empty`.
        outcome: Outcome,
    },
    /// A person took the running case to another version of its protocol: see [`crate::moving`].
    Moved {
        /// Version it ran on.
        from: VersionDigest,
        /// Version it runs on from here.
        to: VersionDigest,
        /// How.
        plan: MovePlan,
        /// Number of the last event that whoever decided had seen; the move is refused when the case has gone on since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<u64>,
        /// Who.
        actor: Actor,
        /// Why, in the person's words.
        reason: String,
        /// The request, so that a repeat is recognised.
        request: RequestId,
    },
    /// Any other event from outside.
    External {
        /// Event name.
        name: String,
        /// What it carries.
        data: Value,
    },
    /// An audit found that what is stored is not what the log leads to. The case stands still until a person has looked.
    Halted {
        /// What was found.
        breach: Breach,
    },
    /// The time for which personal data of a closed case are kept is over: all facts of these seal groups are forgotten.
    Forgotten {
        /// Seal groups.
        seals: BTreeSet<String>,
    },
}

/// What became of an effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A person was found for a seat; event `owner.assigned`.
    Assigned {
        /// Who.
        person: PersonId,
        /// Unit code.
        unit: String,
    },
    /// Nobody sits in the seat; event `roster.empty`.
    NobodyThere {
        /// Unit code that was asked, when it is known.
        unit: Option<String>,
    },
    /// Reached its receiver; event `delivery.done`.
    Done,
    /// Given up after all tries; event `delivery.failed`.
    Failed {
        /// In plain words, without personal data.
        reason: String,
    },
}

/// Who acted, in which role, for which unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Who.
    pub person: PersonId,
    /// Role id of the protocol.
    pub role: String,
    /// Unit code.
    pub unit: String,
}

/// Why an event changed nothing. Recorded, so that nothing is unexplained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No transition for this act here.
    NotAllowedHere {
        /// The act.
        act: String,
    },
    /// The role may not do this act.
    WrongRole {
        /// The act.
        act: String,
        /// Role of who tried.
        role: String,
        /// Roles that may.
        by: Vec<String>,
    },
    /// A guard forbids it.
    GuardFalse {
        /// The act.
        act: String,
        /// The guard's text.
        guard: String,
    },
    /// The form is not filled in as it must be.
    Form {
        /// What is wrong, by fact.
        problems: BTreeMap<String, FormProblem>,
    },
    /// The timer was disarmed before it fired.
    TimerNotArmed {
        /// Which.
        timer: TimerId,
    },
    /// The case has ended.
    Closed,
    /// The case was halted by a breach and waits for a person.
    Halted,
    /// The case cannot be moved to that version in this way.
    CannotMove {
        /// Everything that is in the way.
        problems: Vec<MoveProblem>,
    },
    /// The event's number is not the next one.
    OutOfOrder {
        /// The number expected.
        expected: u64,
    },
}

/// What is wrong with one answer of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormProblem {
    /// Required and not given.
    Missing,
    /// Not of the fact's type.
    WrongType {
        /// What is wanted, as the protocol writes the type.
        expected: String,
    },
    /// No field of the form.
    NoSuchField,
}

/// A broken invariant. Halts the case and calls a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breach {
    /// More microsteps than [`crate::limits::MICROSTEPS`].
    EndlessLoop,
    /// A queue, the effects or the timers outgrew their limit.
    TooMuch {
        /// Which limit.
        limit: String,
    },
    /// The state names states or clocks that the protocol does not have: it belongs to another version.
    OtherVersion,
    /// Stepping the log again gives something else than what is stored.
    Differs {
        /// Number of the first event that differs; the last one when the log holds and something beside it differs.
        event: u64,
        /// What differs: a word of [`crate::replay::What`].
        what: String,
    },
}

impl std::fmt::Display for Breach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::EndlessLoop => f.write_str("it turned in an endless loop"),
            Self::OtherVersion => f.write_str("its state belongs to another version of the protocol"),
            Self::Differs { event, what } => write!(f, "its {what} is not what its log leads to (event {event})"),
            Self::TooMuch { limit } => write!(f, "there were too many {limit}"),
        }
    }
}
