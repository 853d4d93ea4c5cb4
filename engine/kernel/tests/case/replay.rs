//! Any events in any order: nothing panics, everything replays, and the case stays whole.

use std::collections::BTreeMap;

use niyam_kernel::behaviour::Behaviour;
use niyam_kernel::event::{Breach, Event, EventBody, Outcome, Refusal};
use niyam_kernel::id::{AlertId, PersonId, RequestId};
use niyam_kernel::replay::{Recorded, What, again};
use niyam_kernel::state::{CaseState, Fires, Life, TimerId};
use niyam_kernel::step::step;
use niyam_kernel::time::Timestamp;
use niyam_kernel::timers::next_due;
use niyam_rules::value::Value;
use proptest::prelude::*;
use uuid::Uuid;

use crate::{Case, actor};

/// What may happen, as far as it does not depend on the case.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a test has few of them")]
enum Chance {
    Body(EventBody),
    /// The timer due next, so much later than due.
    NextTimer(i64),
    Wait(i64),
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Unknown),
        Just(Value::from("yes")),
        Just(Value::from("RJ-KTC-01")),
        any::<i64>().prop_map(Value::Int),
        Just(Value::List(vec![Value::from("+915555500001")])),
        Just(Value::Map(BTreeMap::new())),
    ]
}

fn facts() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let names = prop::sample::select(vec!["unit", "minor", "phones", "note", "calls", "name", "spoken", "nothing"]);
    prop::collection::btree_map(names.prop_map(str::to_owned), value(), 0..3)
}

/// Good answers, so that many acts are taken.
fn answers() -> impl Strategy<Value = BTreeMap<String, Value>> {
    let good =
        BTreeMap::from([("unit".to_owned(), Value::from("RJ-KTC-01")), ("note".to_owned(), Value::from("seen"))]);
    let note = BTreeMap::from([("note".to_owned(), Value::from("seen"))]);
    prop_oneof![Just(BTreeMap::new()), Just(good), Just(note), facts()]
}

fn chance() -> impl Strategy<Value = Chance> {
    let acts = vec!["take_up", "found", "call", "accept", "spoke", "met", "withdraw", "reopen", "dance"];
    let roles = prop::sample::select(vec!["desk", "supervisor", "duty"]);
    let act = (prop::sample::select(acts), roles.clone(), answers()).prop_map(|(act, role, form)| EventBody::Act {
        act: act.to_owned(),
        actor: actor(role),
        form,
        reason: Some("seen".to_owned()),
        request: RequestId(Uuid::from_u128(1)),
    });
    let states = prop::sample::select(vec!["open.verify", "open", "five-stages", "nowhere"]);
    let recorded = (states, roles, answers()).prop_map(|(state, role, form)| EventBody::Recorded {
        state: state.to_owned(),
        actor: actor(role),
        form,
        request: RequestId(Uuid::from_u128(1)),
    });
    let joined =
        (prop::sample::select(vec!["alert.update", "alert.duplicate", "*", ""]), facts()).prop_map(|(event, facts)| {
            EventBody::Joined { alert: AlertId(Uuid::from_u128(3)), event: event.to_owned(), facts }
        });
    let external = (prop::sample::select(vec!["found", "error.execution", "done.state.open.reach"]), value())
        .prop_map(|(name, data)| EventBody::External { name: name.to_owned(), data });
    let outcome = prop_oneof![
        Just(Outcome::Assigned { person: PersonId(Uuid::from_u128(4)), unit: "RJ-KTC-01".to_owned() }),
        Just(Outcome::NobodyThere { unit: None }),
        Just(Outcome::Done),
        Just(Outcome::Failed { reason: "down".to_owned() }),
    ];
    let delivered = (0..12_u64, 0..6_u32, outcome).prop_map(|(event, index, outcome)| EventBody::Delivered {
        event,
        index,
        outcome,
    });
    let fired = (0..40_u64, any::<i64>())
        .prop_map(|(timer, due)| EventBody::TimerFired { timer: TimerId(timer), due: Timestamp::from_ms(due) });
    let opened = facts().prop_map(|facts| EventBody::Opened { alert: None, facts, drill: true });
    let body =
        prop_oneof![8 => act, 2 => recorded, 2 => joined, 1 => external, 3 => delivered, 1 => fired, 1 => opened];
    prop_oneof![
        6 => body.prop_map(Chance::Body),
        3 => (0..600_000_i64).prop_map(Chance::NextTimer),
        1 => (0..7_200_000_i64).prop_map(Chance::Wait),
    ]
}

