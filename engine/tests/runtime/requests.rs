//! Acts, forms, and requests that come twice.

use std::collections::BTreeMap;

use niyam_engine::error::ActError;
use niyam_engine::request::RecordRequest;
use niyam_engine::view::{EntryKind, Filter, LifeView};
use niyam_kernel::event::{FormProblem, Refusal};
use niyam_kernel::id::{CaseId, RequestId};
use niyam_rules::value::Value;

use crate::world::{World, officer, request};

#[tokio::test]
async fn a_case_runs_from_arrival_to_closure() {
    let world = World::new().await;
    let case = world.case().await;
    let card = &world.engine.board(&Filter::default()).await.unwrap().cases[0];
    assert_eq!(card.number, "RJ-2026-000001");
    assert_eq!(card.states[0].id, "waiting");
    assert_eq!(card.owner.as_ref().unwrap().person_name.as_ref().unwrap().en, "Asha Namuna");
    assert!(!card.unowned);
    world.act(case, "take").await.unwrap();
    world.act(case, "finish").await.unwrap();
    let board = world.engine.board(&Filter::default()).await.unwrap();
    assert_eq!((board.cases[0].life, board.cases[0].outcome.as_deref()), (LifeView::Closed, Some("safe")));
    assert_eq!((board.counts.open, board.counts.closed_today), (0, 1));
    let kinds: Vec<_> = world.engine.timeline(case).await.unwrap().entries.iter().map(|entry| entry.kind).collect();
    assert_eq!(
        kinds,
        [EntryKind::Opened, EntryKind::Delivery, EntryKind::Act, EntryKind::Delivery, EntryKind::Act],
        "opened, owner found, taken, owner found, finished"
    );
    assert_eq!(world.engine.verify_chain(case).await.unwrap(), 5);
}

#[tokio::test]
async fn a_repeated_request_is_done_once_and_answered_twice() {
    let world = World::new().await;
    let case = world.case().await;
    let take = request(world.engine.new_id(), "take");
    let first = world.engine.act(case, take.clone()).await.unwrap();
    let again = world.engine.act(case, take.clone()).await.unwrap();
    assert_eq!((first.number, first.repeated), (again.number, false));
    assert!(again.repeated);
    let other = world.engine.act(case, request(take.request.0, "finish")).await;
    assert!(matches!(other, Err(ActError::RequestReused(id)) if id == take.request), "{other:?}");
    // a refusal is repeated as a refusal, without a second event
    let take_twice = request(world.engine.new_id(), "take");
    let refused = world.engine.act(case, take_twice.clone()).await;
    let again = world.engine.act(case, take_twice).await;
    let number = |result: &Result<_, ActError>| match result {
        Err(ActError::Refused { number, refusal: Refusal::NotAllowedHere { .. }, .. }) => *number,
        other => panic!("{other:?}"),
    };
    assert_eq!(number(&refused), number(&again));
}

