//! Many cases at once, on data that somebody else may have open.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use niyam_kernel::event::Breach;
use niyam_kernel::id::CaseId;
use niyam_rules::bundle::Library;
use serde::Serialize;
use tokio::task::JoinHandle;

use super::{Audit, Halt, ReplayError, Source, Verdict, replay_case};
use crate::error::{OpenError, StoreError};
use crate::people::People;
use crate::runtime::halt::{Halting, halting};
use crate::runtime::start::open_beside;
use crate::runtime::versions::Versions;
use crate::seal::DeploymentKey;
use crate::store::sea::DatabaseUrl;
use crate::store::{Commit, Store};
use crate::time::{Clock, Entropy};

/// Ids of cases read at once.
const CASES: u64 = 1_000;
/// How often a halt is tried again when the case went on meanwhile.
const TRIES: u32 = 16;

/// Looks at cases without running them: no clock fires, nothing is delivered.
pub struct Auditor {
    store: Arc<dyn Store>,
    key: Option<Arc<DeploymentKey>>,
    versions: Versions,
    around: Around,
}

/// What an auditor needs beside the data, to call a person.
#[derive(Clone)]
pub struct Around {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Units, roster, names.
    pub people: Arc<dyn People>,
}

/// How to look at many.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// Cases looked at at the same time, from 1.
    pub jobs: usize,
    /// How many cases that differ are halted at most; 0 = none.
    ///
    /// When many differ at once, it is more likely the program that is wrong than the data, and to stop the clocks of every
    /// case would be worse than either.
    pub halt_at_most: usize,
}

/// How many cases came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Cases looked at.
    pub cases: u64,
    /// Events in their logs.
    pub events: u64,
    /// Events stepped again.
    pub stepped: u64,
    /// Cases of which everything follows from the log.
    pub proved: u64,
    /// Cases of which facts were erased: the chain holds, a part was stepped again.
    pub erased: u64,
    /// Cases that this program cannot step: the chain holds.
    pub unproved: u64,
    /// Cases that differ.
    pub differing: u64,
    /// Cases that were halted now.
    pub halted_now: u64,
    /// Cases that stand still since an earlier audit.
    pub halted_before: u64,
}

impl Summary {
    /// Counts a case.
    pub fn count(&mut self, audit: &Audit) {
        self.cases += 1;
        self.events += audit.events;
        self.stepped += audit.stepped;
        match audit.verdict {
            Verdict::Proved => self.proved += 1,
            Verdict::Erased => self.erased += 1,
            Verdict::Unproved { .. } => self.unproved += 1,
            Verdict::Differs { .. } => self.differing += 1,
        }
        match audit.halt {
            Halt::Now => self.halted_now += 1,
            Halt::Before => self.halted_before += 1,
            Halt::No | Halt::Failed(_) | Halt::Spared => {}
        }
    }

    /// Whether every case is proved, as far as its facts are still there.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.unproved == 0 && self.differing == 0 && self.halted_before == 0
    }
}

impl Auditor {
    /// Looks at the data in a folder, or on PostgreSQL with the key in the folder, also while servers work on them. Errors:
    /// [`OpenError`]; nothing is changed.
    pub async fn open(folder: &Path, database: &[DatabaseUrl], around: Around) -> Result<Arc<Self>, OpenError> {
        let (store, key) = open_beside(folder, database, around.entropy.as_ref()).await?;
        Self::of(Arc::new(store), Some(Arc::new(key)), around)
    }

    /// Looks at an open store; without the key only chains are verified. Versions are those that the store holds.
    /// Errors: none as things are.
    pub fn of(store: Arc<dyn Store>, key: Option<Arc<DeploymentKey>>, around: Around) -> Result<Arc<Self>, OpenError> {
        let versions = Versions::compile(Library::new())?;
        Ok(Arc::new(Self { store, key, versions, around }))
    }

