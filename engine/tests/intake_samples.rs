//! Holds the reading of alerts against the reference data and against our own fixtures.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use niyam_engine::directory::Directory;
use niyam_engine::intake::{Vocabulary, report, report::File};
use niyam_kernel::time::Timestamp;
use serde_json::Value;

/// Fields of the reference data that are for people.
const NOT_COMPARED: [&str; 1] = ["note"];

fn received_at() -> Timestamp {
    Timestamp::from_ms(1_795_000_000_000)
}

/// Differences between what is expected of a file and what was read, one line each.
fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let file = expected["file"].as_str().unwrap_or("?");
    let mut lines = Vec::new();
    for (field, wanted) in expected.as_object().unwrap() {
        if NOT_COMPARED.contains(&field.as_str()) {
            continue;
        }
        let found = actual.get(field).cloned().unwrap_or(match wanted {
            Value::Array(_) => Value::Array(Vec::new()),
            Value::Bool(_) => Value::Bool(false),
            _ => Value::Null,
        });
        if field == "additional_subjects" {
            let (wanted, found) = (wanted.as_array().unwrap(), found.as_array().cloned().unwrap_or_default());
            if wanted.len() != found.len() {
                lines.push(format!("{file}: additional_subjects: wanted {}, found {}", wanted.len(), found.len()));
            }
            for (wanted, found) in wanted.iter().zip(&found) {
                lines.extend(differences(wanted, found).into_iter().map(|line| format!("{file}: additional {line}")));
            }
        } else if found != *wanted {
            lines.push(format!("{file}: {field}: wanted {wanted}, found {found}"));
        }
    }
    lines
}

/// Reads the files that an `expected.json` names, in its order, and compares every listed field.
fn compare(folder: &Path) -> (usize, Vec<String>) {
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let items = expected["items"].as_array().unwrap();
    let files: Vec<File> = items
        .iter()
        .map(|item| item["file"].as_str().unwrap())
        .map(|name| File { name: name.to_owned(), bytes: std::fs::read(folder.join(name)).unwrap() })
        .collect();
    let reported = report(&files, received_at(), Vocabulary::shipped(), Directory::shipped());
    let compared = items.iter().zip(&reported);
    let lines = compared.flat_map(|(item, actual)| differences(item, &serde_json::to_value(actual).unwrap())).collect();
    (items.len(), lines)
}

fn samples() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/sample-alerts");
    let folder = std::env::var_os("NIYAM_SAMPLES").map_or(beside, PathBuf::from);
    folder.join("expected.json").is_file().then_some(folder)
}

#[test]
#[expect(clippy::print_stderr, reason = "says why nothing was compared")]
fn every_field_of_the_reference_alerts() {
    let Some(folder) = samples() else {
        eprintln!(
            "not compared: no sample-alerts beside the checkout; set NIYAM_SAMPLES to the folder with expected.json"
        );
        return;
    };
    let (count, lines) = compare(&folder);
    assert!(count >= 17, "only {count} items");
    assert!(lines.is_empty(), "{} differences:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn every_field_of_our_own_fixtures() {
    let (count, lines) = compare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/intake-fixtures"));
    assert!(count >= 30, "only {count} items");
    assert!(lines.is_empty(), "{} differences:\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn every_field_of_the_fixtures_written_blind() {
    let (count, lines) = compare(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/intake-fixtures-blind"));
    assert!(count >= 78, "only {count} items");
    assert!(lines.is_empty(), "{} differences:\n{}", lines.len(), lines.join("\n"));
}
