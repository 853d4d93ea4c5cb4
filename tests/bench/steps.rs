//! Measures steps per second in memory: whole lives of cases on the small five-stage protocol.
//!
//! `cargo bench -p niyam-tests --bench steps` prints one line of JSON.

#[path = "../../engine/kernel/tests/five_stages.rs"]
mod five_stages;

use std::collections::BTreeMap;
use std::io::Write as _;

use niyam_kernel::event::{Actor, Event, EventBody, Outcome};
use niyam_kernel::id::{AlertId, PersonId, RequestId};
use niyam_kernel::state::{CaseState, Life};
use niyam_kernel::step::step;
use niyam_kernel::time::Timestamp;
use niyam_rules::value::Value;
use uuid::Uuid;

/// Lives measured, after a tenth as many to warm up.
const LIVES: u32 = 20_000;

fn act(name: &str, role: &str, form: &[(&str, &str)]) -> EventBody {
    let actor = Actor { person: PersonId(Uuid::from_u128(1)), role: role.to_owned(), unit: "RJ-PHQ-SCRB".to_owned() };
    let form = form.iter().map(|&(name, value)| (name.to_owned(), Value::from(value))).collect();
    EventBody::Act { act: name.to_owned(), actor, form, reason: None, request: RequestId(Uuid::from_u128(1)) }
}

fn delivered(event: u64, outcome: Outcome) -> EventBody {
    EventBody::Delivered { event, index: 0, outcome }
}

/// One life: alert in, read, assigned, talked to and visited, closed; with the answers to its effects.
fn life() -> Vec<Event> {
    let facts = BTreeMap::from([
        ("minor".to_owned(), Value::from("yes")),
        ("name".to_owned(), Value::from("Asha Namuna")),
        ("phones".to_owned(), Value::List(vec![Value::from("+915555500001")])),
    ]);
    let found = || Outcome::Assigned { person: PersonId(Uuid::from_u128(2)), unit: "RJ-KTC-01".to_owned() };
    let bodies = vec![
        EventBody::Opened { alert: Some(AlertId(Uuid::from_u128(1))), facts, drill: false },
        delivered(1, found()),
        act("take_up", "desk", &[]),
        act("call", "desk", &[]),
        act("found", "desk", &[("unit", "RJ-KTC-01"), ("note", "school called")]),
        delivered(5, found()),
        act("accept", "duty", &[]),
        delivered(7, Outcome::Done),
        act("spoke", "desk", &[]),
        act("met", "duty", &[]),
    ];
    let event = |(body, number): (EventBody, u32)| Event {
        number: u64::from(number),
        at: Timestamp::from_ms(i64::from(number) * 1_000),
        happened_at: None,
        body,
    };
    bodies.into_iter().zip(1..).map(event).collect()
}

fn main() -> std::io::Result<()> {
    let (protocol, events) = (five_stages::protocol(), life());
    let live = || {
        let last = events.iter().fold(CaseState::default(), |case, event| {
            let step = step(&protocol, case, event);
            assert_eq!(step.refusal, None, "event {} is taken", event.number);
            step.state
        });
        assert_eq!(last.life, Life::Closed { outcome: "safe".to_owned() });
    };
    (0..LIVES / 10).for_each(|_| live());
    #[expect(clippy::disallowed_methods, reason = "a measurement needs the real clock")]
    let start = std::time::Instant::now();
    (0..LIVES).for_each(|_| live());
    let seconds = start.elapsed().as_secs_f64();
    let lives_per_s = f64::from(LIVES) / seconds;
    let steps: u32 = events.iter().zip(1..).map(|(_, number)| number).last().unwrap_or(0);
    let steps_per_s = lives_per_s * f64::from(steps);
    let answer = serde_json::json!({
        "protocol": protocol.name,
        "events_per_life": steps,
        "lives_per_s": lives_per_s.round(),
        "steps_per_s": steps_per_s.round(),
    });
    writeln!(std::io::stdout(), "{answer}")
}
