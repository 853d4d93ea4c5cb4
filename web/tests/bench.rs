//! Every bench runs, tiny, and says what it promises.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// What `niyam bench` prints last, run in an empty folder that it must leave empty.
fn bench(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_niyam"))
        .arg("bench")
        .args(arguments)
        .args(["--format", "json"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    assert!(left(folder.path()).is_empty(), "{arguments:?} leaves nothing behind");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    serde_json::from_str(text.lines().next_back().expect("a line")).expect("one object on the last line")
}

fn left(folder: &Path) -> Vec<std::ffi::OsString> {
    std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect()
}

/// The figure under a path is there and above zero.
fn figure(result: &Value, path: &str) {
    let value = result.pointer(path).and_then(Value::as_f64);
    assert!(value.is_some_and(|value| value > 0.0), "{path} in {result}");
}

#[test]
fn lifecycle_says_how_fast_cases_go_and_what_the_raw_insert_would_do() {
    let result = bench(&["lifecycle", "--cases", "12", "--in-flight", "4"]);
    for path in [
        "/cases_per_s",
        "/transitions_per_s",
        "/p50_ms",
        "/p99_ms",
        "/lone/p50_ms",
        "/commits/mean",
        "/raw/transitions_per_s",
        "/ratio_to_raw",
        "/rows",
        "/bytes",
        "/fsync_ms",
    ] {
        figure(&result, path);
    }
    assert_eq!(result["own_steps"], 0, "one officer is responsible throughout: {result}");
    assert_eq!(result["payload_bytes"], 500);
}

#[test]
fn lifecycle_delivers_what_a_hand_over_causes() {
    let result = bench(&["lifecycle", "--cases", "6", "--in-flight", "3", "--hand-over"]);
    figure(&result, "/ratio_to_raw");
    figure(&result, "/own_steps");
}

#[test]
fn growth_sets_long_histories_beside_new_cases() {
    let result = bench(&["growth", "--max", "2000", "--steps", "3"]);
    for path in ["/lengths/0/hot/ratio", "/lengths/0/cold/ratio", "/megabytes_on_disk"] {
        figure(&result, path);
    }
    assert!(result["most_percent"].is_number(), "{result}");
}

#[test]
fn standing_opens_many_cases_in_a_process_of_its_own() {
    let result = bench(&["standing", "--cases", "1200"]);
    for path in
        ["/clocks", "/many/start_s", "/many/memory_mib", "/many/step/p50_ms", "/many/board/p50_ms", "/step_ratio"]
    {
        figure(&result, path);
    }
}

#[test]
fn replay_proves_what_the_engine_wrote() {
    let result = bench(&["replay", "--cases", "8", "--in-flight", "4"]);
    for path in ["/events_per_s", "/events_per_s_on_all", "/scaling", "/read_events_per_s", "/ratio_to_read"] {
        figure(&result, path);
    }
    assert!(result["events"].as_u64() >= Some(8 * 6), "opened and five steps each: {result}");
}

#[test]
fn kernel_and_expressions_are_measured_in_memory() {
    let result = bench(&["kernel", "--lives", "5"]);
    for path in ["/steps_per_s", "/steps_per_s_on_all", "/scaling"] {
        figure(&result, path);
    }
    let result = bench(&["expressions", "--each-ms", "2"]);
    for path in ["/guards_per_s", "/table_rows_per_s", "/expressions/0/ratio", "/tables/1/rows_per_s"] {
        figure(&result, path);
    }
}

#[test]
fn a_bench_does_not_write_where_something_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_niyam"))
        .args(["bench", "lifecycle", "--cases", "1", "--store", &format!("sqlite:{}", folder.path().display())])
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("is there already") && said.contains("--store sqlite:PATH"), "{said}");
    assert!(folder.path().is_dir(), "what was there stays");
}
