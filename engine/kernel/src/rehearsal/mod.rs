//! A case in virtual time: what a protocol would do, without engine, people or waiting.
//!
//! Purpose: `niyam try` and `niyam test`. Deliveries are answered at once: who sits in a seat that is not said to be
//! empty is found, and every message arrives. Clocks fire in the order in which they are due, each at its own time.

mod coverage;
mod deliveries;
mod scenario;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Serialize;

use niyam_rules::chart::{Seat, Weight};
use niyam_rules::duration::Duration;
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;

pub use coverage::{Coverage, Tally};
pub use scenario::{Failure, ScenarioReport, run_scenario};

use crate::effect::Effect;
use crate::event::{Event, EventBody, Refusal};
use crate::id::{AlertId, RequestId};
use crate::limits::{REHEARSED_DELIVERIES, SESSION_TIMERS};
use crate::state::{CaseState, Life};
use crate::step::{Reason, step};
use crate::time::Timestamp;
use crate::timers::next_due;
use crate::tree::{is_leaf, state};

/// The reason that a rehearsed person gives for a grave act.
const REHEARSED: &str = "in rehearsal";

/// A case that is rehearsed.
#[derive(Clone, Debug)]
pub struct Rehearsal<'p> {
    protocol: &'p Protocol,
    case: CaseState,
    now: Timestamp,
    empty: BTreeSet<Seat>,
    timeline: Vec<Moment>,
    alerts: u128,
    requests: u128,
}

/// One event of a rehearsed case and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Moment {
    /// What happened, when, under which number.
    pub event: Event,
    /// Why what followed followed.
    pub reasons: Vec<Reason>,
    /// Who was told and what was asked of the engine.
    pub effects: Vec<Effect>,
    /// Why it changed nothing.
    pub refusal: Option<Refusal>,
    /// Ids of the innermost active states afterwards.
    pub active: Vec<String>,
    /// Open, closed or halted afterwards.
    pub life: Life,
}

/// A rehearsal that cannot go on. The timeline holds all until then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Runaway {
    /// Answers to effects cause ever new effects.
    #[error(
        "more than {REHEARSED_DELIVERIES} deliveries followed from one event: the protocol answers itself without end"
    )]
    Deliveries,
    /// A clock turns in too short a circle.
    #[error("more than {SESSION_TIMERS} clocks ran out in one wait")]
    Clocks,
}

impl<'p> Rehearsal<'p> {
    /// A case that is not open yet. Nobody sits in the seats of `empty`.
    #[must_use]
    pub fn new(protocol: &'p Protocol, start: Timestamp, empty: impl IntoIterator<Item = Seat>) -> Self {
        Self {
            protocol,
            case: CaseState::default(),
            now: start,
            empty: empty.into_iter().collect(),
            timeline: Vec::new(),
            alerts: 0,
            requests: 0,
        }
    }

    /// The case as it stands.
    #[must_use]
    pub fn case(&self) -> &CaseState {
        &self.case
    }

    /// The time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// All that happened so far.
    #[must_use]
    pub fn timeline(&self) -> &[Moment] {
        &self.timeline
    }

    /// Gives the timeline away.
    #[must_use]
    pub fn into_timeline(self) -> Vec<Moment> {
        self.timeline
    }

    /// Opens the case with what an invented alert says.
    ///
    /// # Errors
    /// [`Runaway::Deliveries`].
    pub fn open(&mut self, facts: BTreeMap<String, Value>) -> Result<Option<Refusal>, Runaway> {
        let alert = Some(self.next_alert());
        self.happen(EventBody::Opened { alert, facts, drill: false })
    }

