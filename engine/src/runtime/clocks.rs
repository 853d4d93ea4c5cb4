//! Clocks that run out.

use niyam_kernel::event::EventBody;
use niyam_kernel::state::TimerId;
use niyam_kernel::time::Timestamp;

use super::{Runtime, TRIES};
use crate::error::{ActError, StoreError};
use crate::store::{Commit, TimerRow, Write};

/// Timers fired in one go before the loop looks at its other work.
const BATCH: u64 = 256;
/// Milliseconds until a timer that could not fire is tried again.
const REST_MS: i64 = 30_000;

impl Runtime {
    /// Fires every timer due at `now`, in the order they are due. One that fails does not hold up the others: it stays
    /// due, the failure is logged, and it is tried again after [`REST_MS`]. Returns how many fired.
    pub async fn fire_due(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut fired = 0;
        loop {
            let mut resting = self.resting.lock().await;
            resting.retain(|_, until| *until > now);
            let limit = BATCH + u64::try_from(resting.len()).unwrap_or(u64::MAX - BATCH);
            let mut due = self.store.claim_timers(&self.node, now, limit).await?;
            due.retain(|timer| !resting.contains_key(&(timer.case, timer.timer)));
            drop(resting);
            for timer in &due {
                match self.fire(timer).await {
                    Ok(()) => fired += 1,
                    Err(ActError::Store(StoreError::Full)) => return Err(StoreError::Full),
                    Err(error) => {
                        tracing::error!(case.id = %timer.case, timer.id = timer.timer, %error, "a clock could not fire");
                        let until = Timestamp::from_ms(now.as_ms().saturating_add(REST_MS));
                        self.resting.lock().await.insert((timer.case, timer.timer), until);
                    }
                }
            }
            if due.is_empty() {
                return Ok(fired);
            }
        }
    }

    async fn fire(&self, timer: &TimerRow) -> Result<(), ActError> {
        let mut last = StoreError::Busy;
        for _ in 0..TRIES {
            let mut turn = self.turn(timer.case).await?;
            let id = TimerId(timer.timer);
            let armed = turn.live().state.timers.get(&id).is_some_and(|armed| armed.due == timer.due);
            let (writes, change) = if armed {
                let body = EventBody::TimerFired { timer: id, due: timer.due };
                let appended = turn.append(body, None).await?;
                (appended.writes, Some(appended.change))
            } else {
                // the case has no such timer: the row is left over, and firing it would say nothing
                (vec![Write::CancelTimer(timer.case, timer.timer)], None)
            };
            match turn.commit(Commit { name: "fire a clock", writes }).await {
                Ok(_) => {
                    if let Some(change) = change {
                        self.tell(change);
                    }
                    return Ok(());
                }
                Err(error @ StoreError::Conflict { .. }) => last = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }
}
