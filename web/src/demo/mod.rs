//! The invented world that `niyam serve --demo` shows.

pub mod alerts;
pub mod clock;
pub mod dice;
