//! Questions about a chart that several checks ask.

use crate::chart::{Chart, Initial, State, StateIx, StateKind, Transition, TransitionIx, Trigger};
use crate::lower::{Doubts, matches};

/// A chart with the answers that checks need more than once.
pub(super) struct Graph<'c> {
    pub(super) chart: &'c Chart,
    /// What could not be read of it.
    pub(super) doubts: &'c Doubts,
    /// Whether a state can become active.
    pub(super) reached: Vec<bool>,
    /// For a transition that can never be chosen, why.
    pub(super) never: Vec<Option<Never>>,
}

/// Why a transition can never be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Never {
    /// Its guard is the constant `false`.
    False,
    /// An earlier one of the same state is always taken instead.
    Behind(TransitionIx),
}

impl<'c> Graph<'c> {
    pub(super) fn new(chart: &'c Chart, doubts: &'c Doubts) -> Self {
        let sure = |transition: &Transition| !doubts.ways.contains(&transition.id);
        let never = chart
            .transitions
            .iter()
            .enumerate()
            .map(|(index, transition)| never(chart, index, transition, &sure))
            .collect();
        let mut graph = Self { chart, doubts, reached: vec![false; chart.states.len()], never };
        graph.reach();
        graph
    }

    pub(super) fn state(&self, index: StateIx) -> &'c State {
        &self.chart.states[usize::from(index.0)]
    }

    /// All states with their indices.
    pub(super) fn states(&self) -> impl Iterator<Item = (StateIx, &'c State)> {
        (0..).map(StateIx).zip(&self.chart.states)
    }

    /// The transitions of a state that can be chosen.
    pub(super) fn live(&self, state: &State) -> impl Iterator<Item = &'c Transition> {
        let indices = state.transitions.iter().map(|index| usize::from(index.0));
        indices.filter(|index| self.never[*index].is_none()).map(|index| &self.chart.transitions[index])
    }

    /// Whether a way that could not be read may lead anywhere from a state that can become active.
    pub(super) fn leads_anywhere(&self) -> bool {
        let reached = |index: &usize| self.reached.get(*index).copied().unwrap_or_default();
        self.doubts.states.iter().any(reached)
            || self.chart.transitions.iter().any(|transition| {
                self.doubts.ways.contains(&transition.id) && reached(&usize::from(transition.source.0))
            })
    }

    /// Whether something in a state or around it could not be read; the root counts only when asked for.
    pub(super) fn is_doubtful(&self, at: StateIx, with_root: bool) -> bool {
        let here = |at: StateIx| self.doubts.states.contains(&usize::from(at.0));
        self.upwards(at).any(|at| (with_root || at != StateIx(0)) && here(at))
    }

    /// A state and all around it, the root last.
    pub(super) fn upwards(&self, from: StateIx) -> impl Iterator<Item = StateIx> {
        std::iter::successors(Some(from), |at| self.state(*at).parent)
    }

    /// Whether `inner` is `outer` or inside it.
    pub(super) fn inside(&self, inner: StateIx, outer: StateIx) -> bool {
        self.upwards(inner).any(|at| at == outer)
    }

    /// Whether the case counts as closed while this state is active.
    pub(super) fn is_closed(&self, at: StateIx) -> bool {
        self.upwards(at).any(|above| self.state(above).post.as_ref().is_some_and(|post| post.outcome.is_some()))
    }

    /// The state inside which everything is left when a transition is taken, as SCXML has it.
    pub(super) fn domain(&self, transition: &Transition) -> StateIx {
        let source = transition.source;
        let compound = matches!(self.state(source).kind, StateKind::Compound { .. });
        if transition.internal
            && compound
            && transition.targets.iter().all(|target| *target != source && self.inside(*target, source))
        {
            return source;
        }
        let holds = |at: &StateIx| {
            matches!(self.state(*at).kind, StateKind::Compound { .. })
                && transition.targets.iter().all(|target| target != at && self.inside(*target, *at))
        };
        self.upwards(source).skip(1).find(holds).unwrap_or(StateIx(0))
    }

    /// Whether two states can be active together: one is inside the other, or a parallel state holds both apart.
    pub(super) fn together(&self, one: StateIx, other: StateIx) -> bool {
        let common = self.upwards(one).find(|at| self.inside(other, *at)).unwrap_or(StateIx(0));
        common == one || common == other || matches!(self.state(common).kind, StateKind::Parallel)
    }

    fn reach(&mut self) {
        let mut work = vec![StateIx(0)];
        while let Some(at) = work.pop() {
            if std::mem::replace(&mut self.reached[usize::from(at.0)], true) {
                continue;
            }
            let state = self.state(at);
            match &state.kind {
                // Where it begins may be unknown; then it may begin in any of them.
                StateKind::Compound { initial } if initial.targets.is_empty() => work.extend(&state.children),
                StateKind::History { default, .. } if default.targets.is_empty() => {
                    work.extend(state.parent.iter().flat_map(|parent| &self.state(*parent).children));
                }
                StateKind::Compound { initial } | StateKind::History { default: initial, .. } => {
                    self.enter(initial, &mut work);
                }
                StateKind::Parallel => work.extend(self.regions(state)),
                StateKind::Atomic | StateKind::Final { .. } => {}
            }
            for transition in self.live(state) {
                for target in &transition.targets {
                    self.with_ancestors(*target, &mut work);
                }
            }
        }
    }

    fn enter(&self, initial: &Initial, work: &mut Vec<StateIx>) {
        for target in &initial.targets {
            self.with_ancestors(*target, work);
        }
    }

    /// A target is entered with all around it; of a parallel state around it, all regions begin.
    fn with_ancestors(&self, target: StateIx, work: &mut Vec<StateIx>) {
        let mut below = target;
        work.push(target);
        for above in self.upwards(target).skip(1) {
            let state = self.state(above);
            if matches!(state.kind, StateKind::Parallel) {
                work.extend(self.regions(state).filter(|region| *region != below));
            }
            // This walks its initial state too, which errs on the side of calling a state reachable.
            work.push(above);
            below = above;
        }
    }

    fn regions<'s>(&'s self, state: &'s State) -> impl Iterator<Item = StateIx> + 's {
        state.children.iter().copied().filter(|child| !matches!(self.state(*child).kind, StateKind::History { .. }))
    }
}

