//! `niyam bench replay`
//!
//! Cases of five stages are written by the engine. Then an auditor steps all of their logs again, one case at a time and as
//! many at a time as there are processors. Beside it the same rows are only read, case by case. All have been read once
//! before, so that none of the three has the disk against it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use niyam_engine::replay::{Around, Auditor, Sweep};
use niyam_engine::store::Store;
use serde::Serialize;

use super::measure::{Machine, now, per_second, round};
use super::place::{Made, Place};
use super::world::STEPS;
use super::{BenchError, lifecycle, synth, world};
use crate::console::Console;

/// Ids of cases read at once.
const PAGE: u64 = 1_000;

/// Events proved again per second, beside only reading them.
#[derive(Debug, Args)]
pub struct Replay {
    /// Where to write: `sqlite:FOLDER`, or `postgres://USER@HOST/DATABASE` for new databases beside that one; made for the
    /// bench and deleted after it.
    #[arg(long, value_name = "STORE", default_value = "sqlite:niyam-bench")]
    pub store: Place,
    /// Cases of five stages.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub cases: u32,
    /// Cases whose events are on the way at the same time while they are written.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    pub in_flight: u32,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    bench: &'static str,
    store: &'static str,
    cases: u32,
    events: u64,
    /// One case at a time.
    events_per_s: f64,
    /// As many cases at a time as there are processors.
    events_per_s_on_all: f64,
    /// How much all do more than one.
    scaling: f64,
    /// Only reading the same rows, one case at a time.
    read_events_per_s: f64,
    /// One case at a time to only reading.
    ratio_to_read: f64,
    machine: Machine,
}

/// Measures.
pub async fn run(arguments: &Replay, console: &Console) -> Result<Report, BenchError> {
    let machine = Machine::look();
    let made = arguments.store.make().await?;
    let (engine, store) = synth::open(world::config(made.data(), false)).await?;
    let bar = console.progress(u64::from(arguments.cases));
    bar.set_message("cases of five stages");
    let engines = [Arc::clone(&engine)];
    let cases = lifecycle::open(&engines, arguments.cases, arguments.in_flight, &bar).await?;
    bar.reset();
    lifecycle::drive(&engines, cases, arguments.in_flight, &bar).await?;
    engine.settle().await?;
    bar.set_message("read and stepped again");
    read(store.as_ref()).await?;
    let (events, reading) = read(store.as_ref()).await?;
    let auditor = auditor(&made).await?;
    let alone = sweep(&auditor, arguments, 1, events).await?;
    let together = sweep(&auditor, arguments, machine.processors, events).await?;
    bar.finish_and_clear();
    drop(auditor);
    engine.rest().await?;
    drop((engine, engines, store));
    made.clear().await?;
    let (events_per_s, read_events_per_s) = (per_second(events, alone), per_second(events, reading));
    let events_per_s_on_all = per_second(events, together);
    Ok(Report {
        bench: "replay",
        store: arguments.store.kind(),
        cases: arguments.cases,
        events,
        events_per_s,
        events_per_s_on_all,
        scaling: round(events_per_s_on_all / events_per_s, 2),
        read_events_per_s,
        ratio_to_read: round(events_per_s / read_events_per_s, 3),
        machine,
    })
}

async fn auditor(made: &Made) -> Result<Arc<Auditor>, BenchError> {
    let config = world::config(made.data(), false);
    let around = Around { clock: config.clock, entropy: config.entropy, people: config.people };
    let folder: &Path = &made.engine_folder();
    Ok(Auditor::open(folder, &made.databases(), around).await?)
}

/// Steps all again and sees that all are proved.
async fn sweep(auditor: &Arc<Auditor>, arguments: &Replay, jobs: usize, events: u64) -> Result<Duration, BenchError> {
    let start = now();
    let summary = auditor
        .all(Sweep { jobs, halt_at_most: 0 }, |_| {})
        .await
        .map_err(|error| BenchError::Wrong(format!("the logs cannot be stepped again: {error}")))?;
    let taken = start.elapsed();
    let least = u64::from(arguments.cases) * STEPS.len() as u64;
    if summary.proved != u64::from(arguments.cases) || summary.stepped != events || events < least {
        return Err(BenchError::Wrong(format!("not every case was proved: {summary:?}")));
    }
    Ok(taken)
}

/// Reads what a replay reads of every case. Returns how many events there are, and how long it took.
async fn read(store: &dyn Store) -> Result<(u64, Duration), BenchError> {
    let start = now();
    let (mut after, mut events) = (None, 0);
    loop {
        let page = store.case_ids(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok((events, start.elapsed())) };
        after = Some(*last);
        for case in page {
            store.load(case).await?;
            store.timers_of(case).await?;
            events += store.events(case).await?.len() as u64;
            store.effects_of(case).await?;
        }
    }
}
