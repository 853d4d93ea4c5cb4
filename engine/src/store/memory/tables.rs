//! Everything that a store in memory holds.

use niyam_kernel::id::{AlertId, CaseId, EffectId, RequestId};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;

use super::table::Table;
use crate::store::{
    AccessRow, AlertRow, CaseAlertRow, CaseRow, DeskNoticeRow, EffectRow, EventRow, KeyRow, LinkRow, LookupRow,
    NoticeRow, OutgoingRow, RequestRow, ScheduleRow, SnapshotRow, VersionRow,
};

/// An alert with its bytes.
#[derive(Clone, Debug)]
pub struct Alert {
    pub row: AlertRow,
    pub sealed_bytes: Vec<u8>,
    pub repeated_at: Option<Timestamp>,
    /// When it is tried again; `None` = at once.
    pub next_at: Option<Timestamp>,
}

/// Who works on something, and until when by the database's clock.
#[derive(Clone, Debug)]
pub struct Claim {
    pub owner: String,
    pub until: Timestamp,
}

/// An armed timer.
#[derive(Clone, Debug)]
pub struct Timer {
    pub due: Timestamp,
    pub attempts: u32,
    pub claim: Option<Claim>,
}

/// An effect.
#[derive(Clone, Debug)]
pub struct Work {
    pub row: EffectRow,
    pub claim: Option<Claim>,
    /// When it ended.
    pub done_at: Option<Timestamp>,
}

/// Something that is done at set times.
#[derive(Clone, Debug)]
pub struct Scheduled {
    pub row: ScheduleRow,
    pub claim: Option<Claim>,
}

/// Calls something for each table.
macro_rules! each {
    ($tables:expr, $table:ident => $do:expr) => {{
        each!(@ $tables, $table => $do;
            meta alerts versions sequences cases numbers case_alerts alert_cases links events snapshots keys erasures
            lookups timers due outbox waiting requests notices outgoing accesses schedules desk_notices);
    }};
    (@ $tables:expr, $table:ident => $do:expr; $($name:ident)*) => { $( { let $table = &mut $tables.$name; $do; } )* };
}

/// All tables. The keys are those of the schema; `numbers`, `alert_cases`, `due` and `waiting` stand for its indices.
#[derive(Debug, Default)]
pub struct Tables {
    pub meta: Table<String, Vec<u8>>,
    pub alerts: Table<AlertId, Alert>,
    pub versions: Table<VersionDigest, VersionRow>,
    pub sequences: Table<String, u64>,
    pub cases: Table<CaseId, CaseRow>,
    pub numbers: Table<String, CaseId>,
    pub case_alerts: Table<(CaseId, AlertId), CaseAlertRow>,
    pub alert_cases: Table<(AlertId, CaseId), ()>,
    pub links: Table<(CaseId, CaseId), LinkRow>,
    pub events: Table<(CaseId, u64), EventRow>,
    pub snapshots: Table<CaseId, SnapshotRow>,
    pub keys: Table<(CaseId, String, u32), KeyRow>,
    pub erasures: Table<(CaseId, String, u32), Timestamp>,
    pub lookups: Table<([u8; 32], CaseId), LookupRow>,
    pub timers: Table<(CaseId, u64), Timer>,
    pub due: Table<(Timestamp, CaseId, u64), ()>,
    pub outbox: Table<EffectId, Work>,
    pub waiting: Table<(Timestamp, EffectId), ()>,
    pub requests: Table<RequestId, RequestRow>,
    pub notices: Table<EffectId, NoticeRow>,
    pub outgoing: Table<EffectId, OutgoingRow>,
    pub accesses: Table<uuid::Uuid, AccessRow>,
    pub schedules: Table<String, Scheduled>,
    pub desk_notices: Table<String, DeskNoticeRow>,
}

impl Tables {
    /// Where all tables stand now.
    pub fn mark(&mut self) -> Vec<usize> {
        let mut marks = Vec::new();
        each!(self, table => marks.push(table.mark()));
        marks
    }

    /// Takes back everything after a mark.
    pub fn back_to(&mut self, marks: &[usize]) {
        let mut marks = marks.iter();
        each!(self, table => table.back_to(marks.next().copied().unwrap_or(0)));
    }

    /// What was changed stays.
    pub fn settle(&mut self) {
        each!(self, table => table.settle());
    }
}
