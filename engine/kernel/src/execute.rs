//! Actions: what a block does, one after the other, until one fails.

use std::borrow::Cow;

use niyam_rules::chart::{Action, ActionKind, Delay, StateIx};
use niyam_rules::duration::Duration;
use niyam_rules::expression::Expression;
use niyam_rules::place::Place;
use niyam_rules::value::Value;

use crate::interpret::{Fault, Run, has_variables, send_name};
use crate::limits::{ACTIONS, FOREACH_ITEMS};
use crate::occurrence::{Occurrence, Origin};
use crate::state::{Fires, Source};
use crate::step::Reason;

impl<'p> Run<'p> {
    /// Runs actions in order; the first failure ends them. `source` is the state they stand in.
    pub(crate) fn run_actions(&mut self, actions: &'p [Action], source: StateIx) -> Result<(), Fault> {
        for action in actions {
            self.actions += 1;
            if self.actions > ACTIONS {
                self.too_much("actions");
            }
            if self.breach.is_some() {
                return Ok(());
            }
            self.run_action(action, source).map_err(|fault| Fault {
                place: fault.place.or_else(|| action.place.clone()),
                send: fault.send.or_else(|| send_name(&action.kind)),
                ..fault
            })?;
        }
        Ok(())
    }

    fn run_action(&mut self, action: &'p Action, source: StateIx) -> Result<(), Fault> {
        let place = action.place.as_ref();
        match &action.kind {
            ActionKind::Log(label) => {
                self.reasons.push(Reason::Logged { label: label.clone() });
                Ok(())
            }
            ActionKind::Raise { event, data } => {
                let data = self.data(data.as_ref())?;
                self.raise(Occurrence::new(event.clone(), Origin::Internal, data));
                Ok(())
            }
            ActionKind::Send { event, delay, id, data } => {
                self.run_send(event, delay.as_ref(), id.as_deref(), data.as_ref())
            }
            ActionKind::Cancel { id } => {
                self.disarm(|fires| matches!(fires, Fires::Event { send: Some(name), .. } if name == id));
                Ok(())
            }
            ActionKind::Assign { name, value } => self.assign(name.as_deref(), value, place),
            ActionKind::Set { fact, value } => self.change_fact(fact, value.clone(), rule("set", place), place),
            ActionKind::Decide { table } => self.decide(table, place),
            ActionKind::If { branches } => self.run_if(branches, source),
            ActionKind::Foreach { array, item, index, actions } => {
                self.run_foreach(array, item, index.as_deref(), actions, source)
            }
            ActionKind::Block(actions) => {
                if let Err(fault) = self.run_actions(actions, source) {
                    self.fail(fault);
                }
                Ok(())
            }
            ActionKind::Fail => Err(fault("the action `fail` ran", place)),
            ActionKind::Notify { to, message } => self.notify(to, message, source, place),
            ActionKind::Reply { to, message } => self.reply(*to, message, source, place),
            ActionKind::Erase { seal } => {
                self.erase(seal);
                Ok(())
            }
        }
    }

    fn data(&mut self, data: Option<&Expression>) -> Result<Value, Fault> {
        data.map_or(Ok(Value::Unknown), |data| self.evaluate(data))
    }

    fn run_send(
        &mut self,
        event: &str,
        delay: Option<&Delay>,
        id: Option<&str>,
        data: Option<&Expression>,
    ) -> Result<(), Fault> {
        let data = self.data(data)?;
        let delay = match delay {
            None => Duration::default(),
            Some(Delay::Fixed(length)) => *length,
            Some(Delay::Computed(expression)) => self.length(expression)?,
        };
        let send = id.map(str::to_owned);
        if delay == Duration::default() {
            self.send(Occurrence { send, ..Occurrence::new(event, Origin::External, data) });
        } else {
            self.arm(self.now.plus(delay), Fires::Event { event: event.to_owned(), data, send });
        }
        Ok(())
    }

