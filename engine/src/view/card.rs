//! The board and its cards.

use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use niyam_rules::chart::Stage;
use niyam_rules::text::Text;
use serde::Serialize;

/// Which cases the board shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// `Some(true)`: those that run or are halted; `Some(false)`: closed ones, the latest first; `None`: all.
    pub open: Option<bool>,
    /// At most so many closed cases, and so many open ones, the most urgent first; 0 = 200 closed, 2000 open.
    pub limit: u32,
}

/// The board at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Board {
    /// When it was made.
    pub now: Timestamp,
    /// Cards: halted and overdue ones first, then by what is due next.
    pub cases: Vec<CaseCard>,
    /// How many there are of each, whatever the filter.
    pub counts: Counts,
}

/// Numbers above the board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Cases that run or are halted.
    pub open: u32,
    /// Of these: a clock of an active state has run out.
    pub overdue: u32,
    /// Of these: a seat that is responsible is empty.
    pub unowned: u32,
    /// Cases closed since midnight, Indian Standard Time.
    pub closed_today: u32,
}

/// One case, in short. Holds no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseCard {
    /// Id.
    pub id: CaseId,
    /// Number that people say: `RJ-2026-000012`.
    pub number: String,
    /// Its protocol.
    pub protocol: ProtocolRef,
    /// Stage of the furthest active state.
    pub stage: Stage,
    /// Active states that have no active child.
    pub states: Vec<Labelled>,
    /// Whether it runs.
    pub life: LifeView,
    /// How it ended.
    pub outcome: Option<String>,
    /// Fact `level`.
    pub level: Option<String>,
    /// Its label.
    pub level_label: Option<Text>,
    /// Fact `platform`.
    pub platform: Option<String>,
    /// Fact `source`, else the channel of the first alert.
    pub source: String,
    /// Fact `minor`, when it is yes or no.
    pub minor: Option<bool>,
    /// Fact `unit`.
    pub unit: Option<UnitRef>,
    /// Who is responsible, for the first active state.
    pub owner: Option<OwnerView>,
    /// When the case was opened.
    pub opened_at: Timestamp,
    /// When the last event was recorded.
    pub last_event_at: Timestamp,
    /// The clock that runs out next.
    pub due: Option<Due>,
    /// A clock of an active state has run out.
    pub overdue: bool,
    /// The first such clock: what is overdue, and since when.
    pub overdue_since: Option<Due>,
    /// A seat that is responsible is empty.
    pub unowned: bool,
    /// Marked as an exercise.
    pub drill: bool,
    /// How many alerts belong to it.
    pub alerts: u32,
}

/// A protocol and the version a case is pinned to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProtocolRef {
    /// Name.
    pub name: String,
    /// Title.
    pub title: Text,
    /// Version.
    pub digest: VersionDigest,
}

/// An id and what people read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Labelled {
    /// Id.
    pub id: String,
    /// Label.
    pub label: Text,
}

/// Whether a case runs, without the details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LifeView {
    /// It runs.
    Open,
    /// It has ended; an act may reopen it unless it ended for good.
    Closed,
    /// A breach stopped it: a person must look.
    Halted,
}

/// A unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitRef {
    /// Code in the directory.
    pub code: String,
    /// Name; the code when the directory does not know it.
    pub name: Text,
}

/// Who is responsible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnerView {
    /// Label of the role.
    pub role_label: Text,
    /// Unit, once known.
    pub unit_name: Option<Text>,
    /// Person, once known.
    pub person_name: Option<Text>,
}

/// A clock that will run out, or has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// When it is or was due.
    pub at: Timestamp,
    /// Its label.
    pub label: Text,
    /// The state it belongs to, by id.
    pub state: String,
}
