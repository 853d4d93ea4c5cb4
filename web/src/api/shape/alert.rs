//! Alerts as they were read, and what became of them.

use niyam_engine::request::{CaseOf, Receipt};
use niyam_engine::view::{AlertView, FieldView, FiledView, PartView};
use niyam_rules::value::Value;
use serde::Serialize;
use utoipa::ToSchema;

use super::{TextShape, hex, moment};

/// One alert as it was read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Alert)]
pub struct AlertShape {
    /// `alr_…`.
    pub id: String,
    /// Kind of sender.
    pub source: String,
    /// `unread`, `alert`, `needs_review`, `filed`.
    pub class: String,
    /// When it came.
    pub received_at: String,
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Whether this reader may see what follows.
    pub readable: bool,
    /// Headers in order.
    pub headers: Vec<HeaderShape>,
    /// Parts; index 0 is the header block as text.
    pub parts: Vec<PartShape>,
    /// What was found, and where.
    pub fields: Vec<FoundShape>,
    /// What the reader should know about the reading.
    pub warnings: Vec<String>,
    /// Cases it belongs to.
    pub cases: Vec<CaseNumberShape>,
    /// How often the same bytes came again.
    pub repeats: u32,
}

/// One header.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Header)]
pub struct HeaderShape {
    /// Name.
    pub name: String,
    /// Value, decoded.
    pub value: String,
}

/// One part of an alert.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Part)]
pub struct PartShape {
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
    /// SHA-256.
    pub sha256: String,
}

/// One field that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Found)]
pub struct FoundShape {
    /// Name of the fact.
    pub field: String,
    /// Value.
    #[schema(value_type = Object)]
    pub value: Value,
    /// Where.
    pub spans: Vec<PartSpanShape>,
}

/// A stretch of a part, in Unicode scalar values, end exclusive.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartSpan)]
pub struct PartSpanShape {
    /// Index of the part.
    pub part: u32,
    /// First character.
    pub start: u32,
    /// Behind the last character.
    pub end: u32,
}

/// A case by id and number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseNumber)]
pub struct CaseNumberShape {
    /// `case_…`.
    pub id: String,
    /// Number.
    pub number: String,
}

/// Something that came in and was not an alert.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Filed)]
pub struct FiledShape {
    /// `alr_…`.
    pub alert: String,
    /// Kind of sender.
    pub source: String,
    /// Why it was filed.
    pub reason: TextShape,
    /// When it came.
    pub received_at: String,
    /// Subject or first line; empty for a reader without rights.
    pub subject_line: String,
}

/// What became of an alert.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptShape {
    /// `alr_…`.
    pub alert: String,
    /// `unread`, `alert`, `needs_review`, `filed`.
    pub class: String,
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// The same bytes had come before; this is what was done then.
    pub repeat: bool,
    /// Cases it opened or joined.
    pub cases: Vec<ReceiptCaseShape>,
}

/// A case that an alert opened or joined.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptCase)]
pub struct ReceiptCaseShape {
    /// `case_…`.
    pub id: String,
    /// Number.
    pub number: String,
    /// `new`, `linked`, `duplicate`, `update`, `location`, `stop`, `reopened`.
    pub relation: String,
}

impl From<AlertView> for AlertShape {
    fn from(alert: AlertView) -> Self {
        Self {
            id: alert.id.to_string(),
            source: alert.source,
            class: alert.class,
            received_at: moment(alert.received_at),
            sha256: alert.sha256,
            bytes: alert.bytes,
            readable: alert.readable,
            headers: alert
                .headers
                .into_iter()
                .map(|header| HeaderShape { name: header.name, value: header.value })
                .collect(),
            parts: alert.parts.into_iter().map(Into::into).collect(),
            fields: alert.fields.into_iter().map(Into::into).collect(),
            warnings: alert.warnings,
            cases: alert.cases.into_iter().map(|(id, number)| CaseNumberShape { id: id.to_string(), number }).collect(),
            repeats: alert.repeats,
        }
    }
}

impl From<PartView> for PartShape {
    fn from(part: PartView) -> Self {
        Self {
            index: part.index,
            name: part.name,
            content_type: part.content_type,
            text: part.text,
            bytes: part.bytes,
            sha256: part.sha256,
        }
    }
}

impl From<FieldView> for FoundShape {
    fn from(found: FieldView) -> Self {
        let spans = found.spans.iter().map(|span| PartSpanShape { part: span.part, start: span.start, end: span.end });
        Self { spans: spans.collect(), field: found.field, value: found.value }
    }
}

impl From<FiledView> for FiledShape {
    fn from(filed: FiledView) -> Self {
        Self {
            alert: filed.alert.to_string(),
            source: filed.source,
            reason: filed.reason.into(),
            received_at: moment(filed.received_at),
            subject_line: filed.subject_line,
        }
    }
}

impl From<Receipt> for ReceiptShape {
    fn from(receipt: Receipt) -> Self {
        Self {
            alert: receipt.alert.to_string(),
            class: receipt.class.as_str().to_owned(),
            sha256: hex(&receipt.sha256),
            repeat: receipt.repeat,
            cases: receipt.cases.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<CaseOf> for ReceiptCaseShape {
    fn from(case: CaseOf) -> Self {
        Self { id: case.case.to_string(), number: case.number, relation: case.relation.as_str().to_owned() }
    }
}
