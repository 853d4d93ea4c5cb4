//! How fast the database takes rows when nothing else is done: what a runtime on it is measured against.
//!
//! Takes the very commits that a runtime wrote and writes the same rows, with the same bytes, into the same tables with
//! the same indexes and the same durability, as many commits in one transaction as is wanted. Rows of one table go in
//! with few prepared statements of many rows each; nothing is read, stepped, sealed or answered. A card, a snapshot and
//! its sealed parts are replaced as the runtime replaces them, and a clock that was disarmed is deleted: that is part of
//! the work.

use std::collections::BTreeMap;

use niyam_migrations::{Migrator, MigratorTrait as _};
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DbBackend, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait as _, Value,
};

use super::commit::json;
use super::convert::{case_model, signed, status_word};
use super::fault::fault;
use super::{Location, SeaStore, connect};
use crate::error::{OpenError, StoreError};
use crate::store::{Commit, EffectRow, Store as _, Write};

/// Rows in the largest statement. The others have a power of two, so that each table has few statements to prepare.
const ROWS: usize = 128;
/// Commits of the setting written in one transaction.
const SETTING: usize = 256;

/// A database that only takes rows.
#[derive(Debug)]
pub struct Ceiling {
    database: DatabaseConnection,
}

/// What is done to a row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Delete,
    Insert,
    Replace,
}

/// A table as the ceiling writes it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Table {
    /// Rows of a lower place are written first.
    place: u8,
    change: Change,
    name: &'static str,
    /// How many of the first columns are the key.
    key: usize,
    columns: &'static [&'static str],
}

const CASES: Table = Table {
    place: 0,
    change: Change::Replace,
    name: "cases",
    key: 1,
    columns: &[
        "id",
        "number",
        "protocol",
        "version",
        "life",
        "outcome",
        "drill",
        "opened_at",
        "last_event_at",
        "closed_at",
        "due",
        "overdue",
        "unowned",
        "level",
        "platform",
        "source",
        "unit",
        "stage",
        "alerts",
        "card",
    ],
};
const EVENTS: Table = Table {
    place: 1,
    change: Change::Insert,
    name: "events",
    key: 2,
    columns: &["case_id", "number", "at", "happened_at", "kind", "plain", "outcome", "prev_hash", "hash"],
};
const EVENT_SEALS: Table = Table {
    place: 2,
    change: Change::Insert,
    name: "event_seals",
    key: 3,
    columns: &["case_id", "number", "seal", "sealed"],
};
const SNAPSHOTS: Table = Table {
    place: 3,
    change: Change::Replace,
    name: "snapshots",
    key: 1,
    columns: &["case_id", "number", "plain", "hash"],
};
const SNAPSHOT_SEALS: Table = Table {
    place: 4,
    change: Change::Replace,
    name: "snapshot_seals",
    key: 2,
    columns: &["case_id", "seal", "number", "sealed"],
};
const TIMERS_GONE: Table =
    Table { place: 5, change: Change::Delete, name: "timers", key: 2, columns: &["case_id", "timer"] };
const TIMERS: Table =
    Table { place: 6, change: Change::Insert, name: "timers", key: 2, columns: &["case_id", "timer", "due"] };
const OUTBOX: Table = Table {
    place: 7,
    change: Change::Replace,
    name: "outbox",
    key: 3,
    columns: &["case_id", "event", "place", "kind", "payload", "status", "attempts", "next_at", "done_at", "reason"],
};
const NOTICES: Table = Table {
    place: 8,
    change: Change::Insert,
    name: "notices",
    key: 1,
    columns: &["id", "case_id", "event", "at", "role", "unit", "person", "message", "text_en", "text_hi"],
};
const REQUESTS: Table = Table {
    place: 9,
    change: Change::Insert,
    name: "requests",
    key: 1,
    columns: &["id", "fingerprint", "answer", "at"],
};
const KEYS: Table = Table {
    place: 10,
    change: Change::Insert,
    name: "case_keys",
    key: 3,
    columns: &["case_id", "seal", "generation", "wrapped"],
};

/// Rows of one transaction, by table, ready to be written.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    tables: BTreeMap<&'static Table, Vec<Vec<Value>>>,
}

/// The statements of one transaction.
#[derive(Debug)]
pub struct Prepared {
    statements: Vec<Statement>,
}

/// How much a batch writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Rows inserted, replaced or deleted.
    pub rows: u64,
    /// Bytes of texts and blobs in them, and eight for each number.
    pub bytes: u64,
}

/// Why the commits of a runtime cannot be written as plain rows.
#[derive(Debug, thiserror::Error)]
pub enum CeilingError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A write that no measured runtime makes.
    #[error("the ceiling cannot write {0}")]
    Unmeasured(&'static str),
}

