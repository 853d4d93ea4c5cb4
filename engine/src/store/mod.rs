//! The store: what is durable, behind traits.
//!
//! Purpose: [`Store`] is what the runtime needs of a database. Writes are values: a [`Commit`] holds everything that one
//! transaction writes, so that it can be repeated after a conflict, batched with others, or kept in memory by a test.
//!
//! Invariants: a commit happens whole or not at all; an event is written only as the next one of its case
//! ([`crate::error::StoreError::Conflict`] otherwise); a full disk is [`crate::error::StoreError::Full`] and changes
//! nothing. Rows hold sealed values as envelopes: a store never sees a key.
//!
//! Where a new thing goes: a new kind of row in `row`, a new write in [`Write`], and a method in the trait of those who
//! read it.

mod bus;
pub mod memory;
mod row;
pub mod sea;

use std::sync::Arc;

use async_trait::async_trait;
use niyam_kernel::id::{AlertId, CaseId, EffectId, RequestId};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;

use crate::error::StoreError;
use crate::view::{Counts, Filter};

pub use bus::{Bus, Heard};
pub use row::{
    AccessRow, AlertRead, AlertRow, CaseAlertRow, CaseRow, DeskNoticeRow, EffectRow, EffectStatus, EventRow, Expected,
    KeyRow, LinkRow, LookupRow, NewAlert, NoticeRow, OutgoingRow, RequestRow, ScheduleRan, ScheduleRow, SnapshotRow,
    StoredCase, TimerRow, VersionRow, Waiting,
};

/// Everything that one transaction writes, in order.
#[derive(Clone, Debug)]
pub struct Commit {
    /// What it is for, in log lines and errors: `open a case`.
    pub name: &'static str,
    /// The writes.
    pub writes: Vec<Write>,
}

/// One write.
#[derive(Clone, Debug)]
pub enum Write {
    /// A fact about the deployment, by name.
    Meta(String, Vec<u8>),
    /// Writes nothing: the whole commit is refused with [`crate::error::StoreError::Moved`] unless this holds where it
    /// stands, after the writes before it and the commits before it in the group.
    Expect(Expected),
    /// A new alert with its sealed bytes.
    Alert(Box<NewAlert>),
    /// What an alert was taken for; [`crate::error::StoreError::Moved`] when it is no longer of the class it was read in.
    AlertRead(Box<AlertRead>),
    /// The same bytes came again.
    AlertRepeated(AlertId, Timestamp),
    /// Working on an alert failed; when it is tried again.
    AlertFailed(AlertId, Timestamp),
    /// The key of an alert's bytes goes, unless another case still holds it.
    EraseAlert(AlertId),
    /// A version; nothing when it is there already.
    Version(VersionRow),
    /// A new case. Its number is made of the series (`RJ-2026`) and comes back from the commit.
    OpenCase {
        /// The case; its `number` is ignored.
        row: Box<CaseRow>,
        /// Series of its number.
        series: String,
    },
    /// The next event of a case.
    Event(Box<EventRow>),
    /// The state it leads to, and the card.
    Snapshot(Box<SnapshotRow>, Box<CaseRow>),
    /// A key of a case.
    Key(KeyRow),
    /// All keys of a seal group of a case go, with the keyed hashes made of it and the sealed part of the snapshot.
    DestroyKeys {
        /// The case.
        case: CaseId,
        /// The seal group.
        seal: String,
        /// When.
        at: Timestamp,
    },
    /// Something to find a case by.
    Lookup(LookupRow),
    /// How a case and an alert belong together.
    CaseAlert(CaseAlertRow),
    /// How two cases belong together.
    Link(LinkRow),
    /// Arms a timer.
    StartTimer(TimerRow),
    /// Disarms a timer; nothing when it is not armed.
    CancelTimer(CaseId, u64),
    /// A timer that could not fire is looked at again later.
    TimerRests {
        /// The case.
        case: CaseId,
        /// Number of the timer in the case.
        timer: u64,
        /// When it is looked at again.
        until: Timestamp,
    },
    /// An effect to deliver.
    Effect(EffectRow),
    /// What became of an effect. The first outcome stays; [`StoreError::Ended`] when there is one, or when another owner has
    /// claimed the effect since.
    EffectEnded {
        /// The effect.
        id: EffectId,
        /// Who claimed it.
        owner: String,
        /// Done or failed.
        status: EffectStatus,
        /// When.
        at: Timestamp,
        /// Why it failed, or who took it.
        reason: Option<String>,
    },
    /// An effect failed and is tried again later. Refused as [`Write::EffectEnded`].
    EffectRetry {
        /// The effect.
        id: EffectId,
        /// Who claimed it.
        owner: String,
        /// When.
        next_at: Timestamp,
        /// Why it failed this time.
        reason: String,
    },
    /// An effect was not tried and waits; no try is counted. Refused as [`Write::EffectEnded`].
    EffectWaits {
        /// The effect.
        id: EffectId,
        /// Who claimed it.
        owner: String,
        /// Until when.
        next_at: Timestamp,
        /// Why.
        reason: String,
    },
    /// An effect that was given up is tried again from the start; [`StoreError::Ended`] when it was not given up.
    EffectAgain {
        /// The effect.
        id: EffectId,
        /// When.
        at: Timestamp,
    },
    /// Something that is done at set times. One of the same name keeps its next time unless the cron text has changed.
    Schedule {
        /// Name.
        name: String,
        /// Five fields of `cron`.
        cron: String,
        /// When it is due next.
        next_due: Timestamp,
    },
    /// What is no longer done at set times, by name.
    NoSchedule(String),
    /// What came of a run; [`StoreError::Moved`] unless its owner still holds the claim for that time.
    ScheduleRan(ScheduleRan),
    /// A claim on a schedule goes on; [`StoreError::Moved`] unless its owner still holds it.
    ScheduleHeld {
        /// Name of the schedule.
        name: String,
        /// Who claimed it.
        owner: String,
    },
    /// Something that the engine has to say to a desk; nothing when it was said already.
    DeskNotice(DeskNoticeRow),
    /// A notice on screens; nothing when it is there already.
    Notice(NoticeRow),
    /// A message to somebody outside; nothing when it is there already.
    Outgoing(OutgoingRow),
    /// The answer to a request.
    Request(RequestRow),
    /// Somebody read something sealed.
    Access(AccessRow),
}

