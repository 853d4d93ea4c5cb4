//! From labelled values to what is known about one person.

use chrono::{Datelike as _, NaiveDate};
use niyam_kernel::time::Timestamp;

use super::document::{Bytes, Document};
use super::labels::{Entry, closing_mark, holds_any};
use super::reading::{Contact, Found, PlaceHint, PlaceRole, Span, Subject};
use super::time::{self, Reference};
use super::values;
use super::vocabulary::{Field, Vocabulary, fold, has_folded};
use crate::directory::Directory;

/// What reading needs to know besides the text.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// The words.
    pub vocabulary: &'a Vocabulary,
    /// Places.
    pub directory: &'a Directory,
    /// When the message was written, and in which zone.
    pub reference: Reference,
}

/// What labels tell besides the person.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// What could not be read.
    pub warnings: Vec<String>,
    /// Numbers of officers.
    pub official_phones: Vec<Found<String>>,
}

/// Reads the entries of one person.
pub(super) fn subject(document: &Document<'_>, entries: &[Entry], context: Context<'_>, aside: &mut Aside) -> Subject {
    let mut subject = Subject::default();
    for entry in entries {
        if !context.vocabulary.says_none(&entry.value) {
            read(document, entry, context, &mut subject, aside);
        }
    }
    conclude(&mut subject, context);
    subject
}

/// Draws what follows from what was found: platform and handle of an address, the child flag of a date of birth.
pub(super) fn conclude(subject: &mut Subject, context: Context<'_>) {
    let profile = subject.profile_url.clone();
    let mut profile_found = None;
    for url in [&profile, &subject.post_url].into_iter().flatten() {
        let Some(read) = values::platform_url(&url.value, context.vocabulary) else { continue };
        if subject.platform.is_none() {
            subject.platform = Some(Found { value: read.platform.clone(), spans: url.spans.clone() });
        }
        let same = subject.platform.as_ref().is_some_and(|platform| platform.value == read.platform);
        if let Some(profile) = read.profile.clone().filter(|_| same && profile.is_none()) {
            profile_found = Some(Found { value: profile, spans: url.spans.clone() });
        }
        if let Some(handle) = read.handle.filter(|_| same && subject.handle.is_none()) {
            subject.handle = Some(Found { value: handle, spans: url.spans.clone() });
        }
    }
    subject.profile_url = profile.or(profile_found);
    if let Some(born) = &subject.date_of_birth {
        subject.minor = is_minor(&born.value, context.reference.at);
    } else if let Some(age) = &subject.age_years {
        subject.minor = Some(age.value < 18);
    }
}

/// Whether somebody born on a day (`yyyy-mm-dd`) was under 18 at a moment, by the Indian calendar day.
pub(super) fn is_minor(born: &str, at: Timestamp) -> Option<bool> {
    let born = NaiveDate::parse_from_str(born, "%Y-%m-%d").ok()?;
    let day = chrono::DateTime::from_timestamp_millis(at.as_ms().saturating_add(19_800_000))?.date_naive();
    let birthday_to_come = (day.month(), day.day()) < (born.month(), born.day());
    let age = day.year() - born.year() - i32::from(birthday_to_come);
    (0..=120).contains(&age).then_some(age < 18)
}

