//! Clocks that run out.
//!
//! Timers are rows with an index on their time; what is not due is never looked at, however many there are. What is due is
//! taken up in batches and fired side by side, the timers of one case one after the other.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use niyam_kernel::event::EventBody;
use niyam_kernel::id::CaseId;
use niyam_kernel::state::TimerId;
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;
use tracing::Instrument as _;

use super::live::LoadError;
use super::{Runtime, TRIES};
use crate::error::{ActError, StoreError};
use crate::outbox::takes_events;
use crate::store::{Commit, TimerRow, Write};

/// Timers taken up in one go.
const BATCH: u64 = 512;
/// Cases whose timers fire side by side.
const AT_ONCE: usize = 128;
/// Milliseconds until a timer that could not fire is tried again; doubled each time, at most [`LONGEST_REST_MS`].
const FIRST_REST_MS: i64 = 30_000;
/// The longest rest, in milliseconds.
const LONGEST_REST_MS: i64 = 600_000;
/// Failures of one timer after which a person is called; again each time it has failed so often more.
const CALLS_AFTER: u32 = 5;

impl Runtime {
    /// Fires every timer due at `now`, the earlier ones first. One that fails does not hold up the others: it rests, the
    /// failure is logged, and when it fails again and again a person is called. Returns how many fired.
    pub async fn fire_due(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut fired = 0;
        while let Some(count) = self.fire_some(now).await? {
            fired += count;
        }
        Ok(fired)
    }

    /// As [`Runtime::fire_due`], but one batch of them. Returns how many fired; `None` when none was due.
    pub async fn fire_some(&self, now: Timestamp) -> Result<Option<usize>, StoreError> {
        let due = self.store.claim_timers(&self.node, now, BATCH).await?;
        if due.is_empty() {
            return Ok(None);
        }
        let cases = by_case(due).into_iter().map(|timers| self.fire_each(timers, now));
        let mut cases = stream::iter(cases).buffer_unordered(AT_ONCE);
        let mut fired = 0;
        let mut result = Ok(());
        while let Some(done) = cases.next().await {
            match done {
                Ok(count) => fired += count,
                Err(error) => result = Err(error),
            }
        }
        result.map(|()| Some(fired))
    }

    /// Fires the timers of one case. Errors: nothing can be written now; what did not fire is still due.
    async fn fire_each(&self, timers: Vec<TimerRow>, now: Timestamp) -> Result<usize, StoreError> {
        let mut fired = 0;
        for timer in timers {
            // which clock, and the event it caused: the deliveries that follow name that one as their cause
            let span = tracing::info_span!(
                "clock",
                case.id = %timer.case,
                timer.id = timer.timer,
                event.number = tracing::field::Empty
            );
            match self.fire(&timer).instrument(span).await {
                Ok(()) => fired += 1,
                Err(ActError::Store(error @ (StoreError::Full | StoreError::Unavailable { .. }))) => return Err(error),
                Err(error) => {
                    tracing::error!(case.id = %timer.case, timer.id = timer.timer, %error, "a clock could not fire");
                    self.rest(&timer, now).await?;
                }
            }
        }
        Ok(fired)
    }

    async fn fire(&self, timer: &TimerRow) -> Result<(), ActError> {
        let id = TimerId(timer.timer);
        let left_over = vec![Write::CancelTimer(timer.case, timer.timer)];
        let mut last = StoreError::Busy;
        for _ in 0..TRIES {
            let mut turn = match self.turn(timer.case).await {
                Ok(turn) => turn,
                Err(LoadError::Missing(_)) => {
                    self.commit(Commit { name: "clean up a clock", writes: left_over }).await?;
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            // a number is never used twice in a case, so it alone tells whether the timer is still armed; in a case that has
            // ended or stands still none is, whatever its state remembers
            if turn.live().state.timers.get(&id).is_none_or(|armed| armed.due != timer.due) {
                // what is in memory may be older than the row, which another node wrote
                turn.reload().await?;
            }
            let armed = turn.live().state.timers.get(&id).map(|armed| armed.due);
            let armed = armed.filter(|_| takes_events(turn.live()));
            let (writes, change) = match armed {
                Some(due) => {
                    let appended = turn.append(EventBody::TimerFired { timer: id, due }, None).await?;
                    (appended.writes, Some(appended.change))
                }
                // the case has no such timer: the row is left over, and firing it would say nothing
                None => (left_over.clone(), None),
            };
            match turn.commit(Commit { name: "fire a clock", writes }).await {
                Ok(_) => {
                    if let Some(change) = change {
                        tracing::Span::current().record("event.number", change.number);
                        self.tell(change);
                    }
                    if let Some(due) = armed {
                        metrics::histogram!("niyam_clock_lateness_seconds").record(seconds(self.now().since_ms(due)));
                    }
                    return Ok(());
                }
                Err(error @ StoreError::Conflict { .. }) => last = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }

    /// A timer that could not fire is left alone for a while, also after a restart. Its own time stands in the case.
    async fn rest(&self, timer: &TimerRow, now: Timestamp) -> Result<(), StoreError> {
        let rest_ms = FIRST_REST_MS.saturating_mul(1 << timer.attempts.min(20)).min(LONGEST_REST_MS);
        let until = Timestamp::from_ms(now.as_ms().saturating_add(rest_ms));
        let mut writes = vec![Write::TimerRests { case: timer.case, timer: timer.timer, until }];
        let failures = timer.attempts + 1;
        if failures.is_multiple_of(CALLS_AFTER) {
            let about = format!("{}/{}/{failures}", timer.case, timer.timer);
            writes.extend(self.desk_notice("clock", &about, Some(timer.case), &cannot_fire(failures)));
        }
        self.commit(Commit { name: "let a clock rest", writes }).await.map(drop)
    }

    /// Sets the gauges of what waits.
    pub async fn measure(&self) -> Result<(), StoreError> {
        let now = self.now();
        let waiting = self.store.waiting(now).await?;
        let age_ms = waiting.effects_due_since.map_or(0, |since| now.since_ms(since));
        metrics::gauge!("niyam_clocks_due").set(count(waiting.clocks_due));
        metrics::gauge!("niyam_outbox_waiting").set(count(waiting.effects));
        metrics::gauge!("niyam_outbox_age_seconds").set(seconds(age_ms));
        Ok(())
    }
}

/// The timers of each case together, in the order in which the first of each is due.
fn by_case(timers: Vec<TimerRow>) -> Vec<Vec<TimerRow>> {
    let mut places: BTreeMap<CaseId, usize> = BTreeMap::new();
    let mut cases: Vec<Vec<TimerRow>> = Vec::new();
    for timer in timers {
        let place = *places.entry(timer.case).or_insert(cases.len());
        match cases.get_mut(place) {
            Some(case) => case.push(timer),
            None => cases.push(vec![timer]),
        }
    }
    cases
}

#[expect(clippy::cast_precision_loss, reason = "a measurement need not be exact beyond 2^53")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "a measurement need not be exact beyond 2^53")]
fn count(many: u64) -> f64 {
    many as f64
}

/// Says that a clock of a case fails again and again.
fn cannot_fire(failures: u32) -> Text {
    Text {
        en: format!("A clock of this case could not run out, {failures} times. Look after the case by hand."),
        hi: format!("इस प्रकरण की एक घड़ी {failures} बार चल नहीं सकी। प्रकरण को स्वयं देखें।"),
    }
}
