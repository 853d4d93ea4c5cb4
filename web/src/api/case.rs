//! `GET /api/v1/cases/{id}`

use axum::Json;
use axum::extract::{Path, State};
use niyam_kernel::id::CaseId;

use super::App;
use super::ids::parse;
use super::shape::CaseShape;
use crate::http::ApiError;
use crate::staff::Me;

/// Everything about one case but its timeline, as far as this person may read it.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/cases/{id}", tag = "cases", params(("id" = String, Path)), responses(
    (status = 200, body = CaseShape),
    (status = 404, description = "no such case, or not for you", body = crate::http::error::ErrorBody),
))]
pub async fn case(State(app): State<App>, Path(id): Path<String>, me: Option<Me>) -> Result<Json<CaseShape>, ApiError> {
    let reader = me.map(|me| me.0.actor());
    Ok(Json(app.engine.case(parse::<CaseId>(&id)?, reader.as_ref()).await?.into()))
}