fn read(document: &Document<'_>, entry: &Entry, context: Context<'_>, subject: &mut Subject, aside: &mut Aside) {
    let vocabulary = context.vocabulary;
    let whole = document.span(entry.bytes);
    let found = |value: String| Some(Found::at(value, whole));
    match entry.field {
        Field::ExternalRef => set(&mut subject.external_ref, reference(&entry.value).and_then(found)),
        Field::Platform => set(&mut subject.platform, platform(&entry.value, vocabulary).and_then(found)),
        Field::Handle => handle(entry, whole, vocabulary, subject),
        Field::ProfileUrl | Field::PostUrl => url(document, entry, vocabulary, subject),
        Field::Name => set(&mut subject.name, name(&entry.value, vocabulary).and_then(found)),
        Field::Phones => phones(document, entry, context, subject),
        Field::Emails => add_all(&mut subject.emails, values::emails(&entry.value), document, entry),
        Field::IpAddresses => {
            let (ips, wrong) = values::ips(&entry.value);
            add_all(&mut subject.ip_addresses, ips, document, entry);
            aside.warnings.extend(wrong);
        }
        Field::PostText => post_text(document, entry, vocabulary, subject),
        Field::PostedAt => posted_at(entry, whole, context, subject, aside),
        Field::Place | Field::HomePlace => place(document, entry, context, subject),
        Field::DateOfBirth => match time::date_only(&entry.value, vocabulary) {
            Some((day, _)) => set(&mut subject.date_of_birth, found(day)),
            None => aside.warnings.push("unreadable date of birth".to_owned()),
        },
        Field::Age => set(&mut subject.age_years, age(&entry.value).map(|age| Found::at(age, whole))),
        Field::Institute | Field::Hostel => {
            let text = Found::at(entry.value.trim().to_owned(), whole);
            add_hint(subject, Found::at(PlaceHint::incident(text.value.clone()), whole));
            set(if entry.field == Field::Institute { &mut subject.institute } else { &mut subject.hostel }, Some(text));
        }
        Field::PlatformFlag => set(&mut subject.platform_flag, found(entry.value.trim().to_owned())),
        Field::ReporterName => {
            set(&mut subject.reporter.name, name(&entry.value, vocabulary).and_then(found));
            reporter_beside(document, entry, vocabulary, subject);
        }
        Field::ReporterPhones => add_phones(&mut subject.reporter.phones, document, entry, vocabulary),
        Field::ReporterEmails => add_all(&mut subject.reporter.emails, values::emails(&entry.value), document, entry),
        Field::ReporterRole => set(&mut subject.reporter.role, found(entry.value.trim().to_lowercase())),
        Field::FamilyPhones => family(document, entry, vocabulary, subject),
        Field::OfficialPhones => add_phones(&mut aside.official_phones, document, entry, vocabulary),
        Field::SessionId => set(&mut subject.session_id, found(entry.value.trim().to_owned())),
        Field::Ignore => {}
    }
}

/// The first value counts; a later equal one adds its place.
fn set<T: PartialEq>(slot: &mut Option<Found<T>>, found: Option<Found<T>>) {
    match (slot.as_mut(), found) {
        (None, found) => *slot = found,
        (Some(has), Some(found)) if has.value == found.value => has.spans.extend(found.spans),
        _ => {}
    }
}

/// Adds a value to a list, each once.
pub(super) fn add(list: &mut Vec<Found<String>>, value: String, span: Span) {
    match list.iter_mut().find(|has| has.value == value) {
        Some(has) if !has.spans.contains(&span) => has.spans.push(span),
        Some(_) => {}
        None => list.push(Found::at(value, span)),
    }
}

fn add_all(list: &mut Vec<Found<String>>, values: Vec<(String, Bytes)>, document: &Document<'_>, entry: &Entry) {
    for (value, bytes) in values {
        add(list, value, inner(document, entry, bytes));
    }
}

/// A stretch of an entry's value as a stretch of the document.
fn inner(document: &Document<'_>, entry: &Entry, bytes: Bytes) -> Span {
    let contiguous = document.text[entry.bytes.0..entry.bytes.1] == entry.value;
    document.span(if contiguous { (entry.bytes.0 + bytes.0, entry.bytes.0 + bytes.1) } else { entry.bytes })
}

/// Adds a place, each once.
pub(super) fn add_hint(subject: &mut Subject, hint: Found<PlaceHint>) {
    let folded = fold(&hint.value.text);
    if !folded.is_empty() && !subject.place_hints.iter().any(|has| fold(&has.value.text) == folded) {
        subject.place_hints.push(hint);
    }
}

