//! The sandbox: everything an expression may use and every limit, in one place.
//!
//! The engine starts empty ([`Engine::new_raw`]); what is registered in `register` and the operators that Rhai builds in
//! for whole numbers, texts and booleans are all there is. The limits are set here and not left to Rhai, whose defaults
//! differ between debug and release builds.

use std::sync::{Arc, LazyLock};

use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Map, NativeCallContext, OptimizationLevel};

use super::convert::from_dynamic;
use crate::value::Value;

/// Operations one evaluation may use. Rhai counts each expression and statement as one or more.
pub const MAX_OPERATIONS: u64 = 20_000;
/// Nesting of one expression or of a function's body, as written.
pub const MAX_DEPTH: usize = 40;
/// Nesting as Rhai's parser counts it, which is up to three for one level as written.
pub const MAX_PARSER_DEPTH: usize = 3 * MAX_DEPTH;
/// Functions of scripts that may be waiting for one another. Bounds recursion.
pub const MAX_CALLS: usize = 16;
/// Length of a text that an expression makes. Unit: bytes.
pub const MAX_TEXT: usize = 1 << 20;
/// Items of a list that an expression makes.
pub const MAX_LIST: usize = 2_000;
/// Fields of a map that an expression makes.
pub const MAX_MAP: usize = 1_000;
/// Variables at one moment: what the environment gives and `let` in functions.
pub const MAX_VARIABLES: usize = 64;
/// Functions in all scripts of a protocol.
pub const MAX_FUNCTIONS: usize = 256;
/// Length of one expression. Unit: characters.
pub const MAX_SOURCE: usize = 4_000;
/// Length of one script file. Unit: characters.
pub const MAX_SCRIPT: usize = 32_000;
/// Operators, dots and brackets in one statement. Bounds the depth of chains such as `a + b + c …`, which the parser
/// builds without nesting.
pub const MAX_SYMBOLS: usize = 600;

/// Words of Rhai that a protocol may not use, with what to say about them. All are switched off in the engine as well.
pub const FORBIDDEN_WORDS: &[(&[&str], &str)] = &[
    (
        &["while", "loop", "for", "do", "until", "break", "continue", "goto"],
        "loops are not allowed in expressions; a list is walked with `foreach` in the protocol",
    ),
    (&["eval"], "`eval` is not allowed: text never becomes a rule"),
    (&["import", "export", "module", "package", "private", "public"], "there is nothing to import or export"),
    (&["Fn", "call", "curry", "is_shared", "is_def_fn", "is_def_var"], "functions are called by name only"),
    (&["switch", "match"], "`switch` is not allowed since its cases cannot be checked; write `if … { … } else { … }`"),
    (
        &["throw", "try", "catch"],
        "errors can neither be thrown nor caught; a failing expression raises `error.execution`",
    ),
    (&["print", "debug"], "an expression cannot print"),
    (
        &[
            "this", "type_of", "new", "var", "static", "shared", "with", "spawn", "thread", "go", "sync", "async",
            "await", "yield",
        ],
        "this word has no meaning in a protocol",
    ),
];

/// Words that are allowed in functions of scripts only.
pub const FUNCTION_WORDS: &[&str] = &["let", "const", "fn", "return"];

/// Built-in functions by name with the number of arguments each takes. A call `a.f(b)` is the same as `f(a, b)`.
pub const FUNCTIONS: &[(&str, usize)] = &[
    ("In", 1),
    ("truthy", 1),
    ("len", 1),
    ("is_empty", 1),
    ("contains", 2),
    ("starts_with", 2),
    ("ends_with", 2),
    ("to_lower", 1),
    ("to_upper", 1),
    ("trim", 1),
    ("first", 1),
    ("last", 1),
    ("abs", 1),
    ("min", 2),
    ("max", 2),
    ("seconds", 1),
    ("minutes", 1),
    ("hours", 1),
    ("days", 1),
];

/// Answers of `In("state")` for one evaluation; travels as the tag of Rhai's run, so that nothing is shared between
/// evaluations.
pub type ActiveStates = Arc<[String]>;

/// The one engine. It is never changed after it is built and serves all threads.
pub static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = Engine::new_raw();
    set_limits(&mut engine);
    set_language(&mut engine);
    register(&mut engine);
    engine
});

fn set_limits(engine: &mut Engine) {
    engine.set_max_operations(MAX_OPERATIONS);
    engine.set_max_expr_depths(MAX_PARSER_DEPTH, MAX_PARSER_DEPTH);
    engine.set_max_call_levels(MAX_CALLS);
    engine.set_max_string_size(MAX_TEXT);
    engine.set_max_array_size(MAX_LIST);
    engine.set_max_map_size(MAX_MAP);
    engine.set_max_variables(MAX_VARIABLES);
    engine.set_max_functions(MAX_FUNCTIONS);
}

fn set_language(engine: &mut Engine) {
    // Folding constants would hide from the checker what is written.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_allow_looping(false);
    engine.set_allow_loop_expressions(false);
    engine.set_allow_anonymous_fn(false);
    engine.set_allow_switch_expression(false);
    engine.set_allow_statement_expression(false);
    engine.set_allow_if_expression(true);
    engine.set_allow_shadowing(false);
    // Facts that are not known are absent from `incident` and read as `()`; which names exist is the checker's task.
    engine.set_strict_variables(false);
    engine.set_fail_on_invalid_map_property(false);
    engine.set_fast_operators(true);
    for (words, _) in FORBIDDEN_WORDS {
        for word in *words {
            engine.disable_symbol(*word);
        }
    }
}

