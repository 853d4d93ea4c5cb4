//! `GET /api/v1/alerts/{id}`

use axum::Json;
use axum::extract::{Path, State};
use niyam_kernel::id::AlertId;

use super::App;
use super::ids::parse;
use super::shape::AlertShape;
use crate::http::ApiError;
use crate::staff::Me;

/// One alert as it was read, with the places its facts were found at.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path)), responses(
    (status = 200, body = AlertShape),
    (status = 404, description = "no such alert, or not for you", body = crate::http::error::ErrorBody),
))]
pub async fn alert(
    State(app): State<App>,
    Path(id): Path<String>,
    me: Option<Me>,
) -> Result<Json<AlertShape>, ApiError> {
    let reader = me.map(|me| me.0.actor());
    Ok(Json(app.engine.alert(parse::<AlertId>(&id)?, reader.as_ref()).await?.into()))
}
