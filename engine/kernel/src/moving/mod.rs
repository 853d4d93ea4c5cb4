//! Takes a running case from one version of its protocol to another.
//!
//! A state in which the case stands already, under its old id or the one the plan names, is not entered again: its entry
//! actions do not run, its owner stays when the seat is the same, its clocks go by [`ClockRule`]. A state that is new for the
//! case (a region that was added) is entered as always. What the case leaves behind has no exit actions: its rules are no
//! longer in force. Then the chart runs to rest.

mod clocks;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use niyam_rules::chart::{Chart, StateIx};
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;

use crate::behaviour::Behaviour;
use crate::domain::Domain;
use crate::entry::Entry;
use crate::event::{Breach, Event, EventBody, Refusal};
use crate::interpret::{Run, World, has_ended};
use crate::occurrence::{Occurrence, Origin};
use crate::state::{CaseState, Life};
use crate::step::{Reason, Step, belongs};
use crate::tree::{children, find, is_compound, is_history, is_leaf, state};
pub use plan::{ClockRule, MovePlan, MoveProblem};

/// Name of the event that the new chart sees.
const MOVED: &str = "case.moved";

/// Seal group of what no version declares.
const UNDECLARED: &str = "person";

/// Active states of the old version and what they are in the new one.
pub(crate) type Counterparts = BTreeMap<StateIx, StateIx>;

/// Takes [`EventBody::Moved`] into a case that stands in `old`; the state it gives stands in `new`. Now is `event.at`.
///
/// Pure and total like [`crate::step::step`]. A move that is impossible gives [`Refusal::CannotMove`] with all problems, and
/// the state as it was, the number apart. Any other event is refused.
#[must_use]
pub fn step_move(old: &Protocol, new: &Protocol, case: CaseState, event: &Event) -> Step {
    step_move_as(Behaviour::NEWEST, old, new, case, event)
}

/// As [`step_move`], in the way the kernel behaved under a number: for replay.
#[must_use]
pub fn step_move_as(behaviour: Behaviour, old: &Protocol, new: &Protocol, mut case: CaseState, event: &Event) -> Step {
    let expected = case.number.saturating_add(1);
    if event.number != expected {
        return Step::refused(case, Refusal::OutOfOrder { expected });
    }
    let EventBody::Moved { from, to, plan, seen, .. } = &event.body else {
        case.number = expected;
        return Step::refused(case, Refusal::NotAllowedHere { act: MOVED.to_owned() });
    };
    let found = if seen.is_some_and(|seen| seen != case.number) {
        Err(vec![MoveProblem::WentOn])
    } else if *from == old.digest && *to == new.digest && is_movable(old, &case) {
        prepare(old, new, &case, plan)
    } else {
        Err(vec![MoveProblem::NotRunning])
    };
    let (mut entry, counterparts) = match found {
        Ok(found) => found,
        Err(problems) => {
            case.number = expected;
            return Step::refused(case, Refusal::CannotMove { problems });
        }
    };
    let before = case.clone();
    let kept: BTreeSet<StateIx> = counterparts.values().copied().collect();
    let moved = transfer(old, new, case, plan, &counterparts);
    let mut run = Run::new(World::of(new), moved, expected, event.at);
    run.behaviour = behaviour;
    run.reasons.push(Reason::Moved {
        from: *from,
        to: *to,
        states: counterparts
            .iter()
            .filter(|(was, _)| is_leaf(&old.chart, **was))
            .map(|(was, is)| (state(&old.chart, *was).id.clone(), state(&new.chart, *is).id.clone()))
            .collect(),
    });
    run.set_event(Occurrence::new(MOVED, Origin::External, Value::Unknown));
    run.move_clocks(&old.chart, &before, plan.clocks, &counterparts);
    run.set_new_defaults(new, &before);
    run.ask_new_owners(&before, &counterparts);
    entry.states.retain(|ix| !kept.contains(ix));
    run.enter(&entry);
    run.resettle(Occurrence::new(MOVED, Origin::External, Value::Unknown));
    run.finish()
}

/// A case that runs, or that its own rules brought to a halt: new rules may be what mends it.
fn is_movable(old: &Protocol, case: &CaseState) -> bool {
    let life = match &case.life {
        Life::Open | Life::Halted { breach: Breach::EndlessLoop | Breach::TooMuch { .. } } => true,
        Life::Closed { .. } | Life::Halted { .. } => false,
    };
    life && !case.configuration.is_empty() && belongs(old, case) && !has_ended(&old.chart, &case.configuration)
}

