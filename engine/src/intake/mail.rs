//! Reads a mail: finds the report among what several people wrote, and reads it.

use niyam_kernel::time::Timestamp;

use super::document::{Document, Segment, segments, signature_at};
use super::labels::{self, Entry, holds_any, is_boilerplate};
use super::language;
use super::lists::{is_log, list_item, list_subject};
use super::mime::Mail;
use super::person::{self, Aside, Context, add};
use super::prose;
use super::reading::{Found, Reading, Span, Subject};
use super::sender::{self, CITIZEN, OPERATOR, OTHER};
use super::texts::{Role, Text, collect};
use super::time::{self, Reference};
use super::values;
use super::vocabulary::{Vocabulary, fold};
use crate::directory::Directory;

/// Where mails without a zone are taken to be written: India.
const IST_MIN: i32 = 330;
/// Most bytes of one text that are read; what stands behind them is kept and shown, and a person is asked to look.
///
/// Other alerts wait while one is read, and nobody writes what matters behind two megabytes.
pub(super) const READ_BYTES: usize = 2_000_000;

/// What one writer wrote, read.
struct Candidate {
    document: usize,
    segment: Segment,
    subjects: Vec<Subject>,
    aside: Aside,
    entries: Vec<Entry>,
    weight: usize,
    context_zone: Reference,
    address: Option<String>,
    name: Option<String>,
    address_span: Option<Span>,
    name_span: Option<Span>,
    standing: sender::Standing,
    forwarded: bool,
    role: Role,
}

/// Reads a mail into a reading that holds its hash and times already.
pub(super) fn read(mail: &Mail, is_note: bool, vocabulary: &Vocabulary, directory: &Directory, reading: &mut Reading) {
    let mut texts = Vec::new();
    collect(mail, 0, reading, &mut texts);
    reading.headers.clone_from(&mail.headers);
    reading.subject_line.clone_from(&mail.subject);
    reading.message_id.clone_from(&mail.message_id);
    reading.sent_at = mail.date;
    reading.recipients.clone_from(&mail.recipients);
    let (mut sender, mut standing) = sender::check(mail, vocabulary);
    if is_note && sender.address.is_none() {
        standing = sender::Standing { source: OPERATOR.to_owned(), trusted: true, official: true, doubt: None };
        sender.official = true;
    }
    reading.parse_warnings.extend(sender.doubts.iter().cloned());
    reading.possible_misuse |= !sender.doubts.is_empty();
    reading.sender = sender;
    let parts = std::mem::take(&mut reading.parts);
    let documents: Vec<Document<'_>> =
        texts.iter().map(|text| Document::new(text.part, beginning(parts[text.part].text.as_deref()))).collect();
    if documents.iter().zip(&texts).any(|(read, text)| parts[text.part].text.as_deref() != Some(read.text)) {
        reading.parse_warnings.push("very long text: only its beginning was read".to_owned());
    }
    let job = Job { vocabulary, directory, texts: &texts, documents: &documents, received_at: reading.received_at };
    job.run(&standing, reading);
    if let Some(found) = &mut reading.subject.external_ref {
        let header = parts[0].text.as_deref().unwrap_or("");
        for span in found.spans.iter_mut().filter(|span| span.part == 0 && span.end == 0) {
            let start = header.find(&found.value).unwrap_or(0);
            (span.start, span.end) =
                (start, if header[start..].starts_with(&found.value) { start + found.value.len() } else { start });
        }
    }
    reading.parts = parts;
    let read_parts: Vec<usize> = reading.subjects().flat_map(parts_of).collect();
    for attachment in &mut reading.attachments {
        attachment.read = read_parts.contains(&attachment.part);
    }
}

/// Parts that values of a person were read from.
fn parts_of(subject: &Subject) -> Vec<usize> {
    let mut parts = Vec::new();
    super::visit_spans(&mut subject.clone(), &mut |span| parts.push(span.part));
    parts
}

/// The beginning of a text, up to [`READ_BYTES`] and a whole line.
fn beginning(text: Option<&str>) -> &str {
    let text = text.unwrap_or("");
    if text.len() <= READ_BYTES {
        return text;
    }
    let cut = &text[..text.floor_char_boundary(READ_BYTES)];
    cut.rfind('\n').map_or(cut, |end| &cut[..=end])
}

