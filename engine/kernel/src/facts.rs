//! Facts of a case: defaults, types, what an alert brings, what a rule sets, what is erased.

use std::collections::BTreeMap;

use niyam_rules::place::Place;
use niyam_rules::protocol::{FactDeclaration, FactType};
use niyam_rules::value::Value;

use crate::behaviour::Behaviour;
use crate::effect::Effect;
use crate::execute::fault;
use crate::interpret::{Fault, Run};
use crate::state::{Fires, Source};
use crate::step::Reason;

/// Whether a value says nothing about its fact: unknown, empty, or the answer `unknown`.
fn says_nothing(kind: &FactType, value: &Value) -> bool {
    value.is_unknown() || (*kind == FactType::YesNoUnknown && value.as_text() == Some("unknown"))
}

impl<'p> Run<'p> {
    /// Gives facts their declared defaults.
    pub(crate) fn set_defaults(&mut self, declared: &'p BTreeMap<String, FactDeclaration>) {
        for (name, fact) in declared.iter().filter(|(_, fact)| !fact.default.is_unknown()) {
            self.set_fact(name, fact.default.clone(), Source::Default);
        }
    }

    /// Takes in what an alert brings; says which facts changed.
    ///
    /// Facts that the protocol does not declare stay outside. A value of the wrong type is an error of the case, so that
    /// somebody sees it, and changes nothing.
    pub(crate) fn merge(&mut self, brought: &BTreeMap<String, Value>, by: &Source) -> Vec<String> {
        let Some(protocol) = self.world.protocol else { return Vec::new() };
        let mut changed = Vec::new();
        for (name, value) in brought {
            let Some(declared) = protocol.facts.get(name) else { continue };
            if !declared.kind.admits(value) {
                let message = format!("the fact `{name}` came with a value that is no {}", declared.kind.name());
                self.fail(fault(message, declared.place.as_ref()));
                continue;
            }
            let known = self.case.facts.get(name);
            if let Some(value) = merged(&declared.kind, known.map(|fact| (&fact.value, &fact.by)), value) {
                self.set_fact(name, value, by.clone());
                changed.push(name.clone());
            }
        }
        changed
    }

    /// Gives a declared fact a value of its type, by a rule.
    pub(crate) fn change_fact(
        &mut self,
        name: &str,
        value: Value,
        by: Source,
        place: Option<&Place>,
    ) -> Result<(), Fault> {
        let declared = self.world.protocol.and_then(|protocol| protocol.facts.get(name));
        let Some(declared) = declared else { return Err(fault(format!("there is no fact `{name}`"), place)) };
        if !declared.kind.admits(&value) {
            return Err(fault(format!("the value for the fact `{name}` is no {}", declared.kind.name()), place));
        }
        self.set_fact(name, value, by);
        self.reasons.push(Reason::FactSet { fact: name.to_owned(), place: place.cloned() });
        Ok(())
    }

    /// Forgets all facts of a seal group and has its key destroyed.
    ///
    /// What a delayed event carries was computed when it was sent, from facts of whatever group: nobody can tell any more
    /// which, so all of it is emptied. The events themselves still come.
    pub(crate) fn erase(&mut self, seal: &str) {
        let Some(protocol) = self.world.protocol else { return };
        for (name, declared) in &protocol.facts {
            if declared.seal.as_deref() == Some(seal) {
                self.names.fact_changed(self.world.chart.scope, name, &Value::Unknown);
                self.case.facts.remove(name);
            }
        }
        if self.behaviour >= Behaviour::ErasesSent {
            for timer in self.case.timers.values_mut() {
                match &mut timer.fires {
                    Fires::Event { data, .. } => *data = Value::Unknown,
                    Fires::Clock(_) => {}
                }
            }
        }
        self.reasons.push(Reason::Erased { seal: seal.to_owned() });
        self.effect(Effect::DestroyKey { seal: seal.to_owned() });
    }
}

/// What becomes of a fact when an alert brings a value; `None` when it stays as it is.
///
/// Lists gain items. A single fact changes when nothing was known or only a default or an earlier alert said it: what a
/// person said or a rule decided stays.
fn merged(kind: &FactType, known: Option<(&Value, &Source)>, brought: &Value) -> Option<Value> {
    if says_nothing(kind, brought) {
        return None;
    }
    let Some((value, by)) = known.filter(|(value, _)| *value != brought) else {
        return known.is_none().then(|| brought.clone());
    };
    if let (Value::List(items), Value::List(more)) = (value, brought) {
        let new: Vec<Value> = more.iter().filter(|item| !items.contains(item)).cloned().collect();
        return (!new.is_empty()).then(|| Value::List(items.iter().cloned().chain(new).collect()));
    }
    match by {
        Source::Default | Source::Alert(_) => Some(brought.clone()),
        Source::Person(_) | Source::Rule(_) => says_nothing(kind, value).then(|| brought.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AlertId, PersonId};

    #[test]
    fn an_alert_never_overrules_a_person() {
        let alert = Source::Alert(AlertId(uuid::Uuid::from_u128(1)));
        let person = Source::Person(PersonId(uuid::Uuid::from_u128(2)));
        let (old, new) = (Value::from("old"), Value::from("new"));
        assert_eq!(merged(&FactType::Text, None, &new), Some(new.clone()));
        assert_eq!(merged(&FactType::Text, Some((&old, &alert)), &new), Some(new.clone()));
        assert_eq!(merged(&FactType::Text, Some((&old, &Source::Default)), &new), Some(new.clone()));
        assert_eq!(merged(&FactType::Text, Some((&old, &person)), &new), None);
        assert_eq!(merged(&FactType::Text, Some((&Value::Unknown, &person)), &new), Some(new.clone()));
        assert_eq!(merged(&FactType::Text, Some((&old, &alert)), &Value::Unknown), None);
        assert_eq!(merged(&FactType::YesNoUnknown, Some((&Value::from("yes"), &alert)), &Value::from("unknown")), None);
        assert_eq!(
            merged(&FactType::YesNoUnknown, Some((&Value::from("unknown"), &person)), &Value::from("no")),
            Some(Value::from("no"))
        );
    }

    #[test]
    fn lists_gain_what_they_lack() {
        let person = Source::Person(PersonId(uuid::Uuid::from_u128(2)));
        let list = |items: &[&str]| Value::List(items.iter().map(|item| Value::from(*item)).collect());
        assert_eq!(
            merged(&FactType::Text, Some((&list(&["a"]), &person)), &list(&["b", "a"])),
            Some(list(&["a", "b"]))
        );
        assert_eq!(merged(&FactType::Text, Some((&list(&["a"]), &person)), &list(&["a"])), None);
    }
}
