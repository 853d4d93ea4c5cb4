//! Cases and their logs.

use niyam_engine::error::StoreError;
use niyam_engine::request::Class;
use niyam_engine::store::{EffectStatus, LinkRow, Write};
use niyam_engine::view::{Filter, LifeView};

use crate::place::Place;
use crate::rows::*;

pub async fn every_write_is_read_back(place: Place) {
    let store = place.open().await;
    let opened = store.commit(&open(1)).await.unwrap();
    assert_eq!(opened.numbers, [(case_id(1), "RJ-2026-000001".to_owned())]);
    store.commit(&open(2)).await.unwrap();
    let link = LinkRow { case: case_id(1), other: case_id(2), relation: "same_alert".to_owned() };
    let writes = vec![
        Write::Meta("colour".to_owned(), vec![0, 1]),
        Write::Alert(Box::new(alert(1))),
        Write::AlertRead(Box::new(alert_read(1, Class::Alert))),
        Write::AlertRepeated(alert_id(1), later(9)),
        Write::Event(Box::new(event(1, 2))),
        Write::Snapshot(Box::new(snapshot(1, 2)), Box::new(case(1))),
        Write::Key(key(1, "person", 0)),
        Write::Lookup(lookup(1, 3, Some("person"))),
        Write::CaseAlert(case_alert(1, 1)),
        Write::Link(link.clone()),
        Write::StartTimer(timer(1, 4, later(60))),
        Write::Effect(effect(1, 2, 0, later(70))),
        Write::Notice(notice(1, 2, 1)),
        Write::Outgoing(outgoing(1, 2, 2)),
        Write::Request(request(1)),
        Write::Access(access(1, 1)),
        // once more does nothing
        Write::Notice(notice(1, 2, 1)),
        Write::Outgoing(outgoing(1, 2, 2)),
        Write::Lookup(lookup(1, 3, Some("person"))),
        Write::CaseAlert(case_alert(1, 1)),
        Write::Version(version()),
    ];
    store.commit(&commit(writes)).await.unwrap();

    assert_eq!(store.meta("colour").await.unwrap(), Some(vec![0, 1]));
    assert_eq!(store.meta("size").await.unwrap(), None);
    let row = store.alert(alert_id(1)).await.unwrap().unwrap();
    assert_eq!((row.class, row.repeats, row.drill, row.length), (Class::Alert, 1, true, 3));
    assert_eq!(row.reason, alert_read(1, Class::Alert).reason);
    assert_eq!((row.wrapped_key, row.sealed_reading), (Some(vec![5; 72]), Some(vec![8; 40])));
    assert_eq!(store.alert_bytes(alert_id(1)).await.unwrap(), Some(vec![0, 1, 255]));
    assert_eq!(store.same_alerts(&[1; 32], "mail", true).await.unwrap(), [alert_id(1)]);
    assert!(store.same_alerts(&[1; 32], "mail", false).await.unwrap().is_empty());
    let stored = store.load(case_id(1)).await.unwrap().unwrap();
    let expected = niyam_engine::store::CaseRow { number: "RJ-2026-000001".to_owned(), ..case(1) };
    assert_eq!((&stored.row, &stored.snapshot), (&expected, &snapshot(1, 2)));
    assert_eq!((stored.keys, stored.erased), (vec![key(1, "person", 0)], Vec::new()));
    assert_eq!(store.case(case_id(1)).await.unwrap(), Some(expected));
    assert!(store.load(case_id(9)).await.unwrap().is_none());
    assert_eq!(store.events(case_id(1)).await.unwrap(), [event(1, 1), event(1, 2)]);
    assert_eq!(store.find(&[[3; 32]]).await.unwrap(), [(case_id(1), "phone".to_owned())]);
    assert_eq!(store.links(case_id(1)).await.unwrap(), [link]);
    assert_eq!(store.version(version().digest).await.unwrap(), Some(version()));
    assert_eq!(store.versions_in_use().await.unwrap(), [version().digest]);
    let alerts = store.alerts_of(case_id(1)).await.unwrap();
    assert_eq!(alerts.iter().map(|(link, _)| link.clone()).collect::<Vec<_>>(), [case_alert(1, 1)]);
    assert_eq!(store.cases_of(alert_id(1)).await.unwrap(), [case_alert(1, 1)]);
    assert_eq!(store.effects_of(case_id(1)).await.unwrap(), [effect(1, 2, 0, later(70))]);
    assert_eq!(store.notices_of(case_id(1)).await.unwrap(), [notice(1, 2, 1)]);
    assert_eq!(store.outgoing_of(case_id(1)).await.unwrap(), [outgoing(1, 2, 2)]);
    assert_eq!(store.request(request(1).id).await.unwrap(), Some(request(1)));
    assert_eq!(store.accesses(case_id(1)).await.unwrap(), [access(1, 1)]);
    assert_eq!(store.next_due().await.unwrap(), Some(later(60)));
    store.commit(&commit(vec![Write::CancelTimer(case_id(1), 4)])).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), Some(later(70)));
    let ended = Write::EffectEnded {
        id: effect_id(1, 2, 0),
        owner: "one".to_owned(),
        status: EffectStatus::Done,
        at: NOW,
        reason: None,
    };
    store.commit(&commit(vec![ended])).await.unwrap();
    assert_eq!(store.next_due().await.unwrap(), None);
}

