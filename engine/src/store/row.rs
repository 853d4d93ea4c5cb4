//! Rows as domain values.

use std::collections::BTreeSet;

use niyam_kernel::effect::Effect;
use niyam_kernel::id::{AlertId, CaseId, EffectId, PersonId, RequestId};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use niyam_rules::chart::{Recipient, Stage};
use niyam_rules::text::Text;

use crate::request::{Class, Relation};
use crate::view::LifeView;

/// A new alert.
#[derive(Clone, Debug)]
pub struct NewAlert {
    /// The row.
    pub row: AlertRow,
    /// Its bytes, sealed.
    pub sealed_bytes: Vec<u8>,
    /// Until then it is left to whoever took it in; afterwards it counts as forgotten and is listed as unread.
    pub next_at: Timestamp,
}

/// An alert without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    /// Id.
    pub id: AlertId,
    /// Through what it came.
    pub channel: String,
    /// Media type.
    pub content_type: String,
    /// When it came.
    pub received_at: Timestamp,
    /// SHA-256 of the plain bytes.
    pub sha256: [u8; 32],
    /// Length of the plain bytes.
    pub length: u64,
    /// Marked as an exercise.
    pub drill: bool,
    /// What it was taken for.
    pub class: Class,
    /// Kind of sender, else the channel.
    pub source: String,
    /// Why it was filed.
    pub reason: Option<Text>,
    /// Its key, wrapped; `None` = erased.
    pub wrapped_key: Option<Vec<u8>>,
    /// How it was read, sealed.
    pub sealed_reading: Option<Vec<u8>>,
    /// How often the same bytes came again.
    pub repeats: u32,
    /// How often working on it failed.
    pub attempts: u32,
}

/// What an alert was taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRead {
    /// The alert.
    pub id: AlertId,
    /// What it was until now. Of two who read one alert, the second finds it changed and is refused.
    pub was: Class,
    /// What for.
    pub class: Class,
    /// Kind of sender.
    pub source: String,
    /// Why it was filed.
    pub reason: Option<Text>,
    /// How it was read, sealed.
    pub sealed_reading: Option<Vec<u8>>,
}

/// What a commit takes for granted because its writer looked before.
///
/// Two nodes may look at the same instant and both find nothing. So a store checks it inside the transaction, and keeps any
/// other transaction that expects something of the same hash or bytes away until it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The cases that are not closed and that any of these hashes leads to are exactly these.
    Found {
        /// Keyed hashes, as in [`LookupRow`].
        hashes: Vec<[u8; 32]>,
        /// The cases.
        cases: BTreeSet<CaseId>,
    },
    /// The alerts that brought these bytes on this channel are exactly these.
    SameBytes {
        /// SHA-256 of the plain bytes.
        sha256: [u8; 32],
        /// Through what they came.
        channel: String,
        /// Marked as an exercise.
        drill: bool,
        /// The alerts.
        alerts: BTreeSet<AlertId>,
    },
}

/// A version with its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// Digest.
    pub digest: VersionDigest,
    /// Name of the protocol.
    pub protocol: String,
    /// The bundle and all it extends, as JSON.
    pub content: String,
    /// When the first case began on it.
    pub first_used: Timestamp,
}

/// What the board shows of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseRow {
    /// Id.
    pub id: CaseId,
    /// Number that people say.
    pub number: String,
    /// Name of the protocol.
    pub protocol: String,
    /// Version it runs on.
    pub version: VersionDigest,
    /// Whether it runs.
    pub life: LifeView,
    /// How it ended.
    pub outcome: Option<String>,
    /// Marked as an exercise.
    pub drill: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When the last event was recorded.
    pub last_event_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// When the next clock runs out.
    pub due: Option<Timestamp>,
    /// A clock of an active state has run out.
    pub overdue: bool,
    /// A seat that is responsible is empty.
    pub unowned: bool,
    /// Fact `level`.
    pub level: Option<String>,
    /// Fact `platform`.
    pub platform: Option<String>,
    /// Fact `source`.
    pub source: Option<String>,
    /// Fact `unit`.
    pub unit: Option<String>,
    /// Stage of the furthest active state.
    pub stage: Stage,
    /// How many alerts belong to it.
    pub alerts: u32,
    /// The rest of the card, as JSON.
    pub card: String,
}

/// How a case and an alert belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseAlertRow {
    /// The case.
    pub case: CaseId,
    /// The alert.
    pub alert: AlertId,
    /// How.
    pub relation: Relation,
    /// Number of the event that brought it.
    pub event: u64,
    /// Seal groups that facts of it fell into.
    pub seals: Vec<String>,
}

/// How two cases belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The case.
    pub case: CaseId,
    /// The other.
    pub other: CaseId,
    /// How: `same_alert`, `earlier_case`, `later_case`.
    pub relation: String,
}

/// One event of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The case.
    pub case: CaseId,
    /// Number, from 1.
    pub number: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// When it happened, if earlier.
    pub happened_at: Option<Timestamp>,
    /// Word for the kind of event.
    pub kind: String,
    /// The event without sealed values, JSON.
    pub plain: String,
    /// What the kernel made of it, JSON.
    pub outcome: String,
    /// Link of the event before.
    pub prev_hash: [u8; 32],
    /// Its link.
    pub hash: [u8; 32],
    /// Sealed values by seal group, in the order of their names.
    pub sealed: Vec<(String, Vec<u8>)>,
}

