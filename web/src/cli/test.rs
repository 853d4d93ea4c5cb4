//! `niyam test`

use std::path::PathBuf;

use clap::Args;
use niyam_kernel::rehearsal::{Coverage, Failure, Tally, run_scenario};
use niyam_rules::diagnostics::has_errors;
use niyam_rules::protocol::Protocol;
use serde::Serialize;

use super::bundles;
use super::check::{Shown, counted};
use super::{CliError, Exit, Format};
use crate::console::{Console, Paint};

/// Run the scenarios of protocols in virtual time and say what they have not touched.
#[derive(Debug, Args)]
pub struct Test {
    /// Folder of a protocol, folder of such folders, or a file in one.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How results are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Serialize)]
struct Tested {
    protocol: String,
    /// Whether it can be run; if not, `niyam check` says why.
    compiles: bool,
    scenarios: Vec<Outcome>,
    coverage: Option<Coverage>,
}

#[derive(Debug, Serialize)]
struct Outcome {
    id: String,
    title: niyam_rules::text::Text,
    passed: bool,
    failures: Vec<Failure>,
}

impl Tested {
    fn failed(&self) -> usize {
        self.scenarios.iter().filter(|scenario| !scenario.passed).count()
    }
}

/// Tests protocols. Exit: found when a scenario failed or a protocol cannot be run.
///
/// # Errors
/// Paths that cannot be read.
pub fn run(arguments: &Test, console: &mut Console) -> Result<Exit, CliError> {
    let found = bundles::find(&arguments.paths)?;
    let library = bundles::library(&found);
    let mut tested = Vec::new();
    for one in &found {
        let compiled = niyam_rules::compile(&one.bundle, &library);
        let runs = compiled.protocol.filter(|_| !has_errors(&compiled.diagnostics));
        tested.push(match runs {
            Some(protocol) => test(&protocol, console),
            None => {
                Tested { protocol: one.bundle.name.clone(), compiles: false, scenarios: Vec::new(), coverage: None }
            }
        });
    }
    match arguments.format {
        Format::Json => {
            console.line(serde_json::to_string_pretty(&tested).map_err(std::io::Error::other)?)?;
        }
        Format::Text => {
            let shown = Shown::new(&found, &library);
            for one in &tested {
                print(console, one, &shown)?;
            }
            print_summary(console, &tested)?;
        }
    }
    let bad = tested.iter().any(|one| !one.compiles || one.failed() > 0);
    Ok(if bad { Exit::Found } else { Exit::Good })
}

fn test(protocol: &Protocol, console: &Console) -> Tested {
    let bar = console.progress(protocol.scenarios.len() as u64);
    let mut coverage = Coverage::of(protocol);
    let mut scenarios = Vec::new();
    for scenario in &protocol.scenarios {
        bar.set_message(format!("{}: {}", protocol.name, scenario.id));
        let report = run_scenario(protocol, scenario);
        coverage.add(&report.timeline);
        scenarios.push(Outcome {
            id: report.id,
            title: report.title,
            passed: report.passed,
            failures: report.failures,
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Tested { protocol: protocol.name.clone(), compiles: true, scenarios, coverage: Some(coverage) }
}

fn print(console: &mut Console, tested: &Tested, shown: &Shown) -> Result<(), CliError> {
    let name = console.paint(Paint::Strong, &tested.protocol);
    if !tested.compiles {
        let problem = console.paint(Paint::Error, "cannot be run");
        console.line(format!("{name}: {problem}; `niyam check` says why"))?;
        return Ok(console.line("")?);
    }
    console.line(format!("{name}: {}", counted(tested.scenarios.len(), "scenario")))?;
    for scenario in &tested.scenarios {
        let mark =
            if scenario.passed { console.paint(Paint::Good, "pass") } else { console.paint(Paint::Error, "FAIL") };
        console.line(format!("  {mark}  {}  {}", scenario.id, console.paint(Paint::Faint, &scenario.title.en)))?;
        for failure in &scenario.failures {
            let at = failure.place.as_ref().map(|place| format!(" ({})", shown.place(place))).unwrap_or_default();
            console.line(format!("        step {}{at}", failure.step))?;
            console.line(format!("          wanted: {}", failure.wanted))?;
            console.line(format!("          seen:   {}", failure.seen))?;
        }
    }
    if let Some(coverage) = &tested.coverage {
        for (what, tally) in parts(coverage) {
            console.line(format!("  {what}: {} of {} used", tally.used(), tally.total()))?;
            for id in tally.missed() {
                console.line(format!("    {} {id}", console.paint(Paint::Warning, "never")))?;
            }
        }
    }
    Ok(console.line("")?)
}

fn parts(coverage: &Coverage) -> [(&'static str, &Tally); 3] {
    [("transitions", &coverage.transitions), ("clocks", &coverage.clocks), ("table rows", &coverage.rows)]
}

fn print_summary(console: &mut Console, tested: &[Tested]) -> Result<(), CliError> {
    let scenarios: usize = tested.iter().map(|one| one.scenarios.len()).sum();
    let failed: usize = tested.iter().map(Tested::failed).sum();
    let broken = tested.iter().filter(|one| !one.compiles).count();
    let tallies = || {
        tested.iter().filter_map(|one| one.coverage.as_ref()).flat_map(|coverage| parts(coverage).map(|part| part.1))
    };
    let (used, total) = tallies().fold((0, 0), |(used, total), tally| (used + tally.used(), total + tally.total()));
    let result = if failed + broken == 0 {
        console.paint(Paint::Good, "all passed")
    } else {
        let broken =
            if broken == 0 { String::new() } else { format!(", {} cannot be run", counted(broken, "protocol")) };
        console.paint(Paint::Error, &format!("{failed} failed{broken}"))
    };
    let covered = format!("{used} of {total} transitions, clocks and rows used");
    Ok(console.line(format!("{}, {result}; {covered}", counted(scenarios, "scenario")))?)
}
