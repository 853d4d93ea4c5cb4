//! Replay: steps the log of a case again and proves that it leads to what is stored.
//!
//! Purpose: `replay_case` proves one case, [`Auditor`] all of them on data that nobody or somebody else has open. Proved is:
//! the hash chain; refusal, effects, reasons and the digest of the state of every event; at the end the state with its
//! sealed part, the armed clocks, the effects to deliver and the row of the board.
//!
//! Invariants: a case is `Proved` only when all of it was stepped again; where facts were erased, or this program cannot step,
//! the chain alone is verified and the case is counted apart. A log is read page by page. Nothing is written but the event
//! that halts a case which differs. What is reported holds no personal data.
//!
//! Where a new thing goes: something else that must follow from the log is a word of [`What`], compared in `rows`.

mod auditor;
mod case;
mod rows;

use niyam_kernel::id::CaseId;
use niyam_kernel::replay::What;
use niyam_rules::bundle::VersionDigest;
use serde::Serialize;

use crate::error::StoreError;
use crate::runtime::versions::Versions;
use crate::seal::DeploymentKey;
use crate::store::Store;
pub use auditor::{Around, Auditor, Summary, Sweep};
pub(crate) use case::replay_case;

/// Events read at once.
pub(crate) const PAGE: u64 = 256;

/// Where a case is read from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub store: &'a dyn Store,
    /// Without it only chains are verified.
    pub key: Option<&'a DeploymentKey>,
    pub versions: &'a Versions,
}

/// What a replay found about one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// The case.
    pub case: CaseId,
    /// Number that people say.
    pub number: String,
    /// Events in its log.
    pub events: u64,
    /// Events that were stepped again.
    pub stepped: u64,
    /// What was found.
    pub verdict: Verdict,
    /// Whether it stands still because of it.
    pub halt: Halt,
}

/// What a replay found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// Everything stored follows from the log.
    Proved,
    /// The chain holds; facts were erased, and from the event behind the last one stepped on nobody can step it again.
    Erased,
    /// The chain holds; this program cannot step all of it again.
    Unproved {
        /// Why.
        reason: String,
    },
    /// Something stored does not follow from the log.
    Differs {
        /// What, the first in the log first; at least one.
        differences: Vec<Difference>,
    },
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Number of the event; the last one for what lies beside the log.
    pub event: u64,
    /// What differs.
    #[serde(serialize_with = "word")]
    pub what: What,
    /// In words, without personal data.
    pub detail: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn word<S: serde::Serializer>(what: &What, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(what.as_str())
}

/// Whether a case stands still because of an audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Halt {
    /// It does not.
    No,
    /// An audit halted it before.
    Before,
    /// It was halted now, and a person was called.
    Now,
    /// It should have been halted and could not be: why.
    Failed(String),
    /// It would have been halted: it was only to be looked at, or too many differed.
    Spared,
}

/// Why a replay could not look at a case at all.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No such case.
    #[error("there is no case {0}")]
    NoSuchCase(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The version a case began on: the one it runs on, unless it was moved.
pub(crate) async fn began_on(
    store: &dyn Store,
    case: CaseId,
    current: VersionDigest,
    first_prev: &[u8; 32],
) -> Result<VersionDigest, StoreError> {
    if crate::seal::chain::genesis(case, current) == *first_prev {
        return Ok(current);
    }
    let mut after = 0;
    loop {
        let page = store.events_after(case, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(current) };
        after = last.number;
        for row in page.iter().filter(|row| row.kind == "moved") {
            if let Ok((event, _)) = crate::view::read_event(row)
                && let niyam_kernel::event::EventBody::Moved { from, .. } = event.body
            {
                return Ok(from);
            }
        }
    }
}
