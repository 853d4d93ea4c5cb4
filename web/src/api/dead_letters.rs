//! `GET /api/v1/dead-letters`

use axum::Json;
use axum::extract::State;
use niyam_engine::outbox::DeadLetter;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::shape::{TextShape, moment};
use crate::http::ApiError;

/// A message that was given up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub struct DeadLetterShape {
    /// Its id, `case_….7.2`, under which it is tried again.
    pub id: String,
    /// `case_…`.
    pub case: String,
    /// Number of the case.
    pub number: String,
    /// To whom it was to go.
    pub to: TextShape,
    /// What was to be said; holds no personal data.
    pub message: TextShape,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried last.
    pub tried_at: String,
    /// Why it failed the last time.
    pub reason: String,
}

impl From<DeadLetter> for DeadLetterShape {
    fn from(letter: DeadLetter) -> Self {
        Self {
            id: letter.id.to_string(),
            case: letter.case.to_string(),
            number: letter.number,
            to: letter.to.into(),
            message: letter.message.into(),
            attempts: letter.attempts,
            tried_at: moment(letter.tried_at),
            reason: letter.reason,
        }
    }
}

/// Messages that were given up after all tries, the latest first. Each is an event of its case already.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/dead-letters", tag = "operation",
    responses((status = 200, body = Vec<DeadLetterShape>)))]
pub async fn dead_letters(State(app): State<App>) -> Result<Json<Vec<DeadLetterShape>>, ApiError> {
    Ok(Json(app.engine.dead_letters().await?.into_iter().map(Into::into).collect()))
}
