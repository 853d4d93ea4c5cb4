//! A whole service in memory, with a clock that stands.

use std::sync::Arc;

use axum::Router;
use niyam_engine::engine::{Config, Data, Engine};
use niyam_engine::outbox::Channels;
use niyam_engine::time::{ManualClock, SeededEntropy};
use niyam_engine::understood::ReadByPeople;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::Library;
use niyam_web::api::{self, App};
use niyam_web::http::guard::Hosts;
use niyam_web::people::Office;
use niyam_web::staff::Staff;
use tokio::sync::watch;

/// 2026-11-21T08:30:00Z: two in the afternoon in India.
pub const NOON: Timestamp = Timestamp::from_ms(1_795_249_800_000);

/// No protocols, nobody on the roster.
pub async fn empty() -> Router {
    let office = Office::read("people.csv", "").expect("an empty roster");
    let config = Config {
        data: Data::Memory,
        clock: Arc::new(ManualClock::at(NOON)),
        entropy: Arc::new(SeededEntropy::new(1)),
        library: Library::default(),
        people: Arc::new(office),
        intake: Arc::new(ReadByPeople { protocol: "distress-response".to_owned() }),
        channels: Channels::default(),
        max_pages: None,
    };
    let engine = Engine::open(config).await.expect("memory opens");
    let stopping = watch::channel(false).1;
    api::router(App::new(engine, Staff::default(), Hosts::Loopback, stopping))
}
