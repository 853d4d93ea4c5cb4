//! Who works on what.

use niyam_engine::error::StoreError;
use niyam_engine::store::{EffectStatus, Store, Write};

use crate::place::{Kind, Place};
use crate::rows::*;

/// A case with five effects, the later the number the earlier due.
async fn with_effects(store: &dyn Store) {
    store.commit(&open(1)).await.unwrap();
    let effects = (0..5_u32).map(|index| Write::Effect(effect(1, 1, index, later(-i64::from(index))))).collect();
    store.commit(&commit(effects)).await.unwrap();
}

async fn claimed(store: &dyn Store, owner: &str, limit: u64) -> Vec<u32> {
    store.claim_effects(owner, NOW, limit).await.unwrap().into_iter().map(|row| row.id.index).collect()
}

pub async fn effects_are_claimed_once_and_in_order(place: Place) {
    let store = place.open().await;
    let other = if place.is_shared() { place.open().await } else { store.clone() };
    with_effects(store.as_ref()).await;
    assert_eq!(claimed(store.as_ref(), "one", 2).await, [4, 3]);
    let (mut left, mut right) = tokio::join!(claimed(store.as_ref(), "two", 9), claimed(other.as_ref(), "three", 9));
    left.append(&mut right);
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2], "each goes to one of them");
    assert!(claimed(store.as_ref(), "four", 9).await.is_empty());
    assert_eq!(claimed(store.as_ref(), "one", 9).await, [4, 3], "an owner gets his own again");
}

pub async fn an_expired_claim_is_taken_over(place: Place) {
    let store = place.open().await;
    with_effects(store.as_ref()).await;
    assert_eq!(claimed(store.as_ref(), "paused", 9).await.len(), 5);
    if !place.expire_claims().await {
        return;
    }
    assert_eq!(claimed(store.as_ref(), "awake", 9).await.len(), 5);
    let ended = |owner: &str| {
        let (owner, reason) = (owner.to_owned(), Some(format!("by {owner}")));
        commit(vec![Write::EffectEnded { id: effect_id(1, 1, 0), owner, status: EffectStatus::Done, at: NOW, reason }])
    };
    // the paused one wakes up and goes on where it stood: before the other has ended, and after
    let late = store.commit(&ended("paused")).await;
    assert!(matches!(late, Err(StoreError::Ended(_))), "{late:?}");
    store.commit(&ended("awake")).await.unwrap();
    let late = store.commit(&ended("paused")).await;
    assert!(matches!(late, Err(StoreError::Ended(_))), "{late:?}");
    let row = &store.effects_of(case_id(1)).await.unwrap()[0];
    assert_eq!((row.status, row.reason.as_deref()), (EffectStatus::Done, Some("by awake")));
    for (waits, reason) in [("paused", false), ("awake", true)] {
        let (id, owner) = (effect_id(1, 1, 1), waits.to_owned());
        let write = Write::EffectWaits { id, owner, next_at: later(7), reason: "no turn".to_owned() };
        assert_eq!(store.commit(&commit(vec![write])).await.is_ok(), reason, "{waits}");
    }
    let row = &store.effects_of(case_id(1)).await.unwrap()[1];
    assert_eq!((row.attempts, row.next_at, row.status), (0, later(7), EffectStatus::Waiting), "no try was counted");
    store.release_claims(Some("paused")).await.unwrap();
    assert!(claimed(store.as_ref(), "third", 9).await.is_empty(), "it cannot give back what others hold");
}

pub async fn claims_are_given_back_by_their_owner(place: Place) {
    let store = place.open().await;
    with_effects(store.as_ref()).await;
    assert_eq!(claimed(store.as_ref(), "one", 2).await, [4, 3]);
    assert_eq!(claimed(store.as_ref(), "two", 9).await, [2, 1, 0]);
    store.release_claims(Some("one")).await.unwrap();
    assert_eq!(claimed(store.as_ref(), "three", 9).await, [4, 3]);
    store.release_claims(None).await.unwrap();
    assert_eq!(claimed(store.as_ref(), "four", 9).await, [4, 3, 2, 1, 0]);
}

pub async fn clocks_are_claimed_in_the_order_they_are_due(place: Place) {
    let store = place.open().await;
    for number in 1..=3 {
        store.commit(&open(number)).await.unwrap();
    }
    let due = [(3, 1, -30), (1, 2, -20), (1, 1, -20), (2, 1, 10)];
    let timers = due.iter().map(|&(case, number, at)| Write::StartTimer(timer(case, number, later(at)))).collect();
    store.commit(&commit(timers)).await.unwrap();
    let claim = async |owner: &str, limit| {
        let rows = store.claim_timers(owner, NOW, limit).await.unwrap();
        rows.into_iter().map(|row| (row.case, row.timer)).collect::<Vec<_>>()
    };
    assert_eq!(claim("one", 2).await, [(case_id(3), 1), (case_id(1), 1)]);
    // a SQLite file has one node, which need not claim its clocks
    if place.kind == Kind::Postgres {
        assert_eq!(claim("two", 9).await, [(case_id(1), 2)]);
        assert!(claim("three", 9).await.is_empty());
        place.expire_claims().await;
    }
    assert_eq!(claim("one", 9).await, [(case_id(3), 1), (case_id(1), 1), (case_id(1), 2)]);
    store.commit(&commit(vec![Write::CancelTimer(case_id(3), 1)])).await.unwrap();
    assert_eq!(claim("one", 9).await, [(case_id(1), 1), (case_id(1), 2)]);
}
