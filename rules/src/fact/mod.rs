//! Types of facts: what each admits, how it is read from answers and constants, how it is shown to people.

pub(crate) mod calendar;
mod contact;
mod read;
mod show;

pub use calendar::{read_time, show_time, write_time};
pub use read::Expected;
pub use show::show_duration;

use crate::protocol::FactType;
use crate::text::Text;
use crate::value::Value;

/// Longest text a fact holds. Unit: characters. Longer texts stay in the alert they came from.
pub const MAX_TEXT: usize = 100_000;
/// Most items of a list.
pub const MAX_ITEMS: usize = 1_000;

impl FactType {
    /// As written in a protocol: `yes-no-unknown`, `list of phone`.
    #[must_use]
    pub fn name(&self) -> String {
        let name = match self {
            Self::Text => "text",
            Self::YesNo => "yes-no",
            Self::YesNoUnknown => "yes-no-unknown",
            Self::Choice(_) => "choice",
            Self::Number => "number",
            Self::Time => "time",
            Self::Duration => "duration",
            Self::Date => "date",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Url => "url",
            Self::Ip => "ip",
            Self::Unit => "unit",
            Self::Position => "position",
            Self::List(inner) => return format!("list of {}", inner.name()),
        };
        name.to_owned()
    }

    /// What it is, for people: `a time`, `समय`.
    #[must_use]
    pub fn describe(&self) -> Text {
        let (en, hi) = match self {
            Self::Text => ("a text", "पाठ"),
            Self::YesNo => ("yes or no", "हाँ या नहीं"),
            Self::YesNoUnknown => ("yes, no or unknown", "हाँ, नहीं या पता नहीं"),
            Self::Choice(_) => ("one of the choices", "दिए गए विकल्पों में से एक"),
            Self::Number => ("a whole number", "पूर्ण संख्या"),
            Self::Time => ("a time", "समय"),
            Self::Duration => ("a length of time", "समय की अवधि"),
            Self::Date => ("a date", "तारीख"),
            Self::Phone => ("a phone number", "फ़ोन नंबर"),
            Self::Email => ("an e-mail address", "ई-मेल पता"),
            Self::Url => ("a web address", "वेब पता"),
            Self::Ip => ("an IP address", "IP पता"),
            Self::Unit => ("the code of a unit", "इकाई का कोड"),
            Self::Position => ("a position", "स्थान के निर्देशांक"),
            Self::List(inner) => {
                let inner = inner.describe();
                return Text {
                    en: format!("a list, each item {}", inner.en),
                    hi: format!("सूची, हर पंक्ति में {}", inner.hi),
                };
            }
        };
        Text { en: en.to_owned(), hi: hi.to_owned() }
    }

    /// Whether a value is of this type. Unknown is of every type.
    #[must_use]
    pub fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Unknown) | (Self::Number | Self::Time, Value::Int(_)) => true,
            (Self::Duration, Value::Int(ms)) => *ms >= 0,
            (Self::List(inner), Value::List(items)) => {
                items.len() <= MAX_ITEMS && items.iter().all(|item| *item != Value::Unknown && inner.admits(item))
            }
            (Self::Position, Value::Map(fields)) => read::is_position(fields),
            (_, Value::Text(text)) => self.admits_text(text),
            (_, Value::Bool(_) | Value::Int(_) | Value::List(_) | Value::Map(_)) => false,
        }
    }

    fn admits_text(&self, text: &str) -> bool {
        match self {
            Self::Text => text.chars().count() <= MAX_TEXT,
            Self::YesNo => matches!(text, "yes" | "no"),
            Self::YesNoUnknown => matches!(text, "yes" | "no" | "unknown"),
            Self::Choice(choices) => choices.iter().any(|choice| choice.id == text),
            Self::Date => calendar::Day::read(text).is_some_and(|day| day.to_string() == text),
            Self::Phone => contact::phone(text).as_deref() == Some(text),
            Self::Email => contact::email(text).as_deref() == Some(text),
            Self::Url => contact::url(text).as_deref() == Some(text),
            Self::Ip => contact::ip(text).as_deref() == Some(text),
            Self::Unit => contact::unit(text).as_deref() == Some(text),
            Self::Number | Self::Time | Self::Duration | Self::Position | Self::List(_) => false,
        }
    }

    /// Whether its values have an order in which `<` and `10..20` mean something.
    #[must_use]
    pub const fn is_ordered(&self) -> bool {
        matches!(self, Self::Number | Self::Time | Self::Duration)
    }
}

#[cfg(test)]
mod tests;
