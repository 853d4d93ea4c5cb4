//! `niyam chart`

use std::io::BufRead as _;

use clap::Args;
use niyam_kernel::session::Session;

use super::{CliError, Exit};
use crate::console::Console;

/// Bytes that one line may have at most.
const LINE_BYTES: u64 = 64 * 1024 * 1024;

/// Run a bare statechart step by step, for conformance tests.
///
/// With --stdio one JSON object per line comes in and one goes out; time is virtual:
///
///   {"op":"start","name":"…","machine":{…}}
///   {"op":"send","event":{"name":"t","data":null}}
///   {"op":"advance","ms":100}
///
/// Answers are {"configuration":[…],"done":false,"trace":[…]} or {"error":"…"}.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Chart {
    /// Read requests from the standard input and answer on the standard output.
    #[arg(long, required = true)]
    pub stdio: bool,
}

/// Answers requests until the input ends.
///
/// # Errors
/// Input that cannot be read, output that cannot be written.
pub fn run(_arguments: &Chart, console: &mut Console) -> Result<Exit, CliError> {
    let unreadable = |source| CliError::Unreadable { path: "-".into(), source };
    let mut input = std::io::stdin().lock();
    let mut session = Session::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = std::io::Read::take(&mut input, LINE_BYTES);
        if limited.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
            return Ok(Exit::Good);
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        console.line(session.answer(text.trim_end_matches(['\r', '\n'])))?;
        console.flush()?;
    }
}
