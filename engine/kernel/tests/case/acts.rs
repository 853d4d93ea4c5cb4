//! What people do, and what is refused.

use niyam_kernel::allowed::{allowed, recordable};
use niyam_kernel::effect::Effect;
use niyam_kernel::event::{Event, EventBody, FormProblem, Refusal};
use niyam_kernel::state::{Life, Source};
use niyam_kernel::step::{Reason, step};
use niyam_kernel::time::Timestamp;
use niyam_rules::value::Value;

use crate::{Case, assert_unchanged, known};

fn unit() -> Value {
    Value::from("RJ-KTC-01")
}

#[test]
fn a_case_goes_from_arrival_to_closure() {
    let (mut case, opened) = Case::open(&[("minor", Value::from("yes")), ("name", Value::from("Asha Namuna"))]);
    assert!(matches!(&opened.effects[0], Effect::Assign { state, .. } if state == "open"));
    assert!(opened.effects.iter().any(|effect| matches!(effect, Effect::Notify { message, .. } if message == "new")));
    let taken = case.act("take_up", "desk", &[]);
    assert_eq!(case.fact("level"), Value::from("red"));
    assert!(taken.reasons.iter().any(|reason| matches!(reason, Reason::Decided { rows, .. } if rows == &["child"])));
    case.act("found", "desk", &[("unit", unit()), ("note", Value::from("school called"))]);
    case.act("accept", "duty", &[]);
    case.act("spoke", "desk", &[]);
    assert_eq!(case.state.life, Life::Open, "both branches must be done");
    let last = case.act("met", "duty", &[]);
    assert_eq!(
        last.effects.iter().filter(|effect| matches!(effect, Effect::Closed { outcome } if outcome == "safe")).count(),
        1
    );
    assert_eq!(case.state.life, Life::Closed { outcome: "safe".to_owned() });
}

#[test]
fn a_closed_case_can_be_opened_again_and_ends_for_good_after_its_time() {
    let mut case = Case::verifying();
    case.act("withdraw", "supervisor", &[("note", Value::from("twice the same"))]);
    assert_eq!(case.state.life, Life::Closed { outcome: "withdrawn".to_owned() });
    case.act("reopen", "supervisor", &[]);
    assert_eq!(case.state.life, Life::Open);
    case.act("withdraw", "supervisor", &[("note", Value::from("again"))]);
    while !case.is_in("ended") {
        case.fire_next(0);
    }
    assert_eq!(case.state.life, Life::Closed { outcome: "ended".to_owned() });
    assert!(case.state.timers.is_empty());
    let before = case.state.clone();
    let late = case.join("alert.update", &[("note", Value::from("too late"))]);
    assert_unchanged(&before, &late);
    assert_eq!(late.refusal, Some(Refusal::Closed));
    assert!(allowed(&case.protocol, &case.state).is_empty());
}

#[test]
fn refuses_what_no_active_state_offers_and_whom_it_is_not_for() {
    let mut case = Case::verifying();
    let before = case.state.clone();
    let step = case.act("accept", "duty", &[]);
    assert_unchanged(&before, &step);
    assert_eq!(step.refusal, Some(Refusal::NotAllowedHere { act: "accept".to_owned() }));
    let before = case.state.clone();
    let step = case.act("found", "supervisor", &[("unit", unit())]);
    assert_unchanged(&before, &step);
    assert!(matches!(step.refusal, Some(Refusal::WrongRole { by, .. }) if by == ["desk"]));
}

#[test]
fn refuses_a_form_that_is_not_filled_in_and_names_each_fault() {
    let mut case = Case::verifying();
    let before = case.state.clone();
    let step = case.act("found", "desk", &[("minor", Value::from("maybe")), ("level", Value::from("red"))]);
    assert_unchanged(&before, &step);
    let Some(Refusal::Form { problems }) = step.refusal else { panic!("{:?}", step.refusal) };
    assert_eq!(problems["unit"], FormProblem::Missing);
    assert!(matches!(problems["minor"], FormProblem::WrongType { .. }));
    assert_eq!(problems["level"], FormProblem::NoSuchField);
    assert!(!problems.contains_key("note"), "hidden while the person is not known to be a minor");
}

#[test]
fn a_field_that_the_answers_bring_up_is_required() {
    let mut case = Case::verifying();
    let answers = [("unit", unit()), ("minor", Value::from("yes"))];
    let step = case.act("found", "desk", &answers);
    assert!(matches!(step.refusal, Some(Refusal::Form { problems }) if problems.contains_key("note")));
}

