//! Times as people and programs write them.

use chrono::{Datelike as _, NaiveDate, TimeDelta};
use niyam_kernel::time::Timestamp;

use super::document::Bytes;
use super::vocabulary::{Vocabulary, fold, has_folded};

/// Minutes east of UTC in India.
const IST_MIN: i32 = 330;

/// A time read from a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TimeFound {
    /// The moment.
    pub at: Timestamp,
    /// Where it stands in the text given.
    pub bytes: Bytes,
    /// Whether it was told roughly.
    pub approximate: bool,
    /// Whether the text names a zone.
    pub zoned: bool,
}

/// What a time is told in relation to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    /// When the message was written.
    pub at: Timestamp,
    /// Zone of the writer, minutes east of UTC; used where the text names none.
    pub zone_min: i32,
}

/// The value of a digit in ASCII, Devanagari or full width.
pub(super) fn digit(c: char) -> Option<u32> {
    match c {
        '0'..='9' => Some(c as u32 - '0' as u32),
        '०'..='९' => Some(c as u32 - '०' as u32),
        '０'..='９' => Some(c as u32 - '０' as u32),
        _ => None,
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Number { value: u32, digits: usize },
    Word(String),
    Sign(char),
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// Tokens of the first 4,000 characters: numbers, words, signs; blanks are left out.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let is_letter = |c: char| {
        digit(c).is_none()
            && (c.is_alphabetic() || ('\u{0900}'..='\u{0963}').contains(&c) || ('\u{200b}'..='\u{200d}').contains(&c))
    };
    let mut chars = text.char_indices().take(4_000).peekable();
    while let Some((start, c)) = chars.next() {
        let mut end = start + c.len_utf8();
        if let Some(first) = digit(c) {
            let (mut value, mut digits) = (first, 1);
            while let Some((at, next)) = chars.next_if(|(_, next)| digit(*next).is_some()) {
                value = value.saturating_mul(10).saturating_add(digit(next).unwrap_or(0));
                digits += 1;
                end = at + next.len_utf8();
            }
            tokens.push(Token { kind: Kind::Number { value, digits }, start, end });
        } else if is_letter(c) {
            while let Some((at, next)) = chars.next_if(|(_, next)| is_letter(*next)) {
                end = at + next.len_utf8();
            }
            tokens.push(Token { kind: Kind::Word(fold(&text[start..end])), start, end });
        } else if !c.is_whitespace() {
            tokens.push(Token { kind: Kind::Sign(c), start, end });
        }
    }
    tokens
}

/// `Date` of a mail: the moment and the zone in minutes. Impossible dates give nothing.
pub(super) fn mail_date(text: &str) -> Option<(Timestamp, i32)> {
    let tokens = tokens(text);
    let number = |at: usize| match tokens.get(at)?.kind {
        Kind::Number { value, digits } => Some((value, digits)),
        Kind::Word(_) | Kind::Sign(_) => None,
    };
    let start = tokens.iter().position(|token| matches!(token.kind, Kind::Number { .. }))?;
    let Kind::Word(month) = &tokens.get(start + 1)?.kind else { return None };
    let month = english_month(month)?;
    let year = number(start + 2).map(|(year, digits)| if digits == 2 { 2000 + year } else { year })?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, number(start)?.0)?;
    let clock = clock_at(&tokens, start + 3)?;
    let zone_min = zone_after(&tokens, clock.next, None).map_or(0, |(zone, _)| zone);
    Some((moment(date, clock.hour, clock.minute, clock.second, zone_min)?, zone_min))
}

fn english_month(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let fits = |month: &&str| word.len() >= 3 && (month.starts_with(word) || word == "sept" && **month == *"september");
    MONTHS.iter().position(fits).and_then(|index| u32::try_from(index + 1).ok())
}