fn assert_whole(case: &Case) {
    let (chart, state) = (&case.protocol.chart, &case.state);
    crate::legal::assert_legal(chart, &state.configuration);
    for (&timer, armed) in &state.timers {
        assert!(timer.0 < state.next_timer);
        if let Fires::Clock(clock) = armed.fires {
            assert!(
                state.configuration.contains(&chart.clocks[usize::from(clock.0)].state),
                "a clock of a state that was left"
            );
        }
    }
    for ix in state.owners.keys() {
        assert!(state.configuration.contains(ix), "an owner of a state that was left");
    }
    let ended = matches!(&state.life, Life::Closed { outcome } if outcome == "ended");
    for (place, clock) in chart.clocks.iter().enumerate().filter(|_| !ended) {
        let armed =
            state.timers.values().filter(|timer| matches!(timer.fires, Fires::Clock(ix) if usize::from(ix.0) == place));
        let active = state.configuration.contains(&clock.state);
        assert!(!clock.timing.repeats() || armed.count() == usize::from(active), "a repeating clock that stands still");
    }
}

#[test]
fn an_audit_halts_whatever_it_finds_and_only_once() {
    let mut case = Case::assigned();
    let breach = Breach::Differs { event: 2, what: "state".to_owned() };
    let before = case.state.clone();
    let halted = case.take(EventBody::Halted { breach: breach.clone() });
    assert_eq!((&halted.refusal, halted.effects.len()), (&None, 0));
    let life = Life::Halted { breach: breach.clone() };
    assert_eq!(case.state, CaseState { number: before.number + 1, life: life.clone(), ..before });
    assert_eq!(case.act("accept", "duty", &[]).refusal, Some(Refusal::Halted));
    assert_eq!(case.take(EventBody::Halted { breach: breach.clone() }).refusal, Some(Refusal::Halted));
    // also before it begins and after it ended
    let protocol = crate::five_stages::protocol();
    let event = Event { number: 1, at: Timestamp::from_ms(0), happened_at: None, body: EventBody::Halted { breach } };
    assert_eq!(step(&protocol, CaseState::default(), &event).state.life, life);
}

#[test]
fn an_old_event_is_stepped_as_the_kernel_behaved_then() {
    let (case, protocol) = (CaseState::default(), crate::five_stages::protocol());
    let body = EventBody::Opened { alert: None, facts: BTreeMap::new(), drill: false };
    let event = Event { number: 1, at: Timestamp::from_ms(0), happened_at: None, body };
    let opened = step(&protocol, case.clone(), &event);
    for number in 1..=Behaviour::NEWEST.number() {
        let behaviour = Behaviour::of(number).expect("known");
        let recorded =
            Recorded { behaviour, refusal: None, effects: &opened.effects, reasons: &opened.reasons, halted: false };
        assert_eq!(again(&protocol, &case, &event, &recorded).expect("as recorded").state, opened.state);
        assert_eq!(again(&protocol, &case, &event, &Recorded { effects: &[], ..recorded }), Err(What::Effects));
        assert_eq!(again(&protocol, &case, &event, &Recorded { reasons: &[], ..recorded }), Err(What::Reasons));
        assert_eq!(again(&protocol, &case, &event, &Recorded { halted: true, ..recorded }), Err(What::State));
        let refused = Recorded { refusal: Some(&Refusal::Closed), ..recorded };
        assert_eq!(again(&protocol, &case, &event, &refused), Err(What::Refusal));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_events_replay_to_the_same_bytes(facts in facts(), chances in prop::collection::vec(chance(), 0..40)) {
        let facts: Vec<(&str, Value)> = facts.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let (mut case, _) = Case::open(&facts);
        for chance in chances {
            let before = case.state.clone();
            let step = match chance {
                Chance::Wait(ms) => {
                    case.now_ms += ms;
                    continue;
                }
                Chance::NextTimer(_) if next_due(&case.state).is_none() => continue,
                Chance::NextTimer(late_ms) => {
                    let late_ms = late_ms.max(case.now_ms - next_due(&case.state).map_or(0, |(_, due)| due.as_ms()));
                    case.fire_next(late_ms)
                }
                Chance::Body(body) => case.take(body),
            };
            assert_whole(&case);
            if step.refusal.is_some() {
                prop_assert_eq!(&step.state, &CaseState { number: before.number + 1, ..before });
                prop_assert!(step.effects.is_empty());
            }
            // A snapshot read back is the same case.
            let written = serde_json::to_string(&case.state).expect("it is data");
            prop_assert_eq!(&serde_json::from_str::<CaseState>(&written).expect("it was written"), &case.state);
        }
        let mut replayed = CaseState::default();
        for event in &case.events {
            let event = serde_json::from_str(&serde_json::to_string(event).expect("it is data")).expect("it was written");
            replayed = step(&case.protocol, replayed, &event).state;
        }
        let bytes = |state: &CaseState| serde_json::to_vec(state).expect("it is data");
        prop_assert_eq!(bytes(&replayed), bytes(&case.state));
    }
}
