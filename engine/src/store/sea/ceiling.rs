//! How fast the database takes rows when nothing else is done: what a runtime on it is measured against.
//!
//! Takes the very commits that a runtime wrote and writes the same rows, with the same bytes, into the same tables with
//! the same indexes and the same durability, as many commits in one transaction as is wanted. Rows of one table go in
//! with few prepared statements of many rows each; nothing is read, stepped, sealed or answered. A card, a snapshot and
//! its sealed parts are replaced as the runtime replaces them, and a clock that was disarmed is deleted: that is part of
//! the work.

use std::collections::BTreeMap;

use niyam_kernel::time::Timestamp;
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DbBackend, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait as _, Value,
};

use super::commit::json;
use super::convert::{life_word, signed, status_word, word};
use super::fault::fault;
use super::pack::pack;
use super::{DatabaseUrl, Location, SeaStore, connect};
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
    /// Inserted, or these columns of what is there replaced.
    Replace(&'static [&'static str]),
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

const CASE: &[&str] = &[
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
];
/// Cards of cases that did not turn: what an index over life and version holds is left alone, as the store leaves it.
const CARDS: Table = Table {
    place: 0,
    change: Change::Replace(&[
        "last_event_at",
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
    ]),
    name: "cases",
    key: 1,
    columns: CASE,
};
/// Cards of cases that opened or closed.
const CARDS_AND_LIVES: Table = Table {
    place: 1,
    change: Change::Replace(&[
        "last_event_at",
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
        "life",
        "outcome",
        "closed_at",
        "protocol",
        "version",
    ]),
    name: "cases",
    key: 1,
    columns: CASE,
};
const EVENTS: Table = Table {
    place: 2,
    change: Change::Insert,
    name: "events",
    key: 2,
    columns: &["case_id", "number", "at", "happened_at", "kind", "prev_hash", "hash", "plain", "outcome", "sealed"],
};
const SNAPSHOTS: Table = Table {
    place: 3,
    change: Change::Replace(&["number", "hash", "plain", "sealed"]),
    name: "snapshots",
    key: 1,
    columns: &["case_id", "number", "hash", "plain", "sealed"],
};
const TIMERS_GONE: Table =
    Table { place: 5, change: Change::Delete, name: "timers", key: 2, columns: &["case_id", "timer"] };
const TIMERS: Table =
    Table { place: 6, change: Change::Insert, name: "timers", key: 2, columns: &["case_id", "timer", "due"] };
