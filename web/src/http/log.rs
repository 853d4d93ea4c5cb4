//! What is logged of each request: method, route as a pattern, status, time. Never a name, number, text or query.

use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use tower_http::request_id::RequestId;
use tracing::Span;

/// The span of a request.
pub fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("screens", MatchedPath::as_str);
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    tracing::info_span!("request", request.id = id.unwrap_or_default(), http.method = %request.method(), http.route = route)
}

/// Logs the answer of a request.
pub fn answered(response: &Response, latency: Duration, span: &Span) {
    let duration_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(parent: span, http.status = response.status().as_u16(), duration_ms, "answered");
}
