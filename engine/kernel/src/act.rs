//! A person acts, or saves the form of a state.

use std::collections::BTreeMap;

use niyam_rules::chart::{Act, StateIx, TransitionIx, Weight};
use niyam_rules::protocol::{FactType, Form, Protocol};
use niyam_rules::value::Value;

use crate::event::{Actor, FormProblem, Refusal};
use crate::form::{Completeness, problems};
use crate::interpret::Run;
use crate::occurrence::{Occurrence, Origin, Reach};
use crate::select::transition;
use crate::state::{CaseState, Fact, Source};
use crate::tree::{find, is_leaf, self_and_ancestors, state};

/// Name that `event` has after a form was saved; no transition can wait for it.
const RECORDED: &str = "form.recorded";
/// Under which name a missing reason stands among the problems of a form.
pub const REASON: &str = "reason";

/// Whether an act is refused without a reason: it is grave, and its form does not ask for words that must be given.
#[must_use]
pub fn needs_reason(protocol: &Protocol, act: &Act, form: Option<&Form>) -> bool {
    let words = |fact: &str| protocol.facts.get(fact).is_some_and(|declared| declared.kind == FactType::Text);
    let asks = form.is_some_and(|form| {
        form.fields.iter().any(|field| field.required && field.show_if.is_none() && words(&field.fact))
    });
    act.weight == Weight::Grave && !asks
}

/// Transitions of active states that are acts, from the inside outwards as they would be chosen.
pub(crate) fn active_acts<'p>(protocol: &'p Protocol, case: &CaseState) -> Vec<(TransitionIx, &'p Act)> {
    let chart = &protocol.chart;
    let mut found: Vec<(TransitionIx, &Act)> = Vec::new();
    for leaf in case.configuration.iter().copied().filter(|&ix| is_leaf(chart, ix)) {
        for ix in self_and_ancestors(chart, leaf) {
            for &candidate in &state(chart, ix).transitions {
                if let Some(act) = &transition(chart, candidate).act
                    && !found.iter().any(|&(known, _)| known == candidate)
                {
                    found.push((candidate, act));
                }
            }
        }
    }
    found
}

/// Role that may save the form of a state: the owner's, or that of the nearest state around it that has one.
pub(crate) fn recorder(protocol: &Protocol, ix: StateIx) -> Option<&str> {
    self_and_ancestors(&protocol.chart, ix)
        .find_map(|ix| state(&protocol.chart, ix).post.as_ref()?.owner.as_ref())
        .map(|seat| seat.role.as_str())
}

impl Run<'_> {
    /// Does an act. Errors: why it is refused; then nothing has changed but the number.
    pub(crate) fn act(
        &mut self,
        protocol: &Protocol,
        name: &str,
        actor: &Actor,
        answers: &BTreeMap<String, Value>,
        reason: Option<&str>,
    ) -> Result<(), Refusal> {
        let fitting = self.fitting_acts(protocol, name, actor, answers, reason)?;
        let before: Vec<(&String, Option<Fact>)> =
            answers.keys().map(|name| (name, self.case.facts.get(name).cloned())).collect();
        self.answer(answers, actor);
        let event = Occurrence {
            by: Some(actor.role.clone()),
            reach: Reach::Acts(fitting.clone()),
            ..Occurrence::new(name, Origin::External, Value::Map(answers.clone()))
        };
        self.set_event(event);
        let selected = self.select_for_event();
        if selected.iter().any(|ix| fitting.contains(ix)) {
            self.take(&selected);
            return Ok(());
        }
        for (name, fact) in before {
            match fact {
                Some(fact) => self.case.facts.insert(name.clone(), fact),
                None => self.case.facts.remove(name),
            };
        }
        let guard = fitting.first().and_then(|&ix| transition(&protocol.chart, ix).guard.as_ref());
        let guard = guard.map(|guard| guard.source().to_owned()).unwrap_or_default();
        Err(Refusal::GuardFalse { act: name.to_owned(), guard })
    }

    /// The acts of this name that the role may do and whose form these answers fill.
    fn fitting_acts(
        &self,
        protocol: &Protocol,
        name: &str,
        actor: &Actor,
        answers: &BTreeMap<String, Value>,
        reason: Option<&str>,
    ) -> Result<Vec<TransitionIx>, Refusal> {
        let silent = reason.is_none_or(|reason| reason.trim().is_empty());
        let here: Vec<_> = active_acts(protocol, &self.case).into_iter().filter(|(_, act)| act.name == name).collect();
        if here.is_empty() {
            return Err(Refusal::NotAllowedHere { act: name.to_owned() });
        }
        let mine: Vec<_> = here.iter().filter(|(_, act)| act.by.contains(&actor.role)).collect();
        if mine.is_empty() {
            let mut by: Vec<String> = here.iter().flat_map(|(_, act)| act.by.iter().cloned()).collect();
            by.dedup();
            return Err(Refusal::WrongRole { act: name.to_owned(), role: actor.role.clone(), by });
        }
        let mut fitting = Vec::new();
        let mut first_problems = None;
        for &&(ix, act) in &mine {
            let form = act.form.as_ref().and_then(|form| protocol.forms.get(form));
            let mut problems = problems(protocol, &self.case, form, answers, Completeness::Whole);
            if silent && needs_reason(protocol, act, form) {
                problems.insert(REASON.to_owned(), FormProblem::Missing);
            }
            if problems.is_empty() {
                fitting.push(ix);
            } else {
                first_problems.get_or_insert(problems);
            }
        }
        match first_problems {
            Some(problems) if fitting.is_empty() => Err(Refusal::Form { problems }),
            _ => Ok(fitting),
        }
    }

    /// Takes answers in as facts.
    fn answer(&mut self, answers: &BTreeMap<String, Value>, actor: &Actor) {
        for (name, value) in answers {
            self.set_fact(name, value.clone(), Source::Person(actor.person));
        }
    }

    /// Saves the form of an active state. Errors: why it is refused; then nothing has changed but the number.
    pub(crate) fn record(
        &mut self,
        protocol: &Protocol,
        id: &str,
        actor: &Actor,
        answers: &BTreeMap<String, Value>,
    ) -> Result<(), Refusal> {
        let not_here = || Refusal::NotAllowedHere { act: id.to_owned() };
        let ix = find(&protocol.chart, id).filter(|ix| self.case.configuration.contains(ix)).ok_or_else(not_here)?;
        let form = state(&protocol.chart, ix).post.as_ref().and_then(|post| post.form.as_ref()).ok_or_else(not_here)?;
        if let Some(role) = recorder(protocol, ix).filter(|&role| role != actor.role) {
            return Err(Refusal::WrongRole { act: id.to_owned(), role: actor.role.clone(), by: vec![role.to_owned()] });
        }
        let problems = problems(protocol, &self.case, protocol.forms.get(form), answers, Completeness::SoFar);
        if !problems.is_empty() {
            return Err(Refusal::Form { problems });
        }
        self.answer(answers, actor);
        let event = Occurrence {
            by: Some(actor.role.clone()),
            reach: Reach::Nothing,
            ..Occurrence::new(RECORDED, Origin::External, Value::Map(answers.clone()))
        };
        self.resettle(event);
        Ok(())
    }
}
