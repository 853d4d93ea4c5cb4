//! `GET /metrics`

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::App;
use crate::http::ApiError;
use crate::server::Peer;
use crate::telemetry::numbers;

/// Headers by which a proxy says that it passes on a request of somebody else.
const PASSED_ON: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/// Numbers about the running program, as Prometheus reads them. They name no person; how much work a unit has is still
/// nobody's business, so only programs on the same machine may read them, and not through a proxy: everybody else is told
/// that there is nothing.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/metrics", tag = "server", responses(
    (status = 200, description = "text format of Prometheus", body = String, content_type = "text/plain"),
    (status = 404, description = "not for this caller, or no metrics are kept"),
))]
pub async fn metrics(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let nothing = || ApiError::not_found("There is nothing at this address.", "इस पते पर कुछ नहीं है।");
    let handle = app.metrics.as_ref().filter(|_| is_direct(peer.map(|peer| peer.0), &headers)).ok_or_else(nothing)?;
    numbers::of_process();
    let _told_as_metrics = app.readiness.of(&app.engine).await;
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((StatusCode::OK, kind, handle.render()).into_response())
}

fn is_direct(peer: Option<Peer>, headers: &HeaderMap) -> bool {
    peer.is_some_and(|Peer(address)| address.ip().to_canonical().is_loopback())
        && !PASSED_ON.iter().any(|name| headers.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_on_the_same_machine_read_them() {
        let peer = |text: &str| Some(Peer(text.parse().expect("an address")));
        let direct = HeaderMap::new();
        for own in ["127.0.0.1:40000", "[::1]:40000", "[::ffff:127.0.0.1]:40000"] {
            assert!(is_direct(peer(own), &direct), "{own}");
        }
        assert!(!is_direct(peer("192.0.2.7:40000"), &direct));
        assert!(!is_direct(None, &direct));
        for name in PASSED_ON {
            let passed_on =
                HeaderMap::from_iter([(name.parse().expect("a name"), "192.0.2.7".parse().expect("a value"))]);
            assert!(!is_direct(peer("127.0.0.1:40000"), &passed_on), "{name}");
        }
    }
}
