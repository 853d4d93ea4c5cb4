//! The durable runtime: loads a case, lets the kernel step, and commits event, state, clocks, effects and hash link
//! together.
//!
//! Purpose: one way for every event, whoever brings it: [`hot`] gives a case to one event at a time, [`append`] steps and
//! says what to write, a [`lane`] commits it together with others, then the change is told. A conflict (another node was
//! first) loads again and steps again.
//!
//! Where a new thing goes: a new source of events gets a module beside [`act`], [`receive`] and [`clocks`].

pub mod act;
pub mod admission;
pub mod append;
pub mod card;
pub mod clocks;
pub mod halt;
pub mod hot;
mod joining;
pub mod lane;
pub mod live;
mod moving;
mod others;
pub mod receive;
pub mod start;
pub mod versions;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use tokio::sync::{Notify, broadcast, watch};

use crate::error::StoreError;
use crate::health::Pulse;
use crate::outbox::{Exits, InHand};
use crate::people::People;
use crate::request::Change;
use crate::schedule::Schedules;
use crate::seal::DeploymentKey;
use crate::store::{Commit, Committed, Store, Write};
use crate::time::{Clock, Entropy};
use crate::understood::Intake;
use admission::Admission;
use hot::Hot;
use lane::Lanes;
use versions::Versions;

/// How often a step is tried again when somebody else wrote to the case first.
pub const TRIES: u32 = 16;

/// What all parts of the runtime share.
pub struct Runtime {
    pub store: Arc<dyn Store>,
    pub lanes: Lanes,
    pub hot: Hot,
    pub admission: Admission,
    pub key: Arc<DeploymentKey>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub people: Arc<dyn People>,
    pub intake: Arc<dyn Intake>,
    pub exits: Exits,
    pub schedules: Schedules,
    pub versions: Arc<Versions>,
    pub changes: broadcast::Sender<Change>,
    /// How often changes of other nodes may have been missed.
    pub missed: watch::Sender<u64>,
    /// Rung when there may be a new clock.
    pub wake: Notify,
    /// Rung when there may be something to deliver.
    pub wake_outbox: Notify,
    /// Alerts that may be about one person are matched one after the other on this node.
    pub intake_turns: receive::Turns,
    /// Versions known to be in the store, where nothing removes them.
    pub stored_versions: std::sync::Mutex<BTreeSet<VersionDigest>>,
    /// Effects that this node has taken up and not ended.
    pub in_hand: InHand,
    /// Beats with every round of clocks that went well.
    pub clocks_pulse: Pulse,
    /// Beats with every round of deliveries that went well.
    pub outbox_pulse: Pulse,
    /// Something was destroyed, and may still stand beside the database.
    pub to_scrub: AtomicBool,
    /// Name under which effects are claimed.
    pub node: String,
}

impl Runtime {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes writes durable, together with what others commit at the moment. Cases whose log they continue are loaded
    /// anew by whoever takes a turn at them; who has the turn commits with [`hot::Turn::commit`]. Errors: as
    /// [`Store::commit`].
    pub async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        for write in &commit.writes {
            if let Write::Event(row) = write {
                self.hot.forget_before(Change { case: row.case, number: row.number });
            }
        }
        self.commit_kept(commit).await
    }

    /// As [`Runtime::commit`], for cases that stay in memory.
    async fn commit_kept(&self, commit: Commit) -> Result<Committed, StoreError> {
        let destroys =
            commit.writes.iter().any(|write| matches!(write, Write::DestroyKeys { .. } | Write::EraseAlert(_)));
        let committed = self.lanes.commit(commit).await?;
        self.to_scrub.fetch_or(destroys, Ordering::SeqCst);
        Ok(committed)
    }

    /// Removes what was destroyed from files beside the database; again later while somebody reads them.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        if self.to_scrub.swap(false, Ordering::SeqCst) {
            let done = self.store.scrub().await;
            if !matches!(done, Ok(true)) {
                self.to_scrub.store(true, Ordering::SeqCst);
            }
            done?;
        }
        Ok(())
    }

    /// There may be a new clock, or something to deliver.
    pub fn ring(&self) {
        self.wake.notify_one();
        self.wake_outbox.notify_one();
    }

    /// Tells of a change, after its commit.
    pub fn tell(&self, change: Change) {
        // nobody listening is no failure
        let _ = self.changes.send(change);
        if let Some(bus) = self.store.bus() {
            bus.tell(change);
        }
        self.ring();
    }
}
