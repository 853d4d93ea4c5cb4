//! Reading what is still to be done, and what was said.

use async_trait::async_trait;
use niyam_kernel::id::{CaseId, RequestId};
use niyam_kernel::time::Timestamp;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseConnection, DbBackend, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Statement,
};

use super::convert::At;
use super::entity::{accesses, meta, notices, outbox, outgoing, requests, timers};
use super::fault::fault;
use super::{SeaStore, convert};
use crate::error::StoreError;
use crate::store::{AccessRow, EffectRow, NoticeRow, OutgoingRow, RequestRow, TimerRow, WorkStore};

/// How long a claim lasts, by the database's own time.
pub const CLAIM_MS: i64 = 60_000;

/// The database's own time in milliseconds: whoever claims, one clock decides when the claim ends.
pub const fn database_now(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "(extract(epoch from clock_timestamp()) * 1000)::bigint",
        _ => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    }
}

#[async_trait]
impl WorkStore for SeaStore {
    async fn claim_timers(&self, owner: &str, now: Timestamp, limit: u64) -> Result<Vec<TimerRow>, StoreError> {
        let due = timers::Entity::find()
            .filter(timers::Column::Due.lte(now.as_ms()))
            .order_by_asc(timers::Column::Due)
            .order_by_asc(timers::Column::CaseId)
            .order_by_asc(timers::Column::Timer)
            .limit(limit);
        let found = self.ask("look for due clocks", due.all(&self.read().await?)).await?;
        // only one node can have a SQLite file open, and a claim would cost a write for each clock
        if found.is_empty() || self.backend() == DbBackend::Sqlite {
            return found.iter().map(convert::timer).collect();
        }
        let statement = self.claim("timers", "case_id, timer", "due", "due", owner, now, limit);
        let claimed = async |db: &DatabaseConnection| timers::Entity::find().from_raw_sql(statement).all(db).await;
        let writer = self.writer().await?;
        let rows = self.ask("claim clocks", claimed(&writer.connection)).await?;
        let mut rows: Vec<TimerRow> = rows.iter().map(convert::timer).collect::<Result<_, _>>()?;
        rows.sort_by_key(|row| (row.due, row.case, row.timer));
        Ok(rows)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT min(due) AS due FROM (SELECT min(due) AS due FROM timers \
                   UNION ALL SELECT min(next_at) AS due FROM outbox WHERE status = 'waiting' \
                   UNION ALL SELECT min(coalesce(next_at, 0)) AS due FROM alerts WHERE class = 'unread') AS work";
        let doing = |error| fault("look for the next clock", error);
        let statement = Statement::from_string(self.backend(), sql);
        let row = self.ask("look for the next clock", self.read().await?.query_one_raw(statement)).await?;
        let due: Option<i64> = row.map(|row| row.try_get("", "due")).transpose().map_err(doing)?.flatten();
        Ok(due.map(Timestamp::from_ms))
    }

    async fn claim_effects(&self, owner: &str, now: Timestamp, limit: u64) -> Result<Vec<EffectRow>, StoreError> {
        let query = outbox::Entity::find()
            .filter(outbox::Column::Status.eq("waiting"))
            .filter(outbox::Column::NextAt.lte(now.as_ms()));
        // most of the time nothing is due, and looking disturbs nobody
        if self.ask("look for effects", query.limit(1).one(&self.read().await?)).await?.is_none() {
            return Ok(Vec::new());
        }
        let key = "case_id, event, place";
        let statement = self.claim("outbox", key, "status = 'waiting' AND next_at", "next_at", owner, now, limit);
        let claimed = async |db: &DatabaseConnection| outbox::Entity::find().from_raw_sql(statement).all(db).await;
        let writer = self.writer().await?;
        let rows = self.ask("claim effects", claimed(&writer.connection)).await?;
        let mut rows: Vec<EffectRow> = rows.into_iter().map(convert::effect).collect::<Result<_, _>>()?;
        rows.sort_by_key(|row| (row.next_at, row.id));
        Ok(rows)
    }

