//! States.

use super::expressions::Purpose;
use super::names::{descend, resolve};
use super::{Lower, items, string, text};
use crate::chart::{Action, Chart, Initial, Post, Stage, State, StateIx, StateKind};
use crate::diagnostics::{Code, Diagnostic};
use crate::nearest::nearest;
use crate::place::Place;
use crate::source::Node;

pub(crate) fn state_ix(index: usize) -> StateIx {
    StateIx(u16::try_from(index).expect("drafts are no more than a u16 counts"))
}

impl<'t> Lower<'t> {
    /// The statechart of the protocol.
    pub(crate) fn chart(&mut self) -> Chart {
        let mut chart = Chart::default();
        let stages = self.stages();
        for (index, stage) in stages.into_iter().enumerate() {
            let state = self.state(index, stage);
            chart.states.push(state);
        }
        for index in 0..self.drafts.len() {
            self.transitions_of(index, &mut chart);
        }
        let most = chart.states.len().max(chart.transitions.len()).max(chart.clocks.len());
        if most >= usize::from(u16::MAX) {
            let message = format!("the chart has more states, transitions or clocks than {}", u16::MAX - 1);
            let finding = Diagnostic::new(Code::TooMuch, &self.place_of(0), message);
            self.find(finding.help("what is beyond is not read; no protocol needs so many"));
        }
        chart
    }

    /// The stage of each state: its own, else that of the state around it.
    fn stages(&mut self) -> Vec<Stage> {
        let mut stages: Vec<Option<Stage>> = Vec::new();
        for index in 0..self.drafts.len() {
            let draft = &self.drafts[index];
            let own = match string(draft.node.get("stage")).as_str() {
                "intake" => Some(Stage::Intake),
                "verification" => Some(Stage::Verification),
                "assignment" => Some(Stage::Assignment),
                "visit" => Some(Stage::Visit),
                "closure" => Some(Stage::Closure),
                _ => None,
            };
            let stage = own.or_else(|| draft.parent.and_then(|parent| stages[parent]));
            if stage.is_none()
                && index > 0
                && draft.parent == Some(0)
                && draft.kind() != "history"
                && draft.node.entry("stage").is_none()
                && draft.node.entries().is_some()
                && let Some(key) = draft.key
            {
                let message = format!("the state `{}` belongs to no stage", draft.path);
                let finding = Diagnostic::new(Code::NoStage, &key.place, message);
                self.find(finding.help("add `stage: intake`, `verification`, `assignment`, `visit` or `closure`"));
            }
            stages.push(stage);
        }
        stages.into_iter().map(|stage| stage.unwrap_or(Stage::Intake)).collect()
    }

    fn state(&mut self, index: usize, stage: Stage) -> State {
        let draft = self.drafts[index].clone();
        let node = draft.node;
        let place = self.place_of(index);
        let label = if index == 0 { text(node.get("title")) } else { text(node.get("label")) };
        if let Some(key) = draft.key {
            self.name(key);
            if draft.kind() != "history" && node.entries().is_some() && node.entry("label").is_none() {
                let message = format!("`label` is missing in the state `{}`", draft.path);
                self.find(
                    Diagnostic::new(Code::MissingKey, &key.place, message)
                        .help("add `label: { en: …, hi: … }`: its name on screens"),
                );
            }
        }
        let kind = self.kind(index, &place);
        let post = (draft.kind() != "history").then(|| {
            let owner = if index == 0 { None } else { node.get("owner").and_then(|owner| self.seat(owner)) };
            Box::new(Post {
                stage,
                label,
                help: text(node.get("help")),
                owner,
                form: if index == 0 { None } else { self.form(node.get("form")) },
                outcome: if index == 0 { None } else { node.get("outcome").map(|outcome| string(Some(outcome))) },
            })
        });
        State {
            id: if index == 0 { string(node.get("protocol")) } else { draft.path.clone() },
            parent: draft.parent.map(state_ix),
            children: draft.children.iter().copied().map(state_ix).collect(),
            kind,
            entry: self.blocks(node, "entry"),
            exit: self.blocks(node, "exit"),
            transitions: Vec::new(),
            clocks: Vec::new(),
            post,
            place: Some(place),
        }
    }

