//! What keeps a case from being forgotten: an owner and a clock where people must act.

use super::graph::{Graph, is_resting, is_unguarded};
use crate::chart::{Chart, State, StateIx, Trigger, Weight};
use crate::diagnostics::{Code, Diagnostic};

/// States in which somebody must act, without a clock in them or around them. The root's clocks are those of the case
/// and do not count: they do not know what is being waited for.
pub(super) fn without_clock(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    for (index, state) in graph.states() {
        if !waits_here(graph, index, state) {
            continue;
        }
        let around = || graph.upwards(index).filter(|at| *at != StateIx(0));
        let clocked = around().any(|at| !graph.state(at).clocks.is_empty());
        let owned = around().any(|at| graph.state(at).post.as_ref().is_some_and(|post| post.owner.is_some()));
        let acts = around().any(|at| graph.live(graph.state(at)).any(|transition| transition.act.is_some()));
        if clocked || leaves_at_once(graph, state) || !(owned || acts) {
            continue;
        }
        if let Some(place) = &state.place {
            let message = format!("the state `{}` waits for somebody, but no clock runs", state.id);
            let finding = Diagnostic::new(Code::NoClock, place, message).note("no clock here");
            findings.push(finding.help("add `after: { 10m: … }` and say who is told or what follows"));
        }
    }
}

/// Whether a case can rest here, open, and all that bears on it could be read.
fn waits_here(graph: &Graph<'_>, index: StateIx, state: &State) -> bool {
    let open = is_resting(state) && index != StateIx(0) && !graph.is_closed(index);
    open && graph.reached[usize::from(index.0)] && !graph.is_doubtful(index, false)
}

/// Whether nothing can be waited for in a state, since it is left as soon as it is entered.
fn leaves_at_once(graph: &Graph<'_>, state: &State) -> bool {
    graph.live(state).any(|transition| transition.trigger == Trigger::Always && is_unguarded(transition))
}

/// States in which people may act or write, without an owner in them or around them. Closed ones may wait for nobody.
pub(super) fn without_owner(graph: &Graph<'_>, findings: &mut Vec<Diagnostic>) {
    for (index, state) in graph.states() {
        if !waits_here(graph, index, state) {
            continue;
        }
        let around = || graph.upwards(index).filter(|at| *at != StateIx(0)).map(|at| graph.state(at));
        let posts = || around().filter_map(|state| state.post.as_ref());
        let waits = posts().any(|post| post.form.is_some())
            || around().any(|state| graph.live(state).any(|transition| transition.act.is_some()));
        if !waits || leaves_at_once(graph, state) || posts().any(|post| post.owner.is_some()) {
            continue;
        }
        if let Some(place) = &state.place {
            let message = format!("the state `{}` waits for people, but nobody is responsible", state.id);
            let finding = Diagnostic::new(Code::NoOwner, place, message).note("no owner here or around it");
            findings.push(finding.help("add `owner: <role>`, or `owner: <role> @ <unit>`"));
        }
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
