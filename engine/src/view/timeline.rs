//! What happened to a case, and why.

use niyam_kernel::time::Timestamp;
use niyam_rules::place::Place;
use niyam_rules::text::Text;
use serde::Serialize;

/// The whole timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// One entry for each event, in order.
    pub entries: Vec<TimelineEntry>,
}

/// One event. Holds no personal data but the reason, which only a reader gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimelineEntry {
    /// Number in the case.
    pub number: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// When it happened, if that was earlier.
    pub happened_at: Option<Timestamp>,
    /// For a clock: how late it fired, in milliseconds.
    pub late_ms: Option<u64>,
    /// What kind of event.
    pub kind: EntryKind,
    /// In words.
    pub title: Text,
    /// Who acted.
    pub actor: Option<ActorView>,
    /// Why they acted, in their own words; `None` when they gave no reason or it may not be read.
    pub reason_given: Option<String>,
    /// Why, in the order decided.
    pub reasons: Vec<ReasonView>,
    /// Who was told, and what became of it.
    pub told: Vec<Told>,
    /// Link of the case's hash chain, in hexadecimal digits.
    pub hash: String,
}

/// What kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The case began.
    Opened,
    /// An alert joined.
    Joined,
    /// A person acted.
    Act,
    /// A person saved a form.
    Recorded,
    /// A clock ran out.
    Clock,
    /// An effect was delivered or failed.
    Delivery,
    /// Another event from outside.
    External,
    /// The case was taken to another version of its protocol.
    Moved,
    /// An event that changed nothing.
    Refused,
    /// The event that halted the case.
    Halted,
}

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActorView {
    /// Name.
    pub name: Text,
    /// Label of the role.
    pub role_label: Text,
    /// Unit.
    pub unit_name: Option<Text>,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonView {
    /// `taken`, `decided`, `fact_set`, `error`, `logged`, `ignored`, `refused`.
    pub kind: &'static str,
    /// In words.
    pub text: Text,
    /// Where the rule is written.
    pub place: Option<Place>,
}

/// Who was told what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Who.
    pub to: Text,
    /// What.
    pub message: Text,
    /// What became of it.
    pub status: ToldStatus,
    /// What is to be said about it: why it failed, or through which channel it went.
    pub note: Option<Text>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToldStatus {
    /// Not delivered yet.
    Waiting,
    /// Delivered.
    Done,
    /// Given up.
    Failed,
}
