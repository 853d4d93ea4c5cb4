//! Small Rhai expressions in a closed sandbox.
//!
//! An expression is one value: no statements, loops, assignments, `eval`, closures, clock or randomness. [`sandbox`] lists
//! what it may use and every limit; [`check`] types it against the declared facts.

mod checker;
mod claim;
mod convert;
mod lower;
pub mod sandbox;
mod scripts;
mod source;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use checker::{Expected, Problem, TypeEnvironment, TypeFinding, check};
pub use claim::{Claim, Order};
pub use scripts::{ScriptError, Scripts};
pub use tree::Span;

use crate::place::Place;
use crate::value::Value;
use convert::{from_dynamic, to_dynamic};
use lower::Lowering;
use sandbox::{ActiveStates, ENGINE, MAX_CALLS, MAX_OPERATIONS, MAX_SOURCE, MAX_VARIABLES};
use source::{Kind, Source};
use tree::{Node, Tree};

/// A compiled expression. Cheap to clone.
#[derive(Clone)]
pub struct Expression {
    inner: Arc<Compiled>,
    place: Option<Place>,
}

struct Compiled {
    source: Box<str>,
    ast: rhai::AST,
    tree: Tree,
    reads: BTreeMap<String, Reads>,
    states: BTreeSet<String>,
    scripts: Scripts,
}

/// How much of a name an expression reads.
enum Reads {
    /// All of it.
    Whole,
    /// These fields.
    Fields(BTreeSet<String>),
}

/// What an expression may see. Nothing else exists for it.
pub struct Environment<'a> {
    /// Names and values: the variables, or `incident`, and `event` and local names of a `foreach`.
    pub names: &'a BTreeMap<String, Value>,
    /// Answers `In("state")` with the configuration of this very moment.
    pub is_active: &'a dyn Fn(&str) -> bool,
}

/// Why a text is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (column {})", .span.start + 1)]
pub struct CompileError {
    /// What is wrong, in plain words.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where, inside the expression.
    pub span: Span,
}

/// Why an expression gave no value. Becomes `error.execution` in the case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// A limit of the sandbox was reached: operations, depth, sizes.
    #[error("the expression `{source_text}` exceeds the limit of {limit}")]
    Limit {
        /// The expression.
        source_text: String,
        /// Which limit.
        limit: String,
    },
    /// Anything else: an unknown name, a wrong type, an overflow.
    #[error("the expression `{source_text}` failed: {reason}")]
    Failed {
        /// The expression.
        source_text: String,
        /// In plain words.
        reason: String,
    },
    /// The value is of no use here (a guard that is not true or false).
    #[error("the expression `{source_text}` gives {found}, not {expected}")]
    WrongType {
        /// The expression.
        source_text: String,
        /// What it gave.
        found: &'static str,
        /// What was needed.
        expected: &'static str,
    },
}

impl Expression {
    /// Compiles one expression that uses no scripts. Errors: what is wrong, with the column inside the expression and
    /// what to do.
    pub fn compile(source: &str, place: Option<Place>) -> Result<Self, String> {
        Self::compile_with(source, place, &Scripts::default()).map_err(|error| match &error.help {
            Some(help) => format!("{error}; {help}"),
            None => error.to_string(),
        })
    }

    /// Compiles one expression that may call the functions of `scripts`. Errors: [`CompileError`].
    pub fn compile_with(source: &str, place: Option<Place>, scripts: &Scripts) -> Result<Self, CompileError> {
        let text = Source::new(source, Kind::Expression, MAX_SOURCE)?;
        let ast = ENGINE.compile(source).map_err(|error| parse_error(&error, &text))?;
        let tree = Lowering { source: &text, kind: Kind::Expression, depth: 0 }.only_expression(ast.statements())?;
        scripts.refuse_methods(&tree)?;
        let compiled = Compiled {
            source: source.into(),
            reads: reads(&tree),
            states: states(&tree),
            ast,
            tree,
            scripts: scripts.clone(),
        };
        Ok(Self { inner: Arc::new(compiled), place })
    }