impl Commit {
    /// About how many bytes it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.writes.iter().map(Write::bytes).sum()
    }
}

impl Write {
    /// The case whose log it continues.
    #[must_use]
    pub fn case(&self) -> Option<CaseId> {
        if let Self::Event(row) = self { Some(row.case) } else { None }
    }

    /// About how many bytes it holds: those that may be many, and a guess for the rest.
    fn bytes(&self) -> usize {
        const REST: usize = 256;
        let sealed = |parts: &[(String, Vec<u8>)]| parts.iter().map(|(_, part)| part.len()).sum::<usize>();
        let large = if let Self::Event(row) = self {
            row.plain.len() + row.outcome.len() + sealed(&row.sealed)
        } else if let Self::Snapshot(snapshot, row) = self {
            snapshot.plain.len() + sealed(&snapshot.sealed) + row.card.len()
        } else if let Self::Alert(new) = self {
            new.sealed_bytes.len()
        } else if let Self::AlertRead(read) = self {
            read.sealed_reading.as_ref().map_or(0, Vec::len)
        } else if let Self::Version(row) = self {
            row.content.len()
        } else {
            0
        };
        large + REST
    }
}

/// What a commit gives back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Numbers of the cases it opened.
    pub numbers: Vec<(CaseId, String)>,
}

/// Is shown the commits of each group after they were written; what the store answered to each is not told.
#[derive(Clone)]
pub struct Watcher(pub Watching);

/// What a [`Watcher`] calls.
pub type Watching = Arc<dyn Fn(&[Commit]) + Send + Sync>;

impl std::fmt::Debug for Watcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watcher")
    }
}

/// Alerts.
#[async_trait]
pub trait AlertStore: Send + Sync {
    /// One alert without its bytes.
    async fn alert(&self, id: AlertId) -> Result<Option<AlertRow>, StoreError>;
    /// Its sealed bytes.
    async fn alert_bytes(&self, id: AlertId) -> Result<Option<Vec<u8>>, StoreError>;
    /// The alert that brought the same bytes on the same channel.
    async fn same_alerts(&self, sha256: &[u8; 32], channel: &str, drill: bool) -> Result<Vec<AlertId>, StoreError>;
    /// Alerts nobody has worked on and that are to be tried now, the oldest first.
    async fn unread(&self, now: Timestamp, limit: u64) -> Result<Vec<AlertId>, StoreError>;
    /// What was filed, the latest first.
    async fn filed(&self, limit: u64) -> Result<Vec<AlertRow>, StoreError>;
    /// Alerts of a case in the order they came.
    async fn alerts_of(&self, case: CaseId) -> Result<Vec<(CaseAlertRow, AlertRow)>, StoreError>;
    /// Cases of an alert.
    async fn cases_of(&self, alert: AlertId) -> Result<Vec<CaseAlertRow>, StoreError>;
}

