//! What a condition claims about a case, so that it can be said in words.

use super::Expression;
use super::tree::{Node, Operator, Tree};
use crate::value::Value;

/// What a condition claims, as far as it is one of the usual shapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// `incident.fact != ()`, or with `false` `incident.fact == ()`.
    Known(String, bool),
    /// A fact is, or with `false` is not, one of these constants.
    OneOf(String, Vec<Value>, bool),
    /// A fact is less, greater and so on than a constant.
    Order(String, Order, Value),
    /// Two facts are the same, or with `false` are not.
    Same(String, String, bool),
    /// `In("state")`, or with `false` its opposite.
    Active(String, bool),
    /// A function of the protocol's scripts over these facts.
    Asks {
        /// Its name.
        function: String,
        /// The facts it looks at.
        facts: Vec<String>,
    },
    /// All of these.
    All(Vec<Claim>),
    /// At least one of these.
    Any(Vec<Claim>),
    /// Anything else: the text as written.
    Other(String),
}

/// How a fact compares with a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

impl Expression {
    /// What it claims when it is used as a condition.
    #[must_use]
    pub fn claim(&self) -> Claim {
        Reader { source: self.source() }.read(&self.inner.tree, true)
    }
}

struct Reader<'a> {
    source: &'a str,
}

impl Reader<'_> {
    /// Reads a condition, or its opposite when `holds` is false.
    fn read(&self, tree: &Tree, holds: bool) -> Claim {
        let claim = match &tree.node {
            Node::Not(inner) => Some(self.read(inner, !holds)),
            Node::All(parts) | Node::Any(parts) => Some(self.joined(parts, matches!(tree.node, Node::All(_)), holds)),
            Node::Binary(operator, left, right) => comparison(*operator, left, right, holds),
            Node::Within(item, list) => within(item, list, holds),
            Node::In(state) => Some(Claim::Active(state.clone(), holds)),
            Node::Call { name, arguments, .. } if holds => {
                let facts: Option<Vec<String>> = arguments.iter().map(fact).collect();
                facts.map(|facts| Claim::Asks { function: name.clone(), facts })
            }
            Node::Unknown
            | Node::Bool(_)
            | Node::Number(_)
            | Node::Text(_)
            | Node::List(_)
            | Node::Map(_)
            | Node::Name(_)
            | Node::Field(..)
            | Node::Item(..)
            | Node::Call { .. }
            | Node::Minus(_)
            | Node::Else(_)
            | Node::If(..)
            | Node::Block(_)
            | Node::Let(..)
            | Node::Return(_) => None,
        };
        claim.unwrap_or_else(|| self.other(tree, holds))
    }

    /// `a && b` is also not (`!a || !b`).
    fn joined(&self, parts: &[Tree], all: bool, holds: bool) -> Claim {
        let claims = parts.iter().map(|part| self.read(part, holds)).collect();
        if all == holds { Claim::All(claims) } else { Claim::Any(claims) }
    }

    fn other(&self, tree: &Tree, holds: bool) -> Claim {
        let (start, end) = (tree.span.start as usize, tree.span.end as usize);
        let text: String = self.source.chars().skip(start).take(end.saturating_sub(start)).collect();
        Claim::Other(if holds { text } else { format!("!({text})") })
    }
}

fn comparison(operator: Operator, left: &Tree, right: &Tree, holds: bool) -> Option<Claim> {
    let Some(name) = fact(left) else {
        // `"yes" == incident.x` is `incident.x == "yes"`
        fact(right)?;
        return comparison(turned(operator)?, right, left, holds);
    };
    let order = match operator {
        Operator::Equal | Operator::NotEqual => {
            let holds = (operator == Operator::Equal) == holds;
            return Some(match (&right.node, fact(right)) {
                (Node::Unknown, _) => Claim::Known(name, !holds),
                (_, Some(other)) => Claim::Same(name, other, holds),
                (_, None) => Claim::OneOf(name, vec![constant(right)?], holds),
            });
        }
        Operator::Less => {
            if holds {
                Order::Less
            } else {
                Order::AtLeast
            }
        }
        Operator::LessOrEqual => {
            if holds {
                Order::AtMost
            } else {
                Order::More
            }
        }
        Operator::Greater => {
            if holds {
                Order::More
            } else {
                Order::AtMost
            }
        }
        Operator::GreaterOrEqual => {
            if holds {
                Order::AtLeast
            } else {
                Order::Less
            }
        }
        Operator::Plus | Operator::Minus | Operator::Times | Operator::Over | Operator::Modulo | Operator::Power => {
            return None;
        }
    };
    Some(Claim::Order(name, order, constant(right)?))
}

