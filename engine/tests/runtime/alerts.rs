//! From bytes to cases.

use std::sync::Arc;

use niyam_engine::engine::Data;
use niyam_engine::error::ReceiveError;
use niyam_engine::request::{Class, Received, Relation};
use niyam_engine::view::Filter;
use niyam_kernel::id::RequestId;

use crate::world::{NOON, World, officer};

const FIRST: &str = "name: Rohan Kalpit\nphones: +915555550101\nexternal_ref: R-1\nsource: lines";

#[tokio::test]
async fn the_same_bytes_again_are_a_repeat_not_a_second_event() {
    let world = World::new().await;
    let first = world.receive(FIRST).await;
    let again = world.receive(FIRST).await;
    assert_eq!((first.alert, first.repeat), (again.alert, false));
    assert!(again.repeat);
    assert_eq!(again.cases, first.cases);
    let view = world.engine.alert(first.alert, None).await.unwrap();
    assert_eq!(view.repeats, 1);
    assert_eq!(world.engine.timeline(first.cases[0].case).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn the_same_bytes_after_the_case_was_closed_are_a_new_case_linked_to_the_old() {
    let world = World::new().await;
    let first = world.receive(FIRST).await;
    let old = first.cases[0].case;
    world.act(old, "take").await.unwrap();
    world.act(old, "finish").await.unwrap();
    let again = world.receive(FIRST).await;
    assert!(!again.repeat && again.alert != first.alert);
    let new = again.cases[0].case;
    assert_eq!((new != old, again.cases[0].relation), (true, Relation::New));
    let links = world.engine.case(new, None).await.unwrap().links;
    assert_eq!((links.len(), links[0].case, links[0].relation.as_str()), (1, old, "earlier_case"));
    let links = world.engine.case(old, None).await.unwrap().links;
    assert_eq!((links.len(), links[0].case, links[0].relation.as_str()), (1, new, "later_case"));
    // while the new case is open, they are a repeat of its alert
    let third = world.receive(FIRST).await;
    assert!(third.repeat);
    assert_eq!((third.alert, third.cases[0].case), (again.alert, new));
}

#[tokio::test]
async fn bytes_that_were_filed_are_read_again_until_somebody_makes_a_case_of_them() {
    let world = World::new().await;
    let filed = "filed: yes\nname: Udaharan";
    let first = world.receive(filed).await;
    let again = world.receive(filed).await;
    assert!(!again.repeat && again.alert != first.alert);
    assert_eq!(world.engine.filed(None).await.unwrap().len(), 2);
    world
        .engine
        .reopen_filed(again.alert, RequestId(world.engine.new_id()), &officer(), "it names somebody")
        .await
        .unwrap();
    let third = world.receive(filed).await;
    assert_eq!((third.repeat, third.alert, third.cases.len()), (true, again.alert, 1));
}

#[tokio::test]
async fn a_later_alert_does_not_change_what_the_opening_alert_was() {
    let world = World::new().await;
    let case =
        world.receive("session_id: k-1\nsource: panic\nneeds_review: yes\nparse_warnings: the age is odd").await.cases
            [0]
        .case;
    world.receive("session_id: k-1\nsession: location\nsource: location\nneeds_review: no\nexternal_ref: R-1").await;
    world.receive("session_id: k-1\nsession: location\nexternal_ref: R-2\nname: Rohan Kalpit").await;
    let view = world.engine.case(case, Some(&officer())).await.unwrap();
    let value = |name: &str| view.facts.iter().find(|fact| fact.name == name).and_then(|fact| fact.value.clone());
    assert_eq!(view.card.source, "panic");
    assert_eq!((value("source"), value("needs_review")), (Some("panic".into()), Some("yes".into())));
    assert_eq!((value("external_ref"), value("name")), (Some("R-1".into()), Some("Rohan Kalpit".into())));
}

#[tokio::test]
async fn a_drill_never_joins_or_hides_a_real_alert() {
    let world = World::new().await;
    let mut drill = world.received(FIRST);
    drill.drill = true;
    let drill = world.engine.receive(drill).await.unwrap();
    let real = world.receive(FIRST).await;
    assert!(!real.repeat);
    assert_ne!(real.cases[0].case, drill.cases[0].case);
    assert!(world.engine.case(drill.cases[0].case, None).await.unwrap().card.drill);
    assert!(!world.engine.case(real.cases[0].case, None).await.unwrap().card.drill);
}

#[tokio::test]
async fn an_alert_about_the_same_person_joins_the_open_case() {
    let world = World::new().await;
    let first = world.receive(FIRST).await;
    let same = world.receive("phones: +915555550101\nname: Rohan Kalpit").await;
    assert_eq!(same.cases[0].case, first.cases[0].case);
    assert_eq!(same.cases[0].relation, Relation::Duplicate);
    let more = world.receive("external_ref: R-1\nhostel: Namuna Hostel").await;
    assert_eq!((more.cases[0].case, more.cases[0].relation), (first.cases[0].case, Relation::Update));
    let view = world.engine.case(first.cases[0].case, Some(&officer())).await.unwrap();
    assert_eq!((view.card.alerts, view.alerts.len()), (3, 3));
    // once it is closed, the next alert is a new case
    world.act(first.cases[0].case, "take").await.unwrap();
    world.act(first.cases[0].case, "finish").await.unwrap();
    let later = world.receive("phones: +915555550101\nname: Kalpit").await;
    assert_ne!(later.cases[0].case, first.cases[0].case);
    assert_eq!(later.cases[0].relation, Relation::New);
}

#[tokio::test]
async fn two_persons_in_one_alert_are_two_linked_cases_and_their_repeat_finds_both() {
    let world = World::new().await;
    let both = "name: Rohan Kalpit\nphones: +915555550101\nexternal_ref: R-9\n\nname: Meera Namuna\nphones: +915555550102\nexternal_ref: R-9";
    let receipt = world.receive(both).await;
    let [rohan, meera] = &receipt.cases[..] else { panic!("{receipt:?}") };
    let view = world.engine.case(rohan.case, None).await.unwrap();
    assert_eq!((view.links[0].case, view.links[0].relation.as_str()), (meera.case, "same_alert"));
    let swapped = "name: Meera Namuna\nphones: +915555550102\nexternal_ref: R-9\n\nname: Rohan Kalpit\nphones: +915555550101\nexternal_ref: R-9";
    let again = world.receive(swapped).await;
    let mut found: Vec<_> = again.cases.iter().map(|case| case.case).collect();
    found.sort();
    let mut known = vec![rohan.case, meera.case];
    known.sort();
    assert_eq!(found, known, "each joined their own case");
    assert!(again.cases.iter().all(|case| case.relation == Relation::Duplicate), "{again:?}");
}

#[tokio::test]
async fn an_alert_that_breaks_intake_becomes_a_case_for_a_person() {
    let world = World::new().await;
    let receipt = world.receive("panic! name: Kalpit").await;
    assert_eq!(receipt.class, Class::NeedsReview);
    let view = world.engine.case(receipt.cases[0].case, Some(&officer())).await.unwrap();
    let review = view.facts.iter().find(|fact| fact.name == "needs_review").unwrap();
    assert_eq!(review.value, Some("yes".into()));
    let (_, bytes) = world.engine.alert_bytes(receipt.alert, &officer()).await.unwrap();
    assert_eq!(bytes, b"panic! name: Kalpit");
}

#[tokio::test]
async fn what_is_no_alert_is_filed_and_can_be_made_a_case() {
    let world = World::new().await;
    let receipt = world.receive("filed: yes\nname: Udaharan").await;
    assert_eq!((receipt.class, receipt.cases.len()), (Class::Filed, 0));
    let filed = world.engine.filed(Some(&officer())).await.unwrap();
    assert_eq!(filed[0].subject_line, "filed: yes");
    assert_eq!(world.engine.filed(None).await.unwrap()[0].subject_line, "", "sealed for who has no rights");
    let case = world
        .engine
        .reopen_filed(receipt.alert, RequestId(world.engine.new_id()), &officer(), "it names somebody")
        .await
        .unwrap();
    assert!(world.engine.filed(None).await.unwrap().is_empty());
    let view = world.engine.case(case, None).await.unwrap();
    assert_eq!(view.alerts[0].relation, "reopened");
    assert!(
        world.engine.reopen_filed(receipt.alert, RequestId(world.engine.new_id()), &officer(), "again").await.is_err()
    );
}

#[tokio::test]
async fn an_empty_or_huge_alert_is_refused() {
    let world = World::new().await;
    let empty = world.engine.receive(world.received("")).await;
    assert!(matches!(empty, Err(ReceiveError::Empty)), "{empty:?}");
    let mut huge = world.received("");
    huge.bytes = vec![b'x'; niyam_engine::request::ALERT_BYTES + 1];
    let huge = world.engine.receive(huge).await;
    assert!(matches!(huge, Err(ReceiveError::TooLarge { .. })), "{huge:?}");
    assert!(world.engine.board(&Filter::default()).await.unwrap().cases.is_empty());
}

#[tokio::test]
async fn the_end_of_an_unknown_session_is_filed_and_a_position_opens_a_case() {
    let world = World::new().await;
    let stop = world.receive("session_id: k-1\nsession: stop").await;
    assert_eq!((stop.class, stop.cases.len()), (Class::Filed, 0));
    let location = world.receive("session_id: k-1\nsession: location").await;
    assert_eq!(location.cases[0].relation, Relation::New);
    let more = world.receive("session_id: k-1\nsession: location\nsource: more").await;
    assert_eq!((more.cases[0].case, more.cases[0].relation), (location.cases[0].case, Relation::Location));
}

/// Reads as the others do, but only when it is let go.
struct Held {
    lines: crate::world::Lines,
    entered: std::sync::mpsc::Sender<()>,
    go: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl niyam_engine::understood::Intake for Held {
    fn understand(&self, received: &Received) -> niyam_engine::understood::Understood {
        self.entered.send(()).unwrap();
        // when nobody is left to let it go, it goes
        let _ = self.go.lock().unwrap().recv();
        self.lines.understand(received)
    }

    fn relate(
        &self,
        subject: &niyam_engine::understood::SubjectFacts,
        session: Option<niyam_engine::understood::SessionMessage>,
        known: &[niyam_engine::understood::KnownCase],
    ) -> Option<(niyam_kernel::id::CaseId, Relation)> {
        self.lines.relate(subject, session, known)
    }

    fn fallback(&self) -> String {
        self.lines.fallback()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_is_being_read_is_not_taken_up_again_and_holds_up_no_clock() {
    let folder = tempfile::tempdir().unwrap();
    let (entered, reading) = std::sync::mpsc::channel();
    let (release, go) = std::sync::mpsc::channel();
    let world = World::open_at(Data::Folder(folder.path().to_owned()), NOON, |config| {
        let held = Held { lines: crate::world::Lines::default(), entered, go: std::sync::Mutex::new(go) };
        config.intake = Arc::new(held);
    })
    .await
    .unwrap();
    let (engine, received) = (Arc::clone(&world.engine), world.received("name: Rohan Kalpit\nphones: +915555550101"));
    let receiving = tokio::spawn(async move { engine.receive(received).await.unwrap() });
    let reading = tokio::task::spawn_blocking(move || {
        reading.recv().unwrap();
        reading
    });
    let reading = reading.await.unwrap();
    world.engine.settle().await.unwrap();
    drop(release);
    let receipt = receiving.await.unwrap();
    world.engine.settle().await.unwrap();
    assert_eq!(receipt.cases.len(), 1);
    assert!(reading.try_recv().is_err(), "it is read once");
    let view = world.engine.case(receipt.cases[0].case, None).await.unwrap();
    assert_eq!(view.alerts.len(), 1);
}
