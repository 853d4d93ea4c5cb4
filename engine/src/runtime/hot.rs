//! Cases that are being worked on: one event at a time, and open in memory from one event to the next.
//!
//! [`Runtime::turn`] waits until nobody else of this node is at the case and gives it, from memory when it is there. What was
//! stepped stays in memory only when it was committed: whoever gives a turn up half way, or fails, leaves the case to be
//! loaded anew. The database stays the arbiter: another node may have been first, which is a
//! [`StoreError::Conflict`] and a reload.
//!
//! Memory is bounded by an estimate of what the cases weigh. Keys of an erased group go with the erasure, since the case
//! that stays is the one after it.

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use niyam_kernel::event::EventBody;
use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;
use niyam_rules::protocol::Protocol;
use quick_cache::unsync::{Cache, DefaultLifecycle};
use tokio::sync::OwnedMutexGuard;

use super::Runtime;
use super::append::Appended;
use super::live::{Live, LoadError};
use crate::error::StoreError;
use crate::request::Change;
use crate::store::{Commit, Committed};

/// What a case weighs at the least in memory; for the cache's first guess of how many it will hold.
const LIGHT_CASE_BYTES: u64 = 4_096;

/// With a fixed hasher: which case leaves the memory first does not change from run to run.
type Cases = Cache<CaseId, Box<Live>, Weigh, BuildHasherDefault<DefaultHasher>>;

/// Cases in memory, and who is at which.
pub struct Hot {
    turns: Mutex<BTreeMap<CaseId, Arc<tokio::sync::Mutex<()>>>>,
    cases: Mutex<Cases>,
}

#[derive(Clone)]
struct Weigh;

impl quick_cache::Weighter<CaseId, Box<Live>> for Weigh {
    fn weight(&self, _case: &CaseId, live: &Box<Live>) -> u64 {
        live.weight_bytes()
    }
}

impl Hot {
    /// Holds cases up to an estimated weight.
    pub fn new(bytes: u64) -> Self {
        let items = usize::try_from(bytes / LIGHT_CASE_BYTES).unwrap_or(usize::MAX).max(16);
        let cases = Cache::with(items, bytes, Weigh, BuildHasherDefault::default(), DefaultLifecycle::default());
        Self { turns: Mutex::default(), cases: Mutex::new(cases) }
    }

    fn cases(&self) -> MutexGuard<'_, Cases> {
        self.cases.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turns(&self) -> MutexGuard<'_, BTreeMap<CaseId, Arc<tokio::sync::Mutex<()>>>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody else is at the case, first come first served.
    async fn enter(&self, case: CaseId) -> Entered<'_> {
        let door = Arc::clone(self.turns().entry(case).or_default());
        let mut entered = Entered { hot: self, case, held: None, door: Some(Arc::clone(&door)) };
        entered.held = Some(door.lock_owned().await);
        entered
    }

    fn take(&self, case: CaseId) -> Option<Box<Live>> {
        let found = self.cases().remove(&case).map(|(_, live)| live);
        match &found {
            Some(_) => metrics::counter!("niyam_case_cache_hits_total").increment(1),
            None => metrics::counter!("niyam_case_cache_misses_total").increment(1),
        }
        found
    }

    fn put(&self, live: Box<Live>) {
        let mut cases = self.cases();
        cases.insert(live.row.id, live);
        let bytes = cases.weight();
        drop(cases);
        #[expect(clippy::cast_precision_loss, reason = "a gauge need not be exact beyond 2^53")]
        metrics::gauge!("niyam_case_cache_bytes").set(bytes as f64);
    }

    /// Forgets a case that somebody else has changed, unless what is in memory knows of the change already.
    pub fn forget_before(&self, change: Change) {
        let mut cases = self.cases();
        if cases.peek(&change.case).is_some_and(|live| live.state.number < change.number) {
            cases.remove(&change.case);
        }
    }

    /// Forgets every case: nobody knows which were changed.
    pub fn forget_all(&self) {
        self.cases().clear();
    }

    /// The version that a case in memory runs on.
    pub fn protocol_of(&self, case: CaseId) -> Option<Arc<Protocol>> {
        self.cases().peek(&case).map(|live| Arc::clone(&live.protocol))
    }

    /// Keeps a case that was just opened; its commit gave it its number.
    pub fn opened(&self, mut live: Live, committed: &Committed) {
        if let Some((_, number)) = committed.numbers.iter().find(|(case, _)| *case == live.row.id) {
            live.row.number.clone_from(number);
            self.put(Box::new(live));
        }
    }
}

/// A place at the door of a case; given back however its holder ends.
struct Entered<'a> {
    hot: &'a Hot,
    case: CaseId,
    held: Option<OwnedMutexGuard<()>>,
    door: Option<Arc<tokio::sync::Mutex<()>>>,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.held = None;
        self.door = None;
        let mut turns = self.hot.turns();
        // whoever waits holds the door too, and takes hold of it under this same lock
        if turns.get(&self.case).is_some_and(|door| Arc::strong_count(door) == 1) {
            turns.remove(&self.case);
        }
    }
}

/// A case, open, with nobody else of this node at it.
///
/// Hold one at a time, and not while waiting for somebody outside. Who needs two at once takes them in the order of their
/// ids, or loads the second with [`Runtime::load`] and counts on a conflict.
pub struct Turn<'a> {
    runtime: &'a Runtime,
    /// There until the turn ends.
    live: Option<Box<Live>>,
    /// Stepped, and not known to be committed.
    stepped: bool,
    _entered: Entered<'a>,
}

impl Runtime {
    /// Waits for a case, and opens it.
    pub async fn turn(&self, case: CaseId) -> Result<Turn<'_>, LoadError> {
        let entered = self.hot.enter(case).await;
        let live = match self.hot.take(case) {
            Some(live) => live,
            None => Box::new(self.load(case).await?),
        };
        Ok(Turn { runtime: self, live: Some(live), stepped: false, _entered: entered })
    }
}

impl Turn<'_> {
    /// The case as it is; after [`Turn::append`], as it will be.
    pub fn live(&self) -> &Live {
        self.live.as_deref().expect("a turn has its case until it ends")
    }

    /// The case, to change what a step does not, such as the count of its alerts.
    pub fn live_mut(&mut self) -> &mut Live {
        self.stepped = true;
        self.live.as_deref_mut().expect("a turn has its case until it ends")
    }

    /// Loads the case anew. Only an event proves, by its number, that what was in memory is not older than the store: whoever
    /// writes something about the case without one looks at what is stored first.
    pub async fn reload(&mut self) -> Result<(), LoadError> {
        let live = self.runtime.load(self.live().row.id).await?;
        self.live = Some(Box::new(live));
        self.stepped = false;
        Ok(())
    }

    /// Steps the case; nothing counts before it is committed.
    pub async fn append(&mut self, body: EventBody, happened_at: Option<Timestamp>) -> Result<Appended, StoreError> {
        let runtime = self.runtime;
        runtime.append(self.live_mut(), body, happened_at).await
    }

    /// Commits, and lets the next one in. The case stays in memory when it worked.
    pub async fn commit(self, commit: Commit) -> Result<Committed, StoreError> {
        let committed = self.runtime.commit_kept(commit).await?;
        self.keep();
        Ok(committed)
    }

    /// For whoever commits the writes of several turns at once: it was committed.
    pub fn keep(mut self) {
        self.stepped = false;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(live) = self.live.take()
            && !self.stepped
            // the number of a new case is given by its commit
            && !live.row.number.is_empty()
        {
            self.runtime.hot.put(live);
        }
    }
}
