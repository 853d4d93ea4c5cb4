//! Values for people.

use super::calendar::{self, Day};
use crate::protocol::FactType;
use crate::text::Language;
use crate::value::Value;

impl FactType {
    /// A value of this type for people, in one language: times in Indian time, choices by their label, lists with commas.
    /// A value of another type is shown as it is.
    #[must_use]
    pub fn show(&self, value: &Value, language: Language) -> String {
        match (self, value) {
            (_, Value::Unknown) => pick(language, "not known", "पता नहीं").to_owned(),
            (Self::List(inner), Value::List(items)) => {
                items.iter().map(|item| inner.show(item, language)).collect::<Vec<_>>().join(", ")
            }
            (Self::Time, Value::Int(ms)) => calendar::show_time(*ms, language),
            (Self::Duration, Value::Int(ms)) => show_duration(u64::try_from(*ms).unwrap_or(0), language),
            (Self::YesNo | Self::YesNoUnknown, Value::Text(text)) => show_yes_no(text, language),
            (Self::Choice(choices), Value::Text(id)) => {
                let choice = choices.iter().find(|choice| choice.id == *id);
                let label = choice.map(|choice| choice.label.get(language)).filter(|label| !label.is_empty());
                label.unwrap_or(id).to_owned()
            }
            (Self::Date, Value::Text(text)) => Day::read(text).map_or_else(|| text.clone(), |day| day.show(language)),
            (Self::Phone, Value::Text(number)) => show_phone(number),
            (Self::Position, Value::Map(fields)) => show_position(fields).unwrap_or_default(),
            (_, Value::Text(text)) => text.clone(),
            (_, Value::Int(number)) => number.to_string(),
            (_, Value::Bool(flag)) => show_yes_no(if *flag { "yes" } else { "no" }, language),
            (_, Value::List(items)) => {
                items.iter().map(|item| Self::Text.show(item, language)).collect::<Vec<_>>().join(", ")
            }
            (_, Value::Map(fields)) => {
                let fields = fields.iter().map(|(name, value)| format!("{name}: {}", Self::Text.show(value, language)));
                fields.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

const fn pick<'a>(language: Language, en: &'a str, hi: &'a str) -> &'a str {
    match language {
        Language::En => en,
        Language::Hi => hi,
    }
}

fn show_yes_no(text: &str, language: Language) -> String {
    match text {
        "yes" => pick(language, "yes", "हाँ"),
        "no" => pick(language, "no", "नहीं"),
        "unknown" => pick(language, "not known", "पता नहीं"),
        other => other,
    }
    .to_owned()
}

/// A length of time for people: `1 h 30 min`, `1 घं 30 मि`; under a second `0 s`. Unit: milliseconds.
#[must_use]
pub fn show_duration(ms: u64, language: Language) -> String {
    let units = [(86_400_000, "d", "दिन"), (3_600_000, "h", "घं"), (60_000, "min", "मि"), (1_000, "s", "से")];
    let mut rest = ms;
    let mut parts = Vec::new();
    for (unit_ms, en, hi) in units {
        if rest >= unit_ms {
            parts.push(format!("{} {}", rest / unit_ms, pick(language, en, hi)));
            rest %= unit_ms;
        }
    }
    if parts.is_empty() {
        return format!("0 {}", pick(language, "s", "से"));
    }
    parts.join(" ")
}

/// Indian numbers in the groups people read them in: `+91 55555 50001`.
fn show_phone(number: &str) -> String {
    match number.strip_prefix("+91") {
        Some(national) if national.len() == 10 && national.is_ascii() => {
            format!("+91 {} {}", &national[..5], &national[5..])
        }
        _ => number.to_owned(),
    }
}

fn show_position(fields: &std::collections::BTreeMap<String, Value>) -> Option<String> {
    let degrees = |name: &str, positive: char, negative: char| {
        let Some(Value::Int(e7)) = fields.get(name) else { return None };
        let (whole, fraction) = (e7.unsigned_abs() / 10_000_000, e7.unsigned_abs() % 10_000_000 / 100);
        Some(format!("{whole}.{fraction:05}° {}", if *e7 < 0 { negative } else { positive }))
    };
    let place = format!("{}, {}", degrees("lat_e7", 'N', 'S')?, degrees("lon_e7", 'E', 'W')?);
    Some(match fields.get("accuracy_m") {
        Some(Value::Int(metres)) => format!("{place} (±{metres} m)"),
        _ => place,
    })
}
