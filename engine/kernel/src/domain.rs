//! What a transition leaves: effective targets, domain, exit set.

use std::collections::BTreeSet;

use niyam_rules::chart::{Chart, Scope, StateIx, StateKind, Transition};

use crate::state::CaseState;
use crate::tree::{ROOT, ancestors, is_compound, is_descendant, is_history, state};

/// What a transition leaves and enters again at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    /// Nothing: the transition has no target.
    Nothing,
    /// All that is inside a state, not the state itself.
    Below(StateIx),
    /// Everything, the root included.
    Whole,
}

impl Domain {
    /// Whether a state is left when it is active and the transition is taken.
    pub(crate) fn covers(self, chart: &Chart, ix: StateIx) -> bool {
        match self {
            Self::Nothing => false,
            Self::Below(outer) => is_descendant(chart, ix, outer),
            Self::Whole => true,
        }
    }

    /// The state that stays active around the domain.
    pub(crate) fn outer(self) -> Option<StateIx> {
        match self {
            Self::Below(outer) => Some(outer),
            Self::Nothing | Self::Whole => None,
        }
    }
}

/// Targets with history states replaced by what they stand for now.
pub(crate) fn effective_targets(chart: &Chart, case: &CaseState, targets: &[StateIx]) -> BTreeSet<StateIx> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<StateIx> = targets.to_vec();
    while let Some(target) = waiting.pop() {
        let StateKind::History { default, .. } = &state(chart, target).kind else {
            found.insert(target);
            continue;
        };
        // Two history states whose defaults name each other must not turn for ever.
        if seen.insert(target) {
            match case.history.get(&target) {
                Some(remembered) => found.extend(remembered),
                None => waiting.extend(&default.targets),
            }
        }
    }
    found
}

/// The domain of a transition, as W3C SCXML D `getTransitionDomain`: the innermost compound state around source and targets
/// (never a parallel one), or the source itself when the transition is internal and goes nowhere else.
///
/// Two things go beyond W3C, whose documents cannot say them. An internal transition of a parallel state, or of a state to
/// itself, does not leave its source either: `internal` means what it says. And the root of a protocol stands for the
/// whole case, with the case's clocks, so it is not left before the end; the root of a bare chart is left by an
/// external transition of its own.
pub(crate) fn domain(chart: &Chart, case: &CaseState, transition: &Transition) -> Domain {
    if transition.targets.is_empty() {
        return Domain::Nothing;
    }
    let source = transition.source;
    if source == ROOT && (transition.internal || chart.scope == Scope::Incident) {
        return Domain::Below(ROOT);
    }
    let simple = transition.targets.iter().all(|&target| !is_history(chart, target));
    let effective: Vec<StateIx> = if simple {
        transition.targets.clone()
    } else {
        effective_targets(chart, case, &transition.targets).into_iter().collect()
    };
    let inside = |outer: StateIx| effective.iter().all(|&target| is_descendant(chart, target, outer));
    if transition.internal && effective.iter().all(|&target| target == source || is_descendant(chart, target, source)) {
        return Domain::Below(source);
    }
    ancestors(chart, source)
        .filter(|&ancestor| ancestor == ROOT || is_compound(chart, ancestor))
        .find(|&ancestor| inside(ancestor))
        .map_or(Domain::Whole, Domain::Below)
}

/// Active states that a transition with this domain leaves, in document order.
pub(crate) fn exit_set(chart: &Chart, configuration: &BTreeSet<StateIx>, domain: Domain) -> BTreeSet<StateIx> {
    configuration.iter().copied().filter(|&ix| domain.covers(chart, ix)).collect()
}
