//! Ids: newtypes over UUID v7, with a prefix in text.
//!
//! The kernel never makes a UUID out of nothing: the runtime makes them from its injected clock and generator.

/// Declares an id type: `prefix_` and 32 hexadecimal digits in text, JSON and URLs.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub uuid::Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self}")
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|digits| uuid::Uuid::try_parse(digits).ok())
                    .map(Self)
                    .ok_or_else(|| IdError { text: text.to_owned(), prefix: $prefix })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A text that is no id of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no id that begins with `{prefix}_`")]
pub struct IdError {
    text: String,
    prefix: &'static str,
}

id!(
    /// One case: what is done about one person.
    CaseId,
    "case"
);
id!(
    /// One alert as it came in.
    AlertId,
    "alr"
);
id!(
    /// One person who uses Niyam.
    PersonId,
    "per"
);
id!(
    /// One request of a sender; the same request twice is done once.
    RequestId,
    "req"
);

/// Names one effect for ever: the case, the number of the event that caused it, and its place in that step.
///
/// It is the idempotency key of every delivery. In text `case_….7.2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId {
    /// The case.
    pub case: CaseId,
    /// Number of the event in the case, from 1.
    pub event: u64,
    /// Place among the effects of that step, from 0.
    pub index: u32,
}

impl std::fmt::Display for EffectId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.case, self.event, self.index)
    }
}

impl std::str::FromStr for EffectId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError { text: text.to_owned(), prefix: "case" };
        let mut parts = text.split('.');
        let (Some(case), Some(event), Some(index), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let (event, index) = (event.parse().map_err(|_| wrong())?, index.parse().map_err(|_| wrong())?);
        Ok(Self { case: case.parse().map_err(|_| wrong())?, event, index })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_id_are_the_same() {
        let id = CaseId(uuid::Uuid::from_u128(7));
        assert_eq!(id.to_string(), "case_00000000000000000000000000000007");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().parse::<AlertId>().is_err());
        let effect = EffectId { case: id, event: 7, index: 2 };
        assert_eq!(effect.to_string().parse(), Ok(effect));
        for wrong in
            ["case_00000000000000000000000000000007", "case_7.1.2", "case_00000000000000000000000000000007.-1.2"]
        {
            assert!(wrong.parse::<EffectId>().is_err());
        }
    }
}
