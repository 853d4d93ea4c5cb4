//! Who is responsible, and what becomes of effects.

use niyam_kernel::effect::Effect;
use niyam_kernel::event::{EventBody, Outcome};
use niyam_kernel::id::PersonId;
use niyam_kernel::state::Owner;
use niyam_kernel::step::{Reason, Step};
use uuid::Uuid;

use crate::Case;

const PERSON: PersonId = PersonId(Uuid::from_u128(77));

fn owner<'c>(case: &'c Case, id: &str) -> Option<&'c Owner> {
    let states = &case.protocol.chart.states;
    case.state.owners.iter().find(|(ix, _)| states[usize::from(ix.0)].id == id).map(|(_, owner)| owner)
}

fn assigned(event: u64, index: u32) -> EventBody {
    let outcome = Outcome::Assigned { person: PERSON, unit: "RJ-KTC-01".to_owned() };
    EventBody::Delivered { event, index, outcome }
}

fn told(step: &Step) -> Vec<&str> {
    let messages = step.effects.iter().filter_map(|effect| match effect {
        Effect::Notify { message, .. } => Some(message.as_str()),
        _ => None,
    });
    messages.collect()
}

#[test]
fn an_owner_is_asked_for_filled_in_and_removed() {
    let mut case = Case::assigned();
    let asked = owner(&case, "open.assigned").expect("asked").asked;
    assert_eq!((asked.event, owner(&case, "open.assigned").and_then(|owner| owner.person)), (3, None));
    case.take(assigned(asked.event, asked.index));
    let found = owner(&case, "open.assigned").expect("still asked");
    assert_eq!((found.person, found.unit.as_deref()), (Some(PERSON), Some("RJ-KTC-01")));
    case.act("accept", "duty", &[]);
    assert!(owner(&case, "open.assigned").is_none());
    assert!(owner(&case, "open").is_some(), "the outer state is still active");
}

#[test]
fn an_answer_for_a_state_that_was_left_counts_for_nothing() {
    let mut case = Case::assigned();
    let asked = owner(&case, "open.assigned").expect("asked").asked;
    case.act("accept", "duty", &[]);
    let before = case.state.owners.clone();
    let step = case.take(assigned(asked.event, asked.index));
    assert_eq!(step.reasons, [Reason::Ignored { event: "owner.assigned".to_owned() }]);
    assert_eq!(case.state.owners, before);
}

#[test]
fn an_empty_seat_is_an_event_that_knows_its_state() {
    let mut case = Case::assigned();
    let asked = owner(&case, "open.assigned").expect("asked").asked;
    let outcome = Outcome::NobodyThere { unit: Some("RJ-KTC-01".to_owned()) };
    let step = case.take(EventBody::Delivered { event: asked.event, index: asked.index, outcome: outcome.clone() });
    assert_eq!(told(&step), ["undelivered"]);
    assert_eq!(owner(&case, "open.assigned").and_then(|owner| owner.unit.as_deref()), Some("RJ-KTC-01"));
    // Another seat's emptiness is not for this state's transition, but the case's own takes it.
    let step = case.take(EventBody::Delivered { event: 1, index: 0, outcome });
    assert!(step.reasons.contains(&Reason::Logged { label: "nobody".to_owned() }));
}

#[test]
fn a_failed_delivery_reaches_a_person() {
    let mut case = Case::verifying();
    let outcome = Outcome::Failed { reason: "the gateway does not answer".to_owned() };
    assert_eq!(told(&case.take(EventBody::Delivered { event: 1, index: 1, outcome })), ["undelivered"]);
    let done = case.take(EventBody::Delivered { event: 1, index: 1, outcome: Outcome::Done });
    assert_eq!(done.reasons, [Reason::Ignored { event: "delivery.done".to_owned() }]);
}
