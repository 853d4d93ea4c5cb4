//! What the command line prints: one object per file, with the field names of the reference data.

use std::collections::BTreeMap;

use niyam_kernel::time::Timestamp;
use serde::Serialize;

use super::matching::{Knowledge, Known, Relation, relate};
use super::reading::{Class, Facts, Found, Reading, SessionEvent, Subject};
use super::{Received, Vocabulary, read, rfc3339};
use crate::directory::{Candidate, Directory};

/// One file to report on.
#[derive(Clone, Debug)]
pub struct File {
    /// Name as it shall be shown.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A person as reported. Lists are empty and single fields null when nothing was found.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// How it relates to the files before: `new`, `duplicate`, `update`, `none`.
    pub relation: &'static str,
    /// The file that told of the person first.
    pub is_duplicate_of: Option<String>,
    /// Platform.
    pub platform: Option<String>,
    /// Handle.
    pub account_handle: Option<String>,
    /// Address of the profile.
    pub profile_url: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Numbers, E.164.
    pub phones: Vec<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// IP addresses.
    pub ip_addresses: Vec<String>,
    /// Words of the post.
    pub post_text: Option<String>,
    /// Time of the post, UTC.
    pub posted_at: Option<String>,
    /// Places.
    pub place_hints: Vec<String>,
    /// Language.
    pub language: Option<String>,
    /// Units that may be meant.
    pub candidate_units: Vec<String>,
    /// The sender's reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    /// Address of the post.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_url: Option<String>,
    /// Whether the time of the post was told roughly.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub posted_at_approximate: bool,
    /// When the call came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<String>,
    /// Date of birth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    /// True where a date of birth under 18 is told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_minor: bool,
    /// Who reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reporter: Option<Reporter>,
    /// Family.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub family_contacts: Vec<Contact>,
    /// K-SOS session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Position that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Numbers of the good points of the track.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub track_seq: Vec<i64>,
    /// Numbers whose owner is not told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unassigned_phones: Vec<String>,
    /// What the open case gains.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub adds: Facts,
}

/// Who reports.
#[derive(Clone, Debug, Serialize)]
pub struct Reporter {
    /// What they are to the person.
    pub role: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Numbers.
    pub phones: Vec<String>,
    /// Addresses.
    pub emails: Vec<String>,
}

/// Someone of the family.
#[derive(Clone, Debug, Serialize)]
pub struct Contact {
    /// Relation.
    pub relation: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Number.
    pub phone: String,
}

/// A position in degrees.
#[derive(Clone, Debug, Serialize)]
pub struct Location {
    /// Latitude.
    pub lat: f64,
    /// Longitude.
    pub lon: f64,
    /// Radius of uncertainty in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<u32>,
}

/// One file as reported.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// File name.
    pub file: String,
    /// Source.
    pub source: String,
    /// Whether it is an alert.
    pub is_alert: bool,
    /// `alert`, `test`, `spam`, `other`.
    pub message_class: Class,
    /// The person.
    #[serde(flatten)]
    pub person: Person,
    /// Further persons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_subjects: Vec<Person>,
    /// Names of the attachments.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    /// Who forwarded it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forwarded_by: Vec<String>,
    /// Numbers of officers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub official_phones: Vec<String>,
    /// Whether something hints at play or a false sender.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub possible_misuse: bool,
    /// Whether a person must look at what was read.
    pub needs_review: bool,
    /// What was wrong with the message.
    pub parse_warnings: Vec<String>,
    /// What the message asks to be done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub effect: Vec<String>,
    /// SHA-256 of the bytes.
    pub sha256: String,
}

/// Reads files in order and relates each to those before it, as if all came one after the other and no case were closed.
#[must_use]
pub fn report(files: &[File], received_at: Timestamp, vocabulary: &Vocabulary, directory: &Directory) -> Vec<Item> {
    let mut known: Vec<Known<String>> = Vec::new();
    let mut items = Vec::new();
    for file in files {
        let received = Received {
            channel: String::new(),
            content_type: String::new(),
            bytes: file.bytes.clone(),
            received_at,
            drill: false,
        };
        let reading = read(&received, vocabulary, directory);
        let mut persons: Vec<Person> =
            reading.subjects().map(|subject| person(&reading, subject, &file.name, directory, &mut known)).collect();
        let first = persons.remove(0);
        items.push(item(&file.name, &reading, first, persons));
    }
    items
}

