//! `GET /api/v1/openapi.json`

use axum::Json;

/// This API, as OpenAPI 3.1 describes it.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "server", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(super::document())
}
