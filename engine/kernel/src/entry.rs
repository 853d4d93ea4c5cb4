//! What a microstep enters, as W3C SCXML D `computeEntrySet`.

use std::collections::{BTreeMap, BTreeSet};

use niyam_rules::chart::{Action, Chart, Initial, StateIx, StateKind};

use crate::domain::{Domain, effective_targets};
use crate::state::CaseState;
use crate::tree::{ancestors, children, is_descendant, is_parallel, state};

/// States to enter and what runs with them.
#[derive(Debug, Default)]
pub(crate) struct Entry<'p> {
    /// States to enter; their order is document order, which is entry order.
    pub(crate) states: BTreeSet<StateIx>,
    /// Compound states that are entered by their own initial transition, whose actions therefore run.
    pub(crate) by_default: BTreeSet<StateIx>,
    /// Actions of a history state's default transition, by the history state's parent.
    pub(crate) history_actions: BTreeMap<StateIx, &'p [Action]>,
    seen_history: BTreeSet<StateIx>,
}

impl<'p> Entry<'p> {
    /// Adds what one transition enters.
    pub(crate) fn add(&mut self, chart: &'p Chart, case: &CaseState, targets: &[StateIx], domain: Domain) {
        let outer = domain.outer();
        for &target in targets {
            if Some(target) == outer {
                self.add_inside(chart, case, target);
            } else {
                self.add_descendants(chart, case, target);
            }
        }
        for target in effective_targets(chart, case, targets).into_iter().filter(|&target| Some(target) != outer) {
            self.add_ancestors(chart, case, target, outer);
        }
        // An internal transition of a parallel state leaves all its regions, so all are entered again.
        if let Some(outer) = outer.filter(|&outer| is_parallel(chart, outer)) {
            self.add_regions(chart, case, outer);
        }
    }

    /// Adds what becomes active inside a state that is its own target and stays active itself.
    fn add_inside(&mut self, chart: &'p Chart, case: &CaseState, ix: StateIx) {
        match &state(chart, ix).kind {
            StateKind::Compound { initial } => self.add_all(chart, case, initial.targets.iter().copied(), Some(ix)),
            StateKind::Parallel => self.add_regions(chart, case, ix),
            StateKind::Atomic | StateKind::Final { .. } | StateKind::History { .. } => {}
        }
    }

    /// Adds a state and whatever becomes active inside it.
    pub(crate) fn add_descendants(&mut self, chart: &'p Chart, case: &CaseState, ix: StateIx) {
        match &state(chart, ix).kind {
            StateKind::History { default, .. } => self.add_history(chart, case, ix, default),
            StateKind::Compound { initial } => {
                self.states.insert(ix);
                self.by_default.insert(ix);
                self.add_all(chart, case, initial.targets.iter().copied(), Some(ix));
            }
            StateKind::Parallel => {
                self.states.insert(ix);
                self.add_regions(chart, case, ix);
            }
            StateKind::Atomic | StateKind::Final { .. } => {
                self.states.insert(ix);
            }
        }
    }

    fn add_history(&mut self, chart: &'p Chart, case: &CaseState, ix: StateIx, default: &'p Initial) {
        if !self.seen_history.insert(ix) {
            return;
        }
        let parent = state(chart, ix).parent;
        if let Some(remembered) = case.history.get(&ix) {
            self.add_all(chart, case, remembered.iter().copied(), parent);
        } else {
            if let Some(parent) = parent {
                self.history_actions.insert(parent, &default.actions);
            }
            self.add_all(chart, case, default.targets.iter().copied(), parent);
        }
    }

    fn add_all(
        &mut self,
        chart: &'p Chart,
        case: &CaseState,
        targets: impl Iterator<Item = StateIx> + Clone,
        outer: Option<StateIx>,
    ) {
        for target in targets.clone() {
            self.add_descendants(chart, case, target);
        }
        for target in targets {
            self.add_ancestors(chart, case, target, outer);
        }
    }

    fn add_ancestors(&mut self, chart: &'p Chart, case: &CaseState, ix: StateIx, outer: Option<StateIx>) {
        for ancestor in ancestors(chart, ix).take_while(|&ancestor| Some(ancestor) != outer) {
            self.states.insert(ancestor);
            if is_parallel(chart, ancestor) {
                self.add_regions(chart, case, ancestor);
            }
        }
    }

    fn add_regions(&mut self, chart: &'p Chart, case: &CaseState, parallel: StateIx) {
        for region in children(chart, parallel) {
            if !self.states.iter().any(|&ix| ix == region || is_descendant(chart, ix, region)) {
                self.add_descendants(chart, case, region);
            }
        }
    }
}
