//! `niyam bench lifecycle`
//!
//! Cases are opened, each by an alert of its own. Then the clock runs: every case goes through its five stages by five
//! outside events of the public engine, each with a request id and a sealed text, each answered only when it is durable.
//! Clocks and outbox run beside them as in a server. What the engine wrote is then written again as plain rows
//! ([`niyam_engine::store::sea::ceiling`]), once in the engine's own groups and once in groups as large as could wait
//! together; the faster of the two is what the engine is compared with.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::Args;
use indicatif::ProgressBar;
use niyam_engine::engine::Engine;
use niyam_engine::store::Commit;
use niyam_engine::store::sea::ceiling::{Batch, Ceiling, CeilingError, Load};
use niyam_kernel::id::CaseId;
use serde::Serialize;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::BenchError;
use super::measure::{Machine, Spread, Times, as_float, fsync_ms, now, per_second, round};
use super::place::{Made, Place};
use super::record::{Record, Sizes, events};
use super::world::{self, PAYLOAD, STEPS};
use crate::console::Console;

/// Cases that go through their stages one event at a time, at most.
const LONE: u32 = 200;

/// Cases of five stages from outside events to disk, beside the raw insert of the same rows.
#[derive(Debug, Args)]
pub struct Lifecycle {
    /// Where to write: `sqlite:FOLDER`; made for the bench and deleted after it.
    #[arg(long, value_name = "STORE", default_value = "sqlite:niyam-bench")]
    pub store: Place,
    /// Cases that go through their five stages.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub cases: u32,
    /// Cases whose events are on the way at the same time.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    pub in_flight: u32,
    /// Give each stage an officer of its own, so that every step has an effect to deliver and an event that says who took
    /// over. The time runs until all are delivered.
    #[arg(long)]
    pub hand_over: bool,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    bench: &'static str,
    store: &'static str,
    cases: u32,
    in_flight: u32,
    hand_over: bool,
    payload_bytes: usize,
    /// Cases opened per second by alerts, before the clock ran.
    opened_per_s: f64,
    /// From the first outside event to the last answer, and with `hand_over` to the last delivery.
    seconds: f64,
    cases_per_s: f64,
    /// Outside events per second.
    transitions_per_s: f64,
    /// Steps that the engine took by itself meanwhile.
    own_steps: u64,
    /// From asking to the answer.
    #[serde(flatten)]
    answered: Spread,
    /// The same with one event on the way.
    lone: Spread,
    commits: Sizes,
    /// Per outside event.
    rows: f64,
    /// Per outside event.
    bytes: f64,
    raw: Raw,
    /// Outside events per second of the engine to those of the raw insert.
    ratio_to_raw: f64,
    fsync_ms: f64,
    machine: Machine,
}

/// The raw insert of the same rows.
#[derive(Clone, Copy, Debug, Serialize)]
struct Raw {
    /// What it comes to in outside events per second: the faster of the two below.
    transitions_per_s: f64,
    /// In the groups of the engine.
    same_groups_per_s: f64,
    /// In groups as large as could wait together.
    full_groups_per_s: f64,
}

/// Measures.
pub async fn run(arguments: &Lifecycle, console: &Console) -> Result<Report, BenchError> {
    let machine = Machine::look();
    let made = arguments.store.make()?;
    let fsync_ms = fsync_ms(made.folder())?;
    let seen = engine_part(arguments, &made, console).await?;
    let setting: Vec<Commit> = seen.setting.into_iter().flatten().collect();
    let bar = console.progress(0);
    bar.set_message("the same rows without the engine");
    let (same, load) = raw_part(&made, &setting, &seen.groups).await?;
    let flat: Vec<Commit> = seen.groups.iter().flatten().cloned().collect();
    let full: Vec<Vec<Commit>> = flat.chunks(arguments.in_flight as usize).map(<[Commit]>::to_vec).collect();
    let (full, _) = raw_part(&made, &setting, &full).await?;
    bar.finish_and_clear();
    let transitions = u64::from(arguments.cases) * STEPS.len() as u64;
    let raw = Raw {
        transitions_per_s: per_second(transitions, same.min(full)),
        same_groups_per_s: per_second(transitions, same),
        full_groups_per_s: per_second(transitions, full),
    };
    let transitions_per_s = per_second(transitions, seen.taken);
    Ok(Report {
        bench: "lifecycle",
        store: arguments.store.kind(),
        cases: arguments.cases,
        in_flight: arguments.in_flight,
        hand_over: arguments.hand_over,
        payload_bytes: PAYLOAD,
        opened_per_s: per_second(u64::from(arguments.cases), seen.opening),
        seconds: round(seen.taken.as_secs_f64(), 3),
        cases_per_s: per_second(u64::from(arguments.cases), seen.taken),
        transitions_per_s,
        own_steps: seen.groups.iter().map(|group| events(group) as u64).sum::<u64>() - transitions,
        answered: seen.answered.spread(),
        lone: seen.lone.spread(),
        commits: Sizes::of(&seen.groups),
        rows: round(as_float(load.rows) / as_float(transitions), 2),
        bytes: round(as_float(load.bytes) / as_float(transitions), 0),
        raw,
        ratio_to_raw: round(transitions_per_s / raw.transitions_per_s, 3),
        fsync_ms,
        machine,
    })
}

