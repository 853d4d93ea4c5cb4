//! Working on an alert: it is understood, and what comes of it is committed.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use niyam_kernel::id::{AlertId, CaseId};
use niyam_rules::bundle::VersionDigest;
use tokio::time::Instant;

use super::keep::Kept;
use super::measured;
use super::reopen::Reopening;
use crate::error::StoreError;
use crate::request::{CaseOf, Change, Class, Received, Relation};
use crate::runtime::hot::Turn;
use crate::runtime::live::{Live, LoadError};
use crate::runtime::{Runtime, TRIES};
use crate::store::{Commit, LinkRow, Write};
use crate::understood::{SessionMessage, SubjectFacts, Understood};

/// Bytes up to which an alert is read where it is: handing it to another thread costs more than reading it. Longer ones would
/// hold up the others.
const SMALL_BYTES: usize = 32 * 1024;

/// An alert, what it says, and how it becomes part of cases.
pub(super) struct Taking<'a> {
    /// Name of the commit.
    pub(super) name: &'static str,
    pub(super) kept: &'a Kept,
    pub(super) drill: bool,
    pub(super) understood: &'a Understood,
    /// How it belongs to the first case it opens.
    pub(super) opens_as: Relation,
    /// Who makes a case of it although it was filed.
    pub(super) reopening: Option<&'a Reopening<'a>>,
}

/// One person of an alert, and the hashes an open case about the person may be found by.
pub(super) struct Person<'a> {
    pub(super) facts: &'a SubjectFacts,
    /// In the order of the keys.
    pub(super) hashes: Vec<[u8; 32]>,
}

/// Open cases that share a key with a person, the latest first, each with the kind of key.
pub(super) type Candidates = Vec<(CaseId, String)>;

/// Cases touched by one alert, before they are committed.
#[derive(Default)]
pub(super) struct Touched<'r> {
    /// Cases that some person of the alert may be found in, with nobody else of this node at them.
    pub(super) turns: BTreeMap<CaseId, Turn<'r>>,
    /// Cases that it opens.
    pub(super) opened: Vec<Live>,
    /// What was seen and must still be so.
    pub(super) expected: Vec<Write>,
    pub(super) writes: Vec<Write>,
    /// Cases with their numbers; a case that is opened has none yet.
    pub(super) cases: Vec<CaseOf>,
    pub(super) changes: Vec<Change>,
    /// Versions that are stored with it.
    pub(super) versions: Vec<VersionDigest>,
}

/// What an alert was taken for.
pub(super) struct Taken {
    pub(super) class: Class,
    /// Cases it opened or joined, by id.
    pub(super) cases: Vec<CaseOf>,
}

impl Runtime {
    /// Understands an alert and commits what comes of it. `None`: somebody else has worked on it meanwhile. Errors: the
    /// alert is kept.
    pub(super) async fn work_on(&self, kept: &Kept, received: &Received) -> Result<Option<Taken>, WorkError> {
        let begun = Instant::now();
        let understood = self.understand(kept.alert, received).await;
        measured("understand", begun);
        let begun = Instant::now();
        let taking = Taking {
            name: "take in an alert",
            kept,
            drill: received.drill,
            understood: &understood,
            opens_as: Relation::New,
            reopening: None,
        };
        let taken = self.take(&taking).await;
        measured("commit", begun);
        taken
    }

    /// Reads an alert. One that breaks intake breaks nothing more: it becomes a case for a person to read.
    pub(super) async fn understand(&self, alert: AlertId, received: &Received) -> Understood {
        let read = if received.bytes.len() <= SMALL_BYTES || self.intake.reads_at_once() {
            // nothing of intake is kept between two alerts, so a reading that broke off leaves nothing half done
            std::panic::catch_unwind(AssertUnwindSafe(|| self.intake.understand(received))).ok()
        } else {
            let (intake, copy) = (Arc::clone(&self.intake), received.clone());
            tokio::task::spawn_blocking(move || intake.understand(&copy)).await.ok()
        };
        read.unwrap_or_else(|| {
            tracing::error!(alert.id = %alert, "intake broke on an alert; it becomes a case for a person to read");
            Understood::unreadable(received, self.intake.fallback())
        })
    }

    /// Matches, steps and commits; again when somebody else was first with a case or a person. `None`: somebody else was
    /// first with this very alert.
    pub(super) async fn take(&self, taking: &Taking<'_>) -> Result<Option<Taken>, WorkError> {
        let persons: Vec<Person<'_>> =
            taking.understood.subjects.iter().map(|facts| self.person(taking, facts)).collect();
        let _turns = self.intake_turns.take(persons.iter().flat_map(|person| &person.hashes)).await;
        let mut last = StoreError::Moved;
        for _ in 0..TRIES {
            let touched = self.touch(taking, &persons).await?;
            match self.commit_touched(taking, touched).await {
                Ok(taken) => return Ok(Some(taken)),
                Err(error @ (StoreError::Conflict { .. } | StoreError::Moved | StoreError::Repeated(_))) => {
                    last = error;
                }
                Err(error) => return Err(error.into()),
            }
            let now = self.store.alert(taking.kept.alert).await?;
            if now.is_none_or(|row| row.class != taking.kept.was) {
                return Ok(None);
            }
        }
        Err(last.into())
    }

