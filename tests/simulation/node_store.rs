//! The database as one node sees it: through a network that breaks, from a program that may crash or stand still.

use std::sync::Arc;

use async_trait::async_trait;
use niyam_engine::error::StoreError;
use niyam_engine::store::{
    AccessRow, AlertRow, AlertStore, AuditStore, Bus, CaseAlertRow, CaseRow, CaseStore, Commit, Committed,
    DeskNoticeRow, EffectRow, EventRow, LinkRow, NoticeRow, OutgoingRow, RequestRow, ScheduleRow, ScheduleStore, Store,
    StoredCase, TimerRow, VersionRow, Waiting, WorkStore,
};
use niyam_engine::view::{Counts, Filter};
use niyam_kernel::id::{AlertId, CaseId, RequestId};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;

use crate::world::{Database, Life, World};

/// The database, from one node.
pub struct NodeStore {
    pub world: Arc<World>,
    pub node: usize,
    pub life: Arc<Life>,
}

/// What happens around a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Well,
    CrashBefore,
    CrashAfter,
    Refused,
    LostBefore,
    LostAfter,
    SlowAnswer,
}

fn unavailable() -> StoreError {
    StoreError::Unavailable { reason: "the simulated line broke".to_owned() }
}

impl NodeStore {
    /// The way there, and whether the database can be reached.
    async fn reach(&self, writes: bool) -> Result<(), StoreError> {
        self.world.rest(&self.life).await;
        let now = self.world.now_ms();
        let database = {
            let faults = self.world.faults();
            let (database, until) = faults.database;
            if until > now { database } else { Database::Well }
        };
        let wait = self.world.throw(|dice| match database {
            Database::Slow => dice.between(20, 1_500),
            _ if writes => dice.between(1, 4),
            _ if dice.permille(100) => 1,
            _ => 0,
        });
        if wait > 0 {
            self.world.sleep(i64::try_from(wait).unwrap_or(0)).await;
            self.world.rest(&self.life).await;
        }
        match database {
            Database::Busy if self.world.throw(|dice| dice.permille(400)) => Err(StoreError::Busy),
            Database::Full if writes => Err(StoreError::Full),
            Database::Gone => Err(unavailable()),
            Database::Well | Database::Slow | Database::Busy | Database::Full => Ok(()),
        }
    }

    fn fate(&self) -> Fate {
        let (on, chance) = {
            let faults = self.world.faults();
            (faults.on, faults.commits)
        };
        if !on || !self.world.throw(|dice| dice.permille(chance)) {
            return Fate::Well;
        }
        let fates = [
            Fate::CrashBefore,
            Fate::CrashAfter,
            Fate::CrashAfter,
            Fate::Refused,
            Fate::LostBefore,
            Fate::LostAfter,
            Fate::LostAfter,
            Fate::SlowAnswer,
        ];
        self.world.throw(|dice| dice.pick(&fates).copied()).unwrap_or(Fate::Well)
    }

