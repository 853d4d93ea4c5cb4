//! The one shape of every error.

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use niyam_rules::text::Text;
use serde::{Deserialize, Serialize};
use tower_http::request_id::RequestId;
use utoipa::ToSchema;

/// What went wrong, for programs. Stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request cannot be understood.
    BadRequest,
    /// There is no such thing, or not for you.
    NotFound,
    /// This address exists, but not for this method.
    MethodNotAllowed,
    /// The body is not of the kind this address takes.
    WrongContentType,
    /// The body is too large.
    TooLarge,
    /// The request came from another web site or for another host.
    ForeignOrigin,
    /// Nobody is signed in.
    NobodySignedIn,
    /// People can be switched in the demo only.
    NotADemo,
    /// The act is not offered in the case's present state, or not to this person.
    ActNotAllowed,
    /// The form is not filled in as it must be.
    FormInvalid,
    /// The case was halted and waits for a person.
    CaseHalted,
    /// The same request id was used before for something else.
    RequestReused,
    /// What was asked for was erased.
    Erased,
    /// The disk is full; nothing was changed.
    DiskFull,
    /// Too much at once; come again.
    Busy,
    /// It was given up after a stated time; whether it was stored is not known.
    TookTooLong,
    /// An error of the program.
    Internal,
}

/// An error on its way to the client. The request id is added by [`render`].
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    code: ErrorCode,
    message: Text,
    details: serde_json::Value,
    retry_after_s: Option<u64>,
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// The error.
    pub error: ErrorInside,
}

/// What an error says.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorInside {
    /// For programs.
    pub code: ErrorCode,
    /// For people, in both languages.
    pub message: crate::api::shape::TextShape,
    /// Names the request in the log.
    pub request_id: String,
    /// More, depending on the code.
    #[schema(value_type = Object)]
    pub details: serde_json::Value,
}

impl ApiError {
    /// A new error with a text in English and Hindi.
    #[must_use]
    pub fn new(status: StatusCode, code: ErrorCode, en: impl Into<String>, hi: impl Into<String>) -> Self {
        let message = Text { en: en.into(), hi: hi.into() };
        Self { status, code, message, details: serde_json::json!({}), retry_after_s: None }
    }

    /// With details for programs.
    #[must_use]
    pub fn with_details(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }

    /// With the time after which to come again, in seconds.
    #[must_use]
    pub fn retry_after_s(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(en: impl Into<String>, hi: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, en, hi)
    }

    /// The request cannot be understood; `en` says what was expected.
    #[must_use]
    pub fn bad_request(en: impl Into<String>, hi: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::BadRequest, en, hi)
    }

    /// A fault of the program; the cause goes to the log only.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::Internal,
            "Something went wrong inside. Nothing was changed. Tell the administrator the request id.",
            "अंदर कोई त्रुटि हुई। कुछ भी बदला नहीं गया। व्यवस्थापक को अनुरोध संख्या बताएँ।",
        )
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Code for programs.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    fn for_status(status: StatusCode, reason: &str) -> Self {
        let (code, en, hi) = match status {
            StatusCode::NOT_FOUND => (ErrorCode::NotFound, "There is nothing at this address.", "इस पते पर कुछ नहीं है।"),
            StatusCode::METHOD_NOT_ALLOWED => {
                (ErrorCode::MethodNotAllowed, "This address does not take this method.", "यह पता इस तरीके को नहीं लेता।")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                ErrorCode::WrongContentType,
                "Send JSON with the header `content-type: application/json`.",
                "`content-type: application/json` के साथ JSON भेजें।",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => {
                (ErrorCode::TooLarge, "The body is too large.", "भेजी गई सामग्री बहुत बड़ी है।")
            }
            status if status.is_client_error() => {
                (ErrorCode::BadRequest, "The request cannot be understood.", "अनुरोध समझा नहीं जा सका।")
            }
            _ => {
                return Self { status, ..Self::internal() };
            }
        };
        let details = if reason.is_empty() { serde_json::json!({}) } else { serde_json::json!({ "reason": reason }) };
        Self::new(status, code, en, hi).with_details(details)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Middleware: gives every failed answer below `/api` the one shape, with the id of the request.
pub async fn render(request: Request, next: Next) -> Response {
    let request_id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    let request_id = request_id.unwrap_or_default().to_owned();
    let is_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    let failed = response.status().is_client_error() || response.status().is_server_error();
    let error = match response.extensions_mut().remove::<ApiError>() {
        Some(error) => error,
        None if failed && is_api => {
            let status = response.status();
            // The texts of axum's own rejections are short and name no data of the case.
            let reason = axum::body::to_bytes(response.into_body(), 4_096).await.unwrap_or_default();
            ApiError::for_status(status, &String::from_utf8_lossy(&reason))
        }
        None => return response,
    };
    if error.status.is_server_error() {
        tracing::warn!(request.id = request_id, code = ?error.code, "request failed");
    }
    shaped(error, request_id)
}

fn shaped(error: ApiError, request_id: String) -> Response {
    let body = ErrorBody {
        error: ErrorInside { code: error.code, message: error.message.into(), request_id, details: error.details },
    };
    let mut response: Response<Body> = (error.status, Json(body)).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = error.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
