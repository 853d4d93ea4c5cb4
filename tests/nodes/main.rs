//! Several engines as equal nodes on one PostgreSQL: nothing twice, nothing lost, and each sees what the others do.

#![expect(clippy::unwrap_used, reason = "a test that unwraps nothing says less where it fails")]

#[path = "../../engine/tests/runtime/world.rs"]
#[expect(dead_code, reason = "the world of the runtime's tests; not all of it is needed here")]
mod world;

mod kept;

use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use niyam_engine::engine::Data;
use niyam_engine::error::OpenError;
use niyam_engine::view::{EntryKind, Filter};
use niyam_kernel::id::CaseId;
use niyam_tests::postgres::Cluster;
use tempfile::TempDir;
use tokio::task::JoinSet;

use world::{NOON, World, request};

/// How long something that comes by itself may take at the most.
const PATIENCE: Duration = Duration::from_mins(1);

fn server() -> &'static Cluster {
    static SERVER: OnceLock<Cluster> = OnceLock::new();
    SERVER.get_or_init(|| Cluster::start(&["fsync=off", "full_page_writes=off"]))
}

/// A deployment: a database, and a folder for each node.
struct Deployment {
    database: String,
    folders: Vec<TempDir>,
}

impl Deployment {
    fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let database = format!("nodes_{}", LAST.fetch_add(1, Ordering::Relaxed));
        server().create_database(&database);
        Self { database, folders: Vec::new() }
    }

    fn data(&self, folder: &TempDir) -> Data {
        let database = vec![server().url(&self.database).parse().unwrap()];
        Data::Postgres { folder: folder.path().to_owned(), database }
    }

    /// One more node. The key is brought from the first.
    async fn node(&mut self) -> World {
        let folder = TempDir::new().unwrap();
        if let Some(first) = self.folders.first() {
            fs::copy(first.path().join("deployment.key"), folder.path().join("deployment.key")).unwrap();
        }
        let world = World::open(self.data(&folder)).await.unwrap();
        self.folders.push(folder);
        world
    }

    fn count(&self, what: &str) -> usize {
        server().sql(&self.database, &format!("SELECT count(*) FROM {what}")).parse().unwrap()
    }
}

