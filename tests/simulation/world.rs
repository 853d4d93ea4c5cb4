//! One simulated world: true time, chance, the database, what is broken at the moment, and what only an all-seeing
//! observer knows.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use niyam_engine::engine::{Engine, Shared};
use niyam_engine::error::StoreError;
use niyam_engine::store::memory::MemoryStore;
use niyam_engine::store::{Commit, Committed, KeyRow, LookupRow, Store as _, Write};
use niyam_engine::time::Clock;
use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::time::Timestamp;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::dice::Dice;
use crate::mutant::{self, Mutant};

/// When every run begins: 2026-11-21T08:30:00Z.
pub const BEGIN: i64 = 1_795_249_800_000;

/// Lines of trace after which a run is given up.
const MOST_LINES: u64 = 30_000;

/// A clock that goes with the world's, so much before or behind it.
pub struct SkewedClock {
    start: Instant,
    skew_ms: Arc<AtomicI64>,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let gone = i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_ms(BEGIN + gone + self.skew_ms.load(Ordering::SeqCst))
    }
}

/// How the database does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Well,
    Slow,
    Busy,
    Full,
    Gone,
}

/// What is broken, and until when (true milliseconds).
#[derive(Debug)]
pub struct Faults {
    /// Whether anything may break.
    pub on: bool,
    pub database: (Database, i64),
    /// Chance in a thousand that a commit meets a crash, a lost answer or a refusal.
    pub commits: u64,
    /// Chance in a thousand that a message does not simply go.
    pub channel: u64,
    /// Roles nobody sits in.
    pub empty: BTreeMap<String, i64>,
}

/// One run of a node's program, from start to crash.
pub struct Life {
    /// Whether it has crashed.
    pub dead: watch::Sender<bool>,
    /// Until when it stands still.
    pub paused_until: AtomicI64,
}

impl Life {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { dead: watch::Sender::new(false), paused_until: AtomicI64::new(0) })
    }

    pub fn is_dead(&self) -> bool {
        *self.dead.borrow()
    }

    /// Ends when the program has crashed.
    pub async fn died(&self) {
        let mut dead = self.dead.subscribe();
        // the sender lives as long as this value
        let _ = dead.wait_for(|dead| *dead).await;
    }
}

/// One node.
pub struct Node {
    pub skew_ms: Arc<AtomicI64>,
    pub life: Arc<Life>,
    pub engine: Option<Arc<Engine>>,
}

/// What the observer saw being committed, in the order of the commits.
#[derive(Default)]
pub struct Seen {
    /// True time and place in the order of commits of each event.
    pub events: BTreeMap<(CaseId, u64), (i64, u64)>,
    /// All keys ever written, also those destroyed since.
    pub keys: BTreeMap<(CaseId, String, u32), KeyRow>,
    /// Everything a case could ever be found by, with its place in the order of commits.
    pub lookups: Vec<(u64, LookupRow)>,
    /// What reached a receiver outside: by key, each text and how often.
    pub received: BTreeMap<EffectId, BTreeMap<String, u32>>,
    /// From when to when something was broken.
    pub broken: Vec<(i64, i64)>,
    commits: u64,
}

/// What is told of a run: a hash over everything, and the lines when somebody wants to read them.
#[derive(Default)]
struct Trace {
    hash: u64,
    lines: u64,
    text: Option<Vec<String>>,
}

/// One world.
pub struct World {
    pub start: Instant,
    pub shared: Shared,
    pub database: Arc<MemoryStore>,
    pub mutant: Option<Mutant>,
    dice: Mutex<Dice>,
    trace: Mutex<Trace>,
    pub faults: Mutex<Faults>,
    pub nodes: Mutex<Vec<Node>>,
    pub seen: Mutex<Seen>,
    pub seed: u64,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    /// A world at its beginning.
    pub async fn new(seed: u64, mutant: Option<Mutant>, told: bool) -> Arc<Self> {
        let start = Instant::now();
        let clock = SkewedClock { start, skew_ms: Arc::default() };
        let database = Arc::new(MemoryStore::new(Arc::new(clock)));
        let shared = crate::protocols::shared().over(Arc::<MemoryStore>::clone(&database)).await;
        let shared = shared.expect("an empty store takes any key");
        let faults = Faults { on: true, database: (Database::Well, 0), commits: 0, channel: 0, empty: BTreeMap::new() };
        let trace = Trace { hash: 0xcbf2_9ce4_8422_2325, lines: 0, text: told.then(Vec::new) };
        Arc::new(Self {
            start,
            shared,
            database,
            mutant,
            dice: Mutex::new(Dice::new(seed)),
            trace: Mutex::new(trace),
            faults: Mutex::new(faults),
            nodes: Mutex::default(),
            seen: Mutex::default(),
            seed,
        })
    }