    /// The text as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// Where it is written.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// The states that it asks about with `In`, by id.
    pub fn active_states(&self) -> impl Iterator<Item = &str> {
        self.inner.states.iter().map(String::as_str)
    }

    /// The names it reads: `incident`, `event`, those of a `foreach`.
    pub fn names_read(&self) -> impl Iterator<Item = &str> {
        self.inner.reads.keys().map(String::as_str)
    }

    /// The facts it reads as `incident.<fact>`; `None` when it uses `incident` as a whole.
    #[must_use]
    pub fn facts_read(&self) -> Option<BTreeSet<&str>> {
        match self.inner.reads.get("incident") {
            None => Some(BTreeSet::new()),
            Some(Reads::Fields(fields)) => Some(fields.iter().map(String::as_str).collect()),
            Some(Reads::Whole) => None,
        }
    }

    /// Its value. Same environment, same value, on every machine.
    pub fn evaluate(&self, environment: &Environment<'_>) -> Result<Value, EvaluationError> {
        let compiled = &*self.inner;
        let mut scope = rhai::Scope::new();
        for (name, reads) in &compiled.reads {
            if let Some(value) = environment.names.get(name) {
                scope.push_dynamic(name.as_str(), part(value, reads));
            }
        }
        let mut run = ENGINE.new_global_runtime_state();
        if !compiled.states.is_empty() {
            let active = compiled.states.iter().filter(|id| (environment.is_active)(id)).cloned();
            run.tag = rhai::Dynamic::from(active.collect::<ActiveStates>());
        }
        if let Some(functions) = compiled.scripts.functions_module() {
            run.lib.push(functions);
        }
        let mut caches = rhai::Caches::new();
        #[expect(deprecated, reason = "the only entry that takes the tag of a run; Rhai is pinned to one version")]
        let result = ENGINE.eval_statements_raw(&mut run, &mut caches, &mut scope, compiled.ast.statements());
        let value = result.map_err(|error| self.failure(&error))?;
        from_dynamic(value).map_err(|found| EvaluationError::Failed {
            source_text: self.source().to_owned(),
            reason: format!("it gives `{found}`, which is no value of a fact"),
        })
    }

    /// Its value where only true or false is of use. Errors: as [`Expression::evaluate`], and a value that is neither.
    pub fn holds(&self, environment: &Environment<'_>) -> Result<bool, EvaluationError> {
        match self.evaluate(environment)? {
            Value::Bool(flag) => Ok(flag),
            other => Err(EvaluationError::WrongType {
                source_text: self.source().to_owned(),
                found: other.kind_name(),
                expected: "true or false",
            }),
        }
    }

    fn failure(&self, error: &rhai::EvalAltResult) -> EvaluationError {
        use rhai::EvalAltResult as Error;
        let source_text = self.source().to_owned();
        let limit = match error.unwrap_inner() {
            Error::ErrorTooManyOperations(_) => format!("{MAX_OPERATIONS} operations"),
            Error::ErrorTooManyVariables(_) => format!("{MAX_VARIABLES} variables"),
            Error::ErrorStackOverflow(_) => {
                format!("{MAX_CALLS} functions waiting for one another")
            }
            Error::ErrorDataTooLarge(what, _) => format!("the size of a value ({what})"),
            inner => {
                return EvaluationError::Failed { source_text, reason: plain_reason(inner) };
            }
        };
        EvaluationError::Limit { source_text, limit }
    }
}

/// Whether expressions can read a fact of this name: it is a word, and none that Rhai keeps for itself (`case`, `call`).
#[must_use]
pub fn can_name_fact(name: &str) -> bool {
    let expression = Expression::compile_with(&format!("incident.{name}"), None, &Scripts::default());
    expression.is_ok_and(|expression| expression.facts_read() == Some(BTreeSet::from([name])))
}

