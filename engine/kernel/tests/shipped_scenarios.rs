//! All scenarios of the shipped protocols pass, and together they take every transition, clock and table row of each.

use niyam_kernel::rehearsal::{Coverage, run_scenario};
use niyam_rules::{compile, shipped};

fn rehearse(name: &str) {
    let library = shipped::library();
    let protocol = compile(&library[name], &library).protocol.expect("shipped protocols compile");
    let mut coverage = Coverage::of(&protocol);
    let mut failures = Vec::new();
    for scenario in &protocol.scenarios {
        let report = run_scenario(&protocol, scenario);
        coverage.add(&report.timeline);
        failures.extend(
            report
                .failures
                .into_iter()
                .map(|f| format!("{} step {}: wanted {}; seen {}", scenario.id, f.step, f.wanted, f.seen)),
        );
    }
    assert!(failures.is_empty(), "{name}:\n{}", failures.join("\n"));
    for (what, tally) in [("transition", &coverage.transitions), ("clock", &coverage.clocks), ("row", &coverage.rows)] {
        assert!(tally.total() > 0, "{name} has no {what}");
        let missed: Vec<&str> = tally.missed().collect();
        assert!(missed.is_empty(), "{name}: no scenario touches these {what}s: {missed:?}");
    }
}

#[test]
fn the_template() {
    rehearse("distress-response");
}

#[test]
fn kota() {
    rehearse("kota");
}

#[test]
fn rajasthan_phq() {
    rehearse("rajasthan-phq");
}

#[test]
fn uttar_pradesh() {
    rehearse("uttar-pradesh");
}

#[test]
fn k_sos() {
    rehearse("k-sos");
}
