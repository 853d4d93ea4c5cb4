//! The invented world that `niyam serve --demo` shows: alerts that arrive, officers who act, a clock that runs faster.
//!
//! The roster is `web/demo/people.csv`. Two districts that alerts come from have nobody on purpose (Pali, Jhansi), so
//! that an empty seat and what the protocol does about it are seen.

pub mod alerts;
mod answers;
pub mod clock;
mod dice;
mod officers;
mod senders;

use std::sync::Arc;
use std::time::Duration;

use niyam_engine::engine::Engine;
use niyam_engine::error::ReceiveError;
use niyam_engine::request::Received;
use tokio::sync::watch;

use crate::people::{Office, RosterError};
use crate::staff::Seat;

use alerts::{Author, Scene, Story};
use officers::Officers;
use senders::Senders;

/// The demo's roster.
///
/// # Errors
/// Mistakes in the file; a test reads it.
pub fn office() -> Result<Office, RosterError> {
    Office::read("web/demo/people.csv", include_str!("../../demo/people.csv"))
}

/// Plays the demo until `stopping` turns true. What fails is logged and tried again a second later.
pub async fn play(engine: Arc<Engine>, seats: Vec<Seat>, mut stopping: watch::Receiver<bool>) {
    let mut play = Play::new(engine, seats);
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = second.tick() => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        play.second().await;
    }
}

/// Everybody in the demo. Knows no clock: it is told when a second has passed.
struct Play {
    engine: Arc<Engine>,
    serial: u64,
    officers: Officers,
    senders: Option<Senders>,
}

impl Play {
    fn new(engine: Arc<Engine>, seats: Vec<Seat>) -> Self {
        // Serial numbers follow the time, so that a restart begins behind those it used before.
        let serial = u64::try_from(engine.now().as_ms() / 1_000).unwrap_or(0);
        Self { serial, officers: Officers::new(engine.clone(), seats), senders: None, engine }
    }

    async fn second(&mut self) {
        let open = match self.officers.work().await {
            Ok(open) => open,
            Err(error) => {
                tracing::warn!(%error, "an invented officer could not work");
                return;
            }
        };
        let serial = self.serial;
        let senders = self.senders.get_or_insert_with(|| Senders::new(Author::new(serial, serial), open));
        for (scene, story) in senders.second(open) {
            if let Err(error) = send(&self.engine, scene, &story).await {
                tracing::warn!(%error, "an invented alert was not taken in");
            }
        }
    }
}

async fn send(engine: &Engine, scene: Scene, story: &Story) -> Result<(), ReceiveError> {
    let now = engine.now();
    let alert = story.tell(scene, now);
    let received = Received {
        channel: alert.channel.as_str().to_owned(),
        content_type: alert.channel.media_type().to_owned(),
        bytes: alert.body.into_bytes(),
        received_at: now,
        drill: false,
    };
    engine.receive(received).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use niyam_engine::engine::{Config, Data, Limits};
    use niyam_engine::outbox::Channels;
    use niyam_engine::time::{ManualClock, SeededEntropy};
    use niyam_engine::view::{EntryKind, Filter, LifeView};
    use niyam_kernel::time::Timestamp;

    use super::*;

    /// Five minutes of the demo, as fast as they can be reckoned.
    #[tokio::test]
    async fn officers_do_what_they_may_and_cases_come_to_their_end() {
        const START_MS: i64 = 1_795_249_800_000;
        let office = office().expect("no mistakes");
        let seats = office.seats();
        let clock = Arc::new(ManualClock::at(Timestamp::from_ms(START_MS)));
        let engine = Engine::open(Config {
            data: Data::Memory,
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(7)),
            library: niyam_rules::shipped::library(),
            people: Arc::new(office),
            intake: crate::intake::shipped(),
            channels: Channels::default(),
            max_pages: None,
            schedules: niyam_engine::schedule::Schedules::shipped(),
            limits: Limits::default(),
        })
        .await
        .expect("memory opens");
        let mut play = Play::new(engine.clone(), seats);
        let mut first_closed = None;
        for second in 1..=300_i64 {
            clock.set(Timestamp::from_ms(START_MS + second * 1_000 * i64::from(clock::RATE)));
            engine.settle().await.expect("it settles");
            play.second().await;
            let board = engine.board(&Filter { open: Some(false), limit: 0 }).await.expect("a board");
            if !board.cases.is_empty() {
                first_closed.get_or_insert(second);
            }
        }
        let board = engine.board(&Filter::default()).await.expect("a board");
        let (mut refused, mut people, mut late, mut forwarded) = (BTreeMap::<String, u32>::new(), 0, 0, 0);
        let (mut protocols, mut levels) = (BTreeMap::<String, u32>::new(), BTreeMap::<String, u32>::new());
        let mut outcomes = BTreeMap::<String, u32>::new();
        for card in &board.cases {
            *protocols.entry(card.protocol.name.clone()).or_default() += 1;
            *levels.entry(card.level.clone().unwrap_or_default()).or_default() += 1;
            *outcomes.entry(card.outcome.clone().unwrap_or_default()).or_default() += 1;
            let entries = engine.timeline(card.id).await.expect("a timeline").entries;
            late += u32::from(entries.iter().any(|entry| entry.kind == EntryKind::Clock));
            for entry in entries {
                people += u32::from(matches!(entry.kind, EntryKind::Act | EntryKind::Recorded));
                forwarded += u32::from(entry.title.en.contains("orward") && entry.kind == EntryKind::Act);
                if entry.kind == EntryKind::Refused {
                    let why = entry.reasons.iter().map(|reason| reason.text.en.as_str()).collect::<Vec<_>>().join("; ");
                    *refused.entry(format!("{}: {}: {why}", card.protocol.name, entry.title.en)).or_default() += 1;
                }
            }
        }
        let closed = board.cases.iter().filter(|card| card.life == LifeView::Closed).count();
        let waiting = board.cases.iter().filter(|card| card.life == LifeView::Open && card.overdue).count();
        let told = format!(
            "{} cases {protocols:?}, {levels:?}, {outcomes:?}; {closed} closed, the first after {first_closed:?} s, {waiting} overdue; \
             {people} things done, {late} cases with a clock run out, {forwarded} forwarded; refused: {refused:#?}",
            board.cases.len()
        );
        let refusals: u32 = refused.values().sum();
        assert!(refusals * 100 <= people, "{refused:#?}");
        assert!(first_closed.is_some_and(|second| second <= 300), "{first_closed:?}");
        assert!(closed >= 3 && waiting >= 1 && late >= 5 && forwarded >= 1 && levels.len() >= 3, "{told}");
        assert!(protocols.len() == 4 && protocols.values().all(|cases| *cases >= 2), "{protocols:?}");
    }

    #[test]
    fn the_roster_has_no_mistakes_and_fills_every_role() {
        let seats = office().expect("no mistakes").seats();
        for bundle in niyam_rules::shipped::library().values().filter(|bundle| bundle.name != "distress-response") {
            let compiled = niyam_rules::compile(bundle, &niyam_rules::shipped::library());
            let Some(protocol) = compiled.protocol else { continue };
            for role in protocol.roles.keys() {
                assert!(seats.iter().any(|seat| seat.role == *role), "{}: nobody is `{role}`", bundle.name);
            }
        }
        let invented = |name: &str| ["Kalpit", "Namuna", "Udaharan"].iter().any(|surname| name.ends_with(surname));
        assert!(seats.iter().all(|seat| invented(&seat.name.en)));
    }
}