pub async fn an_event_is_written_only_as_the_next_of_its_case(place: Place) {
    let store = place.open().await;
    let other = if place.is_shared() { place.open().await } else { store.clone() };
    store.commit(&open(1)).await.unwrap();
    other.commit(&step(1, 2, 1)).await.unwrap();
    let late = store.commit(&step(1, 2, 2)).await;
    assert!(matches!(late, Err(StoreError::Conflict { case, expected: 1 }) if case == case_id(1)), "{late:?}");
    assert_eq!(store.events(case_id(1)).await.unwrap().len(), 2);
    assert_eq!(store.request(request(2).id).await.unwrap(), None, "nothing of a refused commit is there");
    store.commit(&step(1, 3, 2)).await.unwrap();
}

pub async fn sealed_parts_stay_in_their_order(place: Place) {
    let store = place.open().await;
    let names = ["Zeta", "a", "a-b", "a_b", "ab", "b"];
    let sealed: Vec<(String, Vec<u8>)> = names.iter().map(|name| ((*name).to_owned(), vec![1])).collect();
    let mut opening = open(1);
    for write in &mut opening.writes {
        match write {
            Write::Event(row) => row.sealed.clone_from(&sealed),
            Write::Snapshot(row, _) => row.sealed.clone_from(&sealed),
            _ => {}
        }
    }
    store.commit(&opening).await.unwrap();
    assert_eq!(store.events(case_id(1)).await.unwrap()[0].sealed, sealed);
    assert_eq!(store.load(case_id(1)).await.unwrap().unwrap().snapshot.sealed, sealed);
}

pub async fn a_destroyed_key_leaves_only_that_there_was_one(place: Place) {
    let store = place.open().await;
    store.commit(&open(1)).await.unwrap();
    let writes = vec![
        Write::Key(key(1, "person", 0)),
        Write::Key(key(1, "profile", 0)),
        Write::Lookup(lookup(1, 1, Some("person"))),
        Write::Lookup(lookup(1, 2, None)),
        Write::Alert(Box::new(alert(1))),
    ];
    store.commit(&commit(writes)).await.unwrap();
    let destroy = Write::DestroyKeys { case: case_id(1), seal: "person".to_owned(), at: NOW };
    store.commit(&commit(vec![destroy, Write::EraseAlert(alert_id(1))])).await.unwrap();
    let stored = store.load(case_id(1)).await.unwrap().unwrap();
    assert_eq!(stored.keys, [key(1, "profile", 0)]);
    assert_eq!(stored.erased, [("person".to_owned(), 0)]);
    assert_eq!(stored.snapshot.sealed, []);
    assert!(store.find(&[[1; 32]]).await.unwrap().is_empty());
    assert_eq!(store.find(&[[2; 32]]).await.unwrap().len(), 1);
    assert_eq!(store.events(case_id(1)).await.unwrap()[0].sealed.len(), 1, "the log keeps what nothing opens");
    assert_eq!(store.alert(alert_id(1)).await.unwrap().unwrap().wrapped_key, None);
}

