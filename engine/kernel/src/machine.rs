//! Reads the bare-chart JSON of the conformance suite (an XState-like machine) into a chart.
//!
//! Purpose: measure the kernel's statechart semantics by cases that nobody here wrote. A protocol never comes this way.

mod lower;

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

pub use lower::{MachineError, to_chart};

/// A map whose order counts, as in the text.
#[derive(Clone, Debug)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pairs<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Ordered(pairs))
            }
        }
        deserializer.deserialize_map(Pairs(PhantomData))
    }
}

/// A state of a machine; the root is the machine itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Id, unique in the machine.
    pub id: String,
    /// Variables; of the root only.
    #[serde(default)]
    pub context: Vec<Variable>,
    /// Where it begins; absent = its first child.
    #[serde(default)]
    pub initial: Option<Begin>,
    /// What kind it is; absent = compound or atomic.
    #[serde(default, rename = "type")]
    pub kind: Option<Kind>,
    /// States inside it, in document order.
    #[serde(default)]
    pub states: Ordered<Node>,
    /// Transitions by event descriptor.
    #[serde(default)]
    pub on: Triggers,
    /// Transitions without event.
    #[serde(default)]
    pub always: Vec<Arrow>,
    /// Transitions by delay in milliseconds.
    #[serde(default)]
    pub after: Ordered<Vec<Arrow>>,
    /// Run on entry, one block.
    #[serde(default)]
    pub entry: Vec<Deed>,
    /// Run on exit, one block.
    #[serde(default)]
    pub exit: Vec<Deed>,
    /// Depth of a history state.
    #[serde(default)]
    pub history: Option<Depth>,
    /// Default of a history state; absent = where its parent begins.
    #[serde(default)]
    pub target: Vec<String>,
    /// Actions of a history state's default.
    #[serde(default)]
    pub actions: Vec<Deed>,
    /// What `done.state.*` carries.
    #[serde(default)]
    pub output: Option<String>,
}

/// A variable of a machine.
#[derive(Clone, Debug, Deserialize)]
pub struct Variable {
    /// Name.
    pub name: String,
    /// Expression of its first value.
    #[serde(default)]
    pub expr: Option<String>,
}

/// Where a state begins.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Begin {
    /// Key of a child.
    Key(String),
    /// Targets and actions.
    Arrow(Arrow),
}

/// Kinds of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// No states inside.
    Atomic,
    /// One state inside is active.
    Compound,
    /// All states inside are active.
    Parallel,
    /// Ends its parent.
    Final,
    /// Remembers.
    History,
}

/// How much a history state remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// The children.
    Shallow,
    /// All below.
    Deep,
}

/// Transitions with their descriptors, in document order.
#[derive(Clone, Debug, Default)]
pub struct Triggers(pub Vec<(String, Arrow)>);

impl<'de> Deserialize<'de> for Triggers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Triggers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from event descriptors to transitions, or a list of transitions with `event`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Triggers, A::Error> {
                let mut pairs = Vec::new();
                while let Some((event, arrows)) = map.next_entry::<String, Vec<Arrow>>()? {
                    pairs.extend(arrows.into_iter().map(|arrow| (event.clone(), arrow)));
                }
                Ok(Triggers(pairs))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Triggers, A::Error> {
                let mut pairs = Vec::new();
                while let Some(arrow) = list.next_element::<Arrow>()? {
                    let event = arrow.event.clone().ok_or_else(|| serde::de::Error::missing_field("event"))?;
                    pairs.push((event, arrow));
                }
                Ok(Triggers(pairs))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// A transition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrow {
    /// Descriptor, where transitions stand in a list.
    #[serde(default)]
    pub event: Option<String>,
    /// `#id` of each target.
    #[serde(default)]
    pub target: Vec<String>,
    /// Condition.
    #[serde(default)]
    pub guard: Option<String>,
    /// Actions, one block.
    #[serde(default)]
    pub actions: Vec<Deed>,
    /// False: does not leave its source when the targets are inside it.
    #[serde(default)]
    pub reenter: Option<bool>,
}

/// An action.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Deed {
    /// Gives a variable a value.
    Assign {
        /// The variable; absent = an illegal location.
        var: Option<String>,
        /// Expression.
        expr: String,
    },
    /// To the internal queue.
    Raise {
        /// Event name.
        event: String,
        /// Expression of what it carries.
        #[serde(default)]
        data: Option<String>,
    },
    /// To the external queue, perhaps later.
    Send {
        /// Event name.
        event: String,
        /// Milliseconds, or an expression giving them.
        #[serde(default)]
        delay: Option<Wait>,
        /// Name for `cancel`.
        #[serde(default)]
        id: Option<String>,
        /// Expression of what it carries.
        #[serde(default)]
        data: Option<String>,
    },
    /// Takes back a delayed `send`.
    Cancel {
        /// Its name.
        id: String,
    },
    /// The first branch whose condition holds.
    If {
        /// Branches.
        branches: Vec<Branch>,
    },
    /// Once for each item.
    Foreach {
        /// Expression of a list.
        array: String,
        /// Variable for the item.
        item: String,
        /// Variable for its number.
        #[serde(default)]
        index: Option<String>,
        /// What runs.
        actions: Vec<Deed>,
    },
    /// An error scope of its own.
    Block {
        /// What runs.
        actions: Vec<Deed>,
    },
    /// Fails.
    Fail,
    /// Adds to the trace.
    Log {
        /// What.
        label: String,
    },
}

/// A branch of `if`; without condition it is `else`.
#[derive(Clone, Debug, Deserialize)]
pub struct Branch {
    /// Condition.
    #[serde(default)]
    pub cond: Option<String>,
    /// What runs.
    pub actions: Vec<Deed>,
}

/// A delay.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Wait {
    /// Milliseconds.
    Fixed(u64),
    /// An expression giving them.
    Computed(String),
}
