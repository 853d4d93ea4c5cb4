//! What was given up, and trying it again by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use niyam_engine::engine::Data;
use niyam_engine::error::ActError;
use niyam_engine::outbox::{Channel, Channels, MOST_TRIES, Sent, Unsent};
use niyam_engine::store::OutgoingRow;

use crate::world::{NOON, World, officer};

#[derive(Default)]
struct Line {
    works: AtomicBool,
    sent: AtomicU32,
}

#[async_trait]
impl Channel for Line {
    fn name(&self) -> &'static str {
        "line"
    }

    fn carries(&self, _message: &OutgoingRow) -> bool {
        true
    }

    async fn send(&self, _message: &OutgoingRow) -> Result<Sent, Unsent> {
        if !self.works.load(Ordering::SeqCst) {
            return Err(Unsent { reason: "the line is down".to_owned() });
        }
        self.sent.fetch_add(1, Ordering::SeqCst);
        Ok(Sent { channel: "line".to_owned(), note: "sent".to_owned() })
    }
}

#[tokio::test]
async fn a_message_that_was_given_up_is_listed_and_sent_again_by_hand() {
    let line = Arc::<Line>::default();
    let channel: Arc<dyn Channel> = Arc::<Line>::clone(&line);
    let world = World::open_at(Data::Memory, NOON, |config| config.channels = Channels(vec![channel])).await.unwrap();
    let case = world.case().await;
    world.act(case, "take").await.unwrap();
    world.act(case, "answer").await.unwrap();
    assert_eq!(world.engine.dead_letters().await.unwrap(), []);
    for _ in 1..MOST_TRIES {
        world.advance("10m");
        world.engine.settle().await.unwrap();
    }
    let letters = world.engine.dead_letters().await.unwrap();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((letter.case, letter.attempts, letter.reason.as_str()), (case, MOST_TRIES, "the line is down"));
    assert_eq!((letter.to.en.as_str(), letter.message.en.as_str()), ("the platform", "We have it as RJ-2026-000001"));

    line.works.store(true, Ordering::SeqCst);
    world.advance("10m");
    world.engine.settle().await.unwrap();
    assert_eq!(line.sent.load(Ordering::SeqCst), 0, "what was given up does not go by itself");
    world.engine.deliver_again(letter.id, &officer()).await.unwrap();
    world.engine.settle().await.unwrap();
    assert_eq!(line.sent.load(Ordering::SeqCst), 1);
    assert_eq!(world.engine.dead_letters().await.unwrap(), []);
    let again = world.engine.deliver_again(letter.id, &officer()).await;
    assert!(matches!(again, Err(ActError::NotFailed(id)) if id == letter.id), "{again:?}");
    let entries = world.engine.timeline(case).await.unwrap().entries;
    assert!(entries.iter().any(|entry| entry.title.en == "A failed message is sent again"));
    world.engine.verify_chain(case).await.unwrap();
}
