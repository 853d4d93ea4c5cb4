//! More alerts about the same person, and what stays sealed.

use niyam_kernel::effect::Effect;
use niyam_kernel::event::EventBody;
use niyam_kernel::state::Source;
use niyam_kernel::step::Reason;
use niyam_rules::value::Value;

use crate::Case;

fn phones(numbers: &[&str]) -> Value {
    Value::List(numbers.iter().map(|number| Value::from(*number)).collect())
}

#[test]
fn an_update_adds_to_lists_and_never_overrules_a_person() {
    let (mut case, _) = Case::open(&[("phones", phones(&["+915555500001"])), ("minor", Value::from("no"))]);
    case.act("take_up", "desk", &[]);
    case.record("open.verify", "desk", &[("minor", Value::from("yes"))]);
    case.join("alert.update", &[("phones", phones(&["+915555500002", "+915555500001"])), ("minor", Value::from("no"))]);
    assert_eq!(case.fact("phones"), phones(&["+915555500001", "+915555500002"]));
    assert_eq!(case.fact("minor"), Value::from("yes"));
    assert_eq!(case.fact("level"), Value::from("red"), "the level is decided anew");
    assert!(matches!(case.state.facts["phones"].by, Source::Alert(_)));
}

#[test]
fn what_the_protocol_does_not_declare_stays_outside() {
    let (case, _) = Case::open(&[("shoe_size", Value::Int(7))]);
    assert!(!case.state.facts.contains_key("shoe_size"));
}

#[test]
fn a_value_of_the_wrong_type_is_told_to_a_person_and_not_kept() {
    let (case, opened) = Case::open(&[("minor", Value::from("perhaps"))]);
    assert_eq!(case.fact("minor"), Value::from("unknown"));
    assert!(
        opened
            .reasons
            .iter()
            .any(|reason| matches!(reason, Reason::Error { message, .. } if !message.contains("perhaps")))
    );
    assert!(
        opened
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Notify { message, .. } if message == "undelivered"))
    );
}

#[test]
fn sealed_values_are_in_no_effect_and_no_reason() {
    let secrets = ["Asha Namuna", "+915555500001"];
    let (mut case, opened) = Case::open(&[("name", Value::from(secrets[0])), ("phones", phones(&[secrets[1]]))]);
    let guard = niyam_rules::expression::Expression::compile("incident.name + 1 == incident.phones", None);
    let take_up =
        case.protocol.chart.transitions.iter_mut().find(|one| one.id.ends_with("take_up")).expect("it is there");
    take_up.guard = Some(guard.expect("it compiles"));
    let mut steps = vec![opened, case.act("take_up", "desk", &[])];
    for _ in 0..4 {
        steps.push(case.fire_next(61_000));
    }
    let written =
        format!("{:?}", steps.iter().map(|step| (&step.effects, &step.reasons, &step.refusal)).collect::<Vec<_>>());
    assert!(secrets.iter().all(|secret| !written.contains(secret)), "{written}");
}

#[test]
fn erasing_forgets_the_facts_and_destroys_the_key() {
    let (mut case, _) = Case::open(&[("name", Value::from("Asha Namuna"))]);
    case.act("withdraw", "supervisor", &[("note", Value::from("a mistake"))]);
    let mut last = None;
    while !case.is_in("ended") {
        last = Some(case.fire_next(0));
    }
    let last = last.expect("time passed");
    assert!(last.effects.contains(&Effect::DestroyKey { seal: "person".to_owned() }));
    assert!(last.reasons.contains(&Reason::Erased { seal: "person".to_owned() }));
    assert!(!serde_json::to_string(&case.state).expect("it is data").contains("Namuna"));
    assert_eq!(case.fact("note"), Value::from("a mistake"), "what is not sealed stays");
}

#[test]
fn an_event_that_nothing_waits_for_is_recorded_as_ignored() {
    let mut case = Case::verifying();
    let before = case.state.clone();
    let step = case.take(EventBody::External { name: "session.stop".to_owned(), data: Value::Unknown });
    assert_eq!(step.refusal, None);
    assert_eq!(step.reasons, [Reason::Ignored { event: "session.stop".to_owned() }]);
    assert_eq!(step.state.configuration, before.configuration);
}
