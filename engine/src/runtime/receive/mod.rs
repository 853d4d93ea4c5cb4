//! Alerts: first durable, then understood, then an event of a case.
//!
//! Nothing here holds a lock over the whole of intake. An alert is kept, matched and committed on what was seen, and the
//! store refuses the commit when that has changed meanwhile ([`crate::store::Expected`]); then it is matched again.
//!
//! Where a new thing goes: what is kept of an alert in `keep`; how it finds its case in `join`; how a case begins in `open`;
//! what is tried again in `unread`; what a person makes of it in `reopen`. `work` holds these together.

mod join;
mod keep;
mod open;
mod reopen;
mod turns;
mod unread;
mod work;

use niyam_kernel::id::AlertId;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::Runtime;
use crate::error::{ReceiveError, StoreError};
use crate::request::{ALERT_BYTES, CaseOf, Receipt, Received};

pub use join::SESSION;
use keep::Keeping;
pub use turns::Turns;
use work::Taken;

impl Runtime {
    /// Takes in one alert. When it returns, the bytes are durable.
    pub async fn receive(&self, received: Received) -> Result<Receipt, ReceiveError> {
        if received.bytes.is_empty() {
            return Err(ReceiveError::Empty);
        }
        if received.bytes.len() > ALERT_BYTES {
            return Err(ReceiveError::TooLarge { bytes: received.bytes.len(), limit: ALERT_BYTES });
        }
        let sha256: [u8; 32] = Sha256::digest(&received.bytes).into();
        let begun = Instant::now();
        let kept = self.keep(sha256, &received).await?;
        measured("keep", begun);
        let receipt = match kept {
            Keeping::Again(alert) => self.receipt(alert, true).await?,
            Keeping::New(kept) => match self.work_on(&kept, &received).await {
                Ok(Some(Taken { class, cases })) => Receipt { alert: kept.alert, sha256, class, cases, repeat: false },
                // another node took it for forgotten and was faster
                Ok(None) => self.receipt(kept.alert, false).await?,
                Err(error) => {
                    self.put_back(kept.alert, &error).await?;
                    self.receipt(kept.alert, false).await?
                }
            },
        };
        count(&received.channel, &receipt);
        Ok(receipt)
    }

    /// What became of an alert, as the store has it.
    async fn receipt(&self, alert: AlertId, repeat: bool) -> Result<Receipt, StoreError> {
        let row = self.store.alert(alert).await?.ok_or_else(|| StoreError::Corrupt {
            table: "alerts",
            row: alert.to_string(),
            column: "id",
            reason: "the alert is gone".to_owned(),
        })?;
        let mut cases = Vec::new();
        for link in self.store.cases_of(alert).await? {
            if let Some(case) = self.store.case(link.case).await? {
                cases.push(CaseOf { case: link.case, number: case.number, relation: link.relation });
            }
        }
        Ok(Receipt { alert, sha256: row.sha256, class: row.class, cases, repeat })
    }
}

/// Counts an alert by its channel and what it was taken for.
fn count(channel: &str, receipt: &Receipt) {
    let class = if receipt.repeat { "repeat" } else { receipt.class.as_str() };
    metrics::counter!("niyam_alerts_total", "channel" => channel.to_owned(), "class" => class).increment(1);
}

/// Notes how long a stage of intake took: `keep`, `understand`, `commit`.
fn measured(stage: &'static str, begun: Instant) {
    metrics::histogram!("niyam_intake_seconds", "stage" => stage).record(begun.elapsed().as_secs_f64());
}
