//! The main loop of W3C SCXML D: macrosteps of microsteps until nothing is queued.
//!
//! ```text
//! event -> select -> microstep -> [ always | internal queue ]* -> next external event -> … -> rest
//! ```

use std::collections::{BTreeSet, VecDeque};

use niyam_rules::chart::{ActionKind, Chart, Scope, StateIx, TransitionIx};
use niyam_rules::expression::Expression;
use niyam_rules::place::Place;
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;

use crate::behaviour::Behaviour;
use crate::effect::Effect;
use crate::event::Breach;
use crate::limits::{EFFECTS, MICROSTEPS, QUEUED_EVENTS};
use crate::names::Names;
use crate::occurrence::{ERROR, Occurrence, Origin};
use crate::state::{CaseState, Life, Source, TimerId};
use crate::step::{Reason, Step};
use crate::time::Timestamp;
use crate::tree::ROOT;

/// What runs: a protocol's chart with its facts, tables, forms and messages, or a bare chart with none of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World<'p> {
    pub(crate) chart: &'p Chart,
    pub(crate) protocol: Option<&'p Protocol>,
}

impl<'p> World<'p> {
    pub(crate) fn of(protocol: &'p Protocol) -> Self {
        Self { chart: &protocol.chart, protocol: Some(protocol) }
    }

    pub(crate) fn bare(chart: &'p Chart) -> Self {
        Self { chart, protocol: None }
    }

    /// Seal group of a fact, when it is sealed.
    pub(crate) fn seal(&self, fact: &str) -> Option<&'p str> {
        self.protocol.and_then(|protocol| protocol.facts.get(fact)).and_then(|fact| fact.seal.as_deref())
    }

    /// What the sandbox says about an error may quote values; where a sealed fact was read, only the rule is named.
    fn without_sealed(&self, expression: &Expression, error: &dyn std::fmt::Display) -> String {
        let reads_sealed = self.protocol.is_some_and(|protocol| {
            protocol.facts.iter().any(|(name, fact)| fact.seal.is_some() && expression.source().contains(name.as_str()))
        });
        if reads_sealed { format!("the expression `{}` failed", expression.source()) } else { error.to_string() }
    }
}

/// Why a block of actions ended early. Becomes `error.execution`.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
    /// Name of the `send` that failed.
    pub(crate) send: Option<String>,
}

/// One step while it runs.
pub(crate) struct Run<'p> {
    pub(crate) world: World<'p>,
    pub(crate) behaviour: Behaviour,
    pub(crate) case: CaseState,
    pub(crate) now: Timestamp,
    pub(crate) event: Option<Occurrence>,
    pub(crate) names: Names,
    internal: VecDeque<Occurrence>,
    external: VecDeque<Occurrence>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) reasons: Vec<Reason>,
    /// Guards whose failure was already told; a guard that goes on failing must not turn the case in a circle.
    pub(crate) failed_guards: BTreeSet<TransitionIx>,
    pub(crate) running: bool,
    pub(crate) breach: Option<Breach>,
    microsteps: usize,
    pub(crate) actions: usize,
    /// Name and lateness of the clock that began the step.
    pub(crate) clock: Option<(String, u64)>,
    first_new_timer: u64,
    pub(crate) disarmed: Vec<TimerId>,
    /// Before the step.
    life: Life,
}

impl<'p> Run<'p> {
    /// Begins event `number` at `now`.
    pub(crate) fn new(world: World<'p>, mut case: CaseState, number: u64, now: Timestamp) -> Self {
        case.number = number;
        Self {
            world,
            behaviour: Behaviour::NEWEST,
            now,
            event: None,
            names: Names::default(),
            internal: VecDeque::new(),
            external: VecDeque::new(),
            effects: Vec::new(),
            reasons: Vec::new(),
            failed_guards: BTreeSet::new(),
            running: true,
            breach: None,
            microsteps: 0,
            actions: 0,
            clock: None,
            first_new_timer: case.next_timer,
            disarmed: Vec::new(),
            life: case.life.clone(),
            case,
        }
    }

