//! What is done at set times, what the desk is told, and what waits.

use niyam_engine::error::StoreError;
use niyam_engine::store::{DeskNoticeRow, EffectStatus, ScheduleRan, Waiting, Write};
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;

use crate::place::Place;
use crate::rows::*;

fn say(words: &str) -> Text {
    Text { en: words.to_owned(), hi: words.to_owned() }
}

fn define(cron: &str, next_due: Timestamp) -> Write {
    Write::Schedule { name: "digest".to_owned(), cron: cron.to_owned(), next_due }
}

fn ran(owner: &str, due: Timestamp) -> Write {
    Write::ScheduleRan(ScheduleRan {
        name: "digest".to_owned(),
        owner: owner.to_owned(),
        due,
        at: later(5),
        next_due: later(1_000),
        result: say("told"),
    })
}

pub async fn a_schedule_is_claimed_and_done_once(place: Place) {
    let store = place.open().await;
    store.commit(&commit(vec![define("0 1 * * *", NOW)])).await.unwrap();
    store.commit(&commit(vec![define("0 1 * * *", later(700))])).await.unwrap();
    assert_eq!(store.schedules().await.unwrap()[0].next_due, NOW, "the same text keeps its time");
    assert_eq!(store.claim_schedule("one", later(-1)).await.unwrap(), None, "not before its time");
    assert_eq!(store.claim_schedule("one", NOW).await.unwrap().unwrap().name, "digest");
    assert_eq!(store.claim_schedule("two", NOW).await.unwrap(), None);
    let hold = |owner: &str| commit(vec![Write::ScheduleHeld { name: "digest".to_owned(), owner: owner.to_owned() }]);
    store.commit(&hold("one")).await.unwrap();
    let not_mine = store.commit(&hold("two")).await;
    assert!(matches!(not_mine, Err(StoreError::Moved)), "{not_mine:?}");
    if place.expire_claims().await {
        assert!(store.claim_schedule("two", NOW).await.unwrap().is_some(), "its claim has ended");
        let late = store.commit(&commit(vec![ran("one", NOW)])).await;
        assert!(matches!(late, Err(StoreError::Moved)), "{late:?}");
        store.commit(&commit(vec![ran("two", NOW)])).await.unwrap();
    } else {
        store.commit(&commit(vec![ran("one", NOW)])).await.unwrap();
    }
    let row = store.schedules().await.unwrap().remove(0);
    assert_eq!((row.next_due, row.last_due, row.last_run), (later(1_000), Some(NOW), Some(later(5))));
    assert_eq!(row.result, Some(say("told")));
    let twice = store.commit(&commit(vec![ran("two", NOW)])).await;
    assert!(matches!(twice, Err(StoreError::Moved)), "{twice:?}");
    store.commit(&commit(vec![define("0 2 * * *", later(9))])).await.unwrap();
    assert_eq!(store.schedules().await.unwrap()[0].next_due, later(9), "another text, another time");
    store.commit(&commit(vec![Write::NoSchedule("digest".to_owned())])).await.unwrap();
    assert!(store.schedules().await.unwrap().is_empty());
}

pub async fn a_clock_that_could_not_fire_rests(place: Place) {
    let store = place.open().await;
    store.commit(&open(1)).await.unwrap();
    store
        .commit(&commit(vec![Write::StartTimer(timer(1, 4, NOW)), Write::StartTimer(timer(1, 5, NOW))]))
        .await
        .unwrap();
    assert_eq!(store.claim_timers("one", NOW, 9).await.unwrap().len(), 2);
    let rests = Write::TimerRests { case: case_id(1), timer: 4, until: later(60) };
    store.commit(&commit(vec![rests])).await.unwrap();
    let due = store.claim_timers("one", NOW, 9).await.unwrap();
    assert_eq!(due, [timer(1, 5, NOW)], "it holds up no other");
    assert_eq!(store.next_clock().await.unwrap(), Some(NOW));
    let due = store.claim_timers("one", later(60), 9).await.unwrap();
    let rested: Vec<_> = due.iter().filter(|row| row.timer == 4).map(|row| (row.due, row.attempts)).collect();
    assert_eq!(rested, [(later(60), 1)]);
}

