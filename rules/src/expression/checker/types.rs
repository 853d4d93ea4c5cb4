//! Types of expressions.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::FactType;

/// Type of a value, and whether it may be `()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    pub kind: Kind,
    pub maybe_unknown: bool,
}

/// What a value is when it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nobody can tell: what an event carries, or a mistake already reported.
    Anything,
    /// `()` and nothing else.
    Nothing,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int(Measure),
    /// A text.
    Text(Content),
    /// A list of items.
    List(Box<Type>),
    /// A map written in the expression.
    Map(BTreeMap<String, Type>),
    /// A position.
    Position,
    /// All facts.
    Incident,
    /// The event.
    Event,
}

/// What a whole number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// A number as written: suits any other.
    Written,
    /// A number.
    Number,
    /// Milliseconds since the epoch.
    Time,
    /// Milliseconds.
    Duration,
}

/// What a text may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Anything.
    Free,
    /// One of these, as written in the expression.
    Written(BTreeSet<String>),
    /// What this type of fact admits; never `Text`.
    Fact(FactType),
}

impl Type {
    /// Known, of this kind.
    pub const fn known(kind: Kind) -> Self {
        Self { kind, maybe_unknown: false }
    }

    /// Of this kind or `()`.
    pub const fn maybe(kind: Kind) -> Self {
        Self { kind, maybe_unknown: true }
    }

    /// Anything, about which nothing more is said.
    pub const fn anything() -> Self {
        Self::known(Kind::Anything)
    }

    /// A number as written.
    pub const fn int(measure: Measure) -> Self {
        Self::known(Kind::Int(measure))
    }

    /// Of a fact.
    pub fn of(fact: &FactType) -> Self {
        Self::known(match fact {
            FactType::Text => Kind::Text(Content::Free),
            FactType::YesNo
            | FactType::YesNoUnknown
            | FactType::Choice(_)
            | FactType::Date
            | FactType::Phone
            | FactType::Email
            | FactType::Url
            | FactType::Ip
            | FactType::Unit => Kind::Text(Content::Fact(fact.clone())),
            FactType::Number => Kind::Int(Measure::Number),
            FactType::Time => Kind::Int(Measure::Time),
            FactType::Duration => Kind::Int(Measure::Duration),
            FactType::Position => Kind::Position,
            FactType::List(item) => Kind::List(Box::new(Self::of(item))),
        })
    }

    /// One of two: the branches of `if`, the items of a list. `None` = the two do not go together.
    pub fn join(self, other: Self) -> Option<Self> {
        let maybe_unknown = self.maybe_unknown || other.maybe_unknown;
        let kind = match (self.kind, other.kind) {
            (Kind::Nothing, Kind::Nothing) => return Some(Self::known(Kind::Nothing)),
            (Kind::Nothing, kind) | (kind, Kind::Nothing) => return Some(Self::maybe(kind)),
            (Kind::Anything, _) | (_, Kind::Anything) | (Kind::Map(_), Kind::Map(_)) => Kind::Anything,
            (Kind::Int(left), Kind::Int(right)) => Kind::Int(left.join(right)?),
            (Kind::Text(left), Kind::Text(right)) => Kind::Text(left.join(right)),
            // The empty list suits any other.
            (Kind::List(item), Kind::List(none)) | (Kind::List(none), Kind::List(item))
                if none.kind == Kind::Nothing =>
            {
                Kind::List(item)
            }
            (Kind::List(left), Kind::List(right)) => Kind::List(Box::new(left.join(*right)?)),
            (left, right) if left == right => left,
            _ => return None,
        };
        Some(Self { kind, maybe_unknown })
    }

    /// In words: `a text`.
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Anything => "anything".to_owned(),
            Kind::Nothing => "nothing".to_owned(),
            Kind::Bool => "true or false".to_owned(),
            Kind::Int(Measure::Written | Measure::Number) => "a number".to_owned(),
            Kind::Int(Measure::Time) => FactType::Time.describe().en,
            Kind::Int(Measure::Duration) => FactType::Duration.describe().en,
            Kind::Text(Content::Free | Content::Written(_)) => "a text".to_owned(),
            Kind::Text(Content::Fact(fact)) => fact.describe().en,
            Kind::List(item) if **item == Self::known(Kind::Nothing) => "a list".to_owned(),
            Kind::List(item) => format!("a list, each item {}", item.describe()),
            Kind::Map(_) => "a map".to_owned(),
            Kind::Position => FactType::Position.describe().en,
            Kind::Incident => "all facts together".to_owned(),
            Kind::Event => "the event".to_owned(),
        }
    }

    /// Whether it is a yes or no that was probably meant to be true or false.
    pub fn is_yes_no(&self) -> bool {
        matches!(&self.kind, Kind::Text(Content::Fact(FactType::YesNo | FactType::YesNoUnknown)))
    }
}

impl Measure {
    /// Both in one; `None` when they count different things.
    pub fn join(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Written, measure) | (measure, Self::Written) => Some(measure),
            (left, right) if left == right => Some(left),
            _ => None,
        }
    }

    /// Whether it counts milliseconds.
    pub const fn is_ms(self) -> bool {
        matches!(self, Self::Time | Self::Duration)
    }
}

impl Content {
    fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Written(mut left), Self::Written(right)) => {
                left.extend(right);
                Self::Written(left)
            }
            (Self::Fact(fact), Self::Written(texts)) | (Self::Written(texts), Self::Fact(fact))
                if texts.iter().all(|text| admits(&fact, text)) =>
            {
                Self::Fact(fact)
            }
            (left, right) if left == right => left,
            _ => Self::Free,
        }
    }
}

/// Whether a fact of this type can say this text.
pub fn admits(fact: &FactType, text: &str) -> bool {
    fact.admits(&text.into())
}

/// The texts a fact can say, when they are few.
pub fn values(fact: &FactType) -> Option<Vec<&str>> {
    match fact {
        FactType::YesNo => Some(vec!["yes", "no"]),
        FactType::YesNoUnknown => Some(vec!["yes", "no", "unknown"]),
        FactType::Choice(choices) => Some(choices.iter().map(|choice| choice.id.as_str()).collect()),
        FactType::Text
        | FactType::Number
        | FactType::Time
        | FactType::Duration
        | FactType::Date
        | FactType::Phone
        | FactType::Email
        | FactType::Url
        | FactType::Ip
        | FactType::Unit
        | FactType::Position
        | FactType::List(_) => None,
    }
}

/// Whether facts of two types can say the same.
pub fn can_meet(left: &FactType, right: &FactType) -> bool {
    match (values(left), values(right)) {
        (Some(left), Some(right)) => left.iter().any(|value| right.contains(value)),
        (None, None) => left == right,
        _ => false,
    }
}