    /// Enters the initial configuration and runs to rest.
    pub(crate) fn start(&mut self) {
        self.enter_initial();
        self.run_to_rest();
    }

    /// Processes one event from outside and runs to rest.
    pub(crate) fn deliver(&mut self, event: Occurrence) {
        self.process_external(event);
        self.run_to_rest();
    }

    /// Takes transitions already selected for the current event and runs to rest.
    pub(crate) fn take(&mut self, transitions: &[TransitionIx]) {
        self.microstep(transitions);
        self.run_to_rest();
    }

    /// Lets `always` answer facts that changed without an event of the chart; `event` tells how.
    pub(crate) fn resettle(&mut self, event: Occurrence) {
        self.failed_guards.clear();
        self.set_event(event);
        self.run_to_rest();
    }

    fn run_to_rest(&mut self) {
        loop {
            self.macrostep();
            if !self.going() {
                break;
            }
            let Some(event) = self.external.pop_front() else { break };
            self.process_external(event);
        }
        if !self.running && self.breach.is_none() {
            self.leave_for_good();
        }
    }

    fn going(&self) -> bool {
        self.running && self.breach.is_none()
    }

    /// `always` transitions first, then the internal queue, until neither has anything.
    fn macrostep(&mut self) {
        while self.going() {
            let enabled = self.select_always();
            if !enabled.is_empty() {
                self.microstep(&enabled);
            } else if let Some(event) = self.internal.pop_front() {
                self.set_event(event);
                let enabled = self.select_for_event();
                if !enabled.is_empty() {
                    self.microstep(&enabled);
                }
            } else {
                break;
            }
        }
    }

    fn process_external(&mut self, event: Occurrence) {
        self.failed_guards.clear();
        self.set_event(event);
        let enabled = self.select_for_event();
        if enabled.is_empty() {
            let name = self.event.as_ref().map(|event| event.name.clone()).unwrap_or_default();
            self.ignore(&name);
        } else {
            self.microstep(&enabled);
        }
    }

    /// Records that an event had no transition.
    pub(crate) fn ignore(&mut self, event: &str) {
        self.reasons.push(Reason::Ignored { event: event.to_owned() });
    }

    /// Makes it the variable `event`.
    pub(crate) fn set_event(&mut self, event: Occurrence) {
        self.event = Some(event);
        self.names.event_changed();
    }

    /// Counts a microstep; false when there were too many.
    pub(crate) fn count_microstep(&mut self) -> bool {
        self.microsteps += 1;
        if self.microsteps > MICROSTEPS {
            self.breach = Some(Breach::EndlessLoop);
        }
        self.breach.is_none()
    }

    /// Queues an event behind those that the chart itself raised.
    pub(crate) fn raise(&mut self, event: Occurrence) {
        if self.internal.len() >= QUEUED_EVENTS {
            self.too_much("internal events");
        } else {
            self.internal.push_back(event);
        }
    }

    /// Queues an event behind those from outside.
    pub(crate) fn send(&mut self, event: Occurrence) {
        if self.external.len() >= QUEUED_EVENTS {
            self.too_much("external events");
        } else {
            self.external.push_back(event);
        }
    }

    /// Raises `error.execution` and records why.
    pub(crate) fn fail(&mut self, fault: Fault) {
        self.reasons.push(Reason::Error { message: fault.message.clone(), place: fault.place });
        let data = Value::Map([("message".to_owned(), Value::Text(fault.message))].into());
        self.raise(Occurrence { send: fault.send, ..Occurrence::new(ERROR, Origin::Platform, data) });
    }

    /// Records an effect.
    pub(crate) fn effect(&mut self, effect: Effect) {
        if self.effects.len() >= EFFECTS {
            self.too_much("effects");
        } else {
            self.effects.push(effect);
        }
    }

