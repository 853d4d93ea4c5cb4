//! Reads JSON alerts by the shapes of `rules/extraction/payloads.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use niyam_kernel::time::Timestamp;
use serde::Deserialize;

use super::document::Document;
use super::finding::{Finding, read_yaml};
use super::json::{self, Kind, Node};
use super::labels::{self, Entry};
use super::person::{self, Aside, Context};
use super::prose;
use super::reading::{Contact, Found, Part, Position, Reading, SessionEvent, Subject, TrackPoint};
use super::time::{self, Reference};
use super::vocabulary::{Field, Vocabulary};
use super::{classify, language, rfc3339, sha256_hex, values};
use crate::directory::{Directory, degrees_e7};

/// Path of the file below `rules/`.
const FILE: &str = "extraction/payloads.yaml";
const IST_MIN: i32 = 330;
/// Values that are read from a payload of an unknown shape.
const LEAVES: usize = 5_000;

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    payloads: u32,
    shapes: Vec<Shape>,
}

/// One shape of a payload.
#[expect(clippy::struct_field_names, reason = "the key of the file")]
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    shape: String,
    #[serde(default)]
    schemas: Vec<String>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    has: Vec<String>,
    #[serde(default, rename = "where")]
    equal: BTreeMap<String, String>,
    source: String,
    platform: Option<String>,
    session: Option<SessionEvent>,
    /// Whether the text may speak of somebody else.
    #[serde(default)]
    speaks: bool,
    each: Vec<String>,
    #[serde(default)]
    sent_at: Vec<String>,
    #[serde(default)]
    recipients: Vec<String>,
    fields: Vec<FieldAt>,
    position: Option<PositionAt>,
    track: Option<TrackAt>,
    family: Option<FamilyAt>,
    #[serde(default)]
    misuse: Vec<String>,
    #[serde(default)]
    effect: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldAt {
    field: Field,
    path: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PositionAt {
    path: String,
    lat: String,
    lon: String,
    accuracy_m: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrackAt {
    path: String,
    seq: String,
    at: String,
    lat: String,
    lon: String,
    accuracy_m: String,
    /// Points worse than this, in metres, do not count.
    worst_accuracy_m: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyAt {
    path: Vec<String>,
    relation: String,
    name: String,
    phone: String,
}

/// The shapes of JSON alerts.
#[derive(Debug)]
pub struct Payloads {
    shapes: Vec<Shape>,
}

impl Payloads {
    /// Reads the shapes.
    ///
    /// # Errors
    /// What is wrong, with lines.
    pub fn load(text: &str) -> Result<Self, Vec<Finding>> {
        let file: File = read_yaml(FILE, text)?;
        if file.payloads != 1 {
            return Err(vec![Finding::new(
                FILE,
                1,
                format!("`payloads: {}` is not known", file.payloads),
                "this program reads version 1",
            )]);
        }
        Ok(Self { shapes: file.shapes })
    }

    /// The shapes as shipped.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Payloads> = OnceLock::new();
        let text = include_str!("../../../rules/extraction/payloads.yaml");
        SHIPPED.get_or_init(|| Self::load(text).expect("a test loads the shipped file"))
    }

    /// The shape that fits a payload, and whether its version is one that the shape was written for.
    fn fitting(&self, root: &Node) -> Option<(&Shape, bool)> {
        let schema = root.get("schema").and_then(Node::scalar);
        let (name, version) = schema.map_or(("", ""), |schema| schema.rsplit_once('/').unwrap_or((schema, "")));
        let equal =
            |shape: &Shape| shape.equal.iter().all(|(path, value)| scalar_at(root, root, path) == Some(value.as_str()));
        let by_name = self.shapes.iter().find(|shape| shape.schemas.iter().any(|known| known == name) && equal(shape));
        if let Some(shape) = by_name {
            return Some((shape, shape.versions.iter().any(|known| known == version)));
        }
        let by_paths = |shape: &&Shape| {
            !shape.has.is_empty() && shape.has.iter().all(|path| !root.at(path, root).is_empty()) && equal(shape)
        };
        self.shapes.iter().find(by_paths).map(|shape| (shape, false))
    }
}

/// Reads a JSON alert into a reading that holds its hash and times already.
pub(super) fn read(bytes: &[u8], vocabulary: &Vocabulary, directory: &Directory, reading: &mut Reading) {
    let text = super::mime::decode_text(bytes, None, &mut reading.parse_warnings);
    let (root, whole) = json::read(&text);
    if !whole {
        reading.parse_warnings.push("JSON is not whole".to_owned());
    }
    let header = Part {
        index: 0,
        name: None,
        content_type: "text/plain".to_owned(),
        text: Some(String::new()),
        bytes: 0,
        sha256: sha256_hex(b""),
        range: (0, 0),
        attachment: false,
    };
    let body = Part {
        index: 1,
        name: None,
        content_type: "application/json".to_owned(),
        bytes: bytes.len(),
        sha256: sha256_hex(bytes),
        text: None,
        range: (0, bytes.len()),
        attachment: false,
    };
    reading.parts = vec![header, body];
    let job = Job { part: 1, text: &text, root: &root, vocabulary, directory };
    match Payloads::shipped().fitting(&root) {
        Some((shape, version_known)) => {
            if !version_known {
                reading.parse_warnings.push(format!("version of the payload is not known, read as {}", shape.shape));
            }
            job.shaped(shape, reading);
        }
        None => job.unshaped(reading),
    }
    reading.parts[1].text = Some(text);
}

/// Persons of a payload that came as an attachment; nothing when its shape is not known.
pub(super) fn attached(
    part: usize,
    text: &str,
    vocabulary: &Vocabulary,
    directory: &Directory,
    reference: Reference,
) -> Option<Vec<Subject>> {
    let (root, _) = json::read(text);
    let (shape, _) = Payloads::shipped().fitting(&root)?;
    let job = Job { part, text, root: &root, vocabulary, directory };
    let mut warnings = Vec::new();
    let subjects = job.persons(shape, job.context(reference.at), &[], &mut warnings);
    (!subjects.is_empty()).then_some(subjects)
}

struct Job<'a> {
    /// Part that the text is.
    part: usize,
    text: &'a str,
    root: &'a Node,
    vocabulary: &'a Vocabulary,
    directory: &'a Directory,
}

impl Job<'_> {
    /// The text of the first path that holds a scalar; a `/` in front begins at the root.
    fn nodes(&self, here: &Node, paths: &[String]) -> Vec<Node> {
        let lead = |path: &String| match path.strip_prefix('/') {
            Some(path) => self.root.at(path, here).into_iter().cloned().collect::<Vec<_>>(),
            None => here.at(path, here).into_iter().cloned().collect(),
        };
        let holds = |nodes: &Vec<Node>| nodes.iter().any(|node| !matches!(node.kind, Kind::Nothing));
        paths.iter().map(lead).find(holds).unwrap_or_default()
    }

    fn moment(&self, here: &Node, paths: &[String]) -> Option<Timestamp> {
        let node = self.nodes(here, paths).into_iter().next()?;
        time::absolute(&readable_time(node.scalar()?), self.vocabulary, IST_MIN).map(|found| found.at)
    }

    fn shaped(&self, shape: &Shape, reading: &mut Reading) {
        reading.source.clone_from(&shape.source);
        reading.session = shape.session;
        reading.effect.clone_from(&shape.effect);
        reading.sender.trusted = true;
        reading.sent_at = self.moment(self.root, &shape.sent_at);
        reading.recipients = self
            .nodes(self.root, &shape.recipients)
            .iter()
            .filter_map(|node| node.scalar().map(str::to_lowercase))
            .collect();
        let context = self.context(reading.sent_at.unwrap_or(reading.received_at));
        let mut warnings = Vec::new();
        let mut subjects = self.persons(shape, context, &reading.recipients, &mut warnings).into_iter();
        reading.parse_warnings.append(&mut warnings);
        reading.subject = subjects.next().unwrap_or_default();
        reading.additional_subjects = subjects.collect();
        let misuse = self.nodes(self.root, &shape.misuse).iter().any(|node| {
            node.scalar() == Some("true")
                || node.scalar().is_some_and(|text| classify::hints_misuse(text, self.vocabulary))
        });
        let said = reading.subjects().any(|subject| {
            shape.speaks
                && subject.post_text.as_ref().is_some_and(|post| classify::hints_misuse(&post.value, self.vocabulary))
        });
        reading.possible_misuse |= misuse || said;
        super::conclude("", self.vocabulary, false, reading);
    }

    /// The persons of a payload, each once.
    fn persons(
        &self,
        shape: &Shape,
        context: Context<'_>,
        recipients: &[String],
        warnings: &mut Vec<String>,
    ) -> Vec<Subject> {
        let persons: Vec<Node> = self
            .nodes(self.root, &shape.each)
            .iter()
            .flat_map(|node| node.items().into_iter().cloned().collect::<Vec<_>>())
            .take(100)
            .collect();
        let mut subjects: Vec<Subject> = Vec::new();
        for here in &persons {
            let subject = self.person(shape, here, context, recipients, warnings);
            match subjects.iter_mut().find(|known| {
                !super::mail::is_another(known, &subject)
                    && (known.handle == subject.handle
                        || known.handle.as_ref().map(|found| &found.value)
                            == subject.handle.as_ref().map(|found| &found.value))
            }) {
                Some(known) => person::fill(known, subject),
                None => subjects.push(subject),
            }
        }
        subjects
    }

    fn context(&self, at: Timestamp) -> Context<'_> {
        Context {
            vocabulary: self.vocabulary,
            directory: self.directory,
            reference: Reference { at, zone_min: IST_MIN },
        }
    }

    fn entry(field: Field, node: &Node) -> Option<Entry> {
        let value = node.scalar()?;
        let value = if field == Field::PostedAt { readable_time(value) } else { value.to_owned() };
        Some(Entry { field, label: String::new(), value, bytes: node.bytes, line: 0, next: 0, heads_record: false })
    }

    fn person(
        &self,
        shape: &Shape,
        here: &Node,
        context: Context<'_>,
        recipients: &[String],
        warnings: &mut Vec<String>,
    ) -> Subject {
        let document = Document { part: self.part, text: self.text, lines: Vec::new() };
        let entries: Vec<Entry> = shape
            .fields
            .iter()
            .flat_map(|field| {
                self.nodes(here, &field.path)
                    .iter()
                    .flat_map(|node| node.items().into_iter().cloned().collect::<Vec<_>>())
                    .filter_map(|node| Self::entry(field.field, &node))
                    .collect::<Vec<_>>()
            })
            .collect();
        let mut aside = Aside::default();
        let mut subject = person::subject(&document, &entries, context, &mut aside);
        warnings.append(&mut aside.warnings);
        if let Some(platform) = &shape.platform {
            let spans = subject.handle.as_ref().map_or(Vec::new(), |handle| handle.spans.clone());
            subject.platform = Some(Found { value: platform.clone(), spans });
            person::conclude(&mut subject, context);
        }
        self.position(shape, here, &mut subject);
        self.track(shape, here, &mut subject, warnings);
        self.family(shape, here, &mut subject);
        if shape.speaks {
            self.spoken(&mut subject, context, recipients);
        }
        if subject.language.is_none() {
            subject.language =
                subject.post_text.as_ref().and_then(|post| language::identify(&post.value, self.vocabulary));
        }
        subject
    }

    /// A message may tell of somebody else: then who writes is the reporter, and the words tell of the person.
    fn spoken(&self, subject: &mut Subject, context: Context<'_>, recipients: &[String]) {
        let Some(post) = subject.post_text.clone() else { return };
        // Whom it is sent to is nobody in distress.
        let addressed = recipients.iter().fold(post.value.clone(), |text, name| blank_mention(&text, name));
        let told = prose::read(self.part, &addressed, (0, addressed.len()), context);
        let mut found = told.subject;
        super::visit_spans(&mut found, &mut |span| *span = post.spans[0]);
        let of_another =
            told.third_person && (found.name.is_some() || !found.phones.is_empty() || found.reporter.role.is_some());
        if of_another {
            found.language = language::identify(&post.value, self.vocabulary);
            found.reporter.name = subject.name.take();
            let platform = subject.platform.take();
            let own = subject.handle.take();
            if found.handle.as_ref().map(|handle| &handle.value) == own.as_ref().map(|handle| &handle.value) {
                found.handle = None;
            }
            found.platform = platform;
            found.post_url = None;
            found.posted_at = found.posted_at.or(subject.posted_at.take());
            *subject = found;
        } else {
            // The writer speaks of themself: "mera number …" is theirs.
            for phone in found.reporter.phones.into_iter().chain(found.phones).chain(found.unassigned_phones) {
                if !subject.phones.iter().any(|has| has.value == phone.value) {
                    subject.phones.push(phone);
                }
            }
            for hint in found.place_hints {
                person::add_hint(subject, hint);
            }
            subject.family_contacts.extend(found.family_contacts);
        }
    }

    fn position(&self, shape: &Shape, here: &Node, subject: &mut Subject) {
        let Some(at) = &shape.position else { return };
        let node = here.at(&at.path, here).into_iter().next();
        if let Some((node, position)) =
            node.and_then(|node| Some((node, position(node, &at.lat, &at.lon, &at.accuracy_m)?)))
        {
            subject.location =
                Some(Found::at(position, super::Span { part: self.part, start: node.bytes.0, end: node.bytes.1 }));
        }
    }

    /// Points in the order of their numbers, each once, without those too rough to believe; the last one counts.
    fn track(&self, shape: &Shape, here: &Node, subject: &mut Subject, warnings: &mut Vec<String>) {
        let Some(at) = &shape.track else { return };
        let mut points: BTreeMap<i64, (TrackPoint, super::Span)> = BTreeMap::new();
        let mut rough = 0;
        for node in here.at(&format!("{}.*", at.path), here).into_iter().take(10_000) {
            let seq = scalar_at(node, node, &at.seq).and_then(|seq| seq.parse().ok());
            let Some((seq, mut position)) = seq.zip(position(node, &at.lat, &at.lon, &at.accuracy_m)) else {
                warnings.push("point of the track cannot be read".to_owned());
                continue;
            };
            position.at = scalar_at(node, node, &at.at)
                .and_then(|at| time::absolute(&readable_time(at), self.vocabulary, IST_MIN))
                .map(|found| found.at);
            if position.accuracy_m.is_some_and(|accuracy_m| accuracy_m > at.worst_accuracy_m) {
                rough += 1;
                continue;
            }
            points.entry(seq).or_insert((
                TrackPoint { seq, position },
                super::Span { part: self.part, start: node.bytes.0, end: node.bytes.1 },
            ));
        }
        if rough > 0 && points.is_empty() {
            warnings.push("every point of the track is too rough".to_owned());
        }
        if let Some((point, span)) = points.values().next_back() {
            subject.location = Some(Found::at(point.position, *span));
        }
        subject.track = points.into_values().map(|(point, _)| point).collect();
    }

    fn family(&self, shape: &Shape, here: &Node, subject: &mut Subject) {
        let Some(at) = &shape.family else { return };
        let found: BTreeSet<String> = subject.phones.iter().map(|phone| phone.value.clone()).collect();
        for node in
            self.nodes(here, &at.path).iter().flat_map(|node| node.items().into_iter().cloned().collect::<Vec<_>>())
        {
            let text = |key: &str| scalar_at(&node, &node, key).map(str::to_owned);
            let phone = text(&at.phone).and_then(|phone| values::phones(&phone, self.vocabulary).into_iter().next());
            if let Some(phone) = phone.filter(|phone| !found.contains(&phone.number)) {
                let contact = Contact {
                    relation: text(&at.relation).map(|relation| relation.to_lowercase()),
                    name: text(&at.name),
                    phone: phone.number,
                };
                person::add_family(
                    subject,
                    contact,
                    super::Span { part: self.part, start: node.bytes.0, end: node.bytes.1 },
                );
            }
        }
    }

    /// A payload of no known shape: its keys are read as labels, so that nothing is lost.
    fn unshaped(&self, reading: &mut Reading) {
        reading.parse_warnings.push("shape of the JSON is not known".to_owned());
        let document = Document { part: 1, text: self.text, lines: Vec::new() };
        let mut entries = Vec::new();
        let mut words = String::new();
        leaves(self.root, "", &mut |key, node| {
            if entries.len() < LEAVES {
                if let Some(text) = node.scalar() {
                    words.push_str(text);
                    words.push('\n');
                }
                let spaced = key.replace(['_', '-'], " ");
                entries.extend(self.vocabulary.field(&spaced).and_then(|field| Self::entry(field, node)));
            }
        });
        let context = self.context(reading.received_at);
        let mut aside = Aside::default();
        let mut subjects: Vec<Subject> = labels::records(entries, self.vocabulary)
            .iter()
            .map(|record| person::subject(&document, record, context, &mut aside))
            .collect();
        reading.parse_warnings.append(&mut aside.warnings);
        reading.subject = if subjects.is_empty() { Subject::default() } else { subjects.remove(0) };
        reading.additional_subjects = subjects;
        for subject in std::iter::once(&mut reading.subject).chain(&mut reading.additional_subjects) {
            subject.language =
                subject.post_text.as_ref().and_then(|post| language::identify(&post.value, self.vocabulary));
        }
        super::conclude(&words, self.vocabulary, false, reading);
    }
}

