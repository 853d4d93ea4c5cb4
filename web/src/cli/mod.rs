//! The command line: one module per sub-command.

pub mod alert_file;
pub mod backup;
pub mod bench;
pub mod bundles;
pub mod chart;
pub mod check;
pub mod database;
pub mod extract;
pub mod move_cases;
pub mod operations;
pub mod replay;
pub mod restore;
pub mod serve;
pub mod test;
pub mod trial;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::console::Console;

const EXIT_CODES: &str = "\
Exit codes:
  0  done, nothing to report
  1  something was found: findings in a protocol, a failed scenario, a refused step, a case that differs
  2  wrong usage, a file that cannot be read, or a server that cannot start or go on";

/// Runs police protocols for people in distress.
#[derive(Debug, Parser)]
#[command(name = "niyam", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the screens and the API.
    #[command(after_help = EXIT_CODES)]
    Serve(serve::Serve),
    /// Read protocols and say everything that is wrong with them.
    #[command(after_help = EXIT_CODES)]
    Check(check::Check),
    /// Run the scenarios of protocols in virtual time and say what they have not touched.
    #[command(after_help = EXIT_CODES)]
    Test(test::Test),
    /// Take one case through a protocol in virtual time and tell what happens, why, and who is told.
    #[command(after_help = EXIT_CODES)]
    Try(trial::Try),
    /// Read alerts and print what they say.
    #[command(after_help = EXIT_CODES)]
    Extract(extract::Extract),
    /// Take running cases to another version of their protocol, or show what that would do.
    #[command(name = "move", after_help = EXIT_CODES)]
    Move(move_cases::Move),
    /// Step the logs of cases again and prove that they lead to what is stored.
    #[command(after_help = EXIT_CODES)]
    Replay(replay::Replay),
    /// Write everything the database holds to one file, also while a server works on it.
    #[command(after_help = EXIT_CODES)]
    Backup(backup::Backup),
    /// Make a database of a backup, and prove it by replay.
    #[command(after_help = EXIT_CODES)]
    Restore(restore::Restore),
    /// Run a bare statechart step by step, for conformance tests.
    #[command(after_help = EXIT_CODES)]
    Chart(chart::Chart),
    /// Measure how fast this machine runs cases.
    #[command(after_help = EXIT_CODES)]
    Bench(bench::Bench),
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// How a sub-command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, nothing to report.
    Good,
    /// Something was found.
    Found,
    /// Wrong usage, unreadable input, or no way to start.
    Unusable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Good => Self::SUCCESS,
            Exit::Found => Self::from(1),
            Exit::Unusable => Self::from(2),
        }
    }
}

/// Why a sub-command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The output cannot be written.
    #[error("the output cannot be written")]
    Output(#[source] io::Error),
    /// A file or folder cannot be read.
    #[error("`{path}` cannot be read")]
    Unreadable {
        /// As it was named.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was asked for makes no sense; says what would.
    #[error("{problem}")]
    Usage {
        /// What is wrong.
        problem: String,
        /// What to do.
        advice: String,
    },
    /// An address of a database cannot be used.
    #[error(transparent)]
    Url(#[from] database::UrlError),
    /// Cases cannot be moved.
    #[error(transparent)]
    Move(#[from] move_cases::MoveError),
    /// There is no backup, or nothing was restored.
    #[error(transparent)]
    Backup(#[from] niyam_engine::backup::BackupError),
    /// Data cannot be looked at.
    #[error(transparent)]
    Replay(#[from] replay::ReplayFailure),
    /// The server cannot start or had to stop.
    #[error(transparent)]
    Serve(#[from] serve::ServeError),
    /// It could not be measured.
    #[error("the bench could not be run")]
    Bench(#[from] bench::BenchError),
}

impl CliError {
    /// Whether the reader of the output has gone away, as with `| head`: no error for anybody.
    #[must_use]
    pub fn nobody_reads(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Output(_) => Some("check that the disk has room and the file may be written".to_owned()),
            Self::Unreadable { source, .. } => Some(match source.kind() {
                io::ErrorKind::NotFound => "check the name".to_owned(),
                io::ErrorKind::PermissionDenied => "ask for the right to read it".to_owned(),
                io::ErrorKind::InvalidData => "the file must be UTF-8 text".to_owned(),
                _ => "check that it is a readable file".to_owned(),
            }),
            Self::Usage { advice, .. } => Some(advice.clone()),
            // it says itself what to do
            Self::Move(_) | Self::Url(_) => None,
            Self::Backup(error) => backup::advice(error),
            Self::Replay(error) => error.advice(),
            Self::Serve(error) => error.advice(),
            Self::Bench(error) => error.advice(),
        }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Runs what was asked for.
///
/// # Errors
/// Whatever keeps the sub-command from doing its work; findings are no errors but [`Exit::Found`].
pub fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, CliError> {
    match &arguments.command {
        Command::Serve(serve) => serve::run(serve, console),
        Command::Check(check) => check::run(check, console),
        Command::Test(test) => test::run(test, console),
        Command::Try(trial) => trial::run(trial, console),
        Command::Extract(extract) => extract::run(extract, console),
        Command::Move(moves) => move_cases::run(moves, console),
        Command::Replay(replay) => replay::run(replay, console),
        Command::Backup(backup) => backup::run(backup, console),
        Command::Restore(restore) => restore::run(restore, console),
        Command::Chart(chart) => chart::run(chart, console),
        Command::Bench(bench) => bench::run(bench, console),
    }
}