fn item(file: &str, reading: &Reading, person: Person, additional_subjects: Vec<Person>) -> Item {
    Item {
        file: file.to_owned(),
        source: reading.source.clone(),
        is_alert: reading.is_alert(),
        message_class: reading.class,
        person,
        additional_subjects,
        attachments: reading.attachments.iter().map(|attachment| attachment.name.clone()).collect(),
        forwarded_by: values(&reading.forwarded_by),
        official_phones: values(&reading.official_phones),
        possible_misuse: reading.possible_misuse,
        needs_review: reading.needs_review,
        parse_warnings: reading.parse_warnings.clone(),
        effect: reading.effect.clone(),
        sha256: reading.sha256.clone(),
    }
}

/// The units that may be meant for one person of a reading, the most likely first.
#[must_use]
pub fn candidate_units(reading: &Reading, subject: &Subject, directory: &Directory) -> Vec<Candidate> {
    let hints: Vec<_> = subject.place_hints.iter().map(|found| found.value.clone()).collect();
    let states = super::Choices::shipped().states_addressed(&reading.recipients);
    let states: Vec<&str> = states.iter().map(String::as_str).collect();
    directory.find(&hints, subject.location.as_ref().map(|found| &found.value), &states)
}

fn person(
    reading: &Reading,
    subject: &Subject,
    file: &str,
    directory: &Directory,
    known: &mut Vec<Known<String>>,
) -> Person {
    let goes_on = matches!(reading.session, Some(SessionEvent::Location | SessionEvent::Stop));
    let related = if reading.is_alert() { Some(relate(subject, goes_on, known)) } else { None };
    let (relation, of, adds) = match related {
        None => ("none", None, Facts::new()),
        Some(Relation::New) => {
            known.push(Known { id: file.to_owned(), knowledge: Knowledge::of(subject) });
            ("new", None, Facts::new())
        }
        Some(Relation::Duplicate { of, adds, .. }) => ("duplicate", Some(of), adds),
        Some(Relation::Update { of, adds, .. }) => ("update", Some(of), adds),
    };
    if let Some(case) = of.as_ref().and_then(|of| known.iter_mut().find(|case| case.id == *of)) {
        case.knowledge.absorb(&adds);
    }
    let adds = adds
        .into_iter()
        .map(|(name, value)| (if name == "handle" { "account_handle".to_owned() } else { name }, value))
        .collect();
    let units = candidate_units(reading, subject, directory);
    let reporter = &subject.reporter;
    Person {
        relation,
        is_duplicate_of: of,
        platform: value(subject.platform.as_ref()),
        account_handle: value(subject.handle.as_ref()),
        profile_url: value(subject.profile_url.as_ref()),
        name: value(subject.name.as_ref()),
        phones: values(&subject.phones),
        emails: values(&subject.emails),
        ip_addresses: values(&subject.ip_addresses),
        post_text: value(subject.post_text.as_ref()),
        posted_at: subject.posted_at.as_ref().map(|found| rfc3339(found.value)),
        place_hints: subject.place_hints.iter().map(|found| found.value.text.clone()).collect(),
        language: subject.language.clone(),
        candidate_units: units.into_iter().map(|candidate| candidate.unit).collect(),
        external_ref: value(subject.external_ref.as_ref()),
        post_url: value(subject.post_url.as_ref()),
        posted_at_approximate: subject.posted_at_approximate,
        reported_at: subject.reported_at.as_ref().map(|found| rfc3339(found.value)),
        date_of_birth: value(subject.date_of_birth.as_ref()),
        is_minor: subject.date_of_birth.is_some() && subject.minor == Some(true),
        reporter: (!reporter.is_empty()).then(|| Reporter {
            role: value(reporter.role.as_ref()),
            name: value(reporter.name.as_ref()),
            phones: values(&reporter.phones),
            emails: values(&reporter.emails),
        }),
        family_contacts: subject
            .family_contacts
            .iter()
            .map(|found| Contact {
                relation: found.value.relation.clone(),
                name: found.value.name.clone(),
                phone: found.value.phone.clone(),
            })
            .collect(),
        session_id: value(subject.session_id.as_ref()),
        location: subject.location.as_ref().map(|found| Location {
            lat: degrees(found.value.lat_e7),
            lon: degrees(found.value.lon_e7),
            accuracy_m: found.value.accuracy_m,
        }),
        track_seq: subject.track.iter().map(|point| point.seq).collect(),
        unassigned_phones: values(&subject.unassigned_phones),
        adds,
    }
}

fn value(found: Option<&Found<String>>) -> Option<String> {
    found.map(|found| found.value.clone())
}

fn values(found: &[Found<String>]) -> Vec<String> {
    found.iter().map(|found| found.value.clone()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "coordinates in 1e-7 degree are below 2e9")]
fn degrees(e7: i64) -> f64 {
    e7 as f64 / 1e7
}
