//! Runs the scenarios of a protocol.

use std::fmt::Write as _;

use serde::Serialize;

use niyam_rules::chart::Recipient;
use niyam_rules::place::Place;
use niyam_rules::protocol::{Expectation, Happening, Protocol, Scenario, ScenarioStep};
use niyam_rules::text::Text;
use niyam_rules::value::Value;

use super::{Moment, Rehearsal, Runaway};
use crate::effect::Effect;
use crate::event::{FormProblem, Refusal};
use crate::state::Life;
use crate::step::Reason;
use crate::time::Timestamp;
use crate::tree::find;

/// When rehearsed scenarios begin that do not say it: 1 January 2026, 00:00 UTC.
const START: Timestamp = Timestamp::from_ms(1_767_225_600_000);

/// What came of a scenario.
#[derive(Clone, Debug, Serialize)]
pub struct ScenarioReport {
    /// Its id.
    pub id: String,
    /// What it shows.
    pub title: Text,
    /// Whether everything came as expected.
    pub passed: bool,
    /// What did not, in order.
    pub failures: Vec<Failure>,
    /// All that happened.
    pub timeline: Vec<Moment>,
}

/// One thing that did not come as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Step, from 1; 0 = the opening.
    pub step: usize,
    /// Where the step is written.
    pub place: Option<Place>,
    /// What was wanted, in plain words.
    pub wanted: String,
    /// What was seen.
    pub seen: String,
}

/// Runs a scenario to its end; a failed step does not hide the next.
#[must_use]
pub fn run_scenario(protocol: &Protocol, scenario: &Scenario) -> ScenarioReport {
    let start = scenario.begins.map_or(START, Timestamp::from_ms);
    let rehearsal = Rehearsal::new(protocol, start, scenario.empty.iter().cloned());
    let mut test = Test { protocol, rehearsal, failures: Vec::new(), step: 0, place: scenario.place.clone(), seen: 0 };
    test.run(scenario);
    ScenarioReport {
        id: scenario.id.clone(),
        title: scenario.title.clone(),
        passed: test.failures.is_empty(),
        failures: test.failures,
        timeline: test.rehearsal.into_timeline(),
    }
}

struct Test<'p> {
    protocol: &'p Protocol,
    rehearsal: Rehearsal<'p>,
    failures: Vec<Failure>,
    step: usize,
    place: Option<Place>,
    /// Moments that belong to earlier steps. The opening belongs to the first.
    seen: usize,
}

