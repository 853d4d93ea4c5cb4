//! Reading what is still to be done, and what was said.

use async_trait::async_trait;
use niyam_kernel::id::{CaseId, RequestId};
use niyam_kernel::time::Timestamp;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Statement,
};

use super::convert::At;
use super::entity::{accesses, meta, notices, outbox, outgoing, requests, timers};
use super::fault::fault;
use super::{SeaStore, convert};
use crate::error::StoreError;
use crate::store::{AccessRow, EffectRow, NoticeRow, OutgoingRow, RequestRow, TimerRow, WorkStore};

/// How long a claim lasts, by the database's own time.
const CLAIM_MS: i64 = 60_000;

/// The database's own time in milliseconds: whoever claims, one clock decides when the claim ends.
const fn database_now(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "(extract(epoch from clock_timestamp()) * 1000)::bigint",
        _ => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    }
}

#[async_trait]
impl WorkStore for SeaStore {
    async fn claim_timers(&self, _owner: &str, now: Timestamp, limit: u64) -> Result<Vec<TimerRow>, StoreError> {
        let rows = timers::Entity::find()
            .filter(timers::Column::Due.lte(now.as_ms()))
            .order_by_asc(timers::Column::Due)
            .order_by_asc(timers::Column::CaseId)
            .order_by_asc(timers::Column::Timer)
            .limit(limit)
            .all(&self.read)
            .await
            .map_err(|error| fault("look for due clocks", error))?;
        rows.iter().map(convert::timer).collect()
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(due) AS due FROM (SELECT min(due) AS due FROM timers \
                   UNION ALL SELECT min(next_at) AS due FROM outbox WHERE status = 'waiting' \
                   UNION ALL SELECT min(coalesce(next_at, 0)) AS due FROM alerts WHERE class = 'unread') AS work";
        let doing = |error| fault("look for the next clock", error);
        let statement = Statement::from_string(self.read.get_database_backend(), sql);
        let row = self.read.query_one_raw(statement).await.map_err(doing)?;
        let due: Option<i64> = row.map(|row| row.try_get("", "due")).transpose().map_err(doing)?.flatten();
        Ok(due.map(Timestamp::from_ms))
    }

    async fn claim_effects(&self, owner: &str, now: Timestamp, limit: u64) -> Result<Vec<EffectRow>, StoreError> {
        let doing = |error| fault("claim effects", error);
        let backend = self.read.get_database_backend();
        let clock = database_now(backend);
        let sql = format!(
            "UPDATE outbox SET claim_owner = $1, claim_until = {clock} + {CLAIM_MS} \
             WHERE (case_id, event, place) IN (SELECT case_id, event, place FROM outbox \
             WHERE status = 'waiting' AND next_at <= $2 AND (claim_until IS NULL OR claim_until < {clock}) \
             ORDER BY next_at, case_id, event, place LIMIT $3)"
        );
        let values = [owner.into(), now.as_ms().into(), convert::signed(limit).into()];
        let writer = self.writer().await?;
        let waiting = outbox::Entity::find()
            .filter(outbox::Column::Status.eq("waiting"))
            .filter(outbox::Column::NextAt.lte(now.as_ms()))
            .limit(1)
            .one(&self.read)
            .await
            .map_err(doing)?;
        if waiting.is_none() {
            return Ok(Vec::new());
        }
        writer.connection.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.map_err(doing)?;
        let rows = outbox::Entity::find()
            .filter(outbox::Column::Status.eq("waiting"))
            .filter(outbox::Column::ClaimOwner.eq(owner))
            .order_by_asc(outbox::Column::NextAt)
            .order_by_asc(outbox::Column::CaseId)
            .order_by_asc(outbox::Column::Event)
            .order_by_asc(outbox::Column::Place)
            .all(&writer.connection)
            .await
            .map_err(doing)?;
        rows.into_iter().map(convert::effect).collect()
    }

