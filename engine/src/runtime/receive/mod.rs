//! Alerts: first durable, then understood, then an event of a case.
//!
//! Where a new thing goes: what is kept of an alert in `keep`; how it finds its case in `join`; how a case begins in `open`;
//! what is tried again in `unread`; what a person makes of it in `reopen`. `work` holds these together.

mod join;
mod keep;
mod open;
mod reopen;
mod unread;
mod work;

use niyam_kernel::id::{AlertId, CaseId};
use sha2::{Digest as _, Sha256};

use super::Runtime;
use crate::error::{ReceiveError, StoreError};
use crate::request::{ALERT_BYTES, CaseOf, Class, Receipt, Received};
use crate::store::{Commit, Write};
use crate::time::new_uuid;
use crate::view::LifeView;

pub use join::SESSION;
pub use work::WorkError;

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
        let turn = self.intake_turn.lock().await;
        if let Some(alert) = self.held(&sha256, &received).await? {
            let writes = vec![Write::AlertRepeated(alert, received.received_at)];
            self.commit(Commit { name: "note a repeated alert", writes }).await?;
            drop(turn);
            return Ok(self.receipt(alert, true).await?);
        }
        let alert = AlertId(new_uuid(self.now(), self.entropy.as_ref()));
        self.keep_bytes(alert, sha256, &received).await?;
        if let Err(reason) = self.work_on(alert, &received).await {
            self.put_back(alert, &reason).await?;
        }
        drop(turn);
        Ok(self.receipt(alert, false).await?)
    }

    /// The alert of the same bytes that somebody looks after or will: one that is unread, or of an open case. The same bytes
    /// after the case was closed or halted are a new cry for help, and what was filed is read again.
    async fn held(&self, sha256: &[u8; 32], received: &Received) -> Result<Option<AlertId>, StoreError> {
        for alert in self.store.same_alerts(sha256, &received.channel, received.drill).await? {
            let unread = self.store.alert(alert).await?.is_some_and(|row| row.class == Class::Unread);
            if unread || self.lives_of(alert).await?.iter().any(|(_, life)| *life == LifeView::Open) {
                return Ok(Some(alert));
            }
        }
        Ok(None)
    }

    /// Cases that an alert opened or joined, and whether they run.
    async fn lives_of(&self, alert: AlertId) -> Result<Vec<(CaseId, LifeView)>, StoreError> {
        let mut lives = Vec::new();
        for link in self.store.cases_of(alert).await? {
            if let Some(case) = self.store.case(link.case).await? {
                lives.push((case.id, case.life));
            }
        }
        Ok(lives)
    }

    /// Closed cases that the same bytes belonged to.
    async fn earlier_cases(&self, alert: AlertId) -> Result<Vec<CaseId>, StoreError> {
        let Some(row) = self.store.alert(alert).await? else { return Ok(Vec::new()) };
        let mut cases = Vec::new();
        for same in self.store.same_alerts(&row.sha256, &row.channel, row.drill).await? {
            cases.extend(self.lives_of(same).await?.into_iter().map(|(case, _)| case));
        }
        Ok(cases)
    }

    /// What became of an alert.
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