/// Shows every scalar with its key to a function.
fn leaves(node: &Node, key: &str, visit: &mut impl FnMut(&str, &Node)) {
    match &node.kind {
        Kind::Nothing => {}
        Kind::Scalar(_) => visit(key, node),
        Kind::List(items) => items.iter().for_each(|item| leaves(item, key, visit)),
        Kind::Map(entries) => entries.iter().for_each(|(key, node)| leaves(node, key, visit)),
    }
}

/// A text with the mentions of an account blanked out, every other byte in its place.
fn blank_mention(text: &str, account: &str) -> String {
    let mention = format!("@{account}");
    let lower = text.to_ascii_lowercase();
    let mut blanked = text.to_owned();
    for (at, found) in lower.match_indices(mention.as_str()).collect::<Vec<_>>() {
        blanked.replace_range(at..at + found.len(), &" ".repeat(found.len()));
    }
    blanked
}

fn scalar_at<'a>(node: &'a Node, here: &Node, path: &str) -> Option<&'a str> {
    node.at(path, here).into_iter().next().and_then(Node::scalar)
}

/// A number of milliseconds since the epoch as a time that people write.
fn readable_time(value: &str) -> String {
    let epoch = value.parse::<i64>().ok().filter(|_| (10..=13).contains(&value.len()));
    let ms = epoch.map(|number| if value.len() <= 11 { number * 1000 } else { number });
    ms.map_or_else(|| value.to_owned(), |ms| rfc3339(Timestamp::from_ms(ms)))
}

fn position(node: &Node, lat: &str, lon: &str, accuracy_m: &str) -> Option<Position> {
    let lat_e7 = scalar_at(node, node, lat).and_then(degrees_e7).filter(|lat| lat.abs() <= 900_000_000)?;
    let lon_e7 = scalar_at(node, node, lon).and_then(degrees_e7)?;
    let accuracy_m = scalar_at(node, node, accuracy_m).and_then(|text| text.split('.').next()?.parse().ok());
    Some(Position { lat_e7, lon_e7, accuracy_m, at: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_shapes_load() {
        let loaded = Payloads::load(include_str!("../../../rules/extraction/payloads.yaml"))
            .map(|_| ())
            .map_err(|findings| findings[0].to_string());
        assert_eq!(loaded, Ok(()));
    }
}
