//! How much may wait. What comes from outside is let in up to a bound and then told to come again; what the engine does by
//! itself (clocks, deliveries, the second commit of an alert) is never refused and waits its turn.
//!
//! Alerts have room of their own: a flood of acts cannot shut them out.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::StoreError;

/// When whoever was refused should come again, in seconds.
const RETRY_AFTER_S: u64 = 1;

/// What a node may hold in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Cases kept open between two events. Unit: bytes, estimated. Default: 256 MiB.
    pub cache_bytes: u64,
    /// Acts and forms of people that may be under way at once. Default: 4,096.
    pub acts: u32,
    /// Alerts that may be under way at once. Default: 1,024.
    pub alerts: u32,
    /// Bytes of the alerts under way; one alert alone may always have as many as an alert may have. Default: 256 MiB.
    pub alert_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { cache_bytes: 256 << 20, acts: 4_096, alerts: 1_024, alert_bytes: 256 << 20 }
    }
}

/// Lets in what comes from outside.
pub struct Admission {
    acts: Semaphore,
    alerts: Semaphore,
    /// In KiB.
    alert_bytes: Semaphore,
    alert_kib: u32,
}

/// Somebody who was let in; leaves when dropped.
pub struct Admitted<'a> {
    kind: &'static str,
    _permits: [Option<SemaphorePermit<'a>>; 2],
}

impl Admission {
    /// Empty.
    pub fn new(limits: &Limits) -> Self {
        let alert_kib = u32::try_from(limits.alert_bytes >> 10).unwrap_or(u32::MAX).max(1);
        Self {
            acts: semaphore(limits.acts),
            alerts: semaphore(limits.alerts),
            alert_bytes: semaphore(alert_kib),
            alert_kib,
        }
    }

    /// Lets in an act or a form. Errors: [`StoreError::Overloaded`].
    pub fn act(&self) -> Result<Admitted<'_>, StoreError> {
        Ok(Admitted::new("act", [Some(self.acts.try_acquire().map_err(overloaded)?), None]))
    }

    /// Lets in an alert. Errors: [`StoreError::Overloaded`].
    pub fn alert(&self, bytes: usize) -> Result<Admitted<'_>, StoreError> {
        let kib = u32::try_from(bytes >> 10).unwrap_or(u32::MAX).clamp(1, self.alert_kib);
        let alert = self.alerts.try_acquire().map_err(overloaded)?;
        let bytes = self.alert_bytes.try_acquire_many(kib).map_err(overloaded)?;
        Ok(Admitted::new("alert", [Some(alert), Some(bytes)]))
    }
}

fn semaphore(permits: u32) -> Semaphore {
    Semaphore::new(usize::try_from(permits).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS))
}

fn overloaded(_full: tokio::sync::TryAcquireError) -> StoreError {
    StoreError::Overloaded { retry_after_s: RETRY_AFTER_S }
}

impl<'a> Admitted<'a> {
    fn new(kind: &'static str, permits: [Option<SemaphorePermit<'a>>; 2]) -> Self {
        metrics::gauge!("niyam_admission_waiting", "kind" => kind).increment(1);
        Self { kind, _permits: permits }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        metrics::gauge!("niyam_admission_waiting", "kind" => self.kind).decrement(1);
    }
}