    fn blocks(&mut self, node: &'t Node, key: &str) -> Vec<Vec<Action>> {
        let actions = self.actions(items(node, key));
        if actions.is_empty() { Vec::new() } else { vec![actions] }
    }

    /// Where a state is written: its key, or the `protocol:` of the root.
    pub(crate) fn place_of(&self, index: usize) -> Place {
        let draft = &self.drafts[index];
        draft.key.map_or_else(
            || draft.node.entry("protocol").map_or(&draft.node.place, |entry| &entry.key.place).clone(),
            |key| key.place.clone(),
        )
    }

    fn misbuilt(&mut self, place: &Place, message: String, help: &str) {
        self.find(Diagnostic::new(Code::Misbuilt, place, message).help(help));
    }

    fn kind(&mut self, index: usize, place: &Place) -> StateKind {
        let draft = self.drafts[index].clone();
        let (node, path) = (draft.node, draft.path.as_str());
        if draft.kind() != "history" {
            for key in ["history", "target"].iter().filter(|_| index > 0) {
                if let Some(entry) = node.entry(key) {
                    self.misbuilt(
                        &entry.key.place.clone(),
                        format!("the state `{path}` is no history state and has a `{key}`"),
                        "write `type: history`, or delete the key",
                    );
                }
            }
        }
        match if index == 0 { "" } else { draft.kind() } {
            "parallel" => {
                if draft.children.len() < 2 {
                    self.misbuilt(
                        place,
                        format!("the parallel state `{path}` has fewer than two states inside"),
                        "add the states that are active together, or take out `type: parallel`",
                    );
                }
                if let Some(entry) = node.entry("initial") {
                    self.misbuilt(
                        &entry.key.place.clone(),
                        format!("the parallel state `{path}` has an `initial`"),
                        "delete it: all states inside begin together",
                    );
                }
                StateKind::Parallel
            }
            "final" => {
                for key in ["states", "initial", "on", "always", "after", "owner", "form"] {
                    if let Some(entry) = node.entry(key) {
                        self.misbuilt(
                            &entry.key.place.clone(),
                            format!("the final state `{path}` has a key `{key}`"),
                            "an end has neither ways out nor work; delete the key or `type: final`",
                        );
                    }
                }
                StateKind::Final { output: self.expression(node.get("output"), Purpose::Data) }
            }
            "history" => self.history(index, place),
            _ if draft.children.is_empty() => {
                // Of a protocol without `states`, or with something else under it, that has been said.
                let empty = node.entry("states").map_or(index > 0, |states| states.value.entries().is_some());
                if let Some(entry) = node.entry("initial").filter(|_| empty) {
                    self.misbuilt(
                        &entry.key.place.clone(),
                        format!("the state `{path}` has an `initial` but no states inside"),
                        "add `states`, or delete `initial`",
                    );
                }
                StateKind::Atomic
            }
            _ => StateKind::Compound { initial: self.initial(index, place) },
        }
    }

    fn initial(&mut self, index: usize, place: &Place) -> Initial {
        let draft = self.drafts[index].clone();
        let Some(node) = draft.node.get("initial") else {
            if draft.node.entry("type").is_some() {
                return Initial::default(); // The type cannot be read, which has been said; it may be `parallel`.
            }
            let first = draft.children.first().map_or("", |child| self.drafts[*child].name);
            let message = if index == 0 {
                "the protocol does not say in which state a case begins".to_owned()
            } else {
                format!("the state `{}` does not say in which of its states it begins", draft.path)
            };
            self.misbuilt(place, message, &format!("add `initial: {first}`"));
            return Initial::default();
        };
        let Some(name) = node.scalar() else { return Initial::default() };
        if let Some(target) = descend(&self.drafts, index, name) {
            Initial { targets: vec![state_ix(target)], actions: Vec::new() }
        } else {
            let inside: Vec<String> = draft.children.iter().map(|child| self.drafts[*child].name.to_owned()).collect();
            let finding = Diagnostic::new(Code::UnknownState, &node.place, format!("no state `{name}` to begin in"));
            let finding = finding.suggest(name, inside.iter().map(String::as_str));
            let meant = finding.fix.as_ref().and_then(|fix| descend(&self.drafts, index, &fix.replacement));
            self.find(finding);
            Initial { targets: meant.map(state_ix).into_iter().collect(), actions: Vec::new() }
        }
    }

