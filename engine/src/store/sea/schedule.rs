//! Reading what is done at set times, what the desk is told, and what waits.

use async_trait::async_trait;
use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, DbErr, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QueryResult, QuerySelect as _, Statement, Value,
};

use super::convert::{At, signed};
use super::entity::{outbox, timers};
use super::fault::fault;
use super::work::{CLAIM_MS, database_now};
use super::{SeaStore, convert};
use crate::error::StoreError;
use crate::store::{DeskNoticeRow, EffectRow, ScheduleRow, ScheduleStore, Waiting};

/// Columns of a schedule, as [`schedule`] reads them.
const SCHEDULE: &str = "name, cron, next_due, last_due, last_run, result";

impl SeaStore {
    async fn rows(&self, doing: &'static str, sql: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, StoreError> {
        let statement = Statement::from_sql_and_values(self.backend(), sql, values);
        self.ask(doing, self.read().await?.query_all_raw(statement)).await
    }
}

#[async_trait]
impl ScheduleStore for SeaStore {
    async fn schedules(&self) -> Result<Vec<ScheduleRow>, StoreError> {
        let rows =
            self.rows("list schedules", &format!("SELECT {SCHEDULE} FROM schedules ORDER BY name"), Vec::new()).await?;
        rows.iter().map(schedule).collect()
    }

    async fn claim_schedule(&self, owner: &str, now: Timestamp) -> Result<Option<ScheduleRow>, StoreError> {
        let due = "SELECT name FROM schedules WHERE next_due <= $1 LIMIT 1";
        if self.rows("look for due schedules", due, vec![now.as_ms().into()]).await?.is_empty() {
            return Ok(None);
        }
        let backend = self.backend();
        let clock = database_now(backend);
        let skip = if backend == DbBackend::Postgres { "FOR UPDATE SKIP LOCKED" } else { "" };
        let sql = format!(
            "UPDATE schedules SET claim_owner = $1, claim_until = {clock} + {CLAIM_MS} WHERE name = \
             (SELECT name FROM schedules WHERE next_due <= $2 AND (claim_until IS NULL OR claim_until < {clock}) \
             ORDER BY next_due, name LIMIT 1 {skip}) RETURNING {SCHEDULE}"
        );
        let writer = self.writer().await?;
        let statement = Statement::from_sql_and_values(backend, sql, [owner.into(), now.as_ms().into()]);
        let row = self.ask("claim a schedule", writer.connection.query_one_raw(statement)).await?;
        row.as_ref().map(schedule).transpose()
    }

    async fn desk_notices(&self, limit: u64) -> Result<Vec<DeskNoticeRow>, StoreError> {
        let sql = "SELECT id, kind, at, role, unit, person, case_id, text_en, text_hi FROM desk_notices \
                   ORDER BY at DESC, id LIMIT $1";
        let rows = self.rows("list notices to the desk", sql, vec![signed(limit).into()]).await?;
        rows.iter().map(desk_notice).collect()
    }

    async fn failed_effects(&self, limit: u64) -> Result<Vec<(EffectRow, Timestamp)>, StoreError> {
        let failed = outbox::Entity::find()
            .filter(outbox::Column::Status.eq("failed"))
            .order_by_desc(outbox::Column::DoneAt)
            .order_by_asc(outbox::Column::CaseId)
            .order_by_asc(outbox::Column::Event)
            .order_by_asc(outbox::Column::Place)
            .limit(limit);
        let rows = self.ask("list effects that were given up", failed.all(&self.read().await?)).await?;
        rows.into_iter()
            .map(|row| {
                let at = Timestamp::from_ms(row.done_at.unwrap_or(row.next_at));
                Ok((convert::effect(row)?, at))
            })
            .collect()
    }

    async fn waiting(&self, now: Timestamp) -> Result<Waiting, StoreError> {
        let doing = |error| fault("count what waits", error);
        // each part reads an index from its beginning; clocks that are not due are not looked at
        let sql = "SELECT (SELECT count(*) FROM timers WHERE due <= $1) AS clocks, \
                   (SELECT count(*) FROM outbox WHERE status = 'waiting' AND next_at <= $1) AS effects, \
                   (SELECT min(next_at) FROM outbox WHERE status = 'waiting') AS oldest";
        let rows = self.rows("count what waits", sql, vec![now.as_ms().into()]).await?;
        let Some(row) = rows.first() else { return Ok(Waiting::default()) };
        let count = |column: &str| Ok(u64::try_from(row.try_get::<i64>("", column).map_err(doing)?).unwrap_or(0));
        let oldest: Option<i64> = row.try_get("", "oldest").map_err(doing)?;
        Ok(Waiting {
            clocks_due: count("clocks")?,
            effects: count("effects")?,
            effects_due_since: oldest.map(Timestamp::from_ms),
        })
    }