fn reference(value: &str) -> Option<String> {
    let word = value
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '[' | ']'))
        .find(|word| !word.is_empty())?;
    let word = word.trim_matches(['#', '.', '"', '<', '>']);
    (word.chars().any(|c| c.is_ascii_digit()) && word.len() <= 80).then(|| word.to_owned())
}

/// A reference in running text, by how references begin.
pub(super) fn reference_in(text: &str, vocabulary: &Vocabulary) -> Option<(String, Bytes)> {
    vocabulary.reference_prefixes.iter().find_map(|prefix| {
        let start = text
            .match_indices(prefix.as_str())
            .map(|(at, _)| at)
            .find(|at| !text[..*at].ends_with(char::is_alphanumeric))?;
        let length =
            text[start..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(text.len() - start);
        let word = text[start..start + length].trim_end_matches('-');
        word.chars().any(|c| c.is_ascii_digit()).then(|| (word.to_owned(), (start, start + word.len())))
    })
}

fn platform(value: &str, vocabulary: &Vocabulary) -> Option<String> {
    let whole = vocabulary.platform(value);
    let first = || {
        value
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '/' | '(' | ')'))
            .find_map(|word| vocabulary.platform(word))
    };
    whole.or_else(first).map(str::to_owned)
}

fn handle(entry: &Entry, whole: Span, vocabulary: &Vocabulary, subject: &mut Subject) {
    let value = entry.value.trim();
    if let Some((url, _)) = values::urls(value).into_iter().next() {
        let read = values::platform_url(&url, vocabulary);
        if read.as_ref().is_some_and(|read| !read.post) {
            set(&mut subject.profile_url, Some(Found::at(url, whole)));
        }
        let outside = value.split("http").next().unwrap_or("").trim_matches(['(', '<', ' ', '-']);
        // The words of a link: the name on the account.
        if is_spoken(outside) {
            set(&mut subject.name, name(outside, vocabulary).map(|name| Found::at(name, whole)));
            set(&mut subject.handle, read.and_then(|read| read.handle).map(|handle| Found::at(handle, whole)));
            return;
        }
        let handle = values::handle(outside).or_else(|| read.and_then(|read| read.handle));
        set(&mut subject.handle, handle.map(|handle| Found::at(handle, whole)));
        return;
    }
    // "Account: Kavita Kalpit" gives the name on the account, not a handle.
    let bare = value.split(['(', '[', ',']).next().unwrap_or(value).trim();
    let words: Vec<&str> = bare.split_whitespace().collect();
    if is_spoken(bare) && !words.iter().any(|word| vocabulary.platform(word).is_some()) {
        set(&mut subject.name, name(bare, vocabulary).map(|name| Found::at(name, whole)));
    } else {
        set(&mut subject.handle, values::handle(value).map(|handle| Found::at(handle, whole)));
        let platform = words.iter().skip(1).find_map(|word| vocabulary.platform(word.trim_matches(['(', ')', ','])));
        let labelled = entry.label.split_whitespace().find_map(|word| vocabulary.platform_in_prose(word));
        set(&mut subject.platform, platform.or(labelled).map(|platform| Found::at(platform.to_owned(), whole)));
    }
}

/// Two words or more of letters alone: a name, no handle.
fn is_spoken(text: &str) -> bool {
    let is_letter = |c: char| c.is_alphabetic() || ('\u{0900}'..='\u{094f}').contains(&c) || c == '.';
    text.split_whitespace().count() > 1 && text.split_whitespace().all(|word| word.chars().all(is_letter))
}

