//! Messages: the language's own rendering, with every value as people read it.

use std::collections::BTreeMap;

use niyam_rules::message;
use niyam_rules::protocol::{FactType, Protocol};
use niyam_rules::text::{Language, Text};
use niyam_rules::value::Value;

use crate::people::People;

/// A message in both languages. One that the version does not have is said by its id and the case's number, so that
/// whoever gets it still knows where to look.
pub fn render(
    protocol: &Protocol,
    message: &str,
    values: &BTreeMap<String, Value>,
    case: &str,
    people: &dyn People,
) -> Text {
    let Some(found) = protocol.messages.get(message) else {
        return Text { en: format!("{message} ({case})"), hi: format!("{message} ({case})") };
    };
    let fill = |language| {
        let mut shown: BTreeMap<String, Value> = values
            .iter()
            .map(|(name, value)| (name.clone(), shown(protocol, name, values, value, people, language)))
            .collect();
        shown.insert("case".to_owned(), Value::Text(case.to_owned()));
        message::render(found, language, &shown)
    };
    Text { en: fill(Language::En), hi: fill(Language::Hi) }
}

/// A value for the message: numbers stay numbers, since they choose plural forms; all else as the text to show.
fn shown(
    protocol: &Protocol,
    name: &str,
    values: &BTreeMap<String, Value>,
    value: &Value,
    people: &dyn People,
    language: Language,
) -> Value {
    if value.is_unknown() {
        return Value::Unknown;
    }
    if let Some(label) = label(protocol, name, values, value, people) {
        return Value::Text(label.get(language).to_owned());
    }
    match protocol.facts.get(name).map(|fact| &fact.kind) {
        None | Some(FactType::Number) => value.clone(),
        Some(kind) => Value::Text(kind.show(value, language)),
    }
}

/// Name of what a variable names by its id: a state, a clock of it, a unit.
fn label(
    protocol: &Protocol,
    name: &str,
    values: &BTreeMap<String, Value>,
    value: &Value,
    people: &dyn People,
) -> Option<Text> {
    let id = value.as_text()?;
    let chart = &protocol.chart;
    let is_unit = name == "unit" || protocol.facts.get(name).is_some_and(|fact| fact.kind == FactType::Unit);
    match name {
        "state" => {
            let state = chart.states.iter().find(|state| state.id == id)?;
            Some(state.post.as_ref()?.label.clone())
        }
        "clock" => {
            let state = values.get("state").and_then(Value::as_text);
            let named = || chart.clocks.iter().filter(|clock| clock.name == id && !clock.label.en.is_empty());
            let here = |clock: &&_| {
                let clock: &niyam_rules::chart::Clock = clock;
                Some(chart.states[usize::from(clock.state.0)].id.as_str()) == state
            };
            named().find(here).or_else(|| named().next()).map(|clock| clock.label.clone())
        }
        _ if is_unit => people.unit_name(id),
        _ => None,
    }
}
