//! The whole program under faults: real processes, real disks, real databases, real kills.
//!
//! `cargo test -p niyam-tests --test e2e [NAME] [-- --seed N] [--test-threads N]` runs the scenarios whose name holds NAME,
//! two at a time. The servers are this very program, started again as `niyam`: they are always what was compiled last. Everything
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
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use clap::Parser as _;
use niyam_web::cli::{self, Arguments};
use niyam_web::console::Console;

/// A scenario by its name; it gives back what it did, in words.
type Scenario = (&'static str, fn(u64) -> String);

/// The longest first.
const SCENARIOS: &[Scenario] = &[
    ("postgres_kills_under_load", postgres::kills_under_load),
    ("sqlite_kills_under_load", sqlite::kills_under_load),
    ("postgres_stopped_node", postgres::stopped_node),
    ("postgres_failover", postgres::failover),
    ("sqlite_full_disk", sqlite::full_disk),
];

/// Scenarios at a time when nothing else is asked for.
const AT_ONCE: u64 = 2;

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
    let seed = number(&words, "--seed").unwrap_or(SEED);
    let names: Vec<&str> = asked(&words);
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|asked| name.contains(asked));
    let scenarios = Mutex::new(SCENARIOS.iter().filter(|(name, _)| is_wanted(name)));
    let (tell, told) = mpsc::channel();
    let mut failed = 0;
    std::thread::scope(|threads| {
        for _ in 0..number(&words, "--test-threads").unwrap_or(AT_ONCE) {
            let (scenarios, tell) = (&scenarios, tell.clone());
            threads.spawn(move || {
                let next = || scenarios.lock().expect("not poisoned").next();
                while let Some(scenario) = next() {
                    tell.send(run(scenario, seed)).expect("somebody listens");
                }
            });
        }
        drop(tell);
        for (is_good, told) in told {
            failed += u32::from(!is_good);
            console.note(told);
        }
    });
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether it went well, and what is to be said of it.
fn run((name, scenario): &Scenario, seed: u64) -> (bool, String) {
    let began = now();
    let ended = catch_unwind(AssertUnwindSafe(|| scenario(seed)));
    let seconds = began.elapsed().as_secs();
    if let Ok(told) = ended {
        (true, format!("e2e {name} ok in {seconds} s: {told}"))
    } else {
        let again = format!("cargo test -p niyam-tests --test e2e {name} -- --seed {seed}");
        (false, format!("e2e {name} FAILED after {seconds} s; again with: {again}"))
    }
}

/// The number behind a word.
fn number(words: &[String], option: &str) -> Option<u64> {
    let value = words.get(words.iter().position(|word| word == option)? + 1);
    Some(value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{option} takes a number")))
}

/// Words that choose scenarios: all that are neither options nor the value of one.
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