    /// A computed delay: whole milliseconds, not negative, at most [`Duration::MAX`].
    fn length(&mut self, expression: &Expression) -> Result<Duration, Fault> {
        let wrong =
            || fault(format!("`{}` gives no length of time in milliseconds", expression.source()), expression.place());
        let Value::Int(ms) = self.evaluate(expression)? else { return Err(wrong()) };
        u64::try_from(ms).ok().and_then(Duration::from_ms).ok_or_else(wrong)
    }

    fn assign(&mut self, name: Option<&str>, value: &Expression, place: Option<&Place>) -> Result<(), Fault> {
        let Some(name) = name else { return Err(fault("the assignment has no place to go to", place)) };
        let value = self.evaluate(value)?;
        if self.world.protocol.is_some() {
            return self.change_fact(name, value, rule("compute", place), place);
        }
        if !self.case.facts.contains_key(name) {
            return Err(fault(format!("there is no variable `{name}`"), place));
        }
        self.set_fact(name, value, Source::Rule("assign".to_owned()));
        Ok(())
    }

    /// The first branch whose condition holds. A condition that fails is false, and an error of its own.
    fn run_if(&mut self, branches: &'p [(Option<Expression>, Vec<Action>)], source: StateIx) -> Result<(), Fault> {
        for (condition, actions) in branches {
            let holds = match condition.as_ref().map(|condition| self.holds(condition)) {
                None => true,
                Some(Ok(answer)) => answer,
                Some(Err(fault)) => {
                    self.fail(fault);
                    false
                }
            };
            if holds {
                return self.run_actions(actions, source);
            }
        }
        Ok(())
    }

    /// Runs over a copy of the list, so that what the actions change does not change the run.
    fn run_foreach(
        &mut self,
        array: &Expression,
        item: &str,
        index: Option<&str>,
        actions: &'p [Action],
        source: StateIx,
    ) -> Result<(), Fault> {
        let place = array.place();
        let Value::List(items) = self.evaluate(array)? else {
            return Err(fault(format!("`{}` is no list", array.source()), place));
        };
        if items.len() > FOREACH_ITEMS {
            return Err(fault(format!("`{}` has more than {FOREACH_ITEMS} items", array.source()), place));
        }
        if let Some(name) = [Some(item), index].into_iter().flatten().find(|name| !is_name(name)) {
            return Err(fault(format!("`{name}` is no name for a variable"), place));
        }
        for (number, value) in items.into_iter().enumerate() {
            let number = Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
            let locals = [(Some(item), value), (index, number)];
            self.give_locals(locals);
            let done = self.run_actions(actions, source);
            self.take_locals(index.is_some());
            done?;
            if self.breach.is_some() {
                break;
            }
        }
        Ok(())
    }

    /// In a bare chart the item is a variable that stays; in a protocol it is a name that lives inside the `foreach` only.
    fn give_locals<const N: usize>(&mut self, locals: [(Option<&str>, Value); N]) {
        for (name, value) in locals {
            let Some(name) = name else { continue };
            if has_variables(self.world.chart) {
                self.set_fact(name, value, Source::Rule("foreach".to_owned()));
            } else {
                let Self { names, world, case, event, .. } = self;
                names.push_local(*world, case, event.as_ref(), name, value);
            }
        }
    }

    fn take_locals(&mut self, with_index: bool) {
        if !has_variables(self.world.chart) {
            self.names.pop_local();
            if with_index {
                self.names.pop_local();
            }
        }
    }
}

/// A failure at a place.
pub(crate) fn fault<'a>(message: impl Into<Cow<'a, str>>, place: Option<&Place>) -> Fault {
    Fault { message: message.into().into_owned(), place: place.cloned(), send: None }
}

/// Who said a fact that an action set.
fn rule(action: &str, place: Option<&Place>) -> Source {
    Source::Rule(place.map_or_else(|| action.to_owned(), |place| format!("{action} {}:{}", place.file, place.line)))
}

fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|c| c.is_alphanumeric() || c == '_')
}