    async fn release_claims(&self, owner: Option<&str>) -> Result<(), StoreError> {
        let writer = self.writer().await?;
        for table in ["outbox", "timers"] {
            let sql = format!("UPDATE {table} SET claim_owner = NULL, claim_until = NULL WHERE claim_owner ");
            let statement = match owner {
                Some(owner) => Statement::from_sql_and_values(self.backend(), sql + "= $1", [owner.into()]),
                None => Statement::from_string(self.backend(), sql + "IS NOT NULL"),
            };
            self.ask("release claims", writer.connection.execute_raw(statement)).await?;
        }
        if owner.is_none() {
            let sql = "UPDATE alerts SET next_at = NULL WHERE class = 'unread' AND next_at IS NOT NULL";
            let statement = Statement::from_string(self.backend(), sql);
            self.ask("release claims", writer.connection.execute_raw(statement)).await?;
        }
        Ok(())
    }

    async fn effects_of(&self, case: CaseId) -> Result<Vec<EffectRow>, StoreError> {
        let rows = self
            .ask(
                "list effects",
                outbox::Entity::find()
                    .filter(outbox::Column::CaseId.eq(case.to_string()))
                    .order_by_asc(outbox::Column::Event)
                    .order_by_asc(outbox::Column::Place)
                    .all(&self.read().await?),
            )
            .await?;
        rows.into_iter().map(convert::effect).collect()
    }

    async fn notices_of(&self, case: CaseId) -> Result<Vec<NoticeRow>, StoreError> {
        let rows = self
            .ask(
                "list notices",
                notices::Entity::find()
                    .filter(notices::Column::CaseId.eq(case.to_string()))
                    .order_by_asc(notices::Column::Event)
                    .order_by_asc(notices::Column::Id)
                    .all(&self.read().await?),
            )
            .await?;
        rows.into_iter().map(convert::notice).collect()
    }

    async fn outgoing_of(&self, case: CaseId) -> Result<Vec<OutgoingRow>, StoreError> {
        let rows = self
            .ask(
                "list messages",
                outgoing::Entity::find()
                    .filter(outgoing::Column::CaseId.eq(case.to_string()))
                    .order_by_asc(outgoing::Column::Event)
                    .order_by_asc(outgoing::Column::Id)
                    .all(&self.read().await?),
            )
            .await?;
        rows.into_iter().map(convert::outgoing).collect()
    }

    async fn request(&self, id: RequestId) -> Result<Option<RequestRow>, StoreError> {
        let query = requests::Entity::find_by_id(id.to_string());
        self.ask("look for a request", query.one(&self.read().await?))
            .await?
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
        let rows = self
            .ask(
                "list readings",
                accesses::Entity::find()
                    .filter(accesses::Column::CaseId.eq(case.to_string()))
                    .order_by_asc(accesses::Column::At)
                    .order_by_asc(accesses::Column::Id)
                    .all(&self.read().await?),
            )
            .await?;
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
        let query = meta::Entity::find_by_id(name.to_owned());
        Ok(self.ask("read what the deployment is", query.one(&self.read().await?)).await?.map(|row| row.value))
    }
}

impl SeaStore {
    /// Claims rows of a table with this key: those due that nobody holds, whose claim has expired, or which the owner holds
    /// already. On PostgreSQL rows that another node is claiming just now are passed over.
    #[expect(clippy::too_many_arguments, reason = "what differs between the two tables")]
    fn claim(
        &self,
        table: &str,
        key: &str,
        due: &str,
        first: &str,
        owner: &str,
        now: Timestamp,
        limit: u64,
    ) -> Statement {
        let backend = self.backend();
        let clock = database_now(backend);
        let skip = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "WITH free AS MATERIALIZED (SELECT {key} FROM {table} \
             WHERE {due} <= $2 AND (claim_until IS NULL OR claim_until < {clock} OR claim_owner = $1) \
             ORDER BY {first}, {key} LIMIT $3 {skip}) \
             UPDATE {table} SET claim_owner = $1, claim_until = {clock} + {CLAIM_MS} \
             WHERE ({key}) IN (SELECT {key} FROM free) RETURNING *"
        );
        Statement::from_sql_and_values(backend, sql, [owner.into(), now.as_ms().into(), convert::signed(limit).into()])
    }
}
