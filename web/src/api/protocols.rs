//! `GET /api/v1/protocols`

use axum::Json;
use axum::extract::State;
use niyam_engine::request::ProtocolInfo;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::shape::TextShape;
use crate::http::ApiError;

/// A protocol that new cases run on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Protocol)]
pub struct ProtocolShape {
    /// Name.
    pub name: String,
    /// Title.
    pub title: TextShape,
    /// SHA-256 that names the version.
    pub digest: String,
    /// What it extends.
    pub extends: Option<String>,
    /// Order under which it is in force.
    pub order: Option<OrderShape>,
    /// Cases that run on any of its versions and are not closed.
    pub open_cases: u32,
}

/// The order that puts a protocol in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderShape {
    /// Number.
    pub number: String,
    /// Day.
    pub date: String,
    /// Who issued it.
    pub authority: TextShape,
}

/// Protocols that new cases run on.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/protocols", tag = "protocols", responses((status = 200, body = Vec<ProtocolShape>)))]
pub async fn protocols(State(app): State<App>) -> Result<Json<Vec<ProtocolShape>>, ApiError> {
    Ok(Json(app.engine.protocols().await?.into_iter().map(Into::into).collect()))
}

impl From<ProtocolInfo> for ProtocolShape {
    fn from(info: ProtocolInfo) -> Self {
        Self {
            name: info.name,
            title: info.title.into(),
            digest: info.digest.to_string(),
            extends: info.extends,
            order: info.order.map(|order| OrderShape {
                number: order.number,
                date: order.date,
                authority: order.authority.into(),
            }),
            open_cases: info.open_cases,
        }
    }
}
