//! A place where servers run: folders, time, database.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use niyam_engine::store::ScheduleStore as _;
use niyam_engine::store::sea::{Location, SeaStore};
use niyam_engine::time::{Clock as _, SystemClock};
use niyam_kernel::time::Timestamp;
use niyam_web::demo::clock::FastClock;

use crate::check::{self, Found};
use crate::load::{self, Book, Route};
use crate::pause;
use crate::process::{Server, Starting, niyam};

/// How many times as fast as real time the clocks of these tests run: ten minutes pass in twenty seconds.
const RATE: u32 = 30;
/// Longest wait until clocks and deliveries come to rest.
const PATIENCE: Duration = Duration::from_mins(1);

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
        let words = words.into_iter().chain(more).map(str::to_owned);
        let words: Vec<String> = words.chain(self.database_words()).collect();
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
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
        runtime.block_on(self.rests(quiet));
        for server in servers {
            server.stop();
        }
        self.replayed();
        let ledger = book.lock().expect("not poisoned");
        runtime.block_on(async {
            let store = SeaStore::open_beside(&self.location()).await.expect("the database opens");
            check::all(&store, &ledger, quiet).await
        })
    }

    /// Waits until nothing that was due by `quiet` is left.
    async fn rests(&self, quiet: Timestamp) {
        let store = SeaStore::open_beside(&self.location()).await.expect("the database opens beside the servers");
        let began = crate::now();
        loop {
            let left = store.waiting(quiet).await.expect("a number");
            if left.clocks_due == 0 && left.effects_due_since.is_none_or(|since| since > quiet) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "clocks and deliveries do not come to rest: {left:?}");
            pause(Duration::from_millis(50));
        }
    }

    /// The log of every case, stepped again, leads to what is stored.
    fn replayed(&self) {
        let data = self.data(0).display().to_string();
        let words = ["replay", "--all", "--dry-run", "--data", &data].map(str::to_owned).into_iter();
        let words: Vec<String> = words.chain(self.database_words()).collect();
        let found = niyam(&words).output().expect("niyam replay starts");
        let told = [found.stdout, found.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        assert!(found.status.success(), "the log and what is stored differ: {told}");
    }

    fn database_words(&self) -> impl Iterator<Item = String> {
        self.database.iter().flat_map(|url| ["--database-url".to_owned(), url.clone()])
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
