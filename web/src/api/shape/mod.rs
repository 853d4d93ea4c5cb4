//! What the API's JSON looks like: the engine's values with times as text, described for OpenAPI.

mod alert;
mod card;
mod case;
mod form;
mod timeline;

use std::fmt::Write as _;

use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;
use serde::Serialize;
use utoipa::ToSchema;

pub use alert::{AlertShape, FiledShape, ReceiptCaseShape, ReceiptShape};
pub use card::{BoardShape, CardShape, LabelledShape, UnitShape};
pub use case::CaseShape;
pub use form::FormShape;
pub use timeline::TimelineShape;

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Text)]
pub struct TextShape {
    /// English.
    pub en: String,
    /// Hindi.
    pub hi: String,
}

impl From<Text> for TextShape {
    fn from(text: Text) -> Self {
        Self { en: text.en, hi: text.hi }
    }
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a text cannot fail.
        let _written = write!(digits, "{byte:02x}");
        digits
    })
}

/// RFC 3339 in UTC with milliseconds; the year 1970 for a moment that no calendar holds.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    chrono::DateTime::from_timestamp_millis(at.as_ms())
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_milliseconds() {
        assert_eq!(moment(Timestamp::from_ms(1_794_268_800_005)), "2026-11-10T00:00:00.005Z");
    }
}
