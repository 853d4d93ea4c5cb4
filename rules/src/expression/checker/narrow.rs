//! What is certainly known where an expression goes on.

use std::collections::BTreeSet;

use crate::expression::tree::{Node, Operator, Tree};

/// The names (`incident.level`) that are known when a condition has come out as `truth`.
pub fn known_when(condition: &Tree, truth: bool) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    collect(condition, truth, &mut known);
    known
}

/// A name in one piece, when the node is one.
pub fn name_of(tree: &Tree) -> Option<String> {
    tree.path().map(|path| path.join("."))
}

fn collect(condition: &Tree, truth: bool, known: &mut BTreeSet<String>) {
    match &condition.node {
        Node::Not(inner) => collect(inner, !truth, known),
        // All of them hold, or none of them does; otherwise nobody knows which.
        Node::All(parts) if truth => parts.iter().for_each(|part| collect(part, true, known)),
        Node::Any(parts) if !truth => parts.iter().for_each(|part| collect(part, false, known)),
        Node::Binary(operator, left, right) => compared(*operator, left, right, truth, known),
        Node::Within(item, list) if truth => {
            known.extend(name_of(list));
            let certain = matches!(&list.node, Node::List(items) if items.iter().all(is_certain));
            known.extend(name_of(item).filter(|_| certain));
        }
        Node::Call { name, arguments, .. } => {
            let says_known = match name.as_str() {
                "truthy" | "contains" | "starts_with" | "ends_with" => truth,
                "is_empty" => !truth,
                _ => false,
            };
            known.extend(arguments.first().filter(|_| says_known).and_then(name_of));
        }
        Node::Block(steps) => {
            if let [only] = steps.as_slice() {
                collect(only, truth, known);
            }
        }
        _ => {}
    }
}

fn compared(operator: Operator, left: &Tree, right: &Tree, truth: bool, known: &mut BTreeSet<String>) {
    let same = match operator {
        Operator::Equal => truth,
        Operator::NotEqual => !truth,
        // A comparison that holds had two known sides; one that does not says nothing.
        _ if operator.is_ordering() && truth => {
            known.extend(name_of(left));
            known.extend(name_of(right));
            return;
        }
        _ => return,
    };
    for (one, other) in [(left, right), (right, left)] {
        let is_known = if same { is_certain(other) } else { other.node == Node::Unknown };
        known.extend(name_of(one).filter(|_| is_known));
    }
}

/// Whether a node is a value that is never `()`.
fn is_certain(tree: &Tree) -> bool {
    matches!(tree.node, Node::Bool(_) | Node::Number(_) | Node::Text(_))
}
