//! One step of a case.
//!
//! ```text
//! event -> refused? (number, life, act, form, guard) -> facts -> chart runs to rest -> state, effects, reasons
//! ```

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use niyam_rules::bundle::VersionDigest;
use niyam_rules::place::Place;
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;

use crate::behaviour::Behaviour;
use crate::effect::Effect;
use crate::event::{Breach, Event, EventBody, Refusal};
use crate::interpret::{Run, World};
use crate::occurrence::{Occurrence, Origin};
use crate::state::{CaseState, EffectPlace, Fires, Life, Source};
use crate::time::Timestamp;

/// What a step gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The next state.
    pub state: CaseState,
    /// What to do outside, in order.
    pub effects: Vec<Effect>,
    /// Why: everything that was decided, in order.
    pub reasons: Vec<Reason>,
    /// Set when the event changed nothing but the number.
    pub refusal: Option<Refusal>,
}

impl Step {
    /// Nothing changed but the number, which the caller has set.
    pub(crate) fn refused(state: CaseState, refusal: Refusal) -> Self {
        Self { state, effects: Vec::new(), reasons: Vec::new(), refusal: Some(refusal) }
    }
}

/// Name that `event` has while a case opens.
const OPENED: &str = "opened";

/// Takes one event into a case. Now is `event.at`.
///
/// Pure and total: the same protocol, state and event give the same bytes on every machine, and no event makes it
/// panic. An event that cannot be taken gives a refusal and the state as it was, the number apart; an event with
/// the wrong number changes nothing at all.
#[must_use]
pub fn step(protocol: &Protocol, case: CaseState, event: &Event) -> Step {
    step_as(Behaviour::NEWEST, protocol, case, event)
}

/// As [`step`], in the way the kernel behaved under a number: for replay.
#[must_use]
pub fn step_as(behaviour: Behaviour, protocol: &Protocol, mut case: CaseState, event: &Event) -> Step {
    let expected = case.number.saturating_add(1);
    if event.number != expected {
        return Step::refused(case, Refusal::OutOfOrder { expected });
    }
    if let EventBody::Halted { breach } = &event.body {
        return halt(case, breach);
    }
    if !belongs(protocol, &case) {
        case.life = Life::Halted { breach: Breach::OtherVersion };
    }
    if let EventBody::Forgotten { seals } = &event.body {
        return forget(protocol, case, event, seals);
    }
    if let Some(refusal) = refuse(protocol, &case, &event.body) {
        case.number = expected;
        return Step::refused(case, refusal);
    }
    let mut run = Run::new(World::of(protocol), case, expected, event.at);
    run.behaviour = behaviour;
    match take(&mut run, protocol, &event.body) {
        Ok(()) => run.finish(),
        Err(refusal) => Step { reasons: run.reasons, ..Step::refused(run.case, refusal) },
    }
}

/// Halts a case, whatever it stands in: also one that has ended, and one whose protocol cannot be loaded. Nothing else
/// changes.
#[must_use]
pub fn halt(mut case: CaseState, breach: &Breach) -> Step {
    case.number = case.number.saturating_add(1);
    if matches!(case.life, Life::Halted { .. }) {
        return Step::refused(case, Refusal::Halted);
    }
    case.life = Life::Halted { breach: breach.clone() };
    Step { state: case, effects: Vec::new(), reasons: Vec::new(), refusal: None }
}

/// Forgets seal groups of a closed case, also of one that has ended for good. The chart is not asked: what the law does not
/// let anybody keep goes, whatever the protocol says. A case that runs or stands still keeps what it knows.
fn forget(protocol: &Protocol, mut case: CaseState, event: &Event, seals: &BTreeSet<String>) -> Step {
    if !matches!(case.life, Life::Closed { .. }) {
        case.number = event.number;
        return Step::refused(case, Refusal::NotAllowedHere { act: name(&event.body) });
    }
    let mut run = Run::new(World::of(protocol), case, event.number, event.at);
    for seal in seals {
        run.erase(seal);
    }
    Step { state: run.case, effects: run.effects, reasons: run.reasons, refusal: None }
}

/// Whether every state and clock that a case names is one of the protocol's. It always is, unless the case was loaded with
/// another version than it runs on; then it is halted, since any step would be a guess.
pub(crate) fn belongs(protocol: &Protocol, case: &CaseState) -> bool {
    let (states, clocks) = (protocol.chart.states.len(), protocol.chart.clocks.len());
    let named = case.configuration.last().into_iter().chain(case.owners.keys().next_back());
    let remembered = case.history.iter().flat_map(|(ix, remembered)| remembered.last().into_iter().chain([ix]));
    let has_clock = |fires: &Fires| match fires {
        Fires::Clock(clock) => usize::from(clock.0) < clocks,
        Fires::Event { .. } => true,
    };
    named.chain(remembered).all(|ix| usize::from(ix.0) < states)
        && case.timers.values().all(|timer| has_clock(&timer.fires))
}

/// Whether a case has ended for good: it takes no event of its chart any more.
#[must_use]
pub fn has_ended(protocol: &Protocol, case: &CaseState) -> bool {
    crate::interpret::has_ended(&protocol.chart, &case.configuration)
}

