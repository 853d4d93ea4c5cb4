//! Rehearsals: virtual time, empty seats, scenarios that pass and fail, coverage.

mod five_stages;

use std::collections::BTreeMap;

use niyam_kernel::effect::Effect;
use niyam_kernel::rehearsal::{Coverage, Rehearsal, Runaway, run_scenario};
use niyam_kernel::state::Life;
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::{ActionKind, Seat};
use niyam_rules::duration::Duration;
use niyam_rules::protocol::{Expectation, Happening, Scenario, ScenarioStep};
use niyam_rules::text::Text;
use niyam_rules::value::Value;

fn seat(role: &str, unit: &str) -> Seat {
    Seat { role: role.to_owned(), unit: unit.to_owned() }
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_ms(minutes * 60_000).expect("short")
}

fn act(act: &str, by: &str, form: &[(&str, &str)], refused: bool) -> Happening {
    let form = form.iter().map(|&(name, value)| (name.to_owned(), Value::from(value))).collect();
    Happening::Act { act: act.to_owned(), by: by.to_owned(), form, refused }
}

fn scenario(steps: Vec<(Happening, Expectation)>) -> Scenario {
    let steps = steps.into_iter().map(|(happening, expect)| ScenarioStep { happening, expect, place: None }).collect();
    Scenario {
        begins: None,
        id: "s".to_owned(),
        title: Text::default(),
        facts: BTreeMap::new(),
        empty: Vec::new(),
        steps,
        place: None,
    }
}

fn inside(id: &str) -> Expectation {
    Expectation { inside: vec![id.to_owned()], ..Expectation::default() }
}

fn told(whom: &str, message: &str) -> Expectation {
    Expectation { told: vec![(whom.to_owned(), message.to_owned())], ..Expectation::default() }
}

#[test]
fn clocks_fire_at_their_own_times_within_one_wait() {
    let protocol = five_stages::protocol();
    let mut rehearsal = Rehearsal::new(&protocol, Timestamp::default(), []);
    rehearsal.open(BTreeMap::new()).expect("it comes to rest");
    rehearsal.act("take_up", "desk", BTreeMap::new()).expect("it comes to rest");
    let form = BTreeMap::from([("unit".to_owned(), Value::from("RJ-KTC-01"))]);
    rehearsal.act("found", "desk", form).expect("it comes to rest");
    rehearsal.wait(minutes(16)).expect("it comes to rest");
    let waiting: Vec<i64> = rehearsal
        .timeline()
        .iter()
        .filter(|moment| {
            moment.effects.iter().any(|effect| matches!(effect, Effect::Notify { message, .. } if message == "waiting"))
        })
        .map(|moment| moment.event.at.as_ms() / 60_000)
        .collect();
    assert_eq!(waiting, [5, 10, 15]);
    assert_eq!(rehearsal.now(), Timestamp::from_ms(16 * 60_000));
    assert!(rehearsal.case().owners.values().all(|owner| owner.person.is_some()), "every seat is taken");
}

#[test]
fn an_empty_seat_is_noticed_and_a_circle_of_empty_seats_is_stopped() {
    let protocol = five_stages::protocol();
    let mut rehearsal = Rehearsal::new(&protocol, Timestamp::default(), [seat("desk", "control")]);
    rehearsal.open(BTreeMap::new()).expect("it comes to rest");
    let to_supervisor = rehearsal.timeline().iter().flat_map(|moment| &moment.effects).filter(|effect| {
        matches!(effect, Effect::Notify { seat, message, .. } if seat.role == "supervisor" && message == "undelivered")
    });
    assert_eq!(to_supervisor.count(), 2, "once for the owner of `received`, once for the message to it");
    let empty = [seat("desk", "control"), seat("supervisor", "control")];
    let mut rehearsal = Rehearsal::new(&protocol, Timestamp::default(), empty);
    assert_eq!(rehearsal.open(BTreeMap::new()), Err(Runaway::Deliveries));
}