impl Test<'_> {
    fn run(&mut self, scenario: &Scenario) {
        match self.rehearsal.open(scenario.facts.clone()) {
            Ok(None) => {}
            Ok(Some(refusal)) => self.fail("the case opens", &in_words(&refusal)),
            Err(runaway) => return self.fail("the case comes to rest", &runaway.to_string()),
        }
        self.no_errors(0);
        for (number, step) in scenario.steps.iter().enumerate() {
            self.step = number + 1;
            self.place = step.place.clone().or_else(|| scenario.place.clone());
            let before = self.rehearsal.timeline().len();
            if let Err(runaway) = self.happen(step) {
                return self.fail("the case comes to rest", &runaway.to_string());
            }
            self.no_errors(before);
            self.expect(&step.expect);
            self.seen = self.rehearsal.timeline().len();
        }
    }

    fn happen(&mut self, step: &ScenarioStep) -> Result<(), Runaway> {
        let (refusal, wanted_refused, what) = match &step.happening {
            Happening::Look => return Ok(()),
            Happening::Wait(length) => return self.rehearsal.wait(*length),
            Happening::Act { act, by, form, refused } => {
                (self.rehearsal.act(act, by, form.clone())?, *refused, format!("`{act}` by `{by}`"))
            }
            Happening::Event { event, facts } => {
                (self.rehearsal.event(event, facts.clone())?, false, format!("the event `{event}`"))
            }
        };
        match refusal {
            Some(refusal) if !wanted_refused => self.fail(&format!("{what} is taken"), &in_words(&refusal)),
            None if wanted_refused => {
                self.fail(&format!("{what} is refused"), &format!("it was taken; {}", self.where_now()));
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    /// A rule that failed is never what a scenario shows, however the case went on.
    fn no_errors(&mut self, from: usize) {
        let errors: Vec<String> = self.rehearsal.timeline()[from..]
            .iter()
            .flat_map(|moment| &moment.reasons)
            .filter_map(|reason| match reason {
                Reason::Error { message, place: Some(place) } => Some(format!("{message} ({place})")),
                Reason::Error { message, place: None } => Some(message.clone()),
                Reason::Taken { .. }
                | Reason::Decided { .. }
                | Reason::FactSet { .. }
                | Reason::Fired { .. }
                | Reason::Moved { .. }
                | Reason::Erased { .. }
                | Reason::Logged { .. }
                | Reason::Ignored { .. } => None,
            })
            .collect();
        for error in errors {
            self.fail("no rule fails", &error);
        }
        if let Life::Halted { breach } = &self.rehearsal.case().life {
            let breach = breach.to_string();
            self.fail("the case is not halted", &breach);
        }
    }

    fn expect(&mut self, expect: &Expectation) {
        for id in &expect.inside {
            if !self.is_active(id) {
                self.fail(&format!("the case is in `{id}`"), &self.where_now());
            }
        }
        for id in &expect.not_inside {
            if self.is_active(id) {
                self.fail(&format!("the case is not in `{id}`"), &self.where_now());
            }
        }
        for (name, wanted) in &expect.facts {
            let found = self.rehearsal.case().facts.get(name).map_or(&Value::Unknown, |fact| &fact.value);
            if found != wanted {
                let found = value_in_words(found);
                self.fail(&format!("`{name}` is {}", value_in_words(wanted)), &format!("it is {found}"));
            }
        }
        for (whom, message) in &expect.told {
            let told = self.told();
            if !told.iter().any(|(to, what)| to == whom && what == message) {
                let seen: Vec<String> = told.iter().map(|(to, what)| format!("`{what}` to `{to}`")).collect();
                let seen = if seen.is_empty() {
                    "nobody was told anything".to_owned()
                } else {
                    format!("told: {}", seen.join(", "))
                };
                self.fail(&format!("`{message}` goes to `{whom}`"), &seen);
            }
        }
        if let Some(wanted) = &expect.closed {
            let seen = match &self.rehearsal.case().life {
                Life::Closed { outcome } if outcome == wanted => return,
                Life::Closed { outcome } => format!("it is closed as `{outcome}`"),
                Life::Open => format!("it is open; {}", self.where_now()),
                Life::Halted { breach } => format!("it is halted: {breach}"),
            };
            self.fail(&format!("the case is closed as `{wanted}`"), &seen);
        }
    }

    fn is_active(&self, id: &str) -> bool {
        find(&self.protocol.chart, id).is_some_and(|ix| self.rehearsal.case().configuration.contains(&ix))
    }

    fn where_now(&self) -> String {
        let active = self.rehearsal.timeline().last().map(|moment| moment.active.as_slice()).unwrap_or_default();
        let mut text = "it is in ".to_owned();
        for (place, id) in active.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(text, "{comma}`{id}`").expect("writing to a text never fails");
        }
        if active.is_empty() { "it is in no state".to_owned() } else { text }
    }

    /// Whom the step told what: role or recipient, and message.
    fn told(&self) -> Vec<(&str, &str)> {
        let effects = self.rehearsal.timeline()[self.seen..].iter().flat_map(|moment| &moment.effects);
        let told = effects.filter_map(|effect| match effect {
            Effect::Notify { seat, message, .. } => Some((seat.role.as_str(), message.as_str())),
            Effect::Reply { to, message, .. } => Some((recipient(*to), message.as_str())),
            Effect::StartTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::Assign { .. }
            | Effect::DestroyKey { .. }
            | Effect::Closed { .. } => None,
        });
        told.collect()
    }

    fn fail(&mut self, wanted: &str, seen: &str) {
        self.failures.push(Failure {
            step: self.step,
            place: self.place.clone(),
            wanted: wanted.to_owned(),
            seen: seen.to_owned(),
        });
    }
}

fn recipient(to: Recipient) -> &'static str {
    match to {
        Recipient::Person => "person",
        Recipient::Platform => "platform",
        Recipient::Reporter => "reporter",
        Recipient::OutsideUnit => "outside_unit",
    }
}

fn value_in_words(value: &Value) -> String {
    match value {
        Value::Unknown => "unknown".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => format!("`{text}`"),
        Value::List(items) => format!("[{}]", items.iter().map(value_in_words).collect::<Vec<_>>().join(", ")),
        Value::Map(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}: {}", value_in_words(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A refusal for who writes protocols.
fn in_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotAllowedHere { act } => format!("no active state offers `{act}`"),
        Refusal::WrongRole { act, role, by } => format!("`{role}` may not do `{act}`; `{}` may", by.join("`, `")),
        Refusal::GuardFalse { act, guard } => format!("the guard of `{act}` is false: `{guard}`"),
        Refusal::Form { problems } => {
            let problems: Vec<String> =
                problems.iter().map(|(fact, problem)| format!("`{fact}` {}", problem_in_words(problem))).collect();
            format!("the form is not filled in: {}", problems.join(", "))
        }
        Refusal::TimerNotArmed { timer } => format!("the timer {} is not armed", timer.0),
        Refusal::Closed => "the case has ended".to_owned(),
        Refusal::Halted => "the case is halted".to_owned(),
        Refusal::CannotMove { problems } => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            format!("the case cannot be moved: {}", problems.join("; "))
        }
        Refusal::OutOfOrder { expected } => format!("the event has the wrong number, not {expected}"),
    }
}

fn problem_in_words(problem: &FormProblem) -> String {
    match problem {
        FormProblem::Missing => "is required".to_owned(),
        FormProblem::WrongType { expected } => format!("is no {expected}"),
        FormProblem::NoSuchField => "is no field of it".to_owned(),
    }
}