impl CompileError {
    fn new(message: impl Into<String>, span: Span) -> Self {
        Self { message: message.into(), help: None, span }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`", self.source())
    }
}

/// The value of a name, of a map only the fields that are read: a case knows many facts, an expression few.
fn part(value: &Value, reads: &Reads) -> rhai::Dynamic {
    let (Value::Map(all), Reads::Fields(read)) = (value, reads) else {
        return to_dynamic(value);
    };
    let fields = read.iter().filter_map(|name| Some((name.as_str().into(), to_dynamic(all.get(name)?))));
    rhai::Dynamic::from_map(fields.collect())
}

fn reads(tree: &Tree) -> BTreeMap<String, Reads> {
    fn walk(tree: &Tree, reads: &mut BTreeMap<String, Reads>) {
        if let Node::Name(name) = &tree.node {
            reads.insert(name.clone(), Reads::Whole);
            return;
        }
        if let Some([name, field]) = tree.path().as_deref() {
            let known = reads.entry((*name).to_owned()).or_insert_with(|| Reads::Fields(BTreeSet::new()));
            if let Reads::Fields(fields) = known {
                fields.insert((*field).to_owned());
            }
            return;
        }
        for child in tree.children() {
            walk(child, reads);
        }
    }
    let mut found = BTreeMap::new();
    walk(tree, &mut found);
    found
}

fn states(tree: &Tree) -> BTreeSet<String> {
    let mut states = BTreeSet::new();
    tree.visit(&mut |tree| {
        if let Node::In(state) = &tree.node {
            states.insert(state.clone());
        }
    });
    states
}

/// Rhai's reading error in plain words.
fn parse_error(error: &rhai::ParseError, source: &Source) -> CompileError {
    use rhai::ParseErrorType as Kind;
    let span = source.token(error.position());
    let message = match error.err_type() {
        Kind::UnexpectedEOF => "it ends too early".to_owned(),
        Kind::ExprTooDeep => "it is nested too deeply".to_owned(),
        Kind::TooManyFunctions => "there are too many functions".to_owned(),
        Kind::LiteralTooLarge(what, most) => format!("{what} is larger than {most}"),
        Kind::Reserved(word) => format!("`{word}` is a reserved word"),
        Kind::BadInput(error) => return lexical_error(error, span),
        other => other.to_string(),
    };
    CompileError::new(decapitalised(&message), span)
}

fn lexical_error(error: &rhai::LexError, span: Span) -> CompileError {
    use rhai::LexError as Kind;
    match error {
        Kind::UnterminatedString => CompileError::new("the text has no closing quote", span),
        Kind::MalformedNumber(number) => CompileError::new(format!("`{number}` is no whole number"), span)
            .help("there are no fractions; use a smaller unit"),
        Kind::UnexpectedInput(input) => CompileError::new(format!("`{input}` has no meaning here"), span),
        Kind::ImproperSymbol(symbol, _) => CompileError::new(format!("`{symbol}` is not allowed here"), span),
        other => CompileError::new(decapitalised(&other.to_string()), span),
    }
}

fn decapitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Why a run failed, without the values it failed on, which may be sealed.
fn plain_reason(error: &rhai::EvalAltResult) -> String {
    use rhai::EvalAltResult as Error;
    match error {
        Error::ErrorVariableNotFound(name, _) => format!("there is no name `{name}`"),
        Error::ErrorFunctionNotFound(call, _) => {
            let call = call.replace("i64", "number").replace("string", "text").replace("array", "list");
            format!("nothing does `{call}`")
        }
        Error::ErrorArithmetic(..) => "a number is too large, or is divided by zero".to_owned(),
        Error::ErrorMismatchDataType(expected, found, _) => {
            format!("`{found}` where `{expected}` is needed")
        }
        Error::ErrorArrayBounds(length, ..) => format!("a list of {length} items has no such item"),
        Error::ErrorIndexingType(..) => "this value has no items".to_owned(),
        Error::ErrorIndexNotFound(..) => "there is no such item".to_owned(),
        other => {
            let kind = format!("{other:?}");
            decapitalised(kind.split(['(', ' ']).next().unwrap_or_default().trim_start_matches("Error"))
        }
    }
}

#[cfg(test)]
mod tests;
