//! What every answer has in common.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use niyam_web::api;
use tower::ServiceExt as _;

mod world;

async fn get(path: &str) -> (axum::http::response::Parts, String) {
    let request = Request::get(path).header("host", "localhost:8080").body(Body::empty()).expect("a request");
    let response = world::empty().await.oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body in memory");
    (parts, String::from_utf8_lossy(&bytes).into_owned())
}

#[test]
fn every_route_is_listed() {
    let listed: Vec<&str> = include_str!("../routes.txt")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .filter_map(|line| line.split("  ").next())
        .collect();
    let mut found = Vec::new();
    for (path, item) in &api::document().paths.paths {
        let methods = [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("DELETE", &item.delete),
            ("PATCH", &item.patch),
        ];
        found.extend(
            methods.iter().filter(|(_, operation)| operation.is_some()).map(|(method, _)| format!("{method} {path}")),
        );
    }
    found.sort_by_key(|route| route.split_once(' ').map(|(method, path)| (path.to_owned(), method.to_owned())));
    assert_eq!(found, listed, "name each route in web/routes.txt, sorted by path, with who may call it");
}

#[tokio::test]
async fn unknown_api_addresses_answer_in_the_one_error_shape() {
    let (parts, body) = get("/api/v1/nothing").await;
    assert_eq!(parts.status, StatusCode::NOT_FOUND);
    let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(body["error"]["code"], "not_found");
    assert_eq!(body["error"]["request_id"], parts.headers["x-request-id"].to_str().expect("text"));
    assert!(body["error"]["message"]["hi"].as_str().is_some_and(|hi| !hi.is_empty()));
}

#[tokio::test]
async fn every_other_address_is_the_page_with_a_strict_policy() {
    let (parts, body) = get("/cases/case_1").await;
    assert_eq!(parts.status, StatusCode::OK);
    let policy = parts.headers["content-security-policy"].to_str().expect("text").to_owned();
    let nonce = body.split_once("nonce=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a nonce").0;
    assert!(policy.contains("default-src 'none'") && policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(parts.headers["x-content-type-options"], "nosniff");
    let (again, _) = get("/").await;
    assert_ne!(
        again.headers["content-security-policy"], parts.headers["content-security-policy"],
        "a nonce serves once"
    );
}

#[tokio::test]
async fn a_missing_script_is_no_page() {
    assert_eq!(get("/assets/gone-12345678.js").await.0.status, StatusCode::NOT_FOUND);
}
