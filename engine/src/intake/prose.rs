//! Running text: a warden's letter, a friend's message, an officer's note.
//!
//! Nothing is taken because it could be meant: a number belongs to whom the words beside it say, else to nobody.

mod places;

use std::collections::BTreeMap;

use super::document::Bytes;
use super::labels::closing_mark;
use super::person::{self, Context, add};
use super::reading::{Contact, Found, Span, Subject};
use super::time;
use super::values;
use super::vocabulary::Vocabulary;
use crate::directory::fold::words as fold_words;

/// A word of the text.
struct Word {
    folded: String,
    start: usize,
    end: usize,
    /// Begins with a capital letter, or is Devanagari.
    named: bool,
    devanagari: bool,
    /// Number of its sentence.
    sentence: usize,
}

/// What running text tells.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The person; the reporter in it.
    pub subject: Subject,
    /// Numbers of officers.
    pub official_phones: Vec<Found<String>>,
    /// Whether the writer speaks of somebody else.
    pub third_person: bool,
    /// Whether the writer speaks of their own despair.
    pub own_words: bool,
}

/// Text of at most this many bytes is searched; the rest is correspondence nobody reads under time pressure.
const SEARCHED_BYTES: usize = 60_000;

/// One stretch of running text of a part.
struct Stretch<'a> {
    part: usize,
    /// The whole part; offsets count in it.
    text: &'a str,
    words: Vec<Word>,
    quotes: Vec<Bytes>,
    /// Quotations that are no name of a place: words in them name no place of the person.
    speech: Vec<Bytes>,
}

/// Reads a stretch of running text.
pub(super) fn read(part: usize, text: &str, bytes: Bytes, context: Context<'_>) -> Told {
    let end = bytes.1.min(bytes.0 + SEARCHED_BYTES);
    let end = (bytes.0..=end).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(bytes.0);
    let quotes = quotes(text, (bytes.0, end));
    let names_place = |quote: &&Bytes| {
        let folded = super::vocabulary::fold(&text[quote.0..quote.1]);
        context.vocabulary.place.nouns.iter().any(|noun| super::vocabulary::has_folded(&folded, noun))
    };
    let speech = quotes.iter().filter(|quote| !names_place(quote)).copied().collect();
    let stretch = Stretch { part, text, words: words(text, (bytes.0, end)), quotes, speech };
    let vocabulary = context.vocabulary;
    let mut told = Told::default();
    let phones: Vec<_> = values::phones(&text[bytes.0..end], vocabulary)
        .into_iter()
        .map(|found| (found.number, (bytes.0 + found.bytes.0, bytes.0 + found.bytes.1)))
        .collect();
    stretch.post(vocabulary, &mut told.subject);
    stretch.phones(&phones, vocabulary, &mut told);
    stretch.addresses((bytes.0, end), vocabulary, &mut told.subject);
    stretch.handle(vocabulary, &mut told.subject);
    stretch.names(context, &mut told);
    stretch.phones_behind_names(vocabulary, &mut told.subject);
    stretch.places(context, &mut told.subject);
    stretch.age(vocabulary, &mut told.subject);
    stretch.time_of_post(context, &mut told.subject);
    stretch.role(vocabulary, &mut told);
    told.own_words = stretch.first(&vocabulary.prose.own_words).is_some();
    person::conclude(&mut told.subject, context);
    told
}

fn words(text: &str, bytes: Bytes) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut sentence = 0;
    let is_part = |c: char| {
        c.is_alphanumeric()
            || ('\u{0900}'..='\u{0963}').contains(&c)
            || ('\u{200b}'..='\u{200d}').contains(&c)
            || ('\u{0300}'..='\u{036f}').contains(&c)
    };
    let mut chars = text[bytes.0..bytes.1].char_indices().map(|(at, c)| (bytes.0 + at, c)).peekable();
    while let Some((start, c)) = chars.next() {
        if !is_part(c) {
            let ends = match c {
                '!' | '?' | '।' => true,
                '.' => {
                    let short = words.last().is_some_and(|word| word.end == start && word.folded.chars().count() == 1);
                    let next = text[start + 1..bytes.1].chars().next();
                    !short && next.is_none_or(char::is_whitespace)
                }
                '\n' => text[start + 1..bytes.1].trim_start_matches([' ', '\t', '>']).starts_with('\n'),
                _ => false,
            };
            sentence += usize::from(ends);
            continue;
        }
        let mut end = start + c.len_utf8();
        while let Some((at, next)) = chars.next_if(|(_, next)| is_part(*next)) {
            end = at + next.len_utf8();
        }
        let devanagari = ('\u{0900}'..='\u{097f}').contains(&c);
        let folded = fold_words(&text[start..end]).concat();
        words.push(Word { folded, start, end, named: devanagari || c.is_uppercase(), devanagari, sentence });
    }
    words
}

