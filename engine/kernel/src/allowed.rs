//! What people may do with a case now.

use niyam_rules::chart::{Act, State, StateIx, Transition};
use niyam_rules::protocol::{Form, Protocol};

pub use crate::act::{REASON, needs_reason};
use crate::act::{active_acts, recorder};
use crate::form::is_shown;
use crate::interpret::{Run, World, has_ended};
use crate::occurrence::{Occurrence, Origin, Reach};
use crate::select::transition;
use crate::state::{CaseState, Life};
use crate::time::Timestamp;
use crate::tree::state;

/// An act that an active state offers.
#[derive(Clone, Copy, Debug)]
pub struct Allowed<'p> {
    /// The act: name, roles, form id, label, weight.
    pub act: &'p Act,
    /// The transition it would take.
    pub transition: &'p Transition,
    /// The state that offers it.
    pub state: &'p State,
    /// The form that goes with it.
    pub form: Option<&'p Form>,
    /// The guard's text when it forbids the act as things stand, or has no value. A guard that asks for answers of the
    /// act's own form does not block it beforehand.
    pub blocked: Option<&'p str>,
}

/// A form that may be saved any number of times while its state is active.
#[derive(Clone, Copy, Debug)]
pub struct Recordable<'p> {
    /// The state.
    pub state: &'p State,
    /// The form.
    pub form: &'p Form,
    /// Role that may save it; `None` = any.
    pub by: Option<&'p str>,
}

/// All acts of the active states, innermost states first. Empty when the case has ended or was halted.
#[must_use]
pub fn allowed<'p>(protocol: &'p Protocol, case: &CaseState) -> Vec<Allowed<'p>> {
    if is_over(protocol, case) {
        return Vec::new();
    }
    let offered = active_acts(protocol, case).into_iter().map(|(ix, act)| {
        let transition = transition(&protocol.chart, ix);
        let form = act.form.as_ref().and_then(|form| protocol.forms.get(form));
        Allowed {
            act,
            transition,
            state: state(&protocol.chart, transition.source),
            form,
            blocked: blocked(protocol, case, act, transition, form),
        }
    });
    offered.collect()
}

/// All state forms that may be saved now, outermost states first. Empty when the case has ended or was halted.
#[must_use]
pub fn recordable<'p>(protocol: &'p Protocol, case: &CaseState) -> Vec<Recordable<'p>> {
    if is_over(protocol, case) {
        return Vec::new();
    }
    let active = case.configuration.iter().map(|&ix: &StateIx| (ix, state(&protocol.chart, ix)));
    let with_form = active.filter_map(|(ix, state)| {
        let form = protocol.forms.get(state.post.as_ref()?.form.as_ref()?)?;
        Some(Recordable { state, form, by: recorder(protocol, ix) })
    });
    with_form.collect()
}

/// Facts of a form's fields that are shown as things stand.
#[must_use]
pub fn shown_fields<'p>(protocol: &Protocol, case: &CaseState, form: &'p Form) -> Vec<&'p str> {
    let answers = std::collections::BTreeMap::new();
    let shown = form.fields.iter().filter(|field| is_shown(protocol, case, field, &answers).unwrap_or(true));
    shown.map(|field| field.fact.as_str()).collect()
}

fn is_over(protocol: &Protocol, case: &CaseState) -> bool {
    matches!(case.life, Life::Halted { .. }) || has_ended(&protocol.chart, &case.configuration)
}

fn blocked<'p>(
    protocol: &'p Protocol,
    case: &CaseState,
    act: &Act,
    transition: &'p Transition,
    form: Option<&Form>,
) -> Option<&'p str> {
    let guard = transition.guard.as_ref()?;
    let asked = form.is_some_and(|form| form.fields.iter().any(|field| guard.source().contains(&field.fact)));
    if asked {
        return None;
    }
    let mut run = Run::new(World::of(protocol), case.clone(), case.number, Timestamp::default());
    run.set_event(Occurrence {
        by: act.by.first().cloned(),
        reach: Reach::Nothing,
        ..Occurrence::new(act.name.clone(), Origin::External, niyam_rules::value::Value::Map([].into()))
    });
    (!run.holds(guard).unwrap_or(false)).then(|| guard.source())
}
