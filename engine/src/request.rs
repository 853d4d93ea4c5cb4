//! What the engine is asked to do, and what it answers.

use std::collections::BTreeMap;

use niyam_kernel::event::Actor;
use niyam_kernel::id::{AlertId, CaseId, RequestId};
use niyam_kernel::moving::MovePlan;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use niyam_rules::text::Text;
use niyam_rules::value::Value;

/// Bytes that an alert may have at most: 40 MiB.
pub const ALERT_BYTES: usize = 40 * 1024 * 1024;

/// One message that came in, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Through what: `mail`, `webhook`, `x`, `ksos`, `note`.
    pub channel: String,
    /// Media type, as the sender said it: `message/rfc822`, `application/json`, `text/plain`.
    pub content_type: String,
    /// The bytes. 1 ..= [`ALERT_BYTES`].
    pub bytes: Vec<u8>,
    /// When the last byte arrived.
    pub received_at: Timestamp,
    /// Marked as an exercise.
    pub drill: bool,
}

/// What became of an alert. Its bytes are durable whatever the class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Id.
    pub alert: AlertId,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// What it was taken for.
    pub class: Class,
    /// Cases it opened or joined.
    pub cases: Vec<CaseOf>,
    /// The same bytes had come before on this channel; this is what was done then.
    pub repeat: bool,
}

/// A case that an alert opened or joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseOf {
    /// Id.
    pub case: CaseId,
    /// Number that people say.
    pub number: String,
    /// How they belong together.
    pub relation: Relation,
}

/// What an alert was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Kept, but not worked on yet; it is tried again by itself.
    Unread,
    /// An alert about somebody.
    Alert,
    /// Could not be read well: a person must look. It has a case.
    NeedsReview,
    /// Not an alert; filed with the reason.
    Filed,
}

/// How an alert and a case belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Opened it.
    New,
    /// Opened it for a further person named in the same alert.
    Linked,
    /// Says the same as an earlier one of the case.
    Duplicate,
    /// Says more.
    Update,
    /// Position of a session.
    Location,
    /// End of a session.
    Stop,
    /// Was filed, and a person made a case of it.
    Reopened,
}

impl Class {
    /// As it stands in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Alert => "alert",
            Self::NeedsReview => "needs_review",
            Self::Filed => "filed",
        }
    }
}

impl Relation {
    /// As it stands in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Linked => "linked",
            Self::Duplicate => "duplicate",
            Self::Update => "update",
            Self::Location => "location",
            Self::Stop => "stop",
            Self::Reopened => "reopened",
        }
    }
}

/// A person wants to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRequest {
    /// The request; the same one twice is done once and answered twice.
    pub request: RequestId,
    /// Who.
    pub actor: Actor,
    /// Name of the act.
    pub act: String,
    /// Answers by fact.
    pub form: BTreeMap<String, Value>,
    /// Why, in the person's words; grave acts ask for it.
    pub reason: Option<String>,
    /// When it happened, if it is typed in later.
    pub happened_at: Option<Timestamp>,
}

/// A person wants to save the form of an active state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRequest {
    /// The request; the same one twice is done once and answered twice.
    pub request: RequestId,
    /// Who.
    pub actor: Actor,
    /// State id.
    pub state: String,
    /// Answers by fact.
    pub form: BTreeMap<String, Value>,
    /// When it happened, if it is typed in later.
    pub happened_at: Option<Timestamp>,
}

/// A person takes a running case to another version of its protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveRequest {
    /// The request; the same one twice is done once and answered twice.
    pub request: RequestId,
    /// Who.
    pub actor: Actor,
    /// The version.
    pub to: VersionDigest,
    /// How.
    pub plan: MovePlan,
    /// Why, in the person's words; never empty.
    pub reason: String,
    /// Number of the last event that the preview had seen; the move is refused when the case has gone on since.
    pub seen: Option<u64>,
}

/// It was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Number of the event.
    pub number: u64,
    /// The request had been done before; this is the answer from then.
    pub repeated: bool,
}

/// A case has changed. What it now looks like is asked with [`crate::engine::Engine::case`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The case.
    pub case: CaseId,
    /// Number of its last event.
    pub number: u64,
}

/// A version that new cases run on, or that cases which are not closed run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionInfo {
    /// Name of the protocol.
    pub protocol: String,
    /// The version.
    pub digest: VersionDigest,
    /// Whether new cases run on it.
    pub current: bool,
    /// Cases that run on it and are not closed.
    pub open_cases: u32,
}

/// A protocol that new cases run on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolInfo {
    /// Name.
    pub name: String,
    /// Title.
    pub title: Text,
    /// Version.
    pub digest: niyam_rules::bundle::VersionDigest,
    /// What it extends.
    pub extends: Option<String>,
    /// Order under which it is in force.
    pub order: Option<niyam_rules::protocol::Order>,
    /// Cases that run on any of its versions and are not closed.
    pub open_cases: u32,
}