fn url(document: &Document<'_>, entry: &Entry, vocabulary: &Vocabulary, subject: &mut Subject) {
    let mut urls = values::urls(&entry.value);
    if urls.is_empty() {
        // "instagram.example.com/rohan" without a scheme.
        let word = entry.value.split_whitespace().next().unwrap_or("").to_owned();
        let candidate = format!("https://{word}");
        if word.contains('/') && values::platform_url(&candidate, vocabulary).is_some() {
            urls.push((candidate, (0, word.len())));
        } else if entry.field == Field::ProfileUrl && entry.value.trim().starts_with('@') {
            set(
                &mut subject.handle,
                values::handle(&entry.value).map(|handle| Found::at(handle, document.span(entry.bytes))),
            );
        }
    }
    for (url, bytes) in urls {
        let post = values::platform_url(&url, vocabulary).map_or(entry.field == Field::PostUrl, |read| {
            read.post || entry.field == Field::PostUrl && read.handle.is_none()
        });
        let found = Some(Found::at(url, inner(document, entry, bytes)));
        set(if post { &mut subject.post_url } else { &mut subject.profile_url }, found);
    }
}

/// A name out of a value: without brackets, addresses and what follows a comma.
pub(super) fn name(value: &str, vocabulary: &Vocabulary) -> Option<String> {
    let cut = value
        .split([',', ';', '(', '<', '[', '|', '/', '\n'])
        .next()?
        .trim()
        .trim_matches(['"', '“', '”', '\'', '*', '-', ':', '।'])
        .trim();
    let letters = cut.chars().filter(|c| c.is_alphabetic()).count();
    let digits = cut.chars().filter(char::is_ascii_digit).count();
    let fits = letters >= 2
        && digits == 0
        && cut.chars().count() <= 80
        && !cut.contains('@')
        && cut.split_whitespace().count() <= 6;
    (fits && !vocabulary.says_none(cut)).then(|| cut.to_owned())
}

fn age(value: &str) -> Option<u32> {
    let digits: String = value
        .chars()
        .skip_while(|c| time::digit(*c).is_none())
        .map_while(time::digit)
        .take(4)
        .filter_map(|digit| char::from_digit(digit, 10))
        .collect();
    digits.parse().ok().filter(|age| (1..=120).contains(age))
}

/// Numbers after a phone label; one of the family or of who reports goes where words beside it say.
fn phones(document: &Document<'_>, entry: &Entry, context: Context<'_>, subject: &mut Subject) {
    let vocabulary = context.vocabulary;
    let mut from = 0;
    let labelled = entry.label.split_once('(').map_or("", |(_, inner)| inner);
    for phone in values::phones(&entry.value, vocabulary) {
        let span = inner(document, entry, phone.bytes);
        let before = &entry.value[from..phone.bytes.0];
        let rest = &entry.value[phone.bytes.1..];
        let bracket = rest.trim_start().strip_prefix('(').and_then(|rest| rest.split(')').next()).unwrap_or("");
        let beside = format!("{labelled} {before} {bracket}");
        from = phone.bytes.1;
        if let Some(relation) = relation(&beside, vocabulary) {
            add_family(subject, Contact { relation: Some(relation), name: None, phone: phone.number }, span);
        } else if holds_any(&beside, &vocabulary.prose.reporter_number) {
            add(&mut subject.reporter.phones, phone.number, span);
        } else {
            add(&mut subject.phones, phone.number, span);
        }
    }
}

fn add_phones(list: &mut Vec<Found<String>>, document: &Document<'_>, entry: &Entry, vocabulary: &Vocabulary) {
    for phone in values::phones(&entry.value, vocabulary) {
        add(list, phone.number, inner(document, entry, phone.bytes));
    }
}

