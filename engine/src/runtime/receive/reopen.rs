//! A person makes a case of what was filed.

use std::collections::BTreeMap;

use niyam_kernel::event::{Actor, EventBody};
use niyam_kernel::id::{AlertId, CaseId, RequestId};
use niyam_rules::value::Value;

use super::work::{Taking, WorkError};
use crate::error::{ActError, StoreError};
use crate::request::{Class, Received, Relation};
use crate::runtime::append::json;
use crate::runtime::{Runtime, TRIES};
use crate::store::{RequestRow, Write};
use crate::understood::Understood;

/// Who makes a case of a filed alert, and why.
pub(super) struct Reopening<'a> {
    pub(super) actor: &'a Actor,
    pub(super) reason: &'a str,
    pub(super) request: RequestId,
    pub(super) fingerprint: [u8; 32],
}

impl Reopening<'_> {
    /// The event that says so, right behind the one that opened or joined the case.
    pub(super) fn body(&self) -> EventBody {
        let data = BTreeMap::from([
            ("person".to_owned(), Value::Text(self.actor.person.to_string())),
            ("role".to_owned(), Value::Text(self.actor.role.clone())),
            ("unit".to_owned(), Value::Text(self.actor.unit.clone())),
            ("reason".to_owned(), Value::Text(self.reason.to_owned())),
        ]);
        EventBody::External { name: "alert.reopened".to_owned(), data: Value::Map(data) }
    }
}

impl Runtime {
    /// Makes a case of an alert that was filed, once for each request: what the alert tells, who reopened it and why, and
    /// the answer are one transaction. `None`: there is no such filed alert.
    pub async fn reopen_filed(
        &self,
        alert: AlertId,
        request: RequestId,
        actor: &Actor,
        reason: &str,
    ) -> Result<Option<CaseId>, ActError> {
        let fingerprint = self.key.fingerprint(json(&("reopen", alert, actor, reason)).as_bytes());
        let reopening = Reopening { actor, reason, request, fingerprint };
        for _ in 0..TRIES {
            // in this order: whoever finds it reopened by this very request finds the answer, too
            let row = self.store.alert(alert).await?;
            if let Some(row) = self.store.request(request).await? {
                return answered(&row, &fingerprint).map(Some);
            }
            let Some(row) = row.filter(|row| row.class == Class::Filed) else { return Ok(None) };
            let Some(received) = self.received_again(&row).await? else { return Ok(None) };
            let kept = self.kept_already(&row).await?;
            let understood = self.understood_by_a_person(alert, &received).await;
            let taking = Taking {
                name: "reopen a filed alert",
                kept: &kept,
                drill: received.drill,
                understood: &understood,
                opens_as: Relation::Reopened,
                reopening: Some(&reopening),
            };
            // `None`: somebody else has reopened it meanwhile, perhaps with this very request
            if let Some(taken) = self.take(&taking).await? {
                return Ok(taken.cases.first().map(|taken| taken.case));
            }
        }
        Err(StoreError::Moved.into())
    }

    /// What an alert says that a person takes for one, whatever the program took it for.
    async fn understood_by_a_person(&self, alert: AlertId, received: &Received) -> Understood {
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
        understood
    }

    /// The answer to a reopening, for its repeat.
    pub(super) fn reopened(&self, reopening: &Reopening<'_>, case: CaseId) -> Write {
        Write::Request(RequestRow {
            id: reopening.request,
            fingerprint: reopening.fingerprint,
            answer: json(&case),
            at: self.now(),
        })
    }
}

fn answered(row: &RequestRow, fingerprint: &[u8; 32]) -> Result<CaseId, ActError> {
    if row.fingerprint != *fingerprint {
        return Err(ActError::RequestReused(row.id));
    }
    let answer = serde_json::from_str(&row.answer).map_err(|error| StoreError::Corrupt {
        table: "requests",
        row: row.id.to_string(),
        column: "answer",
        reason: error.to_string(),
    })?;
    Ok(answer)
}

impl From<WorkError> for ActError {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Store(error) => Self::Store(error),
            WorkError::NoProtocol(_) | WorkError::Case(_) => {
                Self::Store(StoreError::Database { doing: "reopen a filed alert", reason: error.to_string() })
            }
        }
    }
}
