//! Reading and claiming what is still to be done, and reading what was said.

use async_trait::async_trait;
use niyam_kernel::id::{AlertId, CaseId, EffectId, RequestId};
use niyam_kernel::time::Timestamp;

use super::MemoryStore;
use super::alert::most;
use super::tables::{Claim, Tables};
use crate::error::StoreError;
use crate::request::Class;
use crate::store::{AccessRow, EffectRow, NoticeRow, OutgoingRow, RequestRow, TimerRow, WorkStore};

/// How long a claim lasts, by the database's own time.
pub(super) const CLAIM_MS: i64 = 60_000;

impl MemoryStore {
    /// A claim that begins now.
    pub(super) fn claim(&self, owner: &str) -> Claim {
        Claim { owner: owner.to_owned(), until: Timestamp::from_ms(self.clock.now().as_ms().saturating_add(CLAIM_MS)) }
    }
}

/// Whether something is there for an owner: nobody has claimed it, the owner has, or the claim has ended.
fn is_free(claim: Option<&Claim>, owner: &str, now: Timestamp) -> bool {
    claim.is_none_or(|claim| claim.owner == owner || claim.until < now)
}

#[async_trait]
impl WorkStore for MemoryStore {
    async fn claim_timers(&self, owner: &str, now: Timestamp, limit: u64) -> Result<Vec<TimerRow>, StoreError> {
        let (claim, begun) = (self.claim(owner), self.clock.now());
        let mut tables = self.tables();
        let due = tables.due.rows().keys().take_while(|(due, ..)| *due <= now);
        let free = due.filter(|(_, case, timer)| {
            tables.timers.get(&(*case, *timer)).is_some_and(|timer| is_free(timer.claim.as_ref(), owner, begun))
        });
        let rows: Vec<TimerRow> = free
            .take(most(limit))
            .map(|(due, case, timer)| {
                let attempts = tables.timers.get(&(*case, *timer)).map_or(0, |timer| timer.attempts);
                TimerRow { case: *case, timer: *timer, due: *due, attempts }
            })
            .collect();
        for row in &rows {
            tables.timers.change(&(row.case, row.timer), |timer| timer.claim = Some(claim.clone()));
        }
        tables.settle();
        Ok(rows)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let tables = self.tables();
        let timer = tables.due.rows().keys().next().map(|(due, ..)| *due);
        let effect = tables.waiting.rows().keys().next().map(|(next_at, _)| *next_at);
        let unread = tables.alerts.rows().values().filter(|alert| alert.row.class == Class::Unread);
        let unread = unread.map(|alert| alert.next_at.unwrap_or_default()).min();
        Ok([timer, effect, unread].into_iter().flatten().min())
    }

    async fn claim_effects(&self, owner: &str, now: Timestamp, limit: u64) -> Result<Vec<EffectRow>, StoreError> {
        let (claim, begun) = (self.claim(owner), self.clock.now());
        let mut tables = self.tables();
        let due = tables.waiting.rows().keys().take_while(|(next_at, _)| *next_at <= now).map(|(_, id)| *id);
        let free =
            due.filter(|id| tables.outbox.get(id).is_some_and(|work| is_free(work.claim.as_ref(), owner, begun)));
        let ids: Vec<EffectId> = free.take(most(limit)).collect();
        for id in &ids {
            tables.outbox.change(id, |work| work.claim = Some(claim.clone()));
        }
        tables.settle();
        Ok(ids.iter().filter_map(|id| tables.outbox.get(id).map(|work| work.row.clone())).collect())
    }

    async fn release_claims(&self, owner: Option<&str>) -> Result<(), StoreError> {
        let mut tables = self.tables();
        release(&mut tables, owner);
        if owner.is_none() {
            let unread: Vec<AlertId> = tables
                .alerts
                .rows()
                .values()
                .filter(|alert| alert.row.class == Class::Unread)
                .map(|alert| alert.row.id)
                .collect();
            for id in unread {
                tables.alerts.change(&id, |alert| alert.next_at = None);
            }
        }
        tables.settle();
        Ok(())
    }

    async fn effects_of(&self, case: CaseId) -> Result<Vec<EffectRow>, StoreError> {
        let tables = self.tables();
        Ok(tables.outbox.rows().range(of_case(case)).map(|(_, work)| work.row.clone()).collect())
    }

    async fn notices_of(&self, case: CaseId) -> Result<Vec<NoticeRow>, StoreError> {
        let tables = self.tables();
        let mut found: Vec<NoticeRow> =
            tables.notices.rows().range(of_case(case)).map(|(_, row)| row.clone()).collect();
        found.sort_by_key(|row| (row.id.event, row.id.to_string()));
        Ok(found)
    }

    async fn outgoing_of(&self, case: CaseId) -> Result<Vec<OutgoingRow>, StoreError> {
        let tables = self.tables();
        let mut found: Vec<OutgoingRow> =
            tables.outgoing.rows().range(of_case(case)).map(|(_, row)| row.clone()).collect();
        found.sort_by_key(|row| (row.id.event, row.id.to_string()));
        Ok(found)
    }

    async fn request(&self, id: RequestId) -> Result<Option<RequestRow>, StoreError> {
        Ok(self.tables().requests.get(&id).cloned())
    }

    async fn accesses(&self, case: CaseId) -> Result<Vec<AccessRow>, StoreError> {
        let tables = self.tables();
        let mut found: Vec<AccessRow> =
            tables.accesses.rows().values().filter(|row| row.case == Some(case)).cloned().collect();
        found.sort_by_key(|row| (row.at, row.id));
        Ok(found)
    }

    async fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tables().meta.get(&name.to_owned()).cloned())
    }
}

/// Keys of all effects of a case.
fn of_case(case: CaseId) -> std::ops::RangeInclusive<EffectId> {
    EffectId { case, event: 0, index: 0 }..=EffectId { case, event: u64::MAX, index: u32::MAX }
}

/// Ends the claims of an owner, or all.
fn release(tables: &mut Tables, owner: Option<&str>) {
    let ends =
        |claim: &Option<Claim>| claim.as_ref().is_some_and(|claim| owner.is_none_or(|owner| claim.owner == owner));
    let timers: Vec<(CaseId, u64)> =
        tables.timers.rows().iter().filter(|(_, timer)| ends(&timer.claim)).map(|(key, _)| *key).collect();
    for key in timers {
        tables.timers.change(&key, |timer| timer.claim = None);
    }
    let effects: Vec<EffectId> =
        tables.outbox.rows().iter().filter(|(_, work)| ends(&work.claim)).map(|(id, _)| *id).collect();
    for id in effects {
        tables.outbox.change(&id, |work| work.claim = None);
    }
}
