//! Who sits in which seat, and when.

use chrono::Timelike as _;
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;
use serde::{Deserialize, Serialize};

use super::Directory;
use crate::intake::Finding;

/// India has one zone: seconds east of UTC.
const IST_S: i32 = 19_800;

/// Somebody who serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Short id in the roster: `p-kota-duty`.
    pub id: String,
    /// Name.
    pub name: Text,
    /// Code of the unit.
    pub unit: String,
    /// Role ids of the protocols.
    pub roles: Vec<String>,
    /// Hours of service.
    pub shift: Shift,
}

/// Hours of the day in IST, from `from` to before `to`; over midnight when `from > to`; always when equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Shift {
    /// Hour, 0..=23.
    pub from: u32,
    /// Hour, 0..=24.
    pub to: u32,
}

impl Shift {
    /// Reads `always`, `06-14`, `22-06`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text == "always" {
            return Some(Self { from: 0, to: 0 });
        }
        let (from, to) = text.split_once('-')?;
        let (from, to) = (from.parse().ok()?, to.parse().ok()?);
        (from < 24 && to <= 24).then_some(Self { from, to })
    }

    /// Whether it covers a moment.
    #[must_use]
    pub fn covers(self, at: Timestamp) -> bool {
        let zone = chrono::FixedOffset::east_opt(IST_S).expect("IST is within a day");
        let Some(hour) =
            chrono::DateTime::from_timestamp_millis(at.as_ms()).map(|time| time.with_timezone(&zone).hour())
        else {
            return false;
        };
        match self.from.cmp(&self.to) {
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Less => (self.from..self.to).contains(&hour),
            std::cmp::Ordering::Greater => hour >= self.from || hour < self.to,
        }
    }
}

/// All who serve.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    people: Vec<Person>,
}

#[derive(Deserialize)]
struct Row {
    person: String,
    name_en: String,
    name_hi: String,
    unit: String,
    roles: String,
    shift: String,
}

impl Roster {
    /// Reads `people.csv`: `person,name_en,name_hi,unit,roles,shift`; roles are separated by blanks, a shift is `always`
    /// or hours in IST such as `22-06`.
    ///
    /// # Errors
    /// Everything that is wrong, with lines.
    pub fn load(file: &str, text: &str, directory: &Directory) -> Result<Self, Vec<Finding>> {
        let mut people: Vec<Person> = Vec::new();
        let mut findings = Vec::new();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut rows = reader.deserialize::<Row>();
        loop {
            let line = rows.reader().position().line();
            let row = match rows.next() {
                None => break,
                Some(Ok(row)) => row,
                Some(Err(_)) => {
                    findings.push(Finding::new(
                        file,
                        line,
                        "row cannot be read",
                        "columns: person,name_en,name_hi,unit,roles,shift",
                    ));
                    continue;
                }
            };
            if directory.unit(&row.unit).is_none() {
                findings.push(Finding::new(
                    file,
                    line,
                    format!("`{}` is no unit", row.unit),
                    "use a unit_code of the unit files",
                ));
            }
            if people.iter().any(|person| person.id == row.person) {
                findings.push(Finding::new(
                    file,
                    line,
                    format!("person `{}` is there twice", row.person),
                    "give each person an id of their own",
                ));
            }
            let Some(shift) = Shift::read(&row.shift) else {
                findings.push(Finding::new(
                    file,
                    line,
                    format!("`{}` is no shift", row.shift),
                    "write `always` or hours such as `22-06`",
                ));
                continue;
            };
            let roles = row.roles.split_whitespace().map(str::to_owned).collect();
            let name = Text { en: row.name_en, hi: row.name_hi };
            people.push(Person { id: row.person, name, unit: row.unit, roles, shift });
        }
        if findings.is_empty() { Ok(Self { people }) } else { Err(findings) }
    }

    /// The person on duty in a role at a unit at a moment: the first in the file who serves then.
    #[must_use]
    pub fn seat(&self, role: &str, unit: &str, at: Timestamp) -> Option<&Person> {
        self.people
            .iter()
            .find(|person| person.unit == unit && person.shift.covers(at) && person.roles.iter().any(|has| has == role))
    }

    /// Everyone, in the order of the file.
    #[must_use]
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// One person by id.
    #[must_use]
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour_utc: i64, minute: i64) -> Timestamp {
        Timestamp::from_ms((hour_utc * 60 + minute) * 60_000)
    }

    #[test]
    fn shifts_are_in_ist_and_may_cross_midnight() {
        let night = Shift::read("22-06").expect("a shift");
        assert!(night.covers(at(16, 30)), "22:00 IST");
        assert!(night.covers(at(0, 29)), "05:59 IST");
        assert!(!night.covers(at(0, 30)), "06:00 IST");
        assert!(Shift::read("always").expect("a shift").covers(at(12, 0)));
        assert_eq!(Shift::read("24-06"), None);
        assert_eq!(Shift::read("morning"), None);
    }

    #[test]
    fn the_seat_changes_with_the_shift_and_may_be_empty() {
        let directory = Directory::shipped();
        let text = "person,name_en,name_hi,unit,roles,shift\n\
            p1,Asha Namuna,आशा नमूना,RJ-PHQ-SCRB,help_desk desk_supervisor,06-22\n\
            p2,Dev Kalpit,देव कल्पित,RJ-PHQ-SCRB,help_desk,22-06\n";
        let roster = Roster::load("people.csv", text, directory).expect("a roster");
        let name = |role, hour| roster.seat(role, "RJ-PHQ-SCRB", at(hour, 0)).map(|person| person.id.as_str());
        assert_eq!(name("help_desk", 6), Some("p1"));
        assert_eq!(name("help_desk", 18), Some("p2"));
        assert_eq!(name("desk_supervisor", 18), None);
        assert_eq!(roster.seat("help_desk", "UP-PHQ-SMC", at(6, 0)), None);
    }

    #[test]
    fn everything_wrong_in_a_roster_comes_at_once() {
        let text = "person,name_en,name_hi,unit,roles,shift\np1,A,अ,NOWHERE,help_desk,always\np1,B,ब,RJ-PHQ,x,dawn\n";
        let findings = Roster::load("people.csv", text, Directory::shipped()).expect_err("findings");
        let lines: Vec<_> = findings.iter().map(|finding| (finding.line, finding.message.as_str())).collect();
        assert_eq!(lines, [(2, "`NOWHERE` is no unit"), (3, "person `p1` is there twice"), (3, "`dawn` is no shift")]);
    }
}
