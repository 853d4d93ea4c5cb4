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
use niyam_engine::store::sea::ceiling::{Batch, Ceiling, Load};
use niyam_engine::store::{Commit, EffectRow, Write};
use niyam_kernel::id::CaseId;
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::measure::{Machine, Spread, Times, as_float, fsync_ms, now, per_second, round};
use super::place::{Made, Place};
use super::record::{Record, Sizes, events};
use super::world::{self, PAYLOAD, STEPS};
use super::{BenchError, synth};
use crate::console::Console;

/// Cases that go through their stages one event at a time, at most.
const LONE: u32 = 200;

/// Cases of five stages from outside events to disk, beside the raw insert of the same rows.
#[derive(Debug, Args)]
pub struct Lifecycle {
    /// Where to write: `sqlite:FOLDER`, or `postgres://USER@HOST/DATABASE` for new databases beside that one; made for the
    /// bench and deleted after it.
    #[arg(long, value_name = "STORE", default_value = "sqlite:niyam-bench")]
    pub store: Place,
    /// Cases that go through their five stages.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub cases: u32,
    /// Cases whose events are on the way at the same time.
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..))]
    pub in_flight: u32,
    /// Engines that work on the one database; more than one only on PostgreSQL, and measured beside one alone.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub nodes: u32,
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
    nodes: u32,
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
    /// The same with one node, when there are several.
    one_node_transitions_per_s: Option<f64>,
    /// All nodes to one.
    ratio_to_one_node: Option<f64>,
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
    if arguments.nodes > 1 && !matches!(arguments.store, Place::Postgres(_)) {
        return Err(BenchError::OneNode);
    }
    let made = arguments.store.make().await?;
    let fsync_ms = fsync_ms(made.folder())?;
    let alone = if arguments.nodes > 1 {
        let seen = engine_part(arguments, 1, &made, console).await?;
        made.empty().await?;
        Some(per_second(u64::from(arguments.cases) * STEPS.len() as u64, seen.taken))
    } else {
        None
    };
    let seen = engine_part(arguments, arguments.nodes, &made, console).await?;
    let setting: Vec<Commit> = seen.setting.into_iter().flatten().collect();
    let bar = console.progress(0);
    bar.set_message("the same rows without the engine");
    let (same, load) = raw_part(&made, &setting, lanes_of(&seen.groups, seen.lanes)).await?;
    let full = full_groups(&seen.groups, seen.lanes, arguments.in_flight as usize);
    let (full, _) = raw_part(&made, &setting, full).await?;
    bar.finish_and_clear();
    made.clear().await?;
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
        nodes: arguments.nodes,
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
        one_node_transitions_per_s: alone,
        ratio_to_one_node: alone.map(|alone| round(transitions_per_s / alone, 3)),
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
    /// Groups that the store writes at once.
    lanes: usize,
}

async fn engine_part(arguments: &Lifecycle, nodes: u32, made: &Made, console: &Console) -> Result<Seen, BenchError> {
    let record = Record::default();
    let (stop, stopped) = watch::channel(false);
    let (mut engines, mut loops, mut lanes) = (Vec::new(), JoinSet::new(), 1);
    for node in 0..nodes as usize {
        let config = world::config(made.data_of_node(node)?, arguments.hand_over);
        let (engine, store) = synth::open(config).await?;
        store.watch(record.watcher());
        lanes = store.writers().max(1);
        let mut stopped = stopped.clone();
        loops.spawn(engine.clone().run(async move {
            // whoever could stop it has gone: the same
            let _gone = stopped.wait_for(|stop| *stop).await;
        }));
        engines.push(engine);
    }
    let engine = &engines[0];
    let lone_cases = LONE.min(arguments.cases);
    let bar = console.progress(u64::from(arguments.cases + lone_cases));
    bar.set_message("opening cases");
    let start = now();
    let mut cases = open(&engines, arguments.cases + lone_cases, arguments.in_flight, &bar).await?;
    let opening = start.elapsed();
    engine.settle().await?;
    // what others have in hand is delivered too, or its end would fall into the measured part
    record.delivered().await?;
    let lone = cases.split_off(arguments.cases as usize);
    let setting = record.take();

    bar.reset();
    bar.set_length(u64::from(arguments.cases));
    bar.set_message("five stages");
    let start = now();
    let answered = drive(&engines, cases, arguments.in_flight, &bar).await?;
    if arguments.hand_over {
        record.delivered().await?;
    }
    let taken = start.elapsed();
    let groups = record.take();
    let events: usize = groups.iter().map(|group| events(group)).sum();
    if events < arguments.cases as usize * STEPS.len() {
        return Err(BenchError::Wrong(format!("{events} events were written")));
    }
    bar.set_message("one event at a time");
    let lone = drive(&engines, lone, 1, &ProgressBar::hidden()).await?;
    bar.finish_and_clear();
    let _gone = stop.send(true);
    while let Some(ended) = loops.join_next().await {
        ended.map_err(|error| BenchError::Wrong(error.to_string()))?;
    }
    for engine in &engines {
        engine.rest().await?;
    }
    Ok(Seen { opening, taken, answered, lone, setting, groups, lanes })
}