#[test]
fn a_false_guard_refuses_and_takes_the_answers_back() {
    let mut case = Case::verifying();
    // The guard of `found` asks for the unit, which the form brings; without the form's help it is false.
    case.record("open.verify", "desk", &[("minor", Value::from("no"))]);
    let chart = &mut case.protocol.chart;
    let found = chart.transitions.iter_mut().find(|one| one.id.ends_with("on/found")).expect("it is there");
    found.guard = Some(niyam_rules::expression::Expression::compile("incident.calls > 3", None).expect("it compiles"));
    let before = case.state.clone();
    let step = case.act("found", "desk", &[("unit", unit())]);
    assert_unchanged(&before, &step);
    assert!(matches!(step.refusal, Some(Refusal::GuardFalse { guard, .. }) if guard == "incident.calls > 3"));
    assert_eq!(case.fact("unit"), Value::Unknown);
}

#[test]
fn answers_are_facts_before_the_guard_and_know_who_gave_them() {
    let case = Case::assigned();
    assert!(case.is_in("open.assigned"));
    assert!(matches!(case.state.facts["unit"].by, Source::Person(_)));
    assert_eq!(case.state.facts["unit"].event, 3);
}

#[test]
fn a_state_form_is_saved_as_often_as_something_is_known() {
    let mut case = Case::verifying();
    assert_eq!(case.record("open.verify", "desk", &[("minor", Value::from("yes"))]).refusal, None);
    assert_eq!(case.record("open.verify", "desk", &[("unit", unit())]).refusal, None);
    assert_eq!((case.fact("minor"), case.fact("unit")), (Value::from("yes"), unit()));
    assert!(case.is_in("open.verify"));
    let before = case.state.clone();
    assert_unchanged(&before, &case.record("open.verify", "duty", &[]));
    let before = case.state.clone();
    assert_unchanged(&before, &case.record("open.assigned", "desk", &[]));
    let before = case.state.clone();
    assert_unchanged(&before, &case.record("open.verify", "desk", &[("unit", Value::Int(5))]));
}

#[test]
fn says_what_is_allowed_and_what_blocks_it() {
    let case = Case::verifying();
    let acts: Vec<_> =
        allowed(&case.protocol, &case.state).iter().map(|one| (one.act.name.clone(), one.blocked.is_some())).collect();
    assert_eq!(acts, [("found".to_owned(), false), ("call".to_owned(), false), ("withdraw".to_owned(), false)]);
    let forms = recordable(&case.protocol, &case.state);
    assert_eq!(forms.len(), 1);
    assert_eq!((forms[0].state.id.as_str(), forms[0].by), ("open.verify", Some("desk")));
}

#[test]
fn an_event_with_the_wrong_number_changes_nothing_at_all() {
    let case = Case::verifying();
    for number in [0, 1, 2, 4, u64::MAX] {
        let body = EventBody::External { name: "x".to_owned(), data: Value::Unknown };
        let event = Event { number, at: Timestamp::default(), happened_at: None, body };
        let step = step(&case.protocol, case.state.clone(), &event);
        assert_eq!(step.refusal, Some(Refusal::OutOfOrder { expected: 3 }));
        assert_eq!(step.state, case.state);
    }
}

#[test]
fn a_case_opens_once_and_first() {
    let mut case = Case::verifying();
    let before = case.state.clone();
    let again = case.take(EventBody::Opened { alert: None, facts: known(&[]), drill: true });
    assert_unchanged(&before, &again);
    case.state = niyam_kernel::state::CaseState::default();
    let before = case.state.clone();
    assert_unchanged(&before, &case.act("take_up", "desk", &[]));
}

#[test]
fn a_computed_fact_counts() {
    let mut case = Case::verifying();
    case.act("call", "desk", &[]);
    case.act("call", "desk", &[]);
    assert_eq!(case.fact("calls"), Value::Int(2));
    assert!(matches!(&case.state.facts["calls"].by, Source::Rule(rule) if rule.starts_with("compute ")));
}

#[test]
fn a_state_of_another_version_halts_the_case_instead_of_guessing() {
    let mut case = Case::verifying();
    case.state.configuration.insert(niyam_rules::chart::StateIx(u16::MAX));
    let step = case.act("call", "desk", &[]);
    assert_eq!(step.refusal, Some(Refusal::Halted));
    assert!(matches!(step.state.life, Life::Halted { .. }));
    assert!(allowed(&case.protocol, &step.state).is_empty());
}