const fn turned(operator: Operator) -> Option<Operator> {
    match operator {
        Operator::Equal | Operator::NotEqual => Some(operator),
        Operator::Less => Some(Operator::Greater),
        Operator::LessOrEqual => Some(Operator::GreaterOrEqual),
        Operator::Greater => Some(Operator::Less),
        Operator::GreaterOrEqual => Some(Operator::LessOrEqual),
        Operator::Plus | Operator::Minus | Operator::Times | Operator::Over | Operator::Modulo | Operator::Power => {
            None
        }
    }
}

fn within(item: &Tree, list: &Tree, holds: bool) -> Option<Claim> {
    let Node::List(items) = &list.node else { return None };
    let values: Option<Vec<Value>> = items.iter().map(constant).collect();
    Some(Claim::OneOf(fact(item)?, values?, holds))
}

/// The fact of `incident.fact`.
fn fact(tree: &Tree) -> Option<String> {
    match tree.path().as_deref() {
        Some(["incident", name]) => Some((*name).to_owned()),
        Some(_) | None => None,
    }
}

fn constant(tree: &Tree) -> Option<Value> {
    match &tree.node {
        Node::Text(text) => Some(Value::Text(text.clone())),
        Node::Number(number) => Some(Value::Int(*number)),
        Node::Bool(flag) => Some(Value::Bool(*flag)),
        Node::Minus(inner) => match &inner.node {
            Node::Number(number) => number.checked_neg().map(Value::Int),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(source: &str) -> Claim {
        Expression::compile(source, None).expect("it is an expression").claim()
    }

    fn is(fact: &str, value: &str, holds: bool) -> Claim {
        Claim::OneOf(fact.to_owned(), vec![Value::from(value)], holds)
    }

    #[test]
    fn usual_conditions_are_read() {
        assert_eq!(claim("incident.unit != ()"), Claim::Known("unit".to_owned(), true));
        assert_eq!(claim("incident.unit == ()"), Claim::Known("unit".to_owned(), false));
        assert_eq!(claim(r#""yes" == incident.minor"#), is("minor", "yes", true));
        assert_eq!(claim("3 > incident.tries"), Claim::Order("tries".to_owned(), Order::Less, Value::Int(3)));
        assert_eq!(claim("incident.a != incident.b"), Claim::Same("a".to_owned(), "b".to_owned(), false));
        let list = vec![Value::from("red"), Value::from("orange")];
        assert_eq!(claim(r#"incident.level in ["red", "orange"]"#), Claim::OneOf("level".to_owned(), list, true));
    }

    #[test]
    fn the_opposite_of_a_conjunction_is_one_of_the_opposites() {
        let wanted = Claim::Any(vec![is("a", "yes", false), Claim::Active("open".to_owned(), true)]);
        assert_eq!(claim(r#"!(incident.a == "yes" && !In("open"))"#), wanted);
        let wanted = Claim::Order("tries".to_owned(), Order::AtLeast, Value::Int(3));
        assert_eq!(claim("!(incident.tries < 3)"), wanted);
    }

    #[test]
    fn what_is_not_usual_keeps_its_text() {
        assert_eq!(
            claim(r#"event.name == "x" && incident.unit != ()"#),
            Claim::All(vec![Claim::Other(r#"event.name == "x""#.to_owned()), Claim::Known("unit".to_owned(), true)])
        );
    }
}
