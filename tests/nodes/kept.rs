//! Replay, backup and restore on PostgreSQL, and from one kind of database to the other and back.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use niyam_engine::backup::{BackupError, Manifest, Restored, backup, check, restore};
use niyam_engine::engine::Data;
use niyam_engine::error::{ActError, OpenError};
use niyam_engine::replay::{Around, Auditor, Halt, Summary, Sweep, Verdict};
use niyam_engine::store::sea::DatabaseUrl;
use niyam_engine::time::{ManualClock, SystemEntropy};
use niyam_engine::view::{Filter, LifeView};
use niyam_kernel::event::Refusal;
use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;
use tempfile::TempDir;

use crate::world::{NOON, Office, World, request};
use crate::{Deployment, server};

const LOOK: Sweep = Sweep { jobs: 2, halt_at_most: 0 };
const TABLES: &str = "information_schema.tables WHERE table_schema = 'public'";

fn later() -> Timestamp {
    NOON.plus("3h".parse().unwrap())
}

fn around() -> Around {
    let clock = Arc::new(ManualClock::at(later()));
    Around { clock, entropy: Arc::new(SystemEntropy), people: Arc::new(Office) }
}

/// A folder with nothing but a copy of the key.
fn with_key_of(folder: &Path) -> TempDir {
    let new = TempDir::new().unwrap();
    fs::copy(folder.join("deployment.key"), new.path().join("deployment.key")).unwrap();
    new
}

async fn world(data: Data) -> World {
    World::open_at(data, later(), |_| {}).await.unwrap()
}

async fn keep(folder: &Path, database: &[DatabaseUrl], to: &Path) -> Manifest {
    let mut rows = 0;
    let manifest = backup(folder, database, to, later(), || rows += 1).await.unwrap();
    assert_eq!(rows, manifest.tables.values().map(|table| table.rows).sum::<u64>());
    manifest
}

async fn bring_back(from: &Path, folder: &Path, database: &[DatabaseUrl]) -> Result<Restored, BackupError> {
    restore(&check(from)?, folder, database, around(), || {}).await
}

/// What everybody sees of the cases.
async fn seen(world: &World) -> String {
    let board = world.engine.board(&Filter::default()).await.unwrap();
    let mut seen = format!("{board:?}");
    for card in &board.cases {
        let case = world.engine.case(card.id, Some(&crate::world::officer())).await.unwrap();
        let timeline = world.engine.timeline(card.id).await.unwrap();
        seen.extend([format!("{case:?}"), format!("{timeline:?}")]);
        world.engine.verify_chain(card.id).await.unwrap();
    }
    // PostgreSQL takes no zero character in a text for people
    seen.replace("\\0", "\u{fffd}")
}

/// Three cases: one with acts, clocks and a second alert, one erased in part, one that waits. Bytes that are no text, and
/// a zero character, which PostgreSQL does not take in a text.
async fn lived(world: &World) -> CaseId {
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    world.act(case, "take").await.unwrap_err();
    world.act(case, "remind").await.unwrap();
    world.advance("2h");
    world.engine.settle().await.unwrap();
    world.act(case, "answer").await.unwrap();
    world.receive("name: Rohan Kalpit\nphones: +915555550101\nexternal_ref: r-1").await;
    let erased = world.receive("session_id: k-1\nname: Kalpit\nhostel: Namuna Hostel").await.cases[0].case;
    world.act(erased, "take").await.unwrap();
    world.receive("session_id: k-1\nsession: stop").await;
    world.receive("name: मीरा \u{0} Namuna\nphones: +915555550102\nsource: a\u{0}b").await;
    world.receive("filed: yes\nname: no\u{0}body").await;
    world.engine.settle().await.unwrap();
    case
}

