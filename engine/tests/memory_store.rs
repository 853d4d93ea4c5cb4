//! The store in memory: groups are atomic, refusals leave no trace, claims end by its own clock, nodes share it.

use std::sync::Arc;

use niyam_engine::error::StoreError;
use niyam_engine::store::memory::MemoryStore;
use niyam_engine::store::{Commit, EffectStatus, RequestRow, Store as _, WorkStore as _, Write};
use niyam_engine::time::ManualClock;
use niyam_kernel::id::{CaseId, EffectId, RequestId};
use niyam_kernel::time::Timestamp;

fn commit(writes: Vec<Write>) -> Commit {
    Commit { name: "test", writes }
}

fn request(number: u128) -> Write {
    let id = RequestId(uuid::Uuid::from_u128(number));
    Write::Request(RequestRow { id, fingerprint: [0; 32], answer: String::new(), at: Timestamp::default() })
}

fn store() -> MemoryStore {
    MemoryStore::new(Arc::new(ManualClock::at(Timestamp::default())))
}

#[tokio::test]
async fn a_refused_commit_leaves_no_trace_and_holds_up_no_other() {
    let store = store();
    let effect = EffectId { case: CaseId(uuid::Uuid::nil()), event: 1, index: 0 };
    let ended = Write::EffectEnded {
        id: effect,
        owner: String::new(),
        status: EffectStatus::Done,
        at: Timestamp::default(),
        reason: None,
    };
    let group = [
        commit(vec![request(1)]),
        commit(vec![request(2), request(1)]),
        commit(vec![request(3), ended]),
        commit(vec![request(4)]),
    ];
    let answers = store.commit_group(&group).await.unwrap();
    assert!(matches!(answers[..], [Ok(_), Err(StoreError::Repeated(_)), Err(StoreError::Ended(_)), Ok(_)]));
    for (number, is_there) in [(1, true), (2, false), (3, false), (4, true)] {
        let row = store.request(RequestId(uuid::Uuid::from_u128(number))).await.unwrap();
        assert_eq!(row.is_some(), is_there, "request {number}");
    }
}

#[tokio::test]
async fn a_fault_takes_the_whole_group_back() {
    let store = store();
    let meta = || Write::Meta("name".to_owned(), Vec::new());
    store.commit(&commit(vec![meta()])).await.unwrap();
    let group = [commit(vec![request(1)]), commit(vec![meta()])];
    assert!(matches!(store.commit_group(&group).await, Err(StoreError::Database { .. })));
    assert!(store.request(RequestId(uuid::Uuid::from_u128(1))).await.unwrap().is_none());
}