struct Job<'a> {
    vocabulary: &'a Vocabulary,
    directory: &'a Directory,
    texts: &'a [Text],
    documents: &'a [Document<'a>],
    received_at: Timestamp,
}

impl Job<'_> {
    fn run(&self, top: &sender::Standing, reading: &mut Reading) {
        let mut candidates = self.candidates(top);
        if candidates.is_empty() {
            reading.source.clone_from(&top.source);
            self.finish(None, &mut candidates, reading);
            return;
        }
        let chosen = choose(&candidates);
        let chosen = if candidates[chosen].weight < 2 { self.choose_by_prose(&candidates) } else { chosen };
        self.apply(chosen, &mut candidates, reading);
    }

    /// Everything that somebody wrote, read by its labels.
    fn candidates(&self, top: &sender::Standing) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (index, (text, document)) in self.texts.iter().zip(self.documents).enumerate() {
            if text.role == Role::Attached && is_log(document, self.vocabulary) {
                continue;
            }
            for (at, segment) in segments(document, self.vocabulary).into_iter().enumerate() {
                let (address, name, span, name_span) = if segment.forwarded {
                    let bytes = segment.from_bytes;
                    let name = segment.from_name.clone();
                    let named = name.as_deref().zip(bytes).and_then(|(name, bytes)| {
                        let start = document.text[..bytes.0].rfind(name)?;
                        Some(document.span((start, start + name.len())))
                    });
                    (segment.from.clone(), name, bytes.map(|bytes| document.span(bytes)), named)
                } else {
                    (text.from.0.clone(), text.from.1.clone(), text.from_span, text.name_span)
                };
                let outermost = text.depth == 0 && !segment.forwarded;
                let standing = if outermost {
                    top.clone()
                } else {
                    sender::standing(address.as_deref(), name.as_deref(), self.vocabulary)
                };
                let date = segment.date.or(text.date).unwrap_or(self.received_at);
                let reference = Reference { at: date, zone_min: segment.zone_min.or(text.zone_min).unwrap_or(IST_MIN) };
                let entries = labels::entries(document, &segment, self.vocabulary);
                let mut aside = Aside::default();
                let context = self.context(reference);
                let shaped = self.shaped_payload(text, document, reference);
                let labelled = || {
                    let records = labels::records(entries.clone(), self.vocabulary);
                    records.iter().map(|record| person::subject(document, record, context, &mut aside)).collect()
                };
                let subjects: Vec<Subject> = shaped.unwrap_or_else(labelled);
                let mut weight = subjects.iter().map(person::weight).max().unwrap_or(0);
                if segment.quoted || at > 0 && !segment.forwarded {
                    weight = weight.saturating_sub(2);
                }
                candidates.push(Candidate {
                    document: index,
                    forwarded: segment.forwarded || text.depth > 0,
                    segment,
                    subjects,
                    aside,
                    entries,
                    weight,
                    context_zone: reference,
                    address,
                    name,
                    address_span: span,
                    name_span,
                    standing,
                    role: text.role,
                });
            }
        }
        candidates
    }

    /// Persons of an attached payload of a known shape.
    fn shaped_payload(&self, text: &Text, document: &Document<'_>, reference: Reference) -> Option<Vec<Subject>> {
        let is_json = text.role == Role::Attached && document.text.trim_start().starts_with('{');
        let read =
            || super::payload::attached(document.part, document.text, self.vocabulary, self.directory, reference);
        is_json.then(read).flatten()
    }

    fn context(&self, reference: Reference) -> Context<'_> {
        Context { vocabulary: self.vocabulary, directory: self.directory, reference }
    }

    /// Without labels: what was forwarded by an officer, else what has most words of a report.
    fn choose_by_prose(&self, candidates: &[Candidate]) -> usize {
        let score = |candidate: &Candidate| {
            let told = self.prose(candidate);
            let found = person::weight(&told.subject)
                + usize::from(!told.subject.place_hints.is_empty())
                + usize::from(told.third_person);
            let forwarded = candidate.forwarded && !candidate.standing.official;
            let penalty = usize::from(candidate.segment.quoted) * 3 + usize::from(candidate.role != Role::Body);
            (found + candidate.weight + usize::from(forwarded) * 2).saturating_sub(penalty)
        };
        let best =
            candidates.iter().enumerate().max_by_key(|(index, candidate)| (score(candidate), usize::MAX - index));
        best.map_or(0, |(index, _)| index)
    }

    /// Reads the running text of a candidate: everything that no label took, without the signature.
    fn prose(&self, candidate: &Candidate) -> prose::Told {
        let document = &self.documents[candidate.document];
        let mut told = prose::Told::default();
        let end = signature_at(document, &candidate.segment, self.vocabulary);
        let mut at = candidate.segment.lines.0;
        let is_taken = |line: usize| candidate.entries.iter().any(|entry| (entry.line..entry.next).contains(&line));
        while at < end {
            if is_taken(at) {
                at += 1;
                continue;
            }
            let mut next = at;
            while next < end
                && !is_taken(next)
                && (next == at || document.lines[next].depth == document.lines[at].depth)
            {
                next += 1;
            }
            let bytes = (document.lines[at].start, document.lines[next - 1].end.max(document.lines[at].start));
            let more = prose::read(document.part, document.text, bytes, self.context(candidate.context_zone));
            told.third_person |= more.third_person;
            told.official_phones.extend(more.official_phones);
            told.own_words |= more.own_words;
            gather(&mut told.subject, more.subject);
            at = next;
            if document.lines[at.saturating_sub(1)].end - document.lines[candidate.segment.lines.0].start > 200_000 {
                break;
            }
        }
        person::conclude(&mut told.subject, self.context(candidate.context_zone));
        told
    }

    /// Makes one candidate the report; the others tell who forwarded it, fill gaps, or tell of further persons.
    fn apply(&self, chosen: usize, candidates: &mut Vec<Candidate>, reading: &mut Reading) {
        let mut primary = candidates.remove(chosen);
        reading.parse_warnings.append(&mut primary.aside.warnings);
        reading.official_phones.append(&mut primary.aside.official_phones);
        let standing = primary.standing.clone();
        let outer_trusted = reading.sender.official || reading.sender.trusted;
        reading.source = if primary.forwarded && standing.trusted && !outer_trusted {
            reading
                .parse_warnings
                .push("forwarded by a sender who is not known: the original sender is not verified".to_owned());
            CITIZEN.to_owned()
        } else {
            standing.source.clone()
        };
        if let Some(platform) = self.vocabulary.sources.get(&reading.source).and_then(|source| source.platform.clone())
        {
            let span = primary.address_span.unwrap_or(Span { part: 0, start: 0, end: 0 });
            for subject in &mut primary.subjects {
                subject.platform.get_or_insert_with(|| Found::at(platform.clone(), span));
            }
        }
        if primary.forwarded
            && let Some(doubt) = standing.doubt.clone()
        {
            reading.parse_warnings.push(doubt);
            reading.possible_misuse = true;
        }
        let mut subjects = std::mem::take(&mut primary.subjects);
        let mut subject = if subjects.is_empty() { Subject::default() } else { subjects.remove(0) };
        let platform_report = standing.trusted && !standing.official;
        let mut told = self.prose(&primary);
        reading.official_phones.append(&mut told.official_phones);
        if platform_report || reading.source == OTHER {
            let only_post = Subject { post_text: told.subject.post_text.clone(), ..Subject::default() };
            person::fill(&mut subject, only_post);
            if person::weight(&subject) < 2 {
                person::fill(&mut subject, told.subject.clone());
            }
        } else {
            self.fill_from_prose(&mut subject, &told, &primary);
        }
        self.number_lists(&primary, &mut subject, &mut subjects);
        reading.subject = subject;
        reading.additional_subjects = subjects;
        if reading.source == OPERATOR || self.is_note(&primary) {
            self.call_received(&primary, reading);
        }
        self.others(&primary, candidates, reading);
        self.reference_without_label(&primary, reading);
        self.finish(Some(&primary), candidates, reading);
    }

    /// What running text of a person's report adds, and who reports.
    fn fill_from_prose(&self, subject: &mut Subject, told: &prose::Told, primary: &Candidate) {
        person::fill(subject, told.subject.clone());
        person::conclude(subject, self.context(primary.context_zone));
        let personal = primary.name.as_deref().filter(|name| sender::is_personal(name, self.vocabulary));
        let role_in_name = || {
            let name = primary.name.as_deref().unwrap_or("");
            self.vocabulary.prose.roles.iter().find(|(_, words)| holds_any(name, words)).map(|(role, _)| role.clone())
        };
        let official = primary.standing.official;
        let span = primary.address_span.unwrap_or(Span { part: 0, start: 0, end: 0 });
        let own_report = !told.third_person && subject.name.is_none() && told.own_words;
        if let (Some(address), false) = (&primary.address, official) {
            if own_report {
                add(&mut subject.emails, address.clone(), span);
            } else {
                add(&mut subject.reporter.emails, address.clone(), span);
            }
        }
        if let (Some(name), false) = (personal, official) {
            let found = Some(Found::at(name.to_owned(), primary.name_span.unwrap_or(span)));
            if own_report {
                subject.name = found;
            } else if subject.reporter.name.is_none() {
                subject.reporter.name = found;
            }
        }
        if subject.reporter.role.is_none() {
            subject.reporter.role = role_in_name().map(|role| Found::at(role, span));
        }
        if own_report {
            subject.phones.append(&mut subject.reporter.phones);
            subject.reporter.name = None;
        }
        self.signature(primary, subject);
    }

    /// Numbers below "Regards": of the officer or of who reports, never the person's.
    fn signature(&self, primary: &Candidate, subject: &mut Subject) {
        let document = &self.documents[primary.document];
        let from = signature_at(document, &primary.segment, self.vocabulary);
        for line in &document.lines[from..primary.segment.lines.1] {
            for phone in values::phones(document.line(*line), self.vocabulary) {
                let span = document.span((line.start + phone.bytes.0, line.start + phone.bytes.1));
                let known = subject.phones.iter().any(|has| {
                    has.value == phone.number && has.spans.iter().any(|has| has.start < document.lines[from].start)
                });
                subject.phones.retain(|has| known || has.value != phone.number);
                if !known && !primary.standing.official {
                    add(&mut subject.reporter.phones, phone.number, span);
                }
            }
        }
    }

    /// Persons in a numbered list of running text: `1) Ravi Namuna, 55555 5xxxx`.
    fn number_lists(&self, primary: &Candidate, subject: &mut Subject, further: &mut Vec<Subject>) {
        if !further.is_empty()
            || person::weight(&Subject { reporter: super::reading::Reporter::default(), ..subject.clone() }) > 4
                && !primary.entries.is_empty()
        {
            return;
        }
        let document = &self.documents[primary.document];
        let context = self.context(primary.context_zone);
        let lines = &document.lines[primary.segment.lines.0..primary.segment.lines.1];
        let listed = lines
            .iter()
            .filter_map(|line| list_item(document.line(*line)).map(|skip| (line.start + skip, line.end)))
            .collect::<Vec<_>>();
        let ends = lines.first().zip(lines.last()).map(|(first, last)| (first.start, last.end.max(first.start)));
        let bracketed =
            || ends.map_or(Vec::new(), |ends| prose::bracketed_persons(document.part, document.text, ends, context));
        let stretches = if listed.len() >= 2 { listed } else { bracketed() };
        let items: Vec<Subject> = stretches
            .into_iter()
            .map(|bytes| list_subject(document, bytes, context))
            .filter(person::is_identified)
            .collect();
        if items.len() < 2 {
            return;
        }
        let mut items = items.into_iter();
        if let Some(mut first) = items.next() {
            let places = std::mem::take(&mut subject.place_hints);
            first.reporter = std::mem::take(&mut subject.reporter);
            first.place_hints = if first.place_hints.is_empty() { places.clone() } else { first.place_hints };
            *subject = first;
            further.extend(items.map(|mut item| {
                if item.place_hints.is_empty() {
                    item.place_hints.clone_from(&places);
                }
                item
            }));
        }
    }

    /// A reference of the subject line or of running text, where no label gave one.
    fn reference_without_label(&self, primary: &Candidate, reading: &mut Reading) {
        if reading.subject.external_ref.is_some() {
            return;
        }
        let document = &self.documents[primary.document];
        let lines = &document.lines[primary.segment.lines.0..primary.segment.lines.1];
        let in_text = lines.iter().take(200).find_map(|line| {
            let (reference, bytes) = person::reference_in(document.line(*line), self.vocabulary)?;
            Some((reference, document.span((line.start + bytes.0, line.start + bytes.1))))
        });
        let header = reading.subject_line.as_deref().and_then(|line| person::reference_in(line, self.vocabulary));
        let found = in_text.or_else(|| header.map(|(reference, _)| (reference, Span { part: 0, start: 0, end: 0 })));
        reading.subject.external_ref = found.map(|(reference, span)| Found::at(reference, span));
    }

    /// Whether a text calls itself an operator's note.
    fn is_note(&self, primary: &Candidate) -> bool {
        let document = &self.documents[primary.document];
        let lines = document.lines[primary.segment.lines.0..primary.segment.lines.1].iter().take(10);
        let mut texts = lines.map(|line| document.line(*line)).filter(|text| text.len() < 2_000);
        texts.any(|text| holds_any(text, &self.vocabulary.official.note_markers))
    }

    /// When the call came that an operator notes.
    fn call_received(&self, primary: &Candidate, reading: &mut Reading) {
        let document = &self.documents[primary.document];
        for line in &document.lines[primary.segment.lines.0..primary.segment.lines.1] {
            let text = document.line(*line);
            if text.len() < 2_000
                && holds_any(text, &self.vocabulary.official.call_received)
                && let Some(found) = time::find(text, self.vocabulary, primary.context_zone)
            {
                let span = document.span((line.start + found.bytes.0, line.start + found.bytes.1));
                reading.subject.reported_at = Some(Found::at(found.at, span));
                return;
            }
        }
    }

    /// What the other writers add: forwarders and their numbers, facts that the report lacks, further persons.
    fn others(&self, primary: &Candidate, others: &mut [Candidate], reading: &mut Reading) {
        for other in others.iter_mut() {
            let document = &self.documents[other.document];
            let before = other.document < primary.document
                || other.document == primary.document && other.segment.lines.0 < primary.segment.lines.0;
            let wrote_outside = primary.forwarded
                && other.role != Role::Attached
                && (before || !other.forwarded)
                && other.address != primary.address;
            if wrote_outside && let Some(address) = &other.address {
                add(
                    &mut reading.forwarded_by,
                    address.clone(),
                    other.address_span.unwrap_or(Span { part: 0, start: 0, end: 0 }),
                );
            }
            if other.standing.official || wrote_outside {
                for line in &document.lines[other.segment.lines.0..other.segment.lines.1] {
                    for phone in values::phones(document.line(*line), self.vocabulary) {
                        let span = document.span((line.start + phone.bytes.0, line.start + phone.bytes.1));
                        let persons = reading.subject.phones.iter().any(|has| has.value == phone.number);
                        if !persons {
                            add(&mut reading.official_phones, phone.number, span);
                        }
                    }
                }
                continue;
            }
            self.fill_from(primary, other, reading);
        }
        let official: Vec<String> = reading.official_phones.iter().map(|phone| phone.value.clone()).collect();
        reading.subject.unassigned_phones.retain(|phone| !official.contains(&phone.value));
        if primary.standing.official {
            let from = signature_at(&self.documents[primary.document], &primary.segment, self.vocabulary);
            let document = &self.documents[primary.document];
            for line in &document.lines[from..primary.segment.lines.1] {
                for phone in values::phones(document.line(*line), self.vocabulary) {
                    add(
                        &mut reading.official_phones,
                        phone.number,
                        document.span((line.start + phone.bytes.0, line.start + phone.bytes.1)),
                    );
                }
            }
        }
    }

    /// Takes facts from an attachment, the HTML twin or an earlier mail where the report has none; another person in an
    /// attachment is a further subject.
    fn fill_from(&self, primary: &Candidate, other: &mut Candidate, reading: &mut Reading) {
        if other.segment.quoted {
            return;
        }
        let mut subjects = std::mem::take(&mut other.subjects);
        let enough = reading.subject.handle.is_some() && reading.subject.post_text.is_some();
        if subjects.iter().all(|subject| person::weight(subject) == 0)
            && other.role != Role::Twin
            && !person::is_identified(&reading.subject)
        {
            subjects = vec![self.prose(other).subject];
        }
        for found in subjects {
            let another = is_another(&reading.subject, &found);
            let weight = person::weight(&found);
            if another && other.role == Role::Attached && weight >= 3 {
                let known = reading.additional_subjects.iter_mut().find(|has| !is_another(has, &found));
                match known {
                    Some(known) => person::fill(known, found),
                    None => reading.additional_subjects.push(found),
                }
            } else if another || enough && other.forwarded {
                // Somebody else, or an older mail about what is known.
            } else if weight > 0 || !found.place_hints.is_empty() {
                person::fill(&mut reading.subject, found);
                person::conclude(&mut reading.subject, self.context(primary.context_zone));
            }
        }
    }

    /// Language, class, marks.
    fn finish(&self, primary: Option<&Candidate>, others: &mut [Candidate], reading: &mut Reading) {
        let mut text = reading.subject_line.clone().unwrap_or_default();
        let mut own = String::new();
        if let Some(primary) = primary {
            let document = &self.documents[primary.document];
            for (index, line) in
                document.lines[primary.segment.lines.0..primary.segment.lines.1].iter().enumerate().take(400)
            {
                let line_text = document.line(*line);
                let in_post = reading.subject.post_text.as_ref().is_some_and(|post| {
                    post.spans.iter().any(|span| {
                        span.part == document.part && line.start < span.end && span.start < line.end.max(line.start + 1)
                    })
                });
                let labelled = primary
                    .entries
                    .iter()
                    .any(|entry| (entry.line..entry.next).contains(&(primary.segment.lines.0 + index)));
                if !in_post {
                    text.push('\n');
                    text.push_str(line_text);
                }
                if !labelled && !is_boilerplate(line_text, self.vocabulary) {
                    own.push_str(line_text);
                    own.push('\n');
                }
            }
        }
        for other in others.iter().filter(|other| !other.forwarded && other.role == Role::Body) {
            let document = &self.documents[other.document];
            for line in document.lines[other.segment.lines.0..other.segment.lines.1].iter().take(60) {
                text.push('\n');
                text.push_str(document.line(*line));
            }
        }
        let spoken =
            |subject: &Subject| subject.post_text.as_ref().map_or(own.as_str(), |post| post.value.as_str()).to_owned();
        for subject in std::iter::once(&mut reading.subject).chain(&mut reading.additional_subjects) {
            let words = spoken(subject);
            subject.language = language::identify(&words, self.vocabulary);
        }
        if self
            .vocabulary
            .official
            .note_markers
            .iter()
            .any(|marker| super::vocabulary::has_folded(&fold(&text), marker))
            && reading.sender.official
            && reading.source != OPERATOR
            && primary.is_none_or(|primary| !primary.forwarded)
        {
            OPERATOR.clone_into(&mut reading.source);
        }
        super::conclude(&text, self.vocabulary, primary.is_some_and(|primary| primary.forwarded), reading);
    }
}