async fn acts(node: &World, case: CaseId) -> usize {
    let timeline = node.engine.timeline(case).await.unwrap();
    timeline.entries.iter().filter(|entry| entry.kind == EntryKind::Act).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_act_on_the_same_cases_and_nothing_is_lost_or_done_twice() {
    const ACTS: usize = 10;
    const MOST_ROUNDS: usize = 100;
    let mut deployment = Deployment::new();
    let nodes = [deployment.node().await, deployment.node().await];
    let mut cases = Vec::new();
    for number in 1..=3 {
        let text = format!("name: Kalpit\nphones: +91555555010{number}\nsource: lines");
        let case = nodes[number % 2].receive(&text).await.cases[0].case;
        nodes[(number + 1) % 2].act(case, "take").await.unwrap();
        cases.push(case);
    }
    let mut people = JoinSet::new();
    for node in &nodes {
        for &case in &cases {
            let engine = node.engine.clone();
            people.spawn(async move {
                for _ in 0..ACTS {
                    engine.act(case, request(engine.new_id(), "answer")).await.unwrap();
                }
            });
        }
        // clocks and deliveries run beside them, on both
        let engine = node.engine.clone();
        people.spawn(async move {
            for _ in 0..ACTS {
                engine.settle().await.unwrap();
            }
        });
    }
    people.join_all().await;
    // an answer waits behind the one before it, which the other node may have in hand, and is tried again later
    for _ in 0..MOST_ROUNDS {
        for node in &nodes {
            node.engine.settle().await.unwrap();
        }
        if deployment.count("outbox WHERE status = 'waiting'") == 0 {
            break;
        }
        for node in &nodes {
            node.advance("10s");
        }
    }
    for &case in &cases {
        for node in &nodes {
            assert_eq!(acts(node, case).await, 2 * ACTS + 1, "every act that was answered is there once");
            node.engine.verify_chain(case).await.unwrap();
        }
    }
    assert_eq!(deployment.count("outbox WHERE status = 'waiting'"), 0, "every effect is delivered");
    assert_eq!(deployment.count("outgoing"), 3 * 2 * ACTS, "each answer went out once");
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_fire_once_whichever_node_sees_them_first() {
    let mut deployment = Deployment::new();
    let nodes = [deployment.node().await, deployment.node().await];
    for number in 0..8 {
        nodes[0].receive(&format!("name: Kalpit\nphones: +91555555020{number}\nsource: lines")).await;
    }
    nodes[0].engine.settle().await.unwrap();
    for node in &nodes {
        node.advance("11m");
    }
    let now = nodes[0].engine.now();
    let (first, second) = tokio::join!(nodes[0].engine.fire_due(now), nodes[1].engine.fire_due(now));
    assert_eq!(first.unwrap() + second.unwrap(), 8);
    for node in &nodes {
        node.engine.settle().await.unwrap();
    }
    assert_eq!(deployment.count("notices WHERE message = 'late'"), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_about_one_person_open_one_case_wherever_they_come_in() {
    let mut deployment = Deployment::new();
    let nodes = [deployment.node().await, deployment.node().await];
    let mut senders = JoinSet::new();
    for number in 0..12 {
        let node = &nodes[number % 2];
        let (engine, received) =
            (node.engine.clone(), node.received(&format!("name: Kalpit {number}\nphones: +915555550301")));
        senders.spawn(async move { engine.receive(received).await.unwrap().cases[0].case });
    }
    let cases: BTreeSet<CaseId> = senders.join_all().await.into_iter().collect();
    assert_eq!(cases.len(), 1);
    assert_eq!(deployment.count("cases"), 1);
    assert_eq!(deployment.count("case_alerts"), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_on_one_node_is_seen_on_the_other_and_a_lost_line_is_told() {
    let mut deployment = Deployment::new();
    let (here, there) = (deployment.node().await, deployment.node().await);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(there.engine.clone().run(async {
        let _gone = stopped.await;
    }));
    let (mut changes, mut missed) = (there.engine.changes(), there.engine.missed());
    let case = here.receive("name: Kalpit\nphones: +915555550401").await.cases[0].case;
    let change = tokio::time::timeout(PATIENCE, changes.recv()).await.expect("the other hears of it").unwrap();
    assert_eq!(change.case, case);
    assert_eq!(there.engine.board(&Filter::default()).await.unwrap().cases.len(), 1);
    // all lines are cut
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = ";
    assert_eq!(server().sql("postgres", &format!("{cut}'{}'", deployment.database)), "2");
    tokio::time::timeout(PATIENCE, missed.changed()).await.expect("it says that it may have missed something").unwrap();
    let mut changes = there.engine.changes();
    here.act(case, "take").await.unwrap();
    let change = tokio::time::timeout(PATIENCE, changes.recv()).await.expect("the line stands again").unwrap();
    assert_eq!(change.case, case);
    stop.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn a_node_needs_the_key_of_the_deployment_and_a_folder_of_its_own() {
    let mut deployment = Deployment::new();
    let first = deployment.node().await;
    first.receive("name: Kalpit\nphones: +915555550501").await;
    let folder = TempDir::new().unwrap();
    let missing = World::open(deployment.data(&folder)).await.err().unwrap();
    assert!(matches!(missing, OpenError::KeyMissing { .. }), "{missing}");
    assert!(!folder.path().join("deployment.key").exists(), "no other key is made");
    fs::write(folder.path().join("deployment.key"), "0".repeat(64)).unwrap();
    let wrong = World::open(deployment.data(&folder)).await.err().unwrap();
    assert!(matches!(wrong, OpenError::KeyWrong { .. }), "{wrong}");
    let taken = World::open(deployment.data(&deployment.folders[0])).await.err().unwrap();
    assert!(matches!(taken, OpenError::InUse { .. }), "{taken}");
    drop(first);
    let again = World::open_at(deployment.data(&deployment.folders[0]), NOON, |_| {}).await.unwrap();
    assert_eq!(again.engine.board(&Filter::default()).await.unwrap().cases.len(), 1);
}
