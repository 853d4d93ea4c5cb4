//! Lengths of time as a protocol writes them: `90s`, `10m`, `24h`, `7d`, `1h30m`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A length of time. Unit: milliseconds, 0 ..= 10 years.
///
/// Source: `after`, `every`, `in` of a protocol. Errors when parsed: [`DurationError`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration {
    ms: u64,
}

/// Why a text is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not of the form `<number><unit>`, repeated.
    #[error("`{0}` is no length of time")]
    Malformed(String),
    /// Longer than ten years.
    #[error("`{0}` is longer than ten years")]
    TooLong(String),
}

impl Duration {
    /// Ten years, the longest clock a protocol may set.
    pub const MAX: Self = Self { ms: 10 * 365 * 86_400_000 };

    /// From milliseconds; `None` when longer than [`Duration::MAX`].
    #[must_use]
    pub const fn from_ms(ms: u64) -> Option<Self> {
        if ms <= Self::MAX.ms { Some(Self { ms }) } else { None }
    }

    /// In milliseconds.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.ms
    }
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let malformed = || DurationError::Malformed(text.to_owned());
        let too_long = || DurationError::TooLong(text.to_owned());
        let mut rest = text.trim();
        let mut total: u64 = 0;
        if rest.is_empty() {
            return Err(malformed());
        }
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let number: u64 = rest[..digits].parse().map_err(|_| malformed())?;
            rest = &rest[digits..];
            let (unit_ms, length) = match rest.as_bytes() {
                [b'm', b's', ..] => (1, 2),
                [b's', ..] => (1_000, 1),
                [b'm', ..] => (60_000, 1),
                [b'h', ..] => (3_600_000, 1),
                [b'd', ..] => (86_400_000, 1),
                _ => return Err(malformed()),
            };
            rest = &rest[length..];
            total = number.checked_mul(unit_ms).and_then(|part| total.checked_add(part)).ok_or_else(too_long)?;
        }
        Self::from_ms(total).ok_or_else(too_long)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.ms;
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit_ms, unit) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")] {
            if rest >= unit_ms {
                write!(f, "{}{unit}", rest / unit_ms)?;
                rest %= unit_ms;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_it_reads() {
        for text in ["0s", "90ms", "10m", "1h30m", "7d", "1d2h3m4s5ms"] {
            assert_eq!(text.parse::<Duration>().expect("a length of time").to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_no_length_of_time() {
        for text in ["", "m", "10", "10 m", "-5m", "1.5h", "5w"] {
            assert!(matches!(text.parse::<Duration>(), Err(DurationError::Malformed(_))), "{text}");
        }
        assert!(matches!("4000d".parse::<Duration>(), Err(DurationError::TooLong(_))));
    }
}
