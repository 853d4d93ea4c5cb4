//! `GET /api/v1/filed`

use axum::Json;
use axum::extract::State;

use super::App;
use super::shape::FiledShape;
use crate::http::ApiError;
use crate::staff::Me;

/// What came in and was not an alert, the latest first, each with the reason.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/filed", tag = "alerts", responses((status = 200, body = Vec<FiledShape>)))]
pub async fn filed(State(app): State<App>, me: Option<Me>) -> Result<Json<Vec<FiledShape>>, ApiError> {
    let reader = me.map(|me| me.0.actor());
    let filed = app.engine.filed(reader.as_ref()).await?;
    Ok(Json(filed.into_iter().map(Into::into).collect()))
}
