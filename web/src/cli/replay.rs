//! `niyam replay`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use niyam_engine::error::OpenError;
use niyam_engine::replay::{Around, Audit, Auditor, Halt, ReplayError, Summary, Sweep, Verdict};
use niyam_engine::time::{Clock, SystemClock, SystemEntropy};

use super::database::DatabaseOptions;
use super::{CliError, Exit, Format};
use crate::console::{Console, Paint};
use crate::demo;
use crate::demo::clock::{self, FastClock};
use crate::people::{Office, RosterError};

/// Step the logs of cases again and prove that they lead to what is stored.
///
/// Every event is stepped on the version the case ran on, in the way the kernel behaved then. Compared are the hash chain,
/// refusals, effects, reasons and states, and at the end the state with its sealed part, the armed clocks, the effects to
/// deliver and the row of the board. It works beside a running server.
///
/// A case that differs is halted: an event in its log says so, its clocks stand still, and the supervisor gets a notice.
/// With --dry-run it is only reported. Where facts were erased, the chain is verified and the log is stepped up to there;
/// such cases are counted apart and never called proved.
///
/// With `--format json` each case gives one object on a line of its own, the last line is the summary.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["case", "all"]))]
pub struct Replay {
    /// Number (RJ-2026-000001) or id of one case.
    #[arg(value_name = "CASE")]
    pub case: Option<String>,
    /// All cases.
    #[arg(long)]
    pub all: bool,
    /// Data folder.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// Only report what differs; halt nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Halt at most so many cases; the others are only reported. When many differ, the program is more likely wrong than
    /// the data.
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "dry_run")]
    pub halt_at_most: usize,
    /// Cases stepped at the same time [default: as many as there are processors].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// How results are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Why nothing can be looked at.
#[derive(Debug, thiserror::Error)]
pub enum ReplayFailure {
    /// The data cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// No such case, or the store failed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The roster cannot be used.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The operating system gives no threads or files.
    #[error("the data cannot be looked at")]
    System(#[source] std::io::Error),
}

impl ReplayFailure {
    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Replay(ReplayError::NoSuchCase(_)) => {
                Some("name it by its number on the board, or use --all".to_owned())
            }
            Self::Roster(_) => Some("mend the file; columns are person,name_en,name_hi,unit,roles,shift".to_owned()),
            // These say themselves what to do.
            Self::Open(_) | Self::Replay(_) | Self::System(_) => None,
        }
    }
}

/// Replays one case or all.
///
/// # Errors
/// [`ReplayFailure`]; what differs is no error but [`Exit::Found`].
pub fn run(arguments: &Replay, console: &mut Console) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ReplayFailure::System)?;
    runtime.block_on(replay(arguments, console))
}

async fn replay(arguments: &Replay, console: &mut Console) -> Result<Exit, CliError> {
    let urls = arguments.database.urls()?;
    let around = around(&arguments.data)?;
    let auditor = Auditor::open(&arguments.data, &urls, around).await.map_err(ReplayFailure::from)?;
    let summary = match &arguments.case {
        Some(name) => {
            let case = auditor.named(name).await.map_err(ReplayFailure::from)?;
            let audit = auditor.one(case, !arguments.dry_run).await.map_err(ReplayFailure::from)?;
            let mut summary = Summary::default();
            summary.count(&audit);
            show(&audit, arguments.format, true, console)?;
            summary
        }
        None => all(arguments, &auditor, console).await?,
    };
    tell(&summary, arguments.format, console)?;
    Ok(if summary.is_good() { Exit::Good } else { Exit::Found })
}

async fn all(arguments: &Replay, auditor: &Arc<Auditor>, console: &mut Console) -> Result<Summary, CliError> {
    let sweep = Sweep {
        jobs: arguments.jobs.map_or_else(jobs, usize::from),
        halt_at_most: if arguments.dry_run { 0 } else { arguments.halt_at_most },
    };
    sweep_all(auditor, sweep, arguments.format, console).await
}