const OUTBOX: Table = Table {
    place: 7,
    change: Change::Replace(&["status", "attempts", "next_at", "done_at", "reason"]),
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

const LOOKUPS: Table =
    Table { place: 11, change: Change::Insert, name: "lookups", key: 2, columns: &["hash", "case_id", "kind", "seal"] };

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
            if matches!(table.change, Change::Replace(_)) {
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

    #[expect(clippy::too_many_lines, reason = "one arm for each kind of write")]
    fn lay_out(&mut self, write: &Write, effects: &mut BTreeMap<String, EffectRow>) -> Result<(), CeilingError> {
        match write {
            Write::Event(row) => {
                let happened_at = row.happened_at.map(Timestamp::as_ms);
                self.add(
                    &EVENTS,
                    vec![
                        row.case.to_string().into(),
                        signed(row.number).into(),
                        row.at.as_ms().into(),
                        happened_at.into(),
                        row.kind.clone().into(),
                        row.prev_hash.to_vec().into(),
                        row.hash.to_vec().into(),
                        row.plain.clone().into(),
                        row.outcome.clone().into(),
                        pack(&row.sealed).into(),
                    ],
                );
            }
            Write::Snapshot(snapshot, card) => {
                self.add(
                    &SNAPSHOTS,
                    vec![
                        snapshot.case.to_string().into(),
                        signed(snapshot.number).into(),
                        snapshot.hash.to_vec().into(),
                        snapshot.plain.clone().into(),
                        pack(&snapshot.sealed).into(),
                    ],
                );
                self.add(if snapshot.turned { &CARDS_AND_LIVES } else { &CARDS }, card_values(card));
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
            Write::EffectEnded { id, status, at, reason, .. } => {
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
            Write::Lookup(row) => {
                let (hash, case) = (row.hash.to_vec(), row.case.to_string());
                self.add(&LOOKUPS, vec![hash.into(), case.into(), row.kind.clone().into(), row.seal.clone().into()]);
            }
            Write::Version(_) | Write::OpenCase { .. } | Write::Link(_) => {
                return Err(CeilingError::Unmeasured("the opening of cases"));
            }
            Write::DestroyKeys { .. } => return Err(CeilingError::Unmeasured("the destruction of keys")),
            Write::EffectRetry { .. } | Write::EffectWaits { .. } | Write::EffectAgain { .. } => {
                return Err(CeilingError::Unmeasured("effects that are tried again"));
            }
            Write::TimerRests { .. } => return Err(CeilingError::Unmeasured("clocks that fail")),
            Write::Schedule { .. } | Write::NoSchedule(_) | Write::ScheduleRan(_) | Write::ScheduleHeld { .. } => {
                return Err(CeilingError::Unmeasured("schedules"));
            }
            Write::DeskNotice(_) => return Err(CeilingError::Unmeasured("notices to the desk")),
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

fn card_values(row: &crate::store::CaseRow) -> Vec<Value> {
    vec![
        row.id.to_string().into(),
        row.number.clone().into(),
        row.protocol.clone().into(),
        row.version.to_string().into(),
        life_word(row.life).into(),
        row.outcome.clone().into(),
        row.drill.into(),
        row.opened_at.as_ms().into(),
        row.last_event_at.as_ms().into(),
        row.closed_at.map(Timestamp::as_ms).into(),
        row.due.map(Timestamp::as_ms).into(),
        row.overdue.into(),
        row.unowned.into(),
        row.level.clone().into(),
        row.platform.clone().into(),
        row.source.clone().into(),
        row.unit.clone().into(),
        word(&row.stage).into(),
        i64::from(row.alerts).into(),
        row.card.clone().into(),
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
    /// Opens an empty database and writes the setting: what was there before the measured part began. So many connections
    /// may write at once; SQLite has one.
    pub async fn open(location: &Location, connections: u32, setting: &[Commit]) -> Result<Self, CeilingError> {
        let store = SeaStore::open(location, None).await?;
        for group in setting.chunks(SETTING) {
            for answer in store.commit_group(group).await? {
                answer?;
            }
        }
        store.close().await?;
        Ok(Self { database: connect(location, connections, None).await? })
    }

    /// Takes rows into a database that is there already, for a bench that needs more of them than an engine could make.
    pub async fn beside(location: &Location) -> Result<Self, CeilingError> {
        Ok(Self { database: connect(location, 1, None).await? })
    }

    /// Makes the statements of a batch, so that writing has nothing left to do but to write.
    #[must_use]
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

/// Makes an empty database beside another on its PostgreSQL server, for a measurement. The name goes into SQL as it is: it is
/// the program's own.
pub async fn make_database(beside: &DatabaseUrl, name: &str) -> Result<DatabaseUrl, StoreError> {
    run(beside, format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).await?;
    Ok(beside.of_database(name))
}

/// Takes it away again.
pub async fn drop_database(beside: &DatabaseUrl, name: &str) -> Result<(), StoreError> {
    run(beside, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
}

async fn run(at: &DatabaseUrl, sql: String) -> Result<(), StoreError> {
    let doing = |error| fault("make a database to measure in", error);
    let database = connect(&Location::Postgres(vec![at.clone()]), 1, None).await?;
    database.execute_unprepared(&sql).await.map_err(doing)?;
    database.close().await.map_err(doing)
}

/// The statement that changes so many rows of a table.
fn sql(table: &Table, rows: usize, backend: DbBackend) -> String {
    let width = table.columns.len();
    let tuple = |row: usize| {
        let place = |column: usize| match backend {
            DbBackend::Postgres => format!("${}", row * width + column + 1),
            // numbered places would be looked for in a list of all of them
            _ => "?".to_owned(),
        };
        let places: Vec<String> = (0..width).map(place).collect();
        format!("({})", places.join(","))
    };
    let tuples = (0..rows).map(tuple).collect::<Vec<_>>().join(",");
    let (name, columns) = (table.name, table.columns.join(","));
    match table.change {
        Change::Insert => format!("INSERT INTO {name} ({columns}) VALUES {tuples}"),
        Change::Delete => format!("DELETE FROM {name} WHERE ({columns}) IN (VALUES {tuples})"),
        Change::Replace(columns_replaced) => {
            let key = table.columns[..table.key].join(",");
            let set: Vec<String> =
                columns_replaced.iter().map(|column| format!("{column}=excluded.{column}")).collect();
            let set = set.join(",");
            format!("INSERT INTO {name} ({columns}) VALUES {tuples} ON CONFLICT ({key}) DO UPDATE SET {set}")
        }
    }
}
