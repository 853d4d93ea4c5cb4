//! `POST /api/v1/cases/{id}/move` and `POST /api/v1/cases/{id}/move/preview`

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::{Path, State};
use niyam_engine::request::MoveRequest;
use niyam_engine::view::{ClockChange, Labelled, MovePreview};
use niyam_kernel::id::CaseId;
use niyam_kernel::moving::{ClockRule, MovePlan};
use niyam_rules::bundle::VersionDigest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::acts::DoneBody;
use super::ids::{self, parse};
use super::shape::{TextShape, moment};
use crate::http::ApiError;
use crate::staff::Me;

/// How a case is taken to another version.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MovePlanBody {
    /// The version, by its digest; see `/api/v1/versions`.
    pub to: String,
    /// Active state of the old version to state of the new one; what is not named goes to the state of the same id.
    #[serde(default)]
    pub states: BTreeMap<String, String>,
    /// `as_written` (the new length counts from the beginning), `keep` or `restart`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub clocks: ClockRule,
    /// Facts whose value may go because the new version wants another type.
    #[serde(default)]
    pub forget: BTreeSet<String>,
}

/// A move, decided upon.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveBody {
    /// A UUID, new for each request; the same one twice is done once and answered twice.
    pub request_id: String,
    /// How.
    pub plan: MovePlanBody,
    /// Why; never empty.
    pub reason: String,
    /// `seen` of the preview; the move is refused when the case has gone on since.
    pub seen: u64,
}

/// What a move would do. Holds no values of facts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MovePreview)]
pub struct MovePreviewShape {
    /// Number of the case.
    pub number: String,
    /// Number of the last event that this preview has seen.
    pub seen: u64,
    /// Version that the case runs on.
    pub from: String,
    /// Version that it would run on.
    pub to: String,
    /// Everything that is in the way; empty when it can be moved.
    pub problems: Vec<TextShape>,
    /// Innermost active states now.
    pub before: Vec<StateShape>,
    /// Innermost active states afterwards.
    pub after: Vec<StateShape>,
    /// Clocks before and after.
    pub clocks: Vec<ClockChangeShape>,
    /// States for which somebody new would be found.
    pub assigned: Vec<StateShape>,
    /// Messages that would go out, by id.
    pub messages: Vec<String>,
    /// Facts whose value would go, by name.
    pub forgotten: Vec<String>,
    /// How the case would end by the move itself.
    pub outcome: Option<String>,
}

/// A state by id and label.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MoveState)]
pub struct StateShape {
    /// Id.
    pub id: String,
    /// Label.
    pub label: TextShape,
}

/// A clock before and after a move.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClockChange)]
pub struct ClockChangeShape {
    /// State and name.
    pub clock: String,
    /// Label.
    pub label: TextShape,
    /// When it runs out now; `null` when it is not armed.
    pub before: Option<String>,
    /// When it would run out, were the case moved at this moment; `null` when it would be disarmed.
    pub after: Option<String>,
}

/// Shows what a move would do. Changes nothing.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(post, path = "/api/v1/cases/{id}/move/preview", tag = "cases", params(("id" = String, Path)),
    request_body = MovePlanBody, responses(
    (status = 200, body = MovePreviewShape),
    (status = 404, description = "no such case or version", body = crate::http::error::ErrorBody),
    (status = 409, description = "the case runs on that version already", body = crate::http::error::ErrorBody),
))]
pub async fn preview(
    State(app): State<App>,
    Path(id): Path<String>,
    Me(_me): Me,
    Json(body): Json<MovePlanBody>,
) -> Result<Json<MovePreviewShape>, ApiError> {
    let (to, plan) = read(body)?;
    Ok(Json(app.engine.preview_move(parse::<CaseId>(&id)?, to, &plan).await?.into()))
}

/// Takes a case to another version of its protocol.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(post, path = "/api/v1/cases/{id}/move", tag = "cases", params(("id" = String, Path)),
    request_body = MoveBody, responses(
    (status = 200, body = DoneBody),
    (status = 404, description = "no such case or version", body = crate::http::error::ErrorBody),
    (status = 409, description = "something is in the way, or the case went on since the preview",
        body = crate::http::error::ErrorBody),
))]
pub async fn apply(
    State(app): State<App>,
    Path(id): Path<String>,
    Me(me): Me,
    Json(body): Json<MoveBody>,
) -> Result<Json<DoneBody>, ApiError> {
    let (case, request) = (parse::<CaseId>(&id)?, ids::request(&body.request_id)?);
    let (to, plan) = read(body.plan)?;
    let actor = me.actor();
    let request = MoveRequest { request, actor: actor.clone(), to, plan, reason: body.reason, seen: Some(body.seen) };
    let done = app.engine.move_case(case, request).await?;
    let case = app.engine.case(case, Some(&actor)).await?;
    Ok(Json(DoneBody { number: done.number, repeated: done.repeated, case: case.into() }))
}

fn read(body: MovePlanBody) -> Result<(VersionDigest, MovePlan), ApiError> {
    let to = serde_json::from_value(serde_json::Value::String(body.to)).map_err(|_| {
        ApiError::bad_request(
            "`to` must be a version: the 64 hexadecimal digits that /api/v1/versions shows.",
            "`to` में संस्करण दें: /api/v1/versions में दिखने वाले 64 षोडशमलव अंक।",
        )
    })?;
    Ok((to, MovePlan { states: body.states, clocks: body.clocks, forget: body.forget }))
}

impl From<Labelled> for StateShape {
    fn from(state: Labelled) -> Self {
        Self { id: state.id, label: state.label.into() }
    }
}

impl From<ClockChange> for ClockChangeShape {
    fn from(change: ClockChange) -> Self {
        Self {
            clock: change.clock,
            label: change.label.into(),
            before: change.before.map(moment),
            after: change.after.map(moment),
        }
    }
}

impl From<MovePreview> for MovePreviewShape {
    fn from(preview: MovePreview) -> Self {
        let states = |states: Vec<Labelled>| states.into_iter().map(Into::into).collect();
        Self {
            number: preview.number,
            seen: preview.seen,
            from: preview.from.to_string(),
            to: preview.to.to_string(),
            problems: preview.problems.into_iter().map(Into::into).collect(),
            before: states(preview.before),
            after: states(preview.after),
            clocks: preview.clocks.into_iter().map(Into::into).collect(),
            assigned: states(preview.assigned),
            messages: preview.messages,
            forgotten: preview.forgotten,
            outcome: preview.outcome,
        }
    }
}
