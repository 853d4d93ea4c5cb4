//! How long a request may take.

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tower_http::timeout::TimeoutBody;

use super::{ApiError, ErrorCode};

/// Most time from the head of a request to the head of its answer.
const REQUEST: Duration = Duration::from_mins(1);
/// The same where a large body may come over a slow line: 40 MB at 1 Mbit/s take 5 minutes 20 seconds.
const ALERT: Duration = Duration::from_mins(10);
/// Most time between two parts of a body.
const PAUSE: Duration = Duration::from_secs(20);
/// Where large bodies come.
const ALERTS: &str = "/api/v1/alerts";

/// Middleware: ends a request that takes too long, and a body that stops coming.
pub async fn bounded(request: Request, next: Next) -> Response {
    let large = request.method() == Method::POST && request.uri().path() == ALERTS;
    let request = request.map(|body| Body::new(TimeoutBody::new(PAUSE, body)));
    match tokio::time::timeout(if large { ALERT } else { REQUEST }, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::TookTooLong,
            "This took too long and was given up. Whether it was stored is not known: send the same again.",
            "इसमें बहुत समय लगा और इसे छोड़ दिया गया। यह सहेजा गया या नहीं, ज्ञात नहीं: वही दोबारा भेजें।",
        )
        .retry_after_s(5)
        .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use tokio_stream::StreamExt as _;
    use tower::ServiceExt as _;

    use super::*;

    async fn status(path: &str, handler_takes: Duration) -> StatusCode {
        let handler = move || async move { tokio::time::sleep(handler_takes).await };
        let router = Router::new().route(path, post(handler)).layer(from_fn(bounded));
        let request = Request::post(path).body(Body::empty()).expect("a request");
        router.oneshot(request).await.expect("infallible").status()
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_has_a_minute_and_an_alert_ten() {
        assert_eq!(status("/api/v1/other", Duration::from_secs(59)).await, StatusCode::OK);
        assert_eq!(status("/api/v1/other", Duration::from_secs(61)).await, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(ALERTS, Duration::from_secs(599)).await, StatusCode::OK);
        assert_eq!(status(ALERTS, Duration::from_secs(601)).await, StatusCode::SERVICE_UNAVAILABLE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_coming_breaks_off() {
        let read = |body: Body| async move {
            let whole = axum::body::to_bytes(body, 100).await;
            if whole.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST }
        };
        for (pause, wanted) in [(19, StatusCode::OK), (21, StatusCode::BAD_REQUEST)] {
            let router = Router::new().route("/", post(read)).layer(from_fn(bounded));
            let parts = tokio_stream::iter([1, 2]).then(move |_| async move {
                tokio::time::sleep(Duration::from_secs(pause)).await;
                Ok::<_, std::io::Error>("part")
            });
            let request = Request::post("/").body(Body::from_stream(parts)).expect("a request");
            assert_eq!(router.oneshot(request).await.expect("infallible").status(), wanted, "{pause} s");
        }
    }
}
