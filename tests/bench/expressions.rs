//! Speed of expressions and decision tables: one JSON object per line on standard output.
//!
//! Run with `cargo bench -p niyam-tests --bench expressions`.

#[path = "../../web/src/cli/bench/expression_cases.rs"]
mod cases;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use niyam_rules::expression::{Environment, Expression, Scripts};
use niyam_rules::table::{algebra, evaluate};
use niyam_rules::value::Value;

use cases::{EXPRESSIONS, SCRIPT, incident, table};

const LONG_ENOUGH: Duration = Duration::from_millis(500);

fn main() -> std::io::Result<()> {
    let scripts = Scripts::compile([("grave.rhai", SCRIPT)]).expect("the script is right");
    for (name, source) in EXPRESSIONS {
        let expression = Expression::compile_with(source, None, &scripts).expect("the expression is right");
        let names = BTreeMap::from([("incident".to_owned(), Value::Map(incident()))]);
        let environment = Environment { names: &names, is_active: &|id| id == "reach.talk" };
        expression.evaluate(&environment).expect("it gives a value");
        let rate = per_second(|| {
            let _ = black_box(expression.evaluate(black_box(&environment)));
        });
        report("expression_evaluations", name, rate)?;
        let rate = per_second(|| {
            let _ = black_box(Expression::compile_with(black_box(source), None, &scripts));
        });
        report("expression_compilations", name, rate)?;
    }
    for rows in [6, 60] {
        let (table, facts) = table(rows);
        let known = BTreeMap::from([("i00", Value::from("d")), ("i01", Value::from("no"))]);
        let rate = per_second(|| {
            let _ = black_box(evaluate(black_box(&table), &facts, |name| known.get(name)));
        });
        report("table_evaluations", &format!("12 inputs, {rows} rows"), rate)?;
        let rate = per_second(|| {
            black_box(algebra::findings(black_box(&table), &facts));
        });
        report("table_checks", &format!("12 inputs, {rows} rows"), rate)?;
    }
    Ok(())
}

fn report(what: &str, name: &str, per_second: f64) -> std::io::Result<()> {
    let line = serde_json::json!({ "measure": what, "case": name, "per_second": per_second.round() });
    writeln!(std::io::stdout(), "{line}")
}

#[expect(clippy::disallowed_methods, reason = "it measures real time")]
fn per_second(mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < LONG_ENOUGH {
        run();
        count += 1;
    }
    f64::from(count) / start.elapsed().as_secs_f64()
}