/// Stretches inside quotation marks, without the marks. An apostrophe inside a word is none.
fn quotes(text: &str, bytes: Bytes) -> Vec<Bytes> {
    let mut found = Vec::new();
    let mut at = bytes.0;
    while let Some((offset, open)) =
        text[at..bytes.1].char_indices().find(|(offset, c)| opens_quote(text, at + offset, *c))
    {
        let start = at + offset + open.len_utf8();
        let close = closing_mark(open).unwrap_or('"');
        let end = text[start..bytes.1].char_indices().map(|(offset, c)| (start + offset, c)).find(|(end, c)| {
            let inside = matches!(*c, '’' | '\'') && text[end + c.len_utf8()..bytes.1].starts_with(char::is_alphabetic);
            *c == close && !inside
        });
        match end {
            Some((end, c)) => {
                found.push((start, end));
                at = end + c.len_utf8();
            }
            None => at = start,
        }
    }
    found
}

/// Whether a mark opens a quotation. A plain apostrophe does between a blank and a letter.
fn opens_quote(text: &str, at: usize, c: char) -> bool {
    let lone = || {
        !text[..at].ends_with(|c: char| !c.is_whitespace() && c != '(' && c != ':')
            && text[at + 1..].starts_with(char::is_alphabetic)
    };
    matches!(c, '"' | '“' | '«' | '‘' | '„') || c == '\'' && lone()
}

