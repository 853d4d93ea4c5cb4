//! What intake takes in and what it yields.

use std::collections::BTreeMap;

use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;
use niyam_rules::value::Value;
use serde::{Deserialize, Serialize};

/// Where in the original a value stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// Index into [`Reading::parts`]; part 0 is the header block.
    pub part: usize,
    /// Start in the part's text, in Unicode scalar values.
    pub start: usize,
    /// End (exclusive), in Unicode scalar values.
    pub end: usize,
}

/// A value and every place it was read from (the first is the one that counted).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// Where it stood.
    pub spans: Vec<Span>,
}

impl<T> Found<T> {
    /// A value with one place.
    #[must_use]
    pub fn at(value: T, span: Span) -> Self {
        Self { value, spans: vec![span] }
    }
}

/// One readable piece of the original.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Index in [`Reading::parts`].
    pub index: usize,
    /// File name, if it has one.
    pub name: Option<String>,
    /// Media type in lower case, without parameters.
    pub content_type: String,
    /// Decoded text; of HTML the visible text, one line per row or block, tabs between cells. `None` when it is not text.
    pub text: Option<String>,
    /// Length in bytes, decoded.
    pub bytes: usize,
    /// SHA-256 of the decoded bytes, hexadecimal.
    pub sha256: String,
    /// Byte range in the original (`start`, `end`), still encoded.
    pub range: (usize, usize),
    /// Whether it came as an attachment.
    pub attachment: bool,
}

/// What kind of message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// About a person in distress, or not clearly anything else: opens or joins a case.
    Alert,
    /// A platform's contact test: filed.
    Test,
    /// Advertising and the like: filed.
    Spam,
    /// Automatic replies, delivery failures: filed.
    Other,
}

/// What is known about the sender of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Address in lower case.
    pub address: Option<String>,
    /// Display name.
    pub name: Option<String>,
    /// Whether the address belongs to the source it speaks for and no check by our own server failed.
    pub trusted: bool,
    /// Whether it belongs to a police unit.
    pub official: bool,
    /// What speaks against it; empty when nothing does.
    pub doubts: Vec<String>,
}

/// What part a place plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceRole {
    /// Where the person may be.
    Incident,
    /// Where the person comes from: never the place of the incident.
    Home,
}

/// A place named in the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceHint {
    /// As written.
    pub text: String,
    /// What part it plays.
    pub role: PlaceRole,
}

impl PlaceHint {
    /// Where the person may be.
    #[must_use]
    pub fn incident(text: impl Into<String>) -> Self {
        Self { text: text.into(), role: PlaceRole::Incident }
    }
}

/// A position as a device told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Latitude in 1e-7 degree.
    pub lat_e7: i64,
    /// Longitude in 1e-7 degree.
    pub lon_e7: i64,
    /// Radius of uncertainty in whole metres, if told.
    pub accuracy_m: Option<u32>,
    /// When it was measured, if told.
    pub at: Option<Timestamp>,
}

/// One point of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackPoint {
    /// Number in the session.
    pub seq: i64,
    /// Where.
    pub position: Position,
}

/// Someone of the family who can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Relation in lower case, if told.
    pub relation: Option<String>,
    /// Name, if told.
    pub name: Option<String>,
    /// Number in E.164.
    pub phone: String,
}

/// Who told us, when that is not the person and not a platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reporter {
    /// What they are to the person: `hostel warden`, `parent`, `friend`.
    pub role: Option<Found<String>>,
    /// Name.
    pub name: Option<Found<String>>,
    /// Numbers in E.164.
    pub phones: Vec<Found<String>>,
    /// Addresses.
    pub emails: Vec<Found<String>>,
}

impl Reporter {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.role.is_none() && self.name.is_none() && self.phones.is_empty() && self.emails.is_empty()
    }
}

