//! `niyam`: the one binary.

use std::process::ExitCode;

use clap::Parser as _;

use niyam_web::cli::{self, Arguments};
use niyam_web::console::{Console, Paint};

fn main() -> ExitCode {
    let mut console = Console::of_process();
    let ended = cli::run(&Arguments::parse(), &mut console).and_then(|exit| {
        console.flush().map_err(cli::CliError::Output)?;
        Ok(exit)
    });
    match ended {
        Ok(exit) => exit.into(),
        Err(error) if error.nobody_reads() => ExitCode::SUCCESS,
        Err(error) => {
            let _shown_below = console.flush();
            let advice = error.advice();
            let error = anyhow::Error::from(error);
            let label = console.paint_note(Paint::Error, "error");
            console.note(format!("{label}: {error:#}"));
            if let Some(advice) = advice {
                console.note(format!("  = help: {advice}"));
            }
            cli::Exit::Unusable.into()
        }
    }
}
