//! PostgreSQL: one server that takes writes, with or without standbys, for any number of nodes.
//!
//! Nothing here elects anything: which server takes writes is for PostgreSQL and those who run it. A node looks at the
//! addresses it was given, takes the server that is not in recovery, and looks again when it loses it. Of several (an old
//! one that came back, and the standby that was promoted in its stead) the one on the latest timeline counts.
//!
//! Two kinds of connections: those that write never give up a commit by a timeout, because a server that waits for its
//! standby and is told to stop waiting reports success; those that read see one moment per transaction and cannot write.

pub mod bus;
pub mod schema;
mod url;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sea_orm::DatabaseConnection;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::{self, AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::{Mutex, watch};

use crate::error::{OpenError, StoreError};
pub use url::{DatabaseUrl, DatabaseUrlError};

/// How long a server may take to let us in and say what it is.
const PROBE: Duration = Duration::from_secs(3);
/// How long somebody waits for a free connection.
const ACQUIRE: Duration = Duration::from_secs(10);
/// Groups of commits that are written at once.
pub const LANES: usize = 4;
/// Connections that write: one for each group, and those that claim.
const WRITERS: u32 = 8;
/// Connections that only read.
const READERS: u32 = 8;

/// Waits are bounded, but for the one of a commit. `off`, `local` and `remote_write` acknowledge what a power cut or a
/// fail-over may lose; `on` and `remote_apply` do not.
const TO_WRITE: &str = "SET statement_timeout = 0; SET lock_timeout = '10s'; \
    SET idle_in_transaction_session_timeout = '60s'; SET default_transaction_isolation = 'read committed'; \
    SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')";
/// One moment per transaction, no writes.
const TO_READ: &str = "SET statement_timeout = '25s'; SET idle_in_transaction_session_timeout = '60s'; \
    SET default_transaction_isolation = 'repeatable read'; SET default_transaction_read_only = on";

/// The servers of one database.
#[derive(Debug)]
pub struct Cluster {
    urls: Vec<DatabaseUrl>,
    pools: RwLock<Arc<Pools>>,
    /// Something went wrong: look where the server is before it is used again.
    doubt: AtomicBool,
    /// One looks at a time.
    looking: Mutex<()>,
    /// How often somebody has looked.
    looks: AtomicU64,
    /// Index of the server in use; changes when it does.
    moved: watch::Sender<usize>,
}

/// Connections to the server that takes writes.
#[derive(Debug)]
pub struct Pools {
    index: usize,
    pub write: DatabaseConnection,
    pub read: DatabaseConnection,
}

/// What a server said of itself.
struct Server {
    index: usize,
    /// Rises with each promotion.
    timeline: u32,
    /// Settings that make what was acknowledged less safe.
    unsafe_settings: String,
}

impl Cluster {
    /// Finds the server that takes writes and brings up the schema. Errors: [`OpenError::NoDatabase`],
    /// [`OpenError::Newer`].
    pub async fn open(urls: &[DatabaseUrl]) -> Result<Self, OpenError> {
        let server = find(urls, None).await.map_err(|reason| OpenError::NoDatabase { reason })?;
        let url = &urls[server.index];
        if !server.unsafe_settings.is_empty() {
            tracing::warn!(database = %url, settings = server.unsafe_settings, "a power cut may damage this database");
        }
        schema::bring_up(&url.options()).await?;
        Ok(Self {
            urls: urls.to_vec(),
            pools: RwLock::new(Arc::new(Pools::of(url, server.index))),
            doubt: AtomicBool::new(false),
            looking: Mutex::new(()),
            looks: AtomicU64::new(0),
            moved: watch::channel(server.index).0,
        })
    }

    /// The connections to use now. Errors: [`StoreError::Unavailable`] when no server takes writes.
    pub async fn pools(&self) -> Result<Arc<Pools>, StoreError> {
        if self.doubt.load(Ordering::Acquire) {
            self.look().await?;
        }
        Ok(self.current())
    }

