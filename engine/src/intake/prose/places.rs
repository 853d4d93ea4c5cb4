//! Places in running text, with the address around them.

use super::Stretch;
use crate::intake::document::Bytes;
use crate::intake::hints;
use crate::intake::person::{Context, add_hint};
use crate::intake::reading::{Found, PlaceHint, PlaceRole, Subject};

impl Stretch<'_> {
    /// Places that are known, or that a word such as "hostel" makes one, with the address around them.
    pub(super) fn places(&self, context: Context<'_>, subject: &mut Subject) {
        let mut at = 0;
        while at < self.words.len() {
            let Some((from, to)) = self.place_at(at, context) else {
                at += 1;
                continue;
            };
            let (bytes, last) = self.address_around(from, to, context);
            let role = self.role_of_place(from, last, context);
            let mut found = Vec::new();
            hints::address(self.text, bytes, role, context.vocabulary, &mut found);
            for (hint, bytes) in found {
                let contained = subject
                    .place_hints
                    .iter()
                    .any(|has| crate::intake::vocabulary::has_phrase(&has.value.text, &hint.text));
                if !contained {
                    let span = self.span(bytes);
                    if role == PlaceRole::Home && subject.home_place.is_none() {
                        subject.home_place = Some(Found::at(hint.text.clone(), span));
                    }
                    add_hint(subject, Found::at(PlaceHint { text: hint.text, role }, span));
                }
            }
            at = last.max(at + 1);
        }
    }

    /// A place that begins at a word, and the words it takes.
    fn place_at(&self, at: usize, context: Context<'_>) -> Option<(usize, usize)> {
        let word = &self.words[at];
        if self.speech.iter().any(|(start, end)| (*start..*end).contains(&word.start)) {
            return None;
        }
        let words = &context.vocabulary.place;
        let is = |list: &[String], index: usize| self.words.get(index).is_some_and(|word| list.contains(&word.folded));
        let folded: Vec<&str> = self.words[at..].iter().take(6).map(|word| word.folded.as_str()).collect();
        if let Some(length) = context.directory.starts_with_place(&folded) {
            let after = at + length;
            let located = at > 0 && is(&words.in_before, at - 1)
                || is(&words.in_after, after)
                || self.near_follows(after, context);
            let listed = self.comma_before(at) || self.comma_after(after);
            let capital = word.named && !word.devanagari;
            let lower = !word.named && word.folded.len() >= 4;
            let alone = self.is_sentence(at, after);
            // "vigyan nagar kota me": the next place says where this one is.
            let chained = || {
                let next: Vec<&str> =
                    self.words[after.min(self.words.len())..].iter().take(6).map(|word| word.folded.as_str()).collect();
                self.joined(after - 1)
                    && context
                        .directory
                        .starts_with_place(&next)
                        .is_some_and(|length| is(&words.in_after, after + length))
            };
            let fits = word.devanagari && (located || listed || alone)
                || capital && (located || listed || alone || chained())
                || lower && chained()
                || lower && (is(&words.in_after, after) || at > 0 && is(&words.in_before, at - 1));
            return fits.then_some((at, after));
        }
        // "near the railway station"
        if let Some(length) = context.directory.starts_with_railway(&folded) {
            let the = usize::from(at > 0 && self.words[at - 1].folded == "the");
            let near = at > the && [&words.near_before, &words.in_before].iter().any(|list| is(list, at - 1 - the));
            let located = near || is(&words.in_after, at + length) || self.near_follows(at + length, context);
            return located.then_some((at, at + length));
        }
        // "Udaharan Girls Hostel mein", "in Namuna Colony"
        let mut end = at;
        while end < (at + 6).min(self.words.len()) && self.words[end].named && (end == at || self.joined(end - 1)) {
            end += 1;
            if end > at + 1 && is(&words.nouns, end - 1) {
                let located = at > 0 && is(&words.in_before, at - 1)
                    || is(&words.in_after, end)
                    || self.comma_after(end)
                    || self.near_follows(end, context);
                let first_is_name = !context.vocabulary.prose.not_names.contains(&word.folded)
                    || context.directory.starts_with_place(&[word.folded.as_str()]).is_some();
                if located && first_is_name && !is(&words.nouns, end) {
                    return Some((at, end));
                }
            }
        }
        None
    }

    /// Whether these words are a whole sentence.
    fn is_sentence(&self, from: usize, to: usize) -> bool {
        let sentence = |at: usize| self.words.get(at).map(|word| word.sentence);
        (from == 0 || sentence(from - 1) != sentence(from)) && sentence(to) != sentence(from)
    }

    fn near_follows(&self, at: usize, context: Context<'_>) -> bool {
        context.vocabulary.place.near_after.iter().any(|phrase| self.phrase_at(at, phrase) > 0)
    }

    fn comma_before(&self, at: usize) -> bool {
        at > 0 && self.text[self.words[at - 1].end..self.words[at].start].contains(',')
    }

    fn comma_after(&self, at: usize) -> bool {
        at > 0 && self.words.get(at).is_some_and(|next| self.text[self.words[at - 1].end..next.start].contains(','))
    }

    /// The address around a place: pieces before and after it, parted by commas, and a bracket behind.
    fn address_around(&self, from: usize, to: usize, context: Context<'_>) -> (Bytes, usize) {
        let mut first = from;
        while first > 0 {
            let gap = &self.text[self.words[first - 1].end..self.words[first].start];
            let comma =
                gap.contains(',') && gap.chars().all(|c| c.is_whitespace() || matches!(c, ',' | '”' | '"' | '“'));
            if !comma || from - first > 12 || self.words[first - 1].sentence != self.words[from].sentence {
                break;
            }
            let piece = self.piece_before(first, gap.contains(['”', '"']), context);
            if piece == first {
                break;
            }
            first = piece;
        }
        let mut last = to;
        while last < self.words.len()
            && self.comma_after(last)
            && last - to < 12
            && self.words[last].sentence == self.words[from].sentence
        {
            let folded: Vec<&str> = self.words[last..].iter().take(6).map(|word| word.folded.as_str()).collect();
            let Some(length) = context.directory.starts_with_place(&folded) else { break };
            last += length;
        }
        let mut end = self.words[last - 1].end;
        let rest = &self.text[end..];
        // A bracket behind: "(opposite …)".
        let trimmed = rest.trim_start_matches([' ', '”', '"']);
        if let Some(inner) = trimmed.strip_prefix('(') {
            if let Some(close) = inner.find(')').filter(|close| *close <= 80) {
                let start = end + (rest.len() - trimmed.len()) + 1;
                let piece = hints::trim(self.text, (start, start + close));
                if hints::landmark(self.text, piece, context.vocabulary).is_some() {
                    end = start + close + 1;
                    last = self.words.partition_point(|word| word.end <= end);
                }
            }
        } else if let Some(near) = context
            .vocabulary
            .place
            .near_after
            .iter()
            .map(|phrase| self.phrase_at(last, phrase))
            .max()
            .filter(|length| *length > 0)
        {
            last += near;
            end = self.words[last - 1].end;
        }
        ((self.words[first].start, end), last)
    }

    /// First word of the piece of an address that ends before a word; the word itself when there is none.
    fn piece_before(&self, before: usize, quoted: bool, context: Context<'_>) -> usize {
        if quoted {
            let end = self.words[before - 1].end;
            if let Some((start, _)) = self.quotes.iter().find(|(start, quote_end)| *start < end && end <= *quote_end) {
                return self.words.partition_point(|word| word.start < *start);
            }
        }
        let mut first = before;
        while first > 0 && before - first < 6 && (first == before || self.joined(first - 1)) {
            let word = &self.words[first - 1];
            let number = word.folded.chars().all(|c| c.is_ascii_digit()) && first < before;
            let stop = context
                .vocabulary
                .place
                .in_before
                .iter()
                .chain(&context.vocabulary.prose.not_names)
                .any(|stop| *stop == word.folded)
                && context.directory.starts_with_place(&[word.folded.as_str()]).is_none();
            if stop || !(word.named || number) {
                break;
            }
            first -= 1;
        }
        if first == before {
            // Lower case, but known: "talwandi, kota mein".
            let from = before.saturating_sub(4);
            return (from..before)
                .find(|at| {
                    let folded: Vec<&str> = self.words[*at..before].iter().map(|word| word.folded.as_str()).collect();
                    context.directory.starts_with_place(&folded) == Some(before - at)
                })
                .unwrap_or(before);
        }
        // A name of a person before a comma is no part of an address.
        let is_place = (first..before)
            .any(|at| context.vocabulary.place.nouns.iter().any(|noun| *noun == self.words[at].folded))
            || {
                let folded: Vec<&str> = self.words[first..before].iter().map(|word| word.folded.as_str()).collect();
                context.directory.starts_with_place(&folded).is_some()
            };
        if is_place { first } else { before }
    }

    fn role_of_place(&self, from: usize, last: usize, context: Context<'_>) -> PlaceRole {
        let words = &context.vocabulary.place;
        // "left home in Kota" tells where the person was.
        let left = |at: usize| at > 0 && words.left_before.contains(&self.words[at - 1].folded);
        let before = self.all(&words.home_before).into_iter().any(|(start, end)| {
            !left(start)
                && end <= from
                && from - end <= 3
                && self.words[end.saturating_sub(1)].sentence == self.words[from].sentence
        });
        let after = self
            .all(&words.home_after)
            .into_iter()
            .any(|(start, _)| start >= last.saturating_sub(1) && start <= last + 1);
        if before || after { PlaceRole::Home } else { PlaceRole::Incident }
    }
}
