//! A whole service in memory, with a clock that stands.

#![allow(dead_code, reason = "each test binary uses its part of the world")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::response::Parts;
use axum::http::{Request, StatusCode};
use niyam_engine::engine::{Config, Data, Engine, Limits};
use niyam_engine::outbox::Channels;
use niyam_engine::time::{ManualClock, SeededEntropy};
use niyam_engine::understood::ReadByPeople;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::Library;
use niyam_web::api::{self, App};
use niyam_web::demo;
use niyam_web::http::guard::Hosts;
use niyam_web::people::Office;
use niyam_web::staff::Staff;
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt as _;

/// 2026-11-21T08:30:00Z: two in the afternoon in India.
pub const NOON: Timestamp = Timestamp::from_ms(1_795_249_800_000);
/// Operator of Kota's desk.
pub const DESK: &str = "abhay-desk:help_desk";
/// Who is in charge there.
pub const SUPERVISOR: &str = "abhay-supervisor:desk_supervisor";
/// A team in the field.
pub const FIELD: &str = "kota-team:field_team";

/// The demo's people on the shipped protocols; every alert opens a case of Kota's.
pub struct World {
    pub engine: Arc<Engine>,
    pub clock: Arc<ManualClock>,
    pub router: Router,
    pub stop: watch::Sender<bool>,
}

impl World {
    pub async fn new() -> Self {
        Self::with_pages(None).await
    }

    /// With a database that may grow to so many pages only, as on a full disk.
    pub async fn with_pages(max_pages: Option<u32>) -> Self {
        let office = demo::office().expect("the demo's roster");
        let staff = Staff { seats: office.seats(), may_switch: true, operator: Some(0) };
        let clock = Arc::new(ManualClock::at(NOON));
        let config = Config { max_pages, ..config(office, niyam_rules::shipped::library(), clock.clone()) };
        let engine = Engine::open(config).await.expect("memory opens");
        let (stop, stopping) = watch::channel(false);
        let router = api::router(App::new(engine.clone(), staff, Hosts::Loopback, stopping));
        Self { engine, clock, router, stop }
    }

    pub async fn get(&self, path: &str, seat: Option<&str>) -> (StatusCode, Value) {
        let (parts, bytes) = self.raw(path, seat).await;
        (parts.status, json(&bytes))
    }

    pub async fn raw(&self, path: &str, seat: Option<&str>) -> (Parts, Vec<u8>) {
        send(self.router.clone(), "GET", path, seat, "application/json", Vec::new()).await
    }

    pub async fn post(&self, path: &str, seat: &str, body: Value) -> (StatusCode, Value) {
        let body = serde_json::to_vec(&body).expect("JSON");
        let (parts, bytes) = send(self.router.clone(), "POST", path, Some(seat), "application/json", body).await;
        (parts.status, json(&bytes))
    }

    pub async fn act(&self, case: &str, seat: &str, body: Value) -> (StatusCode, Value) {
        self.post(&format!("/api/v1/cases/{case}/acts"), seat, body).await
    }

    pub async fn post_bytes(&self, path: &str, body: Vec<u8>) -> (StatusCode, Value) {
        let (parts, bytes) = send(self.router.clone(), "POST", path, None, "message/rfc822", body).await;
        (parts.status, json(&bytes))
    }
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(bytes)))
}

/// Sends one request, as a seat of the demo's roster.
pub async fn send(
    router: Router,
    method: &str,
    path: &str,
    seat: Option<&str>,
    kind: &str,
    body: Vec<u8>,
) -> (Parts, Vec<u8>) {
    let mut request =
        Request::builder().method(method).uri(path).header("host", "localhost:8080").header("content-type", kind);
    if let Some(seat) = seat {
        request = request.header("cookie", format!("niyam_seat={seat}"));
    }
    let response = router.oneshot(request.body(Body::from(body)).expect("a request")).await.expect("infallible");
    let (parts, body) = response.into_parts();
    (parts, axum::body::to_bytes(body, usize::MAX).await.expect("a body in memory").to_vec())
}

/// No protocols, nobody on the roster.
pub async fn empty() -> Router {
    let office = Office::read("people.csv", "").expect("an empty roster");
    let config = config(office, Library::default(), Arc::new(ManualClock::at(NOON)));
    let engine = Engine::open(config).await.expect("memory opens");
    let stopping = watch::channel(false).1;
    api::router(App::new(engine, Staff::default(), Hosts::Loopback, stopping))
}

fn config(office: Office, library: Library, clock: Arc<ManualClock>) -> Config {
    Config {
        data: Data::Memory,
        clock,
        entropy: Arc::new(SeededEntropy::new(1)),
        library,
        people: Arc::new(office),
        intake: Arc::new(ReadByPeople { protocol: "kota".to_owned() }),
        channels: Channels::default(),
        max_pages: None,
        schedules: niyam_engine::schedule::Schedules::shipped(),
        limits: Limits::default(),
    }
}
