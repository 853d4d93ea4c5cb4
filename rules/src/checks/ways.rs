//! Ways in and out: unreachable states, states without a way out, transitions that can never be chosen.

use super::graph::{Graph, Never, is_resting, is_unguarded};
use crate::chart::{StateIx, StateKind, Trigger};
use crate::diagnostics::{Code, Diagnostic};

/// States that no way leads to; of several inside each other the outermost.
pub(super) fn unreachable(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    if graph.leads_anywhere() {
        return;
    }
    for (index, state) in graph.states() {
        let outer = state.parent.is_none_or(|parent| graph.reached[usize::from(parent.0)]);
        let Some(place) = state.place.as_ref().filter(|_| outer && !graph.reached[usize::from(index.0)]) else {
            continue;
        };
        let finding = Diagnostic::new(Code::Unreachable, place, format!("no way leads to the state `{}`", state.id));
        let blocked = graph.chart.transitions.iter().enumerate().find(|(number, transition)| {
            graph.never[*number].is_some() && transition.targets.iter().any(|target| graph.inside(*target, index))
        });
        let finding =
            finding.label(blocked.and_then(|(_, transition)| transition.place.as_ref()), "this way can never be taken");
        findings.push(finding.help("let a transition or an `initial` lead to it, or delete it"));
    }
}

/// States that rest, do not close the case, and cannot be left.
pub(super) fn without_way_out(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    for (index, state) in graph.states() {
        let rests = is_resting(state) && index != StateIx(0) && !graph.is_doubtful(index, true);
        if !rests || graph.is_closed(index) || !graph.reached[usize::from(index.0)] {
            continue;
        }
        let left = graph.chart.transitions.iter().enumerate().any(|(number, transition)| {
            let unread = graph.doubts.ways.contains(&transition.id) && graph.together(transition.source, index);
            if unread {
                return true;
            }
            graph.never[number].is_none()
                && !transition.targets.is_empty()
                && transition.targets.iter().any(|target| *target != index)
                && graph.together(transition.source, index)
                && graph.domain(transition) != index
                && graph.inside(index, graph.domain(transition))
        });
        if let Some(place) = state.place.as_ref().filter(|_| !left) {
            let message = format!("no way leads out of the state `{}`", state.id);
            let finding = Diagnostic::new(Code::NoWayOut, place, message);
            findings
                .push(finding.help("add a transition or a clock that leads on; if the case ends here, add `outcome`"));
        }
    }
}

/// States that lead to one another at once and for ever: a case in them never rests.
pub(super) fn endless(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    let mut told = std::collections::BTreeSet::new();
    for (index, _) in graph.states().filter(|(index, _)| graph.reached[usize::from(index.0)]) {
        let mut path = vec![index];
        while let Some(next) = path.last().and_then(|at| at_once(graph, *at)) {
            if next == index {
                break;
            }
            if path.contains(&next) {
                path.clear(); // It runs into a circle that it is no part of.
                break;
            }
            path.push(next);
        }
        let closed = path.last().and_then(|at| at_once(graph, *at)) == Some(index);
        if !closed || !told.insert(path.iter().copied().min()) {
            continue;
        }
        if let Some(place) = &graph.state(index).place {
            let names: Vec<String> = path.iter().map(|at| format!("`{}`", graph.state(*at).id)).collect();
            let message = format!("{} go on at once without end: `always` leads round in a circle", names.join(", "));
            let finding = Diagnostic::new(Code::NoWayOut, place, message);
            findings.push(finding.help("give one of the transitions under `always` a guard, or wait with `after`"));
        }
    }
}