/// What stands behind the name of who reports: `Mohan Namuna, neighbour, 0744-2555011`, `रमा नमूना (माता), मो. …`.
fn reporter_beside(document: &Document<'_>, entry: &Entry, vocabulary: &Vocabulary, subject: &mut Subject) {
    add_phones(&mut subject.reporter.phones, document, entry, vocabulary);
    for piece in entry.value.split([',', '(', ')', ';', '/']).skip(1) {
        let folded = fold(piece);
        let is_it = |words: &Vec<String>| words.contains(&folded);
        let prose = &vocabulary.prose;
        let role = prose.roles.iter().find(|(role, words)| **role == folded || is_it(words)).map(|(role, _)| role);
        let role =
            role.or_else(|| prose.relations.iter().find(|(_, words)| is_it(words)).map(|(relation, _)| relation));
        let start = entry.value.find(piece).unwrap_or(0);
        let span = inner(document, entry, (start, start + piece.len()));
        set(&mut subject.reporter.role, role.map(|role| Found::at(role.clone(), span)));
    }
}

/// The relation that words name.
pub(super) fn relation(text: &str, vocabulary: &Vocabulary) -> Option<String> {
    let folded = fold(text);
    let named = |words: &Vec<String>| words.iter().any(|word| has_folded(&folded, word));
    vocabulary.prose.relations.iter().find(|(_, words)| named(words)).map(|(relation, _)| relation.clone())
}

/// Adds a contact of the family, each number once.
pub(super) fn add_family(subject: &mut Subject, contact: Contact, span: Span) {
    if !subject.family_contacts.iter().any(|has| has.value.phone == contact.phone) {
        subject.family_contacts.push(Found::at(contact, span));
    }
}

fn family(document: &Document<'_>, entry: &Entry, vocabulary: &Vocabulary, subject: &mut Subject) {
    for phone in values::phones(&entry.value, vocabulary) {
        let relation = relation(&format!("{} {}", entry.label, entry.value), vocabulary);
        let name = name(entry.value[..phone.bytes.0].trim_end_matches([' ', '-', ':', '+', '(']), vocabulary);
        add_family(subject, Contact { relation, name, phone: phone.number }, inner(document, entry, phone.bytes));
    }
}

fn post_text(document: &Document<'_>, entry: &Entry, vocabulary: &Vocabulary, subject: &mut Subject) {
    let value = entry.value.trim();
    let urls = values::urls(value);
    if let Some((url, bytes)) = urls.first().filter(|(url, _)| {
        *url == value.trim_matches(['<', '>']) || value.starts_with(url.as_str()) && value.len() < url.len() + 3
    }) {
        let post = values::platform_url(url, vocabulary).is_none_or(|read| read.post);
        let lead = entry.value.len() - entry.value.trim_start().len();
        let found = Some(Found::at(url.clone(), inner(document, entry, (lead + bytes.0, lead + bytes.1))));
        set(if post { &mut subject.post_url } else { &mut subject.profile_url }, found);
        return;
    }
    let (text, shift) = unquoted(value);
    let start = entry.value.len() - entry.value.trim_start().len() + shift;
    if !text.is_empty() && !vocabulary.says_none(text) {
        let span = inner(document, entry, (start, start + text.len()));
        set(&mut subject.post_text, Some(Found::at(text.to_owned(), span)));
    }
}

/// A text without the quotation marks around it, and how many bytes went in front.
pub(super) fn unquoted(value: &str) -> (&str, usize) {
    let Some(open) = value.chars().next() else { return (value, 0) };
    let inner = &value[open.len_utf8()..];
    match closing_mark(open).filter(|close| inner.ends_with(*close)) {
        Some(close) => {
            let inner = &inner[..inner.len() - close.len_utf8()];
            let trimmed = inner.trim_start();
            (trimmed.trim_end(), open.len_utf8() + inner.len() - trimmed.len())
        }
        None => (value, 0),
    }
}

fn posted_at(entry: &Entry, whole: Span, context: Context<'_>, subject: &mut Subject, aside: &mut Aside) {
    let bracket = entry.label.split_once('(').map_or("", |(_, inner)| inner.trim_end_matches(')'));
    let text = format!("{} {bracket}", entry.value);
    match time::find(&text, context.vocabulary, context.reference) {
        Some(found) => {
            if subject.posted_at.is_none() {
                subject.posted_at_approximate = found.approximate;
            }
            set(&mut subject.posted_at, Some(Found::at(found.at, whole)));
        }
        None => aside.warnings.push("unreadable time of post".to_owned()),
    }
}

