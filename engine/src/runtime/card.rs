//! What the board shows of a case, made from its state. Holds no personal data.

use std::collections::{BTreeMap, BTreeSet};

use niyam_kernel::event::{Event, EventBody};
use niyam_kernel::state::{CaseState, Fires, Life};
use niyam_kernel::step::Reason;
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::{Chart, Stage, State, StateIx};
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Text;
use niyam_rules::value::Value;
use serde::{Deserialize, Serialize};

use crate::store::CaseRow;
use crate::view::LifeView;

/// The part of a card that has no column of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Active states without active children, by id.
    pub leaves: Vec<String>,
    /// States whose clock has run out and that are still active, by id, each with the first clock that did.
    pub late: BTreeMap<String, CardDue>,
    /// States that have been entered, by id.
    pub visited: BTreeSet<String>,
    /// Transitions that have been taken, by id.
    #[serde(default)]
    pub taken: BTreeSet<String>,
    /// Who is responsible for the first of the leaves.
    pub owner: Option<CardOwner>,
    /// The clock that runs out next.
    pub due: Option<CardDue>,
    /// Fact `minor`.
    pub minor: Option<bool>,
}

/// Who is responsible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardOwner {
    /// Role id.
    pub role: String,
    /// Unit code.
    pub unit: Option<String>,
    /// Person.
    pub person: Option<niyam_kernel::id::PersonId>,
}

/// A clock that will run out, or has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardDue {
    /// When it was or is due.
    pub at: Timestamp,
    /// Its label.
    pub label: Text,
    /// The state it belongs to.
    pub state: String,
}

impl Card {
    /// The clock that ran out first of those that still matter.
    pub fn overdue_since(&self) -> Option<&CardDue> {
        self.late.values().min_by_key(|clock| clock.at)
    }
}

/// State of the chart at an index. Indices come from the chart itself.
pub fn state_at(chart: &Chart, index: StateIx) -> Option<&State> {
    chart.states.get(usize::from(index.0))
}

/// Active states without active children, in document order.
pub fn leaves(chart: &Chart, state: &CaseState) -> Vec<StateIx> {
    let is_parent: BTreeSet<StateIx> =
        state.configuration.iter().filter_map(|index| state_at(chart, *index)?.parent).collect();
    state.configuration.iter().copied().filter(|index| !is_parent.contains(index)).collect()
}

/// Brings the row of a case up to date after a step.
pub fn refresh(
    row: &mut CaseRow,
    protocol: &Protocol,
    before: &CaseState,
    state: &CaseState,
    event: &Event,
    reasons: &[Reason],
) {
    let chart = &protocol.chart;
    let mut card: Card = serde_json::from_str(&row.card).unwrap_or_default();
    let leaves = leaves(chart, state);
    note_states(&mut card, chart, before, state, event, reasons);
    card.leaves = leaves.iter().filter_map(|index| Some(state_at(chart, *index)?.id.clone())).collect();
    card.owner = leaves.iter().find_map(|leaf| owner(chart, state, *leaf));
    card.due = due(protocol, state);
    card.minor = match open_fact(protocol, state, "minor").as_deref() {
        Some("yes") => Some(true),
        Some("no") => Some(false),
        _ => None,
    };
    row.last_event_at = event.at;
    row.due = card.due.as_ref().map(|due| due.at);
    row.overdue = !card.late.is_empty();
    row.level = open_fact(protocol, state, "level");
    row.platform = open_fact(protocol, state, "platform");
    row.source = open_fact(protocol, state, "source").or_else(|| row.source.take());
    row.unit = open_fact(protocol, state, "unit");
    row.stage = leaves.iter().filter_map(|leaf| stage(chart, *leaf)).max().unwrap_or(row.stage);
    let (life, outcome) = match &state.life {
        Life::Open => (LifeView::Open, None),
        Life::Closed { outcome } => (LifeView::Closed, Some(outcome.clone())),
        Life::Halted { .. } => (LifeView::Halted, None),
    };
    row.closed_at = match life {
        LifeView::Closed => row.closed_at.or(Some(event.at)),
        LifeView::Open | LifeView::Halted => None,
    };
    let open = life == LifeView::Open;
    row.unowned = open && state.owners.values().any(|owner| owner.person.is_none());
    row.life = life;
    row.outcome = outcome;
    row.card = serde_json::to_string(&card).expect("a card has text keys");
}

