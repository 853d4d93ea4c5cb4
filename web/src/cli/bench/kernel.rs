//! `niyam bench kernel`
//!
//! Steps in memory: no store, no seal, no clock but the events' own. Whole lives of cases of five stages, on one thread and
//! then on all processors together.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use niyam_kernel::event::{Event, EventBody, Outcome};
use niyam_kernel::id::AlertId;
use niyam_kernel::state::{CaseState, Life};
use niyam_kernel::step::step;
use niyam_kernel::time::Timestamp;
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;
use serde::Serialize;
use uuid::Uuid;

use super::BenchError;
use super::measure::{Machine, now, per_second, round};
use super::world::{self, STEPS};
use crate::console::Console;

/// Steps in memory.
#[derive(Debug, Args)]
pub struct Kernel {
    /// Lives of cases on each thread, after a tenth as many to warm up.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub lives: u32,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    bench: &'static str,
    lives: u32,
    events_per_life: usize,
    /// One thread.
    steps_per_s: f64,
    /// A thread on each processor, together.
    steps_per_s_on_all: f64,
    /// How much all do more than one.
    scaling: f64,
    machine: Machine,
}

/// Measures.
pub fn run(arguments: &Kernel, console: &Console) -> Result<Report, BenchError> {
    let machine = Machine::look();
    let protocol = world::protocol()?;
    let events = life();
    let bar = console.progress(3);
    bar.set_message("to warm up");
    lives(&protocol, &events, arguments.lives / 10)?;
    bar.inc(1);
    bar.set_message("one thread");
    let alone = lives(&protocol, &events, arguments.lives)?;
    bar.inc(1);
    bar.set_message("all processors");
    let start = now();
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..machine.processors).map(|_| scope.spawn(|| lives(&protocol, &events, arguments.lives))).collect();
        threads.into_iter().try_for_each(|thread| {
            let ended = thread.join().map_err(|_| BenchError::Wrong("a thread broke".to_owned()))?;
            ended.map(drop)
        })
    })?;
    let together = start.elapsed();
    bar.finish_and_clear();
    let steps = u64::from(arguments.lives) * events.len() as u64;
    let steps_per_s = per_second(steps, alone);
    let steps_per_s_on_all = per_second(steps * machine.processors as u64, together);
    Ok(Report {
        bench: "kernel",
        lives: arguments.lives,
        events_per_life: events.len(),
        steps_per_s,
        steps_per_s_on_all,
        scaling: round(steps_per_s_on_all / steps_per_s, 2),
        machine,
    })
}

fn lives(protocol: &Protocol, events: &[Event], lives: u32) -> Result<Duration, BenchError> {
    let start = now();
    for _ in 0..lives {
        let mut case = CaseState::default();
        for event in events {
            let stepped = step(protocol, case, event);
            if let Some(refusal) = stepped.refusal {
                return Err(BenchError::Wrong(format!("event {} was refused: {refusal:?}", event.number)));
            }
            case = stepped.state;
        }
        if !matches!(case.life, Life::Closed { .. }) {
            return Err(BenchError::Wrong("the case did not close".to_owned()));
        }
    }
    Ok(start.elapsed())
}

/// One life: opened, taken over by an officer, and the five outside events.
fn life() -> Vec<Event> {
    let facts = BTreeMap::from([
        ("external_ref".to_owned(), Value::from("BENCH-1")),
        ("minor".to_owned(), Value::from("yes")),
        ("name".to_owned(), Value::from("Rohan Kalpit")),
    ]);
    let outcome = Outcome::Assigned { person: world::person("desk"), unit: world::UNIT.to_owned() };
    let mut bodies = vec![
        EventBody::Opened { alert: Some(AlertId(Uuid::from_u128(1))), facts, drill: false },
        EventBody::Delivered { event: 1, index: 0, outcome },
    ];
    bodies.extend((0..STEPS.len()).map(|number| {
        let asked = world::step(number, Uuid::from_u128(number as u128));
        let (act, actor, form) = (asked.act, asked.actor, asked.form);
        EventBody::Act { act, actor, form, reason: None, request: asked.request }
    }));
    let event = |(body, number): (EventBody, u32)| Event {
        number: u64::from(number),
        at: Timestamp::from_ms(i64::from(number) * 1_000),
        happened_at: None,
        body,
    };
    bodies.into_iter().zip(1..).map(event).collect()
}
