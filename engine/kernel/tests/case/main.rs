//! A case of the small protocol, event by event.

#[path = "../five_stages.rs"]
mod five_stages;
#[path = "../legal.rs"]
mod legal;

mod acts;
mod alerts;
mod clocks;
mod moving;
mod owners;
mod replay;

use std::collections::BTreeMap;

use niyam_kernel::event::{Actor, Event, EventBody};
use niyam_kernel::id::{AlertId, PersonId, RequestId};
use niyam_kernel::state::{CaseState, TimerId};
use niyam_kernel::step::{Step, step};
use niyam_kernel::time::Timestamp;
use niyam_kernel::timers::next_due;
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;
use uuid::Uuid;

/// A case and the protocol it runs on.
struct Case {
    protocol: Protocol,
    state: CaseState,
    now_ms: i64,
    events: Vec<Event>,
}

impl Case {
    /// Open since time 0, with these facts.
    fn open(facts: &[(&str, Value)]) -> (Self, Step) {
        let mut case =
            Self { protocol: five_stages::protocol(), state: CaseState::default(), now_ms: 0, events: Vec::new() };
        let alert = Some(AlertId(Uuid::from_u128(1)));
        let step = case.take(EventBody::Opened { alert, facts: known(facts), drill: false });
        (case, step)
    }

    /// In `open.verify`, which most tests begin from.
    fn verifying() -> Self {
        let (mut case, _) = Self::open(&[]);
        case.act("take_up", "desk", &[]);
        case
    }

    /// In `open.assigned`.
    fn assigned() -> Self {
        let mut case = Self::verifying();
        case.act("found", "desk", &[("unit", Value::from("RJ-KTC-01"))]);
        case
    }

    fn take(&mut self, body: EventBody) -> Step {
        let event =
            Event { number: self.state.number + 1, at: Timestamp::from_ms(self.now_ms), happened_at: None, body };
        let step = step(&self.protocol, self.state.clone(), &event);
        self.state = step.state.clone();
        self.events.push(event);
        step
    }

    fn act(&mut self, act: &str, role: &str, form: &[(&str, Value)]) -> Step {
        let request = RequestId(Uuid::from_u128(9));
        self.take(EventBody::Act {
            act: act.to_owned(),
            actor: actor(role),
            form: known(form),
            reason: Some("seen".to_owned()),
            request,
        })
    }

    fn record(&mut self, state: &str, role: &str, form: &[(&str, Value)]) -> Step {
        let request = RequestId(Uuid::from_u128(9));
        self.take(EventBody::Recorded { state: state.to_owned(), actor: actor(role), form: known(form), request })
    }

    fn join(&mut self, event: &str, facts: &[(&str, Value)]) -> Step {
        let alert = AlertId(Uuid::from_u128(2));
        self.take(EventBody::Joined { alert, event: event.to_owned(), facts: known(facts) })
    }

    /// Runs the next timer out, this much later than due.
    fn fire_next(&mut self, late_ms: i64) -> Step {
        let (timer, due) = next_due(&self.state).expect("a timer is armed");
        self.now_ms = due.as_ms() + late_ms;
        self.take(EventBody::TimerFired { timer, due })
    }

    fn is_in(&self, id: &str) -> bool {
        let states = &self.protocol.chart.states;
        self.state.configuration.iter().any(|ix| states[usize::from(ix.0)].id == id)
    }

    fn fact(&self, name: &str) -> Value {
        self.state.facts.get(name).map_or(Value::Unknown, |fact| fact.value.clone())
    }

    fn due_in_ms(&self, timer: TimerId) -> i64 {
        self.state.timers[&timer].due.as_ms() - self.now_ms
    }
}

fn known(facts: &[(&str, Value)]) -> BTreeMap<String, Value> {
    facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn actor(role: &str) -> Actor {
    Actor { person: PersonId(Uuid::from_u128(5)), role: role.to_owned(), unit: "RJ-PHQ-SCRB".to_owned() }
}

/// That an event was refused and changed nothing but the number.
fn assert_unchanged(before: &CaseState, step: &Step) {
    assert!(step.refusal.is_some(), "it was taken");
    assert_eq!(step.effects, []);
    assert_eq!(step.state, CaseState { number: before.number + 1, ..before.clone() });
}
