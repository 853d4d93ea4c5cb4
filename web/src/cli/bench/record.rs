//! What the engine wrote, so that the same can be written again without it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use niyam_engine::store::{Commit, Watcher, Write};
use niyam_kernel::id::EffectId;
use serde::Serialize;
use tokio::sync::watch;

use super::BenchError;

/// How long the last effects may take to be delivered.
const PATIENCE: Duration = Duration::from_mins(10);

/// The groups of commits that a store wrote, in order.
#[derive(Clone, Debug, Default)]
pub struct Record {
    groups: Arc<Mutex<Vec<Vec<Commit>>>>,
    /// Effects that were written and have not ended. Of one that another node ended, the end may be told first: it stands at
    /// -1 until then.
    under_way: Arc<watch::Sender<BTreeMap<EffectId, i8>>>,
}

impl Record {
    /// Watches a store.
    pub fn watcher(&self) -> Watcher {
        let record = self.clone();
        Watcher(Arc::new(move |commits| {
            record.groups.lock().unwrap_or_else(PoisonError::into_inner).push(commits.to_vec());
            record.under_way.send_modify(|under_way| {
                for write in commits.iter().flat_map(|commit| &commit.writes) {
                    count(under_way, write);
                }
            });
        }))
    }

    /// Waits until every effect that was written has ended.
    pub async fn delivered(&self) -> Result<(), BenchError> {
        let mut under_way = self.under_way.subscribe();
        let waited = tokio::time::timeout(PATIENCE, under_way.wait_for(BTreeMap::is_empty)).await;
        // this holds the sender, so that only the time can run out
        let in_time = matches!(waited, Ok(Ok(_)));
        let left = self.under_way.borrow().len();
        if in_time { Ok(()) } else { Err(BenchError::Wrong(format!("{left} effects were not delivered"))) }
    }

    /// What was written since the last time.
    pub fn take(&self) -> Vec<Vec<Commit>> {
        std::mem::take(&mut *self.groups.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Counts what a write begins or ends.
fn count(under_way: &mut BTreeMap<EffectId, i8>, write: &Write) {
    let (id, change) = match write {
        Write::Effect(row) => (row.id, 1),
        Write::EffectEnded { id, .. } => (*id, -1),
        _ => return,
    };
    let left = under_way.entry(id).or_default();
    *left += change;
    if *left == 0 {
        under_way.remove(&id);
    }
}

/// How many events are in a group.
pub fn events(group: &[Commit]) -> usize {
    group.iter().flat_map(|commit| &commit.writes).filter(|write| matches!(write, Write::Event(_))).count()
}

/// Sizes of the groups that were written in one transaction each.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sizes {
    /// Transactions.
    pub groups: usize,
    /// Commits in each, on average.
    pub mean: f64,
    /// Commits in the largest.
    pub largest: usize,
}

impl Sizes {
    /// Of these groups.
    pub fn of(groups: &[Vec<Commit>]) -> Self {
        let commits: usize = groups.iter().map(Vec::len).sum();
        let mean = super::measure::as_float(commits as u64) / super::measure::as_float(groups.len().max(1) as u64);
        let largest = groups.iter().map(Vec::len).max().unwrap_or(0);
        Self { groups: groups.len(), mean: super::measure::round(mean, 2), largest }
    }
}
