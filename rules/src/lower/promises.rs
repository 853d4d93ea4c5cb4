//! Guarantees: read, and their names checked.

use super::{Lower, items, some, string};
use crate::diagnostics::{Code, Diagnostic};
use crate::protocol::Guarantee;
use crate::source::Node;

impl Lower<'_> {
    pub(crate) fn guarantees(&mut self) -> Vec<Guarantee> {
        let mut guarantees = Vec::new();
        for node in items(&self.trees.protocol, "guarantees") {
            if let Some(guarantee) = self.guarantee(node) {
                guarantees.push(guarantee);
            }
        }
        guarantees
    }

    fn guarantee(&mut self, node: &Node) -> Option<Guarantee> {
        if let Some(length) = node.get("never_silent") {
            return length.scalar()?.parse().ok().map(Guarantee::NeverSilent);
        }
        if let Some(reach) = node.get("reach") {
            let from = self.from(node);
            let reach = self.state_or_fact(reach);
            return Some(Guarantee::Reach {
                from: from?,
                reach: reach?,
                within: string(node.get("within")).parse().ok()?,
                even_if_nobody_acts: node.get("even_if").is_some(),
            });
        }
        if let Some(before) = node.get("before") {
            let state = self.state_from_root(before);
            let must: Vec<String> =
                some(node.get("must")).into_iter().filter_map(|name| self.state_or_fact(name)).collect();
            let or_waived_by = node.get("or_waived_by").and_then(|role| {
                let name = role.scalar()?;
                self.role(name, &role.place).then(|| name.to_owned())
            });
            return Some(Guarantee::Before { state: state?, must, or_waived_by });
        }
        if let Some(state) = node.get("can_reach") {
            let from = self.from(node);
            let state = self.state_from_root(state);
            return Some(Guarantee::CanReach { from: from?, state: state? });
        }
        let both = node.get("never_both")?;
        let states: Vec<String> = some(Some(both)).into_iter().filter_map(|name| self.state_from_root(name)).collect();
        match (<[String; 2]>::try_from(states), both.items().map(<[Node]>::len)) {
            (Ok([one, other]), _) => Some(Guarantee::NeverBoth(one, other)),
            (Err(_), Some(2)) => None,
            (Err(_), _) => {
                self.find(
                    Diagnostic::new(Code::Malformed, &both.place, "`never_both` names two states")
                        .help("write `never_both: [one, other]`"),
                );
                None
            }
        }
    }

    fn from(&mut self, node: &Node) -> Option<String> {
        let from = node.get("from")?;
        if from.scalar() == Some("everywhere") { Some("everywhere".to_owned()) } else { self.state_from_root(from) }
    }

    fn state_or_fact(&mut self, node: &Node) -> Option<String> {
        let name = node.scalar()?;
        if self.is_state(name) || self.names.facts.contains_key(name) {
            return Some(name.to_owned());
        }
        let mut names: Vec<String> = self.drafts.iter().skip(1).map(|draft| draft.path.clone()).collect();
        names.extend(self.names.facts.keys().cloned());
        let finding = Diagnostic::new(Code::UnknownState, &node.place, format!("no state and no fact `{name}`"));
        let finding = finding.suggest(name, names.iter().map(String::as_str));
        self.find(finding);
        None
    }
}
