//! The one place where expressions of a protocol are compiled and type-checked.

use super::Lower;
use crate::diagnostics::{Code, Diagnostic};
use crate::expression::{Expected, Expression, Problem, ScriptError, Scripts, Span, TypeEnvironment, check};
use crate::place::Place;
use crate::source::{Body, Node};

/// What an expression is for, which decides its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose<'p> {
    /// A guard or condition: must be true or false.
    Condition,
    /// The value of a fact.
    Fact(&'p str),
    /// What a `foreach` goes through.
    List,
    /// Anything: what an event carries.
    Data,
    /// Whether a field of a form is shown: true or false, and there is no event.
    Shown,
}

impl Lower<'_> {
    /// Compiles the functions of all scripts.
    pub(crate) fn scripts(&mut self) {
        let files = self.trees.scripts.values().map(|file| (file.file.as_ref(), file.content.as_str()));
        match Scripts::compile(files) {
            Ok(scripts) => {
                let files = self.trees.scripts.values().map(|file| (file.file.as_ref(), file.content.as_str()));
                let circles = scripts.circles(files);
                self.scripts = scripts;
                for error in circles {
                    self.script_finding(error);
                }
            }
            Err(errors) => {
                self.scripts_unread = true;
                for error in errors {
                    self.script_finding(error);
                }
            }
        }
    }

    fn script_finding(&mut self, error: ScriptError) {
        let place =
            Place { file: error.file.as_str().into(), line: error.line, column: error.column, length: error.length };
        let message = lower_case(&error.message).replace('\'', "`");
        let finding = Diagnostic::new(Code::ExpressionSyntax, &place, message);
        self.find(finding.help(error.help.unwrap_or_else(|| HELP.to_owned())));
    }

    /// Compiles the expression of a node and checks its types.
    pub(crate) fn expression(&mut self, node: Option<&Node>, purpose: Purpose<'_>) -> Option<Expression> {
        let node = node?;
        let source = node.scalar()?;
        match Expression::compile_with(source, Some(node.place.clone()), &self.scripts) {
            Ok(expression) => {
                self.types(&expression, node, purpose);
                if purpose == Purpose::Data {
                    self.unsealed(&expression, node);
                }
                Some(expression)
            }
            Err(error) => {
                let place = inside(node, error.span);
                let message = lower_case(&error.message).replace('\'', "`");
                let finding = Diagnostic::new(Code::ExpressionSyntax, &place, message);
                self.find(finding.help(error.help.unwrap_or_else(|| HELP.to_owned())));
                None
            }
        }
    }

    /// What an event carries is kept in the log and in timers as it is, so no sealed fact may get into it.
    fn unsealed(&mut self, expression: &Expression, node: &Node) {
        let Some(fact) = self.sealed_in(expression) else { return };
        let message = format!("what an event carries would hold the sealed fact `{fact}`");
        let sealed = self.names.facts.get(&fact).and_then(|fact| fact.place.clone());
        let finding = Diagnostic::new(Code::SealedInEvent, &node.place, message).label(sealed.as_ref(), "sealed here");
        self.find(
            finding.help("leave it out: the transition that takes the event can read the fact itself, as `incident.…`"),
        );
    }

    /// A sealed fact that an expression reads, itself or through the item of a `foreach`.
    pub(crate) fn sealed_in(&self, expression: &Expression) -> Option<String> {
        let sealed = |name: &&str| self.names.facts.get(*name).is_some_and(|fact| fact.seal.is_some());
        let fact = match expression.facts_read() {
            Some(facts) => facts.into_iter().find(sealed).map(str::to_owned),
            None => self.names.facts.keys().map(String::as_str).find(sealed).map(str::to_owned),
        };
        fact.or_else(|| expression.names_read().find_map(|name| self.sealed_locals.get(name).cloned()))
    }

    fn types(&mut self, expression: &Expression, node: &Node, purpose: Purpose<'_>) {
        let expected = match purpose {
            Purpose::Condition | Purpose::Shown => Expected::Condition,
            Purpose::List => Expected::List,
            Purpose::Data => Expected::Anything,
            Purpose::Fact(name) => match self.names.facts.get(name) {
                Some(fact) => Expected::Fact(fact.kind.clone()),
                None => Expected::Anything,
            },
        };
        let environment = TypeEnvironment {
            facts: &self.names.facts,
            names: &self.locals,
            states: &self.names.states,
            event: purpose != Purpose::Shown,
        };
        let vague = expression.facts_read().is_none_or(|facts| facts.iter().any(|fact| self.vague.contains(*fact)))
            && !self.vague.is_empty()
            || matches!(purpose, Purpose::Fact(fact) if self.vague.contains(fact));
        for found in check(expression, &environment, &expected) {
            let unread = match found.problem {
                Problem::UnknownFact => self.is_unread(Code::UnknownFact),
                Problem::UnknownState => self.is_unread(Code::UnknownState),
                Problem::UnknownFunction => self.scripts_unread,
                Problem::UnknownName
                | Problem::WrongType
                | Problem::NoSuchValue
                | Problem::MaybeUnknown
                | Problem::BareNumber => false,
            };
            if unread {
                continue; // What would declare it cannot be read.
            }
            if vague && !matches!(found.problem, Problem::UnknownFact | Problem::UnknownState) {
                continue; // The type of a fact in it is not known.
            }
            let code = match found.problem {
                Problem::UnknownFact => Code::UnknownFact,
                Problem::UnknownState => Code::UnknownState,
                Problem::UnknownName | Problem::UnknownFunction | Problem::WrongType | Problem::NoSuchValue => {
                    Code::ExpressionType
                }
                Problem::MaybeUnknown | Problem::BareNumber => Code::ExpressionDoubt,
            };
            let finding = Diagnostic::new(code, &inside(node, found.span), lower_case(&found.message));
            self.find(finding.help(found.help.unwrap_or_else(|| HELP.to_owned())));
        }
    }
}

const HELP: &str = "see the chapter on expressions in the language reference";

fn lower_case(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The place of a stretch of an expression. A text with quotes or over several lines is named as a whole, because its
/// columns are not those of the file.
fn inside(node: &Node, span: Span) -> Place {
    let Body::Scalar { text, plain: true } = &node.body else { return node.place.clone() };
    if usize::try_from(node.place.length).is_ok_and(|length| length == text.chars().count()) {
        let length = span.end.saturating_sub(span.start).max(1);
        return Place { column: node.place.column + span.start, length, ..node.place.clone() };
    }
    node.place.clone()
}
