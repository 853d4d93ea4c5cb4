//! One file of SQLite, or one in memory.

use std::path::{Path, PathBuf};
use std::time::Duration;

use niyam_migrations::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectOptions, ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::sync::{Mutex, MutexGuard};

use super::Writer;
use super::fault::fault;
use crate::error::{OpenError, StoreError};

/// How long a writer waits while another process holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the emptying of the write-ahead log waits for readers. It is tried again, so it need not hold anybody up.
const SCRUB_TIMEOUT: Duration = Duration::from_millis(50);
/// Pages that a connection keeps in memory: what a large group changes fits, so that no page goes to the disk twice.
const CACHE_KIB: u32 = 16 * 1024;
/// Length of the write-ahead log (pages of 4096 bytes) from which it is copied into the file. The longer it is, the fewer
/// pages that changed often are copied.
const CHECKPOINT_PAGES: u32 = 8_192;
/// Statements that a connection keeps prepared: a few sizes for each table.
const STATEMENTS: usize = 512;
/// Connections that only read.
const READERS: u32 = 4;

/// A database of SQLite.
#[derive(Debug)]
pub struct Sqlite {
    /// `None` = in memory.
    file: Option<PathBuf>,
    max_pages: Option<u32>,
    /// One transaction at a time: SQLite has one writer, and waiting here is fairer than waiting in its busy loop.
    write: Mutex<Writer>,
    pub(super) read: DatabaseConnection,
}

impl Sqlite {
    pub(super) async fn open(file: Option<&Path>, max_pages: Option<u32>) -> Result<Self, OpenError> {
        if let Some(path) = file
            && path.exists()
        {
            refuse_newer(path).await?;
        }
        let write = connect(file, 1, max_pages).await?;
        Migrator::up(&write, None).await.map_err(|error| fault("upgrade the schema", error))?;
        let read = match file {
            Some(_) => connect(file, READERS, None).await?,
            None => write.clone(),
        };
        let write = Mutex::new(Writer { connection: write, in_doubt: false });
        Ok(Self { file: file.map(Path::to_owned), max_pages, write, read })
    }

    /// The writer, in a state in which a transaction can begin.
    ///
    /// On a full disk SQLite may end a transaction by itself. The driver does not notice, counts one level too many from
    /// then on, and writes further transactions into a savepoint that nobody ever commits. So a writer whose last
    /// transaction did not end as it should is replaced: a new connection counts from zero, and closing the old one ends
    /// whatever was open on it. A store in memory has no other way to its data than its one connection, and no disk that
    /// could be full.
    pub(super) async fn writer(&self) -> Result<MutexGuard<'_, Writer>, StoreError> {
        let mut writer = self.write.lock().await;
        if writer.in_doubt && self.file.is_some() {
            let fresh = connect(self.file.as_deref(), 1, self.max_pages).await?;
            let old = std::mem::replace(&mut *writer, Writer { connection: fresh, in_doubt: false });
            old.connection.close().await.map_err(|error| fault("close a writer in doubt", error))?;
        }
        Ok(writer)
    }

    pub(super) async fn close(self) -> Result<(), StoreError> {
        self.read.close().await.map_err(|error| fault("close", error))?;
        self.write.into_inner().connection.close().await.map_err(|error| fault("close", error))
    }

    /// Empties the write-ahead log into the file. `false` while somebody still reads from it.
    pub(super) async fn scrub(&self) -> Result<bool, StoreError> {
        let Some(path) = self.file.clone() else { return Ok(true) };
        let doing = |error| fault("empty the write-ahead log", error);
        let mut options = ConnectOptions::new("sqlite://niyam");
        options.sqlx_logging(false).max_connections(1);
        options.map_sqlx_sqlite_opts(move |sqlite| {
            sqlite.filename(&path).create_if_missing(false).busy_timeout(SCRUB_TIMEOUT).pragma("secure_delete", "ON")
        });
        // a connection of its own: the writer must not wait for readers
        let database = sea_orm::Database::connect(options).await.map_err(doing)?;
        let pragma = "PRAGMA wal_checkpoint(TRUNCATE)";
        let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), pragma)).await;
        database.close().await.map_err(doing)?;
        let busy = row.and_then(|row| row.map_or(Ok(0), |row| row.try_get::<i32>("", "busy")));
        match busy.map_err(doing) {
            Ok(busy) => Ok(busy == 0),
            Err(StoreError::Busy) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn schema(&self) -> Result<Vec<String>, StoreError> {
        let sql =
            "SELECT coalesce(sql, name) AS sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name";
        let statement = Statement::from_string(self.read.get_database_backend(), sql);
        let rows = self.read.query_all_raw(statement).await.map_err(|error| fault("read the schema", error))?;
        rows.iter().map(|row| row.try_get("", "sql").map_err(|error| fault("read the schema", error))).collect()
    }
}

/// Connections to a file, or to a new database in memory.
pub(super) async fn connect(
    file: Option<&Path>,
    connections: u32,
    max_pages: Option<u32>,
) -> Result<DatabaseConnection, StoreError> {
    let mut options = match file {
        Some(_) => ConnectOptions::new("sqlite://niyam"),
        None => ConnectOptions::new("sqlite::memory:"),
    };
    options.sqlx_logging(false).max_connections(connections).min_connections(1);
    let file = file.map(Path::to_owned);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
        let sqlite = sqlite
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            // destroyed keys must not linger in free pages
            .pragma("secure_delete", "ON")
            .pragma("cache_size", format!("-{CACHE_KIB}"))
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
            .statement_cache_capacity(STATEMENTS);
        let sqlite = match &file {
            Some(path) => sqlite.filename(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal),
            None => sqlite,
        };
        match max_pages {
            Some(pages) => sqlite.pragma("max_page_count", pages.to_string()),
            None => sqlite,
        }
    });
    options.map_sqlx_sqlite_pool_opts(|pool| pool.idle_timeout(None).max_lifetime(None));
    sea_orm::Database::connect(options).await.map_err(|error| fault("open the file", error))
}

/// Looks into a file without changing it.
async fn refuse_newer(path: &Path) -> Result<(), OpenError> {
    let mut options = ConnectOptions::new("sqlite://niyam");
    options.sqlx_logging(false).max_connections(1);
    let file = path.to_owned();
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite.filename(&file).create_if_missing(false).read_only(true).busy_timeout(BUSY_TIMEOUT)
    });
    let database = sea_orm::Database::connect(options).await.map_err(|error| fault("open the file", error))?;
    let applied = applied_steps(&database).await;
    database.close().await.map_err(|error| fault("close", error))?;
    super::postgres::schema::refuse_unknown(&applied?)
}

/// Steps of the schema that a database has.
pub(super) async fn applied_steps(database: &DatabaseConnection) -> Result<Vec<String>, StoreError> {
    let backend = database.get_database_backend();
    let table = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'";
    let there = database.query_one_raw(Statement::from_string(backend, table)).await;
    if there.map_err(|error| fault("read the schema", error))?.is_none() {
        return Ok(Vec::new());
    }
    let steps = Statement::from_string(backend, "SELECT version FROM seaql_migrations");
    let rows = database.query_all_raw(steps).await.map_err(|error| fault("read the schema", error))?;
    rows.iter().map(|row| row.try_get("", "version").map_err(|error| fault("read the schema", error))).collect()
}
