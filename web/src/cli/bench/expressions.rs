//! `niyam bench expressions`
//!
//! Guards and decision tables as the kernel evaluates them: compiled once, over sixty facts. Beside each expression stands
//! what it would cost to compile it every time.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use clap::Args;
use niyam_rules::expression::{Environment, Expression, Scripts};
use niyam_rules::table::evaluate;
use niyam_rules::value::Value;
use serde::Serialize;

use super::BenchError;
use super::expression_cases::{EXPRESSIONS, SCRIPT, incident, table};
use super::measure::{Machine, now, per_second, round};
use crate::console::Console;

/// Rows of the tables.
const TABLES: [usize; 2] = [6, 60];

/// Guards and rows of decision tables per second.
#[derive(Debug, Args)]
pub struct Expressions {
    /// Milliseconds for each figure.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    pub each_ms: u64,
}

/// What was measured, on one thread.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    bench: &'static str,
    /// The slowest of the expressions below.
    guards_per_s: f64,
    /// The slowest of the tables below.
    table_rows_per_s: f64,
    expressions: Vec<Rate>,
    tables: Vec<Rows>,
    machine: Machine,
}

/// One expression.
#[derive(Clone, Debug, Serialize)]
struct Rate {
    name: &'static str,
    evaluations_per_s: f64,
    /// Compiled anew each time.
    compiled_each_time_per_s: f64,
    /// The first to the second.
    ratio: f64,
}

/// One table.
#[derive(Clone, Copy, Debug, Serialize)]
struct Rows {
    rows: usize,
    tables_per_s: f64,
    rows_per_s: f64,
}

/// Measures.
pub fn run(arguments: &Expressions, console: &Console) -> Result<Report, BenchError> {
    let machine = Machine::look();
    let each = Duration::from_millis(arguments.each_ms);
    let bar = console.progress((EXPRESSIONS.len() + TABLES.len()) as u64);
    let wrong = |error: String| BenchError::Wrong(error);
    let scripts = Scripts::compile([("grave.rhai", SCRIPT)]).map_err(|error| wrong(format!("{error:?}")))?;
    let names = BTreeMap::from([("incident".to_owned(), Value::Map(incident()))]);
    let environment = Environment { names: &names, is_active: &|id| id == "reach.talk" };
    let mut expressions = Vec::new();
    for (name, source) in EXPRESSIONS {
        bar.set_message(name);
        let compile = || Expression::compile_with(black_box(source), None, &scripts);
        let expression = compile().map_err(|error| wrong(format!("{error:?}")))?;
        expression.evaluate(&environment).map_err(|error| wrong(format!("{error:?}")))?;
        let evaluations_per_s = rate(each, || {
            let _value = black_box(expression.evaluate(black_box(&environment)));
        });
        let compiled_each_time_per_s = rate(each, || {
            let _value = black_box(compile().map(|expression| expression.evaluate(black_box(&environment))));
        });
        let ratio = round(evaluations_per_s / compiled_each_time_per_s, 1);
        expressions.push(Rate { name, evaluations_per_s, compiled_each_time_per_s, ratio });
        bar.inc(1);
    }
    let mut tables = Vec::new();
    for rows in TABLES {
        let (table, facts) = table(rows);
        let known = BTreeMap::from([("i00", Value::from("d")), ("i01", Value::from("no"))]);
        let tables_per_s = rate(each, || {
            let _hit = black_box(evaluate(black_box(&table), &facts, |name| known.get(name)));
        });
        let rows_per_s = round(tables_per_s * super::measure::as_float(rows as u64), 0);
        tables.push(Rows { rows, tables_per_s, rows_per_s });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(Report {
        bench: "expressions",
        guards_per_s: expressions.iter().map(|rate| rate.evaluations_per_s).fold(f64::MAX, f64::min),
        table_rows_per_s: tables.iter().map(|rate| rate.rows_per_s).fold(f64::MAX, f64::min),
        expressions,
        tables,
        machine,
    })
}

fn rate(each: Duration, mut once: impl FnMut()) -> f64 {
    let start = now();
    let mut count = 0;
    while start.elapsed() < each {
        once();
        count += 1;
    }
    per_second(count, start.elapsed())
}
