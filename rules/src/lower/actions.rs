//! Actions.

use super::expressions::Purpose;
use super::{Lower, entries, items, string};
use crate::chart::{Action, ActionKind, Delay, Recipient};
use crate::diagnostics::{Code, Diagnostic};
use crate::grammar;
use crate::protocol::FactType;
use crate::source::{Key, Node};
use crate::value::Value;

impl<'t> Lower<'t> {
    /// Lowers a list of actions.
    pub(crate) fn actions(&mut self, nodes: &'t [Node]) -> Vec<Action> {
        let mut actions = Vec::new();
        for node in nodes {
            self.action(node, &mut actions);
        }
        actions
    }

    fn action(&mut self, node: &'t Node, actions: &mut Vec<Action>) {
        let Some(record) = grammar::shape::variant(node, &grammar::ACTION) else { return };
        let tag = record.keys[0].name;
        let Some(entry) = node.entry(tag) else { return };
        let place = Some(entry.key.place.clone());
        let value = &entry.value;
        match tag {
            "set" => self.set(node, actions),
            "compute" => self.compute(node, actions),
            _ => {
                if let Some(kind) = self.one(tag, node, value) {
                    actions.push(Action { kind, place });
                }
            }
        }
    }

    fn one(&mut self, tag: &str, node: &'t Node, value: &'t Node) -> Option<ActionKind> {
        let written = || value.scalar().map(str::to_owned);
        if matches!(tag, "raise" | "send")
            && let Some(event) = value.scalar()
        {
            self.event_name(&Key { text: event.to_owned(), place: value.place.clone() });
        }
        match tag {
            "notify" => {
                let (to, message) = (self.seat(value), self.message(node.get("message")));
                Some(ActionKind::Notify { to: to?, message: message.unwrap_or_default() })
            }
            "reply" => {
                let to = recipient(value.scalar()?);
                let message = self.message(node.get("message"));
                Some(ActionKind::Reply { to: to?, message: message? })
            }
            "decide" => {
                let table = written()?;
                if !self.names.tables.contains(&table) {
                    self.unknown(Code::UnknownTable, "table", &table, &value.place);
                    return None;
                }
                Some(ActionKind::Decide { table })
            }
            "raise" => {
                Some(ActionKind::Raise { event: written()?, data: self.expression(node.get("data"), Purpose::Data) })
            }
            "send" => Some(ActionKind::Send {
                event: written()?,
                delay: string(node.get("in")).parse().ok().map(Delay::Fixed),
                id: node.get("id").and_then(Node::scalar).map(str::to_owned),
                data: self.expression(node.get("data"), Purpose::Data),
            }),
            "cancel" => Some(ActionKind::Cancel { id: written()? }),
            "log" => Some(ActionKind::Log(written()?)),
            "erase" => {
                let seal = written()?;
                if !self.names.seals.contains_key(&seal) {
                    self.unknown(Code::UnknownSeal, "seal group", &seal, &value.place);
                    return None;
                }
                Some(ActionKind::Erase { seal })
            }
            "if" => {
                let condition = self.expression(Some(value), Purpose::Condition);
                let mut branches = vec![(condition, self.actions(items(node, "then")))];
                let other = self.actions(items(node, "else"));
                if !other.is_empty() {
                    branches.push((None, other));
                }
                Some(ActionKind::If { branches })
            }
            "foreach" => self.foreach(node, value),
            "block" => Some(ActionKind::Block(self.actions(value.items()?))),
            _ => None,
        }
    }

    fn foreach(&mut self, node: &'t Node, value: &'t Node) -> Option<ActionKind> {
        let array = self.expression(Some(value), Purpose::List);
        let item = node.get("as").and_then(Node::scalar).map(str::to_owned);
        let index = node.get("index").and_then(Node::scalar).map(str::to_owned);
        for name in ["as", "index"].into_iter().filter_map(|key| node.get(key)) {
            self.local(name);
        }
        let outer = (self.locals.clone(), self.sealed_locals.clone());
        if let (Some(item), Some(fact)) = (&item, array.as_ref().and_then(|array| self.sealed_in(array))) {
            self.sealed_locals.insert(item.clone(), fact);
        }
        let kind = value.scalar().and_then(|list| self.item_of(list));
        self.locals.extend(item.iter().map(|name| (name.clone(), kind.clone())));
        self.locals.extend(index.iter().map(|name| (name.clone(), Some(FactType::Number))));
        let actions = self.actions(items(node, "do"));
        (self.locals, self.sealed_locals) = outer;
        Some(ActionKind::Foreach { array: array?, item: item?, index, actions })
    }

    /// Checks a name that a `foreach` gives.
    fn local(&mut self, node: &Node) {
        let Some(name) = node.scalar() else { return };
        if matches!(name, "incident" | "event") {
            let finding = Diagnostic::new(Code::BadName, &node.place, format!("`{name}` has a meaning already"));
            self.find(finding.help("give the item another name"));
        } else {
            self.name(&Key { text: name.to_owned(), place: node.place.clone() });
        }
    }

    /// The type of the items when a list is simply a fact.
    fn item_of(&self, list: &str) -> Option<FactType> {
        match &self.names.facts.get(list.trim().strip_prefix("incident.")?)?.kind {
            FactType::List(item) => Some(item.as_ref().clone()),
            _ => None,
        }
    }

    fn set(&mut self, node: &'t Node, actions: &mut Vec<Action>) {
        for entry in entries(node, "set") {
            let fact = entry.key.text.clone();
            if !self.fact(&fact, &entry.key.place) {
                continue;
            }
            let Some(kind) = self.names.facts.get(&fact).map(|fact| fact.kind.clone()) else { continue };
            let value = if self.vague.contains(&fact) { Value::Unknown } else { self.constant(&kind, &entry.value) };
            actions.push(Action { kind: ActionKind::Set { fact, value }, place: Some(entry.key.place.clone()) });
        }
    }

    fn compute(&mut self, node: &'t Node, actions: &mut Vec<Action>) {
        for entry in entries(node, "compute") {
            let fact = entry.key.text.as_str();
            if !self.fact(fact, &entry.key.place) {
                continue;
            }
            if let Some(value) = self.expression(Some(&entry.value), Purpose::Fact(fact)) {
                let kind = ActionKind::Assign { name: Some(fact.to_owned()), value };
                actions.push(Action { kind, place: Some(entry.key.place.clone()) });
            } else if entry.value.scalar().is_none() {
                let finding = Diagnostic::new(Code::WrongShape, &entry.key.place, "an expression is needed here");
                self.find(finding.help("write the expression in quotes; use `set` for a constant"));
            }
        }
    }
}

/// The recipient of a word.
pub(crate) fn recipient(word: &str) -> Option<Recipient> {
    match word {
        "person" => Some(Recipient::Person),
        "platform" => Some(Recipient::Platform),
        "reporter" => Some(Recipient::Reporter),
        "outside_unit" => Some(Recipient::OutsideUnit),
        _ => None,
    }
}
