//! `niyam bench standing`
//!
//! Many open cases with their clocks, written in bulk as rows like those that the engine writes. Then a process of its own
//! opens them, so that its memory is only what the engine needs: how long until it is ready, how much memory it has, what a
//! step costs, what the board costs, and what it does while all the clocks wait. The same is measured beside it with a
//! thousand cases.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;
use niyam_engine::engine::{Data, Engine};
use niyam_engine::store::sea::ceiling::Ceiling;
use niyam_engine::view::Filter;
use niyam_kernel::id::CaseId;
use serde::{Deserialize, Serialize};

use super::growth::plain_case;
use super::measure::{Machine, Spread, Times, now, round};
use super::place::{Made, Place};
use super::synth::{self, Template};
use super::{BenchError, world};
use crate::console::Console;

/// Cases of the run beside it.
const FEW: u32 = 1_000;
/// Cases written in one transaction.
const GROUP: u32 = 512;
/// Cases that steps are taken on.
const SAMPLE: u32 = 500;
/// How long the clock loop is watched while nothing is due.
const WATCH: Duration = Duration::from_secs(5);
/// The file with the cases that steps are taken on.
const SAMPLED: &str = "sample";

/// Many open cases and armed clocks: start time, memory, step cost.
#[derive(Debug, Args)]
pub struct Standing {
    /// Where to write: `sqlite:FOLDER`; made for the bench and deleted after it. A million cases take about 6 GB.
    #[arg(long, value_name = "STORE", default_value = "sqlite:niyam-bench")]
    pub store: Place,
    /// Open cases.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub cases: u32,
    /// Measures what was built there; for the process that this bench starts.
    #[arg(long, value_name = "FOLDER", hide = true)]
    pub probe: Option<PathBuf>,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    bench: &'static str,
    store: &'static str,
    cases: u32,
    clocks: u64,
    /// Seconds to write them.
    written_s: f64,
    megabytes_on_disk: u64,
    many: Seen,
    few: Seen,
    /// Median cost of a step among many cases to that among a thousand.
    step_ratio: f64,
    machine: Machine,
}

/// What the process of its own has seen.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Seen {
    /// Until the engine takes events.
    start_s: f64,
    /// Memory after the start, in MiB.
    memory_mib: u64,
    /// The most memory it had, in MiB.
    most_memory_mib: u64,
    /// Steps on cases that nobody has touched before.
    step: Spread,
    /// Looking for clocks when none is due.
    look_for_clocks: Spread,
    /// Two hundred cards of the board with its counts.
    board: Spread,
    /// Processor time that clocks and outbox took while they waited, in percent of one processor.
    waiting_percent: f64,
}

/// Measures.
pub async fn run(arguments: &Standing, console: &Console) -> Result<Report, BenchError> {
    let machine = Machine::look();
    if matches!(arguments.store, Place::Postgres(_)) {
        return Err(BenchError::SqliteOnly);
    }
    let made = arguments.store.make().await?;
    let (few, _, _) = one(&made, FEW.min(arguments.cases), console).await?;
    made.empty().await?;
    let (many, clocks, written) = one(&made, arguments.cases, console).await?;
    let megabytes_on_disk = made.megabytes()?;
    made.clear().await?;
    Ok(Report {
        bench: "standing",
        store: arguments.store.kind(),
        cases: arguments.cases,
        clocks,
        written_s: round(written.as_secs_f64(), 1),
        megabytes_on_disk,
        many,
        few,
        step_ratio: round(many.step.ratio_to(&few.step), 3),
        machine,
    })
}

