//! Answers and constants into values.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::calendar::{self, Day};
use super::{MAX_ITEMS, contact};
use crate::duration::Duration;
use crate::protocol::FactType;
use crate::text::Text;
use crate::value::Value;

/// What was expected where something else stood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", .0.en)]
pub struct Expected(pub Text);

impl FactType {
    /// An answer, from JSON. Nothing (`null`, an empty text, an empty list) is unknown.
    ///
    /// Times are RFC 3339 or milliseconds, lengths of time `10m` or milliseconds, yes and no may be `true` and `false`,
    /// phone numbers as people write them. Errors: what was expected, in both languages.
    pub fn read_json(&self, json: &Json) -> Result<Value, Expected> {
        let value = match json {
            Json::Null => Some(Value::Unknown),
            Json::String(text) if text.trim().is_empty() => Some(Value::Unknown),
            Json::Bool(flag) if matches!(self, Self::YesNo | Self::YesNoUnknown) => {
                Some(Value::from(if *flag { "yes" } else { "no" }))
            }
            json => self.read_known(json),
        };
        value.ok_or_else(|| self.expected())
    }

    /// A constant of a protocol: as [`FactType::read_json`], but nothing is guessed: `true` is no `yes`, an empty text no
    /// value, one item no list.
    pub fn read_constant(&self, json: &Json) -> Result<Value, Expected> {
        let value = match (self, json) {
            (Self::List(_), Json::Array(items)) if items.is_empty() => Some(Value::List(Vec::new())),
            (Self::List(_), Json::Array(_)) => self.read_known(json),
            (Self::List(_), _) | (_, Json::Bool(_)) => None,
            (_, Json::String(text)) if text.trim().is_empty() => None,
            (_, json) => self.read_known(json),
        };
        value.filter(|value| self.admits(value)).ok_or_else(|| self.expected())
    }

    /// What to say when a value is not of this type.
    #[must_use]
    pub fn expected(&self) -> Expected {
        let Text { mut en, mut hi } = self.describe();
        let example = match self {
            Self::Time => "2026-11-21T14:35:00+05:30",
            Self::Duration => "1h30m",
            Self::Date => "2026-11-21",
            Self::Phone => "+91 55555 50001, 0141 555 0001",
            Self::Email => "desk@example.org",
            Self::Url => "https://example.org/profile",
            Self::Ip => "192.0.2.7",
            Self::Unit => "RJ-PHQ-SCRB",
            Self::Position => "26.9050, 75.8200",
            Self::Choice(choices) => {
                let ids: Vec<&str> = choices.iter().map(|choice| choice.id.as_str()).collect();
                let labels: Vec<&str> = choices.iter().map(|choice| choice.label.hi.as_str()).collect();
                return Expected(Text {
                    en: format!("one of {}", ids.join(", ")),
                    hi: format!("इनमें से एक: {}", labels.join(", ")),
                });
            }
            Self::Text | Self::YesNo | Self::YesNoUnknown | Self::Number | Self::List(_) => {
                return Expected(Text { en, hi });
            }
        };
        en.push_str(", like ");
        en.push_str(example);
        hi.push_str(", जैसे ");
        hi.push_str(example);
        Expected(Text { en, hi })
    }

    fn read_known(&self, json: &Json) -> Option<Value> {
        let value = match (self, json) {
            (Self::List(inner), Json::Array(items)) => {
                let items: Vec<Value> = items.iter().map(|item| inner.read_known(item)).collect::<Option<_>>()?;
                if items.is_empty() { Value::Unknown } else { Value::List(items) }
            }
            (Self::List(inner), single) => Value::List(vec![inner.read_known(single)?]),
            (Self::Position, Json::Object(fields)) => position(fields)?,
            (Self::Number | Self::Time, Json::Number(number)) => Value::Int(number.as_i64()?),
            (Self::Duration, Json::Number(number)) => Value::Int(number.as_i64().filter(|ms| *ms >= 0)?),
            (_, Json::String(text)) => self.read_text(text)?,
            (_, Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) => return None,
        };
        let length_fine = if let Value::List(items) = &value { items.len() <= MAX_ITEMS } else { true };
        length_fine.then_some(value)
    }

