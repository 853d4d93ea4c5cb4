//! A place for every failure: whatever cannot be delivered, decided or staffed must come before a person.

use std::collections::BTreeSet;

use super::graph::{Graph, is_resting, is_unguarded};
use crate::chart::{Action, ActionKind, StateIx, StateKind, Transition, Trigger};
use crate::diagnostics::{Code, Diagnostic};
use crate::lower::matches;

/// Failures that must always have a place to go.
const FAILURES: &[(&str, &str)] = &[
    ("delivery.failed", "a message that could not be delivered"),
    ("roster.empty", "a seat that nobody sits in"),
    ("error.execution", "a rule that failed"),
];

/// What becomes of an event that comes while a state is active.
enum Answer<'c> {
    /// A person comes to know, whichever guards hold.
    Told,
    /// It may be that nothing takes it.
    Untaken,
    /// This may take it and tells nobody.
    Swallowed(&'c Transition),
}

/// Failures that may stay without a person knowing: the first state that leaves one untaken, and each transition that
/// swallows one.
pub(super) fn unhandled(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    for (event, what) in FAILURES {
        let mut untaken = false;
        for (index, state) in graph.states() {
            let rests = is_resting(state) && index != StateIx(0) && !graph.is_doubtful(index, true);
            if !rests || !graph.reached[usize::from(index.0)] {
                continue;
            }
            match answer(graph, index, event, &mut BTreeSet::new()) {
                Answer::Told => {}
                Answer::Untaken if untaken => {}
                Answer::Untaken => {
                    untaken = true;
                    let Some(place) = graph.chart.states[0].place.as_ref() else { continue };
                    let message = format!("`{event}` ({what}) has no place to go in the state `{}`", state.id);
                    let finding = Diagnostic::new(Code::Unhandled, place, message)
                        .label(state.place.as_ref(), "not handled here or around");
                    findings.push(finding.help(format!(
                        "add `on: {{ {event}: {{ actions: [ {{ notify: …, message: … }} ] }} }}` to the protocol, without a guard"
                    )));
                }
                Answer::Swallowed(by) => {
                    let Some(place) = by.place.as_ref() else { continue };
                    let message = format!("this takes `{event}` ({what}) and tells nobody");
                    findings.push(
                        Diagnostic::new(Code::Unhandled, place, message)
                            .help("add `{ notify: …, message: … }` to its actions, or a `target` that has an owner"),
                    );
                }
            }
        }
    }
}

/// The transitions that may take the event are asked from the innermost state outwards, in the order written, up to the
/// first without a guard. Each must tell a person, or come behind one that does so and arms a reminder that does so again:
/// then that one only counts what the reminder will tell.
fn answer<'c>(graph: &Graph<'c>, state: StateIx, event: &str, asked: &mut BTreeSet<String>) -> Answer<'c> {
    if !asked.insert(event.to_owned()) {
        return Answer::Untaken;
    }
    let handlers =
        graph.upwards(state).flat_map(|at| graph.live(graph.state(at))).filter(|transition| takes(transition, event));
    let mut reminded = false;
    for transition in handlers {
        if graph.doubts.ways.contains(&transition.id) || graph.doubts.deeds.contains(&transition.id) {
            return Answer::Told; // It may, and there is a finding already.
        }
        let told = tells(graph, state, transition, asked);
        if !told && !reminded {
            return Answer::Swallowed(transition);
        }
        if is_unguarded(transition) {
            return Answer::Told;
        }
        reminded |= told && transition.actions.iter().any(|action| reminds(graph, state, &action.kind, asked));
    }
    Answer::Untaken
}

fn takes(transition: &Transition, event: &str) -> bool {
    let Trigger::Events(events) = &transition.trigger else { return false };
    transition.act.is_none() && events.iter().any(|descriptor| matches(descriptor, event))
}

fn tells(graph: &Graph<'_>, state: StateIx, transition: &Transition, asked: &mut BTreeSet<String>) -> bool {
    transition.targets.iter().any(|target| is_somebodys(graph, *target))
        || transition.actions.iter().any(|action| reaches(graph, state, &action.kind, asked))
}

/// Whether somebody is told on entering a state, since it is in somebody's hands.
fn is_somebodys(graph: &Graph<'_>, at: StateIx) -> bool {
    let owned = |at: StateIx| graph.state(at).post.as_ref().is_some_and(|post| post.owner.is_some());
    let tells = |action: &Action| matches!(action.kind, ActionKind::Notify { .. });
    if graph.is_closed(at) {
        return graph.state(at).entry.iter().flatten().any(tells);
    }
    let begins = match &graph.state(at).kind {
        StateKind::Compound { initial } | StateKind::History { default: initial, .. } => initial.targets.as_slice(),
        StateKind::Parallel => graph.state(at).children.as_slice(),
        StateKind::Atomic | StateKind::Final { .. } => &[],
    };
    graph.upwards(at).any(owned)
        || graph.state(at).entry.iter().flatten().any(tells)
        || begins.iter().any(|inside| graph.inside(*inside, at) && is_somebodys(graph, *inside))
}

/// Whether an action brings a person in whatever happens; a log line does not.
fn reaches(graph: &Graph<'_>, state: StateIx, kind: &ActionKind, asked: &mut BTreeSet<String>) -> bool {
    match kind {
        ActionKind::Notify { .. } => true,
        ActionKind::Raise { event, .. } | ActionKind::Send { event, .. } => {
            matches!(answer(graph, state, event, asked), Answer::Told)
        }
        ActionKind::If { branches } => {
            let mut every = |actions: &Vec<Action>| actions.iter().any(|a| reaches(graph, state, &a.kind, asked));
            branches.iter().any(|(condition, _)| condition.is_none())
                && branches.iter().all(|(_, actions)| every(actions))
        }
        ActionKind::Block(actions) => actions.iter().any(|action| reaches(graph, state, &action.kind, asked)),
        ActionKind::Log(_)
        | ActionKind::Cancel { .. }
        | ActionKind::Assign { .. }
        | ActionKind::Set { .. }
        | ActionKind::Decide { .. }
        | ActionKind::Foreach { .. }
        | ActionKind::Fail
        | ActionKind::Reply { .. }
        | ActionKind::Erase { .. } => false,
    }
}

/// Whether an action arms, perhaps under a condition, an event that will tell a person.
fn reminds(graph: &Graph<'_>, state: StateIx, kind: &ActionKind, asked: &mut BTreeSet<String>) -> bool {
    match kind {
        ActionKind::Send { event, delay: Some(_), .. } => matches!(answer(graph, state, event, asked), Answer::Told),
        ActionKind::If { branches } => {
            branches.iter().flat_map(|(_, actions)| actions).any(|action| reminds(graph, state, &action.kind, asked))
        }
        ActionKind::Block(actions) => actions.iter().any(|action| reminds(graph, state, &action.kind, asked)),
        ActionKind::Send { delay: None, .. }
        | ActionKind::Notify { .. }
        | ActionKind::Raise { .. }
        | ActionKind::Log(_)
        | ActionKind::Cancel { .. }
        | ActionKind::Assign { .. }
        | ActionKind::Set { .. }
        | ActionKind::Decide { .. }
        | ActionKind::Foreach { .. }
        | ActionKind::Fail
        | ActionKind::Reply { .. }
        | ActionKind::Erase { .. } => false,
    }
}
