//! The pure heart: `step(protocol, state, event, now)` gives the next state and the effects.
//!
//! Purpose: decide what a case does, exactly as W3C SCXML decides it, and say why.
//!
//! Invariants: pure, deterministic and total. Same input, same output, on every machine and for ever; no panic on any
//! event; everything has a limit ([`limits`]). No async, database, randomness or system time.
//!
//! The way through: [`step::step`] refuses or takes an event in; `interpret` turns macrosteps, `select` chooses transitions,
//! `domain` and `entry` say what they leave and enter, `microstep` does it, `execute` runs the actions. A case
//! changes its version by [`moving::step_move`] and in no other way.
//!
//! Where a new thing goes: a new kind of event in `event`, a new effect in `effect`, a new action in `execute`. A
//! change of behaviour needs a number in [`behaviour`], since old cases must replay as they ran.

pub mod allowed;
pub mod bare;
pub mod behaviour;
pub mod descriptor;
pub mod effect;
pub mod event;
pub mod id;
pub mod limits;
pub mod machine;
pub mod moving;
pub mod rehearsal;
pub mod replay;
pub mod session;
pub mod state;
pub mod step;
pub mod time;
pub mod timers;

mod act;
mod delivery;
mod domain;
mod entry;
mod execute;
mod facts;
mod form;
mod interpret;
mod microstep;
mod names;
mod occurrence;
mod select;
mod tables;
mod tell;
mod tree;
