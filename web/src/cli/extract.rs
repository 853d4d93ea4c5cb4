//! `niyam extract`

use std::path::PathBuf;

use clap::Args;
use niyam_engine::directory::Directory;
use niyam_engine::intake::Vocabulary;
use niyam_engine::intake::report::{File, Item, report};

use super::{CliError, Exit, Format, alert_file};
use crate::console::{Console, Paint};

/// Read alerts and print what they say.
///
/// Files are read in the order given, as if they came one after the other: a later one may be a duplicate or an update of
/// an earlier one. With `--format json` each file gives one object on a line of its own.
#[derive(Debug, Args)]
pub struct Extract {
    /// Mails or JSON; `-` reads the standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How results are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Reads alerts. Whatever the bytes, there is a result.
///
/// # Errors
/// Files that cannot be read at all.
pub fn run(arguments: &Extract, console: &mut Console) -> Result<Exit, CliError> {
    let bar = console.progress(arguments.files.len() as u64);
    let mut files = Vec::new();
    for path in &arguments.files {
        bar.set_message(path.display().to_string());
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        files.push(File { name, bytes: alert_file::bytes(path)? });
        bar.inc(1);
    }
    bar.finish_and_clear();
    for item in report(&files, alert_file::CAME, Vocabulary::shipped(), Directory::shipped()) {
        match arguments.format {
            Format::Json => console.line(serde_json::to_string(&item).map_err(std::io::Error::other)?)?,
            Format::Text => print(console, &item)?,
        }
    }
    Ok(Exit::Good)
}

fn print(console: &mut Console, item: &Item) -> Result<(), CliError> {
    let serde_json::Value::Object(fields) = serde_json::to_value(item).map_err(std::io::Error::other)? else {
        return Ok(());
    };
    console.line(console.paint(Paint::Strong, &item.file))?;
    for (name, value) in fields.iter().filter(|(name, _)| *name != "file") {
        if let Some(words) = in_words(value) {
            console.line(format!("  {name}: {words}"))?;
        }
    }
    Ok(console.line("")?)
}

/// A value on one line; `None` for what was not found.
fn in_words(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        serde_json::Value::Array(items) => {
            let words: Vec<String> = items.iter().filter_map(in_words).collect();
            (!words.is_empty()).then(|| words.join(", "))
        }
        serde_json::Value::Object(fields) => {
            let words = fields.iter().filter_map(|(name, value)| Some(format!("{name} {}", in_words(value)?)));
            Some(words.collect::<Vec<_>>().join(" ")).filter(|words| !words.is_empty())
        }
        other => Some(other.to_string()),
    }
}
