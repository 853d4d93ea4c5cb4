//! Alerts that nobody has worked on yet.

use niyam_kernel::id::AlertId;
use niyam_kernel::time::Timestamp;

use super::work::WorkError;
use crate::error::StoreError;
use crate::request::Class;
use crate::runtime::Runtime;
use crate::store::{Commit, Write};

/// Milliseconds until an alert that could not be worked on is tried again.
const RETRY_MS: i64 = 60_000;

/// Unread alerts listed at once.
const BATCH: u32 = 64;

impl Runtime {
    /// The alert stays in the queue of what nobody has worked on.
    pub(super) async fn put_back(&self, alert: AlertId, error: &WorkError) -> Result<(), StoreError> {
        tracing::error!(alert.id = %alert, %error, "an alert could not be worked on; it is kept and tried again");
        let next = Timestamp::from_ms(self.now().as_ms().saturating_add(RETRY_MS));
        let writes = vec![Write::AlertFailed(alert, next)];
        self.commit(Commit { name: "put an alert back", writes }).await.map(drop)
    }

    /// Works on alerts that whoever took them in has left unread: it died, or failed a minute ago. Returns how many were
    /// done. Several nodes may list the same alert at once; each is worked on once, because a reading counts only while
    /// the alert is unread.
    pub async fn take_up_unread(&self, now: Timestamp) -> Result<usize, StoreError> {
        let unread = self.store.unread(now, u64::from(BATCH)).await?;
        let waiting = u32::try_from(unread.len()).unwrap_or(BATCH);
        metrics::gauge!("niyam_unread_alerts").set(f64::from(waiting));
        let mut done = 0;
        for alert in unread {
            match self.take_up(alert).await {
                Ok(worked_on) => done += usize::from(worked_on),
                Err(error) => self.put_back(alert, &error).await?,
            }
        }
        Ok(done)
    }

    /// Works on one alert, if it is still unread and was not erased.
    async fn take_up(&self, alert: AlertId) -> Result<bool, WorkError> {
        let Some(row) = self.store.alert(alert).await?.filter(|row| row.class == Class::Unread) else {
            return Ok(false);
        };
        let Some(received) = self.received_again(&row).await? else { return Ok(false) };
        let kept = self.kept_already(&row).await?;
        Ok(self.work_on(&kept, &received).await?.is_some())
    }
}