/// What was seen of the engine.
struct Seen {
    opening: Duration,
    taken: Duration,
    answered: Times,
    lone: Times,
    setting: Vec<Vec<Commit>>,
    groups: Vec<Vec<Commit>>,
}

async fn engine_part(arguments: &Lifecycle, made: &Made, console: &Console) -> Result<Seen, BenchError> {
    let record = Record::default();
    let config = world::config(made.data(), arguments.hand_over);
    let watcher = record.watcher();
    let engine = Engine::open_through(config, move |store| {
        store.watch(watcher);
        store
    })
    .await?;
    let (stop, stopped) = oneshot::channel::<()>();
    let loops = tokio::spawn(engine.clone().run(async move {
        // whoever could stop it has gone: the same
        let _gone = stopped.await;
    }));
    let lone_cases = LONE.min(arguments.cases);
    let bar = console.progress(u64::from(arguments.cases + lone_cases));
    bar.set_message("opening cases");
    let start = now();
    let mut cases = open(&engine, arguments.cases + lone_cases, arguments.in_flight, &bar).await?;
    let opening = start.elapsed();
    engine.settle().await?;
    let lone = cases.split_off(arguments.cases as usize);
    let setting = record.take();

    bar.reset();
    bar.set_length(u64::from(arguments.cases));
    bar.set_message("five stages");
    let start = now();
    let answered = drive(&engine, cases, arguments.in_flight, &bar).await?;
    if arguments.hand_over {
        engine.settle().await?;
    }
    let taken = start.elapsed();
    let groups = record.take();
    let events: usize = groups.iter().map(|group| events(group)).sum();
    if events < arguments.cases as usize * STEPS.len() {
        return Err(BenchError::Wrong(format!("{events} events were written")));
    }
    bar.set_message("one event at a time");
    let lone = drive(&engine, lone, 1, &ProgressBar::hidden()).await?;
    bar.finish_and_clear();
    let _gone = stop.send(());
    loops.await.map_err(|error| BenchError::Wrong(error.to_string()))?;
    Ok(Seen { opening, taken, answered, lone, setting, groups })
}

/// Opens cases, each by an alert of its own.
async fn open(engine: &Arc<Engine>, cases: u32, in_flight: u32, bar: &ProgressBar) -> Result<Vec<CaseId>, BenchError> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..in_flight.min(cases) {
        let (engine, next, bar) = (Arc::clone(engine), Arc::clone(&next), bar.clone());
        workers.spawn(async move {
            let mut opened = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= cases as usize {
                    return Ok::<_, BenchError>(opened);
                }
                let receipt = engine.receive(world::alert(number as u64, engine.now())).await?;
                let case = receipt.cases.first().map(|of| of.case);
                opened.push(case.ok_or_else(|| BenchError::Wrong("an alert opened no case".to_owned()))?);
                bar.inc(1);
            }
        });
    }
    let mut opened = Vec::new();
    while let Some(worker) = workers.join_next().await {
        opened.extend(worker.map_err(|error| BenchError::Wrong(error.to_string()))??);
    }
    Ok(opened)
}

/// Takes each case through its five stages, so many cases at the same time.
async fn drive(
    engine: &Arc<Engine>,
    cases: Vec<CaseId>,
    in_flight: u32,
    bar: &ProgressBar,
) -> Result<Times, BenchError> {
    let (cases, next) = (Arc::new(cases), Arc::new(AtomicUsize::new(0)));
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        let (engine, cases, next, bar) = (Arc::clone(engine), Arc::clone(&cases), Arc::clone(&next), bar.clone());
        workers.spawn(async move {
            let mut times = Times::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                for step in 0..STEPS.len() {
                    let request = world::step(step, engine.new_id());
                    let start = now();
                    engine.act(*case, request).await?;
                    times.add(start.elapsed());
                }
                bar.inc(1);
            }
            Ok::<_, BenchError>(times)
        });
    }
    let mut all = Times::new();
    while let Some(worker) = workers.join_next().await {
        all.join(&worker.map_err(|error| BenchError::Wrong(error.to_string()))??);
    }
    Ok(all)
}

/// Writes the rows of these groups without the engine. Returns how long it took and how much it was.
async fn raw_part(made: &Made, setting: &[Commit], groups: &[Vec<Commit>]) -> Result<(Duration, Load), BenchError> {
    let mut effects = BTreeMap::new();
    let batches: Vec<Batch> =
        groups.iter().map(|group| Batch::of(group, &mut effects)).collect::<Result<_, CeilingError>>()?;
    let load = batches
        .iter()
        .map(Batch::load)
        .fold(Load::default(), |sum, load| Load { rows: sum.rows + load.rows, bytes: sum.bytes + load.bytes });
    let ceiling = Ceiling::open(&made.beside("raw"), 1, setting).await?;
    let prepared: Vec<_> = batches.into_iter().map(|batch| ceiling.prepare(batch)).collect();
    let start = now();
    for batch in prepared {
        ceiling.write(batch).await?;
    }
    let taken = start.elapsed();
    ceiling.close().await?;
    made.forget("raw")?;
    Ok((taken, load))
}
