//! What survives a restart, and what is refused.

use std::path::Path;

use niyam_engine::engine::Data;
use niyam_engine::error::{ActError, OpenError, ReceiveError, StoreError};
use niyam_engine::store::sea::{Location, SeaStore};
use niyam_engine::view::Filter;
use sea_orm::{ConnectionTrait as _, Database, Statement};

use crate::world::{NOON, World, library, officer, request};

/// Runs a statement on a database file, as somebody with the file and no program would.
pub async fn execute(path: &Path, sql: &str) {
    let database = Database::connect(format!("sqlite://{}", path.display())).await.unwrap();
    database.execute_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_restart_goes_on_exactly_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    let view = world.engine.case(case, Some(&officer())).await.unwrap();
    let timeline = world.engine.timeline(case).await.unwrap();
    let board = world.engine.board(&Filter::default()).await.unwrap();
    drop(world);
    let world = World::at(folder.path()).await;
    assert_eq!(world.engine.case(case, Some(&officer())).await.unwrap(), view);
    assert_eq!(world.engine.timeline(case).await.unwrap(), timeline);
    assert_eq!(world.engine.board(&Filter::default()).await.unwrap(), board);
    world.act(case, "finish").await.unwrap();
}

#[tokio::test]
async fn a_case_stays_on_the_version_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::Folder(folder.path().to_owned());
    let world = World::at(folder.path()).await;
    let old = world.case().await;
    drop(world);
    let world = World::open_at(data, NOON, |config| config.library = library("New desk")).await.unwrap();
    let new = world.receive("name: Meera Namuna\nphones: +915555550102").await.cases[0].case;
    let title = async |case| world.engine.case(case, None).await.unwrap().card.protocol.title.en;
    assert_eq!(title(old).await, "Desk");
    assert_eq!(title(new).await, "New desk");
    world.act(old, "take").await.unwrap();
}

