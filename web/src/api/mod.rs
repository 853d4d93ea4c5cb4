//! The JSON API. One file per endpoint: handler, OpenAPI text, tests.

pub mod health;
pub mod shape;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::guard::Hosts;
use crate::http::{ApiError, assets, error, guard, headers};

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
fn routes() -> OpenApiRouter {
    OpenApiRouter::with_openapi(Document::openapi()).routes(routes!(health::healthz))
}

/// The OpenAPI document of all routes.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    routes().split_for_parts().1
}

/// The whole service: API, screens, and what every answer has in common.
#[must_use]
pub fn router(hosts: Hosts) -> Router {
    let (api, _) = routes().split_for_parts();
    api.fallback(assets::serve)
        .layer(from_fn_with_state(hosts, guard::same_origin))
        .layer(CatchPanicLayer::custom(|_| {
            axum::response::IntoResponse::into_response(ApiError::internal())
        }))
        .layer(from_fn(error::render))
        .layer(from_fn(headers::secure))
        .layer(CompressionLayer::new())
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
}
