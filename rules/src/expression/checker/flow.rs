//! What holds where: conditions, branches, and what is known after a test.

use super::narrow::known_when;
use super::types::{Kind, Type};
use super::{Checker, Problem, said};
use crate::expression::tree::{Node, Span, Tree};

impl Checker<'_> {
    /// `&&` or `||`: each part knows what the parts before it have settled.
    pub(super) fn chain(&mut self, parts: &[Tree], all: bool) -> Type {
        let before = self.known.clone();
        for part in parts {
            let found = self.type_of(part);
            self.condition(&found, part, if all { "`&&`" } else { "`||`" });
            self.known.extend(known_when(part, all));
        }
        self.known = before;
        Type::known(Kind::Bool)
    }

    pub(super) fn first_known(&mut self, parts: &[Tree]) -> Type {
        let mut result = Type::known(Kind::Nothing);
        for (index, part) in parts.iter().enumerate() {
            let found = self.type_of(part);
            let unknown = found.maybe_unknown || found.kind == Kind::Nothing;
            let Some(joined) = result.clone().join(found.clone()) else {
                let message = format!("`??` gives {} or {}", result.describe(), found.describe());
                self.find(Problem::WrongType, part.span, message, Some("both sides must be of one type".to_owned()));
                return Type::anything();
            };
            let last = index + 1 == parts.len();
            result = Type { kind: joined.kind, maybe_unknown: if last { unknown } else { joined.maybe_unknown } };
        }
        result
    }

    pub(super) fn choose(&mut self, test: &Tree, then: &Tree, otherwise: Option<&Tree>, span: Span) -> Type {
        let found = self.type_of(test);
        self.condition(&found, test, "`if`");
        let (known, locals) = (self.known.clone(), self.locals.clone());
        self.known.extend(known_when(test, true));
        let first = self.type_of(then);
        self.locals.clone_from(&locals);
        self.known.clone_from(&known);
        self.known.extend(known_when(test, false));
        let second = otherwise.map_or(Type::known(Kind::Nothing), |otherwise| self.type_of(otherwise));
        self.known = known;
        self.locals = locals;
        let message = format!("one branch gives {}, the other {}", first.describe(), second.describe());
        first.join(second).unwrap_or_else(|| {
            self.find(Problem::WrongType, span, message, Some("both branches must be of one type".to_owned()));
            Type::anything()
        })
    }

    pub(super) fn block(&mut self, steps: &[Tree]) -> Type {
        let mut result = Type::known(Kind::Nothing);
        for step in steps {
            result = self.type_of(step);
            if let Node::If(test, then, None) = &step.node
                && always_returns(then)
            {
                self.known.extend(known_when(test, false));
            }
        }
        result
    }

    /// What stands where only true or false can stand.
    pub(super) fn condition(&mut self, found: &Type, tree: &Tree, place: &str) {
        let help = if found.is_yes_no() {
            Some(format!("write `{} == \"yes\"`", said(tree).trim_matches('`')))
        } else {
            Some("compare it with something".to_owned())
        };
        match found.kind {
            Kind::Bool if found.maybe_unknown => self.may_fail(tree, tree.span, &format!("{place} fails")),
            Kind::Bool | Kind::Anything => {}
            _ => {
                let message = format!("{place} needs true or false, but {} is {}", said(tree), found.describe());
                self.find(Problem::WrongType, tree.span, message, help);
            }
        }
    }

    pub(super) fn may_fail(&mut self, tree: &Tree, span: Span, what: &str) {
        let said = said(tree);
        let help = format!("test `{} != ()` before", said.trim_matches('`'));
        self.find(Problem::MaybeUnknown, span, format!("{said} may be unknown, and then {what}"), Some(help));
    }
}

fn always_returns(tree: &Tree) -> bool {
    match &tree.node {
        Node::Return(_) => true,
        Node::Block(steps) => steps.iter().any(always_returns),
        Node::If(_, then, Some(otherwise)) => always_returns(then) && always_returns(otherwise),
        _ => false,
    }
}