/// `yyyy-mm-dd` of a date without a time: a date of birth.
pub(super) fn date_only(text: &str, vocabulary: &Vocabulary) -> Option<(String, Bytes)> {
    let tokens = tokens(text);
    let (date, from, to) =
        (0..tokens.len()).find_map(|at| date_at(&tokens, at, vocabulary).map(|found| (found.date, at, found.next)))?;
    let year = date.year()?;
    let day = NaiveDate::from_ymd_opt(year, date.month, date.day)?;
    Some((day.format("%Y-%m-%d").to_string(), (tokens[from].start, tokens[to - 1].end)))
}

/// A date and time of day in a text. Where it names no zone, `zone_min` counts.
pub(super) fn absolute(text: &str, vocabulary: &Vocabulary, zone_min: i32) -> Option<TimeFound> {
    read(text, vocabulary, None, zone_min)
}

/// A time in a text: a date and time of day, a time of day alone (the latest such moment before the reference), words
/// such as `last night around 11:40 pm`, `2 घंटे पहले`.
pub(super) fn find(text: &str, vocabulary: &Vocabulary, reference: Reference) -> Option<TimeFound> {
    read(text, vocabulary, Some(reference), reference.zone_min)
}

fn read(text: &str, vocabulary: &Vocabulary, reference: Option<Reference>, default_zone_min: i32) -> Option<TimeFound> {
    let mut tokens = tokens(text);
    hours_in_words(&mut tokens, vocabulary);
    let relative = |reference| ago(&tokens, text, vocabulary, reference).or_else(|| now(text, vocabulary, reference));
    if let Some(found) = reference.and_then(relative) {
        return Some(found);
    }
    let default_zone_min = if is_indian(text, &tokens, vocabulary) { IST_MIN } else { default_zone_min };
    let dated = (0..tokens.len()).find_map(|at| date_at(&tokens, at, vocabulary).map(|found| (at, found)));
    if dated.is_none() && (0..tokens.len()).any(|at| is_broken_date(&tokens, at)) {
        return None;
    }
    let taken = dated.as_ref().map_or(0..0, |(at, found)| *at..found.next);
    // The time stands after the date, or before it ("07:42 on 7 Nov").
    let after = dated.as_ref().map_or(0, |(_, found)| found.next);
    let clocks = (after..tokens.len()).chain(0..after).filter(|at| !taken.contains(at));
    let (clock_start, clock) = clocks
        .filter_map(|at| Some((at, clock_at(&tokens, at)?)))
        .find(|(at, clock)| clock.colon || half_near(&tokens, *at, clock.next, text, vocabulary).is_some())?;
    let half = half_near(&tokens, clock_start, clock.next, text, vocabulary);
    let clock = with_minutes(&tokens, clock_start, clock, vocabulary);
    let (hour, clock) = with_quarter(&tokens, clock_start, hour_of(clock.hour, half)?, clock, vocabulary);
    let zone = zone_after(&tokens, clock.next, Some(vocabulary)).or_else(|| zone_anywhere(&tokens, vocabulary));
    let zone_min = zone.map_or(default_zone_min, |(zone, _)| zone);
    let end = zone.map_or(clock.next, |(_, next)| next.max(clock.next));
    let (first, last) =
        dated.as_ref().map_or((clock_start, end), |(at, found)| (clock_start.min(*at), end.max(found.next)));
    let bytes = (tokens[first].start, tokens[last - 1].end);
    let folded = fold(text);
    let approximate = vocabulary.time.about.iter().any(|word| has_folded(&folded, word));
    let at = match (&dated, reference) {
        (Some((_, found)), reference) => {
            let year = found.date.year().or_else(|| year_for(&found.date, reference, &tokens))?;
            moment(
                NaiveDate::from_ymd_opt(year, found.date.month, found.date.day)?,
                hour,
                clock.minute,
                clock.second,
                zone_min,
            )?
        }
        (None, Some(reference)) => near(reference, zone_min, (hour, clock.minute, clock.second), &folded, vocabulary)?,
        (None, None) => return None,
    };
    Some(TimeFound { at, bytes, approximate, zoned: zone.is_some() })
}

