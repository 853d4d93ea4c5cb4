//! `niyam bench`: how fast this machine runs cases, each figure beside what it is compared with.
//!
//! Every bench prints a table for people, or with `--format json` one object on the last line. Progress is on the error
//! output when that is a terminal. `world` is the invented office that all of them run in, `measure` the clock and the
//! histograms.

mod arrivals;
mod expression_cases;
mod expressions;
mod growth;
mod kernel;
mod latency;
mod lifecycle;
mod measure;
mod place;
mod record;
mod replay;
mod sender;
mod standing;
mod synth;
mod world;

use std::io;

use clap::{Args, Subcommand};
use niyam_engine::error::{ActError, OpenError, ReceiveError, StoreError};
use niyam_engine::store::sea::ceiling::CeilingError;
use serde::Serialize;

use super::{CliError, Exit, Format};
use crate::console::Console;

/// Measure how fast this machine runs cases.
#[derive(Debug, Args)]
pub struct Bench {
    /// What to measure.
    #[command(subcommand)]
    pub what: What,
    /// How results are written.
    #[arg(long, value_enum, default_value_t, global = true)]
    pub format: Format,
}

/// The measurements.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Cases of five stages from outside events to disk, beside the raw insert of the same rows.
    Lifecycle(lifecycle::Lifecycle),
    /// Steps in memory, on one thread and on all processors.
    Kernel(kernel::Kernel),
    /// Guards and rows of decision tables per second.
    Expressions(expressions::Expressions),
    /// Events proved again per second, beside only reading them.
    Replay(replay::Replay),
    /// What a step costs as the history of its case grows.
    Growth(growth::Growth),
    /// Many open cases and armed clocks: start time, memory, step cost.
    Standing(standing::Standing),
    /// From an alert over HTTP to the message in the channel, at a given rate.
    Latency(latency::Latency),
}

/// Why a bench could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The store cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A case could not be opened.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// An act failed.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rows cannot be written without the engine.
    #[error(transparent)]
    Ceiling(#[from] CeilingError),
    /// There is something where the bench wants to write.
    #[error("`{0}` is there already, and a bench deletes what it has written")]
    Occupied(String),
    /// The process that is measured opens a folder.
    #[error("this bench runs on SQLite only")]
    SqliteOnly,
    /// Several engines cannot open one folder.
    #[error("several nodes need PostgreSQL")]
    OneNode,
    /// The bench measured something else than it should.
    #[error("the measurement is not what it should be: {0}")]
    Wrong(String),
    /// The operating system gives no threads or files.
    #[error("the operating system refused")]
    System(#[from] io::Error),
}

impl BenchError {
    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Occupied(_) => Some("name a folder that is not there yet with --store sqlite:PATH".to_owned()),
            Self::SqliteOnly => Some("use --store sqlite:FOLDER".to_owned()),
            Self::OneNode => Some("use --store postgres://USER@HOST/DATABASE".to_owned()),
            Self::Open(_)
            | Self::Receive(_)
            | Self::Act(_)
            | Self::Store(_)
            | Self::Ceiling(_)
            | Self::Wrong(_)
            | Self::System(_) => None,
        }
    }
}

/// Measures.
///
/// # Errors
/// [`BenchError`] and an output that cannot be written.
pub fn run(arguments: &Bench, console: &mut Console) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(BenchError::System)?;
    match &arguments.what {
        What::Lifecycle(what) => show(console, arguments.format, &runtime.block_on(lifecycle::run(what, console))?)?,
        What::Kernel(what) => show(console, arguments.format, &kernel::run(what, console)?)?,
        What::Expressions(what) => show(console, arguments.format, &expressions::run(what, console)?)?,
        What::Replay(what) => show(console, arguments.format, &runtime.block_on(replay::run(what, console))?)?,
        What::Growth(what) => show(console, arguments.format, &runtime.block_on(growth::run(what, console))?)?,
        What::Standing(standing::Standing { probe: Some(folder), .. }) => {
            show(console, arguments.format, &runtime.block_on(standing::probe(folder))?)?;
        }
        What::Standing(what) => show(console, arguments.format, &runtime.block_on(standing::run(what, console))?)?,
        What::Latency(what) => show(console, arguments.format, &runtime.block_on(latency::run(what, console))?)?,
    }
    Ok(Exit::Good)
}

/// Prints a result: one object on one line, or a line for each figure.
fn show<T: Serialize>(console: &mut Console, format: Format, result: &T) -> Result<(), CliError> {
    let value = serde_json::to_value(result).map_err(io::Error::other)?;
    match format {
        Format::Json => console.line(value.to_string())?,
        Format::Text => lines(console, "", &value)?,
    }
    Ok(())
}

fn lines(console: &mut Console, path: &str, value: &serde_json::Value) -> io::Result<()> {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                lines(console, &path, value)?;
            }
            Ok(())
        }
        serde_json::Value::Array(rows) => {
            for (number, row) in rows.iter().enumerate() {
                lines(console, &format!("{path}.{number}"), row)?;
            }
            Ok(())
        }
        serde_json::Value::String(text) => console.line(format!("{path:36} {text}")),
        other => console.line(format!("{path:36} {other}")),
    }
}
