//! Acts and forms of people.

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
        let fingerprint = self.key.fingerprint(json(&(case, &body, happened_at)).as_bytes());
        let mut last = StoreError::Busy;
        for _ in 0..TRIES {
            if let Some(row) = self.store.request(request).await? {
                return self.again(case, &row, &fingerprint).await;
            }
            let mut live = self.load(case).await?;
            let mut appended = self.append(&mut live, body.clone(), happened_at).await?;
            let answer = Answer { number: appended.number, refusal: appended.refusal.clone() };
            appended.writes.push(Write::Request(RequestRow {
                id: request,
                fingerprint,
                answer: json(&answer),
                at: self.now(),
            }));
            match self.commit(Commit { name: "record what a person did", writes: appended.writes }).await {
                Ok(_) => {
                    self.tell(appended.change);
                    return match appended.refusal {
                        None => Ok(Done { number: appended.number, repeated: false }),
                        Some(refusal) => Err(refused(&live.protocol, refusal, appended.number)),
                    };
                }
                // somebody else was first, on the case or with this very request: look again
                Err(error @ (StoreError::Conflict { .. } | StoreError::Repeated(_))) => last = error,
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
                let live = self.load(case).await?;
                Err(refused(&live.protocol, refusal, answer.number))
            }
        }
    }
}

fn refused(protocol: &niyam_rules::protocol::Protocol, refusal: Refusal, number: u64) -> ActError {
    let text = words::refusal(protocol, &refusal);
    ActError::Refused { refusal, text, number }
}