    /// True time.
    pub fn now_ms(&self) -> i64 {
        BEGIN + i64::try_from(self.start.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// Throws the dice.
    pub fn throw<T>(&self, of: impl FnOnce(&mut Dice) -> T) -> T {
        of(&mut held(&self.dice))
    }

    pub fn faults(&self) -> MutexGuard<'_, Faults> {
        held(&self.faults)
    }

    pub fn nodes(&self) -> MutexGuard<'_, Vec<Node>> {
        held(&self.nodes)
    }

    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        held(&self.seen)
    }

    /// Writes a line into the trace.
    pub fn tell(&self, line: std::fmt::Arguments<'_>) {
        let line = format!("{:>10} {line}", self.now_ms() - BEGIN);
        let mut trace = held(&self.trace);
        trace.lines += 1;
        for byte in line.bytes() {
            trace.hash = (trace.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if let Some(text) = &mut trace.text {
            text.push(line);
        }
    }

    /// How many lines were told, and the hash over them.
    pub fn told(&self) -> (u64, u64) {
        let trace = held(&self.trace);
        (trace.lines, trace.hash)
    }

    /// Whether so much happened that the run is not going to come to rest.
    pub fn is_endless(&self) -> bool {
        self.told().0 > MOST_LINES
    }

    /// The lines, when they were kept.
    pub fn lines(&self) -> Vec<String> {
        held(&self.trace).text.take().unwrap_or_default()
    }

    /// Something is broken from now on, for so long.
    pub fn broken_for(&self, length_ms: i64) {
        let now = self.now_ms();
        self.seen().broken.push((now, now + length_ms));
    }

    /// A clock of a node.
    pub fn clock(&self, skew_ms: &Arc<AtomicI64>) -> SkewedClock {
        SkewedClock { start: self.start, skew_ms: Arc::clone(skew_ms) }
    }

    /// Waits while a program stands still; for ever when it has crashed.
    pub async fn rest(&self, life: &Life) {
        loop {
            if life.is_dead() {
                std::future::pending::<()>().await;
            }
            let left = life.paused_until.load(Ordering::SeqCst) - self.now_ms();
            if left <= 0 {
                return;
            }
            self.sleep(left).await;
        }
    }

    /// Lets true time go by.
    pub async fn sleep(&self, ms: i64) {
        tokio::time::sleep(std::time::Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await;
    }

    /// A node's program ends as if by a power cut.
    pub fn crash(&self, node: usize, why: &str) {
        let life = Arc::clone(&self.nodes()[node].life);
        if !life.dead.send_replace(true) {
            self.tell(format_args!("node {node} crashes {why}"));
        }
    }

    /// The database takes a group of commits.
    pub async fn apply(
        &self,
        node: usize,
        commits: &[Commit],
    ) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let mut answers = match self.mutant {
            None => self.database.commit_group(commits).await?,
            Some(mutant) => mutant::apply(self, mutant, commits).await?,
        };
        for (commit, answer) in commits.iter().zip(&mut answers) {
            match answer {
                Ok(_) => self.tell(format_args!("node {node} commits: {}{}", commit.name, events(commit))),
                Err(error) => self.tell(format_args!("node {node} is refused: {}: {error}", commit.name)),
            }
            if answer.is_ok() {
                self.see(commit);
            }
        }
        Ok(answers)
    }

    /// The observer sees what was committed.
    fn see(&self, commit: &Commit) {
        let now = self.now_ms();
        let mut seen = self.seen();
        seen.commits += 1;
        let place = seen.commits;
        for write in &commit.writes {
            match write {
                Write::Event(row) => {
                    seen.events.insert((row.case, row.number), (now, place));
                }
                Write::Key(row) => {
                    seen.keys.insert((row.case, row.seal.clone(), row.generation), row.clone());
                }
                Write::Lookup(row) => seen.lookups.push((place, row.clone())),
                _ => {}
            }
        }
    }
}

fn events(commit: &Commit) -> String {
    let events = commit.writes.iter().filter_map(|write| match write {
        Write::Event(row) => Some(format!(" {}#{} {}", row.case, row.number, row.kind)),
        _ => None,
    });
    events.collect()
}