fn place(document: &Document<'_>, entry: &Entry, context: Context<'_>, subject: &mut Subject) {
    let role = if entry.field == Field::HomePlace { PlaceRole::Home } else { PlaceRole::Incident };
    for (hint, bytes) in super::hints::hints(&entry.value, role, context.vocabulary, context.directory) {
        let span = inner(document, entry, bytes);
        if role == PlaceRole::Home {
            set(&mut subject.home_place, Some(Found::at(hint.text.clone(), span)));
        }
        add_hint(subject, Found::at(hint, span));
    }
}

/// How many different things are known about the person: what decides which writer's words are the report.
pub(super) fn weight(subject: &Subject) -> usize {
    [
        subject.handle.is_some(),
        subject.profile_url.is_some(),
        subject.post_url.is_some(),
        subject.name.is_some(),
        !subject.phones.is_empty(),
        !subject.emails.is_empty(),
        !subject.ip_addresses.is_empty(),
        subject.post_text.is_some(),
        subject.external_ref.is_some(),
        subject.posted_at.is_some(),
        subject.date_of_birth.is_some(),
        subject.platform.is_some(),
    ]
    .into_iter()
    .map(usize::from)
    .sum()
}

/// Whether anything tells who the person is.
pub(super) fn is_identified(subject: &Subject) -> bool {
    subject.handle.is_some()
        || subject.profile_url.is_some()
        || subject.name.is_some()
        || !subject.phones.is_empty()
        || !subject.emails.is_empty()
}

/// Fills what is empty from another reading of the same person.
pub(super) fn fill(into: &mut Subject, from: Subject) {
    fn one<T>(into: &mut Option<T>, from: Option<T>) {
        if into.is_none() {
            *into = from;
        }
    }
    fn many<T>(into: &mut Vec<T>, from: Vec<T>) {
        if into.is_empty() {
            *into = from;
        }
    }
    if into.posted_at.is_none() {
        into.posted_at_approximate = from.posted_at_approximate;
    }
    one(&mut into.platform, from.platform);
    one(&mut into.handle, from.handle);
    one(&mut into.profile_url, from.profile_url);
    one(&mut into.post_url, from.post_url);
    one(&mut into.name, from.name);
    many(&mut into.phones, from.phones);
    many(&mut into.emails, from.emails);
    many(&mut into.ip_addresses, from.ip_addresses);
    one(&mut into.post_text, from.post_text);
    one(&mut into.posted_at, from.posted_at);
    one(&mut into.reported_at, from.reported_at);
    many(&mut into.place_hints, from.place_hints);
    one(&mut into.date_of_birth, from.date_of_birth);
    one(&mut into.age_years, from.age_years);
    one(&mut into.external_ref, from.external_ref);
    one(&mut into.platform_flag, from.platform_flag);
    one(&mut into.session_id, from.session_id);
    one(&mut into.location, from.location);
    many(&mut into.family_contacts, from.family_contacts);
    one(&mut into.institute, from.institute);
    one(&mut into.hostel, from.hostel);
    one(&mut into.home_place, from.home_place);
    one(&mut into.reporter.role, from.reporter.role);
    one(&mut into.reporter.name, from.reporter.name);
    many(&mut into.reporter.phones, from.reporter.phones);
    many(&mut into.reporter.emails, from.reporter.emails);
    for phone in from.unassigned_phones {
        let known = into
            .phones
            .iter()
            .chain(&into.reporter.phones)
            .chain(&into.unassigned_phones)
            .any(|has| has.value == phone.value)
            || into.family_contacts.iter().any(|has| has.value.phone == phone.value);
        if !known {
            into.unassigned_phones.push(phone);
        }
    }
}
