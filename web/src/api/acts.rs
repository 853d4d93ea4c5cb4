//! `POST /api/v1/cases/{id}/acts`

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use niyam_engine::request::ActRequest;
use niyam_kernel::id::CaseId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::answers;
use super::ids::{self, parse};
use super::shape::CaseShape;
use crate::http::ApiError;
use crate::staff::Me;

/// What to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActBody {
    /// A UUID, new for each request; the same one twice is done once and answered twice.
    pub request_id: String,
    /// Name of the act.
    pub act: String,
    /// Answers by fact.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub form: BTreeMap<String, serde_json::Value>,
    /// Why, in your words. An act with `needs_reason` is refused without it.
    pub reason: Option<String>,
    /// When it happened, RFC 3339, if it is typed in later.
    pub happened_at: Option<String>,
}

/// What was done, and the case after it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoneBody {
    /// Number of the event.
    pub number: u64,
    /// The request had been done before; `number` is that of then.
    pub repeated: bool,
    /// The case now.
    pub case: CaseShape,
}

/// Acts on a case.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(post, path = "/api/v1/cases/{id}/acts", tag = "cases", params(("id" = String, Path)),
    request_body = ActBody, responses(
    (status = 200, body = DoneBody),
    (status = 404, description = "no such case", body = crate::http::error::ErrorBody),
    (status = 409, description = "`act_not_allowed`, `case_halted`, `request_reused`", body = crate::http::error::ErrorBody),
    (status = 422, description = "`form_invalid`; `details.problems` by fact", body = crate::http::error::ErrorBody),
))]
pub async fn act(
    State(app): State<App>,
    Path(id): Path<String>,
    Me(me): Me,
    Json(body): Json<ActBody>,
) -> Result<Json<DoneBody>, ApiError> {
    let (case, request) = (parse::<CaseId>(&id)?, ids::request(&body.request_id)?);
    let protocol = app.engine.protocol_of(case).await?;
    let form = answers::read(&protocol, body.form)?;
    let happened_at = answers::happened_at(body.happened_at.as_deref())?;
    let actor = me.actor();
    let asked = ActRequest { request, actor: actor.clone(), act: body.act, form, reason: body.reason, happened_at };
    let done = app.engine.act(case, asked).await?;
    let case = app.engine.case(case, Some(&actor)).await?;
    Ok(Json(DoneBody { number: done.number, repeated: done.repeated, case: case.into() }))
}
