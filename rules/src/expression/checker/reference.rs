//! A second evaluator, for tests only: it knows what Rhai keeps silent about.

use std::collections::BTreeMap;

use crate::expression::tree::{Node, Operator, Tree};
use crate::value::Value;

/// Why there is no value.
#[derive(Debug)]
pub enum Trouble {
    /// Rhai would say false, or true for `!=`, because the types differ or a side of an order is unknown.
    Silent(String),
    /// Rhai would fail, or this evaluator does not know the node.
    Other,
}

/// The value of a tree.
pub fn run(tree: &Tree, names: &BTreeMap<String, Value>) -> Result<Value, Trouble> {
    Ok(match &tree.node {
        Node::Unknown => Value::Unknown,
        Node::Bool(flag) => Value::Bool(*flag),
        Node::Number(number) => Value::Int(*number),
        Node::Text(text) => Value::Text(text.clone()),
        Node::List(items) => Value::List(items.iter().map(|item| run(item, names)).collect::<Result<_, _>>()?),
        Node::Name(name) => names.get(name).cloned().ok_or(Trouble::Other)?,
        Node::Field(base, field) => match run(base, names)? {
            Value::Map(fields) => fields.get(field).cloned().unwrap_or_default(),
            _ => return Err(Trouble::Other),
        },
        Node::Item(base, index) => match (run(base, names)?, run(index, names)?) {
            (Value::List(items), Value::Int(0)) => items.first().cloned().ok_or(Trouble::Other)?,
            _ => return Err(Trouble::Other),
        },
        Node::Not(inner) => Value::Bool(!truth(inner, names)?),
        Node::All(parts) => Value::Bool(all(parts, names, true)?),
        Node::Any(parts) => Value::Bool(!all(parts, names, false)?),
        Node::Else(parts) => {
            let mut result = Value::Unknown;
            for part in parts {
                result = run(part, names)?;
                if result != Value::Unknown {
                    break;
                }
            }
            result
        }
        Node::If(test, then, otherwise) => {
            let branch = if truth(test, names)? { Some(then) } else { otherwise.as_ref() };
            branch.map_or(Ok(Value::Unknown), |branch| run(branch, names))?
        }
        Node::Block(steps) if steps.len() == 1 => run(&steps[0], names)?,
        Node::Binary(operator, left, right) => binary(*operator, &run(left, names)?, &run(right, names)?)?,
        Node::Within(item, list) => Value::Bool(within(&run(item, names)?, &run(list, names)?)?),
        Node::Call { name, arguments, .. } => {
            let arguments: Vec<Value> = arguments.iter().map(|one| run(one, names)).collect::<Result<_, _>>()?;
            call(name, &arguments)?
        }
        _ => return Err(Trouble::Other),
    })
}

fn truth(tree: &Tree, names: &BTreeMap<String, Value>) -> Result<bool, Trouble> {
    if let Value::Bool(flag) = run(tree, names)? { Ok(flag) } else { Err(Trouble::Other) }
}

/// Whether all parts come out as `wanted`; stops at the first that does not.
fn all(parts: &[Tree], names: &BTreeMap<String, Value>, wanted: bool) -> Result<bool, Trouble> {
    for part in parts {
        if truth(part, names)? != wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

fn same(left: &Value, right: &Value) -> Result<bool, Trouble> {
    if *left == Value::Unknown || *right == Value::Unknown || left.kind_name() == right.kind_name() {
        return Ok(left == right);
    }
    Err(Trouble::Silent(format!("{} == {}", left.kind_name(), right.kind_name())))
}

fn within(item: &Value, list: &Value) -> Result<bool, Trouble> {
    match list {
        Value::Unknown => Ok(false),
        Value::List(items) => {
            for each in items {
                if same(item, each)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Text(text) => item.as_text().map(|part| text.contains(part)).ok_or(Trouble::Other),
        _ => Err(Trouble::Other),
    }
}

fn binary(operator: Operator, left: &Value, right: &Value) -> Result<Value, Trouble> {
    if operator.is_equality() {
        return Ok(Value::Bool(same(left, right)? == (operator == Operator::Equal)));
    }
    if operator.is_ordering() {
        if *left == Value::Unknown || left.kind_name() != right.kind_name() {
            return Err(Trouble::Silent(format!("{} {} {}", left.kind_name(), operator.sign(), right.kind_name())));
        }
        return Ok(Value::Bool(match operator {
            Operator::Less => left < right,
            Operator::LessOrEqual => left <= right,
            Operator::Greater => left > right,
            _ => left >= right,
        }));
    }
    let (Value::Int(left), Value::Int(right)) = (left, right) else { return Err(Trouble::Other) };
    let result = match operator {
        Operator::Plus => left.checked_add(*right),
        Operator::Minus => left.checked_sub(*right),
        Operator::Times => left.checked_mul(*right),
        Operator::Over => left.checked_div(*right),
        Operator::Modulo => left.checked_rem(*right),
        _ => None,
    };
    result.map(Value::Int).ok_or(Trouble::Other)
}

fn call(name: &str, arguments: &[Value]) -> Result<Value, Trouble> {
    let count = |count: usize| i64::try_from(count).map(Value::Int).map_err(|_| Trouble::Other);
    match (name, arguments) {
        ("contains", [list, item]) => within(item, list).map(Value::Bool),
        ("hours", [Value::Int(number)]) => number.checked_mul(3_600_000).map(Value::Int).ok_or(Trouble::Other),
        ("len", [Value::List(items)]) => count(items.len()),
        ("len", [Value::Text(text)]) => count(text.chars().count()),
        ("len", [Value::Unknown]) => count(0),
        ("is_empty", [Value::Unknown | Value::List(_) | Value::Text(_)]) => Ok(Value::Bool(arguments[0].is_unknown())),
        ("trim", [Value::Text(text)]) => Ok(Value::from(text.trim())),
        ("first", [Value::List(items)]) => Ok(items.first().cloned().unwrap_or_default()),
        ("trim" | "first", [Value::Unknown]) => Ok(Value::Unknown),
        ("truthy", [value]) => Ok(Value::Bool(match value {
            Value::List(_) => true,
            Value::Int(0) | Value::Bool(false) => false,
            other => !other.is_unknown(),
        })),
        ("abs", [Value::Int(number)]) => number.checked_abs().map(Value::Int).ok_or(Trouble::Other),
        ("minutes", [Value::Int(number)]) => number.checked_mul(60_000).map(Value::Int).ok_or(Trouble::Other),
        ("twice", [Value::Int(number)]) => number.checked_mul(2).map(Value::Int).ok_or(Trouble::Other),
        ("grave", [level]) => Ok(Value::Bool(same(level, &"red".into())? || same(level, &"orange".into())?)),
        _ => Err(Trouble::Other),
    }
}
