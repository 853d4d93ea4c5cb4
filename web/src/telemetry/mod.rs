//! What the running program tells of itself: log lines, metrics, traces.
//!
//! Purpose: somebody who runs Niyam sees what it does and why it does not. Invariant: no name, number, address, text or
//! place of a person is told; ids, states, counts and times are. A test sends alerts with known names through a server
//! that logs everything and looks for them.
//!
//! Where a new thing goes: a metric is listed in [`names`] with its unit and help, and in `docs/operations.md`; whoever
//! knows the value tells it through the `metrics` facade. A span names what is done and by which ids, as the log does.

pub mod log;
pub mod names;
pub mod numbers;
#[cfg(feature = "otel")]
pub mod traces;