/// Whether nothing is inside and it is no end.
pub(super) fn is_resting(state: &State) -> bool {
    matches!(state.kind, StateKind::Atomic)
}

/// Whether a guard is always false.
pub(super) fn is_false(transition: &Transition) -> bool {
    transition.guard.as_ref().is_some_and(|guard| guard.source().trim() == "false")
}

/// Whether a transition is taken whenever its trigger comes.
pub(super) fn is_unguarded(transition: &Transition) -> bool {
    transition.guard.as_ref().is_none_or(|guard| guard.source().trim() == "true")
}

fn never(chart: &Chart, index: usize, transition: &Transition, sure: &dyn Fn(&Transition) -> bool) -> Option<Never> {
    if is_false(transition) {
        return Some(Never::False);
    }
    let siblings = &chart.states[usize::from(transition.source.0)].transitions;
    siblings
        .iter()
        .take_while(|sibling| usize::from(sibling.0) < index)
        .find(|sibling| {
            let earlier = &chart.transitions[usize::from(sibling.0)];
            sure(earlier) && sure(transition) && covers(earlier, transition)
        })
        .map(|sibling| Never::Behind(*sibling))
}

/// Whether the earlier transition is taken whenever the later one could be.
fn covers(earlier: &Transition, later: &Transition) -> bool {
    let guard = |transition: &Transition| transition.guard.as_ref().map(|guard| guard.source().trim().to_owned());
    if is_false(earlier) || !(is_unguarded(earlier) || guard(earlier) == guard(later)) {
        return false;
    }
    match (&earlier.trigger, &later.trigger) {
        (Trigger::Always, Trigger::Always) => true,
        (Trigger::Clock(one), Trigger::Clock(other)) => one == other,
        (Trigger::Events(one), Trigger::Events(other)) => {
            let events = other
                .iter()
                .all(|event| one.iter().any(|descriptor| matches(descriptor, event.trim_end_matches(".*"))));
            let people = match (&earlier.act, &later.act) {
                (Some(earlier), Some(later)) => later.by.iter().all(|role| earlier.by.contains(role)),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            events && people
        }
        (Trigger::Always | Trigger::Clock(_) | Trigger::Events(_), _) => false,
    }
}
