//! `GET /api/v1/schedules`

use axum::Json;
use axum::extract::State;
use niyam_engine::schedule::ScheduleView;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::shape::{TextShape, moment};
use crate::http::ApiError;

/// Something that the engine does by itself at set times.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub struct ScheduleShape {
    /// `shift_change`, `digest`, `silent_channels`, `retention`.
    pub name: String,
    /// Minute, hour, day of the month, month, day of the week, in Indian time.
    pub cron: String,
    /// The same in words.
    pub when: TextShape,
    /// When it is due next.
    pub next_due: String,
    /// The time that the last run was for.
    pub last_due: Option<String>,
    /// When the last run ended.
    pub last_run: Option<String>,
    /// How much later than its time the last run ended, in milliseconds.
    pub late_ms: Option<u64>,
    /// What came of the last run.
    pub result: Option<TextShape>,
}

impl From<ScheduleView> for ScheduleShape {
    fn from(schedule: ScheduleView) -> Self {
        Self {
            name: schedule.name,
            cron: schedule.cron,
            when: schedule.when.into(),
            next_due: moment(schedule.next_due),
            last_due: schedule.last_due.map(moment),
            last_run: schedule.last_run.map(moment),
            late_ms: schedule.late_ms,
            result: schedule.result.map(Into::into),
        }
    }
}

/// What the engine does by itself at set times, when it did so last and what came of it.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/schedules", tag = "operation", responses((status = 200, body = Vec<ScheduleShape>)))]
pub async fn schedules(State(app): State<App>) -> Result<Json<Vec<ScheduleShape>>, ApiError> {
    Ok(Json(app.engine.schedules().await?.into_iter().map(Into::into).collect()))
}
