//! Running cases taken to another version.

use std::collections::BTreeMap;

use niyam_kernel::effect::Effect;
use niyam_kernel::event::{Breach, Event, EventBody, Outcome, Refusal};
use niyam_kernel::id::{PersonId, RequestId};
use niyam_kernel::moving::{ClockRule, MovePlan, MoveProblem, step_move};
use niyam_kernel::state::{Fires, Life};
use niyam_kernel::step::{Reason, Step, step};
use niyam_kernel::time::Timestamp;
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;
use uuid::Uuid;

use crate::legal::assert_legal;
use crate::{Case, actor, assert_unchanged, five_stages};

const MINUTE_MS: i64 = 60_000;

impl Case {
    fn move_to(&mut self, new: Protocol, plan: MovePlan) -> Step {
        let body = EventBody::Moved {
            from: self.protocol.digest,
            to: new.digest,
            plan,
            seen: Some(self.state.number),
            actor: actor("supervisor"),
            reason: "a new order".to_owned(),
            request: RequestId(Uuid::from_u128(11)),
        };
        let at = Timestamp::from_ms(self.now_ms);
        let event = Event { number: self.state.number + 1, at, happened_at: None, body };
        let step = step_move(&self.protocol, &new, self.state.clone(), &event);
        if step.refusal.is_none() {
            assert_legal(&new.chart, &step.state.configuration);
            self.protocol = new;
        }
        self.state = step.state.clone();
        step
    }

    /// Minutes until each armed clock, by its name.
    fn clocks(&self) -> BTreeMap<String, i64> {
        let name = |fires: &Fires| match fires {
            Fires::Clock(clock) => self.protocol.chart.clocks[usize::from(clock.0)].name.clone(),
            Fires::Event { event, .. } => event.clone(),
        };
        let timers = self.state.timers.values();
        timers.map(|timer| (name(&timer.fires), (timer.due.as_ms() - self.now_ms) / MINUTE_MS)).collect()
    }
}

fn renamed() -> Protocol {
    five_stages::changed(&[
        ("target: verify, actions", "target: look, actions"),
        ("      verify:\n", "      look:\n"),
        ("find: { in: 10m", "find: { in: 15m"),
    ])
}

fn to_look() -> MovePlan {
    MovePlan { states: BTreeMap::from([("open.verify".to_owned(), "open.look".to_owned())]), ..MovePlan::default() }
}

#[test]
fn a_state_that_was_renamed_is_not_entered_again() {
    let mut case = Case::verifying();
    let asked = case.state.owners.values().last().expect("the desk was asked").asked;
    let person = PersonId(Uuid::from_u128(7));
    let outcome = Outcome::Assigned { person, unit: "RJ-PHQ-SCRB".to_owned() };
    case.take(EventBody::Delivered { event: asked.event, index: asked.index, outcome });
    case.now_ms = 4 * MINUTE_MS;
    let step = case.move_to(renamed(), to_look());
    assert_eq!(step.refusal, None);
    assert!(case.is_in("open.look"));
    assert!(!step.effects.iter().any(|effect| matches!(effect, Effect::Assign { .. } | Effect::Notify { .. })));
    assert_eq!(case.state.owners.values().last().and_then(|owner| owner.person), Some(person));
    assert_eq!(case.clocks()["find"], 11, "four of fifteen minutes have gone");
    assert!(matches!(&step.reasons[0], Reason::Moved { states, .. }
        if states == &[("open.verify".to_owned(), "open.look".to_owned())]));
    case.act("found", "desk", &[("unit", Value::from("RJ-KTC-01"))]);
    assert!(case.is_in("open.assigned"), "it goes on by the new rules");
}

