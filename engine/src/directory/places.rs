//! From names of places to units.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::fold;
use super::units::{Kind, Units};
use crate::intake::Finding;
use crate::intake::finding::read_yaml;

/// `places.yaml` as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlacesFile {
    /// Version of the file's shape; 1.
    places: u32,
    states: BTreeMap<String, Vec<String>>,
    around: Vec<String>,
    not_a_name: Vec<String>,
    names: BTreeMap<String, Vec<String>>,
    localities: BTreeMap<String, Vec<String>>,
    needs_district: Vec<String>,
    railway: Railway,
    position: Limits,
}

/// Trains and railway stations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Railway {
    words: Vec<String>,
    sections: BTreeMap<String, Vec<String>>,
}

/// How near a position must be.
#[expect(clippy::struct_field_names, reason = "the unit stands at the end of the name")]
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    /// Farthest station, in metres.
    pub station_m: u32,
    /// Farthest headquarters town, in metres.
    pub district_m: u32,
    /// Worst accuracy that still names a unit, in metres.
    pub accuracy_m: u32,
}

/// How a name leads to its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// The name of the unit.
    Own,
    /// A part of its area.
    Within,
    /// The name of a whole state.
    State,
}

/// One name of one unit.
#[derive(Debug)]
pub(super) struct Name {
    words: Vec<String>,
    sounds: Vec<String>,
    loose: Vec<String>,
    /// Code of the unit.
    pub unit: String,
    /// How it leads there.
    pub reach: Reach,
    /// Whether it counts only together with its district.
    pub needs_district: bool,
}

/// A name found in a text.
#[derive(Debug)]
pub(super) struct Hit<'a> {
    /// The name.
    pub name: &'a Name,
}

/// All names, ready to be looked up.
#[derive(Debug)]
pub(super) struct Places {
    names: Vec<Name>,
    by_first: BTreeMap<String, Vec<usize>>,
    by_first_word: BTreeMap<String, Vec<usize>>,
    railway_words: Vec<Vec<String>>,
    sections: Vec<(String, Vec<String>)>,
    /// How near a position must be.
    pub limits: Limits,
}

