//! What a commit takes for granted: checked inside the transaction, also against earlier commits of its group.

use std::collections::BTreeSet;

use niyam_engine::error::StoreError;
use niyam_engine::request::Class;
use niyam_engine::store::sea::{Location, SeaStore};
use niyam_engine::store::{
    AlertRead, AlertRow, AlertStore as _, CaseRow, CaseStore as _, Commit, Expected, LookupRow, NewAlert, Store as _,
    VersionRow, Write,
};
use niyam_engine::view::LifeView;
use niyam_kernel::id::{AlertId, CaseId};
use niyam_rules::bundle::VersionDigest;
use niyam_rules::chart::Stage;

use crate::world::NOON;

const KALPIT: [u8; 32] = [7; 32];
const UDAHARAN: [u8; 32] = [9; 32];

async fn store() -> SeaStore {
    SeaStore::open(&Location::Memory, None).await.unwrap()
}

fn alert(id: u128) -> Write {
    let row = AlertRow {
        id: AlertId(uuid::Uuid::from_u128(id)),
        channel: "note".to_owned(),
        content_type: "text/plain".to_owned(),
        received_at: NOON,
        sha256: [1; 32],
        length: 1,
        drill: false,
        class: Class::Unread,
        source: "note".to_owned(),
        reason: None,
        wrapped_key: None,
        sealed_reading: None,
        repeats: 0,
        attempts: 0,
    };
    Write::Alert(Box::new(NewAlert { row, sealed_bytes: vec![1], next_at: NOON }))
}

fn same_bytes(alerts: &[u128]) -> Write {
    Write::Expect(Expected::SameBytes {
        sha256: [1; 32],
        channel: "note".to_owned(),
        drill: false,
        alerts: alerts.iter().map(|id| AlertId(uuid::Uuid::from_u128(*id))).collect(),
    })
}

fn found(hashes: &[[u8; 32]], cases: &[u128]) -> Write {
    let cases: BTreeSet<CaseId> = cases.iter().map(|id| CaseId(uuid::Uuid::from_u128(*id))).collect();
    Write::Expect(Expected::Found { hashes: hashes.to_vec(), cases })
}

/// A case that is found by a hash.
fn case(id: u128, hash: [u8; 32], life: LifeView) -> Vec<Write> {
    let (case, version) = (CaseId(uuid::Uuid::from_u128(id)), VersionDigest([3; 32]));
    let row = CaseRow {
        id: case,
        number: String::new(),
        protocol: "desk".to_owned(),
        version,
        life,
        outcome: None,
        drill: false,
        opened_at: NOON,
        last_event_at: NOON,
        closed_at: None,
        due: None,
        overdue: false,
        unowned: false,
        level: None,
        platform: None,
        source: None,
        unit: None,
        stage: Stage::Intake,
        alerts: 1,
        card: "{}".to_owned(),
    };
    let content =
        VersionRow { digest: version, protocol: "desk".to_owned(), content: "[]".to_owned(), first_used: NOON };
    vec![
        Write::Version(content),
        Write::OpenCase { row: Box::new(row), series: "RJ-2026".to_owned() },
        Write::Lookup(LookupRow { hash, case, kind: "phone".to_owned(), seal: None }),
    ]
}

fn commit(first: Write, then: Vec<Write>) -> Commit {
    Commit { name: "test", writes: std::iter::once(first).chain(then).collect() }
}

#[tokio::test]
async fn of_two_alerts_of_the_same_bytes_in_one_group_the_second_is_refused_whole() {
    let store = store().await;
    let group = [commit(same_bytes(&[]), vec![alert(1)]), commit(same_bytes(&[]), vec![alert(2)])];
    let answers = store.commit_group(&group).await.unwrap();
    assert!(matches!(answers[..], [Ok(_), Err(StoreError::Moved)]), "{answers:?}");
    let there = store.same_alerts(&[1; 32], "note", false).await.unwrap();
    assert_eq!(there, [AlertId(uuid::Uuid::from_u128(1))]);
    // who has seen the first may write
    store.commit(&commit(same_bytes(&[1]), vec![alert(2)])).await.unwrap();
    assert_eq!(store.same_alerts(&[1; 32], "note", false).await.unwrap().len(), 2);
}

#[tokio::test]
async fn of_two_cases_found_by_one_hash_the_second_is_refused_whole() {
    let store = store().await;
    let group = [
        commit(found(&[KALPIT], &[]), case(1, KALPIT, LifeView::Open)),
        commit(found(&[UDAHARAN, KALPIT], &[]), case(2, KALPIT, LifeView::Open)),
        commit(found(&[UDAHARAN], &[]), case(3, UDAHARAN, LifeView::Open)),
    ];
    let answers = store.commit_group(&group).await.unwrap();
    assert!(matches!(answers[..], [Ok(_), Err(StoreError::Moved), Ok(_)]), "{answers:?}");
    let cases: Vec<CaseId> = store.find(&[KALPIT, UDAHARAN]).await.unwrap().into_iter().map(|(case, _)| case).collect();
    assert_eq!(cases, [3, 1].map(|id| CaseId(uuid::Uuid::from_u128(id))));
    assert_eq!(answers[2].as_ref().unwrap().numbers[0].1, "RJ-2026-000002", "a refused commit takes no number");
    store.commit(&commit(found(&[KALPIT, UDAHARAN], &[1, 3]), vec![])).await.unwrap();
}

#[tokio::test]
async fn a_closed_case_is_not_expected_to_be_found() {
    let store = store().await;
    store.commit(&commit(found(&[KALPIT], &[]), case(1, KALPIT, LifeView::Closed))).await.unwrap();
    let seen = store.commit(&commit(found(&[KALPIT], &[1]), vec![])).await;
    assert!(matches!(seen, Err(StoreError::Moved)), "{seen:?}");
    store.commit(&commit(found(&[KALPIT], &[]), vec![])).await.unwrap();
}

#[tokio::test]
async fn an_alert_is_read_once() {
    let store = store().await;
    store.commit(&commit(same_bytes(&[]), vec![alert(1)])).await.unwrap();
    let id = AlertId(uuid::Uuid::from_u128(1));
    let read = |was: Class, class: Class| {
        let read = AlertRead { id, was, class, source: "lines".to_owned(), reason: None, sealed_reading: None };
        commit(same_bytes(&[1]), vec![Write::AlertRead(Box::new(read))])
    };
    let group = [read(Class::Unread, Class::Filed), read(Class::Unread, Class::Alert)];
    let answers = store.commit_group(&group).await.unwrap();
    assert!(matches!(answers[..], [Ok(_), Err(StoreError::Moved)]), "{answers:?}");
    assert_eq!(store.alert(id).await.unwrap().unwrap().class, Class::Filed);
    store.commit(&read(Class::Filed, Class::NeedsReview)).await.unwrap();
    assert_eq!(store.alert(id).await.unwrap().unwrap().class, Class::NeedsReview);
}