    async fn release_claims(&self, owner: Option<&str>) -> Result<(), StoreError> {
        let doing = |error| fault("release claims", error);
        let backend = self.read.get_database_backend();
        let writer = self.writer().await?;
        for table in ["outbox", "timers"] {
            let sql = format!("UPDATE {table} SET claim_owner = NULL, claim_until = NULL WHERE claim_owner ");
            let statement = match owner {
                Some(owner) => Statement::from_sql_and_values(backend, sql + "= $1", [owner.into()]),
                None => Statement::from_string(backend, sql + "IS NOT NULL"),
            };
            writer.connection.execute_raw(statement).await.map_err(doing)?;
        }
        if owner.is_none() {
            let sql = "UPDATE alerts SET next_at = NULL WHERE class = 'unread' AND next_at IS NOT NULL";
            writer.connection.execute_raw(Statement::from_string(backend, sql)).await.map_err(doing)?;
        }
        Ok(())
    }

    async fn effects_of(&self, case: CaseId) -> Result<Vec<EffectRow>, StoreError> {
        let rows = outbox::Entity::find()
            .filter(outbox::Column::CaseId.eq(case.to_string()))
            .order_by_asc(outbox::Column::Event)
            .order_by_asc(outbox::Column::Place)
            .all(&self.read)
            .await
            .map_err(|error| fault("list effects", error))?;
        rows.into_iter().map(convert::effect).collect()
    }

    async fn notices_of(&self, case: CaseId) -> Result<Vec<NoticeRow>, StoreError> {
        let rows = notices::Entity::find()
            .filter(notices::Column::CaseId.eq(case.to_string()))
            .order_by_asc(notices::Column::Event)
            .order_by_asc(notices::Column::Id)
            .all(&self.read)
            .await
            .map_err(|error| fault("list notices", error))?;
        rows.into_iter().map(convert::notice).collect()
    }

    async fn outgoing_of(&self, case: CaseId) -> Result<Vec<OutgoingRow>, StoreError> {
        let rows = outgoing::Entity::find()
            .filter(outgoing::Column::CaseId.eq(case.to_string()))
            .order_by_asc(outgoing::Column::Event)
            .order_by_asc(outgoing::Column::Id)
            .all(&self.read)
            .await
            .map_err(|error| fault("list messages", error))?;
        rows.into_iter().map(convert::outgoing).collect()
    }

    async fn request(&self, id: RequestId) -> Result<Option<RequestRow>, StoreError> {
        let row = requests::Entity::find_by_id(id.to_string()).one(&self.read).await;
        row.map_err(|error| fault("look for a request", error))?
            .map(|row| {
                let at = At { table: "requests", row: &row.id };
                Ok(RequestRow {
                    id,
                    fingerprint: at.hash("fingerprint", &row.fingerprint)?,
                    answer: row.answer.clone(),
                    at: Timestamp::from_ms(row.at),
                })
            })
            .transpose()
    }

    async fn accesses(&self, case: CaseId) -> Result<Vec<AccessRow>, StoreError> {
        let rows = accesses::Entity::find()
            .filter(accesses::Column::CaseId.eq(case.to_string()))
            .order_by_asc(accesses::Column::At)
            .order_by_asc(accesses::Column::Id)
            .all(&self.read)
            .await
            .map_err(|error| fault("list readings", error))?;
        rows.into_iter()
            .map(|row| {
                let at = At { table: "accesses", row: &row.id };
                Ok(AccessRow {
                    id: at.parse("id", &row.id)?,
                    at: Timestamp::from_ms(row.at),
                    person: at.parse("person", &row.person)?,
                    case: row.case_id.as_deref().map(|id| at.parse("case_id", id)).transpose()?,
                    alert: row.alert.as_deref().map(|id| at.parse("alert", id)).transpose()?,
                    seals: convert::split(&row.seals),
                    role: row.role.clone(),
                    unit: row.unit.clone(),
                })
            })
            .collect()
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.write_probe().await
    }

    async fn missing_steps(&self) -> Result<Vec<String>, StoreError> {
        self.steps_not_applied().await
    }

    async fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = meta::Entity::find_by_id(name.to_owned()).one(&self.read).await;
        Ok(row.map_err(|error| fault("read what the deployment is", error))?.map(|row| row.value))
    }
}
