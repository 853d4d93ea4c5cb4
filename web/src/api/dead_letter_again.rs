//! `POST /api/v1/dead-letters/{id}/again`

use axum::extract::{Path, State};
use axum::http::StatusCode;
use niyam_kernel::id::EffectId;

use super::App;
use super::ids::parse;
use crate::http::ApiError;
use crate::staff::Me;

/// Has a message that was given up tried again, under the same id. Who did it is in the timeline of the case.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(post, path = "/api/v1/dead-letters/{id}/again", tag = "operation", params(("id" = String, Path)),
    responses(
    (status = 202, description = "it is tried again"),
    (status = 404, description = "it was not given up, or is tried again already", body = crate::http::error::ErrorBody),
))]
pub async fn again(State(app): State<App>, Path(id): Path<String>, Me(me): Me) -> Result<StatusCode, ApiError> {
    app.engine.deliver_again(parse::<EffectId>(&id)?, &me.actor()).await?;
    Ok(StatusCode::ACCEPTED)
}
