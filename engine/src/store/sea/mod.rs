//! The store on sea-orm: one file of SQLite, or PostgreSQL for any number of nodes.
//!
//! On both a commit that returned survives a power cut: SQLite in WAL mode with `synchronous=FULL` and one writer,
//! PostgreSQL with `synchronous_commit=on`. Rows become domain values here and nowhere else.
//!
//! Where a new thing goes: what only one of the databases has goes to `sqlite` or `postgres`; everything else is
//! written once, in SQL that both understand.

mod alert;
mod audit;
mod batch;
mod case;
pub mod ceiling;
mod commit;
mod convert;
mod entity;
mod expect;
mod fault;
mod health;
mod pack;
mod portable;
mod postgres;
mod rows;
mod schedule;
mod sqlite;
mod work;
mod write_alert;
mod write_case;
mod write_schedule;

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, TransactionTrait as _};
use tokio::sync::MutexGuard;

use crate::error::{OpenError, StoreError};
use crate::store::{Bus, Watcher};
use fault::fault;
pub(crate) use portable::{Cell, Filler, Kind, Loading, NotLoading, Shape, Sink, dump};
use postgres::{Cluster, bus::PostgresBus};
pub use postgres::{DatabaseUrl, DatabaseUrlError};
pub(crate) use rows::without_zero;
use sqlite::Sqlite;

/// How long PostgreSQL may take over one thing before its connection counts as lost.
const LONGEST_ANSWER: Duration = Duration::from_secs(30);

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// In this file.
    File(PathBuf),
    /// In memory, gone with the store.
    Memory,
    /// On a PostgreSQL server. With several addresses (a server and its standbys) the one that takes writes is used, and
    /// looked for again when it is lost.
    Postgres(Vec<DatabaseUrl>),
}

/// A store on SQLite or PostgreSQL.
#[derive(Debug)]
pub struct SeaStore {
    database: Database,
    watcher: OnceLock<Watcher>,
}

#[derive(Debug)]
enum Database {
    Sqlite(Sqlite),
    Postgres(Arc<Cluster>, Arc<PostgresBus>),
}

/// A connection that writes.
#[derive(Debug)]
struct Writer {
    connection: DatabaseConnection,
    /// A transaction was begun and it is not known that it ended.
    in_doubt: bool,
}

/// The right to write: on SQLite for one at a time, on PostgreSQL for all at once.
enum Turn<'a> {
    Alone(MutexGuard<'a, Writer>),
    Beside(Writer, &'a Cluster),
}

impl Deref for Turn<'_> {
    type Target = Writer;

    fn deref(&self) -> &Writer {
        match self {
            Self::Alone(writer) => writer,
            Self::Beside(writer, _) => writer,
        }
    }
}

impl DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut Writer {
        match self {
            Self::Alone(writer) => writer,
            Self::Beside(writer, _) => writer,
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Self::Beside(Writer { in_doubt: true, .. }, cluster) = self {
            cluster.doubt();
        }
    }
}

impl SeaStore {
    /// Opens a database and brings its schema up to date. `max_pages` limits the size of a SQLite file (pages of 4096
    /// bytes).
    ///
    /// Errors: [`OpenError::Newer`] when it has a schema step that this program does not know; it is left as it was.
    /// [`OpenError::NoDatabase`] when no PostgreSQL server lets us in.
    pub async fn open(location: &Location, max_pages: Option<u32>) -> Result<Self, OpenError> {
        let database = match location {
            Location::File(path) => Database::Sqlite(Sqlite::open(Some(path), max_pages).await?),
            Location::Memory => Database::Sqlite(Sqlite::open(None, max_pages).await?),
            Location::Postgres(urls) => {
                let cluster = Arc::new(Cluster::open(urls).await?);
                let bus = Arc::new(PostgresBus::new(&cluster).await?);
                Database::Postgres(cluster, bus)
            }
        };
        Ok(Self { database, watcher: OnceLock::new() })
    }

    /// Opens a database that somebody else may be working on, and leaves its schema as it is.
    ///
    /// Errors: [`OpenError::Newer`], [`OpenError::Older`] when its schema is not the one this program works with.
    pub async fn open_beside(location: &Location) -> Result<Self, OpenError> {
        let connection = connect(location, 1, None).await?;
        let applied = match location {
            Location::Postgres(_) => postgres::schema::applied_steps(&connection).await,
            Location::File(_) | Location::Memory => sqlite::applied_steps(&connection).await,
        };
        connection.close().await.map_err(|error| fault("close", error))?;
        let applied = applied?;
        postgres::schema::refuse_unknown(&applied)?;
        match niyam_migrations::known().into_iter().find(|step| !applied.contains(step)) {
            Some(migration) => Err(OpenError::Older { migration }),
            // nothing is left to upgrade
            None => Self::open(location, None).await,
        }
    }

