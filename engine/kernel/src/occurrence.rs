//! An event as the chart sees it, on a queue or as the variable `event`.

use std::collections::BTreeMap;

use niyam_rules::chart::{ClockIx, TransitionIx};
use niyam_rules::value::Value;

/// Name of the event that errors become.
pub(crate) const ERROR: &str = "error.execution";

/// Where an event came from; `event.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The interpreter itself: `done.state.*`, `error.*`.
    Platform,
    /// The action `raise`.
    Internal,
    /// Outside, or the action `send`.
    External,
}

impl Origin {
    fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Internal => "internal",
            Self::External => "external",
        }
    }
}

/// One event on its way through the chart.
#[derive(Clone, Debug)]
pub(crate) struct Occurrence {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    /// Name it was sent under.
    pub(crate) send: Option<String>,
    pub(crate) data: Value,
    /// Role of who acted.
    pub(crate) by: Option<String>,
    /// Which transitions it may take.
    pub(crate) reach: Reach,
}

/// Which transitions an event may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Those with a matching descriptor that are no person's act.
    Descriptors,
    /// A person's act: these, which the person may do, and those with a matching descriptor that are no act.
    Acts(Vec<TransitionIx>),
    /// Those of this clock and no others; `*` does not catch a clock, so that none can be lost.
    Clock(ClockIx),
    /// None: something changed that only `always` can answer.
    Nothing,
}

impl Occurrence {
    pub(crate) fn new(name: impl Into<String>, origin: Origin, data: Value) -> Self {
        Self { name: name.into(), origin, send: None, data, by: None, reach: Reach::Descriptors }
    }

    /// The variable `event`.
    pub(crate) fn to_value(&self) -> Value {
        let text = |text: Option<&String>| text.map_or(Value::Unknown, |text| Value::Text(text.clone()));
        Value::Map(BTreeMap::from([
            ("name".to_owned(), Value::Text(self.name.clone())),
            ("type".to_owned(), self.origin.name().into()),
            ("sendid".to_owned(), text(self.send.as_ref())),
            ("data".to_owned(), self.data.clone()),
            ("by".to_owned(), text(self.by.as_ref())),
        ]))
    }
}