pub async fn what_was_given_up_is_listed_and_tried_again(place: Place) {
    let store = place.open().await;
    store.commit(&open(1)).await.unwrap();
    store.commit(&commit((0..2).map(|index| Write::Effect(effect(1, 1, index, NOW))).collect())).await.unwrap();
    let failed = |index| Write::EffectEnded {
        id: effect_id(1, 1, index),
        owner: "one".to_owned(),
        status: EffectStatus::Failed,
        at: later(i64::from(index)),
        reason: Some("no line".to_owned()),
    };
    store.commit(&commit(vec![failed(0), failed(1)])).await.unwrap();
    let listed: Vec<_> =
        store.failed_effects(9).await.unwrap().into_iter().map(|(row, at)| (row.id.index, at)).collect();
    assert_eq!(listed, [(1, later(1)), (0, NOW)], "the latest first");
    let again = || commit(vec![Write::EffectAgain { id: effect_id(1, 1, 0), at: later(50) }]);
    store.commit(&again()).await.unwrap();
    let twice = store.commit(&again()).await;
    assert!(matches!(twice, Err(StoreError::Ended(_))), "{twice:?}");
    let row = store.claim_effects("two", later(50), 9).await.unwrap().remove(0);
    assert_eq!((row.id.index, row.attempts, row.since, row.reason), (0, 0, later(50), None));
}

pub async fn the_desk_is_told_the_same_once(place: Place) {
    let store = place.open().await;
    let notice = |id: &str, at, words: &str| {
        Write::DeskNotice(DeskNoticeRow {
            id: id.to_owned(),
            kind: "digest".to_owned(),
            at,
            role: "desk".to_owned(),
            unit: "RJ-PHQ-SCRB".to_owned(),
            person: None,
            case: Some(case_id(1)),
            text: say(words),
        })
    };
    store.commit(&commit(vec![notice("a", NOW, "first"), notice("b", later(1), "second")])).await.unwrap();
    store.commit(&commit(vec![notice("a", later(2), "again")])).await.unwrap();
    let told: Vec<_> = store.desk_notices(9).await.unwrap().into_iter().map(|row| (row.text.en, row.case)).collect();
    assert_eq!(told, [("second".to_owned(), Some(case_id(1))), ("first".to_owned(), Some(case_id(1)))]);
    assert_eq!(store.desk_notices(1).await.unwrap().len(), 1);
}

pub async fn what_waits_is_counted_and_cases_are_found_by_page(place: Place) {
    let store = place.open().await;
    assert_eq!(store.waiting(NOW).await.unwrap(), Waiting::default());
    for number in 1..=3 {
        store.commit(&open(number)).await.unwrap();
    }
    let timers = [timer(1, 4, later(-1)), timer(1, 5, NOW), timer(1, 6, later(1))].map(Write::StartTimer);
    let effects = [effect(1, 1, 0, later(-3)), effect(1, 1, 1, later(3))].map(Write::Effect);
    store.commit(&commit(timers.into_iter().chain(effects).collect())).await.unwrap();
    let waiting = Waiting { clocks_due: 2, effects: 1, effects_due_since: Some(later(-3)) };
    assert_eq!(store.waiting(NOW).await.unwrap(), waiting);
    assert_eq!(store.open_cases(None, 2).await.unwrap(), [case_id(1), case_id(2)]);
    assert_eq!(store.open_cases(Some(case_id(2)), 2).await.unwrap(), [case_id(3)]);
    assert_eq!(store.forgettable(later(1_000), 9).await.unwrap(), [], "none is closed");
    assert_eq!(store.last_heard("mail").await.unwrap(), None);
    for number in [2, 1] {
        store.commit(&commit(vec![Write::Alert(Box::new(alert(number)))])).await.unwrap();
    }
    assert_eq!(store.last_heard("mail").await.unwrap(), Some(alert(2).row.received_at));
    assert_eq!(store.last_heard("note").await.unwrap(), None);
}
