//! Personal data: sealed, read by those who may, logged, erased.

use niyam_engine::error::ViewError;
use niyam_engine::verify::ChainError;
use niyam_rules::value::Value;

use crate::world::{World, officer};

fn value(view: &niyam_engine::view::CaseView, name: &str) -> Option<Value> {
    view.facts.iter().find(|fact| fact.name == name)?.value.clone()
}

#[tokio::test]
async fn sealed_facts_are_read_only_by_a_reader_and_only_in_their_states() {
    let world = World::new().await;
    let case = world.case().await;
    let nobody = world.engine.case(case, None).await.unwrap();
    assert_eq!(value(&nobody, "name"), None);
    assert!(nobody.facts.iter().any(|fact| fact.name == "name" && fact.sealed && !fact.readable));
    let view = world.engine.case(case, Some(&officer())).await.unwrap();
    assert_eq!(value(&view, "name"), Some("Rohan Kalpit".into()));
    assert_eq!(value(&view, "hostel"), None, "its group opens in `working` only");
    world.act(case, "take").await.unwrap();
    let view = world.engine.case(case, Some(&officer())).await.unwrap();
    assert_eq!(value(&view, "hostel"), Some("Namuna Hostel".into()));
    let fact = view.facts.iter().find(|fact| fact.name == "hostel").unwrap();
    assert_eq!((fact.spans.len(), fact.spans[0].end), (1, 13));
}

#[tokio::test]
async fn each_reading_is_noted_with_who_and_what() {
    let world = World::new().await;
    let case = world.case().await;
    world.engine.case(case, None).await.unwrap();
    assert!(world.engine.readings(case).await.unwrap().is_empty(), "nothing was opened");
    let view = world.engine.case(case, Some(&officer())).await.unwrap();
    world.engine.alert_bytes(view.alerts[0].id, &officer()).await.unwrap_err();
    world.act(case, "take").await.unwrap();
    world.advance("1s");
    world.engine.alert_bytes(view.alerts[0].id, &officer()).await.unwrap();
    let noted = world.engine.readings(case).await.unwrap();
    let seals: Vec<_> = noted.iter().map(|row| row.seals.join(",")).collect();
    assert_eq!(seals, ["person", "original"]);
    assert!(noted.iter().all(|row| row.person == officer().person && row.case == Some(case)));
}

#[tokio::test]
async fn nothing_personal_stands_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    world.act(case, "finish").await.unwrap();
    let mut seen = 0;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        seen += bytes.len();
        for secret in ["Kalpit", "5555550101", "Namuna Hostel", "was counselled"] {
            let there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!there, "`{secret}` stands in the file");
        }
    }
    assert!(seen > 100_000, "the files were read");
}

#[tokio::test]
async fn an_erased_group_is_gone_and_the_chain_still_holds() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let case = world.receive("session_id: k-1\nhostel: Namuna Hostel\nname: Kalpit").await.cases[0].case;
    world.act(case, "take").await.unwrap();
    let view = world.engine.case(case, Some(&officer())).await.unwrap();
    assert_eq!(value(&view, "hostel"), Some("Namuna Hostel".into()));
    let alert = view.alerts[0].id;
    world.receive("session_id: k-1\nsession: stop").await;
    let view = world.engine.case(case, Some(&officer())).await.unwrap();
    assert_eq!(value(&view, "hostel"), None);
    assert_eq!(value(&view, "name"), Some("Kalpit".into()), "the other group stays");
    let original = world.engine.alert_bytes(alert, &officer()).await;
    assert!(matches!(original, Err(ViewError::Erased(id)) if id == alert), "{original:?}");
    assert!(world.engine.verify_chain(case).await.unwrap() >= 4);
    drop(world);
    // and after a restart, where a new value of the group gets a new key
    let world = World::at(folder.path()).await;
    world.receive("session_id: k-1\nhostel: Udaharan Hostel").await;
    let view = world.engine.case(case, Some(&officer())).await.unwrap();
    assert_eq!(value(&view, "hostel"), Some("Udaharan Hostel".into()));
    world.engine.verify_chain(case).await.unwrap();
}

#[tokio::test]
async fn one_changed_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    let events = world.engine.verify_chain(case).await.unwrap();
    drop(world);
    let changes = [
        ("UPDATE events SET at = at + 1 WHERE number = 2", 2),
        ("UPDATE events SET plain = replace(plain, 'take', 'tuke') WHERE number = 3", 3),
        ("UPDATE events SET outcome = outcome || ' ' WHERE number = 1", 1),
        ("UPDATE events SET sealed = substr(sealed, 1, length(sealed) - 1) || x'00' WHERE number = 1", 1),
    ];
    for (sql, broken) in changes {
        let copy = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        crate::durable::execute(&copy.path().join("niyam.db"), sql).await;
        let world = World::at(copy.path()).await;
        let result = world.engine.verify_chain(case).await;
        assert!(matches!(result, Err(ChainError::Changed { number, .. }) if number == broken), "{sql}: {result:?}");
    }
    let world = World::at(folder.path()).await;
    assert_eq!(world.engine.verify_chain(case).await.unwrap(), events);
}
