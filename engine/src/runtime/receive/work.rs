//! Working on an alert: it is understood, and what comes of it is committed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use niyam_kernel::id::{AlertId, CaseId};

use super::keep::{alert_key_place, alert_place};
use crate::error::StoreError;
use crate::request::{Change, Class, Received, Relation};
use crate::runtime::append::json;
use crate::runtime::live::{Live, LoadError};
use crate::runtime::{Runtime, TRIES};
use crate::store::{AlertRead, Commit, LinkRow, Write};
use crate::understood::{SessionMessage, Understood};

/// Cases touched by one alert, before they are committed.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) writes: Vec<Write>,
    pub(super) cases: Vec<(CaseId, Relation)>,
    pub(super) changes: Vec<Change>,
    pub(super) opened: Vec<Live>,
}

impl Runtime {
    /// Understands an alert and commits what comes of it. Errors are words for the log: the alert is kept.
    pub(super) async fn work_on(&self, alert: AlertId, received: &Received) -> Result<(), String> {
        let understood = self.understand(alert, received).await;
        let mut last = String::new();
        for _ in 0..TRIES {
            let touched = match understood.class {
                Class::Filed => self.file(alert, &understood).await.map_err(WorkError::from),
                Class::Alert | Class::NeedsReview | Class::Unread => {
                    self.apply(alert, received.drill, &understood, Relation::New).await
                }
            };
            let touched = touched.map_err(|error| error.to_string())?;
            match self.commit(Commit { name: "take in an alert", writes: touched.writes }).await {
                Ok(committed) => {
                    touched.opened.into_iter().for_each(|live| self.hot.opened(live, &committed));
                    touched.changes.into_iter().for_each(|change| self.tell(change));
                    return Ok(());
                }
                Err(error @ StoreError::Conflict { .. }) => last = error.to_string(),
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(last)
    }

    /// Reads an alert on a thread of its own: a large one takes a while, and one that breaks intake must not break more.
    pub(super) async fn understand(&self, alert: AlertId, received: &Received) -> Understood {
        let read = if self.intake.reads_at_once() {
            // nothing of the reader is used after it broke but the reader itself, as with a thread of its own
            catch_unwind(AssertUnwindSafe(|| self.intake.understand(received))).ok()
        } else {
            let (intake, copy) = (Arc::clone(&self.intake), received.clone());
            tokio::task::spawn_blocking(move || intake.understand(&copy)).await.ok()
        };
        read.unwrap_or_else(|| {
            tracing::error!(alert.id = %alert, "intake broke on an alert; it becomes a case for a person to read");
            Understood::unreadable(received, self.intake.fallback())
        })
    }

    pub(super) async fn file(&self, alert: AlertId, understood: &Understood) -> Result<Touched, StoreError> {
        let read = self.read_write(alert, Class::Filed, understood).await?;
        Ok(Touched { writes: vec![read], ..Touched::default() })
    }

    pub(super) async fn read_write(
        &self,
        alert: AlertId,
        class: Class,
        understood: &Understood,
    ) -> Result<Write, StoreError> {
        let row = self.store.alert(alert).await?;
        let was = row.as_ref().map_or(Class::Unread, |row| row.class);
        let wrapped = row.and_then(|row| row.wrapped_key);
        let sealed_reading = wrapped.and_then(|wrapped| {
            let key = self.key.unwrap(&wrapped, &alert_key_place(alert)).ok()?;
            let text = json(&understood.contents);
            Some(key.seal(0, text.as_bytes(), &alert_place(alert, "reading"), self.entropy.as_ref()))
        });
        Ok(Write::AlertRead(Box::new(AlertRead {
            id: alert,
            was,
            class,
            source: understood.source.clone(),
            reason: Some(understood.reason.clone()),
            sealed_reading,
        })))
    }

    /// Opens or joins a case for each person an alert is about.
    pub(super) async fn apply(
        &self,
        alert: AlertId,
        drill: bool,
        understood: &Understood,
        opens_as: Relation,
    ) -> Result<Touched, WorkError> {
        let mut touched = Touched::default();
        for (index, subject) in understood.subjects.iter().enumerate() {
            if !self.join(alert, drill, understood.session, subject, &mut touched).await? {
                if understood.session == Some(SessionMessage::Stop) {
                    continue;
                }
                let relation = if index == 0 { opens_as } else { Relation::Linked };
                self.open(alert, drill, subject, relation, understood, &mut touched).await?;
            }
        }
        if touched.cases.is_empty() {
            // the end of a session that has no open case
            return Ok(self.file(alert, understood).await?);
        }
        link_all(&mut touched);
        link_earlier(&mut touched, &self.earlier_cases(alert).await?);
        // behind the cases, before the links to them: rows refer to it, and it to nothing
        touched.writes.insert(0, self.read_write(alert, understood.class, understood).await?);
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
fn link_all(touched: &mut Touched) {
    let cases: Vec<CaseId> = touched.cases.iter().map(|(case, _)| *case).collect();
    for case in &cases {
        for other in cases.iter().filter(|other| *other != case) {
            let relation = "same_alert".to_owned();
            touched.writes.push(Write::Link(LinkRow { case: *case, other: *other, relation }));
        }
    }
}

/// Cases of the same bytes that were closed before.
fn link_earlier(touched: &mut Touched, earlier: &[CaseId]) {
    let cases: Vec<CaseId> = touched.cases.iter().map(|(case, _)| *case).collect();
    for case in &cases {
        for other in earlier.iter().filter(|other| !cases.contains(other)) {
            let (earlier, later) = ("earlier_case".to_owned(), "later_case".to_owned());
            touched.writes.push(Write::Link(LinkRow { case: *case, other: *other, relation: earlier }));
            touched.writes.push(Write::Link(LinkRow { case: *other, other: *case, relation: later }));
        }
    }
}
