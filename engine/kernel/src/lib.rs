//! The pure heart: `step(protocol, state, event, now)` gives the next state and the effects.
//!
//! Purpose: decide what a case does, exactly as W3C SCXML decides it, and say why.
//!
//! Invariants: pure, deterministic and total. Same input, same output, on every machine and for ever; no panic on any
//! event; everything has a limit ([`limits`]). No async, database, randomness or system time.
//!
//! Where a new thing goes: a new kind of event in `event`, a new effect in `effect`, a new action in `execute`. A
//! change of behaviour needs a numbered flag, since old cases must replay as they ran.

pub mod effect;
pub mod event;
pub mod id;
pub mod limits;
pub mod state;
pub mod step;
pub mod time;
