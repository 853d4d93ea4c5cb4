//! Effects outside the case: who is made responsible, who is told, what is written to people outside.
//!
//! Purpose: effects are rows until they are delivered. Each is claimed, delivered at least once under its own id, and
//! what became of it is an event of the case where the chart asks for one or a person must know.
//!
//! ```text
//! claim -> chains -> [ order -> circuit -> turn -> send, at most its time ] -> outcome, only by whoever holds the claim
//!                              |                        |
//!                    waits, no try counted       failed: again later, at last an event `delivery.failed`
//! ```
//!
//! Where a new thing goes: a new way out is a [`channel::Channel`]; a new kind of effect is handled in `deliver`.

mod brake;
pub mod channel;
mod circuit;
mod dead;
mod deliver;
mod dispatch;
mod in_hand;
pub mod message;
mod retry;
pub mod seat;

pub use channel::{Channel, Channels, Exits, OutgoingBox, Sent, Unsent};
pub use circuit::{FAILURES, News};
pub use dead::{AGAIN, DeadLetter};
pub use deliver::{instead_of, takes_events};
pub use in_hand::InHand;
pub use retry::MOST_TRIES;