impl Batch {
    /// Lays out the rows of commits that go into one transaction. Of two states of one row only the last is written.
    pub fn of(commits: &[Commit], effects: &mut BTreeMap<String, EffectRow>) -> Result<Self, CeilingError> {
        let mut batch = Self::default();
        for write in commits.iter().flat_map(|commit| &commit.writes) {
            batch.lay_out(write, effects)?;
        }
        for (table, rows) in &mut batch.tables {
            if table.change == Change::Replace {
                let mut last: BTreeMap<String, Vec<Value>> = BTreeMap::new();
                for row in rows.drain(..) {
                    last.insert(format!("{:?}", &row[..table.key]), row);
                }
                rows.extend(last.into_values());
            }
        }
        Ok(batch)
    }

    /// How much it writes.
    #[must_use]
    pub fn load(&self) -> Load {
        let mut load = Load::default();
        for value in self.tables.values().flatten() {
            load.rows += 1;
            load.bytes += value.iter().map(bytes_of).sum::<u64>();
        }
        load
    }

    fn add(&mut self, table: &'static Table, row: Vec<Value>) {
        debug_assert_eq!(table.columns.len(), row.len());
        self.tables.entry(table).or_default().push(row);
    }

    fn lay_out(&mut self, write: &Write, effects: &mut BTreeMap<String, EffectRow>) -> Result<(), CeilingError> {
        match write {
            Write::Event(row) => {
                let (case, number) = (row.case.to_string(), signed(row.number));
                for (seal, sealed) in &row.sealed {
                    let values = vec![case.clone().into(), number.into(), seal.clone().into(), sealed.clone().into()];
                    self.add(&EVENT_SEALS, values);
                }
                let happened_at = row.happened_at.map(niyam_kernel::time::Timestamp::as_ms);
                self.add(
                    &EVENTS,
                    vec![
                        case.into(),
                        number.into(),
                        row.at.as_ms().into(),
                        happened_at.into(),
                        row.kind.clone().into(),
                        row.plain.clone().into(),
                        row.outcome.clone().into(),
                        row.prev_hash.to_vec().into(),
                        row.hash.to_vec().into(),
                    ],
                );
            }
            Write::Snapshot(snapshot, card) => {
                let (case, number) = (snapshot.case.to_string(), signed(snapshot.number));
                for (seal, sealed) in &snapshot.sealed {
                    let values = vec![case.clone().into(), seal.clone().into(), number.into(), sealed.clone().into()];
                    self.add(&SNAPSHOT_SEALS, values);
                }
                let hash = snapshot.hash.to_vec();
                self.add(&SNAPSHOTS, vec![case.into(), number.into(), snapshot.plain.clone().into(), hash.into()]);
                self.add(&CASES, card_values(card));
            }
            Write::Key(row) => {
                let generation = i64::from(row.generation);
                let values = vec![
                    row.case.to_string().into(),
                    row.seal.clone().into(),
                    generation.into(),
                    row.wrapped.clone().into(),
                ];
                self.add(&KEYS, values);
            }
            Write::StartTimer(row) => {
                let values = vec![row.case.to_string().into(), signed(row.timer).into(), row.due.as_ms().into()];
                self.add(&TIMERS, values);
            }
            Write::CancelTimer(case, timer) => {
                self.add(&TIMERS_GONE, vec![case.to_string().into(), signed(*timer).into()]);
            }
            Write::Effect(row) => {
                effects.insert(row.id.to_string(), row.clone());
                self.add(&OUTBOX, effect_values(row, None));
            }
            Write::EffectEnded { id, status, at, reason } => {
                let known = effects.remove(&id.to_string()).ok_or(CeilingError::Unmeasured("an effect of earlier"))?;
                let row = EffectRow { status: *status, attempts: known.attempts + 1, reason: reason.clone(), ..known };
                self.add(&OUTBOX, effect_values(&row, Some(at.as_ms())));
            }
            Write::Notice(row) => self.add(
                &NOTICES,
                vec![
                    row.id.to_string().into(),
                    row.id.case.to_string().into(),
                    signed(row.id.event).into(),
                    row.at.as_ms().into(),
                    row.role.clone().into(),
                    row.unit.clone().into(),
                    row.person.map(|id| id.to_string()).into(),
                    row.message.clone().into(),
                    row.text.en.clone().into(),
                    row.text.hi.clone().into(),
                ],
            ),
            Write::Request(row) => {
                let fingerprint = row.fingerprint.to_vec();
                let values = vec![
                    row.id.to_string().into(),
                    fingerprint.into(),
                    row.answer.clone().into(),
                    row.at.as_ms().into(),
                ];
                self.add(&REQUESTS, values);
            }
            // it writes nothing
            Write::Expect(_) => {}
            Write::Meta(..) => return Err(CeilingError::Unmeasured("facts about the deployment")),
            Write::Alert(_)
            | Write::AlertRead(_)
            | Write::AlertRepeated(..)
            | Write::AlertFailed(..)
            | Write::EraseAlert(_)
            | Write::CaseAlert(_) => return Err(CeilingError::Unmeasured("alerts")),
            Write::Version(_) | Write::OpenCase { .. } | Write::Lookup(_) | Write::Link(_) => {
                return Err(CeilingError::Unmeasured("the opening of cases"));
            }
            Write::DestroyKeys { .. } => return Err(CeilingError::Unmeasured("the destruction of keys")),
            Write::EffectRetry { .. } => return Err(CeilingError::Unmeasured("effects that are tried again")),
            Write::Outgoing(_) => return Err(CeilingError::Unmeasured("messages to people outside")),
            Write::Access(_) => return Err(CeilingError::Unmeasured("readings")),
        }
        Ok(())
    }
}

