//! Calls: the built-in functions, and functions of scripts with the types of each call.

use std::collections::BTreeMap;

use super::types::{Content, Kind, Measure, Type};
use super::{Checker, Problem, TypeFinding, said};
use crate::expression::sandbox::FUNCTIONS;
use crate::expression::scripts::Function;
use crate::expression::tree::{Span, Tree};
use crate::nearest::nearest;

/// Functions of scripts checked for one set of arguments, at most; each call beyond is taken as it comes.
const MAX_RESULTS: usize = 200;

/// A function of a script that was checked for one set of arguments.
pub(super) struct Checked {
    name: String,
    arguments: Vec<Type>,
    result: Type,
    findings: Vec<TypeFinding>,
}

impl Checker<'_> {
    pub(super) fn call(&mut self, name: &str, name_span: Span, arguments: &[Tree], span: Span) -> Type {
        let types: Vec<Type> = arguments.iter().map(|argument| self.type_of(argument)).collect();
        let scripts = self.scripts;
        if let Some(function) = scripts.function(name) {
            return self.script_call(name, function, types, span);
        }
        let Some((_, wanted)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
            let known = scripts.functions().map(|(name, _)| name).chain(FUNCTIONS.iter().map(|(name, _)| *name));
            let near = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
            let help = near.unwrap_or_else(|| "define it in `scripts/*.rhai`, or use a built-in function".to_owned());
            self.find(Problem::UnknownFunction, name_span, format!("there is no function `{name}`"), Some(help));
            return Type::anything();
        };
        if types.len() != *wanted {
            let message =
                format!("`{name}` takes {wanted} value{}, not {}", if *wanted == 1 { "" } else { "s" }, types.len());
            self.find(Problem::UnknownFunction, span, message, None);
            return Type::anything();
        }
        let pairs: Vec<(&Type, &Tree)> = types.iter().zip(arguments).collect();
        match pairs.as_slice() {
            [one] => self.built_in(name, *one, span),
            [one, other] => self.built_in_of_two(name, *one, *other, span),
            _ => Type::anything(),
        }
    }

    fn built_in(&mut self, name: &str, (found, tree): (&Type, &Tree), span: Span) -> Type {
        let is_text = matches!(found.kind, Kind::Text(_));
        let is_list = matches!(found.kind, Kind::List(_));
        let is_any = matches!(found.kind, Kind::Anything | Kind::Nothing);
        if found.kind == Kind::Nothing && matches!(name, "first" | "last" | "to_lower" | "to_upper" | "trim") {
            return found.clone();
        }
        match name {
            "truthy" => {
                if found.is_yes_no() {
                    let name = said(tree);
                    let help = format!("write `{} == \"yes\"`", name.trim_matches('`'));
                    self.find(
                        Problem::WrongType,
                        span,
                        format!("`truthy` holds for {name} when it is `no`, too"),
                        Some(help),
                    );
                }
                Type::known(Kind::Bool)
            }
            "len" | "is_empty" => {
                self.needs(is_text || is_list || is_any, name, "a text or a list", found, tree);
                Type::known(if name == "len" { Kind::Int(Measure::Number) } else { Kind::Bool })
            }
            "first" | "last" => {
                self.needs(is_list || is_any, name, "a list", found, tree);
                match &found.kind {
                    Kind::List(item) => Type::maybe(item.kind.clone()),
                    _ => Type::anything(),
                }
            }
            "to_lower" | "to_upper" | "trim" => {
                self.needs(is_text || is_any, name, "a text", found, tree);
                Type { kind: Kind::Text(Content::Free), maybe_unknown: found.maybe_unknown }
            }
            "seconds" | "minutes" | "hours" | "days" => {
                let number = matches!(found.kind, Kind::Int(Measure::Written | Measure::Number) | Kind::Anything);
                self.needs(number, name, "a number", found, tree);
                self.must_be_known(name, found, tree);
                Type::int(Measure::Duration)
            }
            _ => {
                self.needs(matches!(found.kind, Kind::Int(_) | Kind::Anything), name, "a number", found, tree);
                self.must_be_known(name, found, tree);
                Type::known(found.kind.clone())
            }
        }
    }

    fn built_in_of_two(&mut self, name: &str, one: (&Type, &Tree), other: (&Type, &Tree), span: Span) -> Type {
        match name {
            "contains" => self.contained(other, one, span),
            "starts_with" | "ends_with" => {
                for (found, tree) in [one, other] {
                    let text = matches!(found.kind, Kind::Text(_) | Kind::Anything);
                    self.needs(text, name, "a text", found, tree);
                }
                self.must_be_known(name, other.0, other.1);
            }
            _ => {
                let kind = match (&one.0.kind, &other.0.kind) {
                    (Kind::Int(left), Kind::Int(right)) => left.join(*right).map(Kind::Int),
                    (Kind::Anything, _) | (_, Kind::Anything) => Some(Kind::Anything),
                    _ => None,
                };
                self.must_be_known(name, one.0, one.1);
                self.must_be_known(name, other.0, other.1);
                return kind.map_or_else(
                    || {
                        let message = format!("`{name}` cannot take {} and {}", one.0.describe(), other.0.describe());
                        self.find(Problem::WrongType, span, message, None);
                        Type::anything()
                    },
                    Type::known,
                );
            }
        }
        Type::known(Kind::Bool)
    }

    fn needs(&mut self, fine: bool, function: &str, what: &str, found: &Type, tree: &Tree) {
        if !fine {
            let message = format!("`{function}` needs {what}, but {} is {}", said(tree), found.describe());
            self.find(Problem::WrongType, tree.span, message, None);
        }
    }

    fn must_be_known(&mut self, function: &str, found: &Type, tree: &Tree) {
        if found.maybe_unknown {
            self.may_fail(tree, tree.span, &format!("`{function}` fails"));
        }
    }

    /// The body of the function with the types of this call; what is wrong there is told here, at the call.
    fn script_call(&mut self, name: &str, function: &Function, arguments: Vec<Type>, span: Span) -> Type {
        let wanted = function.parameters.len();
        if arguments.len() != wanted {
            let message =
                format!("`{name}` takes {wanted} value{}, not {}", if wanted == 1 { "" } else { "s" }, arguments.len());
            self.find(Problem::UnknownFunction, span, message, Some(format!("it is defined in `{}`", function.file)));
            return Type::anything();
        }
        if self.calls.iter().any(|calling| calling == name) || self.results.len() >= MAX_RESULTS {
            return Type::anything();
        }
        let same = |checked: &&Checked| checked.name == name && checked.arguments == arguments;
        if let Some(checked) = self.results.iter().find(same) {
            let (result, findings) = (checked.result.clone(), checked.findings.clone());
            self.findings.extend(findings.into_iter().map(|finding| TypeFinding { span, ..finding }));
            return result;
        }
        let parameters = function.parameters.iter().cloned().zip(arguments.iter().cloned()).collect();
        let (result, findings) = self.body(name, function, parameters);
        let told = findings.into_iter().map(|finding| TypeFinding {
            message: format!("in `{name}`: {}", finding.message),
            span,
            ..finding
        });
        let findings: Vec<TypeFinding> = told.collect();
        self.findings.extend(findings.iter().cloned());
        self.results.push(Checked { name: name.to_owned(), arguments, result: result.clone(), findings });
        result
    }

    fn body(
        &mut self,
        name: &str,
        function: &Function,
        parameters: BTreeMap<String, Type>,
    ) -> (Type, Vec<TypeFinding>) {
        let findings = std::mem::take(&mut self.findings);
        let locals = std::mem::replace(&mut self.locals, parameters);
        let known = std::mem::take(&mut self.known);
        let returned = std::mem::take(&mut self.returned);
        self.calls.push(name.to_owned());
        let last = self.type_of(&function.body);
        self.calls.pop();
        let returned = std::mem::replace(&mut self.returned, returned);
        self.known = known;
        self.locals = locals;
        let found = std::mem::replace(&mut self.findings, findings);
        let result = returned.into_iter().try_fold(last, Type::join);
        (result.unwrap_or(Type::anything()), found)
    }
}
