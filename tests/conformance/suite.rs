//! The shared cases: SCION, W3C implementation report, XState.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use niyam_kernel::machine::Node;
use niyam_kernel::session::{Session, Standing};
use niyam_rules::value::Value;
use serde::Deserialize;

/// File and how many cases of it must pass, so that a file read by half does not look like success.
const FILES: [(&str, usize); 2] = [("cases.json", 125), ("xstate_cases.json", 245)];

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    /// An engine whose expectations here contradict W3C.
    dialect: Option<String>,
    machine: Node,
    script: Script,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Script {
    initial_configuration: Option<Vec<String>>,
    initial_trace: Option<Vec<String>>,
    events: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    after: Option<u64>,
    event: Option<Event>,
    next_configuration: Option<Vec<String>>,
    trace: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Event {
    name: String,
    #[serde(default)]
    data: Value,
}

/// `NIYAM_STATECHARTS`, else `../shared/statecharts` beside the checkout.
fn folder() -> PathBuf {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one setting of this test; nothing that runs in production reads it"
    )]
    let named = std::env::var("NIYAM_STATECHARTS").ok();
    named.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/statecharts"), PathBuf::from)
}

#[test]
fn every_case_without_a_dialect_passes_with_its_trace() {
    let folder = folder();
    if !folder.join(FILES[0].0).exists() {
        // Straight to the terminal, since output of a test that passes is not shown.
        let said = writeln!(
            std::io::stderr(),
            "\nSKIPPED: no conformance cases at {}. Put the folder `shared/statecharts` beside the checkout or name it in NIYAM_STATECHARTS.",
            folder.display()
        );
        said.expect("standard error takes a line");
        return;
    }
    let mut failures = Vec::new();
    for (file, wanted) in FILES {
        let text = std::fs::read_to_string(folder.join(file)).expect("the cases can be read");
        let cases: File = serde_json::from_str(&text).expect("the cases are JSON of the known shape");
        let mut ran = 0;
        for case in cases.cases.iter().filter(|case| case.dialect.is_none()) {
            ran += 1;
            if let Err(wrong) = run(case) {
                failures.push(format!("{}: {wrong}", case.name));
            }
        }
        assert_eq!(ran, wanted, "cases of {file} that have no dialect");
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

fn run(case: &Case) -> Result<(), String> {
    let mut session = Session::default();
    let script = &case.script;
    let standing = session.start(&case.machine).map_err(|error| error.to_string())?;
    compare(&standing, script.initial_configuration.as_ref(), script.initial_trace.as_ref())
        .map_err(|wrong| format!("at the start {wrong}"))?;
    for (number, step) in script.events.iter().enumerate() {
        let at = |wrong: String| format!("step {} {wrong}", number + 1);
        let standing = take(&mut session, step).map_err(at)?;
        compare(&standing, step.next_configuration.as_ref(), step.trace.as_ref()).map_err(at)?;
    }
    Ok(())
}

fn take(session: &mut Session, step: &Step) -> Result<Standing, String> {
    let mut waited = None;
    if let Some(ms) = step.after.filter(|&ms| ms > 0) {
        waited = Some(session.advance(ms).map_err(|error| error.to_string())?);
    }
    let Some(event) = &step.event else { return waited.ok_or_else(|| "neither waits nor sends".to_owned()) };
    let sent = session.send(&event.name, event.data.clone()).map_err(|error| error.to_string())?;
    let trace = waited.map(|waited| waited.trace).into_iter().flatten().chain(sent.trace).collect();
    Ok(Standing { trace, ..sent })
}

fn compare(
    standing: &Standing,
    configuration: Option<&Vec<String>>,
    trace: Option<&Vec<String>>,
) -> Result<(), String> {
    let sorted = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort();
        ids
    };
    if let Some(wanted) = configuration.filter(|wanted| sorted(wanted) != sorted(&standing.configuration)) {
        return Err(format!("stands in {:?} instead of {wanted:?}", standing.configuration));
    }
    match trace.filter(|wanted| **wanted != standing.trace) {
        Some(wanted) => Err(format!("logs {:?} instead of {wanted:?}", standing.trace)),
        None => Ok(()),
    }
}
