//! Units, places and people: which unit an alert belongs to, and who serves there.
//!
//! Purpose: the unit tree of both states, names of places in both scripts, and the roster. All of it comes from rule files
//! (`rules/directory/`), so that an administrator corrects it without a programmer.
//!
//! Invariants: pure after loading; a place that is not known gives no unit, never a guess; the home of a person is never
//! the place of the incident. One more state: add its unit file and its words in `places.yaml`.

pub mod fold;
mod places;
mod roster;
mod units;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use niyam_rules::text::Text;
use serde::Serialize;

pub use roster::{Person, Roster, Shift};
pub use units::{Kind, Unit, degrees_e7, distance_m, to_e7};

use crate::intake::{Finding, PlaceHint, PlaceRole, Position};
use places::{Places, Reach};
use units::Units;

/// A unit that may be meant, with the reason for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Code of the unit.
    pub unit: String,
    /// Why.
    pub reason: Text,
}

/// The unit tree and the names of places.
#[derive(Debug)]
pub struct Directory {
    units: Units,
    places: Places,
}

/// The unit files as shipped: path below `rules/` and content.
const UNIT_FILES: [(&str, &str); 2] = [
    ("directory/rajasthan-units.csv", include_str!("../../../rules/directory/rajasthan-units.csv")),
    ("directory/uttar-pradesh-units.csv", include_str!("../../../rules/directory/uttar-pradesh-units.csv")),
];
const PLACES_FILE: (&str, &str) = ("directory/places.yaml", include_str!("../../../rules/directory/places.yaml"));

impl Directory {
    /// Reads unit files (path, content) and the file of places.
    ///
    /// # Errors
    /// Everything that is wrong, with file and line.
    pub fn load(unit_files: &[(&str, &str)], places: (&str, &str)) -> Result<Self, Vec<Finding>> {
        let mut units = Units::new();
        let mut findings = Vec::new();
        for (file, text) in unit_files {
            units::read(file, text, &mut units, &mut findings);
        }
        units::check(unit_files, &units, &mut findings);
        match Places::load(places.0, places.1, &units) {
            Ok(places) if findings.is_empty() => Ok(Self { units, places }),
            Ok(_) => Err(findings),
            Err(more) => Err([findings, more].concat()),
        }
    }

