//! Days and moments as people write them. India has one time zone, UTC+05:30, and no summer time.

use crate::text::Language;

/// Offset of Indian standard time from UTC. Unit: milliseconds.
pub const IST_MS: i64 = 19_800_000;
const DAY_MS: i64 = 86_400_000;

const MONTHS_EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTHS_HI: [&str; 12] =
    ["जनवरी", "फ़रवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त", "सितंबर", "अक्टूबर", "नवंबर", "दिसंबर"];

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    year: i64,
    month: i64,
    of_month: i64,
}

impl Day {
    /// From year (1 ..= 9999), month and day; `None` when there is no such day.
    pub fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        ((1..=9999).contains(&year) && (1..=length).contains(&day)).then_some(Self { year, month, of_month: day })
    }

    /// From `YYYY-MM-DD`, or as written in India `DD/MM/YYYY`, `DD-MM-YYYY`, `DD.MM.YYYY`.
    pub fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
        let [first, second, third] = parts[..] else { return None };
        let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i64>().ok())?;
        match (first.len(), second.len(), third.len()) {
            (4, 2, 2) if text.contains('-') => Self::new(number(first)?, number(second)?, number(third)?),
            (1..=2, 1..=2, 4) => Self::new(number(third)?, number(second)?, number(first)?),
            _ => None,
        }
    }

    /// Days since 1970-01-01.
    pub(crate) fn number(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.of_month - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }

    /// The day so many days after 1970-01-01.
    pub(crate) fn from_number(number: i64) -> Self {
        let shifted = number + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        Self { year: year_of_era + era * 400 + i64::from(month <= 2), month, of_month: day }
    }

    /// For people: `21 Nov 2026`.
    pub fn show(self, language: Language) -> String {
        let names = match language {
            Language::En => &MONTHS_EN,
            Language::Hi => &MONTHS_HI,
        };
        let name = usize::try_from(self.month - 1).ok().and_then(|month| names.get(month)).copied().unwrap_or_default();
        format!("{} {name} {}", self.of_month, self.year)
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
    }
}

/// A moment from RFC 3339, in milliseconds since the epoch. Seconds may be left out; without an offset it is Indian time.
#[must_use]
pub fn read_time(text: &str) -> Option<i64> {
    let (day, rest) = text.split_once(['T', 't', ' '])?;
    let day = (day.len() == 10).then(|| Day::read(day))??;
    let (clock, offset_ms) = match rest.find(['Z', 'z', '+', '-']) {
        None => (rest, IST_MS),
        Some(at) => (&rest[..at], read_offset(&rest[at..])?),
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let two = |part: &str, most: i64| {
        let number =
            (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<i64>().ok())??;
        (number <= most).then_some(number)
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let seconds = match parts[..] {
        [hour, minute] if fraction.is_empty() => two(hour, 23)? * 3_600 + two(minute, 59)? * 60,
        [hour, minute, second] => two(hour, 23)? * 3_600 + two(minute, 59)? * 60 + two(second, 59)?,
        _ => return None,
    };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction_ms: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(day.number() * DAY_MS + seconds * 1_000 + fraction_ms - offset_ms)
}

fn read_offset(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (hours, minutes) = text[1..].split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let offset_ms = (hours * 60 + minutes) * 60_000;
    (hours <= 23 && minutes <= 59).then_some(if text.starts_with('-') { -offset_ms } else { offset_ms })
}

/// A moment for people, in Indian time: `21 Nov 2026 14:35 IST`.
#[must_use]
pub fn show_time(ms: i64, language: Language) -> String {
    let local = ms.saturating_add(IST_MS);
    let minutes = local.rem_euclid(DAY_MS) / 60_000;
    let day = Day::from_number(local.div_euclid(DAY_MS)).show(language);
    format!("{day} {:02}:{:02} IST", minutes / 60, minutes % 60)
}

/// A moment as RFC 3339 in UTC with milliseconds.
#[must_use]
pub fn write_time(ms: i64) -> String {
    let of_day = ms.rem_euclid(DAY_MS);
    let (seconds, ms_of_second) = (of_day / 1_000, of_day % 1_000);
    let day = Day::from_number(ms.div_euclid(DAY_MS));
    format!("{day}T{:02}:{:02}:{:02}.{ms_of_second:03}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
