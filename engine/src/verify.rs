//! Proves that a case's log is as it was written.

use niyam_kernel::id::CaseId;

use crate::error::StoreError;
use crate::runtime::versions;
use crate::seal::chain::{Link, genesis, link};
use crate::store::Store;

/// Why a log is not as it was written.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// No such case.
    #[error("there is no case {0}")]
    NoSuchCase(CaseId),
    /// An event is missing.
    #[error("event {expected} of {case} is missing")]
    Missing {
        /// The case.
        case: CaseId,
        /// The number that should stand there.
        expected: u64,
    },
    /// An event was changed, or one before it.
    #[error("event {number} of {case} is not as it was written")]
    Changed {
        /// The case.
        case: CaseId,
        /// The first number whose link does not hold.
        number: u64,
    },
    /// The state does not belong to the end of the log.
    #[error("the state of {case} does not belong to the last event of its log")]
    Head {
        /// The case.
        case: CaseId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Checks every link. Returns the number of events.
pub async fn verify(store: &dyn Store, case: CaseId) -> Result<u64, ChainError> {
    let stored = store.load(case).await?.ok_or(ChainError::NoSuchCase(case))?;
    let events = store.events(case).await?;
    // the chain begins with the version that the case began on
    let began = versions::at(&versions::history(&events, stored.row.version)?, 1);
    let mut previous = genesis(case, began);
    let mut expected = 1;
    for row in events {
        if row.number != expected {
            return Err(ChainError::Missing { case, expected });
        }
        let event = Link {
            case,
            number: row.number,
            at: row.at,
            plain: &row.plain,
            outcome: &row.outcome,
            sealed: &row.sealed,
        };
        if row.prev_hash != previous || link(&previous, &event) != row.hash {
            return Err(ChainError::Changed { case, number: row.number });
        }
        previous = row.hash;
        expected += 1;
    }
    if stored.snapshot.hash != previous || stored.snapshot.number + 1 != expected {
        return Err(ChainError::Head { case });
    }
    Ok(stored.snapshot.number)
}