/// One person in distress as one message tells of them. What was not found is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Platform id of the vocabulary.
    pub platform: Option<Found<String>>,
    /// Handle, without `@`.
    pub handle: Option<Found<String>>,
    /// Address of the profile.
    pub profile_url: Option<Found<String>>,
    /// Address of the post.
    pub post_url: Option<Found<String>>,
    /// Name.
    pub name: Option<Found<String>>,
    /// Numbers in E.164.
    pub phones: Vec<Found<String>>,
    /// E-mail addresses in lower case.
    pub emails: Vec<Found<String>>,
    /// IP addresses, v4 and v6, canonical.
    pub ip_addresses: Vec<Found<String>>,
    /// Words of the post.
    pub post_text: Option<Found<String>>,
    /// Time of the post.
    pub posted_at: Option<Found<Timestamp>>,
    /// Whether that time was told roughly.
    pub posted_at_approximate: bool,
    /// When the call or report came, if the message tells.
    pub reported_at: Option<Found<Timestamp>>,
    /// Places named, in order.
    pub place_hints: Vec<Found<PlaceHint>>,
    /// BCP 47 language of the post, or of the report.
    pub language: Option<String>,
    /// Date of birth, `yyyy-mm-dd`.
    pub date_of_birth: Option<Found<String>>,
    /// Age in whole years, if told.
    pub age_years: Option<Found<u32>>,
    /// Whether the person was under 18 when the message came; `None` when it does not say.
    pub minor: Option<bool>,
    /// The sender's own reference.
    pub external_ref: Option<Found<String>>,
    /// The sender's own flag or category, as data.
    pub platform_flag: Option<Found<String>>,
    /// Session of a K-SOS device.
    pub session_id: Option<Found<String>>,
    /// Position that counts: the last good one.
    pub location: Option<Found<Position>>,
    /// Good points in order of their number, each once.
    pub track: Vec<TrackPoint>,
    /// Family.
    pub family_contacts: Vec<Found<Contact>>,
    /// Coaching institute, school or college.
    pub institute: Option<Found<String>>,
    /// Hostel.
    pub hostel: Option<Found<String>>,
    /// Where the person comes from.
    pub home_place: Option<Found<String>>,
    /// Who told us.
    pub reporter: Reporter,
    /// Numbers whose owner the message does not say. Nothing is lost, nothing is guessed.
    pub unassigned_phones: Vec<Found<String>>,
}

/// One attachment: kept and hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// File name as told, or `part-<n>`.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Decoded length in bytes.
    pub bytes: usize,
    /// SHA-256 of the decoded bytes, hexadecimal.
    pub sha256: String,
    /// Index into [`Reading::parts`].
    pub part: usize,
    /// Whether facts were read from it.
    pub read: bool,
}

/// What a message of a K-SOS session says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEvent {
    /// The button was pressed.
    Panic,
    /// New positions.
    Location,
    /// The person stopped the session. Never closes a case.
    Stop,
}

/// What a message says. Total: there is one for every message, whatever its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// SHA-256 of the original, hexadecimal.
    pub sha256: String,
    /// Source id of the vocabulary: `meta_email`, `citizen_email`, …
    pub source: String,
    /// What kind of message.
    pub class: Class,
    /// Why it was taken for that kind.
    pub reason: Text,
    /// Whether a person must look at what was read: nothing found, or something was broken or doubtful.
    pub needs_review: bool,
    /// Subject line.
    pub subject_line: Option<String>,
    /// `Message-ID`, without brackets.
    pub message_id: Option<String>,
    /// When the sender says it was sent.
    pub sent_at: Option<Timestamp>,
    /// When we received it.
    pub received_at: Timestamp,
    /// Who sent it.
    pub sender: Sender,
    /// Addressees in order (`To`, then `Cc`), lower case; for JSON the account it was sent to.
    pub recipients: Vec<String>,
    /// Addresses of officers who forwarded it, the last forwarder first.
    pub forwarded_by: Vec<Found<String>>,
    /// Numbers of forwarding officers: never the person's.
    pub official_phones: Vec<Found<String>>,
    /// The person in distress.
    pub subject: Subject,
    /// Further persons in the same message: one linked case each.
    pub additional_subjects: Vec<Subject>,
    /// Attachments.
    pub attachments: Vec<Attachment>,
    /// What was wrong with the message, in plain words.
    pub parse_warnings: Vec<String>,
    /// Whether something hints at a false sender or a press of the button in play. Only a mark for the person who calls back.
    pub possible_misuse: bool,
    /// For a K-SOS message, which.
    pub session: Option<SessionEvent>,
    /// What the message asks to be done, in plain words (K-SOS stop).
    pub effect: Vec<String>,
    /// Marked as an exercise.
    pub drill: bool,
    /// Header fields in order, decoded.
    pub headers: Vec<(String, String)>,
    /// The readable pieces; 0 is the header block.
    pub parts: Vec<Part>,
}

