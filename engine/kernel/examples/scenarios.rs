//! Runs the scenarios of protocol folders: `cargo run -p niyam-kernel --example scenarios -- rules/protocols [NAME…]`.
//! Prints what did not come as expected and what no scenario touches. Exit code 1 when there is any of that.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line example")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use niyam_kernel::rehearsal::{Coverage, run_scenario};
use niyam_rules::bundle::{Bundle, Library};
use niyam_rules::diagnostics::{has_errors, text};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: scenarios FOLDER [NAME…]    (a folder of protocol folders, and which of them)");
        return ExitCode::from(2);
    };
    let library = match library(Path::new(&folder)) {
        Ok(library) => library,
        Err(error) => {
            eprintln!("could not read {folder}: {error}");
            return ExitCode::from(2);
        }
    };
    let wanted: Vec<String> = arguments.collect();
    let chosen = library.values().filter(|bundle| wanted.is_empty() || wanted.contains(&bundle.name));
    let bad = chosen.filter(|bundle| !run(bundle, &library)).count();
    ExitCode::from(u8::from(bad > 0))
}

fn run(bundle: &Bundle, library: &Library) -> bool {
    let compiled = niyam_rules::compile(bundle, library);
    let source = |file: &str| {
        let (name, path) = file.split_once('/')?;
        library.get(name)?.files.get(path).cloned()
    };
    print!("{}", text::render(&compiled.diagnostics, &source));
    let Some(protocol) = compiled.protocol.filter(|_| !has_errors(&compiled.diagnostics)) else { return false };
    let mut coverage = Coverage::of(&protocol);
    let mut failed = 0;
    for scenario in &protocol.scenarios {
        let report = run_scenario(&protocol, scenario);
        coverage.add(&report.timeline);
        failed += usize::from(!report.passed);
        for failure in &report.failures {
            let line = failure.place.as_ref().map_or(0, |place| place.line);
            println!(
                "{}/{}:{line} step {}: wanted {}; seen {}",
                bundle.name, report.id, failure.step, failure.wanted, failure.seen
            );
        }
    }
    let parts = [("transitions", &coverage.transitions), ("clocks", &coverage.clocks), ("rows", &coverage.rows)];
    for (what, tally) in parts {
        tally.missed().for_each(|id| println!("{}: no scenario touches {id} ({what})", bundle.name));
    }
    let counts: Vec<String> =
        parts.iter().map(|(what, tally)| format!("{what} {}/{}", tally.used(), tally.total())).collect();
    println!("{}: {} scenarios, {failed} failed; {}", bundle.name, protocol.scenarios.len(), counts.join(", "));
    failed == 0 && parts.iter().all(|(_, tally)| tally.missed().next().is_none())
}

fn library(folder: &Path) -> std::io::Result<Library> {
    let mut library = Library::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.join("protocol.yaml").is_file() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut files = BTreeMap::new();
            collect(&path, &path, &mut files)?;
            library.insert(name.clone(), Bundle { name, files });
        }
    }
    Ok(library)
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let inside = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.insert(inside, std::fs::read_to_string(&path)?);
        }
    }
    Ok(())
}
