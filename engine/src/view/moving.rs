//! What a move of a case to another version would do, for people.

use niyam_kernel::effect::Effect;
use niyam_kernel::event::Refusal;
use niyam_kernel::state::{CaseState, Fires, Life};
use niyam_kernel::step::{Reason, Step};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use niyam_rules::chart::{Chart, ClockIx};
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Text;

use super::card::Labelled;
use super::words;
use crate::runtime::card::state_at;
use crate::runtime::live::Live;

/// What a move would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovePreview {
    /// Number of the case, as people say it.
    pub number: String,
    /// Number of the last event that this preview has seen.
    pub seen: u64,
    /// Version that the case runs on.
    pub from: VersionDigest,
    /// Version that it would run on.
    pub to: VersionDigest,
    /// Everything that is in the way; empty when it can be moved.
    pub problems: Vec<Text>,
    /// Innermost active states now.
    pub before: Vec<Labelled>,
    /// Innermost active states afterwards.
    pub after: Vec<Labelled>,
    /// Clocks that change, begin or end; those that stay as they are are there too.
    pub clocks: Vec<ClockChange>,
    /// States for which somebody new would be found.
    pub assigned: Vec<Labelled>,
    /// Messages that would go out, by id.
    pub messages: Vec<String>,
    /// Facts whose value would go, by name.
    pub forgotten: Vec<String>,
    /// How the case would end by the move itself.
    pub outcome: Option<String>,
}

/// A clock before and after a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockChange {
    /// State and name of the clock in the version in which it is armed, `desk.answer`.
    pub clock: String,
    /// Its label.
    pub label: Text,
    /// When it runs out now; `None` when it is not armed.
    pub before: Option<Timestamp>,
    /// When it would run out, were the case moved at this moment; `None` when it would be disarmed.
    pub after: Option<Timestamp>,
}

/// Makes a preview of the step that a move takes.
pub fn preview(live: &Live, new: &Protocol, step: &Step) -> MovePreview {
    let problems = match &step.refusal {
        Some(Refusal::CannotMove { problems }) => problems.iter().map(words::problem).collect(),
        Some(refusal) => vec![words::refusal(new, refusal)],
        None => Vec::new(),
    };
    let moved = step.refusal.is_none();
    let after = if moved { &new.chart } else { &live.protocol.chart };
    MovePreview {
        number: live.row.number.clone(),
        seen: live.state.number,
        from: live.row.version,
        to: new.digest,
        problems,
        before: leaves(&live.protocol.chart, &live.state),
        after: leaves(after, &step.state),
        clocks: if moved { clocks(live, new, step) } else { Vec::new() },
        assigned: step.effects.iter().filter_map(|effect| assigned(new, effect)).collect(),
        messages: step.effects.iter().filter_map(message).collect(),
        forgotten: live.state.facts.keys().filter(|name| !step.state.facts.contains_key(*name)).cloned().collect(),
        outcome: match &step.state.life {
            Life::Closed { outcome } => Some(outcome.clone()),
            Life::Open | Life::Halted { .. } => None,
        },
    }
}

fn leaves(chart: &Chart, case: &CaseState) -> Vec<Labelled> {
    let is_leaf = |ix: &niyam_rules::chart::StateIx| {
        state_at(chart, *ix).is_some_and(|state| !state.children.iter().any(|child| case.configuration.contains(child)))
    };
    let active = case.configuration.iter().copied().filter(is_leaf);
    active.filter_map(|ix| Some(labelled(state_at(chart, ix)?))).collect()
}

fn labelled(state: &niyam_rules::chart::State) -> Labelled {
    Labelled { id: state.id.clone(), label: state.label() }
}

fn assigned(new: &Protocol, effect: &Effect) -> Option<Labelled> {
    let Effect::Assign { state, .. } = effect else { return None };
    new.chart.states.iter().find(|known| known.id == *state).map(labelled)
}

fn message(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Notify { message, .. } | Effect::Reply { message, .. } => Some(message.clone()),
        Effect::StartTimer { .. }
        | Effect::CancelTimer { .. }
        | Effect::Assign { .. }
        | Effect::DestroyKey { .. }
        | Effect::Closed { .. } => None,
    }
}

/// Each clock before and after: those that go by the same name in states that are each other's are one line.
fn clocks(live: &Live, new: &Protocol, step: &Step) -> Vec<ClockChange> {
    let renamed: Vec<(String, String)> = step
        .reasons
        .iter()
        .filter_map(|reason| if let Reason::Moved { states, .. } = reason { Some(states.clone()) } else { None })
        .flatten()
        .collect();
    let mut left = armed(&new.chart, &step.state);
    let mut changes = Vec::new();
    for before in armed(&live.protocol.chart, &live.state) {
        let state = renamed.iter().find(|(was, _)| *was == before.state).map_or(&before.state, |(_, is)| is);
        let same = left.iter().position(|after| after.state == *state && after.name == before.name);
        // a clock that is called after its length has another name when its length was changed
        let same = same.or_else(|| left.iter().position(|after| after.state == *state && !is_known(live, after)));
        let after = same.map(|place| left.remove(place));
        changes.push(ClockChange {
            clock: format!("{}.{}", before.state, before.name),
            label: before.label,
            before: Some(before.due),
            after: after.map(|after| after.due),
        });
    }
    changes.extend(left.into_iter().map(|after| ClockChange {
        clock: format!("{}.{}", after.state, after.name),
        label: after.label,
        before: None,
        after: Some(after.due),
    }));
    changes
}

struct Armed {
    state: String,
    name: String,
    label: Text,
    due: Timestamp,
}

fn is_known(live: &Live, armed: &Armed) -> bool {
    let clocks = &live.protocol.chart.clocks;
    clocks.iter().any(|clock| clock.name == armed.name)
}

fn armed(chart: &Chart, case: &CaseState) -> Vec<Armed> {
    let clock = |ix: ClockIx| chart.clocks.get(usize::from(ix.0));
    case.timers
        .values()
        .filter_map(|timer| {
            let Fires::Clock(ix) = &timer.fires else { return None };
            let clock = clock(*ix)?;
            let state = state_at(chart, clock.state)?.id.clone();
            Some(Armed { state, name: clock.name.clone(), label: clock.label.clone(), due: timer.due })
        })
        .collect()
}
