//! Everything durable: store, runtime, clocks, outbox, intake, directory.
//!
//! Purpose: [`engine::Engine`] takes bytes, acts and forms, lets the kernel decide, and makes event, state, clocks and
//! effects durable in one transaction before anybody is answered.
//!
//! Invariants: nothing acknowledged is lost, nothing is applied twice, every clock fires, no case is without somebody
//! responsible. Personal data never stand in a plain column or a log line. The formats are in `docs/storage.md`.
//!
//! Where a new thing goes: a new kind of effect in `outbox`, what is done at set times in `schedule`, a new column in `migrations` and `store`, a new thing to
//! see in `view`.

pub mod backup;
pub mod directory;
pub mod engine;
pub mod error;
pub mod health;
pub mod intake;
pub mod outbox;
pub mod people;
pub mod reading;
pub mod replay;
pub mod request;
mod runtime;
pub mod schedule;
pub mod seal;
pub mod store;
pub mod time;
pub mod understood;
pub mod verify;
pub mod view;
