//! `GET /api/v1/versions`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use crate::http::ApiError;

/// A version that new cases run on, or that cases which are not closed run on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Version)]
pub struct VersionShape {
    /// Name of the protocol.
    pub protocol: String,
    /// SHA-256 that names the version.
    pub digest: String,
    /// Whether new cases run on it.
    pub current: bool,
    /// Cases that run on it and are not closed.
    pub open_cases: u32,
}

/// Versions in use.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/versions", tag = "protocols", responses((status = 200, body = Vec<VersionShape>)))]
pub async fn versions(State(app): State<App>) -> Result<Json<Vec<VersionShape>>, ApiError> {
    let versions = app.engine.versions().await?.into_iter().map(|version| VersionShape {
        protocol: version.protocol,
        digest: version.digest.to_string(),
        current: version.current,
        open_cases: version.open_cases,
    });
    Ok(Json(versions.collect()))
}
