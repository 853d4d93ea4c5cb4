//! The shipped intake, as the runtime asks for it: readings become facts, keys and contents.

use std::collections::BTreeMap;

use niyam_kernel::id::CaseId;
use niyam_rules::value::Value;

use crate::directory::Directory;
use crate::intake::{
    self, Choices, Class as ReadingClass, Found, KeyKind, Knowledge, Known, Reading, SessionEvent, Span, Subject,
    Vocabulary,
};
use crate::request::{Class, Received, Relation};
use crate::runtime::receive::SESSION;
use crate::understood::{
    ContentField, ContentPart, Contents, Intake, KnownCase, MatchKey, SessionMessage, SubjectFacts, Understood,
};

/// Protocol for alerts that cannot be read at all: the template all states' protocols extend.
const FALLBACK: &str = "distress-response";

/// Reads alerts with a vocabulary, a directory and a table of protocols.
#[derive(Clone, Copy, Debug)]
pub struct ReadByRules {
    vocabulary: &'static Vocabulary,
    directory: &'static Directory,
    choices: &'static Choices,
}

impl ReadByRules {
    /// As shipped.
    #[must_use]
    pub fn shipped() -> Self {
        Self { vocabulary: Vocabulary::shipped(), directory: Directory::shipped(), choices: Choices::shipped() }
    }

    fn subject(&self, reading: &Reading, subject: &Subject, contents: &mut Contents) -> SubjectFacts {
        let candidates = intake::candidate_units(reading, subject, self.directory);
        let codes: Vec<String> = candidates.iter().map(|candidate| candidate.unit.clone()).collect();
        contents.candidates.extend(candidates.into_iter().map(|candidate| (candidate.unit, candidate.reason)));
        fields(subject, &mut contents.fields);
        SubjectFacts {
            facts: intake::facts(reading, subject, &codes),
            keys: intake::keys(subject).into_iter().map(key).collect(),
            protocol: self.choices.choose(reading, subject, self.directory).protocol,
            person: subject.clone(),
        }
    }
}

impl Intake for ReadByRules {
    fn understand(&self, received: &Received) -> Understood {
        let reading = intake::read(received, self.vocabulary, self.directory);
        let mut contents = contents(&reading);
        let subjects =
            reading.subjects().map(|subject| self.subject(&reading, subject, &mut contents)).collect::<Vec<_>>();
        let class = match reading.class {
            ReadingClass::Alert if reading.needs_review => Class::NeedsReview,
            ReadingClass::Alert => Class::Alert,
            ReadingClass::Test | ReadingClass::Spam | ReadingClass::Other => Class::Filed,
        };
        Understood {
            class,
            session: match reading.session {
                Some(SessionEvent::Location) => Some(SessionMessage::Location),
                Some(SessionEvent::Stop) => Some(SessionMessage::Stop),
                Some(SessionEvent::Panic) | None => None,
            },
            source: reading.source,
            reason: reading.reason,
            contents,
            subjects,
        }
    }

    fn relate(
        &self,
        subject: &SubjectFacts,
        session: Option<SessionMessage>,
        known: &[KnownCase],
    ) -> Option<(CaseId, Relation)> {
        let known: Vec<Known<CaseId>> =
            known.iter().map(|case| Known { id: case.case, knowledge: Knowledge::from_facts(&case.facts) }).collect();
        match intake::relate(&subject.person, session.is_some(), &known) {
            intake::Relation::New => None,
            intake::Relation::Duplicate { of, .. } => Some((of, Relation::Duplicate)),
            intake::Relation::Update { of, .. } => Some((of, Relation::Update)),
        }
    }

    fn fallback(&self) -> String {
        FALLBACK.to_owned()
    }
}

/// A key with the fact it is made of, which says under which seal it falls.
fn key(key: intake::MatchKey) -> MatchKey {
    let (kind, fact) = match key.kind {
        // names one press of the button, not a person; it must find the case after everything else was erased
        KeyKind::Session => (SESSION, None),
        KeyKind::ExternalRef => (key.kind.as_str(), Some("external_ref")),
        KeyKind::PostUrl => (key.kind.as_str(), Some("post_url")),
        KeyKind::Handle => (key.kind.as_str(), Some("handle")),
        KeyKind::Phone => (key.kind.as_str(), Some("phones")),
        KeyKind::PostText => (key.kind.as_str(), Some("post_text")),
    };
    MatchKey { kind: kind.to_owned(), value: key.value, fact: fact.map(str::to_owned) }
}

fn contents(reading: &Reading) -> Contents {
    let parts = reading.parts.iter().map(|part| ContentPart {
        name: part.name.clone(),
        content_type: part.content_type.clone(),
        text: part.text.clone(),
        bytes: u64::try_from(part.bytes).unwrap_or(u64::MAX),
        sha256: part.sha256.clone(),
    });
    Contents {
        subject_line: reading.subject_line.clone().unwrap_or_default(),
        headers: reading.headers.clone(),
        parts: parts.collect(),
        fields: Vec::new(),
        warnings: reading.parse_warnings.clone(),
        candidates: Vec::new(),
    }
}

/// Every value that was found, with its places, by the names of the facts.
fn fields(subject: &Subject, fields: &mut Vec<ContentField>) {
    let mut put = |name: &str, value: Value, spans: &[Span]| {
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let spans = spans.iter().map(|span| (number(span.part), number(span.start), number(span.end))).collect();
        fields.push(ContentField { field: name.to_owned(), value, spans });
    };
    let singles = [
        ("platform", &subject.platform),
        ("handle", &subject.handle),
        ("profile_url", &subject.profile_url),
        ("post_url", &subject.post_url),
        ("name", &subject.name),
        ("post_text", &subject.post_text),
        ("date_of_birth", &subject.date_of_birth),
        ("external_ref", &subject.external_ref),
        ("platform_flag", &subject.platform_flag),
        ("session_id", &subject.session_id),
        ("institute", &subject.institute),
        ("hostel", &subject.hostel),
        ("home_place", &subject.home_place),
        ("reporter_name", &subject.reporter.name),
        ("reporter_role", &subject.reporter.role),
    ];
    for (name, found) in singles {
        if let Some(Found { value, spans }) = found {
            put(name, Value::Text(value.clone()), spans);
        }
    }
    let lists = [
        ("phones", &subject.phones),
        ("emails", &subject.emails),
        ("ip_addresses", &subject.ip_addresses),
        ("reporter_phones", &subject.reporter.phones),
        ("reporter_emails", &subject.reporter.emails),
    ];
    for (name, items) in lists {
        for Found { value, spans } in items {
            put(name, Value::Text(value.clone()), spans);
        }
    }
    for Found { value, spans } in &subject.place_hints {
        put("place_hints", Value::Text(value.text.clone()), spans);
    }
    for Found { value, spans } in &subject.family_contacts {
        put("family_phones", Value::Text(value.phone.clone()), spans);
    }
    if let Some(Found { value, spans }) = &subject.posted_at {
        put("posted_at", Value::Int(value.as_ms()), spans);
    }
    if let Some(Found { value, spans }) = &subject.location {
        let position = [("lat_e7", value.lat_e7), ("lon_e7", value.lon_e7)];
        let mut map: BTreeMap<String, Value> =
            position.map(|(name, number)| (name.to_owned(), Value::Int(number))).into();
        if let Some(accuracy_m) = value.accuracy_m {
            map.insert("accuracy_m".to_owned(), Value::Int(i64::from(accuracy_m)));
        }
        put("position", Value::Map(map), spans);
    }
}
