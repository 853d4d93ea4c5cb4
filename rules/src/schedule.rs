//! Times of day as a protocol writes them: five fields of `cron`, in Indian time.
//!
//! ```text
//! minute  hour  day-of-month  month  day-of-week        0 10 * * *      every day at 10:00
//! 0-59    0-23  1-31          1-12   0-7 (0, 7 = Sun)   30 9 * * MON-FRI  on working days at 09:30
//! ```
//!
//! A field is `*`, a value, a range `a-b`, either with a step `/n`, or several of these with commas; months and days of
//! the week may be written by their first three letters. When both days are restricted, either is enough, as `cron` has it.
//! The calendar is that of the `cron` crate, which is told the moment and the offset and asks no clock. India has one
//! offset and no summer time, so that every minute comes once: the same on every machine, which a replay rests on.

mod describe;
mod read;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

/// Indian time is so far ahead of UTC. Unit: seconds.
const IST_S: i32 = 19_800;

/// A repeated time, in Indian time.
///
/// Source: `at` of a clock, `cron` of the engine's schedules. Comes at least once in eight years. Errors when parsed:
/// [`ScheduleError`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule {
    text: String,
    /// Bit per value of each field.
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// What counts the time; two when either of two days is enough.
    times: Vec<cron::Schedule>,
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Schedule {}

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
    /// Outside the years 1970 to 2100 it gives `i64::MAX`: a clock that does not run out.
    #[must_use]
    pub fn next_after(&self, ms: i64) -> i64 {
        let india = FixedOffset::east_opt(IST_S).expect("it is less than a day");
        let Some(after) = DateTime::from_timestamp_millis(ms).map(|utc| utc.with_timezone(&india)) else {
            return i64::MAX;
        };
        let next = self.times.iter().filter_map(|times| times.after(&after).next()).min();
        next.map_or(i64::MAX, |next| next.timestamp_millis())
    }

    /// As it was written, with single spaces.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn any_day(&self) -> bool {
        self.days == read::DAYS.all()
    }

    fn any_weekday(&self) -> bool {
        self.weekdays == read::WEEKDAYS
    }
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
