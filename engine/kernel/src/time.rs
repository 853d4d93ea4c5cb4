//! Points in time.

use serde::{Deserialize, Serialize};

use niyam_rules::duration::Duration;

/// A point in time. Unit: whole milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp {
    ms: i64,
}

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self { ms }
    }

    /// In milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.ms
    }

    /// Later by a length of time; stays at the last representable moment rather than overflow.
    #[must_use]
    pub fn plus(self, length: Duration) -> Self {
        Self { ms: self.ms.saturating_add_unsigned(length.as_ms()) }
    }

    /// Milliseconds from `earlier` to here; 0 when `earlier` is later.
    #[must_use]
    pub fn since_ms(self, earlier: Self) -> u64 {
        u64::try_from(self.ms.saturating_sub(earlier.ms)).unwrap_or(0)
    }
}
