//! What expressions see, kept up to date while a step runs.

use std::collections::BTreeMap;

use niyam_rules::chart::Scope;
use niyam_rules::expression::{Environment, EvaluationError, Expression};
use niyam_rules::value::Value;

use crate::interpret::World;
use crate::occurrence::Occurrence;
use crate::state::CaseState;
use crate::tree::find;

const EVENT: &str = "event";
const INCIDENT: &str = "incident";

/// The names of expressions. Built when the first expression of a step is evaluated, then changed in place.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// `None` until an expression asks.
    values: Option<BTreeMap<String, Value>>,
    /// The event is looked at far less often than it changes.
    stale_event: bool,
    /// Local names of a `foreach` that hide others, innermost last.
    hidden: Vec<(String, Option<Value>)>,
}

impl Names {
    /// The event changed.
    pub(crate) fn event_changed(&mut self) {
        self.stale_event = true;
    }

    /// A fact or variable changed.
    pub(crate) fn fact_changed(&mut self, scope: Scope, name: &str, value: &Value) {
        let Some(values) = &mut self.values else { return };
        let place = match scope {
            Scope::Variables => Some(values),
            Scope::Incident => match values.get_mut(INCIDENT) {
                Some(Value::Map(facts)) => Some(facts),
                _ => None,
            },
        };
        if let Some(place) = place {
            place.insert(name.to_owned(), value.clone());
        }
    }

    /// Gives a local name a value, hiding what had that name before.
    pub(crate) fn push_local(
        &mut self,
        world: World<'_>,
        case: &CaseState,
        event: Option<&Occurrence>,
        name: &str,
        value: Value,
    ) {
        let values = Self::built(&mut self.values, &mut self.stale_event, world, case, event);
        let before = values.insert(name.to_owned(), value);
        self.hidden.push((name.to_owned(), before));
    }

    /// Takes back the last local name.
    pub(crate) fn pop_local(&mut self) {
        if let (Some((name, before)), Some(values)) = (self.hidden.pop(), &mut self.values) {
            match before {
                Some(value) => values.insert(name, value),
                None => values.remove(&name),
            };
        }
    }

    /// Value of an expression, with `In()` answered by the configuration of this very moment.
    pub(crate) fn evaluate(
        &mut self,
        world: World<'_>,
        case: &CaseState,
        event: Option<&Occurrence>,
        expression: &Expression,
    ) -> Result<Value, EvaluationError> {
        let names = Self::built(&mut self.values, &mut self.stale_event, world, case, event);
        let is_active = |id: &str| find(world.chart, id).is_some_and(|ix| case.configuration.contains(&ix));
        expression.evaluate(&Environment { names, is_active: &is_active })
    }

    fn built<'n>(
        values: &'n mut Option<BTreeMap<String, Value>>,
        stale_event: &mut bool,
        world: World<'_>,
        case: &CaseState,
        event: Option<&Occurrence>,
    ) -> &'n mut BTreeMap<String, Value> {
        let event_value = || event.map_or(Value::Unknown, Occurrence::to_value);
        let values = values.get_or_insert_with(|| {
            *stale_event = true;
            let mut facts: BTreeMap<String, Value> =
                case.facts.iter().map(|(name, fact)| (name.clone(), fact.value.clone())).collect();
            for name in world.protocol.iter().flat_map(|protocol| protocol.facts.keys()) {
                if !facts.contains_key(name) {
                    facts.insert(name.clone(), Value::Unknown);
                }
            }
            match world.chart.scope {
                Scope::Variables => facts,
                Scope::Incident => BTreeMap::from([(INCIDENT.to_owned(), Value::Map(facts))]),
            }
        });
        if std::mem::take(stale_event) {
            values.insert(EVENT.to_owned(), event_value());
        }
        values
    }
}
