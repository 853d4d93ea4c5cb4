//! From a unit's name in a protocol to a unit of the directory.

use niyam_kernel::state::CaseState;
use niyam_rules::protocol::{Protocol, UnitRule};
use niyam_rules::value::Value;

use crate::people::People;

/// Code of the unit that a name stands for in a case; `None` while the fact it rests on is unknown.
pub fn unit_of(protocol: &Protocol, state: &CaseState, name: &str, people: &dyn People) -> Option<String> {
    let fact = |fact: &str| match &state.facts.get(fact)?.value {
        Value::Text(code) if !code.is_empty() => Some(code.clone()),
        Value::Unknown | Value::Bool(_) | Value::Int(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => None,
    };
    match protocol.units.get(name)? {
        UnitRule::Code(code) => Some(code.clone()),
        UnitRule::Fact(name) => fact(name),
        UnitRule::Above { fact: name, kinds } => people.above(&fact(name)?, kinds),
    }
}