fn bytes_of(value: &Value) -> u64 {
    match value {
        Value::String(Some(text)) => text.len() as u64,
        Value::Bytes(Some(bytes)) => bytes.len() as u64,
        Value::BigInt(Some(_)) => 8,
        Value::Bool(Some(_)) => 1,
        _ => 0,
    }
}

fn card_values(card: &crate::store::CaseRow) -> Vec<Value> {
    let card = case_model(card);
    vec![
        card.id.into(),
        card.number.into(),
        card.protocol.into(),
        card.version.into(),
        card.life.into(),
        card.outcome.into(),
        card.drill.into(),
        card.opened_at.into(),
        card.last_event_at.into(),
        card.closed_at.into(),
        card.due.into(),
        card.overdue.into(),
        card.unowned.into(),
        card.level.into(),
        card.platform.into(),
        card.source.into(),
        card.unit.into(),
        card.stage.into(),
        card.alerts.into(),
        card.card.into(),
    ]
}

fn effect_values(row: &EffectRow, done_at: Option<i64>) -> Vec<Value> {
    vec![
        row.id.case.to_string().into(),
        signed(row.id.event).into(),
        i64::from(row.id.index).into(),
        "effect".to_owned().into(),
        json(&row.effect).into(),
        status_word(row.status).to_owned().into(),
        i64::from(row.attempts).into(),
        row.next_at.as_ms().into(),
        done_at.into(),
        row.reason.clone().into(),
    ]
}

impl Ceiling {
    /// Opens an empty database and writes the setting: what was there before the measured part began.
    pub async fn open(location: &Location, setting: &[Commit]) -> Result<Self, CeilingError> {
        let store = SeaStore::open(location, None).await?;
        for group in setting.chunks(SETTING) {
            for answer in store.commit_group(group).await? {
                answer?;
            }
        }
        store.close().await?;
        let database = connect(location, 1, None).await?;
        Migrator::up(&database, None).await.map_err(|error| fault("upgrade the schema", error))?;
        Ok(Self { database })
    }

    /// Makes the statements of a batch, so that writing has nothing left to do but to write.
    pub fn prepare(&self, batch: Batch) -> Prepared {
        let backend = self.database.get_database_backend();
        let mut statements = Vec::new();
        for (table, rows) in batch.tables {
            let mut rows = rows.into_iter();
            while rows.len() > 0 {
                let size = if rows.len() >= ROWS { ROWS } else { 1 << rows.len().ilog2() };
                let values: Vec<Value> = rows.by_ref().take(size).flatten().collect();
                statements.push(Statement::from_sql_and_values(backend, sql(table, size, backend), values));
            }
        }
        Prepared { statements }
    }

    /// Writes a batch in one transaction, durable when it returns.
    pub async fn write(&self, batch: Prepared) -> Result<(), StoreError> {
        let doing = |error| fault("write rows", error);
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let transaction = self.database.begin_with_options(options).await.map_err(doing)?;
        for statement in batch.statements {
            transaction.execute_raw(statement).await.map_err(doing)?;
        }
        transaction.commit().await.map_err(doing)
    }

    /// Closes the database.
    pub async fn close(self) -> Result<(), StoreError> {
        self.database.close().await.map_err(|error| fault("close", error))
    }
}

/// The statement that changes so many rows of a table.
fn sql(table: &Table, rows: usize, backend: DbBackend) -> String {
    let width = table.columns.len();
    let tuple = |row: usize| {
        let places: Vec<String> = (0..width).map(|column| format!("${}", row * width + column + 1)).collect();
        format!("({})", places.join(","))
    };
    let tuples = (0..rows).map(tuple).collect::<Vec<_>>().join(",");
    let (name, columns) = (table.name, table.columns.join(","));
    match table.change {
        Change::Insert => format!("INSERT INTO {name} ({columns}) VALUES {tuples}"),
        Change::Delete if backend == DbBackend::Postgres => {
            format!("DELETE FROM {name} WHERE ({columns}) IN ({tuples})")
        }
        Change::Delete => format!("DELETE FROM {name} WHERE ({columns}) IN (VALUES {tuples})"),
        Change::Replace => {
            let key = table.columns[..table.key].join(",");
            let set: Vec<String> =
                table.columns[table.key..].iter().map(|column| format!("{column}=excluded.{column}")).collect();
            let set = set.join(",");
            format!("INSERT INTO {name} ({columns}) VALUES {tuples} ON CONFLICT ({key}) DO UPDATE SET {set}")
        }
    }
}
