//! Conformance: the kernel against W3C SCXML.
//!
//! `suite` runs the cases that nobody here wrote, from the folder beside the checkout. The Markdown packs in this folder
//! are our own, where those cases are thin: one heading and one YAML block each, read from top to bottom.

mod packs;
mod suite;
