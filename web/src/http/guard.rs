//! Keeps other web sites from acting through an officer's browser.
//!
//! Until sign-in exists the server trusts whoever reaches it, which is why it listens on loopback only. A page of
//! another site open in the same browser reaches loopback too, hence these two checks: a changing request must not come
//! from another origin, and the host name must be one of this machine's (against names that are re-bound to it).

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{ApiError, ErrorCode};

/// Which host names are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// Any: the demo.
    Any,
    /// `localhost`, `127.0.0.1`, `[::1]`.
    Loopback,
}

/// Middleware: refuses changing requests of other origins, and foreign host names.
pub async fn same_origin(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let reading = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    if !host_is_answered(headers, hosts) || (!reading && comes_from_elsewhere(headers)) {
        return ApiError::new(
            StatusCode::FORBIDDEN,
            ErrorCode::ForeignOrigin,
            "This request comes from another web site. Open Niyam itself and try again.",
            "यह अनुरोध किसी दूसरी वेबसाइट से आया है। नियम को सीधे खोलकर फिर प्रयास करें।",
        )
        .into_response();
    }
    next.run(request).await
}

fn host_is_answered(headers: &HeaderMap, hosts: Hosts) -> bool {
    match hosts {
        Hosts::Any => true,
        Hosts::Loopback => host(headers).is_none_or(|host| {
            let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
            matches!(name.map_or(host, |(name, _)| name), "localhost" | "127.0.0.1" | "[::1]")
        }),
    }
}

fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok()) {
        return !matches!(site, "same-origin" | "none");
    }
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    origin.is_some_and(|origin| origin.split_once("://").map(|(_, host)| host) != host(headers))
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().expect("a header name"), value.parse().expect("a value")))
            .collect()
    }

    #[test]
    fn only_names_of_this_machine_are_answered_on_loopback() {
        for host in ["localhost:8080", "127.0.0.1:1", "[::1]:8080", "localhost"] {
            assert!(host_is_answered(&headers(&[("host", host)]), Hosts::Loopback), "{host}");
        }
        for host in ["rebound.example.com:8080", "127.0.0.1.example.com", "localhost.example.org:80"] {
            assert!(!host_is_answered(&headers(&[("host", host)]), Hosts::Loopback), "{host}");
            assert!(host_is_answered(&headers(&[("host", host)]), Hosts::Any));
        }
    }

    #[test]
    fn other_sites_are_recognised() {
        assert!(comes_from_elsewhere(&headers(&[("host", "localhost:1"), ("origin", "https://other.example.com")])));
        assert!(comes_from_elsewhere(&headers(&[("host", "localhost:1"), ("sec-fetch-site", "cross-site")])));
        assert!(comes_from_elsewhere(&headers(&[("host", "localhost:1"), ("origin", "null")])));
        assert!(!comes_from_elsewhere(&headers(&[("host", "localhost:1"), ("origin", "http://localhost:1")])));
        assert!(!comes_from_elsewhere(&headers(&[("host", "localhost:1"), ("sec-fetch-site", "same-origin")])));
        assert!(!comes_from_elsewhere(&headers(&[("host", "localhost:1")])), "programs send neither");
    }
}
