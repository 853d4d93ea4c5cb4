//! What a commit takes for granted, checked inside its transaction.
//!
//! SQLite has one writer, so nothing can change between check and commit. PostgreSQL has many: [`lock`] lets those who
//! expect something of the same hash or bytes through one after the other. It needs READ COMMITTED, where each statement
//! sees what was committed before it began, hence before the lock was given.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::commit::Failure;
use crate::error::StoreError;
use crate::store::{Commit, Expected, Write};

/// Keeps other transactions that expect something of the same hashes or bytes away until this one has ended. To be called
/// once, before the first write, with everything the transaction will write: taken in one order, the locks of two
/// transactions cannot wait for each other.
pub async fn lock(db: &impl ConnectionTrait, commits: &[Commit]) -> Result<(), Failure> {
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let keys = keys(commits);
    if keys.is_empty() {
        return Ok(());
    }
    let keys: Vec<String> = keys.into_iter().map(|key| format!("({key}::bigint)")).collect();
    let sql = format!("SELECT pg_advisory_xact_lock(key) FROM (VALUES {}) AS expected (key)", keys.join(","));
    db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    Ok(())
}

/// What is locked, in order. Two hashes that begin alike share a lock, which costs a wait and harms nothing.
fn keys(commits: &[Commit]) -> BTreeSet<i64> {
    let start = |hash: &[u8; 32]| {
        let [a, b, c, d, e, f, g, h, ..] = *hash;
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    };
    let mut keys = BTreeSet::new();
    for write in commits.iter().flat_map(|commit| &commit.writes) {
        let Write::Expect(expected) = write else { continue };
        match expected {
            Expected::Found { hashes, .. } => keys.extend(hashes.iter().map(start)),
            Expected::SameBytes { sha256, .. } => keys.extend([start(sha256)]),
        }
    }
    keys
}

/// Refuses with [`StoreError::Moved`] unless it holds.
pub async fn check(db: &impl ConnectionTrait, expected: &Expected) -> Result<(), Failure> {
    let holds = match expected {
        Expected::Found { hashes, cases } => {
            let cases: BTreeSet<String> = cases.iter().map(ToString::to_string).collect();
            found(db, hashes).await? == cases
        }
        Expected::SameBytes { sha256, channel, drill, alerts } => {
            let sql = "SELECT id FROM alerts WHERE sha256 = $1 AND channel = $2 AND drill = $3";
            let values = [sha256.to_vec().into(), channel.as_str().into(), (*drill).into()];
            let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
            let alerts: BTreeSet<String> = alerts.iter().map(ToString::to_string).collect();
            ids(db, statement).await? == alerts
        }
    };
    if holds { Ok(()) } else { Err(Failure::Store(StoreError::Moved)) }
}

/// Cases that are not closed and that any of these hashes leads to.
async fn found(db: &impl ConnectionTrait, hashes: &[[u8; 32]]) -> Result<BTreeSet<String>, Failure> {
    if hashes.is_empty() {
        return Ok(BTreeSet::new());
    }
    let places: Vec<String> = (1..=hashes.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT lookups.case_id AS id FROM lookups JOIN cases ON cases.id = lookups.case_id \
         WHERE lookups.hash IN ({}) AND cases.life <> 'closed'",
        places.join(",")
    );
    let values = hashes.iter().map(|hash| hash.to_vec().into());
    ids(db, Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await
}

async fn ids(db: &impl ConnectionTrait, statement: Statement) -> Result<BTreeSet<String>, Failure> {
    let rows = db.query_all_raw(statement).await?;
    Ok(rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?)
}
