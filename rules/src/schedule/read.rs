//! Text to the bits of a schedule.

use super::{Schedule, ScheduleError};

/// One field of a schedule.
pub(super) struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
    /// Value of the first name.
    first: u32,
}

const MINUTES: Field = Field { name: "minute", least: 0, most: 59, names: &[], first: 0 };
const HOURS: Field = Field { name: "hour", least: 0, most: 23, names: &[], first: 0 };
pub(super) const DAYS: Field = Field { name: "day of the month", least: 1, most: 31, names: &[], first: 0 };
const MONTHS: Field = Field {
    name: "month",
    least: 1,
    most: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    first: 1,
};
/// 7 is Sunday as well.
const WEEK: Field = Field {
    name: "day of the week",
    least: 0,
    most: 7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    first: 0,
};
/// All seven days.
pub(super) const WEEKDAYS: u64 = 0b111_1111;

impl Field {
    /// All its values.
    pub(super) fn all(&self) -> u64 {
        bits(self.least, self.most, 1)
    }

    fn read(&self, text: &str) -> Result<u64, ScheduleError> {
        let parts = text.split(',').map(|part| self.part(part).ok_or_else(|| self.wrong(part)));
        parts.into_iter().try_fold(0, |bits, part| Ok(bits | part?))
    }

    fn wrong(&self, part: &str) -> ScheduleError {
        ScheduleError::Field { part: part.to_owned(), field: self.name, least: self.least, most: self.most }
    }

    fn part(&self, part: &str) -> Option<u64> {
        let (range, step) = match part.split_once('/') {
            None => (part, 1),
            Some((range, step)) => (range, number(step).filter(|&step| step > 0)?),
        };
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (self.least, self.most),
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            // a step belongs to a range
            None if part.contains('/') => return None,
            None => (self.value(range)?, self.value(range)?),
        };
        (from <= to).then(|| bits(from, to, step))
    }

    fn value(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let value = match named {
            Some(place) => self.first + u32::try_from(place).ok()?,
            None => number(text)?,
        };
        (self.least..=self.most).contains(&value).then_some(value)
    }
}

fn number(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn bits(from: u32, to: u32, step: u32) -> u64 {
    (from..=to).step_by(usize::try_from(step).unwrap_or(usize::MAX)).fold(0, |bits, value| bits | 1 << value)
}

/// Reads a schedule.
pub(super) fn read(text: &str) -> Result<Schedule, ScheduleError> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let [minutes, hours, days, months, weekdays] = fields[..] else {
        return Err(ScheduleError::Fields { text: text.trim().to_owned(), fields: fields.len() });
    };
    let week = WEEK.read(weekdays)?;
    let mut schedule = Schedule {
        text: fields.join(" "),
        minutes: MINUTES.read(minutes)?,
        hours: HOURS.read(hours)?,
        days: DAYS.read(days)?,
        months: MONTHS.read(months)?,
        weekdays: (week | week >> 7) & WEEKDAYS,
        times: Vec::new(),
    };
    schedule.times = times(&schedule);
    if comes(&schedule) { Ok(schedule) } else { Err(ScheduleError::Never(schedule.text)) }
}

/// Whether any year has such a day. Days of the week come in every month.
fn comes(schedule: &Schedule) -> bool {
    const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let of_month = (1_u32..)
        .zip(LENGTHS)
        .any(|(month, length)| schedule.months >> month & 1 == 1 && schedule.days & bits(1, length, 1) != 0);
    of_month || schedule.weekdays != WEEKDAYS
}

/// The schedule for the crate that counts: with seconds in front, and days of the week from 1 for Sunday. It wants both days
/// to fit where five fields are content with either, so such a schedule becomes two.
fn times(schedule: &Schedule) -> Vec<cron::Schedule> {
    let list = |bits: u64, ahead: u32| {
        let values = (0_u32..64).filter(|value| bits >> value & 1 == 1);
        values.map(|value| (value + ahead).to_string()).collect::<Vec<_>>().join(",")
    };
    let (minutes, hours, months) = (list(schedule.minutes, 0), list(schedule.hours, 0), list(schedule.months, 0));
    let (days, weekdays) = (list(schedule.days, 0), list(schedule.weekdays, 1));
    let one = |days: &str, weekdays: &str| {
        let text = format!("0 {minutes} {hours} {days} {months} {weekdays}");
        text.parse().expect("every value was checked")
    };
    if schedule.any_day() || schedule.any_weekday() {
        vec![one(&days, &weekdays)]
    } else {
        vec![one(&days, "*"), one("*", &weekdays)]
    }
}