#[test]
fn clocks_go_by_the_rule_of_the_plan() {
    for (rule, minutes) in [(ClockRule::AsWritten, 11), (ClockRule::Keep, 6), (ClockRule::Restart, 15)] {
        let mut case = Case::verifying();
        case.now_ms = 4 * MINUTE_MS;
        let step = case.move_to(renamed(), MovePlan { clocks: rule, ..to_look() });
        assert_eq!(case.clocks()["find"], minutes, "{rule:?}");
        let armed: Vec<_> = case.state.timers.iter().map(|(timer, armed)| (*timer, armed.due)).collect();
        for effect in &step.effects {
            match effect {
                Effect::StartTimer { timer, due } => assert!(armed.contains(&(*timer, *due))),
                Effect::CancelTimer { timer } => assert!(armed.iter().all(|(armed, _)| armed != timer)),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_shorter_clock_that_would_be_over_runs_out_at_once() {
    let mut case = Case::verifying();
    case.now_ms = 8 * MINUTE_MS;
    case.move_to(five_stages::changed(&[("find: { in: 10m", "find: { in: 5m")]), MovePlan::default());
    assert_eq!(case.clocks()["find"], 0);
}

#[test]
fn a_clock_called_after_its_length_is_still_the_same_clock() {
    let mut case = Case::assigned();
    case.now_ms = MINUTE_MS;
    let longer = five_stages::changed(&[("          5m: { target: escalated", "          7m: { target: escalated")]);
    case.move_to(longer, MovePlan::default());
    assert_eq!(case.clocks()["7m"], 6);
    assert!(!case.clocks().contains_key("5m"));
}

#[test]
fn what_is_new_is_entered_and_what_has_another_seat_is_assigned() {
    let mut case = Case::verifying();
    let new = five_stages::changed(&[(
        "        owner: desk @ control\n        form: findings",
        "        owner: supervisor @ control\n        form: findings",
    )]);
    let step = case.move_to(new, MovePlan::default());
    let assigned: Vec<&str> = step
        .effects
        .iter()
        .filter_map(|effect| if let Effect::Assign { state, .. } = effect { Some(state.as_str()) } else { None })
        .collect();
    assert_eq!(assigned, ["open.verify"]);
}

#[test]
fn a_region_that_was_added_is_entered_as_always() {
    let mut case = Case::assigned();
    case.act("accept", "duty", &[]);
    let new = five_stages::changed(&[(
        "          visit:\n            stage: visit",
        "          family:\n            stage: visit\n            label: { en: Family, hi: परिवार }\n            \
         owner: desk @ control\n            entry: [ { notify: desk, message: new } ]\n            initial: telling\n            states:\n              \
         telling:\n                label: { en: Telling, hi: बताना }\n                after: { 20m: { actions: [ { notify: \
         supervisor, message: waiting } ] } }\n                on: { told: { by: desk, label: { en: Told, hi: बताया }, target: done } }\n              \
         done: { type: final, label: { en: Told, hi: बताया } }\n          visit:\n            stage: visit",
    )]);
    let step = case.move_to(new, MovePlan::default());
    assert!(case.is_in("open.reach.family.telling") && case.is_in("open.reach.visit.going"));
    assert!(
        step.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Assign { state, .. } if state == "open.reach.family"))
    );
    assert_eq!(step.effects.iter().filter(|effect| matches!(effect, Effect::Notify { .. })).count(), 1);
    assert_eq!(case.clocks()["20m"], 20);
}

#[test]
fn everything_in_the_way_is_said_at_once() {
    let (mut case, _) = Case::open(&[("name", Value::from("Asha Namuna")), ("note", Value::from("x"))]);
    case.act("take_up", "desk", &[]);
    let before = case.state.clone();
    let new = five_stages::changed(&[
        ("target: verify, actions", "target: look, actions"),
        ("      verify:\n", "      look:\n"),
        ("name: { type: text, sealed: true", "name: { type: text"),
        ("note: { type: text", "note: { type: number"),
    ]);
    let step = case.move_to(new, MovePlan::default());
    assert_unchanged(&before, &step);
    let Some(Refusal::CannotMove { problems }) = step.refusal else { panic!("it was moved") };
    assert!(problems.contains(&MoveProblem::LaidOpen { fact: "name".to_owned() }));
    assert!(problems.contains(&MoveProblem::FactDoesNotFit { fact: "note".to_owned() }));
    assert!(problems.contains(&MoveProblem::NoCounterpart { state: "open.verify".to_owned() }));
}

#[test]
fn states_that_exclude_each_other_are_refused() {
    let mut case = Case::assigned();
    case.act("accept", "duty", &[]);
    let plan = MovePlan {
        states: BTreeMap::from([("open.reach.visit.going".to_owned(), "open.verify".to_owned())]),
        ..MovePlan::default()
    };
    let new = five_stages::changed(&[("find: { in: 10m", "find: { in: 11m")]);
    let step = case.move_to(new, plan);
    assert!(matches!(step.refusal, Some(Refusal::CannotMove { problems })
        if problems.iter().any(|problem| matches!(problem, MoveProblem::Exclusive { .. }))));
}

#[test]
fn a_fact_goes_only_when_the_plan_lets_it() {
    let mut case = Case::verifying();
    case.record("open.verify", "desk", &[("note", Value::from("x"))]);
    let new = five_stages::changed(&[("note: { type: text", "note: { type: number")]);
    let plan = MovePlan { forget: ["note".to_owned()].into(), ..MovePlan::default() };
    assert_eq!(case.move_to(new, plan).refusal, None);
    assert_eq!(case.fact("note"), Value::Unknown);
}

#[test]
fn a_case_halted_by_its_rules_goes_on_by_better_ones() {
    let endless = (
        "        always:\n          - { guard",
        "        always:\n          - { guard: incident.calls < 9, target: sorting }\n          - { guard",
    );
    let mut case = Case::verifying();
    case.protocol = five_stages::protocol();
    let broken = five_stages::changed(&[endless]);
    case.move_to(broken, MovePlan::default());
    for (act, role) in [("found", "desk"), ("accept", "duty"), ("spoke", "desk"), ("met", "duty")] {
        let form = [("unit", Value::from("RJ-KTC-01"))];
        case.act(act, role, if act == "found" { &form } else { &[] });
    }
    assert_eq!(case.state.life, Life::Halted { breach: Breach::EndlessLoop });
    assert_eq!(case.move_to(five_stages::protocol(), MovePlan::default()).refusal, None);
    assert_eq!(case.state.life, Life::Closed { outcome: "safe".to_owned() });
}

#[test]
fn an_ended_case_and_a_plain_step_are_refused() {
    let mut case = Case::verifying();
    let body = EventBody::Moved {
        from: case.protocol.digest,
        to: case.protocol.digest,
        plan: MovePlan::default(),
        seen: None,
        actor: actor("supervisor"),
        reason: String::new(),
        request: RequestId(Uuid::from_u128(1)),
    };
    let event = Event { number: case.state.number + 1, at: Timestamp::from_ms(0), happened_at: None, body };
    let plain = step(&case.protocol, case.state.clone(), &event);
    assert_unchanged(&case.state.clone(), &plain);
    case.act("withdraw", "supervisor", &[("note", Value::from("twice"))]);
    let step = case.move_to(renamed(), to_look());
    assert_eq!(step.refusal, Some(Refusal::CannotMove { problems: vec![MoveProblem::NotRunning] }));
}
