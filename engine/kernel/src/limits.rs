//! Every limit of a step. What exceeds one becomes an error event in the case or a recorded refusal, never a panic.

/// Microsteps that one event may cause before the step stops with [`crate::event::Breach::EndlessLoop`].
pub const MICROSTEPS: usize = 1_000;
/// Effects that one step may have.
pub const EFFECTS: usize = 1_000;
/// Events that may wait on the internal and the external queue of one step.
pub const QUEUED_EVENTS: usize = 10_000;
/// Clocks and delayed events that may be armed in one case.
pub const TIMERS: usize = 1_000;
/// Items that one `foreach` may run over.
pub const FOREACH_ITEMS: usize = 1_000;
/// Actions that one step may run.
pub const ACTIONS: usize = 100_000;
/// Timers that may run out in one `advance` of a [`crate::session::Session`].
pub const SESSION_TIMERS: usize = 100_000;
/// Events that one happening of a [`crate::rehearsal::Rehearsal`] may cause by its deliveries.
pub const REHEARSED_DELIVERIES: usize = 1_000;
