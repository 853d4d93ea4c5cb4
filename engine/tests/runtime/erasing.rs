//! What is left of what was erased: nothing that opens.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use niyam_engine::error::{ActError, ViewError};
use niyam_engine::replay::Verdict;
use niyam_engine::request::ActRequest;
use niyam_rules::value::Value;
use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, Statement, TransactionTrait as _};

use crate::world::{World, officer, request};

async fn database(folder: &Path) -> DatabaseConnection {
    Database::connect(format!("sqlite://{}", folder.join("niyam.db").display())).await.unwrap()
}

/// The bytes in column `x` of each row.
async fn bytes(folder: &Path, sql: &str) -> Vec<Option<Vec<u8>>> {
    let database = database(folder).await;
    let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap();
    let found = rows.iter().map(|row| row.try_get("", "x").unwrap()).collect();
    database.close().await.unwrap();
    found
}

/// Whether bytes stand anywhere in the data folder.
fn is_somewhere(folder: &Path, wanted: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let there = std::fs::read(file.unwrap().path()).unwrap();
        there.windows(wanted.len()).any(|window| window == wanted)
    })
}

#[tokio::test]
async fn a_destroyed_key_does_not_stay_in_the_write_ahead_log() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    world.receive("session_id: k-1\nhostel: Namuna Hostel").await;
    let key = bytes(folder.path(), "SELECT wrapped AS x FROM case_keys WHERE seal = 'profile'").await;
    let key = key[0].clone().unwrap();
    assert!(is_somewhere(folder.path(), &key));
    // somebody reads while it is erased
    let reader = database(folder.path()).await;
    let reading = reader.begin().await.unwrap();
    let look = Statement::from_string(reader.get_database_backend(), "SELECT count(*) FROM cases");
    reading.query_one_raw(look).await.unwrap();
    world.receive("session_id: k-1\nsession: stop").await;
    world.engine.settle().await.unwrap();
    assert!(is_somewhere(folder.path(), &key), "the reader still sees what was there");
    reading.commit().await.unwrap();
    reader.close().await.unwrap();
    world.engine.settle().await.unwrap();
    assert!(!is_somewhere(folder.path(), &key));
}

#[tokio::test]
async fn a_running_engine_empties_the_write_ahead_log_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    world.receive("session_id: k-1\nhostel: Namuna Hostel").await;
    let key = bytes(folder.path(), "SELECT wrapped AS x FROM case_keys WHERE seal = 'profile'").await;
    let key = key[0].clone().unwrap();
    world.receive("session_id: k-1\nsession: stop").await;
    assert!(is_somewhere(folder.path(), &key));
    Arc::clone(&world.engine).run(std::future::ready(())).await;
    assert!(!is_somewhere(folder.path(), &key));
}

#[tokio::test]
async fn a_refused_form_brings_no_erased_group_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let case = world.receive("session_id: k-1").await.cases[0].case;
    world.engine.settle().await.unwrap();
    world.act(case, "take").await.unwrap();
    world.receive("session_id: k-1\nsession: stop").await;
    let form = BTreeMap::from([("hostel".to_owned(), Value::from("Namuna Hostel"))]);
    let refused = ActRequest { form, ..request(world.engine.new_id(), "finish") };
    let refused = world.engine.act(case, refused).await.unwrap_err();
    assert!(matches!(refused, ActError::Refused { .. }), "{refused}");
    let keys = bytes(folder.path(), "SELECT wrapped AS x FROM case_keys WHERE seal = 'profile'").await;
    assert!(keys.is_empty(), "nothing was sealed under a new key");
    let audit = world.engine.replay(case).await.unwrap();
    assert_eq!((audit.verdict, audit.stepped), (Verdict::Proved, audit.events), "a refused event changes nothing");
    world.engine.verify_chain(case).await.unwrap();
}

#[tokio::test]
async fn what_a_delayed_event_carries_is_emptied_and_it_still_comes() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let case = world.receive("session_id: k-1\nhostel: Namuna Hostel").await.cases[0].case;
    world.engine.settle().await.unwrap();
    world.act(case, "take").await.unwrap();
    world.act(case, "remind").await.unwrap();
    let sealed = async || bytes(folder.path(), "SELECT sealed AS x FROM snapshots").await[0].clone();
    assert!(sealed().await.is_some());
    world.receive("session_id: k-1\nsession: stop").await;
    assert_eq!(sealed().await, None, "nothing sealed is left in the state");
    world.advance("31m");
    world.engine.settle().await.unwrap();
    let entries = world.engine.timeline(case).await.unwrap().entries;
    assert!(entries.iter().any(|entry| entry.reasons.iter().any(|reason| reason.text.en == "nudged")), "{entries:#?}");
}

#[tokio::test]
async fn the_message_that_ends_a_session_goes_with_it() {
    let world = World::new().await;
    let case = world.receive("session_id: k-1\nhostel: Namuna Hostel").await.cases[0].case;
    world.act(case, "take").await.unwrap();
    let stop = world.receive("session_id: k-1\nsession: stop\nsource: left Namuna Hostel").await.alert;
    let original = world.engine.alert_bytes(stop, &officer()).await;
    assert!(matches!(original, Err(ViewError::Erased(id)) if id == stop), "{original:?}");
}
