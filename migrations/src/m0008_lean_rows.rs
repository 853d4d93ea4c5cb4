//! What every event touches becomes as little as it can be: sealed parts stand in the row they belong to, tables that are
//! found by their key alone are kept in its order, no row of the hot path looks for its case, and indexes leave out what is
//! done with.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Tables that every event touches. SQLite makes a table anew to change it.
const SQLITE: &[&str] = &[
    "CREATE TABLE events_lean (case_id text NOT NULL, number bigint NOT NULL, at bigint NOT NULL, happened_at bigint, \
     kind text NOT NULL, prev_hash blob NOT NULL, hash blob NOT NULL, plain text NOT NULL, outcome text NOT NULL, \
     sealed blob, PRIMARY KEY (case_id, number))",
    "INSERT INTO events_lean SELECT case_id, number, at, happened_at, kind, prev_hash, hash, plain, outcome, NULL \
     FROM events ORDER BY rowid",
    "DROP TABLE events",
    "ALTER TABLE events_lean RENAME TO events",
    "CREATE TABLE snapshots_lean (case_id text NOT NULL PRIMARY KEY, number bigint NOT NULL, hash blob NOT NULL, \
     plain text NOT NULL, sealed blob)",
    "INSERT INTO snapshots_lean SELECT case_id, number, hash, plain, NULL FROM snapshots ORDER BY rowid",
    "DROP TABLE snapshots",
    "ALTER TABLE snapshots_lean RENAME TO snapshots",
    "CREATE TABLE timers_lean (case_id text NOT NULL, timer bigint NOT NULL, due bigint NOT NULL, claim_owner text, \
     claim_until bigint, PRIMARY KEY (case_id, timer)) WITHOUT ROWID",
    "INSERT INTO timers_lean SELECT case_id, timer, due, claim_owner, claim_until FROM timers",
    "DROP TABLE timers",
    "ALTER TABLE timers_lean RENAME TO timers",
    "CREATE INDEX timers_due ON timers (due)",
    "CREATE TABLE outbox_lean (case_id text NOT NULL, event bigint NOT NULL, place bigint NOT NULL, kind text NOT NULL, \
     payload text NOT NULL, status text NOT NULL, attempts bigint NOT NULL, next_at bigint NOT NULL, claim_owner text, \
     claim_until bigint, done_at bigint, reason text, PRIMARY KEY (case_id, event, place)) WITHOUT ROWID",
    "INSERT INTO outbox_lean SELECT case_id, event, place, kind, payload, status, attempts, next_at, claim_owner, \
     claim_until, done_at, reason FROM outbox",
    "DROP TABLE outbox",
    "ALTER TABLE outbox_lean RENAME TO outbox",
    "CREATE TABLE requests_lean (id text NOT NULL PRIMARY KEY, fingerprint blob NOT NULL, answer text NOT NULL, \
     at bigint NOT NULL) WITHOUT ROWID",
    "INSERT INTO requests_lean SELECT id, fingerprint, answer, at FROM requests",
    "DROP TABLE requests",
    "ALTER TABLE requests_lean RENAME TO requests",
];

/// The same on PostgreSQL, which changes tables in place. Pages keep room, so that a row that changes stays on its page.
const POSTGRES: &[&str] = &[
    "ALTER TABLE events DROP CONSTRAINT IF EXISTS events_case_id_fkey",
    "ALTER TABLE events ADD COLUMN sealed bytea",
    "ALTER TABLE snapshots DROP CONSTRAINT IF EXISTS snapshots_case_id_fkey",
    "ALTER TABLE snapshots ADD COLUMN sealed bytea",
    "ALTER TABLE snapshots SET (fillfactor = 60)",
    "ALTER TABLE cases SET (fillfactor = 60)",
    "ALTER TABLE timers DROP CONSTRAINT IF EXISTS timers_case_id_fkey",
    "ALTER TABLE outbox DROP CONSTRAINT IF EXISTS outbox_case_id_fkey",
    "DROP INDEX outbox_next",
];

