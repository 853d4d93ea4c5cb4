//! Who stands inside whom in a chart: ancestors, descendants, domains.

use niyam_rules::chart::{Chart, State, StateIx, StateKind};

/// State 0, which contains all others.
pub(crate) const ROOT: StateIx = StateIx(0);

/// The state with this index.
pub(crate) fn state(chart: &Chart, ix: StateIx) -> &State {
    &chart.states[usize::from(ix.0)]
}

/// The state with this id.
pub(crate) fn find(chart: &Chart, id: &str) -> Option<StateIx> {
    let place = chart.states.iter().position(|state| state.id == id)?;
    u16::try_from(place).ok().map(StateIx)
}

/// Proper ancestors, innermost first, the root last.
pub(crate) fn ancestors(chart: &Chart, ix: StateIx) -> impl Iterator<Item = StateIx> + '_ {
    std::iter::successors(state(chart, ix).parent, |&parent| state(chart, parent).parent)
}

/// The state itself, then its ancestors, innermost first.
pub(crate) fn self_and_ancestors(chart: &Chart, ix: StateIx) -> impl Iterator<Item = StateIx> + '_ {
    std::iter::once(ix).chain(ancestors(chart, ix))
}

/// Whether `inner` stands inside `outer` and is not the same.
pub(crate) fn is_descendant(chart: &Chart, inner: StateIx, outer: StateIx) -> bool {
    // Parents stand before their children, so nothing with a smaller index can be inside.
    inner > outer && ancestors(chart, inner).any(|ancestor| ancestor == outer)
}

/// Whether it is a history state.
pub(crate) fn is_history(chart: &Chart, ix: StateIx) -> bool {
    match state(chart, ix).kind {
        StateKind::History { .. } => true,
        StateKind::Atomic | StateKind::Compound { .. } | StateKind::Parallel | StateKind::Final { .. } => false,
    }
}

/// Whether exactly one of its children is active with it.
pub(crate) fn is_compound(chart: &Chart, ix: StateIx) -> bool {
    match state(chart, ix).kind {
        StateKind::Compound { .. } => true,
        StateKind::Atomic | StateKind::Parallel | StateKind::Final { .. } | StateKind::History { .. } => false,
    }
}

/// Whether all its children are active with it.
pub(crate) fn is_parallel(chart: &Chart, ix: StateIx) -> bool {
    match state(chart, ix).kind {
        StateKind::Parallel => true,
        StateKind::Atomic | StateKind::Compound { .. } | StateKind::Final { .. } | StateKind::History { .. } => false,
    }
}

/// Whether it ends its parent.
pub(crate) fn is_final(chart: &Chart, ix: StateIx) -> bool {
    match state(chart, ix).kind {
        StateKind::Final { .. } => true,
        StateKind::Atomic | StateKind::Compound { .. } | StateKind::Parallel | StateKind::History { .. } => false,
    }
}

/// Whether it has nothing inside it that could be active.
pub(crate) fn is_leaf(chart: &Chart, ix: StateIx) -> bool {
    match state(chart, ix).kind {
        StateKind::Atomic | StateKind::Final { .. } => true,
        StateKind::Compound { .. } | StateKind::Parallel | StateKind::History { .. } => false,
    }
}

/// Children that can be active: all but history states.
pub(crate) fn children(chart: &Chart, ix: StateIx) -> impl Iterator<Item = StateIx> + '_ {
    state(chart, ix).children.iter().copied().filter(|&child| !is_history(chart, child))
}

/// Whether two states can be targets of one transition: they stand in different regions of a parallel state.
pub(crate) fn are_orthogonal(chart: &Chart, one: StateIx, other: StateIx) -> bool {
    if one == other || is_descendant(chart, one, other) || is_descendant(chart, other, one) {
        return false;
    }
    ancestors(chart, one)
        .find(|&ancestor| is_descendant(chart, other, ancestor))
        .is_some_and(|common| is_parallel(chart, common))
}