/// A case and the node that works on it.
pub type Here = (CaseId, usize);

/// Opens cases, each by an alert of its own, the nodes in turn.
pub async fn open(
    engines: &[Arc<Engine>],
    cases: u32,
    in_flight: u32,
    bar: &ProgressBar,
) -> Result<Vec<Here>, BenchError> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for worker in 0..in_flight.min(cases) as usize {
        let node = worker % engines.len();
        let (engine, next, bar) = (Arc::clone(&engines[node]), Arc::clone(&next), bar.clone());
        workers.spawn(async move {
            let mut opened = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= cases as usize {
                    return Ok::<_, BenchError>(opened);
                }
                let receipt = engine.receive(world::alert(number as u64, engine.now())).await?;
                let case = receipt.cases.first().map(|of| (of.case, node));
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
pub async fn drive(
    engines: &[Arc<Engine>],
    cases: Vec<Here>,
    in_flight: u32,
    bar: &ProgressBar,
) -> Result<Times, BenchError> {
    let engines: Arc<[Arc<Engine>]> = engines.into();
    let (cases, next) = (Arc::new(cases), Arc::new(AtomicUsize::new(0)));
    let mut workers = JoinSet::new();
    for _ in 0..in_flight {
        let (engines, cases, next, bar) = (Arc::clone(&engines), Arc::clone(&cases), Arc::clone(&next), bar.clone());
        workers.spawn(async move {
            let mut times = Times::new();
            while let Some((case, node)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                let engine = &engines[*node];
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

/// The lane that a group goes through: a case always has the same one.
fn lane_of(commit: &Commit, lanes: usize) -> usize {
    let case = commit.writes.iter().find_map(Write::case);
    case.map_or(0, |case| usize::from(case.0.as_bytes()[15]) % lanes)
}

/// The groups of the engine, by the lane they went through.
fn lanes_of(groups: &[Vec<Commit>], lanes: usize) -> Vec<Vec<Vec<Commit>>> {
    let mut by_lane = vec![Vec::new(); lanes];
    for group in groups {
        by_lane[group.first().map_or(0, |commit| lane_of(commit, lanes))].push(group.clone());
    }
    by_lane
}

/// The same commits in groups as large as could wait together.
fn full_groups(groups: &[Vec<Commit>], lanes: usize, in_flight: usize) -> Vec<Vec<Vec<Commit>>> {
    let mut by_lane = vec![Vec::new(); lanes];
    for commit in groups.iter().flatten() {
        by_lane[lane_of(commit, lanes)].push(commit.clone());
    }
    let size = in_flight.div_ceil(lanes);
    by_lane.into_iter().map(|commits| commits.chunks(size).map(<[Commit]>::to_vec).collect()).collect()
}

/// The effects that commits write, by id: what ends one says nothing else about it.
fn effects_of<'a>(commits: impl Iterator<Item = &'a Commit>) -> BTreeMap<String, EffectRow> {
    let writes = commits.flat_map(|commit| &commit.writes);
    writes
        .filter_map(|write| if let Write::Effect(row) = write { Some((row.id.to_string(), row.clone())) } else { None })
        .collect()
}

/// Writes the rows of these groups without the engine, each lane by itself. Returns how long it took and how much it was.
async fn raw_part(
    made: &Made,
    setting: &[Commit],
    lanes: Vec<Vec<Vec<Commit>>>,
) -> Result<(Duration, Load), BenchError> {
    let connections = u32::try_from(lanes.len()).unwrap_or(u32::MAX);
    let ceiling = Arc::new(Ceiling::open(&made.beside("raw").await?, connections, setting).await?);
    let (mut load, mut prepared) = (Load::default(), Vec::new());
    let mut effects = effects_of(setting.iter().chain(lanes.iter().flatten().flatten()));
    for groups in lanes {
        let mut batches = Vec::new();
        for group in groups {
            let batch = Batch::of(&group, &mut effects)?;
            let one = batch.load();
            load = Load { rows: load.rows + one.rows, bytes: load.bytes + one.bytes };
            batches.push(ceiling.prepare(batch));
        }
        prepared.push(batches);
    }
    let start = now();
    let mut workers = JoinSet::new();
    for batches in prepared {
        let ceiling = Arc::clone(&ceiling);
        workers.spawn(async move {
            for batch in batches {
                ceiling.write(batch).await?;
            }
            Ok::<_, BenchError>(())
        });
    }
    while let Some(worker) = workers.join_next().await {
        worker.map_err(|error| BenchError::Wrong(error.to_string()))??;
    }
    let taken = start.elapsed();
    if let Some(ceiling) = Arc::into_inner(ceiling) {
        ceiling.close().await?;
    }
    Ok((taken, load))
}
