//! Proves that a case's log is as it was written.

use niyam_kernel::id::CaseId;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::error::StoreError;
use crate::replay::{PAGE, began_on};
use crate::seal::chain::{Link, genesis, link};
use crate::seal::deployment::to_hex;
use crate::store::{Store, StoredCase};

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

/// How often a case that goes on meanwhile is read again.
const READS: u32 = 64;

/// Checks every link, and that the stored state is the one the last event led to. Returns the number of events.
///
/// The log is read up to the event that the state was loaded with; an event that comes meanwhile is not missed by it, and
/// what stands there never changes.
pub async fn verify(store: &dyn Store, case: CaseId) -> Result<u64, ChainError> {
    let (stored, last) = standing(store, case).await?;
    let first = store.events_after(case, 0, 1).await?;
    let version = match first.first() {
        Some(row) => began_on(store, case, stored.row.version, &row.prev_hash).await?,
        None => stored.row.version,
    };
    let mut previous = genesis(case, version);
    let (mut expected, mut after, mut claimed) = (1, 0, None);
    while after < last {
        let page = store.events_after(case, after, PAGE).await?;
        let Some(until) = page.last().map(|row| row.number) else { break };
        after = until;
        for row in page.into_iter().filter(|row| row.number <= last) {
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
            claimed = serde_json::from_str(&row.outcome).ok().map(|outcome: StateOf| outcome.state);
        }
    }
    let snapshot = &stored.snapshot;
    let digest = to_hex(&Sha256::digest(snapshot.plain.as_bytes()));
    if snapshot.hash != previous || snapshot.number + 1 != expected || claimed.is_none_or(|claimed| claimed != digest) {
        return Err(ChainError::Head { case });
    }
    Ok(snapshot.number)
}

/// A case and the number of its last event, as they stood at one moment: each event adds a number, so nothing was written in
/// between when it is the same before and after.
pub(crate) async fn standing(store: &dyn Store, case: CaseId) -> Result<(StoredCase, u64), ChainError> {
    let mut before = store.last_event(case).await?;
    for _ in 0..READS {
        let stored = store.load(case).await?.ok_or(ChainError::NoSuchCase(case))?;
        let last = store.last_event(case).await?;
        if last == before {
            return Ok((stored, last));
        }
        before = last;
    }
    Err(StoreError::Busy.into())
}

/// The one thing of an outcome that is compared without stepping.
#[derive(Deserialize)]
pub(crate) struct StateOf {
    /// SHA-256 of the plain state after the event.
    pub state: String,
}
