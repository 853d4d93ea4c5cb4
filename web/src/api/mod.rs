//! The JSON API. One file per endpoint: handler, OpenAPI text, tests.

pub mod acts;
pub mod alert;
pub mod alert_original;
pub mod alerts;
mod answers;
pub mod board;
pub mod case;
pub mod case_chart;
pub mod case_move;
pub mod chart_shape;
pub mod dead_letter_again;
pub mod dead_letters;
pub mod desk_notices;
mod engine_error;
pub mod filed;
pub mod filed_reopen;
pub mod health;
mod ids;
pub mod metrics;
pub mod openapi;
pub mod protocol_chart;
pub mod protocols;
pub mod record;
pub mod schedules;
pub mod session;
pub mod shape;
pub mod stream;
pub mod timeline;
pub mod versions;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use metrics_exporter_prometheus::PrometheusHandle;
use niyam_engine::engine::Engine;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::guard::Hosts;
use crate::http::{ApiError, assets, error, guard, headers, log, measure, patience};
use crate::staff::Staff;

/// Bytes that a JSON body may have at most. Alerts have their own, larger limit.
const JSON_BYTES: usize = 1024 * 1024;

/// What the handlers work with.
#[derive(Clone)]
pub struct App {
    /// The engine.
    pub engine: Arc<Engine>,
    /// Who may act.
    pub staff: Arc<Staff>,
    /// How many times faster than real time the clock runs; 1 outside the demo.
    pub clock_rate: u32,
    /// Turns true when the server stops.
    pub stopping: watch::Receiver<bool>,
    /// Which host names are answered.
    pub hosts: Hosts,
    /// Whether work may be sent here.
    pub readiness: health::Readiness,
    /// Where metrics are read; `None` where none are kept.
    pub metrics: Option<PrometheusHandle>,
}

impl App {
    /// The handlers' world around an engine.
    #[must_use]
    pub fn new(engine: Arc<Engine>, staff: Staff, hosts: Hosts, stopping: watch::Receiver<bool>) -> Self {
        let readiness = health::Readiness::default();
        Self { engine, staff: Arc::new(staff), clock_rate: 1, stopping, hosts, readiness, metrics: None }
    }
}

/// The OpenAPI document before the routes are added.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Niyam",
        description = "Runs police protocols for people in distress. Times are RFC 3339 in UTC with milliseconds; texts \
                       are in English and Hindi; every error has the shape `ErrorBody`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(error::ErrorBody))
)]
struct Document;

/// All routes with their descriptions.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(metrics::metrics))
        .routes(routes!(openapi::openapi))
        .routes(routes!(session::read, session::switch))
        .routes(routes!(board::board))
        .routes(routes!(case::case))
        .routes(routes!(timeline::timeline))
        .routes(routes!(case_chart::chart))
        .routes(routes!(acts::act))
        .routes(routes!(case_move::apply))
        .routes(routes!(case_move::preview))
        .routes(routes!(record::record))
        .routes(routes!(alerts::receive))
        .routes(routes!(alert::alert))
        .routes(routes!(alert_original::original))
        .routes(routes!(filed::filed))
        .routes(routes!(filed_reopen::reopen))
        .routes(routes!(protocols::protocols))
        .routes(routes!(protocol_chart::chart))
        .routes(routes!(versions::versions))
        .routes(routes!(schedules::schedules))
        .routes(routes!(desk_notices::desk_notices))
        .routes(routes!(dead_letters::dead_letters))
        .routes(routes!(dead_letter_again::again))
        .routes(routes!(stream::stream))
}

/// The OpenAPI document of all routes.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    routes().split_for_parts().1
}

/// The whole service: API, screens, and what every answer has in common.
pub fn router(app: App) -> Router {
    let (api, _) = routes().split_for_parts();
    let hosts = app.hosts;
    api.fallback(assets::serve)
        .with_state(app)
        .layer(DefaultBodyLimit::max(JSON_BYTES))
        .layer(from_fn_with_state(hosts, guard::same_origin))
        .layer(from_fn(patience::bounded))
        .layer(CatchPanicLayer::custom(|_| axum::response::IntoResponse::into_response(ApiError::internal())))
        .layer(from_fn(error::render))
        .layer(from_fn(headers::secure))
        .layer(CompressionLayer::new())
        .layer(from_fn(measure::measure))
        .layer(TraceLayer::new_for_http().make_span_with(log::span).on_response(log::answered).on_failure(()))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}
