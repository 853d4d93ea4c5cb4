//! Checks the answers of a form.

use std::collections::BTreeMap;

use niyam_rules::protocol::{Field, Form, Protocol};
use niyam_rules::value::Value;

use crate::event::FormProblem;
use crate::interpret::{Run, World};
use crate::state::{CaseState, Fact, Source};
use crate::time::Timestamp;

/// Whether required fields must be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// They must: the form goes with an act.
    Whole,
    /// Not yet: the form of a state is saved as often as something becomes known.
    SoFar,
}

/// What is wrong with the answers, by fact; empty when nothing is.
///
/// An answer to a field that is hidden is taken like any other, since a person gave it; only what is shown is required.
pub(crate) fn problems(
    protocol: &Protocol,
    case: &CaseState,
    form: Option<&Form>,
    answers: &BTreeMap<String, Value>,
    completeness: Completeness,
) -> BTreeMap<String, FormProblem> {
    let fields = form.map_or(&[][..], |form| &form.fields);
    let mut problems = BTreeMap::new();
    for name in answers.keys().filter(|name| !fields.iter().any(|field| field.fact == **name)) {
        problems.insert(name.clone(), FormProblem::NoSuchField);
    }
    for field in fields {
        let answer = answers.get(&field.fact).unwrap_or(&Value::Unknown);
        if let Some(declared) = protocol.facts.get(&field.fact)
            && !declared.kind.admits(answer)
        {
            problems.insert(field.fact.clone(), FormProblem::WrongType { expected: declared.kind.name() });
        } else if completeness == Completeness::Whole
            && field.required
            && answer.is_unknown()
            && is_shown(protocol, case, field, answers) == Ok(true)
        {
            problems.insert(field.fact.clone(), FormProblem::Missing);
        }
    }
    problems
}

/// Whether a field is shown, given the facts and the answers so far. Errors: its condition has no value, in words that hold
/// no facts; then the field is better shown and not required.
pub(crate) fn is_shown(
    protocol: &Protocol,
    case: &CaseState,
    field: &Field,
    answers: &BTreeMap<String, Value>,
) -> Result<bool, String> {
    let Some(condition) = &field.show_if else { return Ok(true) };
    let mut with_answers = case.clone();
    for (name, value) in answers {
        let fact = Fact { value: value.clone(), by: Source::Default, event: case.number };
        with_answers.facts.insert(name.clone(), fact);
    }
    let mut run = Run::new(World::of(protocol), with_answers, case.number, Timestamp::default());
    run.holds(condition).map_err(|fault| fault.message)
}