/// The candidate with the most about a person; of equals the one that was written last, which stands first.
fn choose(candidates: &[Candidate]) -> usize {
    let rank = |candidate: &Candidate| match candidate.role {
        Role::Body => 1,
        Role::Twin | Role::Attached => 0,
    };
    let best = candidates
        .iter()
        .enumerate()
        .max_by_key(|(index, candidate)| (candidate.weight + rank(candidate), usize::MAX - index));
    best.map_or(0, |(index, _)| index)
}

/// Whether two readings tell of different persons.
pub(super) fn is_another(a: &Subject, b: &Subject) -> bool {
    let differ = |a: &Option<Found<String>>, b: &Option<Found<String>>| match (a, b) {
        (Some(a), Some(b)) => Some(fold(&a.value) != fold(&b.value)),
        _ => None,
    };
    let same_platform = differ(&a.platform, &b.platform) != Some(true);
    if let Some(differ) = differ(&a.handle, &b.handle).filter(|_| same_platform) {
        return differ;
    }
    let share_phone = a.phones.iter().any(|phone| b.phones.iter().any(|other| other.value == phone.value));
    !share_phone && differ(&a.name, &b.name) == Some(true)
}

/// Adds what a later stretch of the same text tells.
fn gather(into: &mut Subject, mut from: Subject) {
    for hint in std::mem::take(&mut from.place_hints) {
        if !into.place_hints.iter().any(|has| super::vocabulary::has_phrase(&has.value.text, &hint.value.text)) {
            person::add_hint(into, hint);
        }
    }
    for (list, more) in [(&mut into.phones, &mut from.phones), (&mut into.reporter.phones, &mut from.reporter.phones)] {
        for phone in more.drain(..) {
            if !list.iter().any(|has| has.value == phone.value) {
                list.push(phone);
            }
        }
    }
    into.family_contacts.append(&mut from.family_contacts);
    person::fill(into, from);
}