fn register(engine: &mut Engine) {
    engine.register_fn("!", |flag: bool| !flag);
    engine.register_fn("-", |number: i64| number.checked_neg().ok_or_else(overflow));
    register_states(engine);
    register_lists(engine);
    register_texts(engine);
    register_numbers(engine);
    // Nothing known: no items, no characters.
    engine.register_fn("len", |(): ()| 0_i64);
    engine.register_fn("is_empty", |(): ()| true);
    for name in ["contains", "starts_with", "ends_with"] {
        engine.register_fn(name, |(): (), _: Dynamic| false);
    }
    for name in ["to_lower", "to_upper", "trim", "first", "last"] {
        engine.register_fn(name, |(): ()| ());
    }
}

fn register_states(engine: &mut Engine) {
    engine.register_fn("In", |context: NativeCallContext, id: ImmutableString| {
        let active = context.tag().and_then(rhai::Dynamic::read_lock::<ActiveStates>);
        active.is_some_and(|active| active.iter().any(|name| *name == *id))
    });
    engine.register_fn("truthy", |value: Dynamic| match from_dynamic(value) {
        Ok(Value::Unknown | Value::Bool(false) | Value::Int(0)) | Err(_) => false,
        Ok(Value::Text(text)) => !text.is_empty(),
        Ok(Value::Bool(true) | Value::Int(_) | Value::List(_) | Value::Map(_)) => true,
    });
}

fn register_lists(engine: &mut Engine) {
    engine.register_fn("len", |list: &mut Array| i64::try_from(list.len()).unwrap_or(i64::MAX));
    engine.register_fn("is_empty", list_is_empty);
    engine.register_fn("first", |list: &mut Array| list.first().cloned().unwrap_or(Dynamic::UNIT));
    engine.register_fn("last", |list: &mut Array| list.last().cloned().unwrap_or(Dynamic::UNIT));
    engine.register_fn("contains", |list: &mut Array, wanted: Dynamic| list.iter().any(|item| same(item, &wanted)));
    engine.register_fn("+", |context: NativeCallContext, left: Array, right: Array| {
        if left.len() + right.len() > MAX_LIST {
            let position = context.call_position();
            return Err(Box::new(EvalAltResult::ErrorDataTooLarge("list".to_owned(), position)));
        }
        Ok([left, right].concat())
    });
    engine.register_fn("==", |left: Array, right: Array| same_lists(&left, &right));
    engine.register_fn("!=", |left: Array, right: Array| !same_lists(&left, &right));
    engine.register_fn("==", |left: Map, right: Map| same_maps(&left, &right));
    engine.register_fn("!=", |left: Map, right: Map| !same_maps(&left, &right));
}

fn list_is_empty(list: &mut Array) -> bool {
    list.is_empty()
}

fn register_texts(engine: &mut Engine) {
    engine.register_fn("len", |text: &str| i64::try_from(text.chars().count()).unwrap_or(i64::MAX));
    engine.register_fn("is_empty", |text: &str| text.is_empty());
    engine.register_fn("contains", |text: &str, part: &str| text.contains(part));
    engine.register_fn("starts_with", |text: &str, part: &str| text.starts_with(part));
    engine.register_fn("ends_with", |text: &str, part: &str| text.ends_with(part));
    engine.register_fn("to_lower", |text: &str| text.to_lowercase());
    engine.register_fn("to_upper", |text: &str| text.to_uppercase());
    engine.register_fn("trim", |text: &str| text.trim().to_owned());
}

fn register_numbers(engine: &mut Engine) {
    engine.register_fn("abs", |number: i64| number.checked_abs().ok_or_else(overflow));
    engine.register_fn("min", |left: i64, right: i64| left.min(right));
    engine.register_fn("max", |left: i64, right: i64| left.max(right));
    for (name, unit_ms) in [("seconds", 1_000_i64), ("minutes", 60_000), ("hours", 3_600_000), ("days", 86_400_000)] {
        engine.register_fn(name, move |number: i64| number.checked_mul(unit_ms).ok_or_else(overflow));
    }
}

#[expect(clippy::unnecessary_box_returns, reason = "functions of Rhai give their errors in a box")]
fn overflow() -> Box<EvalAltResult> {
    let reason = "the number is too large".to_owned();
    Box::new(EvalAltResult::ErrorArithmetic(reason, rhai::Position::NONE))
}

/// Equality as Rhai has it for simple values (different types are never equal), extended to lists and maps.
fn same(left: &Dynamic, right: &Dynamic) -> bool {
    if let (Ok(left), Ok(right)) = (left.as_int(), right.as_int()) {
        return left == right;
    }
    if let (Ok(left), Ok(right)) = (left.as_immutable_string_ref(), right.as_immutable_string_ref()) {
        return *left == *right;
    }
    match (from_dynamic(left.clone()), from_dynamic(right.clone())) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}

fn same_lists(left: &Array, right: &Array) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
}

fn same_maps(left: &Map, right: &Map) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|((key, left), (other, right))| key == other && same(left, right))
}
