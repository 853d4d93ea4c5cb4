//! Old histories: logs that earlier programs wrote are restored and stepped again, for ever. See `tests/histories/README.md`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use niyam_engine::backup::{backup, check, restore};
use niyam_engine::engine::Data;
use niyam_engine::replay::{Around, Audit, Sweep, Verdict};
use niyam_engine::request::ActRequest;
use niyam_engine::time::{ManualClock, SystemEntropy};
use niyam_kernel::id::CaseId;
use niyam_rules::value::Value;

use crate::shipped::{LOCATION, PANIC, STOP};
use crate::world::{NOON, Office, World, request};
use crate::{moving, shipped};

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories")
}

#[tokio::test]
async fn every_history_that_was_kept_is_proved() {
    let mut seen = 0;
    for file in std::fs::read_dir(kept()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|end| end != "backup") {
            continue;
        }
        let data = tempfile::tempdir().unwrap();
        std::fs::copy(path.with_extension("test.key"), data.path().join("deployment.key")).unwrap();
        let clock = Arc::new(ManualClock::at(NOON));
        let around = Around { clock, entropy: Arc::new(SystemEntropy), people: Arc::new(Office) };
        let restored = restore(&check(&path).unwrap(), data.path(), &[], around, || {}).await.unwrap();
        let each = |audit: &Audit| {
            let good = matches!(audit.verdict, Verdict::Proved | Verdict::Erased);
            assert!(good, "{}: {audit:#?}", path.display());
        };
        let summary = restored.auditor.all(Sweep { jobs: 2, halt_at_most: 0 }, each).await.unwrap();
        assert!(summary.is_good() && summary.proved > 0 && summary.erased > 0, "{}: {summary:?}", path.display());
        seen += 1;
    }
    assert!(seen > 1, "the histories in {} are gone", kept().display());
}

/// Lives through a history and keeps it under the name in `NIYAM_HISTORY`.
#[tokio::test]
#[ignore = "writes a new history: run it by name"]
async fn record() {
    #[expect(clippy::disallowed_methods, reason = "a test has no command line of its own")]
    let name = std::env::var("NIYAM_HISTORY").unwrap();
    let folder = tempfile::tempdir().unwrap();
    match name.as_str() {
        "desk" => desk(folder.path()).await,
        "k-sos" => k_sos(folder.path()).await,
        other => panic!("no history is called `{other}`"),
    }
    let to = kept().join(format!("{name}.backup"));
    backup(folder.path(), &[], &to, NOON, || {}).await.unwrap();
    std::fs::copy(folder.path().join("deployment.key"), to.with_extension("test.key")).unwrap();
}

/// The protocol of these tests, and two versions of it.
async fn desk(folder: &Path) {
    let (world, moved, to) = moving::upgraded(folder).await;
    let preview = world.engine.preview_move(moved, to, &moving::plan()).await.unwrap();
    world.engine.move_case(moved, moving::request(&world, to, &preview)).await.unwrap();
    world.act(moved, "take").await.unwrap();
    world.act(moved, "take").await.unwrap_err();
    world.act(moved, "remind").await.unwrap();
    world.advance("2h");
    world.engine.settle().await.unwrap();
    world.act(moved, "counsel").await.unwrap();
    world.advance("7h");
    world.engine.settle().await.unwrap();
    world.act(moved, "back").await.unwrap();
    world.act(moved, "answer").await.unwrap();
    world.receive("name: Rohan Kalpit\nphones: +915555550101\nexternal_ref: r-1").await;
    world.engine.settle().await.unwrap();
    world.act(moved, "finish").await.unwrap();
    let erased = world.receive("session_id: k-1\nname: Kalpit Udaharan\nhostel: Namuna Hostel").await.cases[0].case;
    world.act(erased, "take").await.unwrap();
    world.receive("session_id: k-1\nsession: stop").await;
    world.receive("name: Tara Udaharan\nphones: +915555550103\n\nname: Isha Kalpit\nphones: +915555550104").await;
    world.engine.settle().await.unwrap();
}

/// The help desk acts.
async fn act(world: &World, case: CaseId, act: &str, form: &[(&str, &str)]) -> bool {
    let form: BTreeMap<String, Value> =
        form.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    let asked = ActRequest { actor: shipped::desk(), form, ..request(world.engine.new_id(), act) };
    let done = world.engine.act(case, asked).await.is_ok();
    world.engine.settle().await.unwrap();
    done
}

/// Two sessions of K-SOS as it is shipped: one is stopped, the other goes on.
async fn k_sos(folder: &Path) {
    let world = shipped::world_in(Data::Folder(folder.to_owned())).await;
    for number in ["0099", "0098"] {
        let of = |text: &str| text.replace("0099", number).replace("5555550199", &format!("555555{number}"));
        let case = shipped::receive(&world, "ksos", "application/json", &of(PANIC)).await.cases[0].case;
        world.advance("2m");
        world.engine.settle().await.unwrap();
        assert!(act(&world, case, "acknowledge", &[]).await);
        shipped::receive(&world, "ksos", "application/json", &of(LOCATION)).await;
        let sign = [("sign", "hopelessness"), ("minor", "no"), ("woman", "yes"), ("trouble", "self_harm")];
        assert!(act(&world, case, "assess", &sign).await);
        assert!(!act(&world, case, "other_trouble", &[("trouble", "self_harm")]).await);
        assert!(act(&world, case, "spoke", &[]).await);
        world.advance("4m");
        world.engine.settle().await.unwrap();
        if number == "0099" {
            shipped::receive(&world, "ksos", "application/json", &of(STOP)).await;
        }
    }
    world.advance("1h");
    world.engine.settle().await.unwrap();
}
