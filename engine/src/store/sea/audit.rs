//! Reading a case for replay: page by page, so that a long log needs no more memory than a short one.

use async_trait::async_trait;
use niyam_kernel::id::CaseId;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::convert::{At, signed};
use super::entity::{cases, events, outbox, timers};
use super::{Database, SeaStore, convert};
use crate::error::StoreError;
use crate::store::{AuditStore, EffectRow, EventRow, TimerRow};

#[async_trait]
impl AuditStore for SeaStore {
    async fn case_ids(&self, after: Option<CaseId>, limit: u64) -> Result<Vec<CaseId>, StoreError> {
        let mut query = cases::Entity::find().select_only().column(cases::Column::Id);
        if let Some(after) = after {
            query = query.filter(cases::Column::Id.gt(after.to_string()));
        }
        let query = query.order_by_asc(cases::Column::Id).limit(limit).into_tuple::<String>();
        let rows = self.ask("list cases", query.all(&self.read().await?)).await?;
        rows.iter().map(|id| At { table: "cases", row: id }.parse("id", id)).collect()
    }

    async fn case_numbered(&self, number: &str) -> Result<Option<CaseId>, StoreError> {
        let query = cases::Entity::find()
            .select_only()
            .column(cases::Column::Id)
            .filter(cases::Column::Number.eq(number))
            .into_tuple::<String>();
        let id = self.ask("look for a case", query.one(&self.read().await?)).await?;
        id.map(|id| At { table: "cases", row: &id }.parse("id", &id)).transpose()
    }

    async fn last_event(&self, case: CaseId) -> Result<u64, StoreError> {
        let key = case.to_string();
        let query = events::Entity::find()
            .select_only()
            .column(events::Column::Number)
            .filter(events::Column::CaseId.eq(key.clone()))
            .order_by_desc(events::Column::Number)
            .limit(1)
            .into_tuple::<i64>();
        let last = self.ask("look for the last event", query.one(&self.read().await?)).await?;
        last.map_or(Ok(0), |last| At { table: "events", row: &key }.number("number", last))
    }

    async fn events_after(&self, case: CaseId, after: u64, limit: u64) -> Result<Vec<EventRow>, StoreError> {
        let query = events::Entity::find()
            .filter(events::Column::CaseId.eq(case.to_string()))
            .filter(events::Column::Number.gt(signed(after)))
            .order_by_asc(events::Column::Number)
            .limit(limit);
        let rows = self.ask("read the log of a case", query.all(&self.read().await?)).await?;
        rows.into_iter().map(convert::event).collect()
    }

    async fn effects_between(&self, case: CaseId, after: u64, until: u64) -> Result<Vec<EffectRow>, StoreError> {
        let query = outbox::Entity::find()
            .filter(outbox::Column::CaseId.eq(case.to_string()))
            .filter(outbox::Column::Event.gt(signed(after)))
            .filter(outbox::Column::Event.lte(signed(until)))
            .order_by_asc(outbox::Column::Event)
            .order_by_asc(outbox::Column::Place);
        let rows = self.ask("list effects", query.all(&self.read().await?)).await?;
        rows.into_iter().map(convert::effect).collect()
    }

    async fn timers_of(&self, case: CaseId) -> Result<Vec<TimerRow>, StoreError> {
        let query = timers::Entity::find()
            .filter(timers::Column::CaseId.eq(case.to_string()))
            .order_by_asc(timers::Column::Timer);
        let rows = self.ask("list clocks", query.all(&self.read().await?)).await?;
        rows.iter().map(convert::timer).collect()
    }

    async fn scrub(&self) -> Result<bool, StoreError> {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.scrub().await,
            // its log is the server's own: see docs/storage.md
            Database::Postgres(..) => Ok(true),
        }
    }
}
