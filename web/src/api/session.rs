//! `GET` and `POST /api/v1/session`: as whom this browser acts.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use niyam_rules::text::Text;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::shape::{TextShape, UnitShape};
use crate::http::{ApiError, ErrorCode};
use crate::staff::{COOKIE, Me, Seat};

/// As whom this browser acts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionShape {
    /// Invented data; people can be switched.
    pub demo: bool,
    /// In the demo: how many times faster than real time its clock runs; 1 otherwise.
    pub clock_rate: u32,
    /// Who acts; null when nobody is signed in.
    pub me: Option<PersonShape>,
    /// Whom one may switch to; empty outside the demo.
    pub people: Vec<PersonShape>,
}

/// A person in a role.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub struct PersonShape {
    /// Names person and role.
    pub id: String,
    /// Name.
    pub name: TextShape,
    /// Role id.
    pub role: String,
    /// Role.
    pub role_label: TextShape,
    /// Unit.
    pub unit: UnitShape,
}

/// Whom to act as.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Id of one of `people`.
    pub person: String,
}

/// As whom this browser acts, and whom it may switch to.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/session", tag = "session", responses((status = 200, body = SessionShape)))]
pub async fn read(State(app): State<App>, me: Option<Me>) -> Result<Json<SessionShape>, ApiError> {
    Ok(Json(session(&app, me.map(|me| me.0)).await?))
}

/// Acts as somebody else from now on. In the demo only.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = Switch, responses(
    (status = 200, body = SessionShape),
    (status = 403, description = "not a demo", body = crate::http::error::ErrorBody),
    (status = 404, description = "nobody of that id", body = crate::http::error::ErrorBody),
))]
pub async fn switch(State(app): State<App>, Json(to): Json<Switch>) -> Result<Response, ApiError> {
    if !app.staff.may_switch {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            ErrorCode::NotADemo,
            "People can be switched in the demo only.",
            "व्यक्ति केवल डेमो में बदले जा सकते हैं।",
        ));
    }
    let seat = app.staff.seat(&to.person).cloned().ok_or_else(|| {
        ApiError::not_found(
            "There is nobody of that id. Choose one of `people`.",
            "इस पहचान का कोई नहीं है। `people` में से चुनें।",
        )
    })?;
    let cookie = HeaderValue::try_from(format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict", seat.id))
        .map_err(|_| ApiError::internal())?;
    Ok(([(header::SET_COOKIE, cookie)], Json(session(&app, Some(seat)).await?)).into_response())
}

async fn session(app: &App, me: Option<Seat>) -> Result<SessionShape, ApiError> {
    let mut roles = BTreeMap::new();
    for protocol in app.engine.protocols().await?.iter().filter_map(|info| app.engine.protocol(&info.name)) {
        for (id, role) in &protocol.roles {
            roles.entry(id.clone()).or_insert_with(|| role.label.clone());
        }
    }
    let people = if app.staff.may_switch { app.staff.seats.clone() } else { Vec::new() };
    Ok(SessionShape {
        demo: app.staff.may_switch,
        clock_rate: app.clock_rate,
        me: me.map(|seat| person(&roles, seat)),
        people: people.into_iter().map(|seat| person(&roles, seat)).collect(),
    })
}

fn person(roles: &BTreeMap<String, Text>, seat: Seat) -> PersonShape {
    let plain = || Text { en: seat.role.replace('_', " "), hi: seat.role.replace('_', " ") };
    PersonShape {
        role_label: roles.get(&seat.role).cloned().unwrap_or_else(plain).into(),
        id: seat.id,
        name: seat.name.into(),
        role: seat.role,
        unit: seat.unit.into(),
    }
}
