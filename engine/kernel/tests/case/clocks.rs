//! Clocks of states and of the case.

use niyam_kernel::effect::Effect;
use niyam_kernel::event::{EventBody, Refusal};
use niyam_kernel::state::TimerId;
use niyam_kernel::step::Reason;
use niyam_kernel::time::Timestamp;
use niyam_kernel::timers::next_due;
use niyam_rules::value::Value;

use crate::{Case, assert_unchanged};

const MINUTE_MS: i64 = 60_000;

#[test]
fn arms_on_entry_and_disarms_on_exit() {
    let (mut case, opened) = Case::open(&[]);
    let started = opened.effects.iter().filter(|effect| matches!(effect, Effect::StartTimer { .. })).count();
    assert_eq!(started, 2, "the case's own clock and that of `received`");
    let (first, due) = next_due(&case.state).expect("armed");
    assert_eq!(due.as_ms(), 2 * MINUTE_MS);
    let taken = case.act("take_up", "desk", &[]);
    assert!(taken.effects.contains(&Effect::CancelTimer { timer: first }));
    assert!(!case.state.timers.contains_key(&first));
}

#[test]
fn says_which_clock_and_how_late() {
    let (mut case, _) = Case::open(&[]);
    let step = case.fire_next(3 * MINUTE_MS);
    let fired = Reason::Fired {
        state: Some("open.received".to_owned()),
        clock: "2m".to_owned(),
        due: Timestamp::from_ms(2 * MINUTE_MS),
        late_ms: 180_000,
    };
    assert_eq!(step.reasons[0], fired);
    let Some(Effect::Notify { values, .. }) = step.effects.first() else { panic!("{:?}", step.effects) };
    assert_eq!(values["late"], Value::Int(3));
    assert_eq!(values["clock"], Value::from("2m"));
    assert_eq!(values["state"], Value::from("open.received"));
    assert_eq!(values["level"], Value::from("green"));
    assert!(!values.contains_key("case"), "the engine fills it");
}

#[test]
fn a_clock_that_ran_out_does_not_fire_twice() {
    let (mut case, _) = Case::open(&[]);
    let (timer, due) = next_due(&case.state).expect("armed");
    let fired = case.fire_next(0);
    assert!(!fired.effects.contains(&Effect::CancelTimer { timer }), "it is gone by itself");
    let before = case.state.clone();
    let again = case.take(EventBody::TimerFired { timer, due });
    assert_unchanged(&before, &again);
    assert_eq!(again.refusal, Some(Refusal::TimerNotArmed { timer }));
    let before = case.state.clone();
    assert_unchanged(&before, &case.take(EventBody::TimerFired { timer: TimerId(u64::MAX), due }));
}

#[test]
fn a_repeating_clock_keeps_its_rhythm_and_does_not_make_up_for_lost_beats() {
    let mut case = Case::assigned();
    case.fire_next(0);
    assert!(case.is_in("open.escalated"));
    let (timer, _) = next_due(&case.state).expect("armed");
    assert_eq!(case.due_in_ms(timer), 5 * MINUTE_MS);
    case.fire_next(12 * MINUTE_MS);
    let (next, _) = next_due(&case.state).expect("armed again");
    assert_ne!(next, timer, "a number is never used twice");
    assert_eq!(case.due_in_ms(next), 3 * MINUTE_MS);
    case.act("accept", "supervisor", &[]);
    assert!(!case.state.timers.contains_key(&next));
}

#[test]
fn the_clock_of_the_case_outlives_its_states_and_its_closing() {
    let mut case = Case::verifying();
    let (&whole, _) = case.state.timers.iter().max_by_key(|(_, timer)| timer.due).expect("armed");
    case.act("withdraw", "supervisor", &[("note", Value::from("a mistake"))]);
    case.act("reopen", "supervisor", &[]);
    assert!(case.state.timers.contains_key(&whole));
}