/// `nau baje`: an hour in words becomes a number.
fn hours_in_words(tokens: &mut [Token], vocabulary: &Vocabulary) {
    for at in 1..tokens.len() {
        let (before, here) = tokens.split_at_mut(at);
        let hour = match (&before[at - 1].kind, &here[0].kind) {
            (Kind::Word(hour), Kind::Word(word)) if vocabulary.time.clock_words.contains(word) => hour,
            (Kind::Number { .. } | Kind::Word(_) | Kind::Sign(_), _) => continue,
        };
        if let Some(value) = vocabulary.time.hours.get(hour) {
            before[at - 1].kind = Kind::Number { value: *value, digits: 2 };
        }
    }
}

/// Whether a time is written as in India: in Devanagari, or with `baje`. Then it is Indian time, whatever the zone of the
/// mail server was.
fn is_indian(text: &str, tokens: &[Token], vocabulary: &Vocabulary) -> bool {
    let spoken = |token: &Token| match &token.kind {
        Kind::Word(word) => {
            vocabulary.time.clock_words.contains(word) && !matches!(word.as_str(), "o clock" | "hrs" | "hours" | "h")
        }
        Kind::Number { .. } | Kind::Sign(_) => false,
    };
    text.chars().any(|c| ('\u{0900}'..='\u{097f}').contains(&c)) || tokens.iter().any(spoken)
}

/// `6 बजकर 40 मिनट`
fn with_minutes(tokens: &[Token], start: usize, clock: Clock, vocabulary: &Vocabulary) -> Clock {
    let is = |index: usize, words: &[String]| matches!(tokens.get(index).map(|token| &token.kind), Some(Kind::Word(word)) if words.contains(word));
    let minute = match tokens.get(clock.next + 1).map(|token| &token.kind) {
        Some(Kind::Number { value, digits: 1..=2 }) if *value < 60 => *value,
        Some(Kind::Number { .. } | Kind::Word(_) | Kind::Sign(_)) | None => return clock,
    };
    let told = !clock.colon
        && clock.next == start + 1
        && is(clock.next, &vocabulary.time.clock_words)
        && is(clock.next + 2, &vocabulary.time.minutes);
    if told { Clock { minute, next: clock.next + 3, ..clock } } else { clock }
}

/// `saadhe 9 baje`: half past nine.
fn with_quarter(tokens: &[Token], start: usize, hour: u32, clock: Clock, vocabulary: &Vocabulary) -> (u32, Clock) {
    let word = |back: usize| match tokens.get(start.wrapping_sub(back)).map(|token| &token.kind) {
        Some(Kind::Word(word)) => Some(word.as_str()),
        Some(Kind::Number { .. } | Kind::Sign(_)) | None => None,
    };
    let quarters = &vocabulary.time.quarters;
    let two = word(2).zip(word(1)).and_then(|(first, second)| quarters.get(&format!("{first} {second}")));
    match word(1).and_then(|word| quarters.get(word)).or(two) {
        Some(minutes) if clock.minute == 0 => {
            let day = i32::try_from(hour * 60).unwrap_or(0) + minutes;
            let day = u32::try_from(day.rem_euclid(24 * 60)).unwrap_or(0);
            (day / 60, Clock { minute: day % 60, ..clock })
        }
        Some(_) | None => (hour, clock),
    }
}

/// `just now`
fn now(text: &str, vocabulary: &Vocabulary, reference: Reference) -> Option<TimeFound> {
    let short = text.len() <= 400;
    let folded = if short { fold(text) } else { return None };
    let said = vocabulary.time.now.iter().any(|phrase| has_folded(&folded, phrase));
    said.then(|| TimeFound { at: reference.at, bytes: (0, text.trim_end().len()), approximate: true, zoned: true })
}

/// A moment from local time.
fn moment(date: NaiveDate, hour: u32, minute: u32, second: u32, zone_min: i32) -> Option<Timestamp> {
    let local = date.and_hms_opt(hour, minute, second.min(59))?;
    let utc = local.checked_sub_signed(TimeDelta::minutes(i64::from(zone_min)))?;
    Some(Timestamp::from_ms(utc.and_utc().timestamp_millis()))
}

