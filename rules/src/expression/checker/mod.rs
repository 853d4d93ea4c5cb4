//! Types of expressions against the declared facts.
//!
//! Rhai answers `false`, not an error, when two values of different types are compared, and a life may hang on that
//! comparison. So everything that can be told beforehand is told: comparisons that never hold, values that a choice does
//! not have, names that do not exist, and what happens while a fact is still unknown.

mod calls;
mod flow;
mod narrow;
mod operators;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use self::narrow::name_of;
use self::types::{Content, Kind, Measure, Type};
use super::tree::{Node, Span, Tree};
use super::{Expression, Scripts};
use crate::nearest::nearest;
use crate::protocol::{FactDeclaration, FactType};

/// What expressions of a protocol may name.
#[derive(Clone, Copy)]
pub struct TypeEnvironment<'a> {
    /// The declared facts.
    pub facts: &'a BTreeMap<String, FactDeclaration>,
    /// Local names of `foreach` with their types; `None` = of any type.
    pub names: &'a BTreeMap<String, Option<FactType>>,
    /// Ids of all states, for `In`.
    pub states: &'a BTreeSet<String>,
    /// Whether there is an `event` here; not in `show_if`.
    pub event: bool,
}

/// What an expression is needed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// True or false.
    Condition,
    /// A value of a fact, or `()`.
    Fact(FactType),
    /// A list to go through.
    List,
    /// A length of time: milliseconds.
    Duration,
    /// Any value.
    Anything,
}

/// One finding about types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeFinding {
    /// What kind of mistake.
    pub problem: Problem,
    /// In plain words, lower case, no full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where, inside the expression.
    pub span: Span,
}

/// Kinds of mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// No such name, or no such field.
    UnknownName,
    /// No such fact.
    UnknownFact,
    /// No such function, or not with so many arguments.
    UnknownFunction,
    /// No such state.
    UnknownState,
    /// The types do not go together: the comparison never holds, or the expression always fails.
    WrongType,
    /// Compared with a value that the fact never has.
    NoSuchValue,
    /// Wrong, or an error, as long as something is unknown. A warning.
    MaybeUnknown,
    /// A bare number where milliseconds are counted. A warning.
    BareNumber,
}

impl Problem {
    /// Whether the expression may still be what was meant.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        matches!(self, Self::MaybeUnknown | Self::BareNumber)
    }
}

/// Checks one expression. Findings stand in the order of the text.
#[must_use]
pub fn check(expression: &Expression, environment: &TypeEnvironment<'_>, expected: &Expected) -> Vec<TypeFinding> {
    let compiled = &*expression.inner;
    let mut checker = Checker {
        environment,
        scripts: &compiled.scripts,
        findings: Vec::new(),
        locals: locals(environment),
        known: BTreeSet::new(),
        calls: Vec::new(),
        returned: Vec::new(),
        results: Vec::new(),
    };
    let found = checker.type_of(&compiled.tree);
    checker.fits(&found, &compiled.tree, expected);
    let mut findings = checker.findings;
    findings
        .sort_by(|one, other| (one.span, one.problem, &one.message).cmp(&(other.span, other.problem, &other.message)));
    findings.dedup();
    findings
}

fn locals(environment: &TypeEnvironment<'_>) -> BTreeMap<String, Type> {
    let known = |kind: &Option<FactType>| kind.as_ref().map_or(Type::anything(), Type::of);
    let mut locals: BTreeMap<String, Type> =
        environment.names.iter().map(|(name, kind)| (name.clone(), known(kind))).collect();
    locals.entry("incident".to_owned()).or_insert(Type::known(Kind::Incident));
    if environment.event {
        locals.entry("event".to_owned()).or_insert(Type::known(Kind::Event));
    }
    locals
}

struct Checker<'a> {
    environment: &'a TypeEnvironment<'a>,
    scripts: &'a Scripts,
    findings: Vec<TypeFinding>,
    locals: BTreeMap<String, Type>,
    /// Names that are certainly known here.
    known: BTreeSet<String>,
    /// Functions being checked, outermost first.
    calls: Vec<String>,
    /// Types of `return` in the function being checked.
    returned: Vec<Type>,
    /// Functions already checked, by name and types of arguments.
    results: Vec<calls::Checked>,
}

