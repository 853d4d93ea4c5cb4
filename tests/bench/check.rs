//! How long a check of each shipped protocol takes: one JSON object per line on standard output.
//!
//! Run with `cargo bench -p niyam-tests --bench check`. The budget for the largest is 150 ms on two cores.

use std::hint::black_box;
use std::io::Write as _;

use niyam_rules::{compile, shipped};

/// Checks measured per protocol, after one to warm up.
const RUNS: usize = 15;

fn main() -> std::io::Result<()> {
    let library = shipped::library();
    for (name, bundle) in &library {
        let lines: usize = bundle.files.values().map(|content| content.lines().count()).sum();
        black_box(compile(bundle, &library));
        let mut taken_ms: Vec<f64> = (0..RUNS)
            .map(|_| {
                #[expect(clippy::disallowed_methods, reason = "a measurement needs the real clock")]
                let start = std::time::Instant::now();
                black_box(compile(black_box(bundle), &library));
                start.elapsed().as_secs_f64() * 1_000.0
            })
            .collect();
        taken_ms.sort_by(f64::total_cmp);
        let answer = serde_json::json!({
            "protocol": name,
            "lines": lines,
            "min_ms": taken_ms[0],
            "median_ms": taken_ms[RUNS / 2],
            "max_ms": taken_ms[RUNS - 1],
        });
        writeln!(std::io::stdout(), "{answer}")?;
    }
    Ok(())
}