    fn history(&mut self, index: usize, place: &Place) -> StateKind {
        let draft = self.drafts[index].clone();
        let deep = string(draft.node.get("history")) == "deep";
        for key in ["states", "initial", "on", "always", "after", "owner", "form", "entry", "exit", "outcome"] {
            if let Some(entry) = draft.node.entry(key) {
                self.misbuilt(
                    &entry.key.place.clone(),
                    format!("the history state `{}` has a key `{key}`", draft.path),
                    "a history state only remembers; it has `history` and `target`",
                );
            }
        }
        let Some(node) = draft.node.get("target") else {
            self.misbuilt(
                place,
                format!("the history state `{}` does not say where to go when nothing is remembered", draft.path),
                "add `target`: a state beside it",
            );
            return StateKind::History { deep, default: Initial::default() };
        };
        let parent = draft.parent.unwrap_or(0);
        let mut target = node.scalar().and_then(|name| descend(&self.drafts, parent, name));
        if target.is_none_or(|target| target == index)
            && let Some(name) = node.scalar()
        {
            let meant = self.unknown(Code::UnknownState, "state", name, &node.place);
            target = meant.and_then(|meant| descend(&self.drafts, 0, &meant)).filter(|meant| *meant != index);
        }
        StateKind::History {
            deep,
            default: Initial { targets: target.map(state_ix).into_iter().collect(), actions: Vec::new() },
        }
    }

    /// The state that a path names from a state outwards; of a misspelt one the state that was most likely meant, with a
    /// finding.
    pub(crate) fn target(&mut self, source: usize, node: &Node) -> Option<StateIx> {
        let name = node.scalar()?;
        match resolve(&self.drafts, source, name) {
            Some(0) | None => {
                if let Some(near) = self.near_target(source, name) {
                    let written = self.drafts[near].name.to_owned();
                    let finding = Diagnostic::new(Code::UnknownState, &node.place, format!("no state `{name}`"));
                    self.find(finding.suggest(name, [written.as_str()]));
                    return Some(state_ix(near));
                }
                let meant = self.unknown(Code::UnknownState, "state", name, &node.place)?;
                descend(&self.drafts, 0, &meant).map(state_ix)
            }
            Some(found) => Some(state_ix(found)),
        }
    }

    /// The state near in name to a target without dots: one beside its source first, then outwards.
    fn near_target(&self, source: usize, name: &str) -> Option<usize> {
        let scopes = std::iter::successors(self.drafts[source].parent, |at| self.drafts[*at].parent);
        scopes.into_iter().find_map(|scope| {
            let inside = &self.drafts[scope].children;
            let near = nearest(name, inside.iter().map(|child| self.drafts[*child].name))?;
            inside.iter().copied().find(|child| self.drafts[*child].name == near)
        })
    }

    /// The id of the state that a full path names, or a finding.
    pub(crate) fn state_from_root(&mut self, node: &Node) -> Option<String> {
        let name = node.scalar()?;
        if self.is_state(name) {
            return Some(name.to_owned());
        }
        self.unknown(Code::UnknownState, "state", name, &node.place);
        None
    }

    /// Whether a full path names a state.
    pub(crate) fn is_state(&self, path: &str) -> bool {
        descend(&self.drafts, 0, path).is_some()
    }
}
