//! What a move from one version to another is told, and why it may be impossible.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

/// How a running case is taken from one version of a protocol to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovePlan {
    /// Where an active state of the old version goes, both by id. A state that is not named here goes to the one of the
    /// same id. Names of states in which the case does not stand are not used, so one plan serves many cases.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub states: BTreeMap<String, String>,
    /// What becomes of clocks that run in both versions.
    #[serde(default)]
    pub clocks: ClockRule,
    /// Facts whose value may go because the new version wants another type.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub forget: BTreeSet<String>,
}

/// What becomes of an armed clock that the new version has too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockRule {
    /// As if the new length had counted from the beginning; what would have run out already runs out at once.
    #[default]
    AsWritten,
    /// It runs out when it would have run out anyway.
    Keep,
    /// The new length counts from the move.
    Restart,
}

/// Why a case cannot be moved with a plan. Each is mended by changing the plan or the new version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveProblem {
    /// The case stands in a state that the new version does not have, and the plan names none in its place.
    NoCounterpart {
        /// Active state, by id.
        state: String,
    },
    /// The plan leads to a state that the new version does not have, or in which nothing can stand.
    NoSuchState {
        /// Active state, by id.
        state: String,
        /// Where the plan leads.
        to: String,
    },
    /// Two active states lead to states that exclude each other.
    Exclusive {
        /// A state of the new version, by id.
        one: String,
        /// Another that cannot be active beside it.
        other: String,
    },
    /// A fact has a value that its new type does not admit, and the plan does not let it go.
    FactDoesNotFit {
        /// The fact.
        fact: String,
    },
    /// A fact that is sealed would stand in the open.
    LaidOpen {
        /// The fact.
        fact: String,
    },
    /// A fact would be sealed with another group, whose erasure would leave what was sealed before.
    SealedOtherwise {
        /// The fact.
        fact: String,
    },
    /// Something happened to the case since the move was looked at.
    WentOn,
    /// The case has ended, is halted for another reason than its own rules, or has not begun.
    NotRunning,
}

impl fmt::Display for MoveProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCounterpart { state } => {
                write!(f, "it stands in `{state}`, which the new version does not have: say where it goes")
            }
            Self::NoSuchState { state, to } => {
                write!(f, "`{state}` is to become `{to}`, in which no case of the new version can stand")
            }
            Self::Exclusive { one, other } => {
                write!(f, "it would stand in `{one}` and `{other}`, which exclude each other")
            }
            Self::FactDoesNotFit { fact } => {
                write!(f, "the value of `{fact}` does not fit its new type: allow it to be forgotten")
            }
            Self::LaidOpen { fact } => write!(f, "`{fact}` is sealed and would stand in the open"),
            Self::SealedOtherwise { fact } => {
                write!(
                    f,
                    "`{fact}` would be sealed with another group, whose erasure would leave what was sealed before"
                )
            }
            Self::WentOn => f.write_str("something happened to it since: look at the move again"),
            Self::NotRunning => f.write_str("it does not run on the version named, or does not run any more"),
        }
    }
}
