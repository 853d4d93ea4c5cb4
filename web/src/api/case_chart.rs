//! `GET /api/v1/cases/{id}/chart`

use axum::Json;
use axum::extract::{Path, State};
use niyam_kernel::id::CaseId;

use super::App;
use super::chart_shape::GeometryShape;
use super::ids::parse;
use crate::http::ApiError;

/// The chart of the version that a case runs on, with where the case stands.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/cases/{id}/chart", tag = "cases", params(("id" = String, Path)), responses(
    (status = 200, body = GeometryShape),
    (status = 404, description = "no such case", body = crate::http::error::ErrorBody),
))]
pub async fn chart(State(app): State<App>, Path(id): Path<String>) -> Result<Json<GeometryShape>, ApiError> {
    let id = parse::<CaseId>(&id)?;
    let protocol = app.engine.protocol_of(id).await?;
    // Where a case stands is no personal data, so nobody's reading of sealed facts is asked for.
    let case = app.engine.case(id, None).await?;
    Ok(Json(GeometryShape::of(&protocol, &case.active, &case.visited, &case.taken)))
}