impl Checker<'_> {
    fn find(&mut self, problem: Problem, span: Span, message: impl Into<String>, help: Option<String>) {
        self.findings.push(TypeFinding { problem, message: message.into(), help, span });
    }

    fn type_of(&mut self, tree: &Tree) -> Type {
        match &tree.node {
            Node::Unknown => Type::known(Kind::Nothing),
            Node::Bool(_) => Type::known(Kind::Bool),
            Node::Number(_) => Type::int(Measure::Written),
            Node::Text(text) => Type::known(Kind::Text(Content::Written(BTreeSet::from([text.clone()])))),
            Node::List(items) => self.list(items),
            Node::Map(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.clone(), self.type_of(value)));
                Type::known(Kind::Map(fields.collect()))
            }
            Node::Name(name) => self.name(name, tree),
            Node::Field(base, field) => self.field(base, field, tree),
            Node::Item(base, index) => self.item(base, index, tree),
            Node::Call { name, name_span, arguments, .. } => self.call(name, *name_span, arguments, tree.span),
            Node::In(state) => self.in_state(state, tree.span),
            Node::Not(inner) => {
                let found = self.type_of(inner);
                self.condition(&found, inner, "`!`");
                Type::known(Kind::Bool)
            }
            Node::Minus(inner) => self.minus(inner),
            Node::Binary(operator, left, right) => self.binary(*operator, left, right, tree.span),
            Node::Within(item, list) => self.within(item, list, tree.span),
            Node::All(parts) => self.chain(parts, true),
            Node::Any(parts) => self.chain(parts, false),
            Node::Else(parts) => self.first_known(parts),
            Node::If(test, then, otherwise) => self.choose(test, then, otherwise.as_deref(), tree.span),
            Node::Block(steps) => self.block(steps),
            Node::Let(name, value) => {
                let found = self.type_of(value);
                self.locals.insert(name.clone(), found);
                self.known.remove(name);
                Type::known(Kind::Nothing)
            }
            Node::Return(value) => {
                let found = value.as_ref().map_or(Type::known(Kind::Nothing), |value| self.type_of(value));
                self.returned.push(found.clone());
                found
            }
        }
    }

    fn list(&mut self, items: &[Tree]) -> Type {
        let mut all = Type::known(Kind::Nothing);
        for (index, item) in items.iter().enumerate() {
            let found = self.type_of(item);
            all = if index == 0 { found } else { self.one_type(all, found, item.span) };
        }
        Type::known(Kind::List(Box::new(all)))
    }

    fn one_type(&mut self, one: Type, other: Type, span: Span) -> Type {
        let message = format!("the items of a list must be of one type: {} and {}", one.describe(), other.describe());
        one.join(other).unwrap_or_else(|| {
            self.find(Problem::WrongType, span, message, None);
            Type::anything()
        })
    }

    fn name(&mut self, name: &str, tree: &Tree) -> Type {
        if let Some(found) = self.locals.get(name) {
            let known = self.known.contains(name);
            return Type { kind: found.kind.clone(), maybe_unknown: found.maybe_unknown && !known };
        }
        let values = || self.environment.facts.values().filter_map(|fact| types::values(&fact.kind)).flatten();
        let help = if name == "event" {
            "there is no event here".to_owned()
        } else if self.environment.facts.contains_key(name) {
            format!("write `incident.{name}`")
        } else if values().any(|value| value == name) {
            format!("write `\"{name}\"` in double quotes")
        } else if let Some(near) = nearest(name, self.locals.keys().map(String::as_str)) {
            format!("did you mean `{near}`?")
        } else {
            "facts are written `incident.<fact>`, texts in double quotes".to_owned()
        };
        self.find(Problem::UnknownName, tree.span, format!("there is no `{name}`"), Some(help));
        Type::anything()
    }

    fn field(&mut self, base: &Tree, field: &str, tree: &Tree) -> Type {
        let owner = self.type_of(base);
        if owner.maybe_unknown && matches!(owner.kind, Kind::Position | Kind::Map(_)) {
            self.may_fail(base, base.span, "its fields cannot be read");
        }
        match &owner.kind {
            Kind::Incident => self.fact(field, tree),
            Kind::Event => self.event_field(field, tree),
            Kind::Position => match field {
                "lat_e7" | "lon_e7" => Type::int(Measure::Number),
                "accuracy_m" => self.maybe_known(Kind::Int(Measure::Number), tree),
                _ => {
                    let help = "a position has `lat_e7`, `lon_e7` and `accuracy_m`".to_owned();
                    self.unknown_field(field, tree.span, help)
                }
            },
            Kind::Map(fields) => match fields.get(field) {
                Some(found) => found.clone(),
                None => Type::known(Kind::Nothing),
            },
            Kind::Anything => Type::anything(),
            Kind::Nothing | Kind::Bool | Kind::Int(_) | Kind::Text(_) | Kind::List(_) => {
                let function = super::sandbox::FUNCTIONS.iter().any(|(name, _)| *name == field);
                let help = if function {
                    format!("write `{field}()`")
                } else {
                    "only `incident`, `event`, positions and maps have fields".to_owned()
                };
                self.unknown_field(field, tree.span, help)
            }
        }
    }

    fn unknown_field(&mut self, field: &str, span: Span, help: String) -> Type {
        self.find(Problem::UnknownName, span, format!("there is no field `{field}`"), Some(help));
        Type::anything()
    }

    fn fact(&mut self, name: &str, tree: &Tree) -> Type {
        let Some(fact) = self.environment.facts.get(name) else {
            let near = nearest(name, self.environment.facts.keys().map(String::as_str));
            let help =
                near.map_or_else(|| "declare it under `facts`".to_owned(), |near| format!("did you mean `{near}`?"));
            self.find(Problem::UnknownFact, tree.span, format!("there is no fact `{name}`"), Some(help));
            return Type::anything();
        };
        let kind = Type::of(&fact.kind).kind;
        // What is sealed can be erased, and is unknown from then on.
        if fact.default.is_unknown() || fact.seal.is_some() { self.maybe_known(kind, tree) } else { Type::known(kind) }
    }

    fn event_field(&mut self, field: &str, tree: &Tree) -> Type {
        match field {
            "name" | "type" => Type::known(Kind::Text(Content::Free)),
            "by" | "sendid" => self.maybe_known(Kind::Text(Content::Free), tree),
            "data" => Type::anything(),
            _ => {
                let near = nearest(field, ["name", "by", "data", "type", "sendid"]);
                let help = near.map_or_else(
                    || "an event has `name`, `by` and `data`".to_owned(),
                    |near| format!("did you mean `event.{near}`?"),
                );
                self.unknown_field(field, tree.span, help)
            }
        }
    }

    /// Of this kind, and `()` unless something on the way here has ruled that out.
    fn maybe_known(&self, kind: Kind, tree: &Tree) -> Type {
        let known = name_of(tree).is_some_and(|name| self.known.contains(&name));
        Type { kind, maybe_unknown: !known }
    }

    fn item(&mut self, base: &Tree, index: &Tree, tree: &Tree) -> Type {
        if let Node::Text(field) = &index.node {
            return self.field(base, field, tree);
        }
        let owner = self.type_of(base);
        let number = self.type_of(index);
        if owner.maybe_unknown {
            self.may_fail(base, base.span, "it has no items");
        }
        match owner.kind {
            Kind::Anything => Type::anything(),
            Kind::List(item) => {
                if !matches!(number.kind, Kind::Int(_) | Kind::Anything) {
                    let message = format!("items are numbered, but this is {}", number.describe());
                    self.find(Problem::WrongType, index.span, message, Some("the first item is `[0]`".to_owned()));
                }
                *item
            }
            Kind::Incident | Kind::Event | Kind::Map(_) | Kind::Position => {
                let help = "name the field: nobody could check which one it is".to_owned();
                self.find(Problem::WrongType, tree.span, "a field cannot be computed", Some(help));
                Type::anything()
            }
            Kind::Nothing | Kind::Bool | Kind::Int(_) | Kind::Text(_) => {
                let message = format!("{} is {}, which has no items", said(base), owner_text(&owner.kind));
                self.find(Problem::WrongType, tree.span, message, None);
                Type::anything()
            }
        }
    }

    fn in_state(&mut self, state: &str, span: Span) -> Type {
        if !self.environment.states.contains(state) {
            let states = || self.environment.states.iter().map(String::as_str);
            let ending = states().find(|known| known.rsplit('.').next() == Some(state));
            let near = ending.or_else(|| nearest(state, states()));
            let help = near.map_or_else(
                || "states are named by their whole path".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.find(Problem::UnknownState, span, format!("there is no state `{state}`"), Some(help));
        }
        Type::known(Kind::Bool)
    }

    fn fits(&mut self, found: &Type, tree: &Tree, expected: &Expected) {
        match expected {
            Expected::Anything => {}
            Expected::Condition => self.condition(found, tree, "a condition"),
            Expected::List => {
                if !matches!(found.kind, Kind::List(_) | Kind::Anything) {
                    let message = format!("a list is needed, but {} is {}", said(tree), found.describe());
                    self.find(Problem::WrongType, tree.span, message, None);
                }
            }
            Expected::Duration => self.assign(found, tree, &FactType::Duration),
            Expected::Fact(fact) => self.assign(found, tree, fact),
        }
    }
}

/// How a part of an expression is called in a finding.
fn said(tree: &Tree) -> String {
    name_of(tree).map_or_else(|| "this".to_owned(), |name| format!("`{name}`"))
}

fn owner_text(kind: &Kind) -> String {
    Type::known(kind.clone()).describe()
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
