//! Writing what is done at set times, what the desk is told, and what waits a little longer.

use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::time::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Statement, Value};

use super::commit::{Failure, json};
use super::convert::signed;
use super::work::{CLAIM_MS, database_now};
use crate::error::StoreError;
use crate::store::{DeskNoticeRow, ScheduleRan};

/// Runs a statement; how many rows it changed.
async fn change(db: &DatabaseTransaction, sql: &str, values: Vec<Value>) -> Result<u64, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// A schedule with its cron text. One that is there keeps its next time unless the text has changed.
pub async fn define(db: &DatabaseTransaction, name: &str, cron: &str, next_due: Timestamp) -> Result<(), DbErr> {
    let sql = "INSERT INTO schedules (name, cron, next_due) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE \
               SET cron = excluded.cron, next_due = excluded.next_due WHERE schedules.cron <> excluded.cron";
    change(db, sql, vec![name.into(), cron.into(), next_due.as_ms().into()]).await.map(drop)
}

/// A schedule that is no longer configured.
pub async fn undefine(db: &DatabaseTransaction, name: &str) -> Result<(), DbErr> {
    change(db, "DELETE FROM schedules WHERE name = $1", vec![name.into()]).await.map(drop)
}

/// What came of a run, by whoever holds the claim.
pub async fn ran(db: &DatabaseTransaction, run: &ScheduleRan) -> Result<(), Failure> {
    let sql = "UPDATE schedules SET last_due = $1, last_run = $2, result = $3, next_due = $4, claim_owner = NULL, \
               claim_until = NULL WHERE name = $5 AND claim_owner = $6 AND next_due = $1";
    let values = vec![
        run.due.as_ms().into(),
        run.at.as_ms().into(),
        json(&run.result).into(),
        run.next_due.as_ms().into(),
        run.name.clone().into(),
        run.owner.clone().into(),
    ];
    if change(db, sql, values).await? == 0 { Err(Failure::Store(StoreError::Moved)) } else { Ok(()) }
}

/// Whoever works on a schedule still holds it, and holds it on.
pub async fn hold(db: &DatabaseTransaction, name: &str, owner: &str) -> Result<(), Failure> {
    let clock = database_now(db.get_database_backend());
    let sql = format!("UPDATE schedules SET claim_until = {clock} + {CLAIM_MS} WHERE name = $1 AND claim_owner = $2");
    let held = change(db, &sql, vec![name.into(), owner.into()]).await?;
    if held == 0 { Err(Failure::Store(StoreError::Moved)) } else { Ok(()) }
}

/// A notice to the desk; nothing when it is there already.
pub async fn desk_notice(db: &DatabaseTransaction, row: &DeskNoticeRow) -> Result<(), DbErr> {
    let sql = "INSERT INTO desk_notices (id, kind, at, role, unit, person, case_id, text_en, text_hi) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING";
    let values = vec![
        row.id.clone().into(),
        row.kind.clone().into(),
        row.at.as_ms().into(),
        row.role.clone().into(),
        row.unit.clone().into(),
        row.person.map(|person| person.to_string()).into(),
        row.case.map(|case| case.to_string()).into(),
        row.text.en.clone().into(),
        row.text.hi.clone().into(),
    ];
    change(db, sql, values).await.map(drop)
}

/// A timer that could not fire is looked at again later; its own time stands in the state of its case.
pub async fn timer_rests(db: &DatabaseTransaction, case: CaseId, timer: u64, until: Timestamp) -> Result<(), DbErr> {
    let sql = "UPDATE timers SET due = $1, attempts = attempts + 1, claim_owner = NULL, claim_until = NULL \
               WHERE case_id = $2 AND timer = $3";
    change(db, sql, vec![until.as_ms().into(), case.to_string().into(), signed(timer).into()]).await.map(drop)
}

/// An effect that was given up is tried again from the start.
pub async fn effect_again(db: &DatabaseTransaction, id: EffectId, at: Timestamp) -> Result<(), Failure> {
    let sql = "UPDATE outbox SET status = 'waiting', attempts = 0, since = $1, next_at = $1, done_at = NULL, \
               reason = NULL, claim_owner = NULL, claim_until = NULL \
               WHERE case_id = $2 AND event = $3 AND place = $4 AND status = 'failed'";
    let mut values: Vec<Value> = vec![at.as_ms().into()];
    values.extend(key(id));
    ended_if_none(id, change(db, sql, values).await?)
}

fn key(id: EffectId) -> [Value; 3] {
    [id.case.to_string().into(), signed(id.event).into(), i64::from(id.index).into()]
}

const fn ended_if_none(id: EffectId, changed: u64) -> Result<(), Failure> {
    match changed {
        0 => Err(Failure::Store(StoreError::Ended(id))),
        _ => Ok(()),
    }
}
