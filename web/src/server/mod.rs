//! The HTTP server: connections, their limits, and how it ends.
//!
//! Purpose: let no caller, slow or many, keep the others out, and stop without cutting off what was begun. Invariants: a
//! connection holds a place of [`Limits::connections`] as long as it lives; whoever sends no request, no more of a body,
//! or takes no answer for a stated time loses the connection; a stopping server takes no new connection, ends its
//! streams, and lets running requests finish until it is cut off.
//!
//! Where a new thing goes: a limit of a connection in `connections`, one of a request in [`crate::http::patience`].

mod connections;
mod stall;

pub use connections::{Limits, Peer, serve};
