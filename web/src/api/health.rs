//! `GET /healthz` and `GET /readyz`

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use metrics::gauge;
use niyam_engine::engine::Engine;
use niyam_engine::health::{Health, PartHealth};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::App;
use crate::telemetry::names::READY;

/// How long an answer of the engine is good for: whoever asks all the time does not make it write all the time.
const GOOD_FOR: Duration = Duration::from_secs(2);

/// Whether work may be sent here. Shared by everybody who asks.
#[derive(Clone, Debug, Default)]
pub struct Readiness {
    draining: Arc<AtomicBool>,
    last: Arc<Mutex<Option<(Instant, Health)>>>,
}

impl Readiness {
    /// From now on no work may be sent here: the server is about to stop.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// How it is, and told to the metrics.
    pub async fn of(&self, engine: &Engine) -> ReadyShape {
        // those who ask at the same time wait for one answer
        let mut last = self.last.lock().await;
        let health = match *last {
            Some((at, health)) if at.elapsed() < GOOD_FOR => health,
            _ => {
                let health = engine.health().await;
                *last = Some((Instant::now(), health));
                health
            }
        };
        drop(last);
        let serving = if self.draining.load(Ordering::SeqCst) { "draining" } else { "good" };
        let parts: BTreeMap<&'static str, &'static str> = [
            ("database", health.database.as_str()),
            ("schema", health.schema.as_str()),
            ("clocks", health.clocks.as_str()),
            ("outbox", health.outbox.as_str()),
            ("serving", serving),
        ]
        .into();
        let good = PartHealth::Good.as_str();
        for (part, state) in &parts {
            gauge!(READY, "part" => *part).set(if *state == good { 1.0 } else { 0.0 });
        }
        ReadyShape { ready: parts.values().all(|state| *state == good), parts }
    }
}

/// Whether the server may be sent work.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadyShape {
    /// All parts are good.
    ready: bool,
    /// Each part with its state: `good`, or what is wrong: `not_running`, `stuck`, `unreachable`, `full`,
    /// `not_writable`, `outdated`, `draining`. The parts are `database`, `schema`, `clocks`, `outbox`, `serving`.
    #[schema(value_type = BTreeMap<String, String>)]
    parts: BTreeMap<&'static str, &'static str>,
}

/// Whether the process lives. Asks nothing else: whoever restarts on this must not restart because the database is away.
#[utoipa::path(get, path = "/healthz", tag = "server", responses((status = 200, description = "it answers", body = String)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether work may be sent here: the database answers and can be written, clocks and deliveries go on, and the server is
/// not about to stop.
#[utoipa::path(get, path = "/readyz", tag = "server", responses(
    (status = 200, description = "all parts are good", body = ReadyShape),
    (status = 503, description = "at least one part is not", body = ReadyShape),
))]
pub async fn readyz(State(app): State<App>) -> (StatusCode, Json<ReadyShape>) {
    let shape = app.readiness.of(&app.engine).await;
    let status = if shape.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(shape))
}