#[tokio::test]
async fn requests_at_the_same_moment_are_all_done_in_some_order() {
    let world = World::new().await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    let answers: Vec<_> = (0..8)
        .map(|_| {
            let (engine, id) = (std::sync::Arc::clone(&world.engine), world.engine.new_id());
            tokio::spawn(async move { engine.act(case, request(id, "answer")).await })
        })
        .collect();
    let mut numbers = Vec::new();
    for answer in answers {
        numbers.push(answer.await.unwrap().unwrap().number);
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 8, "each has its own event");
    let same = request(world.engine.new_id(), "answer");
    let (first, second) = tokio::join!(world.engine.act(case, same.clone()), world.engine.act(case, same));
    assert_eq!(first.unwrap().number, second.unwrap().number);
    world.engine.verify_chain(case).await.unwrap();
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_says_why() {
    let world = World::new().await;
    let case = world.case().await;
    let before = world.engine.case(case, None).await.unwrap();
    let mut wrong = request(world.engine.new_id(), "take");
    wrong.actor.role = "chief".to_owned();
    let refused = world.engine.act(case, wrong).await;
    let Err(ActError::Refused { text, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(text.en, "“Take” is for Desk officer, not for Chief");
    let after = world.engine.case(case, None).await.unwrap();
    assert_eq!((after.active, after.facts), (before.active, before.facts));
    let last = world.engine.timeline(case).await.unwrap().entries.pop().unwrap();
    assert_eq!(last.kind, EntryKind::Refused);
    let nobody = CaseId(uuid::Uuid::from_u128(9));
    let missing = world.engine.act(nobody, request(world.engine.new_id(), "take")).await;
    assert!(matches!(missing, Err(ActError::NoSuchCase(id)) if id == nobody), "{missing:?}");
}

#[tokio::test]
async fn a_state_form_is_saved_and_read_back() {
    let world = World::new().await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    let record = RecordRequest {
        request: RequestId(world.engine.new_id()),
        actor: officer(),
        state: "working".to_owned(),
        form: BTreeMap::from([
            ("findings".to_owned(), Value::from("spoke to Namuna")),
            ("level".to_owned(), Value::from("red")),
        ]),
        happened_at: None,
    };
    world.engine.record(case, record).await.unwrap();
    let view = world.engine.case(case, Some(&officer())).await.unwrap();
    assert_eq!(view.card.level.as_deref(), Some("red"));
    let field = |name: &str| view.record[0].form.fields.iter().find(|field| field.fact == name).unwrap();
    assert_eq!(field("findings").value, Some(Value::from("spoke to Namuna")));
    assert_eq!(field("level").choices.as_ref().unwrap().len(), 2);
}

#[tokio::test]
async fn a_breach_halts_the_case_and_calls_a_person() {
    let world = World::new().await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    world.act(case, "spin").await.unwrap();
    let board = world.engine.board(&Filter { open: Some(true), limit: 0 }).await.unwrap();
    assert_eq!(board.cases[0].life, LifeView::Halted);
    assert_eq!(board.cases[0].owner.as_ref().unwrap().role_label.en, "Chief");
    assert_eq!(board.counts.open, 1);
    let last = world.engine.timeline(case).await.unwrap().entries.pop().unwrap();
    assert_eq!(last.kind, EntryKind::Halted);
    assert!(last.told[0].message.en.contains("RJ-2026-000001"), "{:?}", last.told);
    // nothing fires in it any more, and the next alert about the person gets a case of its own
    world.advance("2h");
    assert_eq!(world.engine.fire_due(world.engine.now()).await.unwrap(), 0);
    let receipt = world.receive("name: Rohan Kalpit\nphones: +915555550101\nsource: again").await;
    assert_ne!(receipt.cases[0].case, case);
}

#[tokio::test]
async fn a_grave_act_needs_a_reason_which_is_sealed_and_shown_to_readers() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    let view = world.engine.case(case, None).await.unwrap();
    let needing: Vec<_> = view.acts.iter().filter(|act| act.needs_reason).map(|act| act.act.as_str()).collect();
    assert_eq!(needing, ["drop"]);
    for silent in [None, Some("  ".to_owned())] {
        let mut asked = request(world.engine.new_id(), "drop");
        asked.reason = silent;
        let Err(ActError::Refused { refusal: Refusal::Form { problems }, text, .. }) =
            world.engine.act(case, asked).await
        else {
            panic!("it was taken")
        };
        assert_eq!(problems, BTreeMap::from([("reason".to_owned(), FormProblem::Missing)]));
        assert_eq!(text.en, "the reason is missing");
    }
    let mut asked = request(world.engine.new_id(), "drop");
    asked.reason = Some("the family asked for Kalpit to be left alone".to_owned());
    world.engine.act(case, asked).await.unwrap();
    let reasons = |timeline: niyam_engine::view::Timeline| {
        timeline.entries.into_iter().filter_map(|entry| entry.reason_given).collect::<Vec<_>>()
    };
    assert!(reasons(world.engine.timeline(case).await.unwrap()).is_empty(), "sealed for who is no reader");
    let noted = world.engine.readings(case).await.unwrap().len();
    let read = reasons(world.engine.timeline_for(case, Some(&officer())).await.unwrap());
    assert_eq!(read, ["the family asked for Kalpit to be left alone"]);
    assert_eq!(world.engine.readings(case).await.unwrap().len(), noted + 1, "reading it is noted");
    world.engine.verify_chain(case).await.unwrap();
    drop(world);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(16).any(|window| window == b"family asked for"), "it is sealed");
    }
}