    /// Which SQL the database speaks.
    fn backend(&self) -> DbBackend {
        match &self.database {
            Database::Sqlite(_) => DbBackend::Sqlite,
            Database::Postgres(..) => DbBackend::Postgres,
        }
    }

    /// Connections that only read.
    async fn read(&self) -> Result<DatabaseConnection, StoreError> {
        match &self.database {
            Database::Sqlite(sqlite) => Ok(sqlite.read.clone()),
            Database::Postgres(cluster, _) => Ok(cluster.pools().await?.read.clone()),
        }
    }

    /// A writer, in a state in which a transaction can begin.
    async fn writer(&self) -> Result<Turn<'_>, StoreError> {
        match &self.database {
            Database::Sqlite(sqlite) => Ok(Turn::Alone(sqlite.writer().await?)),
            Database::Postgres(cluster, _) => {
                let connection = cluster.pools().await?.write.clone();
                Ok(Turn::Beside(Writer { connection, in_doubt: false }, cluster))
            }
        }
    }

    /// A transaction that sees one moment of the database and writes nothing: SQLite gives that to all that only read,
    /// PostgreSQL to the connections that [`Cluster`] made for reading.
    async fn snapshot(&self, doing: &'static str) -> Result<DatabaseTransaction, StoreError> {
        let read = self.read().await?;
        self.ask(doing, read.begin()).await
    }

    /// What the database answers; errors become those of the store.
    async fn ask<T>(
        &self,
        doing: &'static str,
        answer: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, StoreError> {
        self.within(doing, async { answer.await.map_err(|error| fault(doing, error)) }).await
    }

    /// Waits for something the database does, on PostgreSQL not longer than [`LONGEST_ANSWER`]: a server that was halted
    /// answers nothing and closes nothing. When it cannot be reached, it is looked for before the next use.
    async fn within<T>(
        &self,
        doing: &'static str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let result = match self.in_time(work).await {
            Some(result) => result,
            None => Err(StoreError::Unavailable { reason: format!("no answer when it was to {doing}") }),
        };
        if let (Err(StoreError::Unavailable { .. }), Database::Postgres(cluster, _)) = (&result, &self.database) {
            cluster.doubt();
        }
        result
    }

    /// `None` when PostgreSQL took longer than [`LONGEST_ANSWER`].
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match &self.database {
            Database::Sqlite(_) => Some(work.await),
            Database::Postgres(..) => tokio::time::timeout(LONGEST_ANSWER, work).await.ok(),
        }
    }

    /// The line to other nodes.
    fn line(&self) -> Option<Arc<dyn Bus>> {
        match &self.database {
            Database::Sqlite(_) => None,
            Database::Postgres(_, bus) => Some(Arc::<PostgresBus>::clone(bus)),
        }
    }

    /// How many groups of commits can be written at once.
    fn lanes(&self) -> usize {
        match &self.database {
            Database::Sqlite(_) => 1,
            Database::Postgres(..) => postgres::LANES,
        }
    }

    /// Closes all connections. What was committed is on disk already.
    pub async fn close(self) -> Result<(), StoreError> {
        match self.database {
            Database::Sqlite(sqlite) => sqlite.close().await,
            Database::Postgres(cluster, _) => cluster.close().await,
        }
    }

    /// The schema in the database's own words, for the test that compares a fresh one with an upgraded one.
    pub async fn schema(&self) -> Result<Vec<String>, StoreError> {
        match &self.database {
            Database::Sqlite(sqlite) => sqlite.schema().await,
            Database::Postgres(cluster, _) => postgres::schema::describe(&cluster.pools().await?.read).await,
        }
    }
}

/// Connections that write as the store does, for measuring beside it.
async fn connect(
    location: &Location,
    connections: u32,
    max_pages: Option<u32>,
) -> Result<DatabaseConnection, StoreError> {
    match location {
        Location::File(path) => sqlite::connect(Some(path), connections, max_pages).await,
        Location::Memory => sqlite::connect(None, connections, max_pages).await,
        Location::Postgres(urls) => postgres::connect(urls, connections).await,
    }
}
