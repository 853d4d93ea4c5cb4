//! Scenarios.

use std::collections::BTreeMap;

use super::actions::recipient;
use super::{Lower, entries, flag, items, some, string, text};
use crate::diagnostics::{Code, Diagnostic};
use crate::protocol::{Expectation, Happening, Scenario, ScenarioStep};
use crate::source::Node;
use crate::text::Text;
use crate::value::Value;

impl<'t> Lower<'t> {
    pub(crate) fn scenarios(&mut self) -> Vec<Scenario> {
        let trees = self.trees;
        trees.scenarios.iter().map(|(id, node)| self.scenario(id, node)).collect()
    }

    fn scenario(&mut self, id: &str, node: &'t Node) -> Scenario {
        let title = node.get("scenario").map_or_else(Text::default, |title| match title.scalar() {
            Some(written) => Text { en: written.to_owned(), hi: written.to_owned() },
            None => text(Some(title)),
        });
        let mut empty = Vec::new();
        for seat in items(node, "empty") {
            empty.extend(self.seat(seat));
        }
        let begins = self.begins(node);
        let facts = self.values(node, "facts");
        let steps = items(node, "steps").iter().filter_map(|step| self.step(step)).collect();
        Scenario {
            id: id.to_owned(),
            title,
            begins,
            facts,
            empty,
            steps,
            place: node.get("scenario").map(|node| node.place.clone()),
        }
    }

    fn begins(&mut self, node: &Node) -> Option<i64> {
        let written = node.get("begins")?;
        let text = written.scalar()?;
        let begins = crate::fact::read_time(text);
        if begins.is_none() {
            let finding = Diagnostic::new(Code::Malformed, &written.place, format!("`{text}` is no moment"));
            self.find(finding.help("write day and time in Indian time: `2026-11-23T09:00`"));
        }
        begins
    }

    /// Facts and constants of their types.
    fn values(&mut self, node: &Node, key: &str) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        for entry in entries(node, key) {
            if !self.fact(&entry.key.text, &entry.key.place) {
                continue;
            }
            let Some(kind) = self.names.facts.get(&entry.key.text).map(|fact| fact.kind.clone()) else { continue };
            let known = !self.vague.contains(&entry.key.text);
            let value = if known { self.constant(&kind, &entry.value) } else { Value::Unknown };
            values.insert(entry.key.text.clone(), value);
        }
        values
    }

    fn step(&mut self, node: &'t Node) -> Option<ScenarioStep> {
        let record = crate::grammar::shape::variant(node, &crate::grammar::STEP)?;
        let tag = node.entry(record.keys[0].name)?;
        let happening = match record.keys[0].name {
            "wait" => Happening::Wait(tag.value.scalar()?.parse().ok()?),
            "act" => self.scenario_act(node, &tag.value)?,
            "event" => {
                let event = tag.value.scalar()?.to_owned();
                if !self.names.comes(&event) || event.contains('*') {
                    self.unknown(Code::UnknownEvent, "event", &event, &tag.value.place);
                }
                Happening::Event { event, facts: self.values(node, "facts") }
            }
            _ => Happening::Look,
        };
        let expect = node.get("expect").map(|expect| self.expectation(expect)).unwrap_or_default();
        Some(ScenarioStep { happening, expect, place: Some(tag.key.place.clone()) })
    }

    fn scenario_act(&mut self, node: &'t Node, tag: &'t Node) -> Option<Happening> {
        let act = tag.scalar()?.to_owned();
        if !self.names.acts.contains(&act) {
            self.unknown(Code::UnknownAct, "act", &act, &tag.place);
        }
        if let Some(by) = node.get("by")
            && let Some(role) = by.scalar()
        {
            self.role(role, &by.place);
        }
        Some(Happening::Act {
            act,
            by: string(node.get("by")),
            form: self.values(node, "form"),
            refused: flag(node.get("refused")),
        })
    }

    fn expectation(&mut self, node: &'t Node) -> Expectation {
        let states = |lower: &mut Self, key: &str| {
            some(node.get(key)).into_iter().filter_map(|state| lower.state_from_root(state)).collect()
        };
        let inside = states(self, "in");
        let not_inside = states(self, "not_in");
        let facts = self.values(node, "facts");
        let mut told = Vec::new();
        for pair in items(node, "told").iter().filter_map(Node::entries).flatten() {
            let to = pair.key.text.as_str();
            if recipient(to).is_none() {
                self.seat_of(to, &pair.key.place);
            }
            if let Some(message) = self.message(Some(&pair.value)) {
                told.push((to.to_owned(), message));
            }
        }
        let closed = node.get("closed").and_then(|closed| {
            let outcome = closed.scalar()?;
            if !self.names.outcomes.contains(outcome) {
                let finding =
                    Diagnostic::new(Code::UnknownState, &closed.place, format!("no state has the outcome `{outcome}`"));
                let outcomes: Vec<String> = self.names.outcomes.iter().cloned().collect();
                self.find(finding.suggest(outcome, outcomes.iter().map(String::as_str)));
            }
            Some(outcome.to_owned())
        });
        Expectation { inside, not_inside, facts, told, closed }
    }
}