/// `20 minutes ago`
fn ago(tokens: &[Token], text: &str, vocabulary: &Vocabulary, reference: Reference) -> Option<TimeFound> {
    tokens.iter().enumerate().find_map(|(index, token)| {
        let is_half = |token: &Token| matches!(&token.kind, Kind::Word(word) if vocabulary.time.half.contains(word));
        // Twice the value, so that half an hour is a whole number.
        let doubled = match &token.kind {
            Kind::Number { value, .. } => value.checked_mul(2)?,
            Kind::Word(_) if is_half(token) => 1,
            Kind::Word(word) => {
                let halved = index > 0 && is_half(&tokens[index - 1]);
                vocabulary.time.hours.get(word)? * if halved { 1 } else { 2 }
            }
            Kind::Sign(_) => return None,
        };
        let rest = fold(&text[token.end..].chars().take(40).collect::<String>());
        let unit = vocabulary.time.ago.iter().find(|(phrase, _)| format!("{rest} ").starts_with(&format!("{phrase} ")));
        let minutes = unit?
            .1
            .checked_mul(i64::from(doubled))
            .map(|minutes| minutes / 2)
            .filter(|minutes| *minutes <= 7 * 24 * 60)?;
        let at = Timestamp::from_ms(reference.at.as_ms().checked_sub(minutes * 60_000)?);
        Some(TimeFound { at, bytes: (token.start, token.end), approximate: true, zoned: true })
    })
}

/// A day, perhaps without its year.
#[expect(clippy::struct_field_names, reason = "the day of a day")]
#[derive(Clone, Copy, Debug)]
struct Day {
    year: Option<u32>,
    month: u32,
    day: u32,
}

impl Day {
    fn year(&self) -> Option<i32> {
        let year = self.year?;
        i32::try_from(if year < 100 { 2000 + year } else { year }).ok().filter(|year| (1900..=2200).contains(year))
    }
}

struct DateAt {
    date: Day,
    next: usize,
}

/// A date that begins at a token: `2026-11-12`, `08-11-2026`, `०५.११.२०२६`, `7 Nov 2026`, `Nov 12, 2026`, `12 नवंबर`.
fn date_at(tokens: &[Token], at: usize, vocabulary: &Vocabulary) -> Option<DateAt> {
    let number = |index: usize| match tokens.get(index)?.kind {
        Kind::Number { value, digits } => Some((value, digits)),
        Kind::Word(_) | Kind::Sign(_) => None,
    };
    let month = |index: usize| match &tokens.get(index)?.kind {
        Kind::Word(word) => month_of(word, vocabulary),
        Kind::Number { .. } | Kind::Sign(_) => None,
    };
    let sign = |index: usize| match tokens.get(index)?.kind {
        Kind::Sign(c) => Some(c),
        Kind::Number { .. } | Kind::Word(_) => None,
    };
    let is_separator = |index: usize| sign(index).is_some_and(|c| matches!(c, '-' | '/' | '.'));
    let skip =
        |index: usize| if sign(index).is_some_and(|c| matches!(c, ',' | '-' | '/' | '.')) { index + 1 } else { index };
    if let Some((first, digits)) = number(at) {
        if is_separator(at + 1) && sign(at + 1) == sign(at + 3) {
            let (second, _) = number(at + 2).or_else(|| month(at + 2).map(|month| (month, 2)))?;
            let (third, third_digits) = number(at + 4)?;
            let date = if digits == 4 && third_digits <= 2 {
                Day { year: Some(first), month: second, day: third }
            } else if digits <= 2 && matches!(third_digits, 2 | 4) {
                Day { year: Some(third), month: second, day: first }
            } else {
                return None;
            };
            return valid(date).then_some(DateAt { date, next: at + 5 });
        }
        if digits <= 2 {
            let ordinal = matches!(&tokens.get(at + 1)?.kind, Kind::Word(word) if matches!(word.as_str(), "st" | "nd" | "rd" | "th"));
            let month_index = skip(at + 1 + usize::from(ordinal));
            let month = month(month_index)?;
            let year_index = skip(month_index + 1);
            let year = number(year_index).filter(|(_, digits)| *digits == 4);
            let date = Day { year: year.map(|(year, _)| year), month, day: first };
            let next = if year.is_some() { year_index + 1 } else { month_index + 1 };
            return valid(date).then_some(DateAt { date, next });
        }
        return None;
    }
    let month = month(at)?;
    let day_index = skip(at + 1);
    let (day, _) = number(day_index).filter(|(_, digits)| *digits <= 2)?;
    let ordinal = matches!(tokens.get(day_index + 1).map(|token| &token.kind), Some(Kind::Word(word)) if matches!(word.as_str(), "st" | "nd" | "rd" | "th"));
    let year_index = skip(day_index + 1 + usize::from(ordinal));
    let year = number(year_index).filter(|(_, digits)| *digits == 4);
    let date = Day { year: year.map(|(year, _)| year), month, day };
    let next = if year.is_some() { year_index + 1 } else { day_index + 1 };
    valid(date).then_some(DateAt { date, next })
}

