//! One step of a case.

use serde::{Deserialize, Serialize};

use niyam_rules::place::Place;

use crate::effect::Effect;
use crate::event::Refusal;
use crate::state::CaseState;

/// What a step gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The next state.
    pub state: CaseState,
    /// What to do outside, in order.
    pub effects: Vec<Effect>,
    /// Why: everything that was decided, in order.
    pub reasons: Vec<Reason>,
    /// Set when the event changed nothing but the number.
    pub refusal: Option<Refusal>,
}

/// One thing that was decided, with the rule that decided it. Holds no sealed values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A transition was taken.
    Taken {
        /// Stable id of the transition.
        transition: String,
        /// Its guard's text.
        guard: Option<String>,
        /// States left, innermost first, by id.
        left: Vec<String>,
        /// States entered, outermost first, by id.
        entered: Vec<String>,
        /// Where it is written.
        place: Option<Place>,
    },
    /// A decision table ran.
    Decided {
        /// Table id.
        table: String,
        /// Ids of the rows that counted.
        rows: Vec<String>,
        /// Facts it set.
        outputs: Vec<String>,
        /// Where the (first) row is written.
        place: Option<Place>,
    },
    /// A fact got a value.
    FactSet {
        /// The fact.
        fact: String,
        /// Where the action is written.
        place: Option<Place>,
    },
    /// A guard, action or table failed; `error.execution` was raised.
    Error {
        /// In plain words.
        message: String,
        /// Where.
        place: Option<Place>,
    },
    /// A `log` action ran.
    Logged {
        /// Its label.
        label: String,
    },
    /// An event had no transition. Not an error.
    Ignored {
        /// Event name.
        event: String,
    },
}