/// Why a case takes no such event now, whatever it holds.
fn refuse(protocol: &Protocol, case: &CaseState, body: &EventBody) -> Option<Refusal> {
    if matches!(case.life, Life::Halted { .. }) {
        return Some(Refusal::Halted);
    }
    if has_ended(protocol, case) {
        return Some(Refusal::Closed);
    }
    let opens = matches!(body, EventBody::Opened { .. });
    let begun = !case.configuration.is_empty();
    (opens == begun).then(|| Refusal::NotAllowedHere { act: if opens { OPENED.to_owned() } else { name(body) } })
}

/// What an event is called where nothing better is known.
fn name(body: &EventBody) -> String {
    match body {
        EventBody::Opened { .. } => OPENED.to_owned(),
        EventBody::Joined { event, .. } => event.clone(),
        EventBody::Act { act, .. } => act.clone(),
        EventBody::Recorded { state, .. } => state.clone(),
        EventBody::TimerFired { .. } => "timer".to_owned(),
        EventBody::Delivered { .. } => "delivery".to_owned(),
        EventBody::External { name, .. } => name.clone(),
        EventBody::Moved { .. } => "case.moved".to_owned(),
        EventBody::Halted { .. } => "halted".to_owned(),
        EventBody::Forgotten { .. } => "forgotten".to_owned(),
    }
}

fn take<'p>(run: &mut Run<'p>, protocol: &'p Protocol, body: &EventBody) -> Result<(), Refusal> {
    match body {
        EventBody::Opened { alert, facts, drill } => {
            run.case.drill = *drill;
            run.set_defaults(&protocol.facts);
            run.set_event(Occurrence::new(OPENED, Origin::External, Value::Unknown));
            run.merge(facts, &alert.map_or(Source::Default, Source::Alert));
            run.start();
        }
        EventBody::Joined { alert, event, facts } => {
            let changed = run.merge(facts, &Source::Alert(*alert));
            let data = [
                ("alert".to_owned(), Value::Text(alert.to_string())),
                ("changed".to_owned(), Value::List(changed.into_iter().map(Value::Text).collect())),
            ];
            run.deliver(Occurrence::new(event.clone(), Origin::External, Value::Map(data.into())));
        }
        EventBody::Act { act, actor, form, reason, request: _ } => {
            run.act(protocol, act, actor, form, reason.as_deref())?;
        }
        EventBody::Recorded { state, actor, form, request: _ } => run.record(protocol, state, actor, form)?,
        EventBody::TimerFired { timer, due: _ } => run.fire(*timer)?,
        EventBody::Delivered { event, index, outcome } => {
            run.delivered(EffectPlace { event: *event, index: *index }, outcome);
        }
        EventBody::External { name, data } => {
            run.deliver(Occurrence::new(name.clone(), Origin::External, data.clone()));
        }
        // needs both versions: see `moving::step_move`
        EventBody::Moved { .. } => return Err(Refusal::NotAllowedHere { act: name(body) }),
        // these never come here: `step` answers them before anything runs
        EventBody::Halted { breach } => run.breach = Some(breach.clone()),
        EventBody::Forgotten { seals } => seals.iter().for_each(|seal| run.erase(seal)),
    }
    Ok(())
}

/// One thing that was decided, with the rule that decided it. Holds no sealed values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A transition was taken.
    Taken {
        /// Stable id of the transition.
        transition: String,
        /// Its guard's text.
        guard: Option<String>,
        /// States left, innermost first, by id.
        left: Vec<String>,
        /// States entered, outermost first, by id.
        entered: Vec<String>,
        /// Where it is written.
        place: Option<Place>,
    },
    /// A decision table ran.
    Decided {
        /// Table id.
        table: String,
        /// Ids of the rows that counted.
        rows: Vec<String>,
        /// Facts it set.
        outputs: Vec<String>,
        /// Where the (first) row is written.
        place: Option<Place>,
    },
    /// A fact got a value.
    FactSet {
        /// The fact.
        fact: String,
        /// Where the action is written.
        place: Option<Place>,
    },
    /// A guard, action or table failed; `error.execution` was raised.
    Error {
        /// In plain words.
        message: String,
        /// Where.
        place: Option<Place>,
    },
    /// A clock ran out or a delayed event came.
    Fired {
        /// State whose clock it is, by id; `None` for a delayed event.
        state: Option<String>,
        /// Name of the clock or event.
        clock: String,
        /// When it was due.
        due: Timestamp,
        /// How much later it came. Unit: milliseconds.
        late_ms: u64,
    },
    /// The case was taken to another version of its protocol.
    Moved {
        /// Version it ran on.
        from: VersionDigest,
        /// Version it runs on from here.
        to: VersionDigest,
        /// States it stood in and what they are now, by id.
        states: Vec<(String, String)>,
    },
    /// All facts of a seal group were forgotten.
    Erased {
        /// Seal group.
        seal: String,
    },
    /// A `log` action ran.
    Logged {
        /// Its label.
        label: String,
    },
    /// An event had no transition. Not an error.
    Ignored {
        /// Event name.
        event: String,
    },
}
