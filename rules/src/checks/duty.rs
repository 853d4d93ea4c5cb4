//! What keeps a case from being forgotten: clocks where people must act, and a place for every failure.

use super::graph::{Graph, is_resting, is_unguarded};
use crate::chart::{ActionKind, Chart, StateIx, Transition, Trigger, Weight};
use crate::diagnostics::{Code, Diagnostic};
use crate::lower::matches;

/// States in which somebody must act, without a clock in them or around them. The root's clocks are those of the case
/// and do not count: they do not know what is being waited for.
pub(super) fn without_clock(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    for (index, state) in graph.states() {
        if !is_resting(state) || graph.is_closed(index) || !graph.reached[usize::from(index.0)] {
            continue;
        }
        let leaves_at_once =
            graph.live(state).any(|transition| transition.trigger == Trigger::Always && is_unguarded(transition));
        let around = || graph.upwards(index).filter(|at| *at != StateIx(0));
        let clocked = around().any(|at| !graph.state(at).clocks.is_empty());
        let owned = around().any(|at| graph.state(at).post.as_ref().is_some_and(|post| post.owner.is_some()));
        let acts = around().any(|at| graph.live(graph.state(at)).any(|transition| transition.act.is_some()));
        if clocked || leaves_at_once || !(owned || acts) {
            continue;
        }
        if let Some(place) = &state.place {
            let message = format!("the state `{}` waits for somebody, but no clock runs", state.id);
            let finding = Diagnostic::new(Code::NoClock, place, message).note("no clock here");
            findings.push(finding.help("add `after: { 10m: … }` and say who is told or what follows"));
        }
    }
}

/// Failures that must always have a place to go.
const FAILURES: &[(&str, &str)] = &[
    ("delivery.failed", "a message that could not be delivered"),
    ("roster.empty", "a seat that nobody sits in"),
    ("error.execution", "a rule that failed"),
];

/// Failures that are not handled in every state.
pub(super) fn unhandled(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    for (event, what) in FAILURES {
        let bare = graph.states().find(|(index, state)| {
            is_resting(state) && graph.reached[usize::from(index.0)] && !is_handled(graph, *index, event)
        });
        let Some((_, state)) = bare else { continue };
        let Some(place) = graph.chart.states[0].place.as_ref() else { continue };
        let message = format!("`{event}` ({what}) has no place to go in the state `{}`", state.id);
        let finding =
            Diagnostic::new(Code::Unhandled, place, message).label(state.place.as_ref(), "not handled here or around");
        let help = format!(
            "add `on: {{ {event}: {{ actions: [ {{ notify: …, message: … }} ] }} }}` to the protocol, without a guard"
        );
        findings.push(finding.help(help));
    }
}

/// Whether a failure that comes while a state is active is always taken up, and at least one of those that take it up
/// brings a person or another rule in. (The one without a guard may be the end of a chain that only counts: a control
/// room that nobody sits in must not answer itself for ever.)
fn is_handled(graph: &Graph<'_>, state: StateIx, event: &str) -> bool {
    let handlers: Vec<&Transition> = graph
        .upwards(state)
        .flat_map(|at| graph.live(graph.state(at)))
        .filter(|transition| takes(transition, event))
        .collect();
    let reaches = |transition: &&Transition| {
        !transition.targets.is_empty() || transition.actions.iter().any(|action| reaches_somebody(&action.kind))
    };
    handlers.iter().any(|transition| is_unguarded(transition)) && handlers.iter().any(reaches)
}

fn takes(transition: &Transition, event: &str) -> bool {
    let Trigger::Events(events) = &transition.trigger else { return false };
    let does = !transition.targets.is_empty() || !transition.actions.is_empty();
    transition.act.is_none() && does && events.iter().any(|descriptor| matches(descriptor, event))
}

/// Whether an action brings a person or another rule in; a log line does not.
fn reaches_somebody(kind: &ActionKind) -> bool {
    match kind {
        ActionKind::Notify { .. } | ActionKind::Raise { .. } | ActionKind::Send { .. } => true,
        ActionKind::If { branches } => {
            branches.iter().any(|(condition, _)| condition.is_none())
                && branches.iter().all(|(_, actions)| actions.iter().any(|action| reaches_somebody(&action.kind)))
        }
        ActionKind::Block(actions) => actions.iter().any(|action| reaches_somebody(&action.kind)),
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

/// States that offer two acts as the normal next step.
pub(super) fn two_primary(chart: &Chart, findings: &mut Vec<Diagnostic>) {
    for state in &chart.states {
        let primary = state.transitions.iter().filter_map(|index| {
            let transition = &chart.transitions[usize::from(index.0)];
            let act = transition.act.as_ref().filter(|act| act.weight == Weight::Primary)?;
            Some((act.name.as_str(), transition.place.as_ref()?))
        });
        let mut first: Option<(&str, &crate::place::Place)> = None;
        for (name, place) in primary {
            match first {
                None => first = Some((name, place)),
                Some((known, at)) if known != name => {
                    let message = format!("the state `{}` has two primary acts, `{known}` and `{name}`", state.id);
                    let finding = Diagnostic::new(Code::TwoPrimary, place, message).label(Some(at), "the other one");
                    findings.push(finding.help("one act is the normal next step; make the other `weight: plain`"));
                }
                Some(_) => {}
            }
        }
    }
}