impl Reading {
    /// All persons, the first one first.
    pub fn subjects(&self) -> impl Iterator<Item = &Subject> {
        std::iter::once(&self.subject).chain(&self.additional_subjects)
    }

    /// Whether it opens or joins a case. Everything else is filed with [`Reading::reason`] and can be reopened.
    #[must_use]
    pub fn is_alert(&self) -> bool {
        self.class == Class::Alert
    }
}

/// Facts by name, as protocols declare them. What is empty is left out.
pub type Facts = BTreeMap<String, Value>;

/// Everything read about a person as facts that any protocol may declare (those it does not declare are left out by the
/// engine). `candidate_units` comes from the directory.
#[must_use]
pub fn facts(reading: &Reading, subject: &Subject, candidate_units: &[String]) -> Facts {
    let mut facts = Facts::new();
    let one =
        |found: &Option<Found<String>>| found.as_ref().map_or(Value::Unknown, |found| Value::Text(found.value.clone()));
    let many =
        |items: &[Found<String>]| Value::List(items.iter().map(|item| Value::Text(item.value.clone())).collect());
    let time = |found: &Option<Found<Timestamp>>| {
        found.as_ref().map_or(Value::Unknown, |found| Value::Int(found.value.as_ms()))
    };
    let yes_no = |yes: bool| Value::from(if yes { "yes" } else { "no" });
    let places = subject.place_hints.iter().map(|hint| Value::Text(hint.value.text.clone())).collect();
    let family = subject.family_contacts.iter().map(|contact| Value::Text(contact.value.phone.clone())).collect();
    let mut put = |name: &str, value: Value| {
        if !value.is_unknown() {
            facts.insert(name.to_owned(), value);
        }
    };
    put("source", Value::Text(reading.source.clone()));
    put("platform", one(&subject.platform));
    put("handle", one(&subject.handle));
    put("profile_url", one(&subject.profile_url));
    put("post_url", one(&subject.post_url));
    put("name", one(&subject.name));
    put("phones", many(&subject.phones));
    put("emails", many(&subject.emails));
    put("ip_addresses", many(&subject.ip_addresses));
    put("post_text", one(&subject.post_text));
    put("posted_at", time(&subject.posted_at));
    put("place_hints", Value::List(places));
    put("language", subject.language.as_deref().map_or(Value::Unknown, Value::from));
    put("minor", Value::from(subject.minor.map_or("unknown", |minor| if minor { "yes" } else { "no" })));
    put("date_of_birth", one(&subject.date_of_birth));
    put("external_ref", one(&subject.external_ref));
    put("platform_flag", one(&subject.platform_flag));
    put("candidate_units", Value::List(candidate_units.iter().map(|unit| Value::Text(unit.clone())).collect()));
    put("reporter_name", one(&subject.reporter.name));
    put("reporter_role", one(&subject.reporter.role));
    put("reporter_phones", many(&subject.reporter.phones));
    put("reporter_emails", many(&subject.reporter.emails));
    put("family_phones", Value::List(family));
    put("institute", one(&subject.institute));
    put("hostel", one(&subject.hostel));
    put("home_place", one(&subject.home_place));
    put("position", subject.location.as_ref().map_or(Value::Unknown, |found| position_value(&found.value)));
    put("session_id", one(&subject.session_id));
    put("possible_misuse", yes_no(reading.possible_misuse));
    put("needs_review", yes_no(reading.needs_review));
    put("parse_warnings", Value::List(reading.parse_warnings.iter().map(|text| Value::Text(text.clone())).collect()));
    facts
}

/// A position as a fact: a map of `lat_e7`, `lon_e7` (1e-7 degree), `accuracy_m`.
fn position_value(position: &Position) -> Value {
    let mut map = BTreeMap::from([
        ("lat_e7".to_owned(), Value::Int(position.lat_e7)),
        ("lon_e7".to_owned(), Value::Int(position.lon_e7)),
    ]);
    if let Some(accuracy_m) = position.accuracy_m {
        map.insert("accuracy_m".to_owned(), Value::Int(i64::from(accuracy_m)));
    }
    Value::Map(map)
}
