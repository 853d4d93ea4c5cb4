//! Transitions: `on`, `always`, `after`.

use super::declarations::is_odd;
use super::expressions::Purpose;
use super::states::state_ix;
use super::{Lower, flag, items, some, string, text};
use crate::chart::{Act, Chart, Clock, ClockIx, Timing, Transition, TransitionIx, Trigger, Weight};
use crate::diagnostics::{Code, Diagnostic};
use crate::duration::Duration;
use crate::expression::{Expression, Scripts};
use crate::source::{Body, Entry, Key, Node};

/// Where a transition stands: its source, its id without number, what triggers it.
struct Spot<'s> {
    source: usize,
    id: String,
    trigger: Trigger,
    key: &'s Key,
}

impl<'t> Lower<'t> {
    pub(crate) fn transitions_of(&mut self, index: usize, chart: &mut Chart) {
        let node = self.drafts[index].node;
        for entry in node.entries().unwrap_or_default() {
            match entry.key.text.as_str() {
                "on" => entry.value.entries().unwrap_or_default().iter().for_each(|event| self.on(index, event, chart)),
                "always" => {
                    let id = format!("{}/always", chart.states[index].id);
                    let spot = Spot { source: index, id, trigger: Trigger::Always, key: &entry.key };
                    self.several(&spot, &some(Some(&entry.value)), chart);
                }
                "after" => {
                    entry.value.entries().unwrap_or_default().iter().for_each(|clock| self.after(index, clock, chart));
                }
                _ => {}
            }
        }
    }

    fn on(&mut self, index: usize, entry: &'t Entry, chart: &mut Chart) {
        let event = entry.key.text.as_str();
        self.event_name(&entry.key);
        let list = some(Some(&entry.value));
        if !list.iter().any(|node| node.entry("by").is_some()) && !self.names.comes(event) {
            let finding =
                Diagnostic::new(Code::UnknownEvent, &entry.key.place, format!("the event `{event}` never comes"));
            let names: Vec<String> = self.names.events().map(str::to_owned).collect();
            let mut finding = finding.suggest(event, names.iter().map(String::as_str));
            if !finding.help.as_deref().is_some_and(|help| help.starts_with("did you mean")) {
                finding.help = Some("add `by: <role>` if a person does it, or raise or send it somewhere".to_owned());
            }
            self.find(finding);
        }
        let id = format!("{}/on/{event}", chart.states[index].id);
        let spot = Spot { source: index, id, trigger: Trigger::Events(vec![event.to_owned()]), key: &entry.key };
        self.several(&spot, &list, chart);
    }

    fn after(&mut self, index: usize, entry: &'t Entry, chart: &mut Chart) {
        let name = entry.key.text.as_str();
        let Some(timing) = self.timing_of(entry) else {
            self.doubts.states.insert(index);
            return;
        };
        let clock = ClockIx(u16::try_from(chart.clocks.len()).unwrap_or(u16::MAX));
        let label = entry.value.get("label").map_or_else(|| timing.describe(), |node| text(Some(node)));
        chart.clocks.push(Clock {
            name: name.to_owned(),
            state: state_ix(index),
            timing,
            transitions: Vec::new(),
            label,
            place: Some(entry.key.place.clone()),
        });
        let first = chart.transitions.len();
        let list = match items(&entry.value, "do") {
            [] => some(Some(&entry.value)),
            several => several.iter().collect(),
        };
        let id = format!("{}/after/{name}", chart.states[index].id);
        let spot = Spot { source: index, id, trigger: Trigger::Clock(clock), key: &entry.key };
        self.several(&spot, &list, chart);
        let own = (first..chart.transitions.len()).map(transition_ix).collect();
        if let Some(clock) = chart.clocks.last_mut() {
            clock.transitions = own;
        }
        chart.states[index].clocks.push(clock);
    }

    /// When a clock runs out; a finding when neither its key nor one of `in`, `every` and `at` says so, or several do.
    fn timing_of(&mut self, entry: &Entry) -> Option<Timing> {
        let said: Vec<&Entry> = ["in", "every", "at"].iter().filter_map(|key| entry.value.entry(key)).collect();
        if let [first, second, ..] = said[..] {
            let message = format!(
                "the clock `{}` says twice when it runs out: `{}` and `{}`",
                entry.key.text, first.key.text, second.key.text
            );
            let finding = Diagnostic::new(Code::Misbuilt, &second.key.place, message);
            self.find(finding.label(Some(&first.key.place), "and here").help("keep one of the two"));
        }
        let named = said.first().map(|entry| &entry.value);
        if let Some(entry) = said.first().filter(|entry| entry.key.text == "at") {
            // The check of shapes has said what is wrong; what the clock does is read all the same.
            let daily = || Duration::from_ms(86_400_000).map(Timing::Every);
            return entry.value.scalar()?.parse().ok().map(Timing::At).or_else(daily);
        }
        let length = self.length_of(entry, named)?;
        if length.as_ms() == 0 {
            let at = named.map_or(&entry.key.place, |node| &node.place);
            self.find(
                Diagnostic::new(Code::Malformed, at, "a clock must run for some time")
                    .help("use `always` for what happens at once"),
            );
        }
        let repeats = said.first().is_some_and(|entry| entry.key.text == "every");
        Some(if repeats { Timing::Every(length) } else { Timing::Once(length) })
    }