    pub(crate) fn too_much(&mut self, limit: &str) {
        self.breach.get_or_insert_with(|| Breach::TooMuch { limit: limit.to_owned() });
    }

    /// Value of an expression.
    pub(crate) fn evaluate(&mut self, expression: &Expression) -> Result<Value, Fault> {
        let Self { names, world, case, event, .. } = self;
        names.evaluate(*world, case, event.as_ref(), expression).map_err(|error| Fault {
            message: world.without_sealed(expression, &error),
            place: expression.place().cloned(),
            send: None,
        })
    }

    /// Whether a condition holds. Anything but true and false is an error.
    pub(crate) fn holds(&mut self, condition: &Expression) -> Result<bool, Fault> {
        match self.evaluate(condition)? {
            Value::Bool(answer) => Ok(answer),
            Value::Unknown | Value::Int(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => Err(Fault {
                message: format!("the condition `{}` gives neither true nor false", condition.source()),
                place: condition.place().cloned(),
                send: None,
            }),
        }
    }

    /// Gives a fact a value.
    pub(crate) fn set_fact(&mut self, name: &str, value: Value, by: Source) {
        self.names.fact_changed(self.world.chart.scope, name, &value);
        let event = self.case.number;
        self.case.facts.insert(name.to_owned(), crate::state::Fact { value, by, event });
    }

    /// Closes the step.
    pub(crate) fn finish(mut self) -> Step {
        self.settle_life();
        if self.breach.is_some() {
            // The same message a thousand times helps nobody; each different one still goes out.
            let mut kept: Vec<Effect> = Vec::new();
            for effect in std::mem::take(&mut self.effects) {
                if !kept.contains(&effect) {
                    kept.push(effect);
                }
            }
            self.effects = kept;
        }
        let old = self.disarmed.iter().filter(|timer| timer.0 < self.first_new_timer);
        self.effects.extend(old.map(|&timer| Effect::CancelTimer { timer }));
        let new = self.case.timers.range(TimerId(self.first_new_timer)..);
        self.effects.extend(new.map(|(&timer, armed)| Effect::StartTimer { timer, due: armed.due }));
        Step { state: self.case, effects: self.effects, reasons: self.reasons, refusal: None }
    }

    /// Open, closed or halted, from where the case stands now.
    fn settle_life(&mut self) {
        if let Some(breach) = self.breach.clone() {
            self.case.life = Life::Halted { breach };
            return;
        }
        let outcome = outcome(self.world.chart, &self.case.configuration);
        self.case.life = match outcome {
            Some(outcome) => Life::Closed { outcome: outcome.to_owned() },
            None if !self.running => Life::Closed { outcome: String::new() },
            None => Life::Open,
        };
        if let Life::Closed { outcome } = &self.case.life
            && self.life != self.case.life
            && self.world.protocol.is_some()
        {
            self.effects.push(Effect::Closed { outcome: outcome.clone() });
        }
    }
}

/// Outcome of the first active state that has one.
fn outcome<'p>(chart: &'p Chart, configuration: &BTreeSet<StateIx>) -> Option<&'p str> {
    configuration.iter().find_map(|&ix| crate::tree::state(chart, ix).post.as_ref()?.outcome.as_deref())
}

/// Whether the case stands in a final state of its root, after which nothing happens any more.
pub(crate) fn has_ended(chart: &Chart, configuration: &BTreeSet<StateIx>) -> bool {
    !configuration.is_empty() && crate::microstep::is_in_final(chart, configuration, ROOT)
}

/// Whether an action sends or raises; the place a `sendid` is taken from.
pub(crate) fn send_name(kind: &ActionKind) -> Option<String> {
    if let ActionKind::Send { id, .. } = kind { id.clone() } else { None }
}

/// Whether names of a `foreach` are variables of the chart or live only inside it.
pub(crate) fn has_variables(chart: &Chart) -> bool {
    match chart.scope {
        Scope::Variables => true,
        Scope::Incident => false,
    }
}
