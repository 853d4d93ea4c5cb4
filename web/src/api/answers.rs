//! Answers of a form, from JSON to the values that facts hold.
//!
//! Only spelling is changed here (a time as text becomes milliseconds, `10m` a length of time, a number written with
//! spaces or Devanagari digits an E.164 number). Whether an answer fits is the kernel's to say.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use niyam_kernel::event::FormProblem;
use niyam_kernel::time::Timestamp;
use niyam_rules::duration::Duration;
use niyam_rules::protocol::{FactType, Protocol};
use niyam_rules::value::Value;

use super::engine_error::described;
use crate::http::{ApiError, ErrorCode};

/// Reads the answers of a form.
///
/// # Errors
/// `form_invalid` with every answer that is no value at all (a fraction, say).
pub fn read(
    protocol: &Protocol,
    answers: BTreeMap<String, serde_json::Value>,
) -> Result<BTreeMap<String, Value>, ApiError> {
    let mut problems = serde_json::Map::new();
    let mut form = BTreeMap::new();
    for (fact, answer) in answers {
        let kind = protocol.facts.get(&fact).map(|declared| &declared.kind);
        let Ok(value) = serde_json::from_value::<Value>(answer) else {
            let expected = "whole numbers, texts and lists".to_owned();
            problems.insert(fact, described(&FormProblem::WrongType { expected }));
            continue;
        };
        let value = match kind {
            Some(kind) => spelled(kind, value),
            None => value,
        };
        form.insert(fact, value);
    }
    if problems.is_empty() {
        return Ok(form);
    }
    Err(ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::FormInvalid,
        "Some answers are not of the right type. Nothing was saved.",
        "कुछ उत्तर सही प्रकार के नहीं हैं। कुछ भी सहेजा नहीं गया।",
    )
    .with_details(serde_json::json!({ "problems": problems })))
}

/// Reads when something happened.
///
/// # Errors
/// Bad request when it is no RFC 3339 time.
pub fn happened_at(text: Option<&str>) -> Result<Option<Timestamp>, ApiError> {
    text.map(|text| time_ms(text).map(Timestamp::from_ms)).map_or(Ok(None), |read| {
        read.map(Some).ok_or_else(|| {
            ApiError::bad_request(
                "`happened_at` must be a time such as 2026-11-21T14:05:00+05:30.",
                "`happened_at` 2026-11-21T14:05:00+05:30 जैसा समय होना चाहिए।",
            )
        })
    })
}

fn spelled(kind: &FactType, value: Value) -> Value {
    match (kind, value) {
        (FactType::Time, Value::Text(text)) => time_ms(&text).map_or(Value::Text(text), Value::Int),
        (FactType::Duration, Value::Text(text)) => {
            let ms = text.parse::<Duration>().ok().and_then(|length| i64::try_from(length.as_ms()).ok());
            ms.map_or(Value::Text(text), Value::Int)
        }
        (FactType::Phone, Value::Text(text)) => Value::Text(phone(&text)),
        (FactType::List(of), Value::List(items)) => {
            Value::List(items.into_iter().map(|item| spelled(of, item)).collect())
        }
        (
            FactType::Text
            | FactType::YesNo
            | FactType::YesNoUnknown
            | FactType::Choice(_)
            | FactType::Number
            | FactType::Date
            | FactType::Email
            | FactType::Url
            | FactType::Ip
            | FactType::Unit,
            Value::Text(text),
        ) => Value::Text(text.trim().to_owned()),
        (_, value) => value,
    }
}

fn time_ms(text: &str) -> Option<i64> {
    chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis())
}

/// A telephone number as people write it, as E.164; what is none stays as it is, for the kernel to refuse.
fn phone(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}'))
        .map(|c| match c {
            '०'..='९' => char::from_digit(u32::from(c) - u32::from('०'), 10).unwrap_or(c),
            other => other,
        })
        .collect();
    let digits = plain.strip_prefix('0').unwrap_or(&plain);
    if digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit()) { format!("+91{digits}") } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_may_be_spelled_as_people_spell_them() {
        let cases = [
            (FactType::Phone, "५५५५५ ५०१०१", Value::from("+915555550101")),
            (FactType::Phone, "0 55555-50101", Value::from("+915555550101")),
            (FactType::Phone, "+1 202-555-0143", Value::from("+12025550143")),
            (FactType::Phone, "later", Value::from("later")),
            (FactType::Time, "1970-01-01T05:30:01+05:30", Value::Int(1_000)),
            (FactType::Time, "yesterday", Value::from("yesterday")),
            (FactType::Duration, "10m", Value::Int(600_000)),
            (FactType::Text, " said so ", Value::from("said so")),
        ];
        for (kind, written, read) in cases {
            assert_eq!(spelled(&kind, Value::from(written)), read, "{written}");
        }
    }
}
