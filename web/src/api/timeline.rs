//! `GET /api/v1/cases/{id}/timeline`

use axum::Json;
use axum::extract::{Path, State};
use niyam_kernel::id::CaseId;

use super::App;
use super::ids::parse;
use super::shape::TimelineShape;
use crate::http::ApiError;
use crate::staff::Me;

/// What happened to a case, why, and who was told.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/cases/{id}/timeline", tag = "cases", params(("id" = String, Path)), responses(
    (status = 200, body = TimelineShape),
    (status = 404, description = "no such case", body = crate::http::error::ErrorBody),
))]
pub async fn timeline(
    State(app): State<App>,
    Path(id): Path<String>,
    me: Option<Me>,
) -> Result<Json<TimelineShape>, ApiError> {
    let reader = me.map(|me| me.0.actor());
    Ok(Json(app.engine.timeline_for(parse::<CaseId>(&id)?, reader.as_ref()).await?.into()))
}
