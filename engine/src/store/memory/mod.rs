//! A store in memory: the model that the other stores are compared with, and the database of the simulation.
//!
//! Purpose: the whole of [`Store`] on ordered maps, in as few lines as it can be read in. Many engines may share one, as
//! many nodes share a database; claims end by its own clock. Nothing outlives it.
//!
//! Invariants: as [`crate::store`]. A commit that is refused leaves no trace: every table remembers what it was before.
//! Nothing depends on hash order, threads or the machine's clock.
//!
//! Where a new thing goes: a new table in `tables`, a new write in `apply`, a new question beside the others of its trait.

mod alert;
mod apply;
mod audit;
mod case;
mod schedule;
mod table;
mod tables;
mod work;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use niyam_kernel::time::Timestamp;

use crate::error::StoreError;
use crate::store::{Bus, Commit, Committed, Store};
use crate::time::Clock;
use tables::Tables;

/// A store in memory.
pub struct MemoryStore {
    /// The database's own clock.
    clock: Arc<dyn Clock>,
    tables: Mutex<Tables>,
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl MemoryStore {
    /// An empty one. Claims end by this clock, whatever clocks its engines have.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, tables: Mutex::default() }
    }

    /// The tables.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit_group(&self, commits: &[Commit]) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        let begin = tables.mark();
        let mut answers = Vec::with_capacity(commits.len());
        for commit in commits {
            match commit_one(&mut tables, commit, now) {
                Err(error) if !is_refusal(&error) => {
                    tables.back_to(&begin);
                    return Err(error);
                }
                answer => answers.push(answer),
            }
        }
        tables.settle();
        Ok(answers)
    }

    /// None: whoever shares it is in the same process and asks again.
    fn bus(&self) -> Option<Arc<dyn Bus>> {
        None
    }

    fn writers(&self) -> usize {
        1
    }
}

fn commit_one(tables: &mut Tables, commit: &Commit, now: Timestamp) -> Result<Committed, StoreError> {
    let before = tables.mark();
    let mut committed = Committed::default();
    for write in &commit.writes {
        if let Err(error) = apply::apply(tables, write, &mut committed, now) {
            tables.back_to(&before);
            return Err(error);
        }
    }
    Ok(committed)
}

/// Whether an error is about one commit and not about the transaction.
const fn is_refusal(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict { .. } | StoreError::Repeated(_) | StoreError::Ended(_) | StoreError::Moved)
}
