//! Steps of a bare chart: what the conformance suite and properties run, without facts, forms and people.

use niyam_rules::chart::Chart;
use niyam_rules::value::Value;

use crate::event::Refusal;
use crate::interpret::{Run, World, has_ended};
use crate::occurrence::{Occurrence, Origin};
use crate::state::{CaseState, Source, TimerId};
use crate::step::Step;
use crate::time::Timestamp;

/// Gives the variables their first values, enters the initial configuration and runs to rest.
#[must_use]
pub fn start(chart: &Chart, now: Timestamp) -> Step {
    let mut run = Run::new(World::bare(chart), CaseState::default(), 1, now);
    for (name, expression) in &chart.variables {
        let value = match expression.as_ref().map(|expression| run.evaluate(expression)) {
            Some(Ok(value)) => value,
            Some(Err(fault)) => {
                run.fail(fault);
                Value::Unknown
            }
            None => Value::Unknown,
        };
        run.set_fact(name, value, Source::Default);
    }
    run.start();
    run.finish()
}

/// Processes an event from outside and runs to rest.
#[must_use]
pub fn send(chart: &Chart, case: CaseState, name: &str, data: Value, now: Timestamp) -> Step {
    with_run(chart, case, now, |run| {
        run.deliver(Occurrence::new(name, Origin::External, data));
        Ok(())
    })
}

/// Runs a timer out and runs to rest.
#[must_use]
pub fn fire(chart: &Chart, case: CaseState, timer: TimerId, now: Timestamp) -> Step {
    with_run(chart, case, now, |run| run.fire(timer))
}

fn with_run(
    chart: &Chart,
    mut case: CaseState,
    now: Timestamp,
    act: impl FnOnce(&mut Run<'_>) -> Result<(), Refusal>,
) -> Step {
    let number = case.number.saturating_add(1);
    if matches!(case.life, crate::state::Life::Halted { .. }) {
        case.number = number;
        return Step::refused(case, Refusal::Halted);
    }
    if case.configuration.is_empty() || has_ended(chart, &case.configuration) {
        case.number = number;
        return Step::refused(case, Refusal::Closed);
    }
    let mut run = Run::new(World::bare(chart), case, number, now);
    match act(&mut run) {
        Ok(()) => run.finish(),
        Err(refusal) => Step::refused(run.case, refusal),
    }
}
