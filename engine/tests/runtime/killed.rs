//! Deliveries, clocks and schedules that are killed at every step, and taken over by another node.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use async_trait::async_trait;
use niyam_engine::engine::{Data, Engine, Shared};
use niyam_engine::outbox::{Channel, Channels, Sent, Unsent};
use niyam_engine::schedule::Schedules;
use niyam_engine::seal::DeploymentKey;
use niyam_engine::store::OutgoingRow;
use niyam_engine::store::memory::MemoryStore;
use niyam_engine::time::{ManualClock, SystemEntropy};
use niyam_engine::view::{EntryKind, ToldStatus};
use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::time::Timestamp;

use crate::world::{NOON, World, config, library, request};

/// Keeps what it was given, and takes a while.
#[derive(Default)]
struct Post(Mutex<Vec<EffectId>>);

#[async_trait]
impl Channel for Post {
    fn name(&self) -> &'static str {
        "post"
    }

    fn carries(&self, _message: &OutgoingRow) -> bool {
        true
    }

    async fn send(&self, message: &OutgoingRow) -> Result<Sent, Unsent> {
        tokio::task::yield_now().await;
        self.0.lock().unwrap().push(message.id);
        tokio::task::yield_now().await;
        Ok(Sent { channel: "post".to_owned(), note: "sent".to_owned() })
    }
}

/// A database in memory that nodes come and go on.
struct Place {
    shared: Shared,
    database: Arc<ManualClock>,
    post: Arc<Post>,
}

impl Place {
    async fn new() -> Self {
        let database = Arc::new(ManualClock::at(NOON));
        let store = Arc::new(MemoryStore::new(Arc::<ManualClock>::clone(&database)));
        let key = DeploymentKey::generate(&SystemEntropy);
        let shared = Shared::new(store, key, library("Desk")).await.unwrap();
        Self { shared, database, post: Arc::default() }
    }

    async fn node(&self, now: Timestamp) -> World {
        let (mut config, clock) = config(Data::Shared(self.shared.clone()), now);
        config.channels = Channels(vec![Arc::<Post>::clone(&self.post)]);
        let desk = "engine: 1\ndesk: [ { role: desk, unit: RJ-PHQ-SCRB } ]\ndigest: { at: 0 15 * * * }\n";
        config.schedules = Schedules::load(desk).unwrap();
        World { engine: Engine::open(config).await.unwrap(), clock }
    }

    /// What the dead node has claimed is free after a while.
    fn forget_claims(&self) {
        self.database.advance("61s".parse().unwrap());
    }
}

/// Lets work go on for so many steps, then kills it. Whether it ended before.
async fn killed_after(steps: usize, work: impl Future) -> bool {
    let mut work = std::pin::pin!(work);
    for _ in 0..steps {
        let ready = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_ready()));
        if ready.await {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

async fn taken(world: &World) -> CaseId {
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    case
}

#[tokio::test]
async fn a_delivery_killed_at_any_step_arrives_under_one_key_and_is_recorded_once() {
    for steps in 0.. {
        let place = Place::new().await;
        let first = place.node(NOON).await;
        let case = taken(&first).await;
        for act in ["answer", "counsel"] {
            first.engine.act(case, request(first.engine.new_id(), act)).await.unwrap();
        }
        let ended = killed_after(steps, first.engine.dispatch_once()).await;
        drop(first);
        place.forget_claims();
        let second = place.node(NOON.plus("2m".parse().unwrap())).await;
        second.engine.settle().await.unwrap();
        let mut sent = place.post.0.lock().unwrap().clone();
        assert!((1..=2).contains(&sent.len()), "after {steps} steps: {sent:?}");
        sent.dedup();
        assert_eq!(sent.len(), 1, "one key");
        let entries = second.engine.timeline(case).await.unwrap().entries;
        let answers = entries.iter().filter(|entry| entry.kind == EntryKind::Delivery).count();
        assert_eq!(answers, 3, "two owners and an empty seat, after {steps} steps");
        let told = entries.iter().flat_map(|entry| &entry.told).filter(|told| told.status == ToldStatus::Done);
        assert_eq!(told.count(), 2, "the message, and that nobody is there");
        second.engine.verify_chain(case).await.unwrap();
        if ended {
            return;
        }
    }
}

#[tokio::test]
async fn clocks_killed_at_any_step_fire_once() {
    for steps in 0.. {
        let place = Place::new().await;
        let first = place.node(NOON).await;
        let cases =
            [first.case().await, first.receive("name: Meera Namuna\nphones: +915555550102").await.cases[0].case];
        first.engine.settle().await.unwrap();
        first.advance("11m");
        let ended = killed_after(steps, first.engine.fire_due(first.engine.now())).await;
        let now = first.engine.now();
        drop(first);
        place.forget_claims();
        let second = place.node(now).await;
        second.engine.settle().await.unwrap();
        for case in cases {
            let entries = second.engine.timeline(case).await.unwrap().entries;
            let fired = entries.iter().filter(|entry| entry.kind == EntryKind::Clock).count();
            assert_eq!(fired, 1, "after {steps} steps");
            second.engine.verify_chain(case).await.unwrap();
        }
        if ended {
            return;
        }
    }
}

#[tokio::test]
async fn a_scheduled_job_killed_at_any_step_is_done_once() {
    for steps in 0.. {
        let place = Place::new().await;
        let first = place.node(NOON).await;
        first.advance("1h");
        let now = first.engine.now();
        let ended = killed_after(steps, first.engine.run_schedules()).await;
        drop(first);
        place.forget_claims();
        let second = place.node(now).await;
        second.engine.run_schedules().await.unwrap();
        assert_eq!(second.engine.desk_notices().await.unwrap().len(), 1, "after {steps} steps");
        let schedule = second.engine.schedules().await.unwrap().remove(0);
        assert_eq!(schedule.next_due.since_ms(NOON), 25 * 3_600_000, "after {steps} steps");
        if ended {
            return;
        }
    }
}
