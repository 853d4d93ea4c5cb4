//! A schedule in words.

use super::Schedule;
use crate::text::Text;

const DAYS_EN: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const DAYS_HI: [&str; 7] = ["रवि", "सोम", "मंगल", "बुध", "गुरु", "शुक्र", "शनि"];
/// Times of day that are still read at a glance.
const MOST_TIMES: usize = 4;

impl Schedule {
    /// For people: `daily at 10:00`, `Mon, Thu at 09:30`; a schedule that words do not make clearer stays as it is written.
    #[must_use]
    pub fn describe(&self) -> Text {
        let every_month = self.months == 0b1_1111_1111_1110;
        let Some(times) = self.times().filter(|_| every_month) else {
            return Text { en: format!("at `{self}`"), hi: format!("समय-सारणी `{self}`") };
        };
        match (self.any_day(), self.any_weekday()) {
            (true, true) => Text { en: format!("daily at {times}"), hi: format!("रोज़ {times} बजे") },
            (true, false) => {
                let names = |all: &[&str; 7]| joined(self.weekdays, |day| all[day].to_owned());
                Text {
                    en: format!("{} at {times}", names(&DAYS_EN)), hi: format!("{} {times} बजे", names(&DAYS_HI))
                }
            }
            (false, true) => {
                let days = joined(self.days, |day| day.to_string());
                Text {
                    en: format!("on day {days} of the month at {times}"),
                    hi: format!("महीने की {days} तारीख {times} बजे"),
                }
            }
            (false, false) => Text { en: format!("at `{self}`"), hi: format!("समय-सारणी `{self}`") },
        }
    }

    /// For a small space, the same in every language: its times of day, else as it is written.
    #[must_use]
    pub fn short(&self) -> String {
        self.times().unwrap_or_else(|| self.text.clone())
    }

    /// Its times of day, when they are few.
    fn times(&self) -> Option<String> {
        let set = |bits: u64| (0..64_usize).filter(move |value| bits >> value & 1 == 1);
        let times: Vec<String> = set(self.hours)
            .flat_map(|hour| set(self.minutes).map(move |minute| format!("{hour:02}:{minute:02}")))
            .take(MOST_TIMES + 1)
            .collect();
        (times.len() <= MOST_TIMES).then(|| times.join(", "))
    }
}

fn joined(bits: u64, name: impl Fn(usize) -> String) -> String {
    let names: Vec<String> = (0..64).filter(|value| bits >> value & 1 == 1).map(name).collect();
    names.join(", ")
}
