//! What a commit takes for granted, checked inside its transaction.
//!
//! SQLite has one writer, so nothing can change between check and commit. PostgreSQL has many: [`lock`] lets those who
//! expect something of the same hash or bytes through one after the other. It needs READ COMMITTED, where each statement
//! sees what was committed before it began, hence before the lock was given.

use std::collections::{BTreeMap, BTreeSet};

use niyam_kernel::id::{AlertId, CaseId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

use super::commit::Failure;
use super::convert::{At, life_word};
use crate::error::StoreError;
use crate::store::{Commit, Expected, Write};
use crate::view::LifeView;

/// Hashes looked up by one statement.
const HASHES: usize = 1_000;

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
    let start = |hash: &[u8; 32]| i64::from_be_bytes(*hash.first_chunk().expect("a hash has 32 bytes"));
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

/// What the commits of a group take for granted, as it stands in the database and as the group's own writes change it. Looked
/// up once for the whole group, so that an expectation costs no statement and keeps no write from waiting for others.
#[derive(Default)]
pub struct Seen {
    /// Cases by hash, each with the seal group that the lookup goes with.
    found: BTreeMap<[u8; 32], BTreeMap<CaseId, Option<String>>>,
    closed: BTreeSet<CaseId>,
    /// Alerts by bytes, channel, and whether they are an exercise.
    alerts: BTreeMap<([u8; 32], String, bool), BTreeSet<AlertId>>,
}

impl Seen {
    /// Looks up what the commits expect something of. To be called behind [`lock`].
    pub async fn look(db: &impl ConnectionTrait, commits: &[Commit]) -> Result<Self, Failure> {
        let mut seen = Self::default();
        for write in commits.iter().flat_map(|commit| &commit.writes) {
            let Write::Expect(expected) = write else { continue };
            match expected {
                Expected::Found { hashes, .. } => {
                    seen.found.extend(hashes.iter().map(|hash| (*hash, BTreeMap::new())));
                }
                Expected::SameBytes { sha256, channel, drill, .. } => {
                    seen.alerts.insert((*sha256, channel.clone(), *drill), BTreeSet::new());
                }
            }
        }
        let hashes: Vec<[u8; 32]> = seen.found.keys().copied().collect();
        let bytes: BTreeSet<[u8; 32]> = seen.alerts.keys().map(|(sha256, ..)| *sha256).collect();
        let bytes: Vec<[u8; 32]> = bytes.into_iter().collect();
        for hashes in hashes.chunks(HASHES) {
            seen.look_for_cases(db, hashes).await?;
        }
        for bytes in bytes.chunks(HASHES) {
            seen.look_for_alerts(db, bytes).await?;
        }
        Ok(seen)
    }

    async fn look_for_cases(&mut self, db: &impl ConnectionTrait, hashes: &[[u8; 32]]) -> Result<(), Failure> {
        let sql = "SELECT lookups.hash, lookups.case_id, lookups.seal, cases.life FROM lookups \
                   JOIN cases ON cases.id = lookups.case_id WHERE lookups.hash IN";
        for row in rows(db, sql, hashes).await? {
            let at = At { table: "lookups", row: "hash" };
            let hash = at.hash("hash", &row.try_get::<Vec<u8>>("", "hash")?)?;
            let case = at.parse("case_id", &row.try_get::<String>("", "case_id")?)?;
            if row.try_get::<String>("", "life")? == life_word(LifeView::Closed) {
                self.closed.insert(case);
            }
            self.found.entry(hash).or_default().insert(case, row.try_get("", "seal")?);
        }
        Ok(())
    }

    async fn look_for_alerts(&mut self, db: &impl ConnectionTrait, bytes: &[[u8; 32]]) -> Result<(), Failure> {
        let sql = "SELECT id, sha256, channel, drill FROM alerts WHERE sha256 IN";
        for row in rows(db, sql, bytes).await? {
            let at = At { table: "alerts", row: "sha256" };
            let sha256 = at.hash("sha256", &row.try_get::<Vec<u8>>("", "sha256")?)?;
            let of = (sha256, row.try_get("", "channel")?, row.try_get("", "drill")?);
            if let Some(alerts) = self.alerts.get_mut(&of) {
                alerts.insert(at.parse("id", &row.try_get::<String>("", "id")?)?);
            }
        }
        Ok(())
    }

    /// Refuses with [`StoreError::Moved`] unless it holds.
    pub fn check(&self, expected: &Expected) -> Result<(), Failure> {
        let holds = match expected {
            Expected::Found { hashes, cases } => {
                let found = hashes.iter().filter_map(|hash| self.found.get(hash)).flat_map(BTreeMap::keys);
                found.filter(|case| !self.closed.contains(case)).copied().collect::<BTreeSet<_>>() == *cases
            }
            Expected::SameBytes { sha256, channel, drill, alerts } => {
                self.alerts.get(&(*sha256, channel.clone(), *drill)).is_some_and(|there| there == alerts)
            }
        };
        if holds { Ok(()) } else { Err(Failure::Store(StoreError::Moved)) }
    }

    /// Takes notice of a write of the group. Every write that changes what cases or alerts are found by must come by here.
    pub fn note(&mut self, write: &Write) {
        match write {
            Write::Lookup(row) => {
                if let Some(cases) = self.found.get_mut(&row.hash) {
                    // one that is there already stays
                    cases.entry(row.case).or_insert_with(|| row.seal.clone());
                }
            }
            Write::OpenCase { row, .. } | Write::Snapshot(_, row) => match row.life {
                LifeView::Closed => {
                    self.closed.insert(row.id);
                }
                LifeView::Open | LifeView::Halted => {
                    self.closed.remove(&row.id);
                }
            },
            Write::DestroyKeys { case, seal, .. } => {
                for cases in self.found.values_mut() {
                    cases.retain(|found, goes_with| found != case || goes_with.as_ref() != Some(seal));
                }
            }
            Write::Alert(new) => {
                let of = (new.row.sha256, new.row.channel.clone(), new.row.drill);
                if let Some(alerts) = self.alerts.get_mut(&of) {
                    alerts.insert(new.row.id);
                }
            }
            Write::Meta(..)
            | Write::Expect(_)
            | Write::AlertRead(_)
            | Write::AlertRepeated(..)
            | Write::AlertFailed(..)
            | Write::EraseAlert(_)
            | Write::Version(_)
            | Write::Event(_)
            | Write::Key(_)
            | Write::CaseAlert(_)
            | Write::Link(_)
            | Write::StartTimer(_)
            | Write::CancelTimer(..)
            | Write::Effect(_)
            | Write::EffectEnded { .. }
            | Write::TimerRests { .. }
            | Write::EffectRetry { .. }
            | Write::EffectWaits { .. }
            | Write::EffectAgain { .. }
            | Write::Schedule { .. }
            | Write::NoSchedule(_)
            | Write::ScheduleRan(_)
            | Write::ScheduleHeld { .. }
            | Write::DeskNotice(_)
            | Write::Notice(_)
            | Write::Outgoing(_)
            | Write::Request(_)
            | Write::Access(_) => {}
        }
    }
}

/// Rows whose hash is one of these.
async fn rows(db: &impl ConnectionTrait, sql: &str, hashes: &[[u8; 32]]) -> Result<Vec<QueryResult>, Failure> {
    let places: Vec<String> = (1..=hashes.len()).map(|place| format!("${place}")).collect();
    let sql = format!("{sql} ({})", places.join(","));
    let values = hashes.iter().map(|hash| hash.to_vec().into());
    Ok(db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?)
}
