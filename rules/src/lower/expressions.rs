//! The one place where expressions of a protocol are compiled and type-checked.

use super::Lower;
use crate::diagnostics::{Code, Diagnostic};
use crate::expression::{Expression, Scripts, Span};
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
}

impl Lower<'_> {
    /// Compiles the functions of all scripts.
    pub(crate) fn scripts(&mut self) {
        let files = self.trees.scripts.values().map(|file| (file.file.as_ref(), file.content.as_str()));
        match Scripts::compile(files) {
            Ok(scripts) => self.scripts = scripts,
            Err(errors) => {
                for error in errors {
                    let place = Place {
                        file: error.file.as_str().into(),
                        line: error.line,
                        column: error.column,
                        length: error.length,
                    };
                    let finding = Diagnostic::new(Code::ExpressionSyntax, &place, lower_case(&error.message));
                    self.find(finding.help(error.help.unwrap_or_else(|| HELP.to_owned())));
                }
            }
        }
    }

    /// Compiles the expression of a node.
    pub(crate) fn expression(&mut self, node: Option<&Node>, _purpose: Purpose<'_>) -> Option<Expression> {
        let node = node?;
        let source = node.scalar()?;
        match Expression::compile_with(source, Some(node.place.clone()), &self.scripts) {
            Ok(expression) => {
                self.states_named(&expression, node);
                Some(expression)
            }
            Err(error) => {
                let place = inside(node, error.span);
                let finding = Diagnostic::new(Code::ExpressionSyntax, &place, lower_case(&error.message));
                self.find(finding.help(error.help.unwrap_or_else(|| HELP.to_owned())));
                None
            }
        }
    }

    fn states_named(&mut self, expression: &Expression, node: &Node) {
        let unknown: Vec<String> =
            expression.active_states().filter(|state| !self.is_state(state)).map(str::to_owned).collect();
        for state in unknown {
            self.unknown(Code::UnknownState, "state", &state, &node.place);
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
