//! Retention: the keys of cases that were closed long ago are destroyed.

use std::collections::BTreeSet;

use niyam_kernel::event::EventBody;
use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;

use super::Run;
use crate::error::{ActError, StoreError};
use crate::runtime::{Runtime, TRIES};
use crate::seal::split::PERSON;
use crate::store::Commit;
use crate::view::words::text;

/// Cases forgotten before the claim is held on.
const PAGE: u64 = 64;

impl Runtime {
    /// Forgets the persons of all cases that were closed long enough ago. In words, how many.
    pub(super) async fn forget_closed(&self, run: &Run<'_>) -> Result<Text, StoreError> {
        let kept_ms = i64::try_from(self.schedules.closed_for.as_ms()).unwrap_or(i64::MAX);
        let before = Timestamp::from_ms(self.now().as_ms().saturating_sub(kept_ms));
        let (mut forgotten, mut failed) = (0_u64, BTreeSet::new());
        loop {
            // those that fail stay at the head of the list: look behind them
            let most = PAGE + u64::try_from(failed.len()).unwrap_or(0);
            let mut page = self.store.forgettable(before, most).await?;
            page.retain(|case| !failed.contains(case));
            if page.is_empty() {
                break;
            }
            for case in page {
                match self.forget(case).await {
                    Ok(true) => forgotten += 1,
                    Ok(false) => {
                        failed.insert(case);
                    }
                    Err(ActError::Store(error @ (StoreError::Full | StoreError::Unavailable { .. }))) => {
                        return Err(error);
                    }
                    Err(error) => {
                        tracing::error!(case.id = %case, %error, "a case could not be forgotten; it is tried again");
                        failed.insert(case);
                    }
                }
            }
            run.hold().await?;
        }
        let left = failed.len();
        Ok(text(
            format!("{forgotten} cases forgotten, {left} could not be"),
            format!("{forgotten} प्रकरणों का व्यक्तिगत डेटा मिटाया गया, {left} नहीं हो सके"),
        ))
    }

    /// Destroys all keys of a closed case, by an event; whether it took it.
    async fn forget(&self, case: CaseId) -> Result<bool, ActError> {
        let mut last = StoreError::Busy;
        for _ in 0..TRIES {
            let mut turn = self.turn(case).await?;
            // groups that facts of the version fall into, and any other that has a key
            let declared = turn.live().protocol.facts.values().filter_map(|fact| fact.seal.clone());
            let held = turn.live().keys.left.keys().map(|(seal, _)| seal.clone());
            let seals: BTreeSet<String> = declared.chain(held).chain([PERSON.to_owned()]).collect();
            let appended = turn.append(EventBody::Forgotten { seals }, None).await?;
            let taken = appended.refusal.is_none();
            match turn.commit(Commit { name: "forget a case", writes: appended.writes }).await {
                Ok(_) => {
                    self.tell(appended.change);
                    return Ok(taken);
                }
                Err(error @ StoreError::Conflict { .. }) => last = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }
}
