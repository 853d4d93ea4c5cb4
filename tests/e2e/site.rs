//! A place where servers run: folders, time, database.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use niyam_engine::store::sea::{Location, SeaStore};
use niyam_engine::time::{Clock as _, SystemClock};
use niyam_kernel::time::Timestamp;
use niyam_web::demo::clock::FastClock;

use crate::check::{self, Found};
use crate::load::{self, Book, Route};
use crate::pause;
use crate::process::{Server, Starting};

/// How many times as fast as real time the clocks of these tests run: ten minutes pass in twenty seconds.
const RATE: u32 = 30;
/// How long nothing comes before it is looked at: clocks and deliveries come to rest.
const REST: Duration = Duration::from_secs(3);

/// One deployment: one server on a file, or any number of nodes on PostgreSQL.
pub struct Site {
    folder: Option<tempfile::TempDir>,
    data: Option<PathBuf>,
    database: Vec<String>,
    began: Timestamp,
    servers: u32,
}

impl Site {
    /// With its data in a folder of its own.
    pub fn new() -> Self {
        Self::made(None, Vec::new())
    }

    fn made(data: Option<PathBuf>, database: Vec<String>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder: Some(folder), data, database, began: SystemClock.now(), servers: 0 }
    }

    /// With its data at another place, as a small disk.
    pub fn at(data: PathBuf) -> Self {
        Self::made(Some(data), Vec::new())
    }

    /// With its data on PostgreSQL: a server and its standbys.
    pub fn on(database: Vec<String>) -> Self {
        Self::made(None, database)
    }

    fn folder(&self) -> &Path {
        self.folder.as_ref().expect("until it is dropped").path()
    }

    /// The data folder of a node.
    fn data(&self, node: usize) -> PathBuf {
        let data = self.data.clone().unwrap_or_else(|| self.folder().join(format!("node-{node}")));
        if !data.join("people.csv").exists() {
            std::fs::create_dir_all(&data).expect("a folder");
            std::fs::write(data.join("people.csv"), include_str!("people.csv")).expect("a roster");
            if node > 0 {
                // every node has the same key; the first one made it
                let key = "deployment.key";
                std::fs::copy(self.data(0).join(key), data.join(key)).expect("the key of the first node");
            }
        }
        data
    }

    /// The time of its servers.
    pub fn now(&self) -> Timestamp {
        FastClock::since(self.began, RATE, SystemClock).now()
    }

    /// Starts a node.
    pub fn start(&mut self, node: usize) -> Starting {
        self.servers += 1;
        let clock = format!("{}:{RATE}", self.began.as_ms());
        let data = self.data(node).display().to_string();
        let words = ["serve", "--listen", "127.0.0.1:0", "--data", &data, "--trial-clock", &clock];
        let more = ["--operator", "e2e-desk:help_desk", "--log", "info", "--log-format", "json"];
        let urls = self.database.iter().flat_map(|url| ["--database-url", url.as_str()]);
        let words: Vec<String> = words.into_iter().chain(more).chain(urls).map(str::to_owned).collect();
        let log = self.folder().join(format!("server-{}-node-{node}.log", self.servers));
        Starting::new(&words, &log)
    }

    /// Starts a node and waits until it is ready.
    pub fn server(&mut self, node: usize) -> Server {
        self.start(node).ready()
    }

    /// One more server sends what was not acknowledged, comes to rest and is stopped, with the nodes that still run; then
    /// everything is looked at.
    pub fn settled(&mut self, book: &Book, running: Vec<Server>, seed: u64) -> Found {
        let mut servers = running;
        if servers.is_empty() {
            servers.push(self.server(0));
        }
        let route: Route = Arc::new(RwLock::new(servers.iter().map(|server| server.address).collect()));
        load::complete(book, &route, seed);
        let quiet = self.now();
        pause(REST);
        for server in servers {
            server.stop();
        }
        let ledger = book.lock().expect("not poisoned");
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
        runtime.block_on(async {
            let store = SeaStore::open(&self.location(), None).await.expect("the database opens");
            check::all(&store, &ledger, quiet).await
        })
    }

    fn location(&self) -> Location {
        if self.database.is_empty() {
            Location::File(self.data(0).join("niyam.db"))
        } else {
            Location::Postgres(self.database.iter().map(|url| url.parse().expect("an address")).collect())
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            let kept = folder.keep();
            niyam_web::console::Console::of_process().note(format!("its folder is kept: {}", kept.display()));
        }
    }
}
