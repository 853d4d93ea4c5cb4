//! What intake understood of an alert, as far as the runtime acts on it.

use std::collections::BTreeMap;

use niyam_kernel::id::CaseId;
use niyam_rules::text::Text;
use niyam_rules::value::Value;
use serde::{Deserialize, Serialize};

use crate::intake::Subject;
use crate::request::{Class, Received, Relation};

/// Reads alerts. Total: whatever the bytes, there is an answer.
pub trait Intake: Send + Sync + 'static {
    /// What the bytes say.
    fn understand(&self, received: &Received) -> Understood;

    /// Which of the open cases that share a key with a person is about the same person, and whether the alert says more
    /// or the same again. `None`: none of them.
    fn relate(
        &self,
        subject: &SubjectFacts,
        session: Option<SessionMessage>,
        known: &[KnownCase],
    ) -> Option<(CaseId, Relation)>;

    /// Protocol for an alert that could not be read at all.
    fn fallback(&self) -> String;

    /// Whether reading is so short that it is done where it stands. Otherwise each alert is read on a thread of its own, and
    /// when that ends depends on the machine.
    fn reads_at_once(&self) -> bool {
        false
    }
}

/// An open case that shares a key with a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCase {
    /// The case.
    pub case: CaseId,
    /// What it knows.
    pub facts: BTreeMap<String, Value>,
}

/// Reads nothing: every alert becomes a case for a person to read. For a desk whose intake is out of order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadByPeople {
    /// Protocol of the cases.
    pub protocol: String,
}

impl Intake for ReadByPeople {
    fn understand(&self, received: &Received) -> Understood {
        Understood::unreadable(received, self.protocol.clone())
    }

    fn relate(
        &self,
        _subject: &SubjectFacts,
        _session: Option<SessionMessage>,
        _known: &[KnownCase],
    ) -> Option<(CaseId, Relation)> {
        None
    }

    fn fallback(&self) -> String {
        self.protocol.clone()
    }
}

/// What an alert says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// Alert, needs review, or filed.
    pub class: Class,
    /// Kind of sender: `meta_email`, `citizen_email` …
    pub source: String,
    /// Why it was taken for that.
    pub reason: Text,
    /// What people read of it.
    pub contents: Contents,
    /// The persons it is about, the first one first; empty only when it is filed.
    pub subjects: Vec<SubjectFacts>,
    /// What it means for a running session; `None` = it is no message of a session.
    pub session: Option<SessionMessage>,
}

/// What a message means for a session that is running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMessage {
    /// New positions.
    Location,
    /// The person stopped it.
    Stop,
}

/// One person as an alert tells of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectFacts {
    /// Facts by name. Those the protocol does not declare are left out of the case; the alert keeps them.
    pub facts: BTreeMap<String, Value>,
    /// What an open case about the same person may be found by, the surest first.
    pub keys: Vec<MatchKey>,
    /// Protocol that a new case runs on.
    pub protocol: String,
    /// The person as intake read it, for [`Intake::relate`]; empty when it was not read by program.
    pub person: Subject,
}

/// Something that two alerts about one person share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchKey {
    /// `session`, `ref`, `post`, `handle`, `phone`.
    pub kind: String,
    /// Normalised value.
    pub value: String,
    /// Fact that it was made of, which says under which seal it falls; `None` when it is no personal data.
    pub fact: Option<String>,
}

/// What people read of an alert. Kept sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Subject or first line.
    pub subject_line: String,
    /// Headers in order, decoded.
    pub headers: Vec<(String, String)>,
    /// Parts; index 0 is the header block as text.
    pub parts: Vec<ContentPart>,
    /// What was found, and where.
    pub fields: Vec<ContentField>,
    /// What was wrong with it.
    pub warnings: Vec<String>,
    /// Units that may be meant, with the reason.
    #[serde(default)]
    pub candidates: Vec<(String, Text)>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentPart {
    /// File name.
    pub name: Option<String>,
    /// Media type.
    pub content_type: String,
    /// Decoded text.
    pub text: Option<String>,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// One field that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentField {
    /// Name of the fact.
    pub field: String,
    /// Value.
    pub value: Value,
    /// Where: part, start, end.
    pub spans: Vec<(u32, u32, u32)>,
}

impl Understood {
    /// For an alert that could not be read: a person must look.
    #[must_use]
    pub fn unreadable(received: &Received, protocol: String) -> Self {
        let warning = "this alert could not be read by program; read the original";
        let facts = BTreeMap::from([
            ("source".to_owned(), Value::Text(received.channel.clone())),
            ("needs_review".to_owned(), Value::from("yes")),
            ("parse_warnings".to_owned(), Value::List(vec![Value::from(warning)])),
        ]);
        Self {
            class: Class::NeedsReview,
            source: received.channel.clone(),
            reason: Text {
                en: "could not be read: a person must look".to_owned(),
                hi: "पढ़ा नहीं जा सका: किसी व्यक्ति को देखना है".to_owned(),
            },
            contents: Contents { warnings: vec![warning.to_owned()], ..Contents::default() },
            subjects: vec![SubjectFacts { facts, protocol, ..SubjectFacts::default() }],
            session: None,
        }
    }
}
