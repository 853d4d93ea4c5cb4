//! Messages: Fluent patterns with their values filled in.

use std::collections::BTreeMap;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use niyam_rules::protocol::{FactType, Protocol};
use niyam_rules::text::Text;
use niyam_rules::value::Value;
use unic_langid::{LanguageIdentifier, langid};

use crate::people::People;

/// A message in both languages. A pattern that cannot be filled in is said by its id and the case's number, so that
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
    let fill = |language: LanguageIdentifier, pattern: &str, hindi: bool| {
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            let named = label(protocol, name, value, people);
            let argument = named.map_or_else(
                || argument(protocol, name, value, hindi),
                |label| FluentValue::from(pick(&label, hindi).to_owned()),
            );
            arguments.set(name.clone(), argument);
        }
        arguments.set("case", case.to_owned());
        one(language, message, pattern, &arguments).unwrap_or_else(|| format!("{message} ({case})"))
    };
    Text { en: fill(langid!("en-IN"), &found.text.en, false), hi: fill(langid!("hi-IN"), &found.text.hi, true) }
}

fn one(language: LanguageIdentifier, id: &str, pattern: &str, arguments: &FluentArgs<'_>) -> Option<String> {
    let resource = FluentResource::try_new(format!("{pattern}\n")).ok()?;
    let mut bundle = FluentBundle::new(vec![language]);
    // marks that keep scripts apart are for rich text; SMS gateways print them as boxes
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).ok()?;
    let pattern = bundle.get_message(id)?.value()?;
    // a variable without a value stands as its name: the rest of the message is worth more than none
    Some(bundle.format_pattern(pattern, Some(arguments), &mut Vec::new()).into_owned())
}

/// Name of a state or unit that a variable names by its id.
fn label(protocol: &Protocol, name: &str, value: &Value, people: &dyn People) -> Option<Text> {
    let id = value.as_text()?;
    let is_unit = name == "unit" || protocol.facts.get(name).is_some_and(|fact| fact.kind == FactType::Unit);
    if name == "state" {
        let state = protocol.chart.states.iter().find(|state| state.id == id)?;
        return Some(state.post.as_ref()?.label.clone());
    }
    if is_unit { people.unit_name(id) } else { None }
}

/// A value as people read it: the label of a choice, a list with commas, `—` for what is not known.
fn argument<'v>(protocol: &Protocol, name: &str, value: &Value, hindi: bool) -> FluentValue<'v> {
    match value {
        Value::Int(number) => FluentValue::from(*number),
        Value::Unknown | Value::Bool(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            FluentValue::from(words(protocol.facts.get(name).map(|fact| &fact.kind), value, hindi))
        }
    }
}

fn words(kind: Option<&FactType>, value: &Value, hindi: bool) -> String {
    match value {
        Value::Unknown | Value::Map(_) => "—".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) if text.is_empty() => "—".to_owned(),
        Value::Text(text) => match kind {
            Some(FactType::Choice(choices)) => choices
                .iter()
                .find(|choice| choice.id == *text)
                .map_or_else(|| text.clone(), |choice| pick(&choice.label, hindi).to_owned()),
            Some(_) | None => text.clone(),
        },
        Value::List(items) => {
            let of = match kind {
                Some(FactType::List(of)) => Some(of.as_ref()),
                other => other,
            };
            items.iter().map(|item| words(of, item, hindi)).collect::<Vec<_>>().join(", ")
        }
    }
}

fn pick(text: &Text, hindi: bool) -> &str {
    if hindi { &text.hi } else { &text.en }
}
