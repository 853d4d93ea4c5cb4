//! The screens, embedded in the binary.
//!
//! `web/ui/dist` is made by Vite and not checked in. A build without it answers with a page that says how to make it,
//! so that tests need no Node.

use axum::Extension;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::RustEmbed;

use super::headers::StyleNonce;
use crate::api::shape::hex;

#[derive(RustEmbed)]
#[folder = "ui/dist/"]
#[allow_missing = true]
struct Dist;

const STUB: &str = include_str!("stub.html");

/// Answers everything that is no API: a file of the screens, else the page itself.
pub async fn serve(Extension(nonce): Extension<StyleNonce>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    match Dist::get(path).filter(|_| path != "index.html") {
        Some(file) => asset(path, &file, request.headers()),
        // A missing script or API address must not come back as a page: the browser would say something misleading.
        None if path.starts_with("assets/") || path.starts_with("api/") => StatusCode::NOT_FOUND.into_response(),
        None => page(&nonce),
    }
}

fn page(nonce: &StyleNonce) -> Response {
    let index = Dist::get("index.html");
    let html = index.as_ref().and_then(|file| std::str::from_utf8(&file.data).ok()).unwrap_or(STUB);
    let marked = html
        .replacen("<head>", &format!("<head><meta property=\"csp-nonce\" nonce=\"{}\">", nonce.0), 1)
        .replace("<style>", &format!("<style nonce=\"{}\">", nonce.0));
    let mut response = Html(marked).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn asset(path: &str, file: &rust_embed::EmbeddedFile, request: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex(&file.metadata.sha256_hash()[..16]));
    let hashed = path.starts_with("assets/");
    let cache = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = request.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()) == Some(tag.as_str());
    let mut response =
        if known { StatusCode::NOT_MODIFIED.into_response() } else { file.data.to_vec().into_response() };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let headers = response.headers_mut();
    for (name, value) in [(header::CONTENT_TYPE, kind.as_ref()), (header::CACHE_CONTROL, cache), (header::ETAG, &tag)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}
