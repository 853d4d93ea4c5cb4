//! Reading a case for replay.

use std::ops::Bound;

use async_trait::async_trait;
use niyam_kernel::id::{CaseId, EffectId};

use super::MemoryStore;
use crate::error::StoreError;
use crate::store::{AuditStore, EffectRow, EventRow, TimerRow};

/// A number of rows.
fn count(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[async_trait]
impl AuditStore for MemoryStore {
    async fn case_ids(&self, after: Option<CaseId>, limit: u64) -> Result<Vec<CaseId>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let tables = self.tables();
        Ok(tables.cases.rows().range((from, Bound::Unbounded)).take(count(limit)).map(|(id, _)| *id).collect())
    }

    async fn case_numbered(&self, number: &str) -> Result<Option<CaseId>, StoreError> {
        Ok(self.tables().numbers.get(&number.to_owned()).copied())
    }

    async fn last_event(&self, case: CaseId) -> Result<u64, StoreError> {
        let tables = self.tables();
        let last = tables.events.rows().range((case, 0)..=(case, u64::MAX)).next_back();
        Ok(last.map_or(0, |((_, number), _)| *number))
    }

    async fn events_after(&self, case: CaseId, after: u64, limit: u64) -> Result<Vec<EventRow>, StoreError> {
        let tables = self.tables();
        let behind = (Bound::Excluded((case, after)), Bound::Included((case, u64::MAX)));
        Ok(tables.events.rows().range(behind).take(count(limit)).map(|(_, row)| row.clone()).collect())
    }

    async fn effects_between(&self, case: CaseId, after: u64, until: u64) -> Result<Vec<EffectRow>, StoreError> {
        let from = EffectId { case, event: after.saturating_add(1), index: 0 };
        let to = EffectId { case, event: until, index: u32::MAX };
        if from > to {
            return Ok(Vec::new());
        }
        let tables = self.tables();
        Ok(tables.outbox.rows().range(from..=to).map(|(_, work)| work.row.clone()).collect())
    }

    async fn timers_of(&self, case: CaseId) -> Result<Vec<TimerRow>, StoreError> {
        let tables = self.tables();
        let rows = tables.timers.rows().range((case, 0)..=(case, u64::MAX));
        Ok(rows
            .map(|((case, timer), row)| TimerRow { case: *case, timer: *timer, due: row.due, attempts: row.attempts })
            .collect())
    }

    /// There is nothing beside it.
    async fn scrub(&self) -> Result<bool, StoreError> {
        Ok(true)
    }
}
