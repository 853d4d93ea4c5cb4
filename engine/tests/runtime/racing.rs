//! Alerts that come at the same instant, on one node and on several over one store.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use niyam_engine::engine::{Data, Engine, Shared};
use niyam_engine::error::ActError;
use niyam_engine::request::{Class, Receipt, Received, Relation};
use niyam_engine::seal::DeploymentKey;
use niyam_engine::store::Store;
use niyam_engine::store::memory::MemoryStore;
use niyam_engine::store::sea::{Location, SeaStore};
use niyam_engine::time::ManualClock;
use niyam_engine::understood::{Intake, KnownCase, SessionMessage, SubjectFacts, Understood};
use niyam_engine::view::Filter;
use niyam_kernel::id::{CaseId, RequestId};

use crate::world::{Lines, NOON, World, library, officer};

/// Alerts sent at once.
const MANY: usize = 24;

/// Two nodes over one store, once for each kind of store; the folder lives as long as they do.
async fn nodes() -> Vec<([World; 2], Arc<dyn Store>, tempfile::TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let file = Location::File(folder.path().join("niyam.db"));
    let stores: [Arc<dyn Store>; 2] = [
        Arc::new(MemoryStore::new(Arc::new(ManualClock::at(NOON)))),
        Arc::new(SeaStore::open(&file, None).await.unwrap()),
    ];
    let mut pairs = Vec::new();
    for (store, folder) in stores.into_iter().zip([tempfile::tempdir().unwrap(), folder]) {
        let key = DeploymentKey::new(&[7; 32]);
        let shared = Shared::new(Arc::clone(&store), key, library("Desk")).await.unwrap();
        let pair = [(); 2].map(|()| World::open(Data::Shared(shared.clone())));
        let [one, two] = pair;
        pairs.push(([one.await.unwrap(), two.await.unwrap()], store, folder));
    }
    pairs
}