/// Looks at all cases with a progress bar, and shows those that are not proved.
pub(super) async fn sweep_all(
    auditor: &Arc<Auditor>,
    sweep: Sweep,
    format: Format,
    console: &mut Console,
) -> Result<Summary, CliError> {
    let bar = console.progress(auditor.count().await.map_err(ReplayError::from).map_err(ReplayFailure::from)?);
    let mut shown: Result<(), CliError> = Ok(());
    let summary = auditor
        .all(sweep, |audit| {
            if shown.is_ok() {
                shown = bar.suspend(|| show(audit, format, false, console));
            }
            bar.inc(1);
        })
        .await;
    bar.finish_and_clear();
    shown?;
    Ok(summary.map_err(ReplayFailure::from)?)
}

/// As many as the machine has processors.
pub(super) fn jobs() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Clock and roster of a data folder, for the event and the notice of a halt.
pub(super) fn around(folder: &Path) -> Result<Around, ReplayFailure> {
    let is_demo = clock::is_in(folder).map_err(ReplayFailure::System)?;
    let office = if is_demo { demo::office()? } else { Office::of_folder(folder)? };
    let clock: Arc<dyn Clock> = if is_demo {
        Arc::new(FastClock::of_folder(folder, SystemClock).map_err(ReplayFailure::System)?)
    } else {
        Arc::new(SystemClock)
    };
    Ok(Around { clock, entropy: Arc::new(SystemEntropy), people: Arc::new(office) })
}

/// Shows a case: each one as JSON, in words only what a person should read.
fn show(audit: &Audit, format: Format, also_good: bool, console: &mut Console) -> Result<(), CliError> {
    if format == Format::Json {
        console.line(serde_json::to_string(audit).map_err(std::io::Error::other)?)?;
        return Ok(());
    }
    let name = if audit.number.is_empty() { audit.case.to_string() } else { audit.number.clone() };
    let stepped = format!("{} of {} events stepped again", audit.stepped, audit.events);
    match &audit.verdict {
        Verdict::Proved | Verdict::Erased if !also_good && audit.halt == Halt::No => return Ok(()),
        Verdict::Proved => console.line(format!("{} {name}: {stepped}", console.paint(Paint::Good, "proved")))?,
        Verdict::Erased => {
            let word = console.paint(Paint::Warning, "erased");
            console.line(format!("{word} {name}: {stepped}, facts of the others were erased; the chain holds"))?;
        }
        Verdict::Unproved { reason } => {
            let word = console.paint(Paint::Warning, "not proved");
            console.line(format!("{word} {name}: {reason}; {stepped}, the chain holds"))?;
        }
        Verdict::Differs { differences } => {
            for difference in differences {
                let word = console.paint(Paint::Error, "differs");
                let (event, what) = (difference.event, difference.what.as_str());
                console.line(format!("{word} {name}, event {event}, {what}: {}", difference.detail))?;
            }
        }
    }
    match &audit.halt {
        Halt::No => {}
        Halt::Now => console.line("  = it is halted now, and the supervisor has a notice")?,
        Halt::Before => console.line("  = it stands still since an earlier audit and waits for a person")?,
        Halt::Spared => console.line("  = it is not halted: run `niyam replay` for this case without --dry-run")?,
        Halt::Failed(reason) => {
            console.line(format!("  = {}: {reason}", console.paint(Paint::Error, "it could not be halted")))?;
        }
    }
    Ok(())
}

fn tell(summary: &Summary, format: Format, console: &mut Console) -> Result<(), CliError> {
    if format == Format::Json {
        let summary = serde_json::json!({ "summary": summary });
        console.line(summary.to_string())?;
        return Ok(());
    }
    for line in in_words(summary) {
        console.line(line)?;
    }
    Ok(())
}

/// The summary, a line for each thing worth knowing.
pub(super) fn in_words(summary: &Summary) -> Vec<String> {
    let Summary { cases, events, stepped, proved, erased, unproved, differing, halted_now, halted_before } = *summary;
    let mut lines = vec![format!("{cases} cases, {events} events, {stepped} stepped again: {proved} proved")];
    let mut more = |count: u64, words: &str| {
        if count > 0 {
            lines.push(format!("{count} {words}"));
        }
    };
    more(erased, "with erased facts: the chain holds, stepped as far as it goes");
    more(unproved, "not proved: the chain holds, but this program cannot step them again");
    more(differing, "differ");
    more(halted_now, "halted now; the supervisor has a notice of each");
    more(halted_before, "halted by an earlier audit, waiting for a person");
    lines
}
