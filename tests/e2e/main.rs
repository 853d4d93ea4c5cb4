//! The whole program under faults: real processes, real disks, real databases, real kills.
//!
//! `cargo test -p niyam-tests --test e2e [NAME] [-- --seed N]` runs the scenarios whose name holds NAME, one after the
//! other. The servers are this very program, started again as `niyam`: they are always what was compiled last. Everything
//! random comes from the seed; when a kill falls within the work of a server is up to the machine, so a seed repeats what
//! was sent and how long was waited, not the instant. A failing scenario leaves its folder and names it.

mod check;
mod dice;
mod http;
mod load;
mod postgres;
mod process;
mod site;
mod sqlite;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser as _;
use niyam_web::cli::{self, Arguments};
use niyam_web::console::Console;

/// A scenario by its name; it gives back what it did, in words.
type Scenario = (&'static str, fn(u64) -> String);

/// Those on PostgreSQL run when they are named only: a node that starts while another works may settle for more than a
/// minute before it listens, and then `kills_under_load` fails.
const ONLY_BY_NAME: &str = "postgres_";

const SCENARIOS: &[Scenario] = &[
    ("sqlite_kills_under_load", sqlite::kills_under_load),
    ("sqlite_full_disk", sqlite::full_disk),
    ("postgres_kills_under_load", postgres::kills_under_load),
    ("postgres_stopped_node", postgres::stopped_node),
    ("postgres_failover", postgres::failover),
];

/// Seed of a run that names none.
const SEED: u64 = 2026;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).is_some_and(|word| word == "niyam") {
        return niyam(&words[1..]);
    }
    let mut console = Console::of_process();
    if words.iter().any(|word| word == "--list") {
        return ExitCode::SUCCESS;
    }
    let seed = words.iter().position(|word| word == "--seed").and_then(|place| words.get(place + 1));
    let seed = seed.map_or(SEED, |seed| seed.parse().expect("--seed takes a number"));
    let names: Vec<&str> = asked(&words);
    let mut failed = 0;
    for (name, scenario) in SCENARIOS {
        let wanted = if names.is_empty() {
            !name.starts_with(ONLY_BY_NAME)
        } else {
            names.iter().any(|asked| name.contains(asked))
        };
        if !wanted {
            continue;
        }
        let began = now();
        let ended = catch_unwind(AssertUnwindSafe(|| scenario(seed)));
        let seconds = began.elapsed().as_secs();
        match ended {
            Ok(told) => console.note(format!("e2e {name} ok in {seconds} s: {told}")),
            Err(_) => {
                failed += 1;
                console.note(format!("e2e {name} FAILED after {seconds} s; again with: cargo test -p niyam-tests --test e2e {name} -- --seed {seed}"));
            }
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Words that choose scenarios: all that are neither options nor the value of `--seed`.
fn asked(words: &[String]) -> Vec<&str> {
    let mut names = Vec::new();
    let mut words = words.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seed" | "--test-threads" | "--format" | "--skip" => {
                words.next();
            }
            option if option.starts_with('-') => {}
            name => names.push(name),
        }
    }
    names
}

/// This process as the program under test.
fn niyam(words: &[String]) -> ExitCode {
    let mut console = Console::of_process();
    let ended = cli::run(&Arguments::parse_from(words), &mut console);
    let _nobody_reads = console.flush();
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            console.note(format!("error: {error}"));
            cli::Exit::Unusable.into()
        }
    }
}

/// The real time, which these tests run in.
#[expect(clippy::disallowed_methods, reason = "real processes run in real time")]
fn now() -> Instant {
    Instant::now()
}

fn pause(length: Duration) {
    std::thread::sleep(length);
}
