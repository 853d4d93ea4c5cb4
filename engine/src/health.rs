//! Whether the engine can do its work at this moment.
//!
//! Purpose: what a proxy or a supervisor asks before it sends work here. Invariant: asking changes nothing about any case
//! and never waits longer than `PATIENCE`.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::error::StoreError;
use crate::store::Store;

/// How long the database may take to answer before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a loop may be without a finished round before it counts as stuck. It turns at least once a second.
pub const STUCK_AFTER: Duration = Duration::from_secs(30);

/// The beat of a loop that must not stop.
///
/// Measured on the machine's monotonic clock, not on the engine's: a clock that is set forward must not look like a loop
/// that stands. Nothing but [`Health`] depends on it.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<Option<Instant>>);

impl Pulse {
    /// The loop has finished a round, or a part of a long one.
    pub fn beat(&self) {
        *self.0.lock().expect("no holder of this lock can panic") = Some(Instant::now());
    }

    /// Whether it beat within [`STUCK_AFTER`].
    #[must_use]
    pub fn state(&self) -> PartHealth {
        let last = *self.0.lock().expect("no holder of this lock can panic");
        match last.map(|last| last.elapsed() <= STUCK_AFTER) {
            Some(true) => PartHealth::Good,
            Some(false) => PartHealth::Stuck,
            None => PartHealth::NotRunning,
        }
    }
}

/// How a part of the engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartHealth {
    /// It works.
    Good,
    /// It has not begun yet.
    NotRunning,
    /// It finished no round for [`STUCK_AFTER`].
    Stuck,
    /// It does not answer.
    Unreachable,
    /// The disk is full.
    Full,
    /// It answers, but refuses to write.
    NotWritable,
    /// The database lacks steps of the schema that this program knows.
    Outdated,
}

impl PartHealth {
    /// Word for it, for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::NotRunning => "not_running",
            Self::Stuck => "stuck",
            Self::Unreachable => "unreachable",
            Self::Full => "full",
            Self::NotWritable => "not_writable",
            Self::Outdated => "outdated",
        }
    }
}

/// How the engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The database answers and can be written.
    pub database: PartHealth,
    /// It has every step of the schema.
    pub schema: PartHealth,
    /// The loop that fires clocks.
    pub clocks: PartHealth,
    /// The loop that delivers effects.
    pub outbox: PartHealth,
}

/// Asks a store whether it answers, can be written, and has the right schema.
pub(crate) async fn of_store(store: &dyn Store) -> (PartHealth, PartHealth) {
    let Ok(schema) = timeout(PATIENCE, store.missing_steps()).await else {
        return (PartHealth::Unreachable, PartHealth::Unreachable);
    };
    let schema = match schema {
        Ok(missing) if missing.is_empty() => PartHealth::Good,
        Ok(missing) => {
            tracing::error!(?missing, "the database lacks steps of the schema");
            PartHealth::Outdated
        }
        Err(error) => of_error(&error),
    };
    let database = match timeout(PATIENCE, store.probe()).await {
        Ok(Ok(())) => PartHealth::Good,
        Ok(Err(error)) => of_error(&error),
        Err(_) => PartHealth::Unreachable,
    };
    (database, schema)
}

fn of_error(error: &StoreError) -> PartHealth {
    tracing::warn!(%error, "the database is not ready");
    match error {
        StoreError::Full => PartHealth::Full,
        StoreError::Unavailable { .. } | StoreError::Busy | StoreError::Overloaded { .. } => PartHealth::Unreachable,
        StoreError::Conflict { .. }
        | StoreError::Repeated(_)
        | StoreError::Ended(_)
        | StoreError::Moved
        | StoreError::Corrupt { .. }
        | StoreError::Database { .. } => PartHealth::NotWritable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_stops_beating_is_stuck() {
        let pulse = Pulse::default();
        assert_eq!(pulse.state(), PartHealth::NotRunning);
        pulse.beat();
        tokio::time::advance(STUCK_AFTER).await;
        assert_eq!(pulse.state(), PartHealth::Good);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(pulse.state(), PartHealth::Stuck);
        pulse.beat();
        assert_eq!(pulse.state(), PartHealth::Good);
    }
}
