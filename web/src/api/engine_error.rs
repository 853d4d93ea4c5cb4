//! The engine's errors as HTTP answers.

use axum::http::StatusCode;
use niyam_engine::error::{ActError, ReceiveError, StoreError, ViewError};
use niyam_kernel::event::{FormProblem, Refusal};
use niyam_rules::text::Text;

use crate::http::{ApiError, ErrorCode};

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                ErrorCode::DiskFull,
                "The disk is full. Nothing was changed. Tell the administrator to make room, then send it again.",
                "डिस्क भरी हुई है। कुछ भी बदला नहीं गया। व्यवस्थापक से जगह बनवाएँ, फिर दोबारा भेजें।",
            )
            .retry_after_s(60),
            StoreError::Unavailable { .. } => {
                tracing::error!(%error, "the database cannot be reached");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    ErrorCode::Busy,
                    "The database cannot be reached at this moment. Send the same again in a few seconds.",
                    "इस समय डेटाबेस तक पहुँच नहीं है। कुछ सेकंड में वही दोबारा भेजें।",
                )
                .retry_after_s(2)
            }
            StoreError::Overloaded { retry_after_s } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::Busy,
                "Too much is waiting. Nothing was taken. Send it again in a moment.",
                "बहुत काम प्रतीक्षा में है। कुछ भी लिया नहीं गया। थोड़ी देर में फिर भेजें।",
            )
            .retry_after_s(retry_after_s),
            StoreError::Busy
            | StoreError::Conflict { .. }
            | StoreError::Repeated(_)
            | StoreError::Ended(_)
            | StoreError::Moved => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                ErrorCode::Busy,
                "Too much is happening at once. Nothing was changed. Try again in a moment.",
                "अभी बहुत काम एक साथ हो रहा है। कुछ भी बदला नहीं गया। थोड़ी देर में फिर प्रयास करें।",
            )
            .retry_after_s(1),
            StoreError::Corrupt { .. } | StoreError::Database { .. } => {
                tracing::error!(%error, "the store failed");
                Self::internal()
            }
        }
    }
}

impl From<ViewError> for ApiError {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::NoSuchCase(_) => no_case(),
            ViewError::Erased(_) => Self::new(
                StatusCode::GONE,
                ErrorCode::Erased,
                "What this alert held was erased.",
                "इस सूचना की सामग्री मिटा दी गई है।",
            ),
            // A person without rights gets the answer of something that does not exist.
            ViewError::NoSuchAlert(_) | ViewError::Sealed(_) => no_alert(),
            ViewError::Version { .. } => {
                tracing::error!(%error, "a version cannot be loaded");
                Self::internal()
            }
            ViewError::Store(error) => error.into(),
        }
    }
}

impl From<ReceiveError> for ApiError {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Empty => Self::bad_request(
                "The alert is empty. Send the message itself as the body.",
                "सूचना खाली है। संदेश को ही सामग्री के रूप में भेजें।",
            ),
            ReceiveError::TooLarge { limit, .. } => too_large(limit),
            ReceiveError::Store(error) => error.into(),
        }
    }
}

impl From<ActError> for ApiError {
    fn from(error: ActError) -> Self {
        match error {
            ActError::NoSuchCase(_) => no_case(),
            ActError::NotFiled(_) => Self::not_found(
                "There is no such alert among those that were filed.",
                "दर्ज की गई सूचनाओं में ऐसी कोई सूचना नहीं है।",
            ),
            ActError::NotFailed(_) => Self::not_found(
                "This message was not given up, or is tried again already.",
                "यह संदेश असफल नहीं हुआ, या फिर से भेजा जा रहा है।",
            ),
            ActError::Refused { refusal, text, number } => refused(&refusal, text, number),
            ActError::ReasonMissing => Self::bad_request(
                "Say why the case is moved. Others must be able to understand it later.",
                "बताएँ कि प्रकरण क्यों बदला जा रहा है। बाद में दूसरों को यह समझ आना चाहिए।",
            ),
            ActError::NoSuchVersion(_) => Self::not_found(
                "There is no such version. /api/v1/versions shows those in use.",
                "ऐसा कोई संस्करण नहीं है। /api/v1/versions में प्रयोग में आ रहे संस्करण दिखते हैं।",
            ),
            ActError::SameVersion { .. } => Self::new(
                StatusCode::CONFLICT,
                ErrorCode::ActNotAllowed,
                "The case runs on that version already. Nothing was changed.",
                "प्रकरण पहले से उसी संस्करण पर चल रहा है। कुछ भी बदला नहीं गया।",
            ),
            ActError::RequestReused(_) => Self::new(
                StatusCode::CONFLICT,
                ErrorCode::RequestReused,
                "This request id was already used for something else. Use a new id for each request.",
                "यह अनुरोध संख्या किसी और काम में लग चुकी है। हर अनुरोध के लिए नई संख्या लें।",
            ),
            ActError::Version { .. } => {
                tracing::error!(%error, "a version cannot be loaded");
                Self::internal()
            }
            ActError::Store(error) => error.into(),
        }
    }
}

/// The body is larger than an alert may be.
#[must_use]
pub fn too_large(limit_bytes: usize) -> ApiError {
    let mb = limit_bytes / 1024 / 1024;
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::TooLarge,
        format!("An alert may have {mb} MB. Send it without its largest attachments, and keep the original."),
        format!("सूचना अधिकतम {mb} MB की हो सकती है। सबसे बड़े संलग्नक हटाकर भेजें और मूल प्रति सुरक्षित रखें।"),
    )
    .with_details(serde_json::json!({ "limit_bytes": limit_bytes }))
}

fn no_case() -> ApiError {
    ApiError::not_found("There is no such case.", "ऐसा कोई मामला नहीं है।")
}

fn no_alert() -> ApiError {
    ApiError::not_found("There is no such alert.", "ऐसी कोई सूचना नहीं है।")
}

fn refused(refusal: &Refusal, text: Text, number: u64) -> ApiError {
    let (status, code) = match refusal {
        Refusal::Form { .. } => (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::FormInvalid),
        Refusal::Halted => (StatusCode::CONFLICT, ErrorCode::CaseHalted),
        Refusal::NotAllowedHere { .. }
        | Refusal::WrongRole { .. }
        | Refusal::GuardFalse { .. }
        | Refusal::TimerNotArmed { .. }
        | Refusal::Closed
        | Refusal::CannotMove { .. }
        | Refusal::OutOfOrder { .. } => (StatusCode::CONFLICT, ErrorCode::ActNotAllowed),
    };
    let mut details = serde_json::json!({ "number": number });
    if let Refusal::Form { problems } = refusal {
        details["problems"] = problems.iter().map(|(fact, problem)| (fact.clone(), described(problem))).collect();
    }
    ApiError::new(status, code, text.en, text.hi).with_details(details)
}

/// What is wrong with one answer, for the screen to put beside its field.
#[must_use]
pub fn described(problem: &FormProblem) -> serde_json::Value {
    match problem {
        FormProblem::Missing => serde_json::json!({
            "problem": "missing", "message": { "en": "Fill this in.", "hi": "इसे भरें।" },
        }),
        FormProblem::WrongType { expected } => serde_json::json!({
            "problem": "wrong_type", "expected": expected,
            "message": { "en": format!("This must be of the type {expected}."), "hi": format!("यहाँ {expected} प्रकार का उत्तर चाहिए।") },
        }),
        FormProblem::NoSuchField => serde_json::json!({
            "problem": "no_such_field",
            "message": { "en": "The form has no such field.", "hi": "इस प्रपत्र में ऐसा कोई खाना नहीं है।" },
        }),
    }
}