/// What the case will stand in, and which of it it stands in already. Errors: everything that is in the way.
fn prepare<'p>(
    old: &Protocol,
    new: &'p Protocol,
    case: &CaseState,
    plan: &MovePlan,
) -> Result<(Entry<'p>, Counterparts), Vec<MoveProblem>> {
    let mut problems = unfit_facts(old, new, case, plan);
    let mut targets = BTreeSet::new();
    for &leaf in case.configuration.iter().filter(|ix| is_leaf(&old.chart, **ix)) {
        match counterpart(old, new, plan, leaf) {
            Ok(target) => {
                targets.insert(target);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let mut entry = Entry::default();
    let targets: Vec<StateIx> = targets.into_iter().collect();
    // what history states remember belongs to the old version: nothing is entered through them here
    entry.add(&new.chart, &CaseState::default(), &targets, Domain::Whole);
    problems.extend(exclusive(&new.chart, &entry.states));
    if !problems.is_empty() {
        return Err(problems);
    }
    let counterparts = case
        .configuration
        .iter()
        .filter_map(|&was| {
            let is = counterpart(old, new, plan, was).ok()?;
            entry.states.contains(&is).then_some((was, is))
        })
        .collect();
    Ok((entry, counterparts))
}

/// The state of the new version in which a case stands that stood in `was`.
fn counterpart(old: &Protocol, new: &Protocol, plan: &MovePlan, was: StateIx) -> Result<StateIx, MoveProblem> {
    let id = &state(&old.chart, was).id;
    let is_root = |ix: StateIx| ix == crate::tree::ROOT;
    if is_root(was) {
        return Ok(crate::tree::ROOT);
    }
    let stands = |ix: &StateIx| !is_root(*ix) && !is_history(&new.chart, *ix);
    match plan.states.get(id) {
        Some(to) => find(&new.chart, to)
            .filter(stands)
            .ok_or_else(|| MoveProblem::NoSuchState { state: id.clone(), to: to.clone() }),
        None => find(&new.chart, id).filter(stands).ok_or_else(|| MoveProblem::NoCounterpart { state: id.clone() }),
    }
}

/// Pairs of states that would both be active in a compound state.
fn exclusive(chart: &Chart, states: &BTreeSet<StateIx>) -> Vec<MoveProblem> {
    let id = |ix: StateIx| state(chart, ix).id.clone();
    let mut problems = Vec::new();
    for &ix in states.iter().filter(|ix| is_compound(chart, **ix)) {
        let active: Vec<StateIx> = children(chart, ix).filter(|child| states.contains(child)).collect();
        for pair in active.windows(2) {
            problems.push(MoveProblem::Exclusive { one: id(pair[0]), other: id(pair[1]) });
        }
    }
    problems
}

/// Facts that the new version cannot take over.
fn unfit_facts(old: &Protocol, new: &Protocol, case: &CaseState, plan: &MovePlan) -> Vec<MoveProblem> {
    let mut problems = Vec::new();
    for (name, fact) in &case.facts {
        let Some(declared) = new.facts.get(name) else { continue };
        // what nobody declared is sealed as `person`
        let was = old.facts.get(name).map_or(Some(UNDECLARED), |old| old.seal.as_deref());
        match (was, declared.seal.as_deref()) {
            (Some(_), None) => problems.push(MoveProblem::LaidOpen { fact: name.clone() }),
            (Some(was), Some(is)) if was != is => problems.push(MoveProblem::SealedOtherwise { fact: name.clone() }),
            (Some(_) | None, _) => {}
        }
        if !declared.kind.admits(&fact.value) && !plan.forget.contains(name) {
            problems.push(MoveProblem::FactDoesNotFit { fact: name.clone() });
        }
    }
    problems
}

/// The case with its states, owners and memory in the new version; without timers.
fn transfer(
    old: &Protocol,
    new: &Protocol,
    mut case: CaseState,
    plan: &MovePlan,
    counterparts: &Counterparts,
) -> CaseState {
    case.configuration = counterparts.values().copied().collect();
    case.timers.clear();
    case.life = Life::Open;
    case.facts.retain(|name, fact| new.facts.get(name).is_none_or(|declared| declared.kind.admits(&fact.value)));
    let owners = std::mem::take(&mut case.owners);
    for (was, owner) in owners {
        let Some(&is) = counterparts.get(&was) else { continue };
        let seat = state(&new.chart, is).post.as_ref().and_then(|post| post.owner.as_ref());
        if seat == Some(&owner.seat) {
            case.owners.insert(is, owner);
        }
    }
    for (history, remembered) in std::mem::take(&mut case.history) {
        let is = find(&new.chart, &state(&old.chart, history).id).filter(|ix| is_history(&new.chart, *ix));
        let states: Option<BTreeSet<StateIx>> =
            remembered.iter().map(|was| counterpart(old, new, plan, *was).ok()).collect();
        if let (Some(is), Some(states)) = (is, states) {
            let parent = state(&new.chart, is).parent;
            if states.iter().all(|ix| parent.is_some_and(|parent| crate::tree::is_descendant(&new.chart, *ix, parent)))
            {
                case.history.insert(is, states);
            }
        }
    }
    case
}

impl Run<'_> {
    /// Gives facts that the new version added their defaults.
    fn set_new_defaults(&mut self, new: &Protocol, before: &CaseState) {
        let missing: Vec<(String, Value)> = new
            .facts
            .iter()
            .filter(|(name, fact)| !fact.default.is_unknown() && !before.facts.contains_key(*name))
            .map(|(name, fact)| (name.clone(), fact.default.clone()))
            .collect();
        for (name, value) in missing {
            self.set_fact(&name, value, crate::state::Source::Default);
        }
    }

    /// Finds somebody for states whose seat is another now.
    fn ask_new_owners(&mut self, before: &CaseState, counterparts: &Counterparts) {
        for (&was, &is) in counterparts {
            let had = before.owners.get(&was).map(|owner| &owner.seat);
            let wants = state(self.world.chart, is).post.as_ref().and_then(|post| post.owner.as_ref());
            if wants.is_some() && wants != had {
                self.assign_owner(is);
            }
        }
    }
}
