//! `GET /api/v1/alerts/{id}/original`

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use niyam_kernel::id::AlertId;

use super::App;
use super::ids::parse;
use crate::http::ApiError;
use crate::staff::Me;

/// The bytes of an alert as they came, as a download.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/alerts/{id}/original", tag = "alerts", params(("id" = String, Path)), responses(
    (status = 200, description = "the bytes", body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 404, description = "no such alert, or not for you", body = crate::http::error::ErrorBody),
    (status = 410, description = "erased", body = crate::http::error::ErrorBody),
))]
pub async fn original(State(app): State<App>, Path(id): Path<String>, Me(me): Me) -> Result<Response, ApiError> {
    let id = parse::<AlertId>(&id)?;
    let (kind, bytes) = app.engine.alert_bytes(id, &me.actor()).await?;
    let ending = if kind.contains("json") {
        "json"
    } else if kind.contains("rfc822") {
        "eml"
    } else {
        "txt"
    };
    let disposition =
        HeaderValue::try_from(format!("attachment; filename=\"{id}.{ending}\"")).map_err(|_| ApiError::internal())?;
    // Never the sender's own media type: the browser must not draw what a stranger wrote.
    let kind = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}
