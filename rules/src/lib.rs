//! The protocol language: text in, compiled protocol or diagnostics out.
//!
//! Purpose: read a [`bundle::Bundle`] (the files of one protocol), report every finding at once as
//! [`diagnostics::Diagnostic`] values, and yield a [`protocol::Protocol`] that the kernel can run.
//!
//! Invariants: pure. No files, clock, network, randomness, async or database. The same bundle and the same
//! library always give the same protocol, the same digest and the same findings, in the same order.
//!
//! Where a new thing goes: a new word of the language is read in `ast`, lowered in `lower`, checked in
//! `checks`, and held in `protocol` or `chart`. A new finding gets a code in `diagnostics::codes`, with a wrong
//! and a right example, and thereby a page in `docs/diagnostics.md`.

pub mod bundle;
pub mod chart;
pub mod duration;
pub mod expression;
pub mod layout;
pub mod place;
pub mod protocol;
pub mod text;
pub mod value;
