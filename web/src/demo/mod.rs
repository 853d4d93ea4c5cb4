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
    let began_ms = engine.now().as_ms();
    // Serial numbers follow the time, so that a restart begins behind those it used before.
    let serial = u64::try_from(began_ms / 1_000).unwrap_or(0);
    let mut officers = Officers::new(engine.clone(), seats);
    let mut senders: Option<Senders> = None;
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = second.tick() => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        let open = match officers.work().await {
            Ok(open) => open,
            Err(error) => {
                tracing::warn!(%error, "an invented officer could not work");
                continue;
            }
        };
        let senders = senders.get_or_insert_with(|| Senders::new(Author::new(serial, serial), open));
        for (scene, story) in senders.second(open) {
            if let Err(error) = send(&engine, scene, &story).await {
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
    use super::*;

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