    /// The directory as shipped.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Directory> = OnceLock::new();
        SHIPPED.get_or_init(|| Self::load(&UNIT_FILES, PLACES_FILE).expect("a test loads the shipped files"))
    }

    /// One unit by code.
    #[must_use]
    pub fn unit(&self, code: &str) -> Option<&Unit> {
        self.units.get(code)
    }

    /// All units in the order of their codes.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values()
    }

    /// The unit itself and all above it, nearest first; empty when the code is unknown.
    pub fn line(&self, code: &str) -> impl Iterator<Item = &Unit> {
        std::iter::successors(self.units.get(code), |unit| {
            unit.parent.as_deref().and_then(|above| self.units.get(above))
        })
    }

    /// The nearest unit of a kind at or above the one given. A commissionerate counts as the district of what stands
    /// directly below it; a cell at headquarters counts as headquarters only when it is the root.
    #[must_use]
    pub fn above(&self, code: &str, kind: Kind) -> Option<&Unit> {
        let fits = |unit: &&Unit| match kind {
            Kind::Phq => unit.parent.is_none(),
            Kind::District => matches!(unit.kind, Kind::District | Kind::Commissionerate | Kind::Grp),
            Kind::Zone | Kind::Range | Kind::Commissionerate | Kind::Grp | Kind::Station => unit.kind == kind,
        };
        self.line(code).find(fits)
    }

    /// Headquarters of the state a unit belongs to.
    #[must_use]
    pub fn state_of(&self, code: &str) -> Option<&Unit> {
        self.line(code).last()
    }

    /// The unit and everything below it, in the order of codes.
    #[must_use]
    pub fn subtree(&self, code: &str) -> Vec<&Unit> {
        self.units.values().filter(|unit| self.line(&unit.code).any(|above| above.code == code)).collect()
    }

    /// Whether a unit stands at or below another.
    #[must_use]
    pub fn is_within(&self, code: &str, above: &str) -> bool {
        self.line(code).any(|unit| unit.code == above)
    }

    /// The nearest station to a position (1e-7 degree) and the distance in metres.
    #[must_use]
    pub fn nearest_station(&self, lat_e7: i64, lon_e7: i64) -> Option<(&Unit, u32)> {
        self.nearest(lat_e7, lon_e7, |unit| unit.kind == Kind::Station && !is_control_room(unit))
    }

    fn nearest(&self, lat_e7: i64, lon_e7: i64, fits: impl Fn(&Unit) -> bool) -> Option<(&Unit, u32)> {
        let far = |unit: &Unit| distance_m((lat_e7, lon_e7), (unit.lat_e7, unit.lon_e7));
        self.units
            .values()
            .filter(|unit| fits(unit))
            .map(|unit| (unit, far(unit)))
            .min_by_key(|(_, distance_m)| *distance_m)
    }

    /// Units that may be meant, the most likely first; empty when no place is known.
    ///
    /// A position names the nearest station alone. Otherwise the places named decide: stations before districts, a
    /// district before one that is only implied. `preferred_states` (headquarters codes) decide between equal names.
    #[must_use]
    pub fn find(&self, hints: &[PlaceHint], position: Option<&Position>, preferred_states: &[&str]) -> Vec<Candidate> {
        if let Some(candidates) = position.and_then(|position| self.by_position(position)) {
            return candidates;
        }
        let incident: Vec<_> =
            hints.iter().filter(|hint| hint.role == PlaceRole::Incident).map(|hint| hint.text.as_str()).collect();
        self.by_names(&incident, preferred_states)
    }

    fn by_position(&self, position: &Position) -> Option<Vec<Candidate>> {
        let limits = self.places.limits;
        if position.accuracy_m.is_some_and(|accuracy_m| accuracy_m > limits.accuracy_m) {
            return None;
        }
        let (lat, lon) = (position.lat_e7, position.lon_e7);
        let station = self.nearest_station(lat, lon).filter(|(_, distance_m)| *distance_m <= limits.station_m);
        let town = || {
            self.nearest(lat, lon, |unit| matches!(unit.kind, Kind::District | Kind::Commissionerate))
                .filter(|(_, distance_m)| *distance_m <= limits.district_m)
        };
        let (unit, distance_m) = station.or_else(town)?;
        let km = f64::from(distance_m / 100) / 10.0;
        let reason = Text {
            en: format!("{km} km from the position"), hi: format!("स्थिति से {km} किमी")
        };
        Some(vec![Candidate { unit: unit.code.clone(), reason }])
    }

    fn by_names(&self, hints: &[&str], preferred_states: &[&str]) -> Vec<Candidate> {
        let named: Vec<_> =
            hints.iter().flat_map(|hint| self.places.find(hint).into_iter().map(move |hit| (*hint, hit))).collect();
        let named_states: Vec<&str> = named
            .iter()
            .filter(|(_, hit)| hit.name.reach == Reach::State)
            .map(|(_, hit)| hit.name.unit.as_str())
            .collect();
        let is_station = |code: &str| self.units.get(code).is_some_and(|unit| unit.kind == Kind::Station);
        let in_named_state = |code: &str| {
            named_states.is_empty()
                || self.state_of(code).is_some_and(|state| named_states.contains(&state.code.as_str()))
        };
        let districts: Vec<_> = named
            .iter()
            .filter(|(_, hit)| {
                hit.name.reach == Reach::Own && !is_station(&hit.name.unit) && in_named_state(&hit.name.unit)
            })
            .collect();
        let district_named = |code: &str| districts.iter().any(|(_, hit)| self.is_within(code, &hit.name.unit));
        let mut found: Vec<(u8, String, &str)> = Vec::new();
        for (hint, hit) in &named {
            let code = &hit.name.unit;
            let counts = if hit.name.needs_district {
                district_named(code)
            } else {
                districts.is_empty() || district_named(code)
            };
            let rank = match hit.name.reach {
                Reach::State => continue,
                Reach::Own if !is_station(code) => 1,
                Reach::Own => 0,
                Reach::Within => 3,
            };
            if (rank == 1 || counts) && in_named_state(code) {
                found.push((rank, code.clone(), hint));
                if let (0, Some(above)) = (rank, self.above(code, Kind::District)) {
                    found.push((2, above.code.clone(), hint));
                }
            }
        }
        self.rank(found, hints, preferred_states)
    }

    /// Sorts by rank and preferred state, keeps each unit once, and puts the railway police in front where words say so.
    fn rank(&self, mut found: Vec<(u8, String, &str)>, hints: &[&str], preferred_states: &[&str]) -> Vec<Candidate> {
        let elsewhere = |code: &str| {
            let state = self.state_of(code).map_or("", |unit| unit.code.as_str());
            !preferred_states.is_empty() && !preferred_states.contains(&state)
        };
        found.sort_by_key(|(rank, code, _)| (elsewhere(code), *rank));
        let mut seen = BTreeSet::new();
        let mut candidates = Vec::new();
        for railway in hints.iter().filter(|hint| self.places.railway(hint)) {
            for (_, code, _) in &found {
                let line: Vec<_> = self.line(code).map(|unit| unit.code.as_str()).collect();
                if let Some(section) = self.places.section(&line).filter(|section| seen.insert((*section).to_owned())) {
                    let reason = Text {
                        en: format!("railway words in “{railway}”"),
                        hi: format!("“{railway}” में रेलवे के शब्द"),
                    };
                    candidates.push(Candidate { unit: section.to_owned(), reason });
                }
            }
        }
        for (rank, code, hint) in found {
            if seen.insert(code.clone()) {
                let reason = match rank {
                    0 => Text {
                        en: format!("station named in “{hint}”"), hi: format!("“{hint}” में थाने का नाम")
                    },
                    1 => Text {
                        en: format!("district named in “{hint}”"), hi: format!("“{hint}” में ज़िले का नाम")
                    },
                    2 => Text {
                        en: format!("district of the station named in “{hint}”"),
                        hi: format!("“{hint}” में नामित थाने का ज़िला"),
                    },
                    _ => Text {
                        en: format!("locality named in “{hint}”"), hi: format!("“{hint}” में इलाके का नाम")
                    },
                };
                candidates.push(Candidate { unit: code, reason });
            }
        }
        candidates
    }

    /// How many words from the front are exactly the name of a place. `words` as [`fold::words`] gives them.
    #[must_use]
    pub fn starts_with_place(&self, words: &[&str]) -> Option<usize> {
        self.places.starts_with_name(words)
    }

    /// How many words from the front are words of the railway, such as `railway station`.
    #[must_use]
    pub fn starts_with_railway(&self, words: &[&str]) -> Option<usize> {
        self.places.starts_with_railway(words)
    }

    /// Whether a short text names a place that is known, by exact spelling in either script.
    #[must_use]
    pub fn names_place(&self, text: &str) -> bool {
        let words = fold::words(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        (0..words.len()).any(|at| self.starts_with_place(&words[at..]).is_some())
    }
}

/// A control room carries the kind `station` in the unit files, but nobody lives there.
fn is_control_room(unit: &Unit) -> bool {
    unit.code.ends_with("CR")
}

#[cfg(test)]
mod tests;
