//! `niyam bench growth`
//!
//! What a step costs when its case has a thousand, ten thousand … events behind it. The history is written in bulk, as rows
//! like those that the engine writes, on a case whose state stays small. Each step of the long case is measured beside one
//! of a case that has just been opened, turn by turn, so that whatever else the machine does befalls both. `hot` steps find
//! their case in memory, `cold` ones read it from the database each time.

use std::sync::Arc;

use clap::Args;
use niyam_engine::engine::{Engine, Limits};
use niyam_engine::store::sea::ceiling::Ceiling;
use niyam_kernel::id::CaseId;
use serde::Serialize;

use super::measure::{Machine, Times, now, round};
use super::place::{Made, Place};
use super::synth::{self, Template};
use super::{BenchError, world};
use crate::console::Console;

/// What a step costs as the history of its case grows.
#[derive(Debug, Args)]
pub struct Growth {
    /// Where to write: `sqlite:FOLDER`; made for the bench and deleted after it. A million events take about 1 GB.
    #[arg(long, value_name = "STORE", default_value = "sqlite:niyam-bench")]
    pub store: Place,
    /// Events of the longest history; the others are a tenth of the next, down to a thousand.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(100..))]
    pub max: u64,
    /// Steps measured on each case, hot and cold.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pub steps: u32,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    bench: &'static str,
    store: &'static str,
    lengths: Vec<Length>,
    /// How much the steps of the longest history cost more than those of a new case; below zero = less.
    most_percent: f64,
    megabytes_on_disk: u64,
    machine: Machine,
}

/// One length of history.
#[derive(Clone, Copy, Debug, Serialize)]
struct Length {
    events: u64,
    /// Seconds to write the history.
    written_s: f64,
    hot: Pair,
    cold: Pair,
}

/// A long case and a new one, turn by turn.
#[derive(Clone, Copy, Debug, Serialize)]
struct Pair {
    long_p50_ms: f64,
    new_p50_ms: f64,
    /// The first to the second.
    ratio: f64,
}

/// Measures.
pub async fn run(arguments: &Growth, console: &Console) -> Result<Report, BenchError> {
    let machine = Machine::look();
    let made = arguments.store.make().await?;
    let mut lengths = Vec::new();
    let mut length = arguments.max;
    while length >= 1_000.min(arguments.max) {
        lengths.insert(0, length);
        length /= 10;
    }
    let mut measured = Vec::new();
    for (place, length) in lengths.into_iter().enumerate() {
        measured.push(one(arguments, &made, console, place as u64, length).await?);
    }
    let most = measured.iter().flat_map(|length| [length.hot.ratio, length.cold.ratio]).fold(0.0, f64::max);
    let megabytes_on_disk = made.megabytes()?;
    made.clear().await?;
    Ok(Report {
        bench: "growth",
        store: arguments.store.kind(),
        lengths: measured,
        most_percent: round((most - 1.0) * 100.0, 1),
        megabytes_on_disk,
        machine,
    })
}

async fn one(
    arguments: &Growth,
    made: &Made,
    console: &Console,
    place: u64,
    length: u64,
) -> Result<Length, BenchError> {
    let (engine, store) = synth::open(world::config(made.data(), false)).await?;
    let mut cases = Vec::new();
    for number in 0..3 {
        cases.push(plain_case(&engine, place * 10 + number).await?);
    }
    let [long, new, model] = cases[..] else { return Err(BenchError::Wrong("three cases".to_owned())) };
    engine.settle().await?;
    let request = engine.new_id();
    engine.act(model, world::remark(request)).await?;
    let written = store.events(model).await?;
    let mut event = written.into_iter().next_back().ok_or_else(|| BenchError::Wrong("no event".to_owned()))?;
    // sealed for another case: nobody could open it here
    event.sealed.clear();
    let mut template = Template::of(store.as_ref(), long).await?;
    // what it has in memory of the case would be out of date
    engine.rest().await?;
    drop((engine, store));
    let ceiling = Ceiling::beside(&made.database()).await?;
    let bar = console.progress(length);
    bar.set_message(format!("a history of {length} events"));
    let start = now();
    template.lengthen(&ceiling, &event, length, |written| bar.set_position(written)).await?;
    let written_s = round(start.elapsed().as_secs_f64(), 1);
    ceiling.close().await?;
    bar.finish_and_clear();
    let hot = pair(arguments, made, Limits::default(), long, new).await?;
    let cold = pair(arguments, made, Limits { cache_bytes: 0, ..Limits::default() }, long, new).await?;
    Ok(Length { events: length, written_s, hot, cold })
}

/// Opens a case in which nothing is sealed.
pub async fn plain_case(engine: &Arc<Engine>, number: u64) -> Result<CaseId, BenchError> {
    let receipt = engine.receive(world::plain_alert(number, engine.now())).await?;
    receipt.cases.first().map(|of| of.case).ok_or_else(|| BenchError::Wrong("an alert opened no case".to_owned()))
}

async fn pair(arguments: &Growth, made: &Made, limits: Limits, long: CaseId, new: CaseId) -> Result<Pair, BenchError> {
    let mut config = world::config(made.data(), false);
    config.limits = limits;
    let engine = Engine::open(config).await?;
    let mut times = [Times::new(), Times::new()];
    for turn in 0..=arguments.steps {
        for (case, times) in [long, new].into_iter().zip(&mut times) {
            let request = world::remark(engine.new_id());
            let start = now();
            engine.act(case, request).await?;
            // the first one warms up
            if turn > 0 {
                times.add(start.elapsed());
            }
        }
    }
    engine.rest().await?;
    let [long, new] = times.map(|times| times.spread().p50_ms);
    Ok(Pair { long_p50_ms: long, new_p50_ms: new, ratio: round(long / new, 3) })
}