async fn one(made: &Made, cases: u32, console: &Console) -> Result<(Seen, u64, Duration), BenchError> {
    let (engine, store) = synth::open(world::config(made.data(), false)).await?;
    let case = plain_case(&engine, 0).await?;
    engine.settle().await?;
    let template = Template::of(store.as_ref(), case).await?;
    let bar = console.progress(u64::from(cases));
    bar.set_message(format!("{cases} open cases"));
    let ceiling = Ceiling::beside(&made.database()).await?;
    let start = now();
    let mut sample = String::new();
    for first in (0..cases).step_by(GROUP as usize) {
        let group: Vec<_> = (first..cases.min(first + GROUP))
            .map(|number| {
                let case = CaseId(engine.new_id());
                if number % (cases / SAMPLE).max(1) == 0 {
                    sample.extend([case.to_string(), "\n".to_owned()]);
                }
                template.again(case, format!("BENCH-{number:07}"), i64::from(number))
            })
            .collect();
        synth::write(&ceiling, &group).await?;
        bar.set_position(u64::from(first));
    }
    let written = start.elapsed();
    ceiling.close().await?;
    engine.rest().await?;
    drop((engine, store));
    std::fs::write(made.folder().join(SAMPLED), sample)?;
    bar.set_message("a process of its own");
    let seen = tokio::task::block_in_place(|| in_a_process_of_its_own(made))?;
    bar.finish_and_clear();
    Ok((seen, u64::from(cases) * template.clocks() as u64, written))
}

fn in_a_process_of_its_own(made: &Made) -> Result<Seen, BenchError> {
    let ended = Command::new(std::env::current_exe()?)
        .args(["bench", "standing", "--format", "json", "--probe"])
        .arg(made.folder())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8_lossy(&ended.stdout);
    let last = text.lines().next_back().unwrap_or_default();
    serde_json::from_str(last)
        .map_err(|error| BenchError::Wrong(format!("the process of its own said `{last}`: {error}")))
}

/// Opens what was built in a folder and measures.
pub async fn probe(folder: &std::path::Path) -> Result<Seen, BenchError> {
    let cases: Vec<CaseId> = std::fs::read_to_string(folder.join(SAMPLED))?
        .lines()
        .map(|line| line.parse().map_err(|_| BenchError::Wrong(format!("`{line}` is no case"))))
        .collect::<Result<_, _>>()?;
    let start = now();
    let engine = Engine::open(world::config(Data::Folder(folder.join("engine")), false)).await?;
    let start_s = round(start.elapsed().as_secs_f64(), 3);
    let memory_mib = status_mib("VmRSS:")?;
    let mut step = Times::new();
    for case in cases {
        let request = world::remark(engine.new_id());
        let start = now();
        engine.act(case, request).await?;
        step.add(start.elapsed());
    }
    let (mut look, mut board) = (Times::new(), Times::new());
    for _ in 0..100 {
        let start = now();
        engine.fire_due(engine.now()).await?;
        look.add(start.elapsed());
    }
    for _ in 0..20 {
        let start = now();
        engine
            .board(&Filter { open: Some(true), limit: 200 })
            .await
            .map_err(|error| BenchError::Wrong(format!("the board cannot be shown: {error}")))?;
        board.add(start.elapsed());
    }
    let before = processor_s()?;
    engine.clone().run(tokio::time::sleep(WATCH)).await;
    let waiting = processor_s()? - before;
    Ok(Seen {
        start_s,
        memory_mib,
        most_memory_mib: status_mib("VmHWM:")?,
        step: step.spread(),
        look_for_clocks: look.spread(),
        board: board.spread(),
        waiting_percent: round(waiting / WATCH.as_secs_f64() * 100.0, 2),
    })
}

/// A figure of `/proc/self/status` that stands there in KiB.
fn status_mib(name: &str) -> Result<u64, BenchError> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let kib = text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<u64>().ok());
    kib.map(|kib| kib / 1_024).ok_or_else(|| BenchError::Wrong(format!("the system does not tell {name}")))
}

/// Processor time of this process, in seconds.
fn processor_s() -> Result<f64, BenchError> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // the name of the program may hold spaces; the 14th and 15th field count hundredths of a second
    let behind_name = text.rsplit(')').next().unwrap_or_default();
    let ticks: u32 =
        behind_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    Ok(f64::from(ticks) / 100.0)
}
