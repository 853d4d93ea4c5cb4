//! `GET /api/v1/desk-notices`

use axum::Json;
use axum::extract::State;
use niyam_engine::store::DeskNoticeRow;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::shape::{TextShape, moment};
use crate::http::ApiError;

/// Something that the engine itself had to say to a desk.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeskNotice)]
pub struct DeskNoticeShape {
    /// What it is about; the same is said once.
    pub id: String,
    /// `digest`, `silent_channel`, `channel`, `clock`.
    pub kind: String,
    /// When.
    pub at: String,
    /// Role that was told.
    pub role: String,
    /// Code of its unit.
    pub unit: String,
    /// `case_…` that it is about.
    pub case: Option<String>,
    /// The notice.
    pub text: TextShape,
}

impl From<DeskNoticeRow> for DeskNoticeShape {
    fn from(notice: DeskNoticeRow) -> Self {
        Self {
            id: notice.id,
            kind: notice.kind,
            at: moment(notice.at),
            role: notice.role,
            unit: notice.unit,
            case: notice.case.map(|case| case.to_string()),
            text: notice.text.into(),
        }
    }
}

/// What the engine itself told the desks, the latest first: digests, silent channels, lines that are down, clocks that fail.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/desk-notices", tag = "operation",
    responses((status = 200, body = Vec<DeskNoticeShape>)))]
pub async fn desk_notices(State(app): State<App>) -> Result<Json<Vec<DeskNoticeShape>>, ApiError> {
    Ok(Json(app.engine.desk_notices().await?.into_iter().map(Into::into).collect()))
}