/// Transitions to several states that can never be active together.
pub(super) fn apart(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    for transition in &graph.chart.transitions {
        let targets = &transition.targets;
        let clash = targets.iter().enumerate().find_map(|(number, one)| {
            let other = targets[..number].iter().find(|other| {
                *other == one
                    || graph.inside(*one, **other)
                    || graph.inside(**other, *one)
                    || !graph.together(*one, **other)
            })?;
            Some((*other, *one))
        });
        if let (Some((one, other)), Some(place)) = (clash, &transition.place) {
            let (one, other) = (&graph.state(one).id, &graph.state(other).id);
            let message =
                format!("this transition leads to `{one}` and `{other}`, which are never active side by side");
            let finding = Diagnostic::new(Code::Misbuilt, place, message);
            findings.push(finding.help("name one target, or one in each state inside a parallel state"));
        }
    }
}

/// The state that one is left for as soon as it is entered, if nothing else can happen.
fn at_once(graph: &Graph<'_>, at: StateIx) -> Option<StateIx> {
    let state = graph.state(at);
    let first = graph.live(state).find(|transition| transition.trigger == Trigger::Always)?;
    let certain = is_resting(state) && is_unguarded(first) && !graph.doubts.ways.contains(&first.id);
    first.targets.first().copied().filter(|_| certain && first.targets.len() == 1)
}

/// Transitions that can never be chosen.
pub(super) fn never_chosen(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    for (number, transition) in graph.chart.transitions.iter().enumerate() {
        let (Some(never), Some(place)) = (graph.never[number], transition.place.as_ref()) else { continue };
        let what = match &transition.trigger {
            Trigger::Events(events) => format!("this transition for `{}`", events.join(" ")),
            Trigger::Always => "this transition under `always`".to_owned(),
            Trigger::Clock(clock) => {
                format!("this transition of the clock `{}`", graph.chart.clocks[usize::from(clock.0)].name)
            }
        };
        let finding = match never {
            Never::False => {
                Diagnostic::new(Code::NeverChosen, place, format!("{what} can never be chosen: its guard is `false`"))
                    .help("delete it, or write the guard that is meant")
            }
            Never::Behind(earlier) => {
                let earlier = &graph.chart.transitions[usize::from(earlier.0)];
                let why = if is_unguarded(earlier) {
                    "an earlier one without a guard is always taken"
                } else {
                    "an earlier one has the same guard"
                };
                Diagnostic::new(Code::NeverChosen, place, format!("{what} can never be chosen: {why}"))
                    .label(earlier.place.as_ref(), "the earlier one")
                    .help("put it before the other, or give the other a guard")
            }
        };
        findings.push(finding);
    }
}

/// Ends of the case that do not say how it ended.
pub(super) fn without_outcome(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    for (index, state) in graph.states() {
        if !matches!(state.kind, StateKind::Final { .. }) || graph.is_closed(index) || graph.is_doubtful(index, false) {
            continue;
        }
        let Some(parent) = state.parent else { continue };
        if parent != StateIx(0) && (awaited(graph, parent) || !ends_the_case(graph, index)) {
            continue;
        }
        if let Some(place) = &state.place {
            let message = format!("the case ends in `{}`, but nothing says how", state.id);
            findings.push(
                Diagnostic::new(Code::NoOutcome, place, message)
                    .help("add `outcome: <id>`: safe, no_risk, handed_over …"),
            );
        }
    }
}

/// Whether something waits for a state to be done.
fn awaited(graph: &Graph<'_>, state: StateIx) -> bool {
    graph.upwards(state).any(|done| {
        let event = format!("done.state.{}", graph.state(done).id);
        graph.chart.transitions.iter().any(|transition| match &transition.trigger {
            Trigger::Events(events) => events.iter().any(|descriptor| crate::lower::matches(descriptor, &event)),
            Trigger::Always | Trigger::Clock(_) => false,
        })
    })
}

/// Whether a final state inside others stands in the stage of closure.
fn ends_the_case(graph: &Graph<'_>, state: StateIx) -> bool {
    graph.state(state).post.as_ref().is_some_and(|post| post.stage == crate::chart::Stage::Closure)
}