/// Three numbers joined like a date that are none: the time beside them cannot be trusted either.
fn is_broken_date(tokens: &[Token], at: usize) -> bool {
    let is_number =
        |index: usize| matches!(tokens.get(index).map(|token| &token.kind), Some(Kind::Number { digits: 1..=4, .. }));
    let is_sign =
        |index: usize| matches!(tokens.get(index).map(|token| &token.kind), Some(Kind::Sign('-' | '/' | '.')));
    is_number(at) && is_sign(at + 1) && is_number(at + 2) && is_sign(at + 3) && is_number(at + 4)
}

fn valid(date: Day) -> bool {
    NaiveDate::from_ymd_opt(date.year().unwrap_or(2024), date.month, date.day).is_some()
}

fn month_of(word: &str, vocabulary: &Vocabulary) -> Option<u32> {
    let spelled = vocabulary.time.months.iter().find(|(name, _)| *name == word).map(|(_, month)| *month);
    spelled.or_else(|| english_month(word))
}

/// The year of a date told without one: a four-digit number elsewhere (`Sat Nov 07 02:12:00 +0000 2026`), else the latest
/// year in which the date is not after the reference.
fn year_for(date: &Day, reference: Option<Reference>, tokens: &[Token]) -> Option<i32> {
    let told = tokens.iter().find_map(|token| match token.kind {
        Kind::Number { value, digits: 4 } if (1990..=2200).contains(&value) => i32::try_from(value).ok(),
        Kind::Number { .. } | Kind::Word(_) | Kind::Sign(_) => None,
    });
    told.or_else(|| {
        let now = local(reference?)?;
        let this_year = NaiveDate::from_ymd_opt(now.year(), date.month, date.day)?;
        Some(if this_year > now.date() { now.year() - 1 } else { now.year() })
    })
}

fn local(reference: Reference) -> Option<chrono::NaiveDateTime> {
    let utc = chrono::DateTime::from_timestamp_millis(reference.at.as_ms())?.naive_utc();
    utc.checked_add_signed(TimeDelta::minutes(i64::from(reference.zone_min)))
}

struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    colon: bool,
    next: usize,
}

