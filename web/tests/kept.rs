//! `niyam replay`, `backup` and `restore` as people call them.

use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use niyam_engine::engine::{Config, Data, Engine, Limits};
use niyam_engine::outbox::Channels;
use niyam_engine::request::Received;
use niyam_engine::time::{SystemClock, SystemEntropy};
use niyam_engine::understood::ReadByPeople;
use niyam_engine::view::Filter;
use niyam_web::demo;
use serde_json::Value;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn niyam(arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_niyam")).args(arguments).output().expect("the binary runs");
    Ran {
        code: output.status.code().expect("no signal"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// An engine on a folder, to which alerts with these numbers came; one with another number is another case.
async fn engine(folder: &Path, alerts: Range<u32>) -> Arc<Engine> {
    let config = Config {
        data: Data::Folder(folder.to_owned()),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        library: niyam_rules::shipped::library(),
        people: Arc::new(demo::office().expect("the demo's roster")),
        intake: Arc::new(ReadByPeople { protocol: "kota".to_owned() }),
        channels: Channels::default(),
        max_pages: None,
        schedules: niyam_engine::schedule::Schedules::default(),
        limits: Limits::default(),
    };
    let engine = Engine::open(config).await.expect("a folder opens");
    for number in alerts {
        let received = Received {
            channel: "note".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: format!("Kalpit {number} of Udaharan Bhawan 7731").into_bytes(),
            received_at: engine.now(),
            drill: true,
        };
        engine.receive(received).await.expect("it is taken in");
    }
    engine.settle().await.expect("it settles");
    engine
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_engine_is_restored_and_proved() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("kept.backup"));
    let running = engine(&data, 0..3).await;

    let ran = niyam(&["replay", "--all", "--data", text(&data)]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("3 cases, ") && ran.out.contains(": 3 proved"), "{}", ran.out);
    let ran = niyam(&["replay", "IN-1", "--data", text(&data)]);
    assert_eq!((ran.code, ran.err.contains("there is no case IN-1")), (2, true), "{}", ran.err);

    let ran = niyam(&["backup", text(&file), "--data", text(&data)]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("the deployment key is not in it"), "{}", ran.out);
    let key = std::fs::read_to_string(data.join("deployment.key")).expect("the key");
    let kept = std::fs::read_to_string(&file).expect("the backup");
    assert!(
        !kept.contains(key.trim()) && !kept.contains("Udaharan Bhawan 7731"),
        "nothing that opens, nothing in the open"
    );
    let again = niyam(&["backup", text(&file), "--data", text(&data)]);
    assert_eq!((again.code, again.err.contains("is there already")), (2, true), "{}", again.err);
    drop(running);

    let new = folder.path().join("new");
    std::fs::create_dir(&new).expect("a folder");
    std::fs::copy(data.join("deployment.key"), new.join("deployment.key")).expect("copied");
    let ran = niyam(&["restore", text(&file), "--data", text(&new)]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains(": 3 proved") && ran.out.contains("is readable again here"), "{}", ran.out);
    let ran = niyam(&["replay", "--all", "--data", text(&new), "--format", "json"]);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[0]["verdict"]["verdict"]), (4, &Value::from("proved")), "{}", ran.out);
    assert_eq!(lines[3]["summary"]["proved"], 3);
    // it goes on there, and knows what came before
    let board = engine(&new, 2..4).await.board(&Filter::default()).await.expect("a board");
    assert_eq!(board.cases.len(), 4);

    let over = niyam(&["restore", text(&file), "--data", text(&new)]);
    assert_eq!((over.code, over.err.contains("nothing is overwritten")), (2, true), "{}", over.err);
    let bare = folder.path().join("bare");
    let ran = niyam(&["restore", text(&file), "--data", text(&bare)]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("3 of 3 hash chains hold; nothing was stepped again"), "{}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_newer_backup_is_refused_and_nothing_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("kept.backup"));
    drop(engine(&data, 0..1).await);
    assert_eq!(niyam(&["backup", text(&file), "--data", text(&data)]).code, 0);
    let good = std::fs::read_to_string(&file).expect("the backup");
    let end = good.trim_end().rfind('\n').expect("many lines");
    let damages = [
        (good.replacen("RJ", "UP", 1), "the backup is damaged"),
        (good[..end].to_owned() + "\n", "its end is missing"),
        (good[..good.len() - 20].to_owned(), "the backup is damaged"),
        (good.replacen("\"niyam_backup\":1", "\"niyam_backup\":2", 1), "written by a newer niyam"),
        (good.replacen("m0001_alerts", "m9999_later", 1), "written by a newer niyam"),
        ("hello\n".to_owned(), "it is no backup of niyam"),
        (String::new(), "it is empty"),
    ];
    let new = folder.path().join("new");
    for (damaged, words) in damages {
        std::fs::write(&file, damaged).expect("written");
        let ran = niyam(&["restore", text(&file), "--data", text(&new)]);
        assert_eq!(ran.code, 2, "{words}: {}", ran.out);
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
        assert!(!new.exists(), "{words}");
    }
    let ran = niyam(&["backup", text(&folder.path().join("b")), "--data", text(&folder.path().join("nothing"))]);
    assert_eq!((ran.code, ran.err.contains("there is no database in")), (2, true), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_bytes_are_found_and_the_exit_code_says_so() {
    const WAS: &[u8] = b"\"drill\":true}}}";
    const IS: &[u8] = b"\"drill\":null}}}";
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("kept.backup"));
    drop(engine(&data, 0..2).await);
    // somebody changes the first event of a case in the file itself
    let database = data.join("niyam.db");
    let mut changed = 0;
    for path in [database.clone(), data.join("niyam.db-wal")] {
        let Ok(mut bytes) = std::fs::read(&path) else { continue };
        let Some(at) = bytes.windows(WAS.len()).position(|part| part == WAS) else { continue };
        bytes[at..at + IS.len()].copy_from_slice(IS);
        std::fs::write(&path, bytes).expect("written");
        changed += 1;
    }
    assert_eq!(changed, 1);

    let ran = niyam(&["replay", "--all", "--dry-run", "--data", text(&data)]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    for words in [", event 1, chain: it is not as it was written", "it is not halted", ": 1 proved", "1 differ"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let ran = niyam(&["replay", "--all", "--data", text(&data)]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("1 halted now; the supervisor has a notice"), "{}", ran.out);
    let ran = niyam(&["replay", "--all", "--data", text(&data)]);
    assert_eq!((ran.code, ran.out.contains("1 halted by an earlier audit")), (1, true), "{}", ran.out);

    // it is kept as it is, and found again where it is restored
    assert_eq!(niyam(&["backup", text(&file), "--data", text(&data)]).code, 0);
    let new = folder.path().join("new");
    std::fs::create_dir(&new).expect("a folder");
    std::fs::copy(data.join("deployment.key"), new.join("deployment.key")).expect("copied");
    let ran = niyam(&["restore", text(&file), "--data", text(&new)]);
    assert_eq!((ran.code, ran.out.contains("1 differ")), (1, true), "{}{}", ran.out, ran.err);
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_no_backup() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("kept.backup"));
    drop(engine(&data, 0..1).await);
    // a device on which there is never any room, where the file is while it is not whole
    let part = folder.path().join("kept.backup.part");
    std::os::unix::fs::symlink("/dev/full", &part).expect("a link");
    let ran = niyam(&["backup", text(&file), "--data", text(&data)]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    for words in ["kept.backup` cannot be written", "No space left on device", "make room, or choose another place"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    assert!(!file.exists() && part.symlink_metadata().is_err(), "nothing is left");
    let nowhere = folder.path().join("nowhere").join("kept.backup");
    let ran = niyam(&["backup", text(&nowhere), "--data", text(&data)]);
    assert_eq!((ran.code, ran.err.contains("check the name and the rights to it")), (2, true), "{}", ran.err);
    assert_eq!(niyam(&["backup", text(&file), "--data", text(&data)]).code, 0);
}
