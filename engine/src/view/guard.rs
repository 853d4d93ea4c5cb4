//! Conditions of a protocol in words, in both languages.

use niyam_rules::duration::Duration;
use niyam_rules::expression::{Claim, Expression, Order};
use niyam_rules::protocol::{FactType, Protocol};
use niyam_rules::text::Text;
use niyam_rules::value::Value;

use super::build_board::label_of;
use super::words::{self, text};

/// What an act still needs.
pub fn needs(protocol: &Protocol, guard: &Expression) -> Text {
    match in_words(protocol, &guard.claim()) {
        Some(words) => text(format!("needs: {}", words.en), format!("आवश्यक: {}", words.hi)),
        None => text(
            format!("the rule `{}` does not hold yet", guard.source()),
            format!("नियम `{}` अभी पूरा नहीं होता", guard.source()),
        ),
    }
}

/// The same for a guard of which only the text is known, as the log has it.
pub fn needs_text(protocol: &Protocol, guard: &str) -> Text {
    find(protocol, guard).map_or_else(
        || text(format!("the rule `{guard}` does not hold yet"), format!("नियम `{guard}` अभी पूरा नहीं होता")),
        |guard| needs(protocol, guard),
    )
}

/// What held when a transition was taken; the text itself where there are no words for it.
pub fn held(protocol: &Protocol, guard: &str) -> Text {
    let words = find(protocol, guard).and_then(|guard| in_words(protocol, &guard.claim()));
    words.unwrap_or_else(|| words::same(guard))
}

fn find<'p>(protocol: &'p Protocol, guard: &str) -> Option<&'p Expression> {
    let mut guards = protocol.chart.transitions.iter().filter_map(|transition| transition.guard.as_ref());
    guards.find(|known| known.source() == guard)
}

/// `None` when any part of it has no words: half a condition would mislead.
fn in_words(protocol: &Protocol, claim: &Claim) -> Option<Text> {
    let fact = |name: &str| words::fact(protocol, name);
    Some(match claim {
        Claim::Known(name, true) => fact(name),
        Claim::Known(name, false) => {
            let label = fact(name);
            text(format!("{} not known", label.en), format!("{} अज्ञात", label.hi))
        }
        Claim::OneOf(name, values, holds) => one_of(protocol, name, values, *holds)?,
        Claim::Order(name, order, value) => ordered(&fact(name), *order, &constant(protocol, name, value)?),
        Claim::Same(a, b, holds) => {
            let (a, b) = (fact(a), fact(b));
            if *holds {
                text(format!("{} the same as {}", a.en, b.en), format!("{} और {} समान", a.hi, b.hi))
            } else {
                text(format!("{} other than {}", a.en, b.en), format!("{} और {} अलग-अलग", a.hi, b.hi))
            }
        }
        Claim::Active(state, holds) => {
            let label = words::state(protocol, state);
            if *holds {
                text(format!("the case in “{}”", label.en), format!("प्रकरण “{}” में", label.hi))
            } else {
                text(format!("the case not in “{}”", label.en), format!("प्रकरण “{}” में न हो", label.hi))
            }
        }
        Claim::Asks { function, facts } => {
            let facts = words::list(facts.iter().map(|name| fact(name)));
            text(
                format!("{} as the rule “{}” asks", facts.en, function.replace('_', " ")),
                format!("{} नियम “{}” के अनुसार", facts.hi, function.replace('_', " ")),
            )
        }
        Claim::All(parts) => joined(protocol, parts, (" and ", " और "))?,
        Claim::Any(parts) => joined(protocol, parts, (" or ", " या "))?,
        Claim::Other(_) => return None,
    })
}

fn one_of(protocol: &Protocol, name: &str, values: &[Value], holds: bool) -> Option<Text> {
    let label = words::fact(protocol, name);
    let values: Option<Vec<Text>> = values.iter().map(|value| constant(protocol, name, value)).collect();
    let (en, hi): (Vec<String>, Vec<String>) = values?.into_iter().map(|value| (value.en, value.hi)).unzip();
    let (en, hi) = (en.join(" or "), hi.join(" या "));
    Some(if holds {
        text(format!("{}: {en}", label.en), format!("{}: {hi}", label.hi))
    } else {
        text(format!("{}: not {en}", label.en), format!("{}: {hi} नहीं", label.hi))
    })
}