    /// How long a clock runs; a finding when neither its key nor `in` or `every` says so.
    fn length_of(&mut self, entry: &Entry, named: Option<&Node>) -> Option<Duration> {
        if let Some(node) = named {
            return node.scalar()?.parse().ok(); // The check of shapes has said what is wrong.
        }
        let name = entry.key.text.as_str();
        let message = match name.parse::<Duration>() {
            Ok(length) => return Some(length),
            Err(error) if name.starts_with(|c: char| c.is_ascii_digit()) => error.to_string(),
            Err(_) => format!("the clock `{name}` does not say when it runs out"),
        };
        let finding = Diagnostic::new(Code::Malformed, &entry.key.place, message);
        self.find(
            finding.help("write a length of time as the key (`10m:`), or add `in: 10m`, `every: 10m` or `at: \"0 10 * * *\"` under the name"),
        );
        None
    }

    fn several(&mut self, spot: &Spot<'_>, list: &[&'t Node], chart: &mut Chart) {
        for (number, node) in list.iter().enumerate() {
            let id = if number == 0 { spot.id.clone() } else { format!("{}/{}", spot.id, number + 1) };
            if chart.transitions.len() >= usize::from(u16::MAX) {
                return;
            }
            self.spans.push((id.clone(), node));
            let transition = self.transition(spot, id, node, list.len() == 1);
            chart.states[spot.source].transitions.push(transition_ix(chart.transitions.len()));
            chart.transitions.push(transition);
        }
    }

    fn transition(&mut self, spot: &Spot<'_>, id: String, node: &'t Node, alone: bool) -> Transition {
        let place = if alone { &spot.key.place } else { &node.place };
        let short = matches!(node.body, Body::Scalar { .. });
        let targets = if short { vec![node] } else { some(node.get("target")) };
        let written = targets.len();
        let targets: Vec<_> = targets.into_iter().filter_map(|target| self.target(spot.source, target)).collect();
        if targets.len() < written {
            self.doubts.ways.insert(id.clone());
        }
        let guard = self.expression(node.get("guard"), Purpose::Condition);
        let guard = guard.or_else(|| node.entry("guard").and_then(|_| unread_guard(&id)));
        let mut transition = Transition {
            id,
            source: state_ix(spot.source),
            trigger: spot.trigger.clone(),
            targets,
            internal: flag(node.get("internal")),
            guard,
            actions: self.actions(items(node, "actions")),
            act: None,
            place: Some(place.clone()),
        };
        if node.entry("by").is_some() && matches!(spot.trigger, Trigger::Events(_)) {
            transition.act = Some(Box::new(self.act(spot, node)));
        } else if let Some(entry) = ["by", "form", "weight"].iter().find_map(|key| node.entry(key))
            && !is_odd(node)
        {
            let message = format!("`{}` belongs to an act, and this transition is none", entry.key.text);
            let help = if matches!(spot.trigger, Trigger::Events(_)) {
                "add `by: <role>`"
            } else {
                "delete it: nobody does what a clock or `always` does"
            };
            self.find(Diagnostic::new(Code::Misbuilt, &entry.key.place, message).help(help));
        }
        transition
    }

    fn act(&mut self, spot: &Spot<'_>, node: &'t Node) -> Act {
        let mut by = Vec::new();
        for role in some(node.get("by")) {
            if let Some(name) = role.scalar() {
                self.role(name, &role.place);
                by.push(name.to_owned());
            }
        }
        if node.entry("label").is_none() {
            let finding =
                Diagnostic::new(Code::NoActLabel, &spot.key.place, format!("the act `{}` has no label", spot.key.text));
            self.find(finding.help("add `label: { en: …, hi: … }`: it stands on the button"));
        }
        let weight = match string(node.get("weight")).as_str() {
            "primary" => Weight::Primary,
            "grave" => Weight::Grave,
            _ => Weight::Plain,
        };
        Act {
            name: spot.key.text.clone(),
            by,
            form: self.form(node.get("form")),
            label: text(node.get("label")),
            weight,
        }
    }
}

fn transition_ix(index: usize) -> TransitionIx {
    TransitionIx(u16::try_from(index).expect("transitions are no more than a u16 counts"))
}

/// Stands for a guard that cannot be read: neither always true nor the same as any other.
fn unread_guard(id: &str) -> Option<Expression> {
    Expression::compile_with(&format!("\"{id}\" == \"\""), None, &Scripts::default()).ok()
}