    async fn next_clock(&self) -> Result<Option<Timestamp>, StoreError> {
        let first = timers::Entity::find()
            .select_only()
            .column(timers::Column::Due)
            .order_by_asc(timers::Column::Due)
            .limit(1)
            .into_tuple::<i64>();
        let row = self.ask("look for the next clock", first.one(&self.read().await?)).await?;
        Ok(row.map(Timestamp::from_ms))
    }

    async fn last_heard(&self, channel: &str) -> Result<Option<Timestamp>, StoreError> {
        let doing = |error| fault("look when a channel was heard", error);
        let sql = "SELECT max(received_at) AS at FROM alerts WHERE channel = $1";
        let rows = self.rows("look when a channel was heard", sql, vec![channel.into()]).await?;
        let at: Option<i64> = rows.first().map(|row| row.try_get("", "at")).transpose().map_err(doing)?.flatten();
        Ok(at.map(Timestamp::from_ms))
    }

    async fn open_cases(&self, after: Option<CaseId>, limit: u64) -> Result<Vec<CaseId>, StoreError> {
        let sql = "SELECT id FROM cases WHERE life = 'open' AND id > $1 ORDER BY id LIMIT $2";
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        ids(&self.rows("list open cases", sql, vec![after.into(), signed(limit).into()]).await?)
    }

    async fn forgettable(&self, before: Timestamp, limit: u64) -> Result<Vec<CaseId>, StoreError> {
        let sql = "SELECT id FROM cases WHERE life = 'closed' AND closed_at < $1 \
                   AND EXISTS (SELECT 1 FROM case_keys WHERE case_keys.case_id = cases.id) \
                   ORDER BY closed_at, id LIMIT $2";
        ids(&self.rows("list cases to forget", sql, vec![before.as_ms().into(), signed(limit).into()]).await?)
    }
}

fn ids(rows: &[QueryResult]) -> Result<Vec<CaseId>, StoreError> {
    rows.iter()
        .map(|row| {
            let id: String = row.try_get("", "id").map_err(|error| fault("list cases", error))?;
            At { table: "cases", row: &id }.parse("id", &id)
        })
        .collect()
}

fn schedule(row: &QueryResult) -> Result<ScheduleRow, StoreError> {
    let doing = |error: DbErr| fault("read a schedule", error);
    let name: String = row.try_get("", "name").map_err(doing)?;
    let time = |column: &str| -> Result<Option<Timestamp>, StoreError> {
        let ms: Option<i64> = row.try_get("", column).map_err(doing)?;
        Ok(ms.map(Timestamp::from_ms))
    };
    let result: Option<String> = row.try_get("", "result").map_err(doing)?;
    let at = At { table: "schedules", row: &name };
    Ok(ScheduleRow {
        cron: row.try_get("", "cron").map_err(doing)?,
        next_due: time("next_due")?.unwrap_or_default(),
        last_due: time("last_due")?,
        last_run: time("last_run")?,
        result: result.map(|text| at.json("result", &text)).transpose()?,
        name: name.clone(),
    })
}

fn desk_notice(row: &QueryResult) -> Result<DeskNoticeRow, StoreError> {
    let doing = |error: DbErr| fault("read a notice to the desk", error);
    let text = |column: &str| row.try_get::<String>("", column).map_err(doing);
    let maybe = |column: &str| row.try_get::<Option<String>>("", column).map_err(doing);
    let id = text("id")?;
    let at = At { table: "desk_notices", row: &id };
    Ok(DeskNoticeRow {
        kind: text("kind")?,
        at: Timestamp::from_ms(row.try_get("", "at").map_err(doing)?),
        role: text("role")?,
        unit: text("unit")?,
        person: maybe("person")?.map(|person| at.parse("person", &person)).transpose()?,
        case: maybe("case_id")?.map(|case| at.parse("case_id", &case)).transpose()?,
        text: niyam_rules::text::Text { en: text("text_en")?, hi: text("text_hi")? },
        id: id.clone(),
    })
}
