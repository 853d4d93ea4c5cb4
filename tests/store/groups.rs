//! Many commits in one transaction, and many writers.

use std::collections::BTreeSet;

use niyam_engine::error::StoreError;
use niyam_engine::request::Class;
use niyam_engine::store::{Expected, Write};

use crate::place::Place;
use crate::rows::*;

pub async fn a_refused_commit_leaves_no_trace_and_holds_up_no_other(place: Place) {
    let store = place.open().await;
    for number in 1..=3 {
        store.commit(&open(number)).await.unwrap();
    }
    store.commit(&step(3, 2, 30)).await.unwrap();
    let mut taken = step(3, 3, 30);
    taken.writes.rotate_left(1);
    let answers = store
        .commit_group(&[
            step(1, 2, 1),
            // somebody else wrote this event
            step(3, 2, 2),
            // this request is answered, and the event before it in the commit must go with it
            taken,
            step(2, 2, 3),
            // once more, within the group
            step(2, 2, 4),
            open(4),
        ])
        .await
        .unwrap();
    assert!(answers[0].is_ok() && answers[3].is_ok(), "{answers:?}");
    assert!(matches!(answers[1], Err(StoreError::Conflict { expected: 1, .. })), "{answers:?}");
    assert!(matches!(answers[2], Err(StoreError::Repeated(_))), "{answers:?}");
    assert!(matches!(answers[4], Err(StoreError::Conflict { .. })), "{answers:?}");
    assert_eq!(answers[5].as_ref().unwrap().numbers.len(), 1);
    let events = async |number| store.events(case_id(number)).await.unwrap().len();
    assert_eq!((events(1).await, events(2).await, events(3).await, events(4).await), (2, 2, 2, 1));
    for (request_number, is_there) in [(1, true), (2, false), (3, true), (4, false), (30, true)] {
        assert_eq!(store.request(request(request_number).id).await.unwrap().is_some(), is_there, "{request_number}");
    }
}

pub async fn what_builds_on_a_refused_commit_is_refused(place: Place) {
    let store = place.open().await;
    store.commit(&open(1)).await.unwrap();
    store.commit(&open(2)).await.unwrap();
    store.commit(&step(2, 2, 9)).await.unwrap();
    let answers = store.commit_group(&[step(1, 2, 9), step(1, 3, 2), step(2, 3, 3)]).await.unwrap();
    assert!(matches!(answers[0], Err(StoreError::Repeated(_))), "{answers:?}");
    assert!(matches!(answers[1], Err(StoreError::Conflict { .. })), "{answers:?}");
    assert!(answers[2].is_ok(), "{answers:?}");
    assert_eq!(store.events(case_id(1)).await.unwrap().len(), 1);
    assert_eq!(store.load(case_id(1)).await.unwrap().unwrap().snapshot, snapshot(1, 1));
    assert!(store.commit_group(&[]).await.unwrap().is_empty());
}

pub async fn what_is_taken_for_granted_is_checked(place: Place) {
    let store = place.open().await;
    store.commit(&open(1)).await.unwrap();
    store.commit(&commit(vec![Write::Lookup(lookup(1, 1, None))])).await.unwrap();
    let found = |cases: &[u128]| {
        let cases: BTreeSet<_> = cases.iter().map(|&number| case_id(number)).collect();
        Write::Expect(Expected::Found { hashes: vec![[1; 32], [2; 32]], cases })
    };
    let moved = store.commit(&commit(vec![found(&[]), Write::Request(request(1))])).await;
    assert!(matches!(moved, Err(StoreError::Moved)), "{moved:?}");
    assert_eq!(store.request(request(1).id).await.unwrap(), None);
    store.commit(&commit(vec![found(&[1]), Write::Request(request(1))])).await.unwrap();
    let same = |alerts: &[u128]| {
        let alerts: BTreeSet<_> = alerts.iter().map(|&number| alert_id(number)).collect();
        Write::Expect(Expected::SameBytes { sha256: [1; 32], channel: "mail".to_owned(), drill: true, alerts })
    };
    let take = |known: &[u128]| commit(vec![same(known), Write::Alert(Box::new(alert(1)))]);
    let answers = store.commit_group(&[take(&[]), take(&[])]).await.unwrap();
    assert!(answers[0].is_ok() && matches!(answers[1], Err(StoreError::Moved)), "{answers:?}");
    let read = |class| commit(vec![Write::AlertRead(Box::new(alert_read(1, class)))]);
    store.commit(&read(Class::Filed)).await.unwrap();
    let late = store.commit(&read(Class::Alert)).await;
    assert!(matches!(late, Err(StoreError::Moved)), "it was read meanwhile: {late:?}");
    assert_eq!(store.filed(9).await.unwrap().len(), 1);
}

pub async fn numbers_of_a_series_are_never_given_twice(place: Place) {
    let store = place.open().await;
    let group: Vec<_> = (1..=5).map(open).collect();
    let mut numbers = BTreeSet::new();
    for answer in store.commit_group(&group).await.unwrap() {
        numbers.extend(answer.unwrap().numbers.into_iter().map(|(_, number)| number));
    }
    let other = if place.is_shared() { place.open().await } else { store.clone() };
    numbers.extend(other.commit(&open(6)).await.unwrap().numbers.into_iter().map(|(_, number)| number));
    assert_eq!(numbers.len(), 6);
    assert!(numbers.iter().all(|number| number.starts_with("RJ-2026-0")), "{numbers:?}");
}

/// Two nodes, several writers each, all on the same few cases: every event that was acknowledged is there, once.
pub async fn writers_side_by_side_lose_nothing(place: Place) {
    const WRITERS: u128 = 6;
    const STEPS: u128 = 12;
    const CASES: u128 = 3;
    let first = place.open().await;
    let second = if place.is_shared() { place.open().await } else { first.clone() };
    for number in 1..=CASES {
        first.commit(&open(number)).await.unwrap();
    }
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let store = if writer % 2 == 0 { first.clone() } else { second.clone() };
        writers.spawn(async move {
            for turn in 0..STEPS {
                let case = (writer + turn) % CASES + 1;
                let request_number = 1_000 * (writer + 1) + turn;
                loop {
                    let next = store.load(case_id(case)).await.unwrap().unwrap().snapshot.number + 1;
                    match store.commit(&step(case, next, request_number)).await {
                        Ok(_) => break,
                        Err(StoreError::Conflict { .. } | StoreError::Busy) => tokio::task::yield_now().await,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        });
    }
    writers.join_all().await;
    let mut events = 0;
    for number in 1..=CASES {
        let log = first.events(case_id(number)).await.unwrap();
        assert!(log.iter().zip(1..).all(|(row, place)| row.number == place), "no gap in a log");
        assert_eq!(first.load(case_id(number)).await.unwrap().unwrap().snapshot.number, log.last().unwrap().number);
        events += log.len();
    }
    assert_eq!(u128::try_from(events).unwrap(), WRITERS * STEPS + CASES);
}