/// A time of day that begins at a token: `18:09`, `18:09:32`, `14:27:05.123`, `11` (only with a word beside it).
fn clock_at(tokens: &[Token], at: usize) -> Option<Clock> {
    let number = |index: usize| match tokens.get(index)?.kind {
        Kind::Number { value, digits } if digits <= 2 => Some(value),
        Kind::Number { .. } | Kind::Word(_) | Kind::Sign(_) => None,
    };
    let is_colon = |index: usize| matches!(tokens.get(index).map(|token| &token.kind), Some(Kind::Sign(':' | '：')));
    let is_dot = |index: usize| matches!(tokens.get(index).map(|token| &token.kind), Some(Kind::Sign('.')));
    let hour = number(at).filter(|hour| *hour < 24)?;
    if is_colon(at + 1) || is_dot(at + 1) {
        let minute = number(at + 2).filter(|minute| *minute < 60);
        if let Some(minute) = minute {
            let seconds =
                if is_colon(at + 1) && is_colon(at + 3) { number(at + 4).filter(|second| *second <= 60) } else { None };
            let mut next = if seconds.is_some() { at + 5 } else { at + 3 };
            if seconds.is_some()
                && is_dot(next)
                && matches!(tokens.get(next + 1).map(|token| &token.kind), Some(Kind::Number { .. }))
            {
                next += 2;
            }
            return Some(Clock { hour, minute, second: seconds.unwrap_or(0), colon: is_colon(at + 1), next });
        }
        if is_colon(at + 1) {
            return None;
        }
    }
    // A lone number is an hour only if words beside it say so; a number after a sign of a phone or a date is none.
    let after_sign = at > 0 && matches!(tokens[at - 1].kind, Kind::Sign('-' | '/' | '.' | ':' | '+'));
    (!after_sign).then_some(Clock { hour, minute: 0, second: 0, colon: false, next: at + 1 })
}

/// Which half of the day words put a time into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Am,
    Pm,
    Night,
    Day,
    /// A word that only says that it is a time of day (`बजे`).
    Clock,
}

/// The word for a half of the day close to a time: right after it, or up to three tokens before; for a time with a
/// colon also anywhere in the text.
fn half_near(tokens: &[Token], start: usize, next: usize, text: &str, vocabulary: &Vocabulary) -> Option<Half> {
    let time = &vocabulary.time;
    let is = |words: &[String], folded: &str| words.iter().any(|word| word == folded);
    let half = |folded: &str| {
        if is(&time.am, folded) {
            Some(Half::Am)
        } else if is(&time.pm, folded) {
            Some(Half::Pm)
        } else if is(&time.night, folded) {
            Some(Half::Night)
        } else if is(&time.day, folded) {
            Some(Half::Day)
        } else {
            None
        }
    };
    let word = |index: usize| match tokens.get(index).map(|token| &token.kind) {
        Some(Kind::Word(word)) => Some(word.as_str()),
        Some(Kind::Number { .. } | Kind::Sign(_)) | None => None,
    };
    let dotted = word(next)
        .zip(word(next + 2))
        .filter(|_| matches!(tokens[next + 1].kind, Kind::Sign('.')))
        .map(|(a, b)| format!("{a}{b}"));
    let after = dotted.as_deref().and_then(half).or_else(|| word(next).and_then(half));
    let clock = word(next).is_some_and(|word| is(&time.clock_words, word));
    let before = || (start.saturating_sub(3)..start).rev().filter_map(word).find_map(half);
    let later = || (next + 1..next + 4).filter_map(word).find_map(half).filter(|_| clock);
    let anywhere = || {
        let folded = fold(text);
        let colon = next > start + 1;
        (colon && time.night.iter().any(|word| has_folded(&folded, word))).then_some(Half::Night)
    };
    after.or_else(before).or_else(later).or_else(anywhere).or(clock.then_some(Half::Clock))
}

fn hour_of(hour: u32, half: Option<Half>) -> Option<u32> {
    if hour > 23 {
        return None;
    }
    Some(match half {
        Some(Half::Am | Half::Night) if hour == 12 => 0,
        Some(Half::Pm) if hour <= 11 => hour + 12,
        Some(Half::Day) if (1..=6).contains(&hour) => hour + 12,
        Some(Half::Night) if (6..12).contains(&hour) => hour + 12,
        _ => hour,
    })
}

