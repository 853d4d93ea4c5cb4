//! How invented officers fill in forms: the right type for every question, and nothing that a reader would stumble over.

use std::collections::BTreeMap;

use niyam_engine::view::{Candidate, FieldQuestion, FormView};
use niyam_kernel::time::Timestamp;
use niyam_rules::value::Value;

use super::dice::Dice;

/// Answers that weigh more than an invented case should: these stay `no`.
const NO: [&str; 7] = [
    "force_used",
    "offence_suspected",
    "offence_by_other",
    "family_is_cause",
    "possible_misuse",
    "minor",
    "person_waived",
];

const HOUR_MS: i64 = 3_600_000;

/// Endings of a search that was given up before anybody was met.
const ENDINGS: [&str; 4] = ["not_the_person", "duplicate", "unreachable_phone_off", "test_or_drill"];

/// Fills in a form. What is known is said again only where the form asks for it; nothing is answered anew.
pub fn fill(
    form: &FormView,
    candidates: &[Candidate],
    fallback_unit: &str,
    now: Timestamp,
    dice: &mut Dice,
) -> BTreeMap<String, Value> {
    let mut answers = BTreeMap::new();
    for question in form.fields.iter().filter(|question| question.show_if) {
        if let Some(known) = question.value.as_ref().filter(|value| !value.is_unknown()) {
            if question.required {
                answers.insert(question.fact.clone(), known.clone());
            }
            continue;
        }
        if !question.required && question.kind == "text" && dice.percent(50) {
            continue;
        }
        if let Some(value) = answer(question, candidates, fallback_unit, now, dice) {
            answers.insert(question.fact.clone(), value);
        }
    }
    // Whoever ends a search has met nobody: only some endings are possible then.
    if form.id == "ending"
        && let Some(ending) = dice.pick(&ENDINGS)
    {
        answers.insert("ending".to_owned(), Value::from(*ending));
    }
    answers
}

/// One answer of the type that the question asks for; `None` when none makes sense.
pub fn answer(
    question: &FieldQuestion,
    candidates: &[Candidate],
    fallback_unit: &str,
    now: Timestamp,
    dice: &mut Dice,
) -> Option<Value> {
    let single = |kind: &str, dice: &mut Dice| of_kind(kind, question, candidates, fallback_unit, now, dice);
    // `list`, or `list of phone` with the type in `of` or behind the word.
    if let Some(rest) = question.kind.strip_prefix("list") {
        let of = question
            .of
            .clone()
            .unwrap_or_else(|| rest.trim_start_matches([' ', '(']).trim_start_matches("of ").to_owned());
        return single(of.trim_end_matches(')'), dice).map(|item| Value::List(vec![item]));
    }
    single(&question.kind, dice)
}

fn of_kind(
    kind: &str,
    question: &FieldQuestion,
    candidates: &[Candidate],
    fallback_unit: &str,
    now: Timestamp,
    dice: &mut Dice,
) -> Option<Value> {
    let text = |text: &str| Some(Value::from(text));
    match kind {
        "yes-no" | "yes-no-unknown" => text(if NO.contains(&question.fact.as_str()) { "no" } else { "yes" }),
        "number" => i64::try_from(5 + dice.below(40)).ok().map(Value::Int),
        "time" if question.fact.starts_with("next") => Some(Value::Int(now.as_ms() + 24 * HOUR_MS)),
        "time" => Some(Value::Int(now.as_ms())),
        "duration" => Some(Value::Int(HOUR_MS / 6)),
        "date" => chrono::DateTime::from_timestamp_millis(now.as_ms())
            .map(|day| Value::Text(day.format("%Y-%m-%d").to_string())),
        "phone" => Some(Value::Text(format!("+9155555{:05}", 59_000 + dice.below(1_000)))),
        "email" => text("namuna@example.org"),
        "url" => text("https://example.org/"),
        "ip" => text("192.0.2.1"),
        "unit" => Some(Value::Text(candidates.first().map_or(fallback_unit, |candidate| &candidate.code).to_owned())),
        "position" => None,
        _ => match &question.choices {
            Some(choices) => {
                // The first choice is the usual one, the others happen too.
                let last = if dice.percent(60) { 1 } else { choices.len() as u64 };
                let index = usize::try_from(dice.below(last)).unwrap_or(0);
                choices.get(index).map(|choice| Value::Text(choice.id.clone()))
            }
            None => Some(Value::Text(sentence(&question.fact).to_owned())),
        },
    }
}

fn sentence(fact: &str) -> &'static str {
    let has = |word: &str| fact.contains(word);
    if fact == "name" {
        "Rohan Kalpit"
    } else if has("post_text") {
        "I do not see a way on."
    } else if has("number") || has("_no") || has("ref") {
        "NAMUNA/2026/0042"
    } else if has("hospital") {
        "Sample District Hospital"
    } else if has("officer") || has("name") {
        "SI Namuna"
    } else if has("unit") {
        "District control room, Sample"
    } else if has("language") {
        "Hindi"
    } else if has("words") {
        "बात करके अच्छा लगा। ऐसा फिर नहीं सोचूँगा।"
    } else if has("reason") || has("why") {
        "As found on the spot; discussed with the supervisor."
    } else if has("note") {
        "Spoke calmly, family present, all advised. Times checked."
    } else {
        "Noted by the officer on duty."
    }
}

#[cfg(test)]
mod tests {
    use niyam_engine::view::Labelled;
    use niyam_rules::text::Text;

    use super::*;

    fn question(fact: &str, kind: &str, of: Option<&str>, choices: &[&str]) -> FieldQuestion {
        let labelled = |id: &&str| Labelled { id: (*id).to_owned(), label: Text::default() };
        FieldQuestion {
            fact: fact.to_owned(),
            label: Text::default(),
            help: None,
            kind: kind.to_owned(),
            of: of.map(str::to_owned),
            choices: (!choices.is_empty()).then(|| choices.iter().map(labelled).collect()),
            required: true,
            value: None,
            show_if: true,
        }
    }

    #[test]
    fn every_type_gets_a_value_that_fits() {
        let now = Timestamp::from_ms(1_795_249_800_000);
        let mut dice = Dice::new(1);
        let mut say = |question: &FieldQuestion| answer(question, &[], "RJ-PHQ", now, &mut dice);
        assert_eq!(say(&question("unit", "unit", None, &[])), Some(Value::from("RJ-PHQ")));
        assert_eq!(say(&question("force_used", "yes-no", None, &[])), Some(Value::from("no")));
        assert_eq!(say(&question("arrived_at", "time", None, &[])), Some(Value::Int(now.as_ms())));
        assert_eq!(say(&question("cause", "choice", None, &["exam"])), Some(Value::from("exam")));
        assert_eq!(
            say(&question("with", "list", Some("choice"), &["parent"])),
            Some(Value::List(vec![Value::from("parent")]))
        );
        assert_eq!(say(&question("day", "date", None, &[])), Some(Value::from("2026-11-21")));
    }
}
