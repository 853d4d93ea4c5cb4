//! Groups of commits in the store: each whole or not at all, whatever becomes of the others.

use niyam_engine::error::StoreError;
use niyam_engine::store::sea::{Location, SeaStore};
use niyam_engine::store::{
    CaseRow, CaseStore as _, Commit, EffectRow, EffectStatus, EventRow, KeyRow, RequestRow, SnapshotRow, Store as _,
    TimerRow, VersionRow, WorkStore as _, Write,
};
use niyam_engine::view::LifeView;
use niyam_kernel::effect::Effect;
use niyam_kernel::id::{CaseId, EffectId, RequestId};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use niyam_rules::chart::Stage;

const NOW: Timestamp = Timestamp::from_ms(1_000);

const fn case(number: u128) -> CaseId {
    CaseId(uuid::Uuid::from_u128(number))
}

fn row(case: CaseId) -> CaseRow {
    CaseRow {
        id: case,
        number: format!("UD-2026-{:06}", case.0.as_u128()),
        protocol: "desk".to_owned(),
        version: VersionDigest([1; 32]),
        life: LifeView::Open,
        outcome: None,
        drill: false,
        opened_at: NOW,
        last_event_at: NOW,
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
    }
}

fn commit(writes: Vec<Write>) -> Commit {
    Commit { name: "try", writes }
}

fn event(case: CaseId, number: u64, word: &str) -> Vec<Write> {
    let sealed = vec![("person".to_owned(), word.as_bytes().to_vec())];
    let event = EventRow {
        case,
        number,
        at: NOW,
        happened_at: None,
        kind: "act".to_owned(),
        plain: word.to_owned(),
        outcome: "{}".to_owned(),
        prev_hash: [0; 32],
        hash: [u8::try_from(number).unwrap(); 32],
        sealed: sealed.clone(),
    };
    let snapshot = SnapshotRow { case, number, plain: word.to_owned(), hash: event.hash, sealed, turned: false };
    let card = CaseRow { card: word.to_owned(), ..row(case) };
    vec![Write::Event(Box::new(event)), Write::Snapshot(Box::new(snapshot), Box::new(card))]
}

fn opened(case: CaseId) -> Commit {
    let version = VersionRow {
        digest: VersionDigest([1; 32]),
        protocol: "desk".to_owned(),
        content: "[]".to_owned(),
        first_used: NOW,
    };
    let mut writes =
        vec![Write::Version(version), Write::OpenCase { row: Box::new(row(case)), series: "UD-2026".to_owned() }];
    writes.extend(event(case, 1, "opened"));
    commit(writes)
}

fn request(id: u128) -> Write {
    let id = RequestId(uuid::Uuid::from_u128(id));
    Write::Request(RequestRow { id, fingerprint: [0; 32], answer: "{}".to_owned(), at: NOW })
}

async fn store(cases: u128) -> SeaStore {
    let store = SeaStore::open(&Location::Memory, None).await.unwrap();
    let group: Vec<Commit> = (1..=cases).map(|number| opened(case(number))).collect();
    let answers = store.commit_group(&group).await.unwrap();
    let numbers: Vec<String> =
        answers.into_iter().flat_map(|answer| answer.unwrap().numbers).map(|(_, number)| number).collect();
    let expected: Vec<String> = (1..=cases).map(|number| format!("UD-2026-{number:06}")).collect();
    assert_eq!(numbers, expected, "numbers go by the order of the group");
    store
}

#[tokio::test]
async fn who_came_too_late_holds_up_nobody_in_the_group() {
    let store = store(3).await;
    let with = |mut writes: Vec<Write>, more: Write| {
        writes.push(more);
        commit(writes)
    };
    let group = [
        with(event(case(1), 2, "first"), request(7)),
        commit(event(case(1), 2, "second of the same number")),
        with(event(case(2), 2, "a request that was here"), request(7)),
        commit(event(case(1), 3, "third")),
        commit(event(case(2), 3, "builds on what was refused")),
        commit(event(case(2), 2, "fits")),
        commit(event(case(3), 2, "has nothing to do with it")),
    ];
    let answers = store.commit_group(&group).await.unwrap();
    let words: Vec<&str> = answers
        .iter()
        .map(|answer| match answer {
            Ok(_) => "done",
            Err(StoreError::Conflict { .. }) => "conflict",
            Err(StoreError::Repeated(_)) => "repeated",
            Err(other) => panic!("{other}"),
        })
        .collect();
    assert_eq!(words, ["done", "conflict", "repeated", "done", "conflict", "done", "done"]);
    let log = async |id| -> Vec<String> {
        store.events(case(id)).await.unwrap().into_iter().map(|event| event.plain).collect()
    };
    assert_eq!(log(1).await, ["opened", "first", "third"]);
    assert_eq!(log(2).await, ["opened", "fits"]);
    let stored = store.load(case(1)).await.unwrap().unwrap();
    assert_eq!(
        (stored.snapshot.number, stored.snapshot.plain.as_str(), stored.row.card.as_str()),
        (3, "third", "third")
    );
    assert_eq!(stored.snapshot.sealed, [("person".to_owned(), b"third".to_vec())]);
    assert_eq!(stored.row.number, "UD-2026-000001");
}