    /// A person in this role acts, of the unit that owns the case's state in this role, or else of the role's own. A grave act
    /// gets a reason.
    ///
    /// # Errors
    /// [`Runaway::Deliveries`].
    pub fn act(&mut self, act: &str, role: &str, form: BTreeMap<String, Value>) -> Result<Option<Refusal>, Runaway> {
        let (actor, request) = (self.actor(role), self.next_request());
        let acts = self.protocol.chart.transitions.iter().filter_map(|transition| transition.act.as_ref());
        let grave = acts.into_iter().any(|known| known.name == act && known.weight == Weight::Grave);
        let reason = grave.then(|| REHEARSED.to_owned());
        self.happen(EventBody::Act { act: act.to_owned(), actor, form, reason, request })
    }

    /// A person in this role saves the form of a state.
    ///
    /// # Errors
    /// [`Runaway::Deliveries`].
    pub fn record(
        &mut self,
        state: &str,
        role: &str,
        form: BTreeMap<String, Value>,
    ) -> Result<Option<Refusal>, Runaway> {
        let (actor, request) = (self.actor(role), self.next_request());
        self.happen(EventBody::Recorded { state: state.to_owned(), actor, form, request })
    }

    /// Something comes in from outside. `alert.…` and `session.…` are another alert that joins; anything else is an event that
    /// carries the facts as its data.
    ///
    /// # Errors
    /// [`Runaway::Deliveries`].
    pub fn event(&mut self, event: &str, facts: BTreeMap<String, Value>) -> Result<Option<Refusal>, Runaway> {
        if event.starts_with("alert.") || event.starts_with("session.") {
            let alert = self.next_alert();
            self.happen(EventBody::Joined { alert, event: event.to_owned(), facts })
        } else {
            self.happen(EventBody::External { name: event.to_owned(), data: Value::Map(facts) })
        }
    }

    /// Time passes; what is due meanwhile happens at its own time.
    ///
    /// # Errors
    /// [`Runaway`].
    pub fn wait(&mut self, length: Duration) -> Result<(), Runaway> {
        let end = self.now.plus(length);
        let mut fired = 0;
        while let Some((timer, due)) = next_due(&self.case).filter(|&(_, due)| due <= end) {
            fired += 1;
            if fired > SESSION_TIMERS {
                return Err(Runaway::Clocks);
            }
            self.now = self.now.max(due);
            if self.happen(EventBody::TimerFired { timer, due })?.is_some() {
                break; // Halted: its clocks stand still.
            }
        }
        self.now = end;
        Ok(())
    }

    /// Steps the case and answers every delivery that follows, at the same instant.
    fn happen(&mut self, body: EventBody) -> Result<Option<Refusal>, Runaway> {
        let mut waiting = VecDeque::from([body]);
        let mut refusal = None;
        let mut taken = 0;
        while let Some(body) = waiting.pop_front() {
            let first = taken == 0;
            taken += 1;
            if taken > REHEARSED_DELIVERIES {
                return Err(Runaway::Deliveries);
            }
            let event = Event { number: self.case.number + 1, at: self.now, happened_at: None, body };
            let step = step(self.protocol, std::mem::take(&mut self.case), &event);
            self.case = step.state;
            if first {
                refusal.clone_from(&step.refusal);
            }
            for (place, effect) in step.effects.iter().enumerate() {
                waiting.extend(self.delivered(event.number, place, effect));
            }
            let moment = Moment {
                event,
                reasons: step.reasons,
                effects: step.effects,
                refusal: step.refusal,
                active: self.active(),
                life: self.case.life.clone(),
            };
            self.timeline.push(moment);
        }
        Ok(refusal)
    }

    fn active(&self) -> Vec<String> {
        let chart = &self.protocol.chart;
        let leaves = self.case.configuration.iter().filter(|&&ix| is_leaf(chart, ix));
        leaves.map(|&ix| state(chart, ix).id.clone()).collect()
    }

    fn next_alert(&mut self) -> AlertId {
        self.alerts += 1;
        AlertId(uuid::Uuid::from_u128(self.alerts))
    }

    fn next_request(&mut self) -> RequestId {
        self.requests += 1;
        RequestId(uuid::Uuid::from_u128(self.requests))
    }
}
