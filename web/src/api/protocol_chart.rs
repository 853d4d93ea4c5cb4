//! `GET /api/v1/protocols/{name}/chart`

use axum::Json;
use axum::extract::{Path, State};

use super::App;
use super::chart_shape::GeometryShape;
use crate::http::ApiError;

/// The chart of a protocol that new cases run on.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/protocols/{name}/chart", tag = "protocols", params(("name" = String, Path)), responses(
    (status = 200, body = GeometryShape),
    (status = 404, description = "no such protocol", body = crate::http::error::ErrorBody),
))]
pub async fn chart(State(app): State<App>, Path(name): Path<String>) -> Result<Json<GeometryShape>, ApiError> {
    let protocol = app
        .engine
        .protocol(&name)
        .ok_or_else(|| ApiError::not_found("There is no such protocol.", "ऐसा कोई प्रोटोकॉल नहीं है।"))?;
    Ok(Json(GeometryShape::of(&protocol, &[], &[], &[])))
}
