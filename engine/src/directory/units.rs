//! The tree of police units.

use std::collections::BTreeMap;

use niyam_rules::text::Text;
use serde::{Deserialize, Serialize};

use crate::intake::Finding;

/// What a unit is in the hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Headquarters of a state, or a cell at it.
    Phq,
    /// Zone.
    Zone,
    /// Range.
    Range,
    /// Commissionerate.
    Commissionerate,
    /// District.
    District,
    /// Government railway police.
    Grp,
    /// Station or control room.
    Station,
}

impl Kind {
    /// Word in the unit files and in protocols.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phq => "phq",
            Self::Zone => "zone",
            Self::Range => "range",
            Self::Commissionerate => "commissionerate",
            Self::District => "district",
            Self::Grp => "grp",
            Self::Station => "station",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Phq, Self::Zone, Self::Range, Self::Commissionerate, Self::District, Self::Grp, Self::Station]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

/// One police unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// Our code, not official.
    pub code: String,
    /// Name.
    pub name: Text,
    /// What it is.
    pub kind: Kind,
    /// Code of the unit above; `None` at the headquarters of a state.
    pub parent: Option<String>,
    /// Latitude of its town in 1e-7 degree: for drawing and rough distance, not for dispatch.
    pub lat_e7: i64,
    /// Longitude in 1e-7 degree.
    pub lon_e7: i64,
    /// First day it exists, `yyyy-mm-dd`; `None` when always.
    pub valid_from: Option<String>,
}

/// A row of a unit file.
#[derive(Deserialize)]
struct Row {
    unit_code: String,
    name_en: String,
    name_hi: String,
    kind: String,
    parent_code: String,
    lat: String,
    lon: String,
    #[serde(default)]
    valid_from: String,
}

/// Units by code.
pub(super) type Units = BTreeMap<String, Unit>;

/// Reads one unit file into `units`; what is wrong goes to `findings`.
pub(super) fn read(file: &str, text: &str, units: &mut Units, findings: &mut Vec<Finding>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    for row in reader.deserialize::<Row>() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                findings.push(Finding::new(
                    file,
                    line,
                    "row cannot be read",
                    "columns: unit_code,name_en,name_hi,kind,parent_code,lat,lon,valid_from",
                ));
                continue;
            }
        };
        // A quoted cell may hold a line end, so rows are found by their code.
        let line = line_of(text, &row.unit_code);
        let mut wrong = |message: String, help: &str| findings.push(Finding::new(file, line, message, help));
        let kind = Kind::from_name(&row.kind);
        let position = degrees_e7(&row.lat).zip(degrees_e7(&row.lon));
        if kind.is_none() {
            wrong(
                format!("unknown kind `{}`", row.kind),
                "one of phq, zone, range, commissionerate, district, grp, station",
            );
        }
        if position.is_none() {
            wrong(format!("`{},{}` is no position", row.lat, row.lon), "degrees with a point: 25.1803,75.8452");
        }
        if units.contains_key(&row.unit_code) {
            wrong(format!("unit `{}` is there twice", row.unit_code), "keep one row");
        }
        if let (Some(kind), Some((lat_e7, lon_e7))) = (kind, position) {
            let unit = Unit {
                code: row.unit_code.clone(),
                name: Text { en: row.name_en, hi: row.name_hi },
                kind,
                parent: Some(row.parent_code).filter(|code| !code.is_empty()),
                lat_e7,
                lon_e7,
                valid_from: Some(row.valid_from).filter(|day| !day.is_empty()),
            };
            units.insert(row.unit_code, unit);
        }
    }
}

/// Checks that every unit above exists and that no unit is above itself.
pub(super) fn check(files: &[(&str, &str)], units: &Units, findings: &mut Vec<Finding>) {
    for unit in units.values() {
        let file = files.iter().find(|(_, text)| line_of(text, &unit.code) > 0).unwrap_or(&("directory", ""));
        let line = line_of(file.1, &unit.code);
        let mut above = unit.parent.as_deref();
        let mut steps = 0;
        while let Some(code) = above {
            let Some(next) = units.get(code) else {
                findings.push(Finding::new(
                    file.0,
                    line,
                    format!("unit `{}` stands below `{code}`, which is no unit", unit.code),
                    "correct parent_code or add the row",
                ));
                break;
            };
            steps += 1;
            if steps > units.len() {
                findings.push(Finding::new(
                    file.0,
                    line,
                    format!("unit `{}` stands below itself", unit.code),
                    "correct parent_code",
                ));
                break;
            }
            above = next.parent.as_deref();
        }
    }
}

/// Line (from 1) that begins with a code; 0 when none does.
fn line_of(text: &str, code: &str) -> u64 {
    let line = text.lines().position(|line| line.split(',').next() == Some(code));
    line.and_then(|index| u64::try_from(index + 1).ok()).unwrap_or(0)
}

/// Degrees with a decimal point as 1e-7 degree, if they are in -180..=180.
#[must_use]
pub fn degrees_e7(text: &str) -> Option<i64> {
    let degrees: f64 = text.trim().parse().ok()?;
    (-180.0..=180.0).contains(&degrees).then(|| to_e7(degrees))
}

/// Degrees as 1e-7 degree.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "callers give -180..=180, which times 1e7 fits")]
pub fn to_e7(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}

/// Great-circle distance in whole metres between two positions in 1e-7 degree.
#[must_use]
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "coordinates are below 2e9, the result is 0..=20_100_000"
)]
pub fn distance_m(a: (i64, i64), b: (i64, i64)) -> u32 {
    let radians = |e7: i64| (e7 as f64 / 1e7).to_radians();
    let (lat_a, lat_b) = (radians(a.0), radians(b.0));
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (radians(b.1) - radians(a.1)) / 2.0;
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    (2.0 * 6_371_000.0 * h.sqrt().min(1.0).asin()).round() as u32
}
