//! A rehearsed case as a story: when, what, why, who was told.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use niyam_kernel::effect::Effect;
use niyam_kernel::event::{EventBody, Outcome, Refusal};
use niyam_kernel::rehearsal::Moment;
use niyam_kernel::state::Life;
use niyam_kernel::step::Reason;
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::Recipient;
use niyam_rules::message;
use niyam_rules::place::Place;
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Language;
use niyam_rules::value::Value;

use crate::cli::check::Shown;
use crate::console::{Console, Paint};

/// Lines of the story.
pub fn tell(protocol: &Protocol, timeline: &[Moment], shown: &Shown, console: &Console) -> Vec<String> {
    let Some(start) = timeline.first().map(|moment| moment.event.at) else { return Vec::new() };
    let mut lines = Vec::new();
    for moment in timeline {
        let why = reasons(moment, shown, console);
        let told = effects(protocol, moment);
        let Some(what) = what(moment) else {
            // A message that arrived is no news, unless a rule answered it.
            if !moment.reasons.iter().any(|reason| matches!(reason, Reason::Taken { .. })) {
                continue;
            }
            lines.extend(why.into_iter().chain(told).map(|line| format!("            {line}")));
            continue;
        };
        lines.push(format!("{}  {}", clock(start, moment.event.at), console.paint(Paint::Strong, &what)));
        if let Some(refusal) = &moment.refusal {
            let refused = console.paint(Paint::Error, "refused:");
            lines.push(format!("            {refused} {}", refusal_in_words(refusal)));
        }
        if why.is_empty() && told.is_empty() && moment.refusal.is_none() {
            lines.push("            nothing follows".to_owned());
        }
        lines.extend(why.into_iter().chain(told).map(|line| format!("            {line}")));
    }
    if let Some(last) = timeline.last() {
        lines.push(String::new());
        lines.push(match &last.life {
            Life::Open => format!("still open, in {}", last.active.join(", ")),
            Life::Closed { outcome } => format!("closed: {outcome}, in {}", last.active.join(", ")),
            Life::Halted { breach } => format!("halted: {breach}"),
        });
    }
    lines
}

