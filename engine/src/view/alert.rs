//! One alert, and those that were filed.

use niyam_kernel::id::{AlertId, CaseId};
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;
use niyam_rules::value::Value;
use serde::Serialize;

use super::case::SpanRef;

/// One alert as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertView {
    /// Id.
    pub id: AlertId,
    /// Kind of sender, as intake found it; the channel when it found none.
    pub source: String,
    /// `unread`, `alert`, `needs_review`, `filed`.
    pub class: String,
    /// When it came.
    pub received_at: Timestamp,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub sha256: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Whether this reader may see what follows; everything below is empty if not, or when it was erased.
    pub readable: bool,
    /// Headers in order.
    pub headers: Vec<Header>,
    /// Parts; index 0 is the header block as text.
    pub parts: Vec<PartView>,
    /// What was found, and where.
    pub fields: Vec<FieldView>,
    /// What the reader should know about the reading.
    pub warnings: Vec<String>,
    /// Cases it belongs to, with their numbers.
    pub cases: Vec<(CaseId, String)>,
    /// How often the same bytes came again.
    pub repeats: u32,
}

/// One header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Header {
    /// Name.
    pub name: String,
    /// Value, decoded.
    pub value: String,
}

/// One part of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartView {
    /// Index.
    pub index: u32,
    /// File name.
    pub name: Option<String>,
    /// Media type.
    pub content_type: String,
    /// Decoded text, if it is text.
    pub text: Option<String>,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// One field that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldView {
    /// Name of the fact.
    pub field: String,
    /// Value.
    pub value: Value,
    /// Where.
    pub spans: Vec<SpanRef>,
}

/// Something that came in and was not an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FiledView {
    /// Id.
    pub alert: AlertId,
    /// Kind of sender, as intake found it; the channel when it found none.
    pub source: String,
    /// Why it was filed.
    pub reason: Text,
    /// When it came.
    pub received_at: Timestamp,
    /// Subject or first line; empty for a reader without rights.
    pub subject_line: String,
}
