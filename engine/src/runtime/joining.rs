//! What a later alert may say about a case that is open already.
//!
//! The kernel lets a later alert correct an earlier one. That is right for what an alert says about the person; it is wrong
//! for what it says about itself, and for doubts that only a person may lay aside.

use std::collections::BTreeMap;

use niyam_kernel::state::Fact;
use niyam_rules::value::Value;

/// Facts that describe the alert that opened the case: what it was, not what the latest one is.
const OF_THE_OPENING: [&str; 2] = ["source", "external_ref"];
/// Doubts: once an alert raised one, a later alert that raises none does not settle it.
const DOUBTS: [&str; 2] = ["needs_review", "possible_misuse"];

/// The facts of a later alert that count for the case, given what it knows.
pub fn counting(known: &BTreeMap<String, Fact>, brought: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    brought.into_iter().filter(|(name, value)| counts(known.get(name).map(|fact| &fact.value), name, value)).collect()
}

fn counts(known: Option<&Value>, name: &str, brought: &Value) -> bool {
    let known = known.filter(|value| !value.is_unknown());
    if OF_THE_OPENING.contains(&name) {
        return known.is_none();
    }
    if DOUBTS.contains(&name) {
        return known.and_then(Value::as_text) != Some("yes");
    }
    !brought.is_unknown()
}

#[cfg(test)]
mod tests {
    use super::*;
    use niyam_kernel::state::Source;

    fn after(name: &str, first: Value, later: Value) -> Option<Value> {
        let fact = Fact { value: first, by: Source::Default, event: 1 };
        counting(&BTreeMap::from([(name.to_owned(), fact)]), BTreeMap::from([(name.to_owned(), later)])).remove(name)
    }

    #[test]
    fn what_describes_the_opening_alert_stays() {
        assert_eq!(after("source", "ksos_panic".into(), "ksos_location".into()), None);
        assert_eq!(after("external_ref", "R-1".into(), "R-2".into()), None);
        assert_eq!(after("external_ref", Value::Unknown, "R-2".into()), Some("R-2".into()), "the first that names one");
        assert_eq!(after("platform", "X".into(), "Instagram".into()), Some("Instagram".into()));
    }

    #[test]
    fn a_doubt_is_raised_by_any_alert_and_settled_by_none() {
        assert_eq!(after("needs_review", "yes".into(), "no".into()), None);
        assert_eq!(after("needs_review", "no".into(), "yes".into()), Some("yes".into()));
        assert_eq!(after("possible_misuse", "yes".into(), "no".into()), None);
        assert_eq!(after("possible_misuse", "no".into(), "yes".into()), Some("yes".into()));
    }

    #[test]
    fn nothing_wipes_what_is_known() {
        assert_eq!(after("parse_warnings", Value::List(vec!["a".into()]), Value::List(Vec::new())), None);
        assert_eq!(after("name", "Rohan Kalpit".into(), Value::Unknown), None);
    }
}
