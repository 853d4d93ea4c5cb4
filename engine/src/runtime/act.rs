//! Acts and forms of people.

use std::sync::Arc;

use niyam_kernel::event::{EventBody, Refusal};
use niyam_kernel::id::{CaseId, RequestId};
use niyam_kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::append::json;
use super::{Runtime, TRIES};
use crate::error::{ActError, StoreError};
use crate::request::Done;
use crate::store::{Commit, RequestRow, Write};
use crate::view::words;

/// What was answered to a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Answer {
    number: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
}

impl Runtime {
    /// Takes in what a person did, once for each request.
    pub async fn person_event(
        &self,
        case: CaseId,
        request: RequestId,
        body: EventBody,
        happened_at: Option<Timestamp>,
    ) -> Result<Done, ActError> {
        let fingerprint = self.key.fingerprint(json(&(case, &asked(&body), happened_at)).as_bytes());
        let mut last = StoreError::Busy;
        for _ in 0..TRIES {
            let mut turn = self.turn(case).await?;
            let mut appended = turn.append(body.clone(), happened_at).await?;
            let protocol = Arc::clone(&turn.live().protocol);
            let answer = Answer { number: appended.number, refusal: appended.refusal.clone() };
            appended.writes.push(Write::Request(RequestRow {
                id: request,
                fingerprint,
                answer: json(&answer),
                at: self.now(),
            }));
            match turn.commit(Commit { name: "record what a person did", writes: appended.writes }).await {
                Ok(_) => {
                    self.tell(appended.change);
                    return match appended.refusal {
                        None => Ok(Done { number: appended.number, repeated: false }),
                        Some(refusal) => Err(refused(&protocol, refusal, appended.number)),
                    };
                }
                // this very request was here before: what was said then counts
                Err(error @ StoreError::Repeated(_)) => {
                    if let Some(row) = self.store.request(request).await? {
                        return self.again(case, &row, &fingerprint).await;
                    }
                    last = error;
                }
                // another node was first: step again on what it made of the case
                Err(error @ StoreError::Conflict { .. }) => last = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }

    async fn again(&self, case: CaseId, row: &RequestRow, fingerprint: &[u8; 32]) -> Result<Done, ActError> {
        if row.fingerprint != *fingerprint {
            return Err(ActError::RequestReused(row.id));
        }
        let answer: Answer = serde_json::from_str(&row.answer).map_err(|error| StoreError::Corrupt {
            table: "requests",
            row: row.id.to_string(),
            column: "answer",
            reason: error.to_string(),
        })?;
        match answer.refusal {
            None => Ok(Done { number: answer.number, repeated: true }),
            Some(refusal) => {
                let turn = self.turn(case).await?;
                Err(refused(&turn.live().protocol, refusal, answer.number))
            }
        }
    }
}

/// What the person asked for, without what the engine added to it.
fn asked(body: &EventBody) -> EventBody {
    let mut asked = body.clone();
    if let EventBody::Moved { from, to, .. } = &mut asked {
        *from = *to;
    }
    asked
}

fn refused(protocol: &niyam_rules::protocol::Protocol, refusal: Refusal, number: u64) -> ActError {
    let text = words::refusal(protocol, &refusal);
    ActError::Refused { refusal, text, number }
}