    fn current(&self) -> Arc<Pools> {
        Arc::clone(&self.pools.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Something went wrong with a connection.
    pub fn doubt(&self) {
        self.doubt.store(true, Ordering::Release);
    }

    /// Looks where the server is. Those who wait for somebody else's look take its answer.
    async fn look(&self) -> Result<(), StoreError> {
        let before = self.looks.load(Ordering::Acquire);
        let _turn = self.looking.lock().await;
        if !self.doubt.load(Ordering::Acquire) {
            return Ok(());
        }
        if self.looks.load(Ordering::Acquire) != before {
            return Err(StoreError::Unavailable { reason: "no server takes writes at the moment".to_owned() });
        }
        let current = self.current().index;
        let found = find(&self.urls, Some(current)).await;
        self.looks.fetch_add(1, Ordering::AcqRel);
        let server = found.map_err(|reason| StoreError::Unavailable { reason })?;
        if server.index != current {
            let url = &self.urls[server.index];
            tracing::warn!(database = %url, "another server takes the writes now");
            // whoever still uses the old connections keeps them until he is done
            let pools = Arc::new(Pools::of(url, server.index));
            *self.pools.write().unwrap_or_else(PoisonError::into_inner) = pools;
            self.moved.send_replace(server.index);
        }
        self.doubt.store(false, Ordering::Release);
        Ok(())
    }

    /// How to connect to the server in use.
    fn options(&self) -> PgConnectOptions {
        self.urls[self.current().index].options()
    }

    /// Closes all connections.
    pub async fn close(&self) -> Result<(), StoreError> {
        let pools = self.current();
        for pool in [&pools.write, &pools.read] {
            pool.close_by_ref().await.map_err(|error| super::fault::fault("close", error))?;
        }
        Ok(())
    }
}

impl Pools {
    fn of(url: &DatabaseUrl, index: usize) -> Self {
        Self { index, write: pool(url, WRITERS, TO_WRITE), read: pool(url, READERS, TO_READ) }
    }
}

/// Connections that write, to the server that takes writes.
pub async fn connect(urls: &[DatabaseUrl], connections: u32) -> Result<DatabaseConnection, StoreError> {
    let server = find(urls, None).await.map_err(|reason| StoreError::Unavailable { reason })?;
    Ok(pool(&urls[server.index], connections, TO_WRITE))
}

/// Connections that are made when they are needed and prepared before they are used.
fn pool(url: &DatabaseUrl, connections: u32, settings: &'static str) -> DatabaseConnection {
    let options = PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE).after_connect(
        move |connection, _| {
            Box::pin(async move {
                let recovers: bool =
                    sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(&mut *connection).await?;
                if recovers {
                    return Err(sqlx::Error::Protocol("this server is a standby".to_owned()));
                }
                sqlx::raw_sql(settings).execute(&mut *connection).await.map(drop)
            })
        },
    );
    options.connect_lazy_with(url.options()).into()
}

/// The server that takes writes, on the latest timeline; of several that cannot be told apart the one in use, else the
/// first. Errors: what each of them said.
async fn find(urls: &[DatabaseUrl], current: Option<usize>) -> Result<Server, String> {
    let mut best: Option<Server> = None;
    let mut said = Vec::new();
    for (index, url) in urls.iter().enumerate() {
        let answer = tokio::time::timeout(PROBE, probe(index, url)).await;
        match answer.unwrap_or_else(|_| Err("does not answer".to_owned())) {
            Ok(server) => {
                let rank = |server: &Server| (server.timeline, Some(server.index) == current);
                if best.as_ref().is_none_or(|best| rank(&server) > rank(best)) {
                    best = Some(server);
                }
            }
            Err(reason) => said.push(format!("{url} {reason}")),
        }
    }
    best.ok_or_else(|| said.join("; "))
}

/// Asks a server what it is. Errors: why it cannot be used, as the rest of a sentence.
async fn probe(index: usize, url: &DatabaseUrl) -> Result<Server, String> {
    let mut connection = PgConnection::connect_with(&url.options()).await.map_err(|error| reason(&error))?;
    let sql = "SELECT pg_is_in_recovery(), \
        CASE WHEN pg_is_in_recovery() THEN '' ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END, \
        current_setting('server_version_num')::int, current_setting('server_encoding'), \
        concat_ws(', ', CASE current_setting('fsync') WHEN 'off' THEN 'fsync=off' END, \
        CASE current_setting('full_page_writes') WHEN 'off' THEN 'full_page_writes=off' END)";
    let asked = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut connection).await;
    let (recovers, timeline, version, encoding, unsafe_settings): (bool, String, i32, String, String) =
        asked.map_err(|error| reason(&error))?;
    // closing it as it should be is a courtesy
    let _ = connection.close().await;
    if recovers {
        return Err("is a standby".to_owned());
    }
    if version < 130_000 {
        return Err(format!("runs version {}, and 13 is the oldest that will do", version / 10_000));
    }
    if encoding != "UTF8" {
        return Err(format!("keeps texts as {encoding}: make the database with ENCODING 'UTF8'"));
    }
    let timeline = u32::from_str_radix(&timeline, 16).unwrap_or(0);
    Ok(Server { index, timeline, unsafe_settings })
}

/// Why a server did not let us in.
fn reason(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    match (code.as_deref(), error) {
        (Some("28P01" | "28000"), _) => "refuses the user or the password".to_owned(),
        (Some("3D000"), _) => "has no such database: make it with `createdb`".to_owned(),
        (Some("57P03"), _) => "is starting or stopping".to_owned(),
        (Some("53300"), _) => "takes no more connections".to_owned(),
        (_, sqlx::Error::Io(error)) => format!("cannot be reached ({error})"),
        (_, error) => format!("cannot be used ({error})"),
    }
}
