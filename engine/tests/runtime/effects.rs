//! Who is made responsible, who is told, and what happens when that fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use niyam_engine::engine::Data;
use niyam_engine::outbox::{Channel, Channels, MOST_TRIES, Sent, Unsent};
use niyam_engine::store::OutgoingRow;
use niyam_engine::view::{EntryKind, Filter, ToldStatus};

use crate::world::{NOON, World, request};

/// Fails a number of times, then sends.
struct Flaky {
    left: AtomicU32,
    sent: AtomicU32,
}

#[async_trait]
impl Channel for Flaky {
    fn name(&self) -> &'static str {
        "flaky"
    }

    fn carries(&self, _message: &OutgoingRow) -> bool {
        true
    }

    async fn send(&self, _message: &OutgoingRow) -> Result<Sent, Unsent> {
        if self.left.load(Ordering::SeqCst) > 0 {
            self.left.fetch_sub(1, Ordering::SeqCst);
            return Err(Unsent { reason: "the line is down".to_owned() });
        }
        self.sent.fetch_add(1, Ordering::SeqCst);
        Ok(Sent { channel: "flaky".to_owned(), note: "sent".to_owned() })
    }
}

async fn with(failures: u32) -> (World, Arc<Flaky>) {
    let flaky = Arc::new(Flaky { left: AtomicU32::new(failures), sent: AtomicU32::new(0) });
    let channel: Arc<dyn Channel> = Arc::<Flaky>::clone(&flaky);
    let world = World::open_at(Data::Memory, NOON, |config| config.channels = Channels(vec![channel])).await.unwrap();
    (world, flaky)
}

#[tokio::test]
async fn an_empty_seat_is_an_event_and_shows_on_the_board() {
    let world = World::new().await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    world.act(case, "counsel").await.unwrap();
    let board = world.engine.board(&Filter::default()).await.unwrap();
    assert!(board.cases[0].unowned);
    assert_eq!(board.counts.unowned, 1);
    let entries = world.engine.timeline(case).await.unwrap().entries;
    let empty = entries.iter().rfind(|entry| entry.kind == EntryKind::Delivery).unwrap();
    assert_eq!(empty.title.en, "Nobody serves as Counsellor at Help desk");
    assert_eq!(empty.told[0].message.en, "Nobody is there for RJ-2026-000001");
}

#[tokio::test]
async fn without_a_channel_a_message_lies_in_the_box_and_says_so() {
    let world = World::new().await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    world.act(case, "answer").await.unwrap();
    let last = world.engine.timeline(case).await.unwrap().entries.pop().unwrap();
    assert_eq!(last.told[0].status, ToldStatus::Done);
    assert_eq!(last.told[0].message.en, "We have it as RJ-2026-000001");
    assert_eq!(last.told[0].note.as_ref().unwrap().en, "written to the outgoing box, no channel connected");
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_later_and_then_done_once() {
    let (world, flaky) = with(2).await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    world.act(case, "answer").await.unwrap();
    assert_eq!(world.engine.dispatch_once().await.unwrap(), 0, "not before its time");
    for _ in 0..2 {
        world.advance("10m");
        world.engine.dispatch_once().await.unwrap();
    }
    world.advance("10m");
    assert_eq!(world.engine.dispatch_once().await.unwrap(), 0);
    assert_eq!(flaky.sent.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_delivery_that_never_works_is_an_event_and_reaches_a_person() {
    let (world, flaky) = with(u32::MAX).await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    world.act(case, "answer").await.unwrap();
    for _ in 1..MOST_TRIES {
        world.advance("10m");
        world.engine.dispatch_once().await.unwrap();
    }
    world.engine.settle().await.unwrap();
    let entries = world.engine.timeline(case).await.unwrap().entries;
    let failed = entries.iter().rfind(|entry| entry.kind == EntryKind::Delivery).unwrap();
    assert_eq!(failed.title.en, "Could not be delivered: the line is down");
    assert_eq!(failed.told[0].message.en, "Nobody is there for RJ-2026-000001");
    assert_eq!(flaky.sent.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn two_dispatchers_deliver_each_effect_once() {
    let (world, flaky) = with(0).await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    for _ in 0..20 {
        world.engine.act(case, request(world.engine.new_id(), "answer")).await.unwrap();
    }
    let rounds: Vec<_> = (0..4)
        .map(|_| {
            let engine = Arc::clone(&world.engine);
            tokio::spawn(async move { engine.settle().await })
        })
        .collect();
    for round in rounds {
        round.await.unwrap().unwrap();
    }
    assert_eq!(flaky.sent.load(Ordering::SeqCst), 20);
    world.engine.verify_chain(case).await.unwrap();
}

#[tokio::test]
async fn effects_not_delivered_before_a_crash_are_delivered_after_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::at(folder.path()).await;
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    // committed, answered, and then the power goes
    world.engine.act(case, request(world.engine.new_id(), "counsel")).await.unwrap();
    let before = world.engine.timeline(case).await.unwrap().entries.len();
    drop(world);
    let world = World::at(folder.path()).await;
    world.engine.settle().await.unwrap();
    let after = world.engine.timeline(case).await.unwrap().entries;
    assert_eq!(after.len(), before + 1, "the owner was looked for once");
    drop(world);
    let world = World::at(folder.path()).await;
    world.engine.settle().await.unwrap();
    assert_eq!(world.engine.timeline(case).await.unwrap().entries.len(), before + 1);
}
