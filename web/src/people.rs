//! The directory and a roster, as the engine asks for them.

use std::collections::BTreeMap;
use std::path::Path;

use niyam_engine::directory::{Directory, Kind, Roster};
use niyam_engine::people::People;
use niyam_engine::view::UnitRef;
use niyam_kernel::id::PersonId;
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;
use sha2::{Digest as _, Sha256};

use crate::staff::Seat;

/// Name of the roster in a data folder.
pub const ROSTER: &str = "people.csv";

/// Who serves where, from the shipped directory and one roster.
pub struct Office {
    directory: &'static Directory,
    roster: Roster,
    names: BTreeMap<PersonId, Text>,
}

/// Why a roster cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The file cannot be read.
    #[error("the roster `{path}` cannot be read")]
    Unreadable {
        /// Where it is.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file has mistakes.
    #[error("the roster has mistakes:\n{0}")]
    Mistakes(String),
}

impl Office {
    /// Reads a roster; `name` is what messages call it.
    ///
    /// # Errors
    /// [`RosterError::Mistakes`] with every mistake.
    pub fn read(name: &str, text: &str) -> Result<Self, RosterError> {
        let directory = Directory::shipped();
        let roster = Roster::load(name, text, directory).map_err(|findings| {
            RosterError::Mistakes(findings.iter().map(|finding| format!("  {finding}")).collect::<Vec<_>>().join("\n"))
        })?;
        let names = roster.people().iter().map(|person| (person_id(&person.id), person.name.clone())).collect();
        Ok(Self { directory, roster, names })
    }

    /// The roster of a data folder; an empty one when the folder has none.
    ///
    /// # Errors
    /// [`RosterError`].
    pub fn of_folder(folder: &Path) -> Result<Self, RosterError> {
        let path = folder.join(ROSTER);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::read(&path.display().to_string(), &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::read(ROSTER, ""),
            Err(source) => Err(RosterError::Unreadable { path: path.display().to_string(), source }),
        }
    }

    /// Every person in each of their roles, in the order of the roster.
    #[must_use]
    pub fn seats(&self) -> Vec<Seat> {
        let mut seats = Vec::new();
        for person in self.roster.people() {
            for role in &person.roles {
                seats.push(Seat {
                    id: format!("{}:{role}", person.id),
                    person: person_id(&person.id),
                    name: person.name.clone(),
                    role: role.clone(),
                    unit: self.unit(&person.unit),
                });
            }
        }
        seats
    }

    fn unit(&self, code: &str) -> UnitRef {
        let plain = || Text { en: code.to_owned(), hi: code.to_owned() };
        let name = self.directory.unit(code).map_or_else(plain, |unit| unit.name.clone());
        UnitRef { code: code.to_owned(), name }
    }
}

impl People for Office {
    fn unit_name(&self, unit: &str) -> Option<Text> {
        self.directory.unit(unit).map(|unit| unit.name.clone())
    }

    fn above(&self, unit: &str, kinds: &[String]) -> Option<String> {
        let kinds = kinds.iter().filter_map(|kind| Kind::from_name(kind));
        let found: Vec<&str> = kinds.filter_map(|kind| Some(self.directory.above(unit, kind)?.code.as_str())).collect();
        self.directory.line(unit).find(|unit| found.contains(&unit.code.as_str())).map(|unit| unit.code.clone())
    }

    fn seat(&self, role: &str, unit: &str, at: Timestamp) -> Option<PersonId> {
        self.roster.seat(role, unit, at).map(|person| person_id(&person.id))
    }

    fn person_name(&self, person: PersonId) -> Option<Text> {
        self.names.get(&person).cloned()
    }
}

/// The id that the log knows a person of the roster by: made from the roster's short id, the same for ever.
#[must_use]
pub fn person_id(short: &str) -> PersonId {
    let digest = Sha256::new().chain_update(b"niyam/person/1\0").chain_update(short.as_bytes()).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    PersonId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "person,name_en,name_hi,unit,roles,shift\n\
        p1,Asha Namuna,आशा नमूना,RJ-PHQ-SCRB,help_desk desk_supervisor,always\n";

    #[test]
    fn a_person_has_one_seat_per_role_and_one_id() {
        let office = Office::read("people.csv", ROWS).expect("a roster");
        let seats = office.seats();
        assert_eq!(
            seats.iter().map(|seat| seat.id.as_str()).collect::<Vec<_>>(),
            ["p1:help_desk", "p1:desk_supervisor"]
        );
        assert_eq!(seats[0].person, seats[1].person);
        let found = office.seat("help_desk", "RJ-PHQ-SCRB", Timestamp::from_ms(0)).expect("somebody is there");
        assert_eq!(found, seats[0].person);
        assert_eq!(office.person_name(found).map(|name| name.hi), Some("आशा नमूना".to_owned()));
    }

    #[test]
    fn mistakes_are_shown_all_at_once() {
        let wrong = ROWS.replace("RJ-PHQ-SCRB", "NOWHERE") + "p2,B,ब,RJ-PHQ,x,dawn\n";
        let error = Office::read("people.csv", &wrong).err().expect("mistakes").to_string();
        assert!(error.contains("`NOWHERE` is no unit") && error.contains("`dawn` is no shift"), "{error}");
    }
}
