//! `niyam backup`

use std::path::PathBuf;

use clap::Args;
use niyam_engine::backup::{self, BackupError, Manifest};
use niyam_engine::time::{Clock as _, SystemClock};

use super::database::DatabaseOptions;
use super::{CliError, Exit, Format};
use crate::console::{Console, Paint};

/// Write everything the database holds to one file, also while a server works on it.
///
/// The file holds one consistent moment. It has its name only when it is whole and on the disk. The deployment key is NOT in
/// it: keep `deployment.key` of the data folder in another place; without it what is sealed can never be read again, and
/// whoever has both can read everything. What is erased later stays readable from this file until it is destroyed.
#[derive(Debug, Args)]
pub struct Backup {
    /// File to write; one that is there already is never overwritten.
    #[arg(value_name = "DEST")]
    pub to: PathBuf,
    /// Data folder.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// How results are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Writes a backup.
///
/// # Errors
/// [`BackupError`]; there is no file of that name then.
pub fn run(arguments: &Backup, console: &mut Console) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let urls = arguments.database.urls()?;
    let manifest = runtime.block_on(async {
        let bar = console.progress(backup::count(&arguments.data, &urls).await?);
        let step = bar.clone();
        let manifest =
            backup::backup(&arguments.data, &urls, &arguments.to, SystemClock.now(), move || step.inc(1)).await;
        bar.finish_and_clear();
        manifest
    })?;
    match arguments.format {
        Format::Json => console.line(serde_json::to_string(&manifest).map_err(std::io::Error::other)?)?,
        Format::Text => {
            let word = console.paint(Paint::Good, "written");
            console.line(format!("{word} {}: {}", arguments.to.display(), in_words(&manifest)))?;
            console.line("  = the deployment key is not in it: keep `deployment.key` in another place")?;
        }
    }
    Ok(Exit::Good)
}

/// What a backup holds.
pub(super) fn in_words(manifest: &Manifest) -> String {
    let rows: u64 = manifest.tables.values().map(|table| table.rows).sum();
    let (cases, events) = (manifest.rows("cases"), manifest.rows("events"));
    format!("{cases} cases, {events} events, {rows} rows in {} tables", manifest.tables.len())
}

/// What to do about an error.
pub(super) fn advice(error: &BackupError) -> Option<String> {
    match error {
        BackupError::Exists(path) if path.extension().is_some_and(|end| end == "db") => {
            Some("name an empty folder with --data: nothing is restored over data".to_owned())
        }
        BackupError::Exists(_) => Some("choose another name, or remove it".to_owned()),
        BackupError::NotEmpty => Some("make a new database with `createdb`, and name it in --database-url".to_owned()),
        BackupError::File { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
            Some("make room, or choose another place; nothing half is left".to_owned())
        }
        BackupError::File { .. } => Some("check the name and the rights to it".to_owned()),
        // These say themselves what to do.
        BackupError::Damaged(_)
        | BackupError::Newer(_)
        | BackupError::Differs(_)
        | BackupError::Open(_)
        | BackupError::Store(_) => None,
    }
}
