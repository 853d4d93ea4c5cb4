//! What is still to be done.

use niyam_engine::error::StoreError;
use niyam_engine::request::Class;
use niyam_engine::store::{EffectStatus, Write};

use crate::place::Place;
use crate::rows::*;

pub async fn the_first_outcome_of_an_effect_stays(place: Place) {
    let store = place.open().await;
    store.commit(&open(1)).await.unwrap();
    store.commit(&commit(vec![Write::Effect(effect(1, 1, 0, NOW))])).await.unwrap();
    let ended = |status, reason: &str| {
        let reason = Some(reason.to_owned());
        commit(vec![
            Write::Notice(notice(1, 1, u32::from(status != EffectStatus::Done))),
            Write::EffectEnded { id: effect_id(1, 1, 0), owner: "one".to_owned(), status, at: NOW, reason },
        ])
    };
    store.commit(&ended(EffectStatus::Done, "taken")).await.unwrap();
    let late = store.commit(&ended(EffectStatus::Failed, "too late")).await;
    assert!(matches!(late, Err(StoreError::Ended(id)) if id == effect_id(1, 1, 0)), "{late:?}");
    let again = Write::EffectRetry {
        id: effect_id(1, 1, 0),
        owner: "one".to_owned(),
        next_at: NOW,
        reason: "again".to_owned(),
    };
    let late = store.commit(&commit(vec![again])).await;
    assert!(matches!(late, Err(StoreError::Ended(_))), "{late:?}");
    let row = &store.effects_of(case_id(1)).await.unwrap()[0];
    assert_eq!((row.status, row.reason.as_deref()), (EffectStatus::Done, Some("taken")));
    assert_eq!(store.notices_of(case_id(1)).await.unwrap().len(), 1, "what was late left nothing");
}

pub async fn an_effect_comes_back_when_it_is_due(place: Place) {
    let store = place.open().await;
    store.commit(&open(1)).await.unwrap();
    store.commit(&commit(vec![Write::Effect(effect(1, 1, 0, NOW))])).await.unwrap();
    assert_eq!(store.claim_effects("one", NOW, 9).await.unwrap().len(), 1);
    let again = Write::EffectRetry {
        id: effect_id(1, 1, 0),
        owner: "one".to_owned(),
        next_at: later(500),
        reason: "no line".to_owned(),
    };
    store.commit(&commit(vec![again])).await.unwrap();
    assert!(store.claim_effects("two", later(499), 9).await.unwrap().is_empty());
    let row = store.claim_effects("two", later(500), 9).await.unwrap().remove(0);
    assert_eq!((row.attempts, row.next_at, row.reason.as_deref()), (1, later(500), Some("no line")));
}

pub async fn unread_alerts_are_listed_when_they_are_due(place: Place) {
    let store = place.open().await;
    for number in 1..=3 {
        let mut row = alert(number);
        row.next_at = later(i64::try_from(number).unwrap() * 100);
        store.commit(&commit(vec![Write::Alert(Box::new(row))])).await.unwrap();
    }
    assert_eq!(store.unread(later(200), 9).await.unwrap(), [alert_id(1), alert_id(2)]);
    store.commit(&commit(vec![Write::AlertFailed(alert_id(1), later(900))])).await.unwrap();
    assert_eq!(store.unread(later(300), 9).await.unwrap(), [alert_id(2), alert_id(3)]);
    assert_eq!(store.alert(alert_id(1)).await.unwrap().unwrap().attempts, 1);
    store.commit(&commit(vec![Write::AlertRead(Box::new(alert_read(2, Class::Filed)))])).await.unwrap();
    assert_eq!(store.unread(later(900), 1).await.unwrap(), [alert_id(1)], "the oldest first");
    let filed: Vec<_> = store.filed(9).await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(filed, [alert_id(2)]);
}

pub async fn a_request_is_answered_once(place: Place) {
    let store = place.open().await;
    store.commit(&commit(vec![Write::Request(request(1))])).await.unwrap();
    let again = store.commit(&commit(vec![Write::Request(request(1))])).await;
    assert!(matches!(again, Err(StoreError::Repeated(id)) if id == request(1).id), "{again:?}");
}