/// The zone right after a time: `UTC`, `(IST)`, `+05:30`, `GMT+5:30`; minutes and the token after it.
fn zone_after(tokens: &[Token], at: usize, vocabulary: Option<&Vocabulary>) -> Option<(i32, usize)> {
    let mut index = at;
    let mut base = None;
    for _ in 0..3 {
        match &tokens.get(index)?.kind {
            Kind::Sign(sign @ ('+' | '-' | '−')) => {
                let (offset, next) = offset_at(tokens, index + 1)?;
                return Some((if *sign == '+' { offset } else { -offset }, next));
            }
            Kind::Sign('(' | ',') => index += 1,
            Kind::Word(word) => {
                if base.is_some() {
                    return base;
                }
                let zone = vocabulary.and_then(|vocabulary| zone_of(word, vocabulary));
                base = zone
                    .or_else(|| matches!(word.as_str(), "z" | "gmt" | "utc" | "ut").then_some(0))
                    .map(|zone| (zone, index + 1));
                let is_half = vocabulary.is_some_and(|vocabulary| {
                    [&vocabulary.time.am, &vocabulary.time.pm, &vocabulary.time.clock_words]
                        .iter()
                        .any(|words| words.iter().any(|half| half == word))
                });
                if base.is_none() && !is_half && !matches!(word.as_str(), "a" | "p" | "m") {
                    return None;
                }
                index += 1;
            }
            Kind::Sign('.') if base.is_none() => index += 1,
            Kind::Number { .. } | Kind::Sign(_) => return base,
        }
        if base.is_some() && !matches!(tokens.get(index).map(|token| &token.kind), Some(Kind::Sign('+' | '-'))) {
            return base;
        }
    }
    base
}

fn zone_of(word: &str, vocabulary: &Vocabulary) -> Option<i32> {
    vocabulary.time.zones.iter().find(|(name, _)| *name == word).map(|(_, minutes)| *minutes)
}

/// A zone word anywhere: `18:09 on 12 Nov 2026 (UTC)`.
fn zone_anywhere(tokens: &[Token], vocabulary: &Vocabulary) -> Option<(i32, usize)> {
    tokens.iter().enumerate().find_map(|(index, token)| match &token.kind {
        Kind::Word(word) if word.chars().count() >= 2 => zone_of(word, vocabulary).map(|zone| (zone, index + 1)),
        Kind::Word(_) | Kind::Number { .. } | Kind::Sign(_) => None,
    })
}

/// `0530`, `05:30`, `5:30`, `5` in minutes, and the token after it.
fn offset_at(tokens: &[Token], at: usize) -> Option<(i32, usize)> {
    let Kind::Number { value, digits } = tokens.get(at)?.kind else { return None };
    let (hours, minutes, next) = if digits == 4 {
        (value / 100, value % 100, at + 1)
    } else if matches!(tokens.get(at + 1).map(|token| &token.kind), Some(Kind::Sign(':'))) {
        let Kind::Number { value: minutes, .. } = tokens.get(at + 2)?.kind else { return None };
        (value, minutes, at + 3)
    } else {
        (value, 0, at + 1)
    };
    (digits <= 4 && hours <= 14 && minutes < 60).then_some((i32::try_from(hours * 60 + minutes).ok()?, next))
}

