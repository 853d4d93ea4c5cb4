//! Where stores are: each test has a place of its own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use niyam_engine::store::Store;
use niyam_engine::store::memory::MemoryStore;
use niyam_engine::store::sea::{Location, SeaStore};
use niyam_engine::time::ManualClock;
use niyam_rules::duration::Duration;
use niyam_tests::postgres::Cluster;
use sea_orm::{ConnectionTrait as _, Database, Statement};
use tempfile::TempDir;

use crate::rows::NOW;

/// Kinds of stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    SqliteFile,
    SqliteMemory,
    Memory,
    Postgres,
}

/// A place for one store's data.
pub struct Place {
    pub kind: Kind,
    folder: TempDir,
    /// Name of the database on the server.
    database: String,
    clock: Arc<ManualClock>,
    memory: Arc<MemoryStore>,
}

/// The server that all tests of this program share, each with its own database. No test stops it, and nothing outlives it.
pub fn server() -> &'static Cluster {
    static SERVER: OnceLock<Cluster> = OnceLock::new();
    SERVER.get_or_init(|| Cluster::start(&["fsync=off", "full_page_writes=off"]))
}

/// A new database on the shared server.
pub fn new_database() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let name = format!("store_{}", LAST.fetch_add(1, Ordering::Relaxed));
    server().create_database(&name);
    name
}

impl Place {
    pub fn new(kind: Kind) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        Self {
            kind,
            folder: TempDir::new().unwrap(),
            database: if kind == Kind::Postgres { new_database() } else { String::new() },
            memory: Arc::new(MemoryStore::new(Arc::<ManualClock>::clone(&clock))),
            clock,
        }
    }

    /// Opens the store, or opens it once more, as a second node would.
    pub async fn open(&self) -> Arc<dyn Store> {
        match self.kind {
            Kind::Memory => Arc::<MemoryStore>::clone(&self.memory),
            Kind::SqliteFile | Kind::SqliteMemory | Kind::Postgres => {
                Arc::new(SeaStore::open(&self.location(), None).await.unwrap())
            }
        }
    }

    fn location(&self) -> Location {
        match self.kind {
            Kind::SqliteFile => Location::File(self.folder.path().join("niyam.db")),
            Kind::SqliteMemory | Kind::Memory => Location::Memory,
            Kind::Postgres => Location::Postgres(vec![server().url(&self.database).parse().unwrap()]),
        }
    }

    /// Whether several nodes may have the data open.
    pub fn is_shared(&self) -> bool {
        matches!(self.kind, Kind::Memory | Kind::Postgres)
    }

    /// Lets all claims expire. Returns false where nothing can reach the data but the one store.
    pub async fn expire_claims(&self) -> bool {
        let sql = |table: &str| format!("UPDATE {table} SET claim_until = 1 WHERE claim_until IS NOT NULL");
        match self.kind {
            Kind::SqliteMemory => return false,
            Kind::Memory => self.clock.advance("1h".parse::<Duration>().unwrap()),
            Kind::Postgres => {
                for table in ["outbox", "timers", "schedules"] {
                    server().sql(&self.database, &sql(table));
                }
            }
            Kind::SqliteFile => {
                let file = self.folder.path().join("niyam.db");
                let database = Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
                for table in ["outbox", "timers", "schedules"] {
                    let statement = Statement::from_string(database.get_database_backend(), sql(table));
                    database.execute_raw(statement).await.unwrap();
                }
                database.close().await.unwrap();
            }
        }
        true
    }
}
