//! `niyam restore`

use std::path::PathBuf;

use clap::Args;
use niyam_engine::backup::{self, Manifest};
use niyam_engine::replay::{Summary, Sweep};

use super::backup::in_words;
use super::database::DatabaseOptions;
use super::{CliError, Exit, Format, replay};
use crate::console::{Console, Paint};

/// Make a database of a backup, and prove it by replay.
///
/// The folder may hold `deployment.key` and `people.csv`, but no database. A damaged backup, or one of a newer version, is
/// refused before anything is made. At the end every case is stepped again; without the deployment key only the hash chains
/// are verified. What differs is reported, not halted.
///
/// A backup holds keys that were destroyed after it was made: what was erased since then is readable again. Erase it again.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup.
    #[arg(value_name = "FROM")]
    pub from: PathBuf,
    /// Data folder without a database; made when it is not there.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// How results are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Restores a backup.
///
/// # Errors
/// [`niyam_engine::backup::BackupError`]; there is no database then.
pub fn run(arguments: &Restore, console: &mut Console) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(restore(arguments, console))
}

async fn restore(arguments: &Restore, console: &mut Console) -> Result<Exit, CliError> {
    let urls = arguments.database.urls()?;
    let checked = backup::check(&arguments.from)?;
    let manifest = checked.manifest.clone();
    std::fs::create_dir_all(&arguments.data).map_err(replay::ReplayFailure::System)?;
    let around = replay::around(&arguments.data)?;
    let bar = console.progress(manifest.tables.values().map(|table| table.rows).sum());
    let step = bar.clone();
    let restored = backup::restore(&checked, &arguments.data, &urls, around, move || step.inc(1)).await;
    bar.finish_and_clear();
    let restored = restored?;
    let sweep = Sweep { jobs: replay::jobs(), halt_at_most: 0 };
    let summary = if restored.has_key {
        replay::sweep_all(&restored.auditor, sweep, arguments.format, console).await?
    } else {
        let quiet = restored.auditor.all(sweep, |_| {}).await;
        quiet.map_err(replay::ReplayFailure::from)?
    };
    tell(arguments, &manifest, &summary, restored.has_key, console)?;
    let proved = if restored.has_key { summary.is_good() } else { summary.differing == 0 };
    Ok(if proved { Exit::Good } else { Exit::Found })
}

fn tell(
    arguments: &Restore,
    manifest: &Manifest,
    summary: &Summary,
    has_key: bool,
    console: &mut Console,
) -> Result<(), CliError> {
    let taken_at_ms = manifest.head.taken_at.as_ms();
    if arguments.format == Format::Json {
        let report = serde_json::json!({
            "restored": manifest.tables, "taken_at": taken_at_ms, "has_key": has_key, "summary": summary,
        });
        return Ok(console.line(report.to_string())?);
    }
    let word = console.paint(Paint::Good, "restored");
    console.line(format!("{word} into {}: {}", arguments.data.display(), in_words(manifest)))?;
    if has_key {
        for line in replay::in_words(summary) {
            console.line(line)?;
        }
    } else {
        let held = summary.cases - summary.differing;
        console.line(format!("{held} of {} hash chains hold; nothing was stepped again", summary.cases))?;
        console.line(
            "  = the deployment key is not here: put `deployment.key` into the folder and run `niyam replay --all`",
        )?;
    }
    let at = chrono::DateTime::from_timestamp_millis(taken_at_ms).map_or_else(String::new, |at| at.to_rfc3339());
    let word = console.paint(Paint::Warning, "note");
    Ok(console.line(format!("{word}: what was erased after {at} is readable again here; erase it again"))?)
}