    fn read_text(&self, text: &str) -> Option<Value> {
        let digits = contact::with_ascii_digits(text.trim());
        Some(match self {
            Self::Text => Value::Text(text.to_owned()).checked(self)?,
            Self::YesNo | Self::YesNoUnknown | Self::Choice(_) => Value::Text(text.trim().to_owned()).checked(self)?,
            Self::Number => Value::Int(digits.parse().ok()?),
            Self::Time => Value::Int(calendar::read_time(&digits)?),
            Self::Duration => Value::Int(i64::try_from(digits.parse::<Duration>().ok()?.as_ms()).ok()?),
            Self::Date => Value::Text(Day::read(&digits)?.to_string()),
            Self::Phone => Value::Text(contact::phone(text)?),
            Self::Email => Value::Text(contact::email(text)?),
            Self::Url => Value::Text(contact::url(text)?),
            Self::Ip => Value::Text(contact::ip(&digits)?),
            Self::Unit => Value::Text(contact::unit(text)?),
            Self::Position => position_text(&digits)?,
            Self::List(_) => return None,
        })
    }
}

impl Value {
    fn checked(self, kind: &FactType) -> Option<Self> {
        kind.admits(&self).then_some(self)
    }
}

const LATITUDE_E7: i64 = 900_000_000;
const LONGITUDE_E7: i64 = 1_800_000_000;
const FARTHEST_M: i64 = 20_000_000;

/// Whether a map is a position: both coordinates within range, no field besides the three.
pub fn is_position(fields: &BTreeMap<String, Value>) -> bool {
    let within =
        |name: &str, most: i64| matches!(fields.get(name), Some(Value::Int(e7)) if (-most..=most).contains(e7));
    let accuracy = match fields.get("accuracy_m") {
        None | Some(Value::Unknown) => true,
        Some(Value::Int(metres)) => (0..=FARTHEST_M).contains(metres),
        Some(Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_)) => false,
    };
    let names = fields.keys().all(|name| matches!(name.as_str(), "lat_e7" | "lon_e7" | "accuracy_m"));
    within("lat_e7", LATITUDE_E7) && within("lon_e7", LONGITUDE_E7) && accuracy && names
}

/// `lat`/`lon` in degrees or `lat_e7`/`lon_e7`, with `accuracy_m` or without.
fn position(fields: &serde_json::Map<String, Json>) -> Option<Value> {
    let coordinate = |degrees: &str, e7: &str| match (fields.get(degrees), fields.get(e7)) {
        (Some(Json::Number(degrees)), None) => degrees_e7(&degrees.to_string()),
        (None, Some(Json::Number(e7))) => e7.as_i64(),
        _ => None,
    };
    let accuracy = match fields.get("accuracy_m") {
        None | Some(Json::Null) => Value::Unknown,
        Some(Json::Number(metres)) => Value::Int(whole_metres(&metres.to_string())?),
        Some(_) => return None,
    };
    let known = ["lat", "lon", "lat_e7", "lon_e7", "accuracy_m"];
    let names = fields.keys().all(|name| known.contains(&name.as_str()));
    names.then(|| make_position(coordinate("lat", "lat_e7")?, coordinate("lon", "lon_e7")?, accuracy))?
}

fn position_text(text: &str) -> Option<Value> {
    let (latitude, longitude) = text.split_once(',')?;
    make_position(degrees_e7(latitude.trim())?, degrees_e7(longitude.trim())?, Value::Unknown)
}

fn make_position(lat_e7: i64, lon_e7: i64, accuracy: Value) -> Option<Value> {
    let fields = [("lat_e7", Value::Int(lat_e7)), ("lon_e7", Value::Int(lon_e7)), ("accuracy_m", accuracy)];
    let fields: BTreeMap<String, Value> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    is_position(&fields).then_some(Value::Map(fields))
}

/// Decimal degrees into whole 1e-7 degrees without floating point; further digits are cut off.
fn degrees_e7(text: &str) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !plain(whole) || !plain(fraction) {
        return None;
    }
    let fraction: String = format!("{fraction:0<7}").chars().take(7).collect();
    let e7 = whole.parse::<i64>().ok()? * 10_000_000 + fraction.parse::<i64>().ok()?;
    Some(if negative { -e7 } else { e7 })
}

/// Metres, rounded up to whole ones.
fn whole_metres(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let up = i64::from(fraction.bytes().any(|byte| byte != b'0'));
    whole.parse::<i64>().ok()?.checked_add(up)
}