/// Cases and their logs.
#[async_trait]
pub trait CaseStore: Send + Sync {
    /// What the board shows of one case.
    async fn case(&self, id: CaseId) -> Result<Option<CaseRow>, StoreError>;
    /// Everything needed to take the next step.
    async fn load(&self, id: CaseId) -> Result<Option<StoredCase>, StoreError>;
    /// Cases of the board.
    async fn cases(&self, filter: &Filter) -> Result<Vec<CaseRow>, StoreError>;
    /// Numbers above the board; `since` is the last midnight.
    async fn counts(&self, since: Timestamp) -> Result<Counts, StoreError>;
    /// How many cases of each protocol are not closed.
    async fn open_by_protocol(&self) -> Result<Vec<(String, u32)>, StoreError>;
    /// The log, in order.
    async fn events(&self, case: CaseId) -> Result<Vec<EventRow>, StoreError>;
    /// Cases that are not closed and can be found by one of these hashes, the latest first, each with the kind of hash.
    async fn find(&self, hashes: &[[u8; 32]]) -> Result<Vec<(CaseId, String)>, StoreError>;
    /// Cases that belong together with one.
    async fn links(&self, case: CaseId) -> Result<Vec<LinkRow>, StoreError>;
    /// One version.
    async fn version(&self, digest: VersionDigest) -> Result<Option<VersionRow>, StoreError>;
    /// Cases that run on a version and are not closed, by id from `after` on.
    async fn cases_on(
        &self,
        version: VersionDigest,
        after: Option<CaseId>,
        limit: u64,
    ) -> Result<Vec<CaseId>, StoreError>;
    /// How many cases that are not closed run on each version, by protocol and version.
    async fn open_by_version(&self) -> Result<Vec<(String, VersionDigest, u32)>, StoreError>;
    /// Versions that cases which are not closed run on.
    async fn versions_in_use(&self) -> Result<Vec<VersionDigest>, StoreError>;
}

/// What is still to be done, and what was said.
#[async_trait]
pub trait WorkStore: Send + Sync {
    /// Claims timers due at `now` for an owner, by due time, case and timer. The claim ends by the database's own time; a
    /// timer that another owner has claimed is left out. A store that only one node can have open may leave claims out:
    /// the expected event number makes a second firing harmless.
    async fn claim_timers(&self, owner: &str, now: Timestamp, limit: u64) -> Result<Vec<TimerRow>, StoreError>;
    /// When the next timer or effect is due.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;
    /// Claims effects due at `now` for an owner. The claim ends by the database's own time.
    async fn claim_effects(&self, owner: &str, now: Timestamp, limit: u64) -> Result<Vec<EffectRow>, StoreError>;
    /// Ends the claims of an owner that stops, so that others need not wait until they expire; all claims (`None`) at the
    /// start of a node that knows it is alone. Then every unread alert is listed at once, too.
    async fn release_claims(&self, owner: Option<&str>) -> Result<(), StoreError>;
    /// Effects of a case.
    async fn effects_of(&self, case: CaseId) -> Result<Vec<EffectRow>, StoreError>;
    /// Notices of a case.
    async fn notices_of(&self, case: CaseId) -> Result<Vec<NoticeRow>, StoreError>;
    /// Messages of a case to people outside.
    async fn outgoing_of(&self, case: CaseId) -> Result<Vec<OutgoingRow>, StoreError>;
    /// The answer given to a request.
    async fn request(&self, id: RequestId) -> Result<Option<RequestRow>, StoreError>;
    /// Who read sealed things of a case, in order.
    async fn accesses(&self, case: CaseId) -> Result<Vec<AccessRow>, StoreError>;
    /// Whether something can be written now: writes one row that nobody reads. A store without a disk always can.
    async fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }
    /// Steps of the schema that this program knows and the database lacks.
    async fn missing_steps(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
    /// A fact about the deployment.
    async fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
}