/// Time since the opening, `1:02:03` behind days.
fn clock(start: Timestamp, at: Timestamp) -> String {
    let seconds = at.since_ms(start) / 1_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let time = format!("{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60);
    if days == 0 { format!("  {time}") } else { format!("{days}d {time}") }
}

fn what(moment: &Moment) -> Option<String> {
    Some(match &moment.event.body {
        EventBody::Opened { .. } => "the alert opens the case".to_owned(),
        EventBody::Joined { event, .. } => format!("another alert joins: {event}"),
        EventBody::Act { act, actor, .. } => format!("{} does `{act}`", actor.role),
        EventBody::Recorded { state, actor, .. } => format!("{} saves the form of {state}", actor.role),
        EventBody::TimerFired { due, .. } => {
            let fired = moment.reasons.iter().find_map(|reason| match reason {
                Reason::Fired { state: Some(state), clock, .. } => {
                    Some(format!("the clock `{clock}` of {state} runs out"))
                }
                Reason::Fired { state: None, clock, .. } => Some(format!("the delayed event `{clock}` arrives")),
                _ => None,
            });
            fired.unwrap_or_else(|| format!("a clock that was due at {} runs out", due.as_ms()))
        }
        EventBody::Delivered { outcome: Outcome::Assigned { .. } | Outcome::Done, .. } => return None,
        EventBody::Delivered { outcome: Outcome::NobodyThere { unit }, .. } => {
            format!("nobody sits there{}", unit.as_ref().map(|unit| format!(" ({unit})")).unwrap_or_default())
        }
        EventBody::Delivered { outcome: Outcome::Failed { reason }, .. } => {
            format!("a message could not be delivered: {reason}")
        }
        EventBody::Moved { to, .. } => format!("the case goes on by version {to}"),
        EventBody::External { name, .. } => format!("the event `{name}` comes in"),
        EventBody::Forgotten { .. } => "personal data are no longer kept".to_owned(),
        EventBody::Halted { breach } => format!("an audit halts the case: {breach}"),
    })
}

fn reasons(moment: &Moment, shown: &Shown, console: &Console) -> Vec<String> {
    let at = |place: &Option<Place>| match place {
        Some(place) => {
            let place = shown.place(place);
            console.paint(Paint::Faint, &format!("  {}:{}", place.file, place.line))
        }
        None => String::new(),
    };
    let mut lines = Vec::new();
    for reason in &moment.reasons {
        match reason {
            Reason::Taken { transition, guard, entered, place, .. } => {
                let mut line = format!("because {transition}");
                if let Some(guard) = guard {
                    let _ = write!(line, ", as {guard}");
                }
                if let Some(entered) = entered.last() {
                    let _ = write!(line, "; now in {entered}");
                }
                lines.push(format!("{line}{}", at(place)));
            }
            Reason::Decided { table, rows, outputs, place } => {
                lines.push(format!(
                    "table {table}, row {}, decides {}{}",
                    rows.join(", "),
                    outputs.join(", "),
                    at(place)
                ));
            }
            Reason::Error { message, place } => {
                lines.push(format!("{} {message}{}", console.paint(Paint::Error, "a rule failed:"), at(place)));
            }
            Reason::Erased { seal } => lines.push(format!("all facts of the group {seal} are forgotten")),
            Reason::Logged { label } => lines.push(format!("noted: {label}")),
            Reason::FactSet { .. } | Reason::Fired { .. } | Reason::Moved { .. } | Reason::Ignored { .. } => {}
        }
    }
    lines
}

fn effects(protocol: &Protocol, moment: &Moment) -> Vec<String> {
    let mut lines = Vec::new();
    for effect in &moment.effects {
        let (whom, id, values) = match effect {
            Effect::Notify { seat, message, values } => (format!("{} @ {}", seat.role, seat.unit), message, values),
            Effect::Reply { to, message, values } => (recipient(*to).to_owned(), message, values),
            Effect::Assign { state, seat } => {
                lines.push(format!("{} @ {} is responsible for {state}", seat.role, seat.unit));
                continue;
            }
            Effect::StartTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::DestroyKey { .. }
            | Effect::Closed { .. } => {
                continue;
            }
        };
        let values = named(protocol, values);
        let text = protocol.messages.get(id).map(|message| message::render(message, Language::En, &values));
        lines.push(format!("tells {whom}: {}", text.unwrap_or_else(|| id.clone())));
    }
    lines
}

/// Values as people read them: what the engine fills in, and labels instead of ids.
fn named(protocol: &Protocol, values: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut values = values.clone();
    values.insert("case".to_owned(), Value::from("TRIAL"));
    if let Some(name) = values.get("clock").and_then(Value::as_text) {
        let clock = protocol.chart.clocks.iter().find(|clock| clock.name == name && !clock.label.en.is_empty());
        if let Some(clock) = clock {
            values.insert("clock".to_owned(), Value::from(clock.label.en.as_str()));
        }
    }
    values
}

const fn recipient(to: Recipient) -> &'static str {
    match to {
        Recipient::Person => "the person",
        Recipient::Platform => "the platform",
        Recipient::Reporter => "whoever reported it",
        Recipient::OutsideUnit => "the unit outside",
    }
}

fn refusal_in_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotAllowedHere { act } => format!("no active state offers `{act}`"),
        Refusal::WrongRole { act, role, by } => format!("`{role}` may not do `{act}`; {} may", by.join(", ")),
        Refusal::GuardFalse { act, guard } => format!("`{act}` needs {guard}"),
        Refusal::Form { problems } => {
            format!("the form is not filled in: {}", problems.keys().cloned().collect::<Vec<_>>().join(", "))
        }
        Refusal::TimerNotArmed { .. } => "the clock was disarmed".to_owned(),
        Refusal::Closed => "the case has ended".to_owned(),
        Refusal::Halted => "the case is halted".to_owned(),
        Refusal::CannotMove { problems } => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            format!("the case cannot be moved: {}", problems.join("; "))
        }
        Refusal::OutOfOrder { expected } => format!("the next event has the number {expected}"),
    }
}

/// A value as people read it.
pub fn value_in_words(value: &Value) -> String {
    match value {
        Value::Unknown => "unknown".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(items) => items.iter().map(value_in_words).collect::<Vec<_>>().join(", "),
        Value::Map(fields) => fields
            .iter()
            .map(|(name, value)| format!("{name} {}", value_in_words(value)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}