    fn person<'a>(&self, taking: &Taking<'_>, facts: &'a SubjectFacts) -> Person<'a> {
        let hash = |key: &crate::understood::MatchKey| self.key.lookup(taking.drill, &key.kind, &key.value);
        Person { facts, hashes: facts.keys.iter().map(hash).collect() }
    }

    async fn commit_touched(&self, taking: &Taking<'_>, touched: Touched<'_>) -> Result<Taken, StoreError> {
        let Touched { turns, opened, expected, writes, mut cases, changes, versions } = touched;
        // an alert that touches no case is filed
        let class = if cases.is_empty() { Class::Filed } else { taking.understood.class };
        // behind what is expected, before the links to it: rows refer to it, and it to nothing
        let read = self.read_write(taking.kept, class, taking.understood);
        let answer = taking.reopening.zip(cases.first()).map(|(reopening, case)| self.reopened(reopening, case.case));
        let writes = expected.into_iter().chain([read]).chain(writes).chain(answer).collect();
        let committed = self.commit(Commit { name: taking.name, writes }).await?;
        self.are_stored(versions);
        for (case, turn) in turns {
            // one that was stepped and refused the alert is not as it is stored
            if cases.iter().any(|touched| touched.case == case) {
                turn.keep();
            }
        }
        for live in opened {
            self.hot.opened(live, &committed);
        }
        for change in changes {
            self.tell(change);
        }
        for (opened, number) in committed.numbers {
            cases.iter_mut().filter(|case| case.case == opened).for_each(|case| case.number.clone_from(&number));
        }
        if taking.reopening.is_none() {
            cases.sort_by_key(|case| case.case);
        }
        Ok(Taken { class, cases })
    }

    /// Opens or joins a case for each person an alert is about.
    async fn touch(&self, taking: &Taking<'_>, persons: &[Person<'_>]) -> Result<Touched<'_>, WorkError> {
        let mut touched = Touched::default();
        if taking.understood.class == Class::Filed {
            return Ok(touched);
        }
        let mut candidates = Vec::with_capacity(persons.len());
        for person in persons {
            candidates.push(self.candidates(person, &mut touched.expected).await?);
        }
        touched.turns = self.turns(taking, &candidates).await?;
        for ((index, person), candidates) in persons.iter().enumerate().zip(candidates) {
            if !self.join(taking, person, candidates, &mut touched).await? {
                if taking.understood.session == Some(SessionMessage::Stop) {
                    // the end of a session that has no open case
                    continue;
                }
                let relation = if index == 0 { taking.opens_as } else { Relation::Linked };
                self.open(taking, person, relation, &mut touched).await?;
            }
        }
        link_all(&mut touched);
        link_earlier(&mut touched, &self.earlier_cases(taking.kept).await?);
        Ok(touched)
    }
}

/// Why an alert could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// No protocol to run it on.
    #[error("there is no protocol `{0}`, and no other for alerts that fit none")]
    NoProtocol(String),
    /// The case it belongs to cannot be loaded.
    #[error("{0}")]
    Case(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LoadError> for WorkError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => Self::Store(error),
            LoadError::Missing(case) => Self::Case(format!("there is no case {case}")),
            LoadError::Version(case, reason) => {
                Self::Case(format!("the protocol version of {case} cannot be loaded: {reason}"))
            }
        }
    }
}

/// All cases that one alert opened belong together.
fn link_all(touched: &mut Touched<'_>) {
    let cases: Vec<CaseId> = touched.cases.iter().map(|case| case.case).collect();
    for case in &cases {
        for other in cases.iter().filter(|other| *other != case) {
            let relation = "same_alert".to_owned();
            touched.writes.push(Write::Link(LinkRow { case: *case, other: *other, relation }));
        }
    }
}

/// Cases of the same bytes that were closed before.
fn link_earlier(touched: &mut Touched<'_>, earlier: &[CaseId]) {
    let cases: Vec<CaseId> = touched.cases.iter().map(|case| case.case).collect();
    for case in &cases {
        for other in earlier.iter().filter(|other| !cases.contains(other)) {
            let (earlier, later) = ("earlier_case".to_owned(), "later_case".to_owned());
            touched.writes.push(Write::Link(LinkRow { case: *case, other: *other, relation: earlier }));
            touched.writes.push(Write::Link(LinkRow { case: *other, other: *case, relation: later }));
        }
    }
}