impl Places {
    /// Reads the file and adds the official names of the units.
    pub(super) fn load(file: &str, text: &str, units: &Units) -> Result<Self, Vec<Finding>> {
        let raw: PlacesFile = read_yaml(file, text)?;
        let mut findings = Vec::new();
        if raw.places != 1 {
            findings.push(Finding::new(
                file,
                1,
                format!("`places: {}` is not known", raw.places),
                "this program reads version 1",
            ));
        }
        let line = |code: &str| text.lines().position(|line| line.contains(code)).map_or(0, |index| index as u64 + 1);
        let known = raw.states.keys().chain(raw.names.keys()).chain(raw.localities.keys());
        for code in known.chain(raw.railway.sections.keys()).chain(raw.railway.sections.values().flatten()) {
            if !units.contains_key(code) {
                findings.push(Finding::new(
                    file,
                    line(code),
                    format!("`{code}` is no unit"),
                    "use a unit_code of the unit files",
                ));
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        Ok(Self::build(raw, units))
    }

    fn build(raw: PlacesFile, units: &Units) -> Self {
        let generic: BTreeSet<Vec<String>> = raw.needs_district.iter().map(|name| fold::words(name)).collect();
        let mut names = Vec::new();
        let mut add = |text: &str, unit: &str, reach: Reach| {
            let words = fold::words(text);
            if !words.is_empty() {
                let needs_district = generic.contains(&words);
                let sounds = words.iter().map(|word| fold::sound(word)).collect();
                let loose = words.iter().map(|word| fold::loose_sound(word)).collect();
                names.push(Name { words, sounds, loose, unit: unit.to_owned(), reach, needs_district });
            }
        };
        for unit in
            units.values().filter(|unit| matches!(unit.kind, Kind::Commissionerate | Kind::District | Kind::Station))
        {
            for name in [&unit.name.en, &unit.name.hi] {
                for own in official_names(name, &raw) {
                    add(&own, &unit.code, Reach::Own);
                }
            }
        }
        for (group, reach) in [(&raw.names, Reach::Own), (&raw.localities, Reach::Within), (&raw.states, Reach::State)]
        {
            for (unit, texts) in group {
                for text in texts {
                    add(text, unit, reach);
                }
            }
        }
        let mut by_first: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut by_first_word: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            by_first.entry(name.loose[0].clone()).or_default().push(index);
            by_first_word.entry(name.words[0].clone()).or_default().push(index);
        }
        let railway_words = raw.railway.words.iter().map(|text| fold::words(text)).collect();
        let sections = raw.railway.sections.into_iter().collect();
        Self { names, by_first, by_first_word, railway_words, sections, limits: raw.position }
    }

    /// Names in a text by sound, the longest at each place, without overlaps. Several names at one place are all given.
    pub(super) fn find(&self, text: &str) -> Vec<Hit<'_>> {
        let words = fold::words(text);
        let sounds: Vec<_> = words.iter().map(|word| fold::sound(word)).collect();
        let loose: Vec<_> = words.iter().map(|word| fold::loose_sound(word)).collect();
        let mut hits = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let empty = Vec::new();
            let candidates: Vec<&Name> =
                self.by_first.get(&loose[at]).unwrap_or(&empty).iter().map(|index| &self.names[*index]).collect();
            // The best kind of likeness decides for all names at this place.
            let grades: [&dyn Fn(&Name) -> bool; 3] = [
                &|name| words[at..].starts_with(&name.words),
                &|name| sounds[at..].starts_with(&name.sounds),
                &|name| name.loose.iter().map(String::len).sum::<usize>() >= 4 && loose[at..].starts_with(&name.loose),
            ];
            let longest = grades
                .iter()
                .filter_map(|alike| candidates.iter().filter(|name| alike(name)).map(|name| name.words.len()).max())
                .max();
            let Some(length) = longest else {
                at += 1;
                continue;
            };
            let best =
                grades.iter().find(|alike| candidates.iter().any(|name| name.words.len() == length && alike(name)));
            if let Some(alike) = best {
                hits.extend(
                    candidates.iter().filter(|name| name.words.len() == length && alike(name)).map(|name| Hit { name }),
                );
            }
            at += length;
        }
        hits
    }

    /// How many words from the front of `words` (as [`fold::words`] gives them) are exactly a name; the longest.
    pub(super) fn starts_with_name(&self, words: &[&str]) -> Option<usize> {
        let first = self.by_first_word.get(*words.first()?)?;
        let fits = |name: &Name| name.words.len() <= words.len() && name.words.iter().zip(words).all(|(a, b)| a == b);
        first.iter().map(|index| &self.names[*index]).filter(|name| fits(name)).map(|name| name.words.len()).max()
    }

    /// How many words from the front are words of the railway.
    pub(super) fn starts_with_railway(&self, words: &[&str]) -> Option<usize> {
        let fits = |phrase: &&Vec<String>| phrase.len() <= words.len() && phrase.iter().zip(words).all(|(a, b)| a == b);
        self.railway_words.iter().filter(fits).map(Vec::len).max().filter(|length| *length > 0)
    }

    /// Whether words of the railway stand in a text.
    pub(super) fn railway(&self, text: &str) -> bool {
        let words = fold::words(text);
        self.railway_words
            .iter()
            .any(|phrase| words.windows(phrase.len().max(1)).any(|window| window == phrase.as_slice()))
    }

    /// The railway police section that covers a unit, given the unit and all above it.
    pub(super) fn section<'a>(&'a self, line: &[&str]) -> Option<&'a str> {
        let covers = |covered: &[String]| covered.iter().any(|code| line.contains(&code.as_str()));
        self.sections.iter().find(|(_, covered)| covers(covered)).map(|(code, _)| code.as_str())
    }
}

/// The names proper in an official name: without the words around it; a name in brackets is another name.
fn official_names(name: &str, raw: &PlacesFile) -> Vec<String> {
    let mut pieces: Vec<String> = name.split(['(', ')']).map(str::to_owned).collect();
    pieces.retain(|piece| !raw.not_a_name.iter().any(|not| piece.contains(not.as_str())));
    for piece in &mut pieces {
        for around in &raw.around {
            for (at, _) in piece.to_lowercase().match_indices(around.as_str()).collect::<Vec<_>>().into_iter().rev() {
                piece.replace_range(at..at + around.len(), " ");
            }
        }
    }
    pieces.into_iter().map(|piece| piece.trim().to_owned()).filter(|piece| !piece.is_empty()).collect()
}