pub async fn only_open_cases_are_found(place: Place) {
    let store = place.open().await;
    for number in 1..=3 {
        store.commit(&open(number)).await.unwrap();
        store.commit(&commit(vec![Write::Lookup(lookup(number, 1, None))])).await.unwrap();
    }
    let mut closed = case(2);
    closed.life = LifeView::Closed;
    closed.closed_at = Some(NOW);
    let writes = vec![Write::Event(Box::new(event(2, 2))), Write::Snapshot(Box::new(turned(2, 2)), Box::new(closed))];
    store.commit(&commit(writes)).await.unwrap();
    let found: Vec<_> = store.find(&[[1; 32], [8; 32]]).await.unwrap().into_iter().map(|(case, _)| case).collect();
    assert_eq!(found, [case_id(3), case_id(1)], "the latest first");
    assert!(store.find(&[]).await.unwrap().is_empty());
}

pub async fn texts_come_back_as_they_were(place: Place) {
    let store = place.open().await;
    store.commit(&open(1)).await.unwrap();
    let mut row = event(1, 2);
    // a database must not read, order or rewrite the JSON of what is hashed
    r#"{"b":1, "a":1.10,"a":2,"z":"\u0000 नमूना 🙂 \\"}"#.clone_into(&mut row.plain);
    let mut card = case(1);
    // nobody types this, but a hostile message may hold it, and it must not stay unread for that
    card.platform = Some("name\u{0}less".to_owned());
    let mut told = notice(1, 2, 0);
    told.text = text("a\u{0}b", "क\u{0}ख");
    let writes = vec![
        Write::Event(Box::new(row.clone())),
        Write::Snapshot(Box::new(snapshot(1, 2)), Box::new(card)),
        Write::Notice(told),
    ];
    store.commit(&commit(writes)).await.unwrap();
    assert_eq!(store.events(case_id(1)).await.unwrap()[1], row);
    let kept = store.case(case_id(1)).await.unwrap().unwrap().platform.unwrap();
    assert!(kept.starts_with("name") && kept.ends_with("less"), "{kept}");
    assert_eq!(store.notices_of(case_id(1)).await.unwrap().len(), 1);
}

pub async fn the_board_counts_what_it_shows(place: Place) {
    let store = place.open().await;
    for number in 1..=5_u128 {
        store.commit(&open(number)).await.unwrap();
        let mut row = case(number);
        row.overdue = number == 1;
        row.unowned = number <= 2;
        if number >= 4 {
            row.life = LifeView::Closed;
            row.closed_at = Some(later(if number == 4 { -10 } else { 10 }));
        }
        let event = Write::Event(Box::new(event(number, 2)));
        store.commit(&commit(vec![event, Write::Snapshot(Box::new(turned(number, 2)), Box::new(row))])).await.unwrap();
    }
    let counts = store.counts(NOW).await.unwrap();
    assert_eq!((counts.open, counts.overdue, counts.unowned, counts.closed_today), (3, 1, 2, 1));
    let listed = async |open, limit| {
        let rows = store.cases(&Filter { open, limit }).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(Some(true), 0).await.len(), 3);
    assert_eq!(listed(Some(false), 1).await, [case_id(5)], "the latest first");
    assert_eq!(listed(None, 0).await.len(), 5);
    assert_eq!(store.open_by_protocol().await.unwrap(), [("desk".to_owned(), 3)]);
}