/// Indexes over what is still to be done, and over what the board asks for; the same on both.
const INDEXES: &[&str] = &[
    "CREATE INDEX outbox_next ON outbox (next_at) WHERE status = 'waiting'",
    "DROP INDEX cases_life",
    "DROP INDEX cases_protocol",
    "CREATE INDEX cases_open ON cases (protocol, version) WHERE life <> 'closed'",
    "CREATE INDEX cases_closed ON cases (closed_at) WHERE life = 'closed'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let backend = manager.get_database_backend();
        let tables = if backend == DbBackend::Postgres { POSTGRES } else { SQLITE };
        for sql in tables.iter().chain(INDEXES) {
            db.execute_raw(Statement::from_string(backend, *sql)).await?;
        }
        move_events(db, backend).await?;
        move_snapshots(db, backend).await?;
        for table in ["event_seals", "snapshot_seals"] {
            db.execute_raw(Statement::from_string(backend, format!("DROP TABLE {table}"))).await?;
        }
        Ok(())
    }
}

/// Puts the sealed parts of events into their rows, case by case.
async fn move_events(db: &impl ConnectionTrait, backend: DbBackend) -> Result<(), DbErr> {
    let mut after = String::new();
    loop {
        let sql = "SELECT case_id, number, seal, sealed FROM event_seals WHERE case_id = \
                   (SELECT min(case_id) FROM event_seals WHERE case_id > $1) ORDER BY number, seal";
        let rows = db.query_all_raw(Statement::from_sql_and_values(backend, sql, [after.as_str().into()])).await?;
        let Some(first) = rows.first() else { return Ok(()) };
        after = first.try_get("", "case_id")?;
        let mut packed: Vec<(i64, Vec<u8>)> = Vec::new();
        for row in &rows {
            let number: i64 = row.try_get("", "number")?;
            if packed.last().is_none_or(|(last, _)| *last != number) {
                packed.push((number, Vec::new()));
            }
            let (_, parts) = packed.last_mut().expect("one was pushed just now");
            push(parts, &row.try_get::<String>("", "seal")?, &row.try_get::<Vec<u8>>("", "sealed")?);
        }
        for (number, parts) in packed {
            let sql = "UPDATE events SET sealed = $1 WHERE case_id = $2 AND number = $3";
            let values: [Value; 3] = [parts.into(), after.as_str().into(), number.into()];
            db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        }
    }
}

/// Puts the sealed parts of snapshots into their rows. Parts of an earlier number were left behind and count for nothing.
async fn move_snapshots(db: &impl ConnectionTrait, backend: DbBackend) -> Result<(), DbErr> {
    let mut after = String::new();
    loop {
        let sql = "SELECT s.case_id, s.seal, s.sealed FROM snapshot_seals s \
                   JOIN snapshots n ON n.case_id = s.case_id AND n.number = s.number WHERE s.case_id = \
                   (SELECT min(case_id) FROM snapshot_seals WHERE case_id > $1) ORDER BY s.seal";
        let rows = db.query_all_raw(Statement::from_sql_and_values(backend, sql, [after.as_str().into()])).await?;
        let mut parts = Vec::new();
        for row in &rows {
            push(&mut parts, &row.try_get::<String>("", "seal")?, &row.try_get::<Vec<u8>>("", "sealed")?);
        }
        let sql = "SELECT min(case_id) AS case_id FROM snapshot_seals WHERE case_id > $1";
        let next = db.query_one_raw(Statement::from_sql_and_values(backend, sql, [after.as_str().into()])).await?;
        let next: Option<String> = next.map(|row| row.try_get("", "case_id")).transpose()?.flatten();
        let Some(case) = next else { return Ok(()) };
        if !parts.is_empty() {
            let sql = "UPDATE snapshots SET sealed = $1 WHERE case_id = $2";
            let values: [Value; 2] = [parts.into(), case.as_str().into()];
            db.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        }
        after = case;
    }
}

/// A part: length of the group's name (2 bytes, big-endian), the name, length of the envelope (4 bytes, big-endian), the
/// envelope.
fn push(parts: &mut Vec<u8>, seal: &str, sealed: &[u8]) {
    parts.extend_from_slice(
        &<u16 as TryFrom<usize>>::try_from(seal.len()).expect("a seal group has a short name").to_be_bytes(),
    );
    parts.extend_from_slice(seal.as_bytes());
    parts.extend_from_slice(
        &<u32 as TryFrom<usize>>::try_from(sealed.len()).expect("a sealed part is under 4 GiB").to_be_bytes(),
    );
    parts.extend_from_slice(sealed);
}