#[tokio::test]
async fn a_life_is_written_when_it_turned_and_the_last_card_stays() {
    let store = store(1).await;
    let mut closing = event(case(1), 2, "closed");
    if let Write::Snapshot(snapshot, row) = &mut closing[1] {
        snapshot.turned = true;
        (row.life, row.outcome, row.closed_at) = (LifeView::Closed, Some("safe".to_owned()), Some(NOW));
    }
    let mut after = event(case(1), 3, "after");
    if let (Write::Snapshot(_, row), Write::Snapshot(_, closed)) = (&mut after[1], &closing[1]) {
        let card = row.card.clone();
        *row = closed.clone();
        row.card = card;
    }
    for answer in store.commit_group(&[commit(closing), commit(after)]).await.unwrap() {
        answer.unwrap();
    }
    let row = store.case(case(1)).await.unwrap().unwrap();
    assert_eq!((row.life, row.outcome.as_deref(), row.card.as_str()), (LifeView::Closed, Some("safe"), "after"));
}

#[tokio::test]
async fn timers_and_effects_of_a_group_come_to_what_they_came_to_one_by_one() {
    let store = store(2).await;
    let timer = |timer, due| TimerRow { case: case(1), timer, due: Timestamp::from_ms(due), attempts: 0 };
    let effect = |index| EffectId { case: case(1), event: 1, index };
    let waiting = |index| {
        Write::Effect(EffectRow {
            id: effect(index),
            effect: Effect::Closed { outcome: "safe".to_owned() },
            status: EffectStatus::Waiting,
            attempts: 0,
            next_at: NOW,
            reason: None,
            since: NOW,
        })
    };
    let ended = |index| Write::EffectEnded {
        id: effect(index),
        owner: "node".to_owned(),
        status: EffectStatus::Done,
        at: NOW,
        reason: None,
    };
    let first = commit(vec![
        Write::StartTimer(timer(1, 10)),
        Write::StartTimer(timer(2, 20)),
        Write::CancelTimer(case(1), 1),
        waiting(0),
        waiting(1),
        waiting(2),
    ]);
    store.commit(&first).await.unwrap();
    let retry = Write::EffectRetry {
        id: effect(1),
        owner: "node".to_owned(),
        next_at: Timestamp::from_ms(99),
        reason: "busy".to_owned(),
    };
    let group = [
        commit(vec![Write::CancelTimer(case(1), 2), Write::StartTimer(timer(2, 30)), ended(0)]),
        commit(vec![retry, Write::StartTimer(timer(3, 40))]),
        // the second to end an effect: it is refused whole, its timer too
        commit(vec![ended(0), Write::StartTimer(timer(4, 50))]),
        commit(vec![ended(2)]),
    ];
    let answers = store.commit_group(&group).await.unwrap();
    assert!(matches!(answers[2], Err(StoreError::Ended(id)) if id == effect(0)), "{:?}", answers[2]);
    assert!(answers.iter().enumerate().all(|(at, answer)| answer.is_ok() == (at != 2)), "{answers:?}");
    let timers = store.claim_timers("test", Timestamp::from_ms(1_000), 10).await.unwrap();
    assert_eq!(timers, [timer(2, 30), timer(3, 40)]);
    let effects = store.effects_of(case(1)).await.unwrap();
    let seen: Vec<_> = effects.iter().map(|row| (row.status, row.attempts, row.next_at.as_ms())).collect();
    let expected = [(EffectStatus::Done, 1, 1_000), (EffectStatus::Waiting, 1, 99), (EffectStatus::Done, 1, 1_000)];
    assert_eq!(seen, expected);
    assert_eq!(effects[1].reason.as_deref(), Some("busy"));
}

#[tokio::test]
async fn a_key_made_and_destroyed_in_one_commit_is_gone() {
    let store = store(1).await;
    let key =
        |generation| Write::Key(KeyRow { case: case(1), seal: "profile".to_owned(), generation, wrapped: vec![1; 40] });
    let destroy = Write::DestroyKeys { case: case(1), seal: "profile".to_owned(), at: NOW };
    let person = Write::DestroyKeys { case: case(1), seal: "person".to_owned(), at: NOW };
    let group = [commit(vec![key(0), destroy, key(1)]), commit(vec![person])];
    for answer in store.commit_group(&group).await.unwrap() {
        answer.unwrap();
    }
    let stored = store.load(case(1)).await.unwrap().unwrap();
    assert_eq!(stored.keys.iter().map(|key| key.generation).collect::<Vec<_>>(), [1]);
    assert_eq!(stored.erased, [("profile".to_owned(), 0)]);
    assert!(stored.snapshot.sealed.is_empty(), "the sealed part of the snapshot goes with the key");
}

#[tokio::test]
async fn a_large_group_is_written_in_pieces_and_whole() {
    const CASES: u128 = 300;
    let store = store(CASES).await;
    for number in 2..4 {
        let group: Vec<Commit> = (1..=CASES).map(|id| commit(event(case(id), number, "again"))).collect();
        let answers = store.commit_group(&group).await.unwrap();
        assert!(answers.iter().all(Result::is_ok));
    }
    for id in [1, 128, 129, CASES] {
        assert_eq!(store.events(case(id)).await.unwrap().len(), 3);
    }
}
