//! Headers that keep the screens to themselves: content security policy and its relatives.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// A value for one answer only that marks its style elements as ours.
#[derive(Clone, Debug)]
pub struct StyleNonce(pub String);

/// Middleware: security headers on every answer, and a fresh [`StyleNonce`] for the page.
pub async fn secure(mut request: Request, next: Next) -> Response {
    #[expect(clippy::disallowed_methods, reason = "a nonce must be unforeseeable and is never stored")]
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    request.extensions_mut().insert(StyleNonce(nonce.clone()));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = format!(
        "default-src 'none'; script-src 'self'; connect-src 'self'; font-src 'self'; img-src 'self' data:; \
         style-src 'self' 'nonce-{nonce}'; manifest-src 'self'; media-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    );
    set(headers, header::CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy).ok());
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "geolocation=(), camera=(), microphone=()"),
    ] {
        set(headers, name, Some(HeaderValue::from_static(value)));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}