/// The state of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRow {
    /// The case.
    pub case: CaseId,
    /// Number of the last event.
    pub number: u64,
    /// State without sealed values, JSON.
    pub plain: String,
    /// Link of the last event.
    pub hash: [u8; 32],
    /// Sealed facts by seal group.
    pub sealed: Vec<(String, Vec<u8>)>,
    /// Life, outcome, end or version of the case are not what they were: then these columns of its card are written too.
    /// Says nothing in a snapshot that was read.
    pub turned: bool,
}

/// A key of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// The case.
    pub case: CaseId,
    /// Seal group.
    pub seal: String,
    /// Which key of the group, from 0; a new one after each erasure.
    pub generation: u32,
    /// The key, wrapped by the deployment's.
    pub wrapped: Vec<u8>,
}

/// Everything needed to take the next step of a case.
#[derive(Clone, Debug)]
pub struct StoredCase {
    /// What the board shows.
    pub row: CaseRow,
    /// Its state.
    pub snapshot: SnapshotRow,
    /// Keys that are left.
    pub keys: Vec<KeyRow>,
    /// Seal groups and generations that were destroyed.
    pub erased: Vec<(String, u32)>,
}

/// Something to find a case by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookupRow {
    /// Keyed hash.
    pub hash: [u8; 32],
    /// The case.
    pub case: CaseId,
    /// What was hashed: `phone`, `handle`, `ref`, `session`, `post`.
    pub kind: String,
    /// Seal group it goes with when that is erased; `None` = it stays.
    pub seal: Option<String>,
}

/// An armed timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerRow {
    /// The case.
    pub case: CaseId,
    /// Its number in the case.
    pub timer: u64,
    /// When it is looked at: when it runs out, or later when it could not fire then.
    pub due: Timestamp,
    /// How often it could not fire.
    pub attempts: u32,
}

/// What became of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectStatus {
    /// Not delivered yet.
    Waiting,
    /// Delivered.
    Done,
    /// Given up.
    Failed,
}

/// An effect to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectRow {
    /// Its id, which is the key under which it is delivered.
    pub id: EffectId,
    /// What to do.
    pub effect: Effect,
    /// What became of it.
    pub status: EffectStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is to be tried.
    pub next_at: Timestamp,
    /// Why it failed, or who took it.
    pub reason: Option<String>,
    /// When it came to be, or a person had it tried again.
    pub since: Timestamp,
}

/// A notice on the screens of a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRow {
    /// The effect.
    pub id: EffectId,
    /// When.
    pub at: Timestamp,
    /// Role id.
    pub role: String,
    /// Unit code.
    pub unit: Option<String>,
    /// Who sat there.
    pub person: Option<PersonId>,
    /// Message id.
    pub message: String,
    /// The message.
    pub text: Text,
}

/// A message to somebody outside the police.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingRow {
    /// The effect.
    pub id: EffectId,
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub recipient: Recipient,
    /// Message id.
    pub message: String,
    /// The message.
    pub text: Text,
    /// Name of the channel that took it.
    pub channel: String,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// The request.
    pub id: RequestId,
    /// Keyed hash of what was asked.
    pub fingerprint: [u8; 32],
    /// What was answered, JSON.
    pub answer: String,
    /// When.
    pub at: Timestamp,
}

/// Who read something sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRow {
    /// Id.
    pub id: uuid::Uuid,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub person: PersonId,
    /// In which role.
    pub role: String,
    /// For which unit.
    pub unit: String,
    /// Case.
    pub case: Option<CaseId>,
    /// Alert.
    pub alert: Option<AlertId>,
    /// Seal groups.
    pub seals: Vec<String>,
}

/// What is done at set times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Name.
    pub name: String,
    /// Five fields of `cron`, in Indian time.
    pub cron: String,
    /// When it is due next.
    pub next_due: Timestamp,
    /// The time that the last run was for.
    pub last_due: Option<Timestamp>,
    /// When the last run ended.
    pub last_run: Option<Timestamp>,
    /// What came of the last run.
    pub result: Option<Text>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRan {
    /// Name of the schedule.
    pub name: String,
    /// Who claimed it.
    pub owner: String,
    /// The time it was due.
    pub due: Timestamp,
    /// When it ended.
    pub at: Timestamp,
    /// When it is due next.
    pub next_due: Timestamp,
    /// In words.
    pub result: Text,
}

/// Something that the engine itself has to say to a desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskNoticeRow {
    /// What it is about; the same is said once.
    pub id: String,
    /// Kind: `digest`, `silent_channel`, `channel`, `clock`, `schedule`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// Role id.
    pub role: String,
    /// Unit code.
    pub unit: String,
    /// Who sat there.
    pub person: Option<PersonId>,
    /// The case it is about.
    pub case: Option<CaseId>,
    /// The notice.
    pub text: Text,
}

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Clocks that are due and have not fired.
    pub clocks_due: u64,
    /// Effects that are due and not delivered.
    pub effects: u64,
    /// When the first of these is or was due.
    pub effects_due_since: Option<Timestamp>,
}
