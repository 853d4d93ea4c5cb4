//! What the engine wrote, so that the same can be written again without it.

use std::sync::{Arc, Mutex, PoisonError};

use niyam_engine::store::{Commit, Watcher, Write};
use serde::Serialize;

/// The groups of commits that a store wrote, in order.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<Mutex<Vec<Vec<Commit>>>>);

impl Record {
    /// Watches a store.
    pub fn watcher(&self) -> Watcher {
        let record = self.clone();
        Watcher(Arc::new(move |commits| {
            record.0.lock().unwrap_or_else(PoisonError::into_inner).push(commits.to_vec());
        }))
    }

    /// What was written since the last time.
    pub fn take(&self) -> Vec<Vec<Commit>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
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