fn ordered(label: &Text, order: Order, value: &Text) -> Text {
    let (en, hi) = match order {
        Order::Less => (format!("less than {}", value.en), format!("{} से कम", value.hi)),
        Order::AtMost => (format!("at most {}", value.en), format!("अधिकतम {}", value.hi)),
        Order::More => (format!("more than {}", value.en), format!("{} से अधिक", value.hi)),
        Order::AtLeast => (format!("at least {}", value.en), format!("कम से कम {}", value.hi)),
    };
    text(format!("{}: {en}", label.en), format!("{}: {hi}", label.hi))
}

/// A constant as people read it.
fn constant(protocol: &Protocol, name: &str, value: &Value) -> Option<Text> {
    let kind = &protocol.facts.get(name)?.kind;
    match (kind, value) {
        (FactType::Duration, Value::Int(ms)) => {
            let length = u64::try_from(*ms).ok().and_then(Duration::from_ms)?;
            Some(words::same(&length.to_string()))
        }
        (FactType::Number, Value::Int(number)) => Some(words::same(&number.to_string())),
        (_, Value::Text(text)) => Some(label_of(kind, text).unwrap_or_else(|| words::same(text))),
        (_, Value::Unknown | Value::Bool(_) | Value::Int(_) | Value::List(_) | Value::Map(_)) => None,
    }
}

fn joined(protocol: &Protocol, parts: &[Claim], (and, und): (&str, &str)) -> Option<Text> {
    let each = parts.iter().map(|part| {
        let words = in_words(protocol, part)?;
        let mixed = matches!(part, Claim::All(_) | Claim::Any(_));
        Some(if mixed { text(format!("({})", words.en), format!("({})", words.hi)) } else { words })
    });
    let each: Option<Vec<Text>> = each.collect();
    let (en, hi): (Vec<String>, Vec<String>) = each?.into_iter().map(|text| (text.en, text.hi)).unzip();
    Some(text(en.join(and), hi.join(und)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Vec<Protocol> {
        let library = niyam_rules::shipped::library();
        library.values().filter_map(|bundle| niyam_rules::compile(bundle, &library).protocol).collect()
    }

    #[test]
    fn every_guard_of_the_shipped_protocols_has_words_in_both_languages() {
        let (mut guards, mut with_words, mut without) = (0, 0, Vec::new());
        for protocol in shipped() {
            for guard in protocol.chart.transitions.iter().filter_map(|transition| transition.guard.as_ref()) {
                guards += 1;
                let words = needs(&protocol, guard);
                if words.en.starts_with("needs: ") {
                    with_words += 1;
                    for raw in ["incident.", "In(", "==", "!=", "&&", "()"] {
                        assert!(!words.en.contains(raw) && !words.hi.contains(raw), "{}: {words:?}", guard.source());
                    }
                } else {
                    without.push(format!("{}: {}", protocol.name, guard.source()));
                }
            }
        }
        assert!(guards > 100, "the protocols were compiled");
        assert_eq!(with_words, guards, "{without:?}");
    }

    #[test]
    fn guards_read_as_people_speak() {
        let protocols = shipped();
        let template = protocols.iter().find(|protocol| protocol.name == "distress-response").expect("it is shipped");
        let said = |source: &str| needs(template, &Expression::compile(source, None).expect("it is an expression"));
        let unit = words::fact(template, "unit");
        assert_eq!(said("incident.unit != ()"), text(format!("needs: {}", unit.en), format!("आवश्यक: {}", unit.hi)));
        let level = words::fact(template, "level");
        let red = label_of(&template.facts["level"].kind, "red").expect("it is a choice");
        assert_eq!(
            said(r#"incident.level == "red" && incident.unit != ()"#).en,
            format!("needs: {}: {} and {}", level.en, red.en, unit.en)
        );
        assert_eq!(said(r#"event.name == "x""#).en, r#"the rule `event.name == "x"` does not hold yet"#);
    }
}
