//! `POST /api/v1/filed/{alert}/reopen`

use axum::Json;
use axum::extract::{Path, State};
use niyam_kernel::id::AlertId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::ids::{self, parse};
use crate::http::ApiError;
use crate::staff::Me;

/// Why it is an alert after all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reopen {
    /// A UUID, new for each request; the same one twice is done once and answered twice.
    pub request_id: String,
    /// In the officer's words.
    pub reason: String,
}

/// The case that was made of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reopened {
    /// `case_…`.
    pub case: String,
}

/// Makes a case of something that was filed.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(post, path = "/api/v1/filed/{alert}/reopen", tag = "alerts", params(("alert" = String, Path)),
    request_body = Reopen, responses(
    (status = 200, body = Reopened),
    (status = 400, description = "no reason", body = crate::http::error::ErrorBody),
    (status = 409, description = "`request_reused`", body = crate::http::error::ErrorBody),
    (status = 404, description = "no such filed alert", body = crate::http::error::ErrorBody),
))]
pub async fn reopen(
    State(app): State<App>,
    Path(alert): Path<String>,
    Me(me): Me,
    Json(body): Json<Reopen>,
) -> Result<Json<Reopened>, ApiError> {
    if body.reason.trim().is_empty() {
        return Err(ApiError::bad_request("Say why this is an alert after all.", "बताएँ कि यह सूचना क्यों मानी जाए।"));
    }
    let (alert, request) = (parse::<AlertId>(&alert)?, ids::request(&body.request_id)?);
    let case = app.engine.reopen_filed(alert, request, &me.actor(), body.reason.trim()).await?;
    Ok(Json(Reopened { case: case.to_string() }))
}
