//! A person makes a case of what was filed.

use std::collections::BTreeMap;

use niyam_kernel::event::{Actor, EventBody};
use niyam_kernel::id::{AlertId, CaseId};
use niyam_rules::value::Value;

use super::work::WorkError;
use crate::error::StoreError;
use crate::request::{Class, Received, Relation};
use crate::runtime::{Runtime, TRIES};
use crate::store::Commit;
use crate::understood::Understood;

impl Runtime {
    /// Makes a case of an alert that was filed. Errors: words for the log.
    pub async fn reopen(
        &self,
        alert: AlertId,
        received: &Received,
        actor: &Actor,
        reason: &str,
    ) -> Result<Option<CaseId>, WorkError> {
        let mut understood = self.understand(alert, received).await;
        if understood.subjects.is_empty() {
            let contents = std::mem::take(&mut understood.contents);
            let source = understood.source.clone();
            understood = Understood::unreadable(received, self.intake.fallback());
            understood.contents = contents;
            understood.source = source;
        }
        understood.class = Class::NeedsReview;
        understood.session = None;
        let touched = self.apply(alert, received.drill, &understood, Relation::Reopened).await?;
        self.commit(Commit { name: "reopen a filed alert", writes: touched.writes }).await?;
        touched.changes.into_iter().for_each(|change| self.tell(change));
        for (case, _) in &touched.cases {
            self.note_reopening(*case, actor, reason).await?;
        }
        Ok(touched.cases.first().map(|(case, _)| *case))
    }

    /// Writes into the log of a case who made it of a filed alert, and why.
    async fn note_reopening(&self, case: CaseId, actor: &Actor, reason: &str) -> Result<(), WorkError> {
        let data = BTreeMap::from([
            ("person".to_owned(), Value::Text(actor.person.to_string())),
            ("role".to_owned(), Value::Text(actor.role.clone())),
            ("unit".to_owned(), Value::Text(actor.unit.clone())),
            ("reason".to_owned(), Value::Text(reason.to_owned())),
        ]);
        let body = EventBody::External { name: "alert.reopened".to_owned(), data: Value::Map(data) };
        let mut last = StoreError::Busy;
        for _ in 0..TRIES {
            let mut live = self.load(case).await?;
            let appended = self.append(&mut live, body.clone(), None).await?;
            match self.commit(Commit { name: "note a reopening", writes: appended.writes }).await {
                Ok(_) => {
                    self.tell(appended.change);
                    return Ok(());
                }
                Err(error @ StoreError::Conflict { .. }) => last = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }
}
