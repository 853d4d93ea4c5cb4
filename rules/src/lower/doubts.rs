//! What could not be read, so that the checks of the whole do not report what only follows from it.
//!
//! A `target` that names no state is a way to an unknown place; a clock whose length cannot be read is a clock; a row with
//! a wrong cell may answer for anything. Whatever was read without doubt is checked all the same.

use std::collections::BTreeSet;

use super::{Draft, walk_all};
use crate::diagnostics::{Code, Diagnostic};
use crate::place::Place;
use crate::source::Node;

/// What could not be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doubts {
    /// Numbers of states that may have ways, clocks or work which were not understood.
    pub(crate) states: BTreeSet<usize>,
    /// Ids of transitions that may lead anywhere.
    pub(crate) ways: BTreeSet<String>,
    /// Ids of transitions that may do more than was understood.
    pub(crate) deeds: BTreeSet<String>,
    /// Tables of which a column or the rows as a whole were not understood.
    pub(crate) tables: BTreeSet<String>,
    /// Tables with the numbers of rows that were not understood.
    pub(crate) rows: BTreeSet<(String, usize)>,
}

/// Keys of a state or transition that say nothing about ways, clocks or work.
const HARMLESS: &[&str] =
    &["label", "help", "stage", "form", "outcome", "output", "entry", "exit", "remove", "by", "weight", "id", "guard"];

impl Doubts {
    /// Adds what findings about the shape say of states and transitions. `spans`: where each transition is written.
    pub(crate) fn of_shape(&mut self, findings: &[Diagnostic], drafts: &[Draft<'_>], spans: &[(String, &Node)]) {
        let unread = |finding: &&Diagnostic| {
            matches!(finding.code, Code::UnknownKey | Code::WrongShape | Code::Malformed | Code::DuplicateKey)
        };
        let places: BTreeSet<&Place> = findings
            .iter()
            .filter(unread)
            .flat_map(|finding| {
                std::iter::once(&finding.primary).chain(finding.labels.iter().map(|label| &label.place))
            })
            .collect();
        if findings.iter().any(|finding| finding.code == Code::OverridesNothing) {
            self.states.insert(0); // What it holds was meant for some state.
        }
        if places.is_empty() {
            return;
        }
        let all = |node: &Node| {
            let mut found = false;
            walk_all(node, &mut |place| found |= places.contains(place));
            found
        };
        for (id, node) in spans {
            if places.contains(&node.place) {
                self.ways.insert(id.clone());
            }
            for entry in node.entries().unwrap_or_default() {
                let key = entry.key.text.as_str();
                if !HARMLESS.contains(&key) && (places.contains(&entry.key.place) || all(&entry.value)) {
                    if key == "actions" { &mut self.deeds } else { &mut self.ways }.insert(id.clone());
                }
            }
        }
        for (index, draft) in drafts.iter().enumerate() {
            let own = draft.node.entries().unwrap_or_default().iter().any(|entry| {
                let here = places.contains(&entry.key.place) || places.contains(&entry.value.place);
                match entry.key.text.as_str() {
                    "on" | "after" => {
                        let inside = entry.value.entries().unwrap_or_default();
                        here || inside
                            .iter()
                            .any(|inner| places.contains(&inner.key.place) || places.contains(&inner.value.place))
                    }
                    "states" | "always" | "initial" | "type" | "target" | "history" | "owner" => here,
                    // Any other key that is wrong may have been meant for a clock or a way, if it holds anything.
                    other => index > 0 && here && !HARMLESS.contains(&other) && entry.value.scalar().is_none(),
                }
            });
            let key = draft.key.is_some_and(|key| places.contains(&key.place));
            if own || key || (index > 0 && places.contains(&draft.node.place)) {
                self.states.insert(index);
            }
        }
    }
}
