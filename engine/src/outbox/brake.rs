//! Slows a chart that answers an empty seat by calling a seat that is empty too.
//!
//! Such a chart answers itself: nobody there, so call somebody; nobody there either, so call again. It is to go on calling, as
//! long as it takes until somebody comes, but not as fast as the database writes.

use niyam_kernel::event::{Event, EventBody, Outcome};
use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;

use crate::error::StoreError;
use crate::runtime::Runtime;
use crate::store::EffectRow;

/// Empty seats in a row, each called because the one before was empty, that the chart hears of at once.
const AT_ONCE: usize = 3;
/// Milliseconds that each one further waits for somebody to come before the chart hears of it.
const PAUSE_MS: u64 = 60_000;

impl Runtime {
    /// Until when an effect whose seat is empty waits for somebody; `None` when the chart is to hear of it now.
    ///
    /// Rests on the log and on the age of the effect alone, so another node comes to the same. Where clocks differ, it waits
    /// at most a pause at a time.
    pub(super) async fn brake(&self, row: &EffectRow, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let left = PAUSE_MS.saturating_sub(now.since_ms(row.since));
        if left == 0 {
            return Ok(None);
        }
        let mut number = row.id.event;
        for _ in 0..AT_ONCE {
            match self.empty_seat_before(row.id.case, number).await? {
                Some(earlier) => number = earlier,
                None => return Ok(None),
            }
        }
        Ok(Some(Timestamp::from_ms(now.as_ms().saturating_add_unsigned(left))))
    }

    /// Number of the event that called the seat whose emptiness an event reports; `None` when it reports something else.
    async fn empty_seat_before(&self, case: CaseId, number: u64) -> Result<Option<u64>, StoreError> {
        let found = self.store.events_after(case, number.saturating_sub(1), 1).await?;
        // one that cannot be read is for the audit to find
        let event = found.first().and_then(|row| serde_json::from_str::<Event>(&row.plain).ok());
        let body = event.map(|event| event.body);
        if let Some(EventBody::Delivered { event, outcome: Outcome::NobodyThere { .. }, .. }) = body {
            return Ok(Some(event));
        }
        Ok(None)
    }
}
