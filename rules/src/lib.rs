//! The protocol language: text in, compiled protocol or diagnostics out.
//!
//! Purpose: read a [`bundle::Bundle`] (the files of one protocol), report every finding at once as
//! [`diagnostics::Diagnostic`] values, and yield a [`protocol::Protocol`] that the kernel can run.
//!
//! Invariants: pure. No files, clock, network, randomness, async or database. The same bundle and the same
//! library always give the same protocol, the same digest and the same findings, in the same order.
//!
//! Where a new thing goes: a new word of the language is declared in `grammar`, read in `lower`, checked in
//! `checks`, and held in `protocol` or `chart`. A new finding gets a code in `diagnostics::codes`, with a wrong
//! and a right example, and thereby a page in `docs/diagnostics.md`.

pub mod bundle;
pub mod chart;
mod checks;
mod compile;
pub mod diagnostics;
pub mod duration;
pub mod expression;
pub mod fact;
mod grammar;
pub mod layout;
mod lower;
pub mod message;
pub mod nearest;
mod overlay;
pub mod place;
pub mod protocol;
pub mod schedule;
mod schema;
pub mod shipped;
pub mod source;
pub mod table;
pub mod text;
pub mod value;

pub use compile::{Compiled, compile};
pub use schema::schema;
