//! Tables and lists in a text: logs that are not opened, persons one below the other.

use super::document::Document;
use super::person::{self, Context};
use super::reading::{Found, Subject};
use super::vocabulary::Vocabulary;
use super::{labels, prose, time};

/// A table of measurements, such as a log of addresses: kept and hashed, not opened.
pub(super) fn is_log(document: &Document<'_>, vocabulary: &Vocabulary) -> bool {
    let Some(first) = document.lines.first() else { return true };
    let text = document.line(*first);
    if document.lines.len() < 3 || !text.contains(',') || text.contains([':', '"']) {
        return false;
    }
    let cells: Vec<&str> = text.split(',').collect();
    if labels::vertical(document, (0, document.lines.len()), vocabulary).is_some() {
        return false;
    }
    let names_person = cells.iter().filter_map(|cell| vocabulary.field(cell)).any(|field| {
        matches!(
            field,
            super::Field::Handle
                | super::Field::Name
                | super::Field::Phones
                | super::Field::PostText
                | super::Field::ProfileUrl
        )
    });
    let lettered = cells.iter().all(|cell| cell.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ' ' | '-')));
    cells.len() >= 2 && lettered && !names_person
}

/// Length of the number in front of an item of a list.
pub(super) fn list_item(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches(['(', '[']);
    let digits = rest.chars().take_while(|c| time::digit(*c).is_some()).count();
    let after: String = rest.chars().skip(digits).collect();
    let mark = after.starts_with([')', '.', ']', ':']) && after.chars().nth(1).is_none_or(char::is_whitespace);
    ((1..=2).contains(&digits) && mark).then(|| text.len() - after.len() + 1)
}

/// One person of a list: the name stands first.
pub(super) fn list_subject(document: &Document<'_>, bytes: (usize, usize), context: Context<'_>) -> Subject {
    let told = prose::read(document.part, document.text, bytes, context);
    let mut subject = told.subject;
    let text = &document.text[bytes.0..bytes.1];
    if subject.name.is_none() {
        let lead = text.len() - text.trim_start().len();
        let name = text
            .trim_start()
            .split([',', '(', '-', '–', ':', ';'])
            .next()
            .and_then(|name| person::name(name, context.vocabulary));
        let name = name.filter(|name| {
            name.split_whitespace().count() <= 4
                && name.chars().next().is_some_and(|c| c.is_uppercase() || !c.is_ascii())
        });
        subject.name = name.map(|name| {
            let span = document.span((bytes.0 + lead, bytes.0 + lead + name.len()));
            Found::at(name, span)
        });
    }
    // In a person's own line a number is theirs unless words say otherwise.
    for phone in std::mem::take(&mut subject.unassigned_phones) {
        subject.phones.push(phone);
    }
    subject
}
