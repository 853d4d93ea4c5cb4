//! `GET /api/v1/board`

use axum::Json;
use axum::extract::{Query, State};
use niyam_engine::view::Filter;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::shape::BoardShape;
use crate::http::ApiError;

/// Which cases.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// `true`: those that run or are halted; `false`: closed ones, the latest first; absent: all.
    pub open: Option<bool>,
    /// At most so many closed cases; 200 when absent.
    pub limit: Option<u32>,
}

/// The board: all cases in short, the most pressing first.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/board", tag = "cases", params(Which), responses((status = 200, body = BoardShape)))]
pub async fn board(State(app): State<App>, Query(which): Query<Which>) -> Result<Json<BoardShape>, ApiError> {
    let filter = Filter { open: which.open, limit: which.limit.unwrap_or(0).min(1_000) };
    Ok(Json(app.engine.board(&filter).await?.into()))
}