/// What replay reads, and what it is proved by. All of it page by page: a log may be longer than memory.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Cases after one (or from the first on), in the order of their ids.
    async fn case_ids(&self, after: Option<CaseId>, limit: u64) -> Result<Vec<CaseId>, StoreError>;
    /// The case with a human number.
    async fn case_numbered(&self, number: &str) -> Result<Option<CaseId>, StoreError>;
    /// Number of the last event in the log of a case; 0 when it has none.
    async fn last_event(&self, case: CaseId) -> Result<u64, StoreError>;
    /// Events behind one, in order. What stands there never changes, so pages need no common transaction.
    async fn events_after(&self, case: CaseId, after: u64, limit: u64) -> Result<Vec<EventRow>, StoreError>;
    /// Effects of the events behind one up to another, in order.
    async fn effects_between(&self, case: CaseId, after: u64, until: u64) -> Result<Vec<EffectRow>, StoreError>;
    /// Armed timers of a case, in order.
    async fn timers_of(&self, case: CaseId) -> Result<Vec<TimerRow>, StoreError>;
    /// Removes what was destroyed from files beside the database, where the store has such files. `false` when somebody
    /// still reads them: try again later.
    async fn scrub(&self) -> Result<bool, StoreError>;
}

/// What is done at set times, what the desk is told, and what waits.
#[async_trait]
pub trait ScheduleStore: Send + Sync {
    /// All schedules, by name.
    async fn schedules(&self) -> Result<Vec<ScheduleRow>, StoreError>;
    /// Claims the schedule that is due first at `now` for an owner, unless another has it. The claim ends by the database's own
    /// time.
    async fn claim_schedule(&self, owner: &str, now: Timestamp) -> Result<Option<ScheduleRow>, StoreError>;
    /// What the desks were told, the latest first.
    async fn desk_notices(&self, limit: u64) -> Result<Vec<DeskNoticeRow>, StoreError>;
    /// Effects that were given up, each with the time of that, the latest first.
    async fn failed_effects(&self, limit: u64) -> Result<Vec<(EffectRow, Timestamp)>, StoreError>;
    /// How much waits.
    async fn waiting(&self, now: Timestamp) -> Result<Waiting, StoreError>;
    /// When the next clock runs out.
    async fn next_clock(&self) -> Result<Option<Timestamp>, StoreError>;
    /// When the last alert came on a channel.
    async fn last_heard(&self, channel: &str) -> Result<Option<Timestamp>, StoreError>;
    /// Cases that are open, in the order of their ids, from the one behind `after`.
    async fn open_cases(&self, after: Option<CaseId>, limit: u64) -> Result<Vec<CaseId>, StoreError>;
    /// Cases closed before a moment that still have a key, the oldest first.
    async fn forgettable(&self, before: Timestamp, limit: u64) -> Result<Vec<CaseId>, StoreError>;
}

/// A whole store.
#[async_trait]
pub trait Store: AlertStore + CaseStore + WorkStore + AuditStore + ScheduleStore + 'static {
    /// Writes many commits in one transaction, durable when it returns, with one answer for each in their order.
    ///
    /// A commit that is refused ([`StoreError::Conflict`], [`StoreError::Repeated`], [`StoreError::Ended`],
    /// [`StoreError::Moved`]) leaves no trace and holds up none of the others, except that a later commit of the group which
    /// builds on it is refused too. Errors: what befell the transaction as a whole; then nothing was written, but for
    /// [`StoreError::Unavailable`], where it is not known.
    async fn commit_group(&self, commits: &[Commit]) -> Result<Vec<Result<Committed, StoreError>>, StoreError>;

    /// How nodes on this database tell one another of changes; `None` when only one node can have it open.
    fn bus(&self) -> Option<Arc<dyn Bus>>;

    /// How many groups it can write at once: 1 where there is one writer. A commit always goes with others of its case.
    fn writers(&self) -> usize;

    /// From now on tells of every group that was written, in the order they were, without what was refused: for measuring. A
    /// store that tells nobody ignores it.
    fn watch(&self, _watcher: Watcher) {}

    /// Writes one commit whole or not at all, durable when it returns. Errors: as [`Store::commit_group`].
    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let answers = self.commit_group(std::slice::from_ref(commit)).await?;
        answers.into_iter().next().expect("a group of one has one answer")
    }
}
