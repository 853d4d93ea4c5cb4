//! Alerts that nobody has worked on yet.

use niyam_kernel::id::AlertId;
use niyam_kernel::time::Timestamp;

use crate::error::StoreError;
use crate::request::Class;
use crate::runtime::Runtime;
use crate::store::{Commit, Write};

/// Milliseconds until an alert that could not be worked on is tried again.
const RETRY_MS: i64 = 60_000;

impl Runtime {
    /// The alert stays in the queue of what nobody has worked on.
    pub(super) async fn put_back(&self, alert: AlertId, reason: &str) -> Result<(), StoreError> {
        tracing::error!(alert.id = %alert, reason, "an alert could not be worked on; it is kept and tried again");
        let next = Timestamp::from_ms(self.now().as_ms().saturating_add(RETRY_MS));
        let writes = vec![Write::AlertFailed(alert, next)];
        self.commit(Commit { name: "put an alert back", writes }).await.map(drop)
    }

    /// Works on alerts that are still unread. Returns how many were done.
    ///
    /// Clocks wait behind this, so it never waits itself: while an alert is being read, the others are left for the next
    /// time. What was read between the list and the turn is left alone.
    pub async fn take_up_unread(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut done = 0;
        for alert in self.store.unread(now, 64).await? {
            let Ok(_turn) = self.intake_turn.try_lock() else { return Ok(done) };
            if self.store.alert(alert).await?.is_none_or(|row| row.class != Class::Unread) {
                continue;
            }
            let result = match self.received_again(alert).await {
                Ok(Some(received)) => self.work_on(alert, &received).await,
                Ok(None) => continue,
                Err(error) => Err(error.to_string()),
            };
            match result {
                Ok(()) => done += 1,
                Err(reason) => self.put_back(alert, &reason).await?,
            }
        }
        Ok(done)
    }
}
