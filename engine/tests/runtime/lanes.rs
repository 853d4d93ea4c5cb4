//! Many at once: group commit, turns, the cases in memory, and what happens past the bounds.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use niyam_engine::engine::{Data, Engine, Limits};
use niyam_engine::error::{ActError, StoreError};
use niyam_engine::store::Store;
use niyam_engine::view::EntryKind;
use niyam_kernel::id::CaseId;

use crate::world::{NOON, World, config, officer, request};

async fn acts(engine: &Engine, case: CaseId) -> usize {
    let entries = engine.timeline(case).await.unwrap().entries;
    entries.iter().filter(|entry| entry.kind == EntryKind::Act).count()
}

#[tokio::test]
async fn past_the_bound_one_is_told_to_come_again_and_then_taken() {
    let limits = Limits { acts: 1, alerts: 1, ..Limits::default() };
    let world = World::open_at(Data::Memory, NOON, |config| config.limits = limits).await.unwrap();
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    let second = request(world.engine.new_id(), "answer");
    let (first, refused, alert) = tokio::join!(
        world.engine.act(case, request(world.engine.new_id(), "answer")),
        world.engine.act(case, second.clone()),
        world.engine.receive(world.received("name: Meera Namuna")),
    );
    first.unwrap();
    assert!(matches!(refused, Err(ActError::Store(StoreError::Overloaded { retry_after_s: 1.. }))), "{refused:?}");
    alert.expect("acts do not shut out alerts");
    assert!(!world.engine.act(case, second).await.unwrap().repeated, "nothing of it was kept");
    assert_eq!(acts(&world.engine, case).await, 3);
}

#[tokio::test]
async fn who_goes_away_half_way_holds_up_nobody() {
    let world = World::new().await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    // gone after none, one, two … of the places where an act waits
    for places in 0..12 {
        let mut gone = pin!(world.engine.act(case, request(world.engine.new_id(), "answer")));
        for _ in 0..places {
            let waiting = poll_fn(|context| Poll::Ready(gone.as_mut().poll(context).is_pending())).await;
            if !waiting {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let before = acts(&world.engine, case).await;
    world.act(case, "answer").await.unwrap();
    assert_eq!(acts(&world.engine, case).await, before + 1);
    world.engine.verify_chain(case).await.unwrap();
}

#[tokio::test]
async fn a_case_that_another_node_changed_is_loaded_anew() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let shared: Arc<Mutex<Option<Arc<dyn Store>>>> = Arc::default();
    let keep = Arc::clone(&shared);
    let (first, clock) = config(Data::Folder(one.path().to_owned()), NOON);
    let engine = Engine::open_through(first, move |store| {
        *keep.lock().unwrap() = Some(Arc::clone(&store));
        store
    })
    .await
    .unwrap();
    let world = World { engine, clock };
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    // a second node with the same key on the same store
    std::fs::copy(one.path().join("deployment.key"), other.path().join("deployment.key")).unwrap();
    let (second, _) = config(Data::Folder(other.path().to_owned()), NOON);
    let store = shared.lock().unwrap().clone().unwrap();
    let second = Engine::open_through(second, move |_| store).await.unwrap();
    for _ in 0..3 {
        second.act(case, request(world.engine.new_id(), "answer")).await.unwrap();
        world.engine.act(case, request(world.engine.new_id(), "answer")).await.unwrap();
    }
    assert_eq!(acts(&second, case).await, 7);
    second.verify_chain(case).await.unwrap();
}

#[tokio::test]
async fn a_cache_without_room_is_only_slower() {
    let limits = Limits { cache_bytes: 1, ..Limits::default() };
    let world = World::open_at(Data::Memory, NOON, |config| config.limits = limits).await.unwrap();
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    world.act(case, "finish").await.unwrap();
    world.engine.verify_chain(case).await.unwrap();
}

#[tokio::test]
async fn many_cases_at_once_share_transactions_and_each_is_answered() {
    let world = World::new().await;
    let mut cases = Vec::new();
    for person in 0..24 {
        let receipt = world.receive(&format!("name: Kalpit {person}\nphones: +9155555{person:05}")).await;
        cases.push(receipt.cases[0].case);
    }
    world.engine.settle().await.unwrap();
    let run = |case: CaseId| {
        let engine = Arc::clone(&world.engine);
        tokio::spawn(async move {
            for act in ["take", "answer", "answer", "finish"] {
                engine.act(case, request(engine.new_id(), act)).await.unwrap();
            }
        })
    };
    let runs: Vec<_> = cases.iter().map(|case| run(*case)).collect();
    for run in runs {
        run.await.unwrap();
    }
    world.engine.settle().await.unwrap();
    for case in cases {
        assert_eq!(acts(&world.engine, case).await, 4);
        world.engine.verify_chain(case).await.unwrap();
        let view = world.engine.case(case, Some(&officer())).await.unwrap();
        assert_eq!(view.card.outcome.as_deref(), Some("safe"));
    }
}