    /// The case that a person means: an id, or the number on the board.
    pub async fn named(&self, name: &str) -> Result<CaseId, ReplayError> {
        if let Ok(case) = name.parse::<CaseId>() {
            return Ok(case);
        }
        let found = self.store.case_numbered(name).await?;
        found.ok_or_else(|| ReplayError::NoSuchCase(name.to_owned()))
    }

    /// Steps the log of one case again; halts it when it differs and `halts`.
    pub async fn one(&self, case: CaseId, halts: bool) -> Result<Audit, ReplayError> {
        let mut audit = self.look(case).await?;
        self.settle(&mut audit, halts).await;
        Ok(audit)
    }

    /// How many cases there are to look at.
    pub async fn count(&self) -> Result<u64, StoreError> {
        let (mut after, mut cases) = (None, 0);
        loop {
            let page = self.store.case_ids(after, CASES).await?;
            let Some(last) = page.last() else { return Ok(cases) };
            after = Some(*last);
            cases += u64::try_from(page.len()).unwrap_or(u64::MAX);
        }
    }

    /// Steps the logs of all cases again, in the order of their ids, and hands each result on. A case that is opened
    /// meanwhile may be left out.
    pub async fn all(self: &Arc<Self>, sweep: Sweep, mut each: impl FnMut(&Audit)) -> Result<Summary, ReplayError> {
        let mut summary = Summary::default();
        let mut running: VecDeque<JoinHandle<Result<Audit, ReplayError>>> = VecDeque::new();
        let mut after = None;
        loop {
            let page = self.store.case_ids(after, CASES).await?;
            after = page.last().copied().or(after);
            let is_last = page.is_empty();
            let mut waiting = page.into_iter();
            while !running.is_empty() || waiting.len() > 0 {
                while running.len() < sweep.jobs.max(1)
                    && let Some(case) = waiting.next()
                {
                    let auditor = Arc::clone(self);
                    running.push_back(tokio::spawn(async move { auditor.look(case).await }));
                }
                let Some(done) = running.pop_front() else { break };
                let mut audit = done.await.map_err(|error| StoreError::Unavailable { reason: error.to_string() })??;
                let halts = usize::try_from(summary.halted_now).is_ok_and(|halted| halted < sweep.halt_at_most);
                self.settle(&mut audit, halts).await;
                summary.count(&audit);
                each(&audit);
            }
            if is_last {
                return Ok(summary);
            }
        }
    }

    async fn look(&self, case: CaseId) -> Result<Audit, ReplayError> {
        let source = Source { store: self.store.as_ref(), key: self.key.as_deref(), versions: &self.versions };
        replay_case(source, case).await
    }

    /// Halts a case that differs.
    async fn settle(&self, audit: &mut Audit, halts: bool) {
        let Verdict::Differs { differences } = &audit.verdict else { return };
        let Some(first) = differences.first().filter(|_| audit.halt == Halt::No) else { return };
        let breach = Breach::Differs { event: first.event, what: first.what.as_str().to_owned() };
        audit.halt = match (&self.key, halts) {
            (Some(key), true) => self.halt(key, audit.case, breach).await,
            (None, _) | (_, false) => Halt::Spared,
        };
    }

    async fn halt(&self, key: &DeploymentKey, case: CaseId, breach: Breach) -> Halt {
        for _ in 0..TRIES {
            let parts = Halting {
                store: self.store.as_ref(),
                key,
                versions: &self.versions,
                entropy: self.around.entropy.as_ref(),
                people: self.around.people.as_ref(),
                now: self.around.clock.now(),
            };
            let writes = match halting(&parts, case, &breach).await {
                Ok(Some((writes, _))) => writes,
                Ok(None) => return Halt::Before,
                Err(error) => return Halt::Failed(error.to_string()),
            };
            match self.store.commit(&Commit { name: "halt a case", writes }).await {
                Ok(_) => return Halt::Now,
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Halt::Failed(error.to_string()),
            }
        }
        Halt::Failed("the case goes on too fast to be halted".to_owned())
    }
}
