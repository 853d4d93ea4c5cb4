//! All scenarios of the shipped protocols pass, and together they take every transition, clock and table row of each.

use std::collections::{BTreeMap, BTreeSet};

use niyam_kernel::effect::Effect;
use niyam_kernel::rehearsal::{Coverage, Rehearsal, run_scenario};
use niyam_kernel::state::Life;
use niyam_kernel::time::Timestamp;
use niyam_rules::duration::Duration;
use niyam_rules::protocol::{Happening, Protocol};
use niyam_rules::value::Value;
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

/// A form that is only saved decides the level as an act would: nobody waits for a button to be pressed.
#[test]
fn a_saved_form_decides_the_level() {
    let library = shipped::library();
    for (name, bundle) in &library {
        let protocol = compile(bundle, &library).protocol.expect("shipped protocols compile");
        let mut case = Rehearsal::new(&protocol, Timestamp::from_ms(0), []);
        let taken = |refusal| assert_eq!(refusal, Ok(None), "{name}");
        taken(case.open(BTreeMap::new()));
        taken(case.act("acknowledge", "help_desk", BTreeMap::new()));
        let answers = |sign: &str| BTreeMap::from([("sign".to_owned(), Value::from(sign))]);
        for (sign, level) in [("old_or_unclear", "green"), ("attempt_under_way", "red")] {
            taken(case.record("open.reach.dispatch.desk", "help_desk", answers(sign)));
            assert_eq!(case.case().facts["level"].value, Value::from(level), "{name}: {sign}");
        }
        let told = case.timeline().iter().flat_map(|moment| &moment.effects).any(|effect| {
            matches!(effect, Effect::Notify { seat, message, .. }
                if seat.role == "desk_supervisor" && message == "level_red")
        });
        assert!(told, "{name}: the supervisor was not told of red");
    }
}

/// R4.4 and C2: stop erases what the app released and nothing else, and the case goes on.
#[test]
fn stop_erases_the_profile_and_leaves_the_case_open() {
    let library = shipped::library();
    let protocol = compile(&library["k-sos"], &library).protocol.expect("shipped protocols compile");
    let mut case = Rehearsal::new(&protocol, Timestamp::from_ms(0), []);
    let phones = Value::List(vec![Value::from("+915555550121")]);
    let released = [("name", Value::from("Diya Kalpit")), ("phones", phones), ("session_id", Value::from("ks-0"))];
    case.open(released.map(|(name, value)| (name.to_owned(), value)).into()).expect("comes to rest");
    case.act("acknowledge", "help_desk", BTreeMap::new()).expect("comes to rest");
    case.event("session.stop", BTreeMap::new()).expect("comes to rest");
    let known = |name: &str| case.case().facts.get(name).is_some_and(|fact| !fact.value.is_unknown());
    assert!(!known("name") && !known("phones"), "the profile is erased");
    assert!(known("session_id") && known("level"), "what happened stays");
    assert_eq!(case.case().life, Life::Open);
    let destroyed = case
        .timeline()
        .iter()
        .flat_map(|moment| &moment.effects)
        .filter_map(|effect| if let Effect::DestroyKey { seal } = effect { Some(seal.as_str()) } else { None });
    assert_eq!(destroyed.collect::<Vec<_>>(), ["profile"]);
}

/// From every set of active states that a scenario passes through, if nobody does anything any more, somebody who sits there day and
/// night hears of it: in 10 minutes before the alert is taken up, in 45 while the person is being reached, in 4 hours
/// while person and family are cared for, in a day afterwards.
#[test]
fn somebody_awake_hears_of_every_case_that_stands_still() {
    let library = shipped::library();
    for (name, bundle) in &library {
        let protocol = compile(bundle, &library).protocol.expect("shipped protocols compile");
        let mut seen = BTreeSet::new();
        for scenario in &protocol.scenarios {
            let mut case = Rehearsal::new(&protocol, Timestamp::from_ms(0), scenario.empty.iter().cloned());
            let _ = case.open(scenario.facts.clone()).expect("comes to rest");
            for (number, step) in scenario.steps.iter().enumerate() {
                match &step.happening {
                    Happening::Look => {}
                    Happening::Wait(length) => case.wait(*length).expect("comes to rest"),
                    Happening::Act { act, by, form, refused: _ } => {
                        let _ = case.act(act, by, form.clone()).expect("comes to rest");
                    }
                    Happening::Event { event, facts } => {
                        let _ = case.event(event, facts.clone()).expect("comes to rest");
                    }
                }
                let last = case.timeline().last().expect("the case was opened");
                if last.life == Life::Open && seen.insert((last.active.clone(), scenario.empty.clone())) {
                    assert_heard(&protocol, case.clone(), &format!("{name}/{} after step {}", scenario.id, number + 1));
                }
            }
        }
    }
}

fn assert_heard(protocol: &Protocol, mut case: Rehearsal<'_>, when: &str) {
    let active = case.timeline().last().map(|moment| moment.active.clone()).unwrap_or_default();
    let inside = |state: &str| active.iter().any(|id| id.starts_with(state));
    let minutes = match () {
        () if inside("open.intake") => 10,
        () if inside("open.reach") => 45,
        () if inside("open.care") => 240,
        () => 24 * 60,
    };
    let from = case.timeline().len();
    let length = Duration::from_ms(minutes * 60_000).expect("a day at most");
    case.wait(length).expect("comes to rest");
    let heard = case.timeline()[from..]
        .iter()
        .flat_map(|moment| &moment.effects)
        .any(|effect| matches!(effect, Effect::Notify { seat, .. } if protocol.roles[&seat.role].day_and_night));
    assert!(heard, "{when}: nobody heard of it in {minutes} minutes, in {active:?}");
}
