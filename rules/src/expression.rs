//! Small Rhai expressions in a closed sandbox.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::place::Place;
use crate::value::Value;

/// A compiled expression.
#[derive(Clone)]
pub struct Expression {
    source: Arc<str>,
    ast: Arc<rhai::AST>,
    place: Option<Place>,
}

/// What an expression may see. Nothing else exists for it.
pub struct Environment<'a> {
    /// Names and values: the variables, or `incident`, and `event` and local names of a `foreach`.
    pub names: &'a BTreeMap<String, Value>,
    /// Answers `In("state")` with the configuration of this very moment.
    pub is_active: &'a dyn Fn(&str) -> bool,
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
    /// Compiles one expression. Errors: what the parser says, with the column inside the expression.
    pub fn compile(source: &str, place: Option<Place>) -> Result<Self, String> {
        let ast = ENGINE.compile_expression(source).map_err(|error| error.to_string())?;
        Ok(Self { source: source.into(), ast: Arc::new(ast), place })
    }

    /// The text as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Where it is written.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Its value. Same environment, same value, on every machine.
    pub fn evaluate(&self, environment: &Environment<'_>) -> Result<Value, EvaluationError> {
        let mut scope = rhai::Scope::new();
        for (name, value) in environment.names {
            scope.push_dynamic(name.as_str(), to_dynamic(value));
        }
        let active = in_arguments(&self.source).filter(|id| (environment.is_active)(id)).map(str::to_owned).collect();
        ACTIVE.set(active);
        let result = ENGINE.eval_ast_with_scope::<rhai::Dynamic>(&mut scope, &self.ast);
        result.map(from_dynamic).map_err(|error| EvaluationError::Failed {
            source_text: self.source.to_string(),
            reason: error.to_string(),
        })
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`", self.source)
    }
}

thread_local! {
    static ACTIVE: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

static ENGINE: std::sync::LazyLock<rhai::Engine> = std::sync::LazyLock::new(|| {
    let mut engine = rhai::Engine::new();
    engine.set_max_operations(100_000);
    engine.set_strict_variables(false);
    engine.register_fn("In", |id: &str| ACTIVE.with_borrow(|active| active.iter().any(|name| name == id)));
    engine.register_fn("truthy", |value: rhai::Dynamic| match from_dynamic(value) {
        Value::Unknown | Value::Bool(false) | Value::Int(0) => false,
        Value::Text(text) => !text.is_empty(),
        _ => true,
    });
    engine
});

fn in_arguments(source: &str) -> impl Iterator<Item = &str> {
    source.split("In(\"").skip(1).filter_map(|rest| rest.split('"').next())
}

fn to_dynamic(value: &Value) -> rhai::Dynamic {
    match value {
        Value::Unknown => rhai::Dynamic::UNIT,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Text(text) => text.into(),
        Value::List(items) => rhai::Dynamic::from_array(items.iter().map(to_dynamic).collect()),
        Value::Map(fields) => {
            rhai::Dynamic::from_map(fields.iter().map(|(name, value)| (name.into(), to_dynamic(value))).collect())
        }
    }
}

fn from_dynamic(value: rhai::Dynamic) -> Value {
    if let Ok(flag) = value.as_bool() {
        Value::Bool(flag)
    } else if let Ok(number) = value.as_int() {
        Value::Int(number)
    } else if value.is_string() {
        Value::Text(value.into_string().unwrap_or_default())
    } else if value.is_array() {
        Value::List(value.into_array().unwrap_or_default().into_iter().map(from_dynamic).collect())
    } else if value.is_map() {
        let fields = value.cast::<rhai::Map>();
        Value::Map(fields.into_iter().map(|(name, value)| (name.to_string(), from_dynamic(value))).collect())
    } else {
        Value::Unknown
    }
}
