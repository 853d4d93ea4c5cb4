//! Random charts and random events: no panic, legal configurations, the same bytes each time.

#[path = "../legal.rs"]
mod legal;
mod random;

use niyam_kernel::bare::{fire, send, start};
use niyam_kernel::machine::{Node, to_chart};
use niyam_kernel::state::{CaseState, Fires, Life};
use niyam_kernel::step::Step;
use niyam_kernel::time::Timestamp;
use niyam_kernel::timers::next_due;
use niyam_rules::chart::Chart;
use niyam_rules::value::Value;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

/// One turn: an event by number, or the next timer.
#[derive(Clone, Debug)]
enum Turn {
    Send(u8),
    Fire,
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    prop::collection::vec(prop_oneof![3 => (0..5_u8).prop_map(Turn::Send), 1 => Just(Turn::Fire)], 0..12)
}

fn assert_whole(chart: &Chart, case: &CaseState) {
    legal::assert_legal(chart, &case.configuration);
    for armed in case.timers.values() {
        if let Fires::Clock(clock) = armed.fires {
            let state = chart.clocks[usize::from(clock.0)].state;
            assert!(case.configuration.contains(&state), "a clock of a state that was left");
        }
    }
    if matches!(case.life, Life::Closed { .. }) {
        assert!(case.timers.is_empty(), "a timer after the end");
    }
    for (history, remembered) in &case.history {
        let parent = chart.states[usize::from(history.0)].parent;
        assert!(remembered.iter().all(|&ix| {
            let mut above = chart.states[usize::from(ix.0)].parent;
            while above.is_some() && above != parent {
                above = above.and_then(|ix| chart.states[usize::from(ix.0)].parent);
            }
            above == parent
        }));
    }
}

fn turn(chart: &Chart, case: CaseState, turn: &Turn, now: &mut Timestamp) -> Option<Step> {
    match turn {
        Turn::Send(number) => Some(send(chart, case, &format!("e{number}.x"), Value::Int(1), *now)),
        Turn::Fire => {
            let (timer, due) = next_due(&case)?;
            *now = (*now).max(due);
            Some(fire(chart, case, timer, *now))
        }
    }
}

/// All states that a run goes through, as written down.
fn run(chart: &Chart, turns: &[Turn], restart: bool) -> Vec<String> {
    let mut now = Timestamp::default();
    let first = start(chart, now);
    let mut case = first.state;
    let mut seen = vec![format!("{:?}{:?}", first.reasons, first.effects)];
    for next in turns {
        assert_whole(chart, &case);
        let written = serde_json::to_string(&case).expect("it is data");
        if restart {
            case = serde_json::from_str(&written).expect("it was written");
        }
        seen.push(written);
        if let Some(step) = turn(chart, case.clone(), next, &mut now) {
            seen.push(format!("{:?}{:?}{:?}", step.reasons, step.effects, step.refusal));
            case = step.state;
        }
    }
    assert_whole(chart, &case);
    seen
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_chart_takes_any_events(machine in random::machine(), turns in turns()) {
        let node: Node = serde_json::from_value(machine).expect("the generator writes machines");
        if let Ok(chart) = to_chart(&node) {
            let once = run(&chart, &turns, false);
            prop_assert_eq!(&once, &run(&chart, &turns, false));
            prop_assert_eq!(once, run(&chart, &turns, true), "a restart between all turns");
        }
    }
}

#[test]
fn most_random_machines_are_charts_and_move() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut charts, mut moved) = (0, 0);
    for _ in 0..200 {
        let machine = random::machine().new_tree(&mut runner).expect("it generates").current();
        let Ok(chart) = to_chart(&serde_json::from_value(machine).expect("it is a machine")) else { continue };
        charts += 1;
        let first = start(&chart, Timestamp::default()).state;
        let all = (0..5).map(Turn::Send).any(|event| {
            let next = turn(&chart, first.clone(), &event, &mut Timestamp::default()).expect("an event was sent");
            next.state.configuration != first.configuration
        });
        moved += i32::from(all);
    }
    assert!(charts > 150 && moved > 40, "{charts} of 200 are charts, {moved} move: the property would prove little");
}
