//! `POST /api/v1/cases/{id}/record`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use niyam_engine::request::RecordRequest;
use niyam_kernel::id::CaseId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::App;
use super::acts::DoneBody;
use super::answers;
use super::ids::{self, parse};
use crate::http::ApiError;
use crate::staff::Me;

/// The form of an active state, filled in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordBody {
    /// A UUID, new for each request; the same one twice is done once and answered twice.
    pub request_id: String,
    /// State id.
    pub state: String,
    /// Answers by fact.
    #[schema(value_type = Object)]
    pub form: BTreeMap<String, serde_json::Value>,
    /// When it happened, RFC 3339, if it is typed in later.
    pub happened_at: Option<String>,
}

/// Saves the form of an active state.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(post, path = "/api/v1/cases/{id}/record", tag = "cases", params(("id" = String, Path)),
    request_body = RecordBody, responses(
    (status = 200, body = DoneBody),
    (status = 404, description = "no such case", body = crate::http::error::ErrorBody),
    (status = 409, description = "the state is not active, or not yours", body = crate::http::error::ErrorBody),
    (status = 422, description = "`form_invalid`; `details.problems` by fact", body = crate::http::error::ErrorBody),
))]
pub async fn record(
    State(app): State<App>,
    Path(id): Path<String>,
    Me(me): Me,
    Json(body): Json<RecordBody>,
) -> Result<Json<DoneBody>, ApiError> {
    let (case, request) = (parse::<CaseId>(&id)?, ids::request(&body.request_id)?);
    let protocol = app.engine.protocol_of(case).await?;
    let form = answers::read(&protocol, body.form)?;
    let happened_at = answers::happened_at(body.happened_at.as_deref())?;
    let actor = me.actor();
    let request = RecordRequest { request, actor: actor.clone(), state: body.state, form, happened_at };
    let done = app.engine.record(case, request).await?;
    let case = app.engine.case(case, Some(&actor)).await?;
    Ok(Json(DoneBody { number: done.number, repeated: done.repeated, case: case.into() }))
}