impl Stretch<'_> {
    fn span(&self, bytes: Bytes) -> Span {
        Span { part: self.part, start: bytes.0, end: bytes.1 }
    }

    /// Length in words of a phrase that begins at a word; 0 when it does not.
    fn phrase_at(&self, at: usize, phrase: &str) -> usize {
        let mut length = 0;
        for wanted in phrase.split(' ') {
            if self.words.get(at + length).is_none_or(|word| word.folded != wanted) {
                return 0;
            }
            length += 1;
        }
        length
    }

    /// Every place where one of the phrases stands: first word and word after; the longest at each place.
    fn all(&self, phrases: &[String]) -> Vec<(usize, usize)> {
        let mut by_first: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for phrase in phrases {
            by_first.entry(phrase.split(' ').next().unwrap_or("")).or_default().push(phrase);
        }
        let longest = |at: usize| {
            by_first.get(self.words[at].folded.as_str())?.iter().map(|phrase| self.phrase_at(at, phrase)).max()
        };
        (0..self.words.len()).filter_map(|at| Some((at, at + longest(at).filter(|length| *length > 0)?))).collect()
    }

    fn first(&self, phrases: &[String]) -> Option<(usize, usize)> {
        self.all(phrases).into_iter().find(|(at, _)| !self.is_quoted(self.words[*at].start))
    }

    fn is_quoted(&self, at: usize) -> bool {
        self.quotes.iter().any(|(start, end)| (*start..*end).contains(&at))
    }

    /// The text of the post: what is quoted after words such as "it says"; else the one long quotation.
    fn post(&self, vocabulary: &Vocabulary, subject: &mut Subject) {
        let says = self.all(&vocabulary.prose.post_says);
        let after_says = |quote: &&Bytes| {
            let first = self.words.partition_point(|word| word.start < quote.0);
            says.iter().any(|(_, end)| *end <= first && first - end <= 8)
        };
        let count = |quote: &Bytes| fold_words(&self.text[quote.0..quote.1]).len();
        let is_place = |quote: &Bytes| !self.speech.contains(quote) && count(quote) <= 6;
        let spoken: Vec<&Bytes> = self.quotes.iter().filter(|quote| !is_place(quote) && count(quote) >= 2).collect();
        let chosen = spoken
            .iter()
            .find(|quote| after_says(quote))
            .or_else(|| spoken.iter().filter(|quote| count(quote) >= 4).max_by_key(|quote| count(quote)));
        if let Some(quote) = chosen {
            let trimmed = self.text[quote.0..quote.1].trim();
            let start = quote.0 + self.text[quote.0..quote.1].find(trimmed).unwrap_or(0);
            subject.post_text = Some(Found::at(trimmed.to_owned(), self.span((start, start + trimmed.len()))));
        }
    }

    /// Gives each number to whom the words of its sentence say: the nearest words before it, else those right after it.
    fn phones(&self, phones: &[(String, Bytes)], vocabulary: &Vocabulary, told: &mut Told) {
        let prose = &vocabulary.prose;
        let mut cues: Vec<(usize, usize, Owner)> = Vec::new();
        cues.extend(self.all(&prose.reporter_number).into_iter().map(|(from, to)| (from, to, Owner::Reporter)));
        cues.extend(self.all(&prose.officer_number).into_iter().map(|(from, to)| (from, to, Owner::Officer)));
        cues.extend(self.all(&prose.person_number).into_iter().map(|(from, to)| (from, to, Owner::Person)));
        for (relation, words) in &prose.relations {
            cues.extend(self.all(words).into_iter().map(|(from, to)| (from, to, Owner::Family(relation.clone()))));
        }
        told.third_person |= cues.iter().any(|(.., owner)| *owner == Owner::Person);
        let mut previous = 0;
        let mut last: Option<(usize, Option<Owner>)> = None;
        for (index, (number, bytes)) in phones.iter().enumerate() {
            let first = self.words.partition_point(|word| word.start < bytes.0);
            let after = self.words.partition_point(|word| word.end <= bytes.1);
            let next = phones
                .get(index + 1)
                .map_or(self.words.len(), |(_, bytes)| self.words.partition_point(|word| word.start < bytes.0));
            let sentence = self.words.get(first).map_or(0, |word| word.sentence);
            let same = |at: usize| self.words.get(at).is_some_and(|word| word.sentence == sentence);
            let before = cues
                .iter()
                .filter(|(from, to, _)| *to <= first && *from >= previous && same(*from))
                .max_by_key(|(from, to, _)| (*to, to - from));
            let behind = || {
                cues.iter()
                    .filter(|(from, to, _)| *from >= after && *to <= next && from - after < 6 && same(*from))
                    .min_by_key(|(from, to, _)| (*from, usize::MAX - (to - from)))
            };
            // "55555 50101 and 55555 50102" belong to one.
            let beside = || {
                let (end, owner) = last.clone()?;
                self.only_number_words(end, bytes.0, vocabulary).then_some(owner)?
            };
            let owner = before.or_else(behind).map(|(.., owner)| owner.clone()).or_else(beside);
            last = Some((bytes.1, owner.clone()));
            let span = self.span(*bytes);
            match owner {
                Some(Owner::Reporter) => add(&mut told.subject.reporter.phones, number.clone(), span),
                Some(Owner::Officer) => add(&mut told.official_phones, number.clone(), span),
                Some(Owner::Person) => add(&mut told.subject.phones, number.clone(), span),
                Some(Owner::Family(relation)) => person::add_family(
                    &mut told.subject,
                    Contact { relation: Some(relation), name: None, phone: number.clone() },
                    span,
                ),
                None => add(&mut told.subject.unassigned_phones, number.clone(), span),
            }
            previous = after;
        }
    }

    /// Whether only signs and words such as "mobile" stand between two places.
    fn only_number_words(&self, from: usize, to: usize, vocabulary: &Vocabulary) -> bool {
        from <= to
            && !self.text[from..to].contains('\n')
            && self
                .words
                .iter()
                .filter(|word| word.start >= from && word.end <= to)
                .all(|word| vocabulary.prose.number_words.contains(&word.folded))
    }

    /// A number right behind a name is that person's: `Pooja Kalpit (mobile 55555 50101)`.
    fn phones_behind_names(&self, vocabulary: &Vocabulary, subject: &mut Subject) {
        let name_ends = |name: &Option<Found<String>>| name.as_ref().map(|found| found.spans[0].end);
        let (person, reporter) = (name_ends(&subject.name), name_ends(&subject.reporter.name));
        for phone in std::mem::take(&mut subject.unassigned_phones) {
            let start = phone.spans[0].start;
            let behind = |end: Option<usize>| end.is_some_and(|end| self.only_number_words(end, start, vocabulary));
            if behind(person) {
                subject.phones.push(phone);
            } else if behind(reporter) {
                subject.reporter.phones.push(phone);
            } else {
                subject.unassigned_phones.push(phone);
            }
        }
    }

    /// Web addresses of platforms.
    fn addresses(&self, bytes: Bytes, vocabulary: &Vocabulary, subject: &mut Subject) {
        let text = &self.text[bytes.0..bytes.1];
        for (url, found) in values::urls(text).into_iter().chain(values::bare_urls(text, vocabulary)) {
            let Some(read) = values::platform_url(&url, vocabulary) else { continue };
            let slot = if read.post { &mut subject.post_url } else { &mut subject.profile_url };
            if slot.is_none() {
                *slot = Some(Found::at(url, self.span((bytes.0 + found.0, bytes.0 + found.1))));
            }
        }
        let named = self
            .words
            .iter()
            .filter(|word| !self.is_quoted(word.start))
            .find_map(|word| Some((word, vocabulary.platform_in_prose(&word.folded)?)));
        if let Some((word, platform)) = named {
            subject.platform = Some(Found::at(platform.to_owned(), self.span((word.start, word.end))));
        }
    }

    /// `@somebody`, or what follows "insta id" and looks like a handle.
    fn handle(&self, vocabulary: &Vocabulary, subject: &mut Subject) {
        let (from, to) = match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) => (first.start.saturating_sub(1), last.end),
            _ => return,
        };
        let to = to + self.text[to..].chars().take_while(|c| matches!(c, '_' | '.' | '-')).count();
        let from = (0..=from).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        for (offset, _) in self.text[from..to].match_indices('@') {
            let at = from + offset;
            let alone = self.text[..at]
                .chars()
                .next_back()
                .is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | '_' | '-' | '*'));
            if let Some(handle) = values::handle(&self.text[at..to]).filter(|_| alone && !self.is_quoted(at)) {
                let span = self.span((at, at + 1 + handle.len()));
                subject.handle = Some(Found::at(handle, span));
                return;
            }
        }
        for (_, end) in self.all(&vocabulary.prose.handle_before) {
            let filler = |word: &Word| {
                vocabulary.prose.not_handles.contains(&word.folded) || vocabulary.platform(&word.folded).is_some()
            };
            let next = (end..(end + 4).min(self.words.len())).find(|at| !filler(&self.words[*at]));
            let Some(word) = next.map(|at| &self.words[at]) else { continue };
            let handle = values::handle(&self.text[word.start..to]).filter(|handle| {
                handle.is_ascii()
                    && handle.chars().any(|c| c.is_ascii_alphabetic())
                    && handle[1..].contains(['_', '.', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
            });
            if let Some(handle) = handle.filter(|_| !self.is_quoted(word.start)) {
                let span = self.span((word.start, word.start + handle.len()));
                subject.handle = Some(Found::at(handle, span));
                return;
            }
        }
    }

    /// Names of the person and of who reports.
    fn names(&self, context: Context<'_>, told: &mut Told) {
        let prose = &context.vocabulary.prose;
        let spoken_of = self.all(&prose.name_before);
        told.third_person |= spoken_of.iter().any(|(at, end)| end - at >= 2 && !self.is_quoted(self.words[*at].start));
        let named = spoken_of
            .into_iter()
            .filter(|(at, _)| !self.is_quoted(self.words[*at].start))
            .find_map(|(_, end)| self.name_from(end, context));
        let behind = || self.all(&prose.name_after).into_iter().find_map(|(at, _)| self.name_until(at, context));
        if let Some(bytes) = named.or_else(behind) {
            told.third_person = true;
            told.subject.name = Some(Found::at(self.text[bytes.0..bytes.1].to_owned(), self.span(bytes)));
        }
        let own = self
            .all(&prose.reporter_name_before)
            .into_iter()
            .filter(|(at, _)| !self.is_quoted(self.words[*at].start))
            .find_map(|(_, end)| self.name_from(end, context));
        if let Some(bytes) =
            own.filter(|bytes| told.subject.name.as_ref().is_none_or(|name| name.value != self.text[bytes.0..bytes.1]))
        {
            told.subject.reporter.name = Some(Found::at(self.text[bytes.0..bytes.1].to_owned(), self.span(bytes)));
        }
    }

    fn is_name_word(&self, at: usize, context: Context<'_>) -> bool {
        let Some(word) = self.words.get(at) else { return false };
        let prose = &context.vocabulary.prose;
        let place = context.directory.starts_with_place(&[word.folded.as_str()]).is_some();
        let letters = self.text[word.start..word.end].chars().all(|c| !c.is_numeric());
        word.named
            && letters
            && !place
            && !context.vocabulary.place.nouns.contains(&word.folded)
            && !prose.not_names.contains(&word.folded)
            && context.vocabulary.platform_in_prose(&word.folded).is_none()
            && !prose.relations.values().flatten().any(|relation| *relation == word.folded)
    }

    /// A name of one to three words that begins at a word; one of "is", "hai", "," may stand before it.
    fn name_from(&self, at: usize, context: Context<'_>) -> Option<Bytes> {
        let filler = self.words.get(at).is_some_and(|word| {
            matches!(word.folded.as_str(), "is" | "hai" | "ka" | "ki" | "named" | "है" | "ji" | "s" | "naam" | "नाम")
        });
        let starts: &[usize] = if filler { &[at + 1, at + 2] } else { &[at] };
        let start = *starts.iter().find(|start| self.is_name_word(**start, context))?;
        let gap = &self.text[self.words[at.checked_sub(1)?].end..self.words[start].start];
        let mut end = start + 1;
        while end < start + 3
            && self.is_name_word(end, context)
            && self.joined(end - 1)
            && self.words[end].devanagari == self.words[start].devanagari
        {
            end += 1;
        }
        // "मैं नमूना गर्ल्स हॉस्टल …": the name of a house.
        if (end..end + 2)
            .any(|at| self.words.get(at).is_some_and(|word| context.vocabulary.place.nouns.contains(&word.folded)))
            && self.joined(end - 1)
        {
            return None;
        }
        let two_sentences = self.words[at - 1].sentence != self.words[start].sentence;
        (!two_sentences && !gap.contains(['"', '“', '(', '\n']))
            .then(|| (self.words[start].start, self.words[end - 1].end))
    }

    /// A name of one to three words that ends before a word.
    fn name_until(&self, at: usize, context: Context<'_>) -> Option<Bytes> {
        let mut start = at;
        while start > 0 && at - start < 3 && self.is_name_word(start - 1, context) && self.joined(start - 1) {
            start -= 1;
        }
        (start < at).then(|| (self.words[start].start, self.words[at - 1].end))
    }

    /// Whether only blanks, or the dot of an initial, stand between a word and the next.
    fn joined(&self, at: usize) -> bool {
        match (self.words.get(at), self.words.get(at + 1)) {
            (Some(word), Some(next)) => {
                let gap = &self.text[word.end..next.start];
                gap.chars().all(|c| matches!(c, ' ' | '\u{a0}')) || gap == ". " && word.end - word.start == 1
            }
            _ => false,
        }
    }

    fn age(&self, vocabulary: &Vocabulary, subject: &mut Subject) {
        let number = |at: usize| {
            self.words.get(at).and_then(|word| {
                let digits: String = word
                    .folded
                    .chars()
                    .map_while(time::digit)
                    .filter_map(|digit| char::from_digit(digit, 10))
                    .collect();
                (digits.len() == word.folded.chars().count())
                    .then(|| digits.parse::<u32>().ok())
                    .flatten()
                    .filter(|age| (5..=110).contains(age))
                    .map(|age| (age, (word.start, word.end)))
            })
        };
        let after = self.all(&vocabulary.prose.age_after).into_iter().find_map(|(at, _)| number(at.checked_sub(1)?));
        let before = || self.all(&vocabulary.prose.age_before).into_iter().find_map(|(_, end)| number(end));
        if let Some((age, bytes)) = after.or_else(before) {
            subject.age_years = Some(Found::at(age, self.span(bytes)));
        }
    }

    /// A time in a sentence that speaks of a post.
    fn time_of_post(&self, context: Context<'_>, subject: &mut Subject) {
        for (at, _) in self.all(&context.vocabulary.prose.post_says) {
            let sentence = self.words[at].sentence;
            let inside: Vec<&Word> =
                self.words.iter().filter(|word| word.sentence == sentence && !self.is_quoted(word.start)).collect();
            let (Some(first), Some(last)) = (inside.first(), inside.last()) else { continue };
            // What the person wrote says nothing about when: "kal ka suraj …".
            let mut text = self.text[first.start..last.end].to_owned();
            for (start, end) in self.quotes.iter().filter(|(start, end)| *start >= first.start && *end <= last.end) {
                text.replace_range(start - first.start..end - first.start, &" ".repeat(end - start));
            }
            if let Some(found) = time::find(&text, context.vocabulary, context.reference) {
                subject.posted_at_approximate = found.approximate;
                subject.posted_at =
                    Some(Found::at(found.at, self.span((first.start + found.bytes.0, first.start + found.bytes.1))));
                return;
            }
        }
    }

    /// What the writer is to the person: the role whose longest words are found.
    fn role(&self, vocabulary: &Vocabulary, told: &mut Told) {
        let found = vocabulary.prose.roles.iter().filter_map(|(role, phrases)| {
            let hit = self
                .all(phrases)
                .into_iter()
                .filter(|(at, _)| !self.is_quoted(self.words[*at].start))
                .max_by_key(|(at, end)| end - at)?;
            Some((hit, role))
        });
        if let Some(((at, end), role)) = found.max_by_key(|((at, end), _)| (end - at, usize::MAX - at)) {
            told.third_person = true;
            told.subject.reporter.role =
                Some(Found::at(role.clone(), self.span((self.words[at].start, self.words[end - 1].end))));
        }
    }
}