/// Sends everything at once, by turns through each node.
async fn at_once(nodes: &[World; 2], texts: impl Iterator<Item = String>) -> Vec<Receipt> {
    let sent: Vec<_> = texts
        .zip(nodes.iter().cycle())
        .map(|(text, node)| {
            let (engine, received) = (Arc::clone(&node.engine), node.received(&text));
            tokio::spawn(async move { engine.receive(received).await.unwrap() })
        })
        .collect();
    let mut receipts = Vec::new();
    for receipt in sent {
        receipts.push(receipt.await.unwrap());
    }
    receipts
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_about_one_person_at_the_same_instant_are_one_case() {
    for (nodes, ..) in nodes().await {
        let texts = (0..MANY).map(|number| format!("name: Rohan Kalpit\nphones: +915555550101\nhostel: {number}"));
        let receipts = at_once(&nodes, texts).await;
        let case = receipts[0].cases[0].case;
        assert!(receipts.iter().all(|receipt| receipt.cases.len() == 1 && receipt.cases[0].case == case));
        let opened = receipts.iter().filter(|receipt| receipt.cases[0].relation == Relation::New).count();
        assert_eq!(opened, 1, "{receipts:?}");
        assert!(receipts.iter().all(|receipt| receipt.cases[0].number == "RJ-2026-000001"), "{receipts:?}");
        let view = nodes[0].engine.case(case, None).await.unwrap();
        assert_eq!((view.alerts.len(), view.events, view.card.alerts), (MANY, MANY as u64, 24));
        nodes[1].engine.verify_chain(case).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_at_the_same_instant_are_one_alert_with_repeats() {
    for (nodes, store, _folder) in nodes().await {
        // nothing in them leads to a person: only the bytes tell that they are the same
        let receipts = at_once(&nodes, (0..MANY).map(|_| "name: Rohan Kalpit".to_owned())).await;
        let first = receipts.iter().find(|receipt| !receipt.repeat).unwrap();
        assert_eq!(receipts.iter().filter(|receipt| receipt.repeat).count(), MANY - 1);
        assert!(receipts.iter().all(|receipt| receipt.alert == first.alert));
        assert_eq!(store.alert(first.alert).await.unwrap().unwrap().repeats, 23);
        assert_eq!(nodes[0].engine.board(&Filter::default()).await.unwrap().cases.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_about_two_persons_in_either_order_find_both_cases_and_none_waits_for_ever() {
    for (nodes, ..) in nodes().await {
        let rohan = |number: usize| format!("name: Rohan Kalpit\nphones: +915555550101\nhostel: {number}");
        let meera = |number: usize| format!("name: Meera Namuna\nphones: +915555550102\nhostel: {number}");
        let texts = (0..MANY).map(|number| match number % 3 {
            0 => format!("{}\n\n{}", rohan(number), meera(number)),
            1 => format!("{}\n\n{}", meera(number), rohan(number)),
            _ => rohan(number),
        });
        let receipts = at_once(&nodes, texts).await;
        let mut cases: Vec<CaseId> = receipts.iter().flat_map(|receipt| &receipt.cases).map(|case| case.case).collect();
        cases.sort();
        cases.dedup();
        assert_eq!(cases.len(), 2, "{receipts:?}");
        for (number, receipt) in receipts.iter().enumerate() {
            assert_eq!(receipt.cases.len(), if number % 3 == 2 { 1 } else { 2 }, "{receipt:?}");
        }
    }
}

/// Reads as the others do, but only when it is let go.
struct Paused(Mutex<Receiver<()>>);

impl Intake for Paused {
    fn understand(&self, received: &Received) -> Understood {
        // when nobody is left to let it go, it goes
        let _ = self.0.lock().unwrap().recv();
        Lines::default().understand(received)
    }

    fn relate(&self, _: &SubjectFacts, _: Option<SessionMessage>, _: &[KnownCase]) -> Option<(CaseId, Relation)> {
        None
    }

    fn fallback(&self) -> String {
        "desk".to_owned()
    }
}

/// An alert large enough to be read on another thread.
fn large() -> String {
    format!("name: Rohan Kalpit\nphones: +915555550101\n{}", "x".repeat(64 * 1024))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_whose_node_stood_still_is_taken_up_by_another_and_the_first_does_no_harm_when_it_wakes() {
    for (nodes, store, _folder) in nodes().await {
        let shared = Shared::new(Arc::clone(&store), DeploymentKey::new(&[7; 32]), library("Desk")).await.unwrap();
        let (wake, paused) = channel();
        let slow = World::open_at(Data::Shared(shared), NOON, |config| {
            config.intake = Arc::new(Paused(Mutex::new(paused)));
        });
        let slow = slow.await.unwrap();
        let (engine, received) = (Arc::clone(&slow.engine), slow.received(&large()));
        let receiving = tokio::spawn(async move { engine.receive(received).await });
        let kept = loop {
            let kept = store.unread(niyam_kernel::time::Timestamp::from_ms(i64::MAX), 1).await.unwrap();
            if let Some(alert) = kept.first() {
                break *alert;
            }
            tokio::task::yield_now().await;
        };
        // for a while it is left to the node that took it in
        nodes[0].engine.settle().await.unwrap();
        assert_eq!(store.alert(kept).await.unwrap().unwrap().class, Class::Unread);
        for node in &nodes {
            node.advance("10s");
        }
        let settled = nodes.each_ref().map(|node| {
            let engine = Arc::clone(&node.engine);
            tokio::spawn(async move { engine.settle().await })
        });
        for settled in settled {
            settled.await.unwrap().unwrap();
        }
        assert_eq!(store.alert(kept).await.unwrap().unwrap().class, Class::Alert);
        assert_eq!(store.cases_of(kept).await.unwrap().len(), 1);
        drop(wake);
        let late = receiving.await.unwrap().unwrap();
        assert_eq!((late.alert, late.class, late.cases.len()), (kept, Class::Alert, 1));
        assert_eq!(nodes[0].engine.board(&Filter::default()).await.unwrap().cases.len(), 1);
        let again = nodes[1].receive(&large()).await;
        assert_eq!((again.repeat, again.alert, again.cases.len()), (true, kept, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filed_alert_is_reopened_once_for_each_request_and_only_once() {
    for (nodes, ..) in nodes().await {
        let filed = nodes[0].receive("filed: yes\nname: Udaharan").await.alert;
        let request = RequestId(nodes[0].engine.new_id());
        let reopen = |node: &World, request: RequestId, reason: &'static str| {
            let engine: Arc<Engine> = Arc::clone(&node.engine);
            tokio::spawn(async move { engine.reopen_filed(filed, request, &officer(), reason).await })
        };
        let (one, two) = (reopen(&nodes[0], request, "it names one"), reopen(&nodes[1], request, "it names one"));
        let (one, two) = (one.await.unwrap().unwrap(), two.await.unwrap().unwrap());
        assert_eq!(one, two);
        let view = nodes[1].engine.case(one, None).await.unwrap();
        assert_eq!((view.events, view.alerts.len()), (2, 1), "opened, and by whom and why, in one transaction");
        let reused = reopen(&nodes[0], request, "another reason").await.unwrap();
        assert!(matches!(reused, Err(ActError::RequestReused(_))), "{reused:?}");
        let late = reopen(&nodes[1], RequestId(nodes[1].engine.new_id()), "it names one").await.unwrap();
        assert!(matches!(late, Err(ActError::NotFiled(_))), "{late:?}");
        assert_eq!(nodes[0].engine.board(&Filter::default()).await.unwrap().cases.len(), 1);
    }
}

#[tokio::test]
async fn reading_the_subject_lines_of_what_was_filed_is_noted_once() {
    use sea_orm::{ConnectionTrait as _, Database, Statement};
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    for name in ["Udaharan", "Namuna"] {
        world.receive(&format!("filed: yes\nname: {name}")).await;
    }
    world.engine.filed(None).await.unwrap();
    world.engine.filed(Some(&officer())).await.unwrap();
    let path = folder.path().join("niyam.db");
    let database = Database::connect(format!("sqlite://{}", path.display())).await.unwrap();
    let sql = "SELECT count(*) AS rows FROM accesses WHERE seals = 'filed' AND case_id IS NULL";
    let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap();
    assert_eq!(row.unwrap().try_get::<i64>("", "rows").unwrap(), 1);
}
