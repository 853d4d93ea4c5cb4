//! Times of day as a protocol writes them: five fields of `cron`, in Indian time.
//!
//! ```text
//! minute  hour  day-of-month  month  day-of-week        0 10 * * *      every day at 10:00
//! 0-59    0-23  1-31          1-12   0-7 (0, 7 = Sun)   30 9 * * MON-FRI  on working days at 09:30
//! ```
//!
//! A field is `*`, a value, a range `a-b`, either with a step `/n`, or several of these with commas; months and days of
//! the week may be written by their first three letters. When both days are restricted, either is enough, as `cron` has it.
//! India has one offset and no summer time, so that every minute comes once and the next time is plain arithmetic: the
//! same on every machine and for ever, which a replay rests on.

mod describe;
mod read;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fact::calendar::{Day, IST_MS};

/// Unit: milliseconds.
const MINUTE_MS: i64 = 60_000;
const MINUTES_OF_DAY: i64 = 1_440;
/// Days in which every day of the calendar comes at least once: 29 February may be eight years away.
const SEARCH_DAYS: i64 = 8 * 366;

/// A repeated time, in Indian time.
///
/// Source: `at` of a clock, `cron` of the engine's schedules. Comes at least once in eight years. Errors when parsed:
/// [`ScheduleError`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule {
    text: String,
    /// Bit per value of each field.
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Not five fields.
    #[error("`{text}` has {fields} fields, not the five of a schedule: minute, hour, day of month, month, day of week")]
    Fields {
        /// The text.
        text: String,
        /// How many there are.
        fields: usize,
    },
    /// A field that cannot be read.
    #[error("`{part}` is no {field}: {least} to {most}, `*`, a range or a list of them")]
    Field {
        /// What is written.
        part: String,
        /// Name of the field.
        field: &'static str,
        /// Its least value.
        least: u32,
        /// Its greatest value.
        most: u32,
    },
    /// A day that no year has.
    #[error("`{0}` never comes: no year has such a day")]
    Never(String),
}

impl Schedule {
    /// The first moment of the schedule after `ms`, never `ms` itself. Unit: milliseconds since the Unix epoch.
    ///
    /// Of a moment outside the years 1 to 9990 it gives `i64::MAX`: a clock that does not run out.
    #[must_use]
    pub fn next_after(&self, ms: i64) -> i64 {
        const NEVER: i64 = i64::MAX;
        let years = Day::new(1, 1, 1).zip(Day::new(9990, 1, 1));
        let Some((first, last)) = years.map(|(first, last)| (first.number(), last.number())) else { return NEVER };
        let Some(local) = ms.checked_add(IST_MS) else { return NEVER };
        let minute = local.div_euclid(MINUTE_MS) + 1;
        let (today, from) = (minute.div_euclid(MINUTES_OF_DAY), minute.rem_euclid(MINUTES_OF_DAY));
        if !(first..last).contains(&today) {
            return NEVER;
        }
        let found = (today..=today + SEARCH_DAYS).find_map(|day| {
            let from = if day == today { from } else { 0 };
            self.is_on(day).then(|| self.minute_from(from)).flatten().map(|minute| day * MINUTES_OF_DAY + minute)
        });
        let minute = found.expect("a schedule that never comes is not read");
        minute * MINUTE_MS - IST_MS
    }

    /// As it was written, with single spaces.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a day, counted from 1970-01-01, is one of its days.
    fn is_on(&self, day: i64) -> bool {
        let (month, of_month) = Day::from_number(day).month_and_day();
        let weekday = (day + 4).rem_euclid(7); // 1970-01-01 was a Thursday
        let (of_month, weekday) = (has(self.days, of_month), has(self.weekdays, weekday));
        let fits = if self.any_day() || self.any_weekday() { of_month && weekday } else { of_month || weekday };
        has(self.months, month) && fits
    }

    /// The first minute of a day that is not before `from`.
    fn minute_from(&self, from: i64) -> Option<i64> {
        (from / 60..24).filter(|&hour| has(self.hours, hour)).find_map(|hour| {
            let first = if hour == from / 60 { from % 60 } else { 0 };
            (first..60).find(|&minute| has(self.minutes, minute)).map(|minute| hour * 60 + minute)
        })
    }

    fn any_day(&self) -> bool {
        self.days == read::DAYS.all()
    }

    fn any_weekday(&self) -> bool {
        self.weekdays == read::WEEKDAYS
    }
}

fn has(bits: u64, value: i64) -> bool {
    bits >> value & 1 == 1
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        read::read(text)
    }
}

impl TryFrom<String> for Schedule {
    type Error = ScheduleError;

    fn try_from(text: String) -> Result<Self, ScheduleError> {
        text.parse()
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> Self {
        schedule.text
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
