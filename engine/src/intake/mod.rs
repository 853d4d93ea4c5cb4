//! From the bytes of an alert to what they say.
//!
//! Purpose: [`read`] turns any bytes into a [`Reading`]: who is in distress, on which platform, where, who says so, each value
//! with its place in the original. [`relate`] decides whether it is the same alert again, more about an open case, or a new
//! one; [`Choices::choose`] which protocol it runs on; [`report()`] writes it down for the command line.
//!
//! Invariants: total and pure. No bytes make it panic, none are lost: what cannot be read becomes an alert for a person to
//! read. A value that was not found is empty, never guessed. Words, labels, hosts, payload shapes and the choice of protocol
//! are rule files (`rules/extraction`, `rules/intake`), so that a changed file changes what is read without a program.
//!
//! Where a new thing goes: a new label or host in `vocabulary.yaml`; a new field in [`Field`], `person` and [`Subject`]; a
//! new payload of a platform in `payloads.yaml`.

mod choice;
mod classify;
mod document;
pub(crate) mod finding;
mod hints;
mod html;
mod json;
mod labels;
mod language;
mod lists;
mod mail;
pub mod matching;
mod mime;
mod payload;
mod person;
mod prose;
mod reading;
pub mod report;
mod sender;
mod texts;
mod time;
mod values;
mod vocabulary;

use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;
use sha2::{Digest as _, Sha256};

pub use crate::request::Received;
pub use choice::{Choice, Choices};
pub use finding::Finding;
pub use matching::{KeyKind, Knowledge, Known, MatchKey, Relation, keys, relate};
pub use payload::Payloads;
pub use reading::*;
pub use report::{candidate_units, report};
pub use vocabulary::{Field, Vocabulary};

use crate::directory::Directory;
use document::CharIndex;

/// Reads one message. Total: whatever the bytes, there is a reading.
#[must_use]
pub fn read(received: &Received, vocabulary: &Vocabulary, directory: &Directory) -> Reading {
    let mut reading = Reading {
        sha256: sha256_hex(&received.bytes),
        source: sender::OTHER.to_owned(),
        class: Class::Alert,
        reason: Text::default(),
        needs_review: false,
        subject_line: None,
        message_id: None,
        sent_at: None,
        received_at: received.received_at,
        sender: Sender::default(),
        recipients: Vec::new(),
        forwarded_by: Vec::new(),
        official_phones: Vec::new(),
        subject: Subject::default(),
        additional_subjects: Vec::new(),
        attachments: Vec::new(),
        parse_warnings: Vec::new(),
        possible_misuse: false,
        session: None,
        effect: Vec::new(),
        drill: received.drill,
        headers: Vec::new(),
        parts: Vec::new(),
    };
    let start = received.bytes.iter().find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xef | 0xbb | 0xbf));
    if matches!(start, Some(b'{' | b'[')) {
        payload::read(&received.bytes, vocabulary, directory, &mut reading);
    } else {
        let mail = if mime::looks_like_mail(&received.bytes) {
            mime::read(&received.bytes, 0, &mut reading.parse_warnings)
        } else {
            mime::plain(&received.bytes, &mut reading.parse_warnings)
        };
        mail::read(&mail, received.channel == "note", vocabulary, directory, &mut reading);
    }
    spans_in_characters(&mut reading);
    reading
}

/// What every message gets at the end: its class, and whether a person must look at it.
fn conclude(text: &str, vocabulary: &Vocabulary, forwarded: bool, reading: &mut Reading) {
    let evidence = classify::Evidence {
        vocabulary,
        sender: &reading.sender,
        text,
        headers: &reading.headers,
        subject: &reading.subject,
        forwarded,
    };
    let mut warnings = Vec::new();
    (reading.class, reading.reason) = classify::classify(&evidence, &mut warnings);
    reading.parse_warnings.append(&mut warnings);
    if !reading.is_alert() && reading.class != Class::Test {
        let language = reading.subject.language.take();
        reading.subject = Subject { language, ..Subject::default() };
        reading.additional_subjects.clear();
        sender::OTHER.clone_into(&mut reading.source);
    }
    let mut seen = std::collections::BTreeSet::new();
    reading.parse_warnings.retain(|warning| seen.insert(warning.clone()));
    let nothing = reading.session.is_none() && !person::is_identified(&reading.subject);
    reading.needs_review = reading.is_alert()
        && (nothing
            || !reading.parse_warnings.is_empty()
            || reading.possible_misuse
            || !reading.subject.unassigned_phones.is_empty());
}

/// Turns byte offsets into character offsets.
fn spans_in_characters(reading: &mut Reading) {
    let parts = std::mem::take(&mut reading.parts);
    let mut indexes: Vec<Option<CharIndex>> = parts.iter().map(|_| None).collect();
    let mut convert = |span: &mut Span| {
        let Some(text) = parts.get(span.part).and_then(|part| part.text.as_deref()) else { return };
        let index = indexes[span.part].get_or_insert_with(|| CharIndex::new(text));
        span.start = index.chars(text, span.start);
        span.end = index.chars(text, span.end);
    };
    for found in reading.forwarded_by.iter_mut().chain(&mut reading.official_phones) {
        found.spans.iter_mut().for_each(&mut convert);
    }
    visit_spans(&mut reading.subject, &mut convert);
    for subject in &mut reading.additional_subjects {
        visit_spans(subject, &mut convert);
    }
    reading.parts = parts;
}

/// Shows every span of a person to a function.
fn visit_spans(subject: &mut Subject, visit: &mut impl FnMut(&mut Span)) {
    let Subject {
        platform,
        handle,
        profile_url,
        post_url,
        name,
        phones,
        emails,
        ip_addresses,
        post_text,
        posted_at,
        reported_at,
        place_hints,
        date_of_birth,
        age_years,
        external_ref,
        platform_flag,
        session_id,
        location,
        family_contacts,
        institute,
        hostel,
        home_place,
        reporter,
        unassigned_phones,
        posted_at_approximate: _,
        language: _,
        minor: _,
        track: _,
    } = subject;
    let texts = [
        platform,
        handle,
        profile_url,
        post_url,
        name,
        post_text,
        date_of_birth,
        external_ref,
        platform_flag,
        session_id,
        institute,
        hostel,
        home_place,
    ];
    let texts = texts.into_iter().chain([&mut reporter.role, &mut reporter.name]).flatten();
    let lists = [phones, emails, ip_addresses, unassigned_phones, &mut reporter.phones, &mut reporter.emails];
    for found in texts.chain(lists.into_iter().flatten()) {
        found.spans.iter_mut().for_each(&mut *visit);
    }
    for found in [posted_at, reported_at].into_iter().flatten() {
        found.spans.iter_mut().for_each(&mut *visit);
    }
    for found in place_hints {
        found.spans.iter_mut().for_each(&mut *visit);
    }
    for found in family_contacts {
        found.spans.iter_mut().for_each(&mut *visit);
    }
    if let Some(found) = age_years {
        found.spans.iter_mut().for_each(&mut *visit);
    }
    if let Some(found) = location {
        found.spans.iter_mut().for_each(&mut *visit);
    }
}

/// SHA-256 in hexadecimal.
fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        text.extend([byte >> 4, byte & 15].map(|half| char::from(b"0123456789abcdef"[usize::from(half)])));
        text
    })
}

/// RFC 3339 in UTC with whole seconds.
fn rfc3339(at: Timestamp) -> String {
    chrono::DateTime::from_timestamp_millis(at.as_ms())
        .map_or_else(String::new, |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