#[tokio::test]
async fn a_database_from_a_newer_program_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    drop(World::at(folder.path()).await);
    let file = folder.path().join("niyam.db");
    execute(&file, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_from_the_future', 0)").await;
    execute(&file, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    let before = std::fs::read(&file).unwrap();
    let refused = World::open(Data::Folder(folder.path().to_owned())).await.err().unwrap();
    assert!(matches!(&refused, OpenError::Newer { migration } if migration == "m9999_from_the_future"), "{refused}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_missing_or_wrong_key_and_a_second_program_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::Folder(folder.path().to_owned());
    let world = World::at(folder.path()).await;
    let second = World::open(data.clone()).await.err().unwrap();
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    drop(world);
    let key = folder.path().join("deployment.key");
    let kept = std::fs::read_to_string(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let missing = World::open(data.clone()).await.err().unwrap();
    assert!(matches!(missing, OpenError::KeyMissing { .. }), "{missing}");
    std::fs::write(&key, "0".repeat(64)).unwrap();
    let wrong = World::open(data.clone()).await.err().unwrap();
    assert!(matches!(wrong, OpenError::KeyWrong { .. }), "{wrong}");
    std::fs::write(&key, kept).unwrap();
    World::open(data).await.unwrap();
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_acknowledged_and_work_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let data = Data::Folder(folder.path().to_owned());
    let world = World::at(folder.path()).await;
    let case = world.case().await;
    drop(world);
    let pages = u32::try_from(std::fs::metadata(folder.path().join("niyam.db")).unwrap().len() / 4096).unwrap() + 4;
    let world = World::open_at(data.clone(), NOON, |config| config.max_pages = Some(pages)).await.unwrap();
    let mut large = world.received("name: Kalpit");
    large.bytes = vec![b'x'; 400_000];
    let full = world.engine.receive(large.clone()).await;
    assert!(matches!(full, Err(ReceiveError::Store(StoreError::Full))), "{full:?}");
    // fill what is left, act by act, until there is no room
    let mut done = 0;
    let refused = loop {
        match world.engine.act(case, request(world.engine.new_id(), if done == 0 { "take" } else { "answer" })).await {
            Ok(_) => done += 1,
            Err(error) => break error,
        }
        assert!(done < 10_000, "the disk never filled up");
    };
    assert!(matches!(refused, ActError::Store(StoreError::Full)), "{refused}");
    // it stays full for a while: what is answered then must be true as well
    for _ in 0..20 {
        done += usize::from(world.engine.act(case, request(world.engine.new_id(), "answer")).await.is_ok());
        assert!(world.engine.receive(large.clone()).await.is_err());
    }
    let acts = |entries: &[niyam_engine::view::TimelineEntry]| {
        entries.iter().filter(|entry| entry.kind == niyam_engine::view::EntryKind::Act).count()
    };
    let entries = world.engine.timeline(case).await.unwrap().entries;
    assert_eq!(acts(&entries), done, "every act that was answered is there, and no other");
    world.engine.verify_chain(case).await.unwrap();
    drop(world);
    let world = World::open_at(data, NOON, |_| {}).await.unwrap();
    world.engine.receive(large).await.unwrap();
    world.act(case, "answer").await.unwrap();
    assert_eq!(acts(&world.engine.timeline(case).await.unwrap().entries), done + 1);
}

#[tokio::test]
async fn an_upgraded_schema_is_the_fresh_one() {
    use niyam_migrations::{Migrator, MigratorTrait as _};
    let folder = tempfile::tempdir().unwrap();
    let fresh = SeaStore::open(&Location::File(folder.path().join("fresh.db")), None).await.unwrap();
    let steps = u32::try_from(niyam_migrations::known().len()).unwrap();
    for done in 1..steps {
        let path = folder.path().join(format!("after-{done}.db"));
        let database = Database::connect(format!("sqlite://{}?mode=rwc", path.display())).await.unwrap();
        Migrator::up(&database, Some(done)).await.unwrap();
        database.close().await.unwrap();
        let upgraded = SeaStore::open(&Location::File(path), None).await.unwrap();
        assert_eq!(upgraded.schema().await.unwrap(), fresh.schema().await.unwrap(), "from step {done}");
    }
}

#[tokio::test]
async fn sealed_parts_move_into_the_rows_they_belong_to() {
    use niyam_engine::store::CaseStore as _;
    use niyam_migrations::{Migrator, MigratorTrait as _};
    const CASE: &str = "case_00000000000000000000000000000001";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let database = Database::connect(format!("sqlite://{}?mode=rwc", path.display())).await.unwrap();
    Migrator::up(&database, Some(7)).await.unwrap();
    let digest = "0".repeat(64);
    let zero = format!("x'{digest}'");
    let steps = [
        format!("INSERT INTO versions VALUES ('{digest}', 'desk', '[]', 0)"),
        format!(
            "INSERT INTO cases VALUES ('{CASE}', 'UD-2026-000001', 'desk', '{digest}', 'open', NULL, 0, 0, 0, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, 'intake', 1, '{{}}')"
        ),
        format!(
            "INSERT INTO events VALUES ('{CASE}', 1, 0, NULL, 'opened', '{{}}', '{{}}', {zero}, {zero}), ('{CASE}', 2, 0, NULL, 'act', '{{}}', '{{}}', {zero}, {zero})"
        ),
        format!("INSERT INTO event_seals VALUES ('{CASE}', 1, 'profile', x'02'), ('{CASE}', 1, 'person', x'0101')"),
        format!("INSERT INTO snapshots VALUES ('{CASE}', 2, '{{}}', {zero})"),
        // the part of an earlier number was left behind and counts for nothing
        format!("INSERT INTO snapshot_seals VALUES ('{CASE}', 'person', 2, x'0303'), ('{CASE}', 'profile', 1, x'04')"),
        format!("INSERT INTO timers VALUES ('{CASE}', 1, 5, NULL, NULL)"),
        format!("INSERT INTO requests VALUES ('req', {zero}, '{{}}', 0)"),
    ];
    for sql in steps {
        database.execute_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap();
    }
    database.close().await.unwrap();
    let store = SeaStore::open(&Location::File(path), None).await.unwrap();
    let case = CASE.parse().unwrap();
    let events = store.events(case).await.unwrap();
    assert_eq!(events[0].sealed, [("person".to_owned(), vec![1, 1]), ("profile".to_owned(), vec![2])]);
    assert!(events[1].sealed.is_empty());
    let stored = store.load(case).await.unwrap().unwrap();
    assert_eq!(stored.snapshot.sealed, [("person".to_owned(), vec![3, 3])]);
}
