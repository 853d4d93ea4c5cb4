//! The names of a protocol, collected before anything that uses them is read.

use std::collections::{BTreeMap, BTreeSet};

use super::{Trees, entries};
use crate::place::Place;
use crate::protocol::{FactDeclaration, Message, Role, Seal, UnitRule};
use crate::source::{Body, Key, Node};

/// Events that come from the engine and not from a chart.
pub(crate) const SYSTEM_EVENTS: &[&str] = &[
    "alert.duplicate",
    "alert.update",
    "session.location",
    "session.stop",
    "owner.assigned",
    "roster.empty",
    "delivery.done",
    "delivery.failed",
    "error.execution",
];

/// Everything that has a name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) facts: BTreeMap<String, FactDeclaration>,
    pub(crate) seals: BTreeMap<String, Seal>,
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) units: BTreeMap<String, UnitRule>,
    pub(crate) forms: BTreeSet<String>,
    pub(crate) tables: BTreeSet<String>,
    pub(crate) messages: BTreeMap<String, Message>,
    /// Paths of all states.
    pub(crate) states: BTreeSet<String>,
    pub(crate) acts: BTreeSet<String>,
    /// Events that an action of the chart raises or sends.
    pub(crate) raised: BTreeSet<String>,
    /// `done.state.<id>` of every state that can be done.
    pub(crate) done: BTreeSet<String>,
    pub(crate) outcomes: BTreeSet<String>,
}

impl Names {
    /// Every event that may come.
    pub(crate) fn events(&self) -> impl Iterator<Item = &str> {
        let own = self.acts.iter().chain(&self.raised).chain(&self.done).map(String::as_str);
        SYSTEM_EVENTS.iter().copied().chain(own)
    }

    /// Whether an event descriptor (`foo`, `foo.*`, `*`) can match an event that may come.
    pub(crate) fn comes(&self, descriptor: &str) -> bool {
        descriptor == "*"
            || descriptor == "error"
            || descriptor.starts_with("error.")
            || self.events().any(|event| matches(descriptor, event))
    }
}

/// Whether a descriptor matches an event, token by token as SCXML has it.
pub(crate) fn matches(descriptor: &str, event: &str) -> bool {
    let prefix = descriptor
        .strip_suffix(".*")
        .or_else(|| descriptor.strip_suffix('*'))
        .unwrap_or(descriptor)
        .trim_end_matches('.');
    prefix.is_empty() || event == prefix || event.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.'))
}

/// A state before it is lowered.
#[derive(Clone, Debug)]
pub(crate) struct Draft<'t> {
    /// Dotted path from the root; empty for the root.
    pub(crate) path: String,
    /// Last part of the path.
    pub(crate) name: &'t str,
    /// Its key; `None` for the root.
    pub(crate) key: Option<&'t Key>,
    /// Its tree.
    pub(crate) node: &'t Node,
    /// The state around it.
    pub(crate) parent: Option<usize>,
    /// The states in it.
    pub(crate) children: Vec<usize>,
}

impl Draft<'_> {
    /// What is written under `type`.
    pub(crate) fn kind(&self) -> &str {
        self.node.get("type").and_then(Node::scalar).unwrap_or_default()
    }
}

/// All states in document order, the root first.
pub(crate) fn drafts(trees: &Trees) -> Vec<Draft<'_>> {
    let root =
        Draft { path: String::new(), name: "", key: None, node: &trees.protocol, parent: None, children: Vec::new() };
    let mut drafts = vec![root];
    children(&mut drafts, 0);
    drafts
}

fn children(drafts: &mut Vec<Draft<'_>>, parent: usize) {
    for entry in entries(drafts[parent].node, "states") {
        if drafts.len() > usize::from(u16::MAX) {
            return;
        }
        let index = drafts.len();
        let path = match drafts[parent].path.as_str() {
            "" => entry.key.text.clone(),
            above => format!("{above}.{}", entry.key.text),
        };
        drafts.push(Draft {
            path,
            name: &entry.key.text,
            key: Some(&entry.key),
            node: &entry.value,
            parent: Some(parent),
            children: Vec::new(),
        });
        drafts[parent].children.push(index);
        children(drafts, index);
    }
}

/// The state that a path names, looked for from the states beside `source` outwards, then inside `source`.
pub(crate) fn resolve(drafts: &[Draft<'_>], source: usize, path: &str) -> Option<usize> {
    let mut scope = if source == 0 { Some(0) } else { drafts[source].parent };
    while let Some(at) = scope {
        if let Some(found) = descend(drafts, at, path) {
            return Some(found);
        }
        scope = drafts[at].parent;
    }
    descend(drafts, source, path)
}

/// The state that a path names inside `from`.
pub(crate) fn descend(drafts: &[Draft<'_>], from: usize, path: &str) -> Option<usize> {
    path.split('.')
        .try_fold(from, |at, part| drafts[at].children.iter().copied().find(|child| drafts[*child].name == part))
}

/// Calls `see` with every map of a tree.
pub(crate) fn walk<'t>(node: &'t Node, see: &mut dyn FnMut(&'t Node)) {
    match &node.body {
        Body::Scalar { .. } => {}
        Body::Sequence(items) => items.iter().for_each(|item| walk(item, see)),
        Body::Mapping(entries) => {
            see(node);
            for entry in entries {
                walk(&entry.value, see);
            }
        }
    }
}

/// Calls `see` with the place of every key and value of a tree.
pub(crate) fn walk_all<'t>(node: &'t Node, see: &mut dyn FnMut(&'t Place)) {
    see(&node.place);
    match &node.body {
        Body::Scalar { .. } => {}
        Body::Sequence(items) => items.iter().for_each(|item| walk_all(item, see)),
        Body::Mapping(entries) => {
            for entry in entries {
                see(&entry.key.place);
                walk_all(&entry.value, see);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn descriptors_match_whole_tokens() {
        assert!(matches("*", "x") && matches("error.*", "error.execution") && matches("error", "error.execution"));
        assert!(matches("a.b", "a.b") && !matches("a.b", "a.bc") && !matches("a.b.c", "a.b"));
    }
}
