//! How long requests take.

use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use metrics::histogram;
use tokio::time::Instant;

use crate::telemetry::names::HTTP_REQUEST_SECONDS;

/// Middleware: measures each request by method, route as a pattern, and class of status.
pub async fn measure(request: Request, next: Next) -> Response {
    let method = method(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("screens", MatchedPath::as_str).to_owned();
    let began = Instant::now();
    let response = next.run(request).await;
    histogram!(HTTP_REQUEST_SECONDS, "method" => method, "route" => route, "status" => class(response.status()))
        .record(began.elapsed());
    response
}

/// A caller may write any word as a method: only those that are served have a label.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