/// Keeps which states were visited and which are late.
fn note_states(
    card: &mut Card,
    chart: &Chart,
    before: &CaseState,
    state: &CaseState,
    event: &Event,
    reasons: &[Reason],
) {
    let ids = |indices: &BTreeSet<StateIx>| -> BTreeSet<String> {
        indices.iter().filter_map(|index| Some(state_at(chart, *index)?.id.clone())).collect()
    };
    card.visited.extend(ids(&state.configuration));
    for reason in reasons {
        if let Reason::Taken { transition, left, entered, .. } = reason {
            card.taken.insert(transition.clone());
            card.visited.extend(entered.iter().cloned());
            card.late.retain(|late, _| !left.contains(late));
        }
    }
    if let EventBody::TimerFired { timer, due } = &event.body
        && let Some(Fires::Clock(index)) = before.timers.get(timer).map(|timer| &timer.fires)
        && let Some(clock) = chart.clocks.get(usize::from(index.0))
        // the clocks of the whole case and those that come back are there to look after it, not deadlines
        && clock.state != StateIx(0)
        && !clock.timing.repeats()
        && let Some(of) = state_at(chart, clock.state)
    {
        let clock = CardDue { at: *due, label: clock.label.clone(), state: of.id.clone() };
        card.late.entry(of.id.clone()).or_insert(clock);
    }
    let active = ids(&state.configuration);
    card.late.retain(|late, _| active.contains(late));
    if !matches!(state.life, Life::Open) {
        card.late.clear();
    }
}

/// Who is responsible for a state: its own owner, else that of the nearest state around it.
fn owner(chart: &Chart, state: &CaseState, leaf: StateIx) -> Option<CardOwner> {
    let mut next = Some(leaf);
    while let Some(index) = next {
        if let Some(owner) = state.owners.get(&index) {
            return Some(CardOwner { role: owner.seat.role.clone(), unit: owner.unit.clone(), person: owner.person });
        }
        next = state_at(chart, index)?.parent;
    }
    None
}

/// The clock that runs out next; those of the whole case only when there is no other.
fn due(protocol: &Protocol, state: &CaseState) -> Option<CardDue> {
    let clocks = state.timers.values().filter_map(|timer| match &timer.fires {
        Fires::Clock(index) => Some((timer.due, protocol.chart.clocks.get(usize::from(index.0))?)),
        Fires::Event { .. } => None,
    });
    let (at, clock) = clocks.min_by_key(|(at, clock)| (clock.state == StateIx(0), *at))?;
    Some(CardDue { at, label: clock.label.clone(), state: state_at(&protocol.chart, clock.state)?.id.clone() })
}

/// Stage of a state; a state without one has that of the state around it.
pub fn stage(chart: &Chart, index: StateIx) -> Option<Stage> {
    let mut next = Some(index);
    while let Some(index) = next {
        let state = state_at(chart, index)?;
        if let Some(post) = &state.post {
            return Some(post.stage);
        }
        next = state.parent;
    }
    None
}

/// Text of a fact that is known and not sealed.
pub fn open_fact(protocol: &Protocol, state: &CaseState, name: &str) -> Option<String> {
    if protocol.facts.get(name)?.seal.is_some() {
        return None;
    }
    match &state.facts.get(name)?.value {
        Value::Text(text) if !text.is_empty() => Some(text.clone()),
        Value::Unknown | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
    }
}