    async fn crash(&self, why: &str) {
        self.world.crash(self.node, why);
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl Store for NodeStore {
    async fn commit_group(&self, commits: &[Commit]) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        self.reach(true).await?;
        let fate = self.fate();
        if fate != Fate::Well {
            let names: Vec<&str> = commits.iter().map(|commit| commit.name).collect();
            self.world.tell(format_args!("node {} commits {names:?}: {fate:?}", self.node));
            self.world.broken_for(0);
        }
        match fate {
            Fate::CrashBefore => self.crash("before a commit").await,
            Fate::Refused if self.world.throw(|dice| dice.permille(500)) => return Err(StoreError::Full),
            Fate::Refused => return Err(StoreError::Busy),
            Fate::LostBefore => return Err(unavailable()),
            Fate::Well | Fate::CrashAfter | Fate::LostAfter | Fate::SlowAnswer => {}
        }
        let answers = self.world.apply(self.node, commits).await?;
        match fate {
            Fate::CrashAfter => self.crash("after a commit").await,
            Fate::LostAfter => return Err(unavailable()),
            Fate::SlowAnswer => {
                let wait = i64::try_from(self.world.throw(|dice| dice.between(500, 20_000))).unwrap_or(0);
                self.world.broken_for(wait);
                self.world.sleep(wait).await;
            }
            Fate::Well | Fate::CrashBefore | Fate::Refused | Fate::LostBefore => {}
        }
        self.world.rest(&self.life).await;
        Ok(answers)
    }

    fn bus(&self) -> Option<Arc<dyn Bus>> {
        None
    }

    fn writers(&self) -> usize {
        // by the seed, so that both one lane and several are tried
        usize::try_from(self.world.seed % 3 + 1).unwrap_or(1)
    }
}

/// Passes questions on.
macro_rules! ask {
    ($trait:ident { $($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $trait for NodeStore {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$answer, StoreError> {
                self.reach(false).await?;
                self.world.database.$name($($arg),*).await
            })*
        }
    };
}

ask!(AlertStore {
    alert(id: AlertId) -> Option<AlertRow>;
    alert_bytes(id: AlertId) -> Option<Vec<u8>>;
    same_alerts(sha256: &[u8; 32], channel: &str, drill: bool) -> Vec<AlertId>;
    unread(now: Timestamp, limit: u64) -> Vec<AlertId>;
    filed(limit: u64) -> Vec<AlertRow>;
    alerts_of(case: CaseId) -> Vec<(CaseAlertRow, AlertRow)>;
    cases_of(alert: AlertId) -> Vec<CaseAlertRow>;
});

ask!(CaseStore {
    case(id: CaseId) -> Option<CaseRow>;
    load(id: CaseId) -> Option<StoredCase>;
    cases(filter: &Filter) -> Vec<CaseRow>;
    counts(since: Timestamp) -> Counts;
    open_by_protocol() -> Vec<(String, u32)>;
    events(case: CaseId) -> Vec<EventRow>;
    find(hashes: &[[u8; 32]]) -> Vec<(CaseId, String)>;
    links(case: CaseId) -> Vec<LinkRow>;
    version(digest: VersionDigest) -> Option<VersionRow>;
    versions_in_use() -> Vec<VersionDigest>;
    cases_on(version: VersionDigest, after: Option<CaseId>, limit: u64) -> Vec<CaseId>;
    open_by_version() -> Vec<(String, VersionDigest, u32)>;
});

ask!(AuditStore {
    case_ids(after: Option<CaseId>, limit: u64) -> Vec<CaseId>;
    case_numbered(number: &str) -> Option<CaseId>;
    last_event(case: CaseId) -> u64;
    events_after(case: CaseId, after: u64, limit: u64) -> Vec<EventRow>;
    effects_between(case: CaseId, after: u64, until: u64) -> Vec<EffectRow>;
    timers_of(case: CaseId) -> Vec<TimerRow>;
    scrub() -> bool;
});

ask!(WorkStore {
    claim_timers(owner: &str, now: Timestamp, limit: u64) -> Vec<TimerRow>;
    next_due() -> Option<Timestamp>;
    claim_effects(owner: &str, now: Timestamp, limit: u64) -> Vec<EffectRow>;
    release_claims(owner: Option<&str>) -> ();
    effects_of(case: CaseId) -> Vec<EffectRow>;
    notices_of(case: CaseId) -> Vec<NoticeRow>;
    outgoing_of(case: CaseId) -> Vec<OutgoingRow>;
    request(id: RequestId) -> Option<RequestRow>;
    accesses(case: CaseId) -> Vec<AccessRow>;
    meta(name: &str) -> Option<Vec<u8>>;
    probe() -> ();
    missing_steps() -> Vec<String>;
});

ask!(ScheduleStore {
    schedules() -> Vec<ScheduleRow>;
    claim_schedule(owner: &str, now: Timestamp) -> Option<ScheduleRow>;
    desk_notices(limit: u64) -> Vec<DeskNoticeRow>;
    failed_effects(limit: u64) -> Vec<(EffectRow, Timestamp)>;
    waiting(now: Timestamp) -> Waiting;
    next_clock() -> Option<Timestamp>;
    last_heard(channel: &str) -> Option<Timestamp>;
    open_cases(after: Option<CaseId>, limit: u64) -> Vec<CaseId>;
    forgettable(before: Timestamp, limit: u64) -> Vec<CaseId>;
});
