//! Who may act through this server until sign-in exists, and as whom a request acts.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header;
use axum::http::request::Parts;
use niyam_engine::view::UnitRef;
use niyam_kernel::event::Actor;
use niyam_kernel::id::PersonId;
use niyam_rules::text::Text;

use crate::api::App;
use crate::http::{ApiError, ErrorCode};

/// Name of the cookie that says whom the demo's visitor acts as.
pub const COOKIE: &str = "niyam_seat";

/// One person in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Names the seat in the session API: the person's short id, a colon, the role.
    pub id: String,
    /// The person as the engine knows them.
    pub person: PersonId,
    /// Name.
    pub name: Text,
    /// Role id of the protocols.
    pub role: String,
    /// Unit.
    pub unit: UnitRef,
}

impl Seat {
    /// This seat as the one who acts.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { person: self.person, role: self.role.clone(), unit: self.unit.code.clone() }
    }
}

/// Who may act, and who does when nobody chose.
#[derive(Clone, Debug, Default)]
pub struct Staff {
    /// All seats, in the order of the roster.
    pub seats: Vec<Seat>,
    /// Whether visitors may choose a seat (the demo).
    pub may_switch: bool,
    /// Whom a request acts as when it did not choose: index into `seats`.
    pub operator: Option<usize>,
}

impl Staff {
    /// The seat of that id.
    #[must_use]
    pub fn seat(&self, id: &str) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.id == id)
    }

    fn of_request(&self, parts: &Parts) -> Option<&Seat> {
        let chosen = self.may_switch.then(|| cookie(parts)).flatten().and_then(|id| self.seat(&id));
        chosen.or_else(|| self.operator.and_then(|index| self.seats.get(index)))
    }
}

/// The seat that a request acts from. Without one the request is refused.
pub struct Me(pub Seat);

impl FromRequestParts<App> for Me {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        app.staff.of_request(parts).cloned().map(Self).ok_or_else(|| {
            ApiError::new(
                axum::http::StatusCode::UNAUTHORIZED,
                ErrorCode::NobodySignedIn,
                "Nobody is signed in. Put a roster `people.csv` into the data folder and start the server again.",
                "कोई साइन इन नहीं है। डेटा फ़ोल्डर में `people.csv` रोस्टर रखें और सर्वर फिर से शुरू करें।",
            )
        })
    }
}

impl OptionalFromRequestParts<App> for Me {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Self::Rejection> {
        Ok(app.staff.of_request(parts).cloned().map(Self))
    }
}

fn cookie(parts: &Parts) -> Option<String> {
    let headers = parts.headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    headers
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value.to_owned())
}
