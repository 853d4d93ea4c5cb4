//! What the engine must do outside the case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use niyam_rules::chart::{Recipient, Seat};
use niyam_rules::value::Value;

use crate::state::TimerId;
use crate::time::Timestamp;

/// One effect. Its id is the case, the event's number and its place in [`crate::step::Step::effects`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Arms a timer row.
    StartTimer {
        /// Which.
        timer: TimerId,
        /// When.
        due: Timestamp,
    },
    /// Deletes a timer row. The timer whose firing is the event itself is gone without one.
    CancelTimer {
        /// Which.
        timer: TimerId,
    },
    /// Finds who sits in a seat now and makes them responsible for a state.
    Assign {
        /// State id.
        state: String,
        /// The seat.
        seat: Seat,
    },
    /// Tells whoever sits in a seat.
    Notify {
        /// The seat.
        seat: Seat,
        /// Message id.
        message: String,
        /// Values of the message's variables; no sealed facts.
        values: BTreeMap<String, Value>,
    },
    /// Writes to somebody outside the police.
    Reply {
        /// Who.
        to: Recipient,
        /// Message id.
        message: String,
        /// Values of the message's variables; no sealed facts.
        values: BTreeMap<String, Value>,
    },
    /// Destroys the key of a seal group of this case.
    DestroyKey {
        /// Seal group.
        seal: String,
    },
    /// The case counts as closed: a state with an outcome was entered.
    Closed {
        /// Outcome of that state.
        outcome: String,
    },
}