/// Persons told side by side, each with what is known of them in brackets: `Rohit Kalpit (mobile 55555 50101) and …`.
/// The stretch of each, name and bracket; nothing when there are not at least two.
pub(super) fn bracketed_persons(part: usize, text: &str, bytes: Bytes, context: Context<'_>) -> Vec<Bytes> {
    let end = bytes.1.min(bytes.0 + SEARCHED_BYTES);
    let end = (bytes.0..=end).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(bytes.0);
    let words = words(text, (bytes.0, end));
    let stretch = Stretch { part, text, words, quotes: Vec::new(), speech: Vec::new() };
    let mut found = Vec::new();
    for (offset, _) in text[bytes.0..end].match_indices('(') {
        let open = bytes.0 + offset;
        let Some(close) = text[open..end].find(')').map(|at| open + at).filter(|close| close - open <= 200) else {
            continue;
        };
        let inner = &text[open + 1..close];
        let reachable = !values::phones(inner, context.vocabulary).is_empty() || inner.contains('@');
        let last = stretch.words.partition_point(|word| word.end <= open);
        let touches = stretch.words[..last].last().is_some_and(|word| text[word.end..open].trim().is_empty());
        let of_another = person::relation(inner, context.vocabulary).is_some();
        let mut first = last;
        while first > 0
            && last - first < 3
            && stretch.is_name_word(first - 1, context)
            && (first == last || stretch.joined(first - 1))
        {
            first -= 1;
        }
        if first < last && reachable && touches && !of_another {
            found.push((stretch.words[first].start, close + 1));
        }
    }
    if found.len() < 2 { Vec::new() } else { found }
}

/// Whose a number is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Reporter,
    Person,
    Officer,
    Family(String),
}