#[test]
fn a_scenario_passes_and_says_what_it_touched() {
    let protocol = five_stages::protocol();
    let unit = [("unit", "RJ-KTC-01")];
    let closed = Expectation { closed: Some("safe".to_owned()), ..inside("closed.safe") };
    let report = run_scenario(
        &protocol,
        &scenario(vec![
            (Happening::Look, told("desk", "new")),
            (Happening::Wait(minutes(2)), told("supervisor", "waiting")),
            (act("take_up", "desk", &[], false), inside("open.verify")),
            (act("found", "desk", &[], true), inside("open.verify")),
            (act("found", "desk", &unit, false), inside("open.assigned")),
            (act("accept", "duty", &[], false), inside("open.reach.talk.calling")),
            (
                act("met", "duty", &[], false),
                Expectation { not_inside: vec!["closed".to_owned()], ..inside("open.reach") },
            ),
            (act("spoke", "desk", &[], false), closed),
        ]),
    );
    assert_eq!(report.failures, []);
    assert!(report.passed);
    let mut coverage = Coverage::of(&protocol);
    let all = coverage.transitions.total();
    coverage.add(&report.timeline);
    assert_eq!((coverage.transitions.used(), coverage.transitions.total()), (8, all));
    assert_eq!(coverage.clocks.times["open.received/after/2m"], 1);
    assert!(coverage.clocks.missed().any(|clock| clock == "open.escalated/after/again"));
    assert_eq!((coverage.rows.times["level/other"], coverage.rows.times["level/child"]), (1, 0));
}

#[test]
fn a_scenario_that_does_not_hold_says_what_was_seen() {
    let protocol = five_stages::protocol();
    let facts = BTreeMap::from([("level".to_owned(), Value::from("red"))]);
    let report = run_scenario(
        &protocol,
        &scenario(vec![
            (Happening::Look, Expectation { facts, ..inside("open.verify") }),
            (act("found", "desk", &[], false), Expectation::default()),
            (act("take_up", "duty", &[], false), told("duty", "new")),
            (
                act("take_up", "desk", &[], true),
                Expectation { closed: Some("safe".to_owned()), ..Expectation::default() },
            ),
        ]),
    );
    let seen: Vec<(usize, &str, &str)> =
        report.failures.iter().map(|failure| (failure.step, failure.wanted.as_str(), failure.seen.as_str())).collect();
    let wanted = [
        (1, "the case is in `open.verify`", "it is in `open.received`"),
        (1, "`level` is `red`", "it is `green`"),
        (2, "`found` by `desk` is taken", "no active state offers `found`"),
        (3, "`take_up` by `duty` is taken", "`duty` may not do `take_up`; `desk`, `supervisor` may"),
        (3, "`new` goes to `duty`", "nobody was told anything"),
        (4, "`take_up` by `desk` is refused", "it was taken; it is in `open.verify`"),
        (4, "the case is closed as `safe`", "it is open; it is in `open.verify`"),
    ];
    assert_eq!(seen, wanted);
    assert!(!report.passed);
}

#[test]
fn a_rule_that_fails_or_a_halted_case_fails_every_scenario() {
    let look = scenario(vec![(Happening::Look, Expectation::default())]);
    let mut protocol = five_stages::protocol();
    let action = niyam_rules::chart::Action { kind: ActionKind::Fail, place: None };
    protocol.chart.states[1].entry.push(vec![action]);
    let report = run_scenario(&protocol, &look);
    assert_eq!(report.failures[0].wanted, "no rule fails");
    let mut protocol = five_stages::protocol();
    for transition in &mut protocol.chart.transitions {
        transition.trigger = niyam_rules::chart::Trigger::Always;
        transition.guard = None;
    }
    let report = run_scenario(&protocol, &look);
    assert!(report.failures.iter().any(|failure| failure.wanted == "the case is not halted"), "{:?}", report.failures);
    assert!(matches!(report.timeline[0].life, Life::Halted { .. }));
}