/// A time of day without a date: on the day that words name, else the latest such moment before the reference.
fn near(
    reference: Reference,
    zone_min: i32,
    time: (u32, u32, u32),
    folded: &str,
    vocabulary: &Vocabulary,
) -> Option<Timestamp> {
    let words = &vocabulary.time;
    let says = |phrases: &[String]| phrases.iter().any(|phrase| has_folded(folded, phrase));
    let now = local(Reference { zone_min, ..reference })?;
    let on = |date: NaiveDate| moment(date, time.0, time.1, time.2, zone_min);
    let slack_ms = 5 * 60_000;
    let not_after = |at: &Timestamp| at.as_ms() <= reference.at.as_ms() + slack_ms;
    let today = on(now.date()).filter(not_after);
    let yesterday = on(now.date().pred_opt()?);
    if says(&words.day_before) {
        return on(now.date().pred_opt()?.pred_opt()?);
    }
    // "last night at 1" is the morning of the same day.
    if says(&words.yesterday)
        && time.0 >= 5
        && !(says(&words.night) && today.is_some() && now.date().and_hms_opt(5, 0, 0).is_some_and(|dawn| now < dawn))
    {
        return yesterday;
    }
    today.or(yesterday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> i64 {
        chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp_millis()
    }

    fn found(text: &str, reference: &str) -> Option<String> {
        let reference = Reference { at: Timestamp::from_ms(utc(reference)), zone_min: 330 };
        let at = find(text, Vocabulary::shipped(), reference)?.at;
        Some(chrono::DateTime::from_timestamp_millis(at.as_ms())?.format("%FT%TZ").to_string())
    }

    #[test]
    fn formats_with_dates() {
        for (text, wanted) in [
            ("2026-11-12 18:09:32 UTC", "2026-11-12T18:09:32Z"),
            ("Nov 12, 2026 at 10:09:32 AM PST", "2026-11-12T18:09:32Z"),
            ("08-11-2026 21:14 IST", "2026-11-08T15:44:00Z"),
            ("2026-11-18T14:27:05Z", "2026-11-18T14:27:05Z"),
            ("2026-11-18T14:27:05.250+05:30", "2026-11-18T08:57:05Z"),
            ("07 Nov 2026, 07:42 IST", "2026-11-07T02:12:00Z"),
            ("Sat Nov 07 02:12:00 +0000 2026", "2026-11-07T02:12:00Z"),
            ("12/11/2026 11:39 PM", "2026-11-12T18:09:00Z"),
            ("१२ नवंबर २०२६, रात ११:३९ बजे", "2026-11-12T18:09:00Z"),
            ("०५.११.२०२६ को रात ११:३३ बजे", "2026-11-05T18:03:00Z"),
            ("12th November 2026 at 6.09 pm UTC", "2026-11-12T18:09:00Z"),
            ("Thu, 12 Nov 2026 23:39:32 +0530", "2026-11-12T18:09:32Z"),
            ("2026/11/12 23:39 GMT+5:30", "2026-11-12T18:09:00Z"),
            ("12-Nov-2026 18:09 GMT", "2026-11-12T18:09:00Z"),
            ("18:09 UTC on 12 Nov 2026", "2026-11-12T18:09:00Z"),
            ("12 Nov, 11:39 pm", "2026-11-12T18:09:00Z"),
        ] {
            assert_eq!(found(text, "2026-11-20T00:00:00Z").as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn words_are_relative_to_the_message() {
        for (text, reference, wanted) in [
            ("last night around 11:40 pm", "2026-11-16T18:52:14Z", "2026-11-16T18:10:00Z"),
            ("last night around 11:40 pm", "2026-11-17T04:30:00Z", "2026-11-16T18:10:00Z"),
            ("kal raat 11 baje", "2026-11-17T04:30:00Z", "2026-11-16T17:30:00Z"),
            ("कल रात 1 बजे", "2026-11-17T04:30:00Z", "2026-11-16T19:30:00Z"),
            ("रात ११:२० बजे", "2026-11-05T18:06:40Z", "2026-11-05T17:50:00Z"),
            ("aaj subah 7 baje", "2026-11-17T04:30:00Z", "2026-11-17T01:30:00Z"),
            ("2 hours ago", "2026-11-17T04:30:00Z", "2026-11-17T02:30:00Z"),
            ("20 मिनट पहले", "2026-11-17T04:30:00Z", "2026-11-17T04:10:00Z"),
            ("yesterday at 6 pm", "2026-11-17T04:30:00Z", "2026-11-16T12:30:00Z"),
        ] {
            assert_eq!(found(text, reference).as_deref(), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in
            ["13/13/2026 99:10", "", "soon", "25:61", "2026-02-30 10:00", "12 students", "55555 50106", "12 Nov 2026"]
        {
            assert_eq!(found(text, "2026-11-20T00:00:00Z"), None, "{text}");
        }
    }

    #[test]
    fn impossible_mail_dates_are_none() {
        assert_eq!(mail_date("Fri, 32 Nov 2026 25:61:00 +0530"), None);
        assert_eq!(
            mail_date("Thu, 12 Nov 2026 18:17:55 +0000"),
            Some((Timestamp::from_ms(utc("2026-11-12T18:17:55Z")), 0))
        );
        assert_eq!(mail_date("5 Nov 26 23:36 +0530").map(|(_, zone)| zone), Some(330));
    }
}