fn three(summary: &Summary) {
    let counted = (summary.cases, summary.proved, summary.erased, summary.is_good());
    assert_eq!(counted, (3, 2, 1, true), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_go_from_sqlite_to_postgresql_and_back_and_are_proved() {
    let (first, files) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (one, two) = (files.path().join("one.backup"), files.path().join("two.backup"));
    let old = World::at(first.path()).await;
    let case = lived(&old).await;
    drop(old);
    let before = seen(&world(Data::Folder(first.path().to_owned())).await).await;
    let from_sqlite = keep(first.path(), &[], &one).await;

    let deployment = Deployment::new();
    let folder = with_key_of(first.path());
    let database: Vec<DatabaseUrl> = vec![server().url(&deployment.database).parse().unwrap()];
    let restored = bring_back(&one, folder.path(), &database).await.unwrap();
    assert!(restored.has_key);
    three(&restored.auditor.all(LOOK, |_| {}).await.unwrap());
    let from_postgres = keep(folder.path(), &database, &two).await;
    assert_eq!(from_postgres.tables, from_sqlite.tables, "every row is the same");

    // over data nothing is restored
    let full = bring_back(&one, folder.path(), &database).await.err().unwrap();
    assert!(matches!(full, BackupError::NotEmpty), "{full}");
    let node = world(deployment.data(&folder)).await;
    assert_eq!(seen(&node).await, before);
    // it goes on there, and is kept while it does
    node.act(case, "counsel").await.unwrap();
    fs::remove_file(&two).unwrap();
    keep(folder.path(), &database, &two).await;
    let there = seen(&node).await;

    let back = with_key_of(first.path());
    let restored = bring_back(&two, back.path(), &[]).await.unwrap();
    three(&restored.auditor.all(LOOK, |_| {}).await.unwrap());
    drop(restored);
    let again = world(Data::Folder(back.path().to_owned())).await;
    assert_eq!(seen(&again).await, there);
    again.act(case, "back").await.unwrap();
    again.act(case, "finish").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_fails_leaves_the_database_empty() {
    let (first, files) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let file = files.path().join("one.backup");
    lived(&World::at(first.path()).await).await;
    keep(first.path(), &[], &file).await;
    let deployment = Deployment::new();
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("deployment.key"), "0".repeat(64)).unwrap();
    let database: Vec<DatabaseUrl> = vec![server().url(&deployment.database).parse().unwrap()];
    let refused = bring_back(&file, folder.path(), &database).await.err().unwrap();
    assert!(matches!(refused, BackupError::Open(OpenError::KeyWrong { .. })), "{refused}");
    assert_eq!(deployment.count(TABLES), 0);
    // without any key: the chains hold, and the key may come later
    fs::remove_file(folder.path().join("deployment.key")).unwrap();
    let restored = bring_back(&file, folder.path(), &database).await.unwrap();
    let summary = restored.auditor.all(LOOK, |_| {}).await.unwrap();
    assert_eq!((restored.has_key, summary.unproved, summary.differing), (false, 3, 0));
    fs::copy(first.path().join("deployment.key"), folder.path().join("deployment.key")).unwrap();
    three(&Auditor::open(folder.path(), &database, around()).await.unwrap().all(LOOK, |_| {}).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_is_found_beside_the_nodes_and_its_case_is_halted() {
    let mut deployment = Deployment::new();
    let nodes = [deployment.node().await, deployment.node().await];
    let case = lived(&nodes[0]).await;
    let database: Vec<DatabaseUrl> = vec![server().url(&deployment.database).parse().unwrap()];
    let auditor = Auditor::open(deployment.folders[0].path(), &database, around()).await.unwrap();
    three(&auditor.all(LOOK, |_| {}).await.unwrap());
    let changes = [
        ("UPDATE events SET outcome = outcome || ' ' WHERE number = 2", "2 chain"),
        ("UPDATE outbox SET event = 2 WHERE event = 1 AND place = 0", "1 outbox"),
        ("UPDATE timers SET due = due + 1", "clocks"),
        ("UPDATE snapshots SET sealed = NULL", "sealed"),
    ];
    let files = TempDir::new().unwrap();
    let file = files.path().join("one.backup");
    keep(deployment.folders[0].path(), &database, &file).await;
    for (sql, expected) in changes {
        let copied = Deployment::new();
        let folder = with_key_of(deployment.folders[0].path());
        let copy: Vec<DatabaseUrl> = vec![server().url(&copied.database).parse().unwrap()];
        let restored = bring_back(&file, folder.path(), &copy).await.unwrap();
        let and = if sql.contains("WHERE") { "AND" } else { "WHERE" };
        server().sql(&copied.database, &format!("{sql} {and} case_id = '{case}'"));
        let audit = restored.auditor.one(case, false).await.unwrap();
        let Verdict::Differs { differences } = &audit.verdict else { panic!("{sql}: {audit:#?}") };
        let first = format!("{} {}", differences[0].event, differences[0].what.as_str());
        assert!(first.ends_with(expected), "{sql}: {audit:#?}");
    }
    server().sql(&deployment.database, &format!("UPDATE cases SET alerts = 9 WHERE id = '{case}'"));
    let summary = auditor.all(Sweep { jobs: 2, halt_at_most: 20 }, |_| {}).await.unwrap();
    assert_eq!((summary.differing, summary.halted_now), (1, 1));
    for node in &nodes {
        let refused = node.engine.act(case, request(node.engine.new_id(), "answer")).await.unwrap_err();
        assert!(matches!(refused, ActError::Refused { refusal: Refusal::Halted, .. }), "{refused}");
        assert_eq!(node.engine.case(case, None).await.unwrap().card.life, LifeView::Halted);
    }
    assert_eq!(auditor.one(case, true).await.unwrap().halt, Halt::Before);
}
