//! The compiled statechart: what the kernel runs.
//!
//! Invariants: state 0 is the root; states and transitions stand in document order, a parent before its children;
//! every index is in range; a target is never the root.

use crate::duration::Duration;
use crate::expression::Expression;
use crate::place::Place;
use crate::schedule::Schedule;
use crate::text::Text;
use crate::value::Value;

/// Index of a state in [`Chart::states`]; the order of indices is document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct StateIx(pub u16);

/// Index of a transition in [`Chart::transitions`]; the order of indices is document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct TransitionIx(pub u16);

/// Index of a clock in [`Chart::clocks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ClockIx(pub u16);

/// A statechart as W3C SCXML means it.
#[derive(Clone, Debug, Default)]
pub struct Chart {
    /// All states; the root first, then document order (depth first).
    pub states: Vec<State>,
    /// All transitions in document order.
    pub transitions: Vec<Transition>,
    /// All clocks (`after`, `every`) in document order.
    pub clocks: Vec<Clock>,
    /// Variables of a bare chart with the expression each starts from, in order. A protocol has none: its variables
    /// are the facts.
    pub variables: Vec<(String, Option<Expression>)>,
    /// What expressions see.
    pub scope: Scope,
}

/// What the expressions of a chart see by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Every variable under its own name, as the conformance cases have it.
    #[default]
    Variables,
    /// All facts as fields of the map `incident`.
    Incident,
}

/// One state.
#[derive(Clone, Debug)]
pub struct State {
    /// Stable id: in a protocol the dotted path from the root (`reach.talk.calling`); the root's is the chart's name.
    pub id: String,
    /// The state that contains it; `None` for the root only.
    pub parent: Option<StateIx>,
    /// Contained states, history states included, in document order.
    pub children: Vec<StateIx>,
    /// What kind of state it is.
    pub kind: StateKind,
    /// Run when it is entered; each block is its own error scope.
    pub entry: Vec<Vec<Action>>,
    /// Run when it is left; each block is its own error scope.
    pub exit: Vec<Vec<Action>>,
    /// Transitions from here, all triggers together, in document order.
    pub transitions: Vec<TransitionIx>,
    /// Clocks armed while it is active.
    pub clocks: Vec<ClockIx>,
    /// What makes it a step of police work; `None` in a bare chart.
    pub post: Option<Box<Post>>,
    /// Where it is written.
    pub place: Option<Place>,
}

impl State {
    /// What people read for it: its label; for a history state what it stands for; else its name as words.
    #[must_use]
    pub fn label(&self) -> Text {
        let written = self.post.as_ref().map(|post| &post.label).filter(|label| !label.en.is_empty());
        match (written, &self.kind) {
            (Some(label), _) => label.clone(),
            (None, StateKind::History { .. }) => Text {
                en: "Where it was left".to_owned(),
                hi: "जहाँ छोड़ा गया था".to_owned(),
            },
            (None, StateKind::Atomic | StateKind::Compound { .. } | StateKind::Parallel | StateKind::Final { .. }) => {
                let own = self.id.rsplit('.').next().unwrap_or(&self.id).replace('_', " ");
                let mut letters = own.chars();
                let words: String =
                    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
                Text { en: words.clone(), hi: words }
            }
        }
    }
}

/// What kind a state is.
#[derive(Clone, Debug)]
pub enum StateKind {
    /// Has no children.
    Atomic,
    /// Exactly one child is active.
    Compound {
        /// Where it begins.
        initial: Initial,
    },
    /// All children that are no history states are active together.
    Parallel,
    /// Ends its parent.
    Final {
        /// What `done.state.<parent>` carries.
        output: Option<Expression>,
    },
    /// Stands for where its parent was when it was last left.
    History {
        /// Whether the whole configuration below is remembered, not only the children.
        deep: bool,
        /// Where to go when nothing is remembered.
        default: Initial,
    },
}

/// Where a compound state begins, or a history state goes by default.
#[derive(Clone, Debug, Default)]
pub struct Initial {
    /// Targets, in document order; descendants of the state.
    pub targets: Vec<StateIx>,
    /// Run between the entry of the parent and that of the targets.
    pub actions: Vec<Action>,
}

/// The police part of a state.
#[derive(Clone, Debug)]
pub struct Post {
    /// One of the five stages.
    pub stage: Stage,
    /// Name on screens.
    pub label: Text,
    /// What the person who owns it should do now; empty when the protocol says nothing.
    pub help: Text,
    /// Who is responsible while it is active; `None` when an enclosing state's owner is.
    pub owner: Option<Seat>,
    /// Form that the owner may save any number of times while it is active, by id.
    pub form: Option<String>,
    /// How a case ended that ends here: the case counts as closed while a state with an outcome is active.
    pub outcome: Option<String>,
}

/// The five stages that all protocols share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The alert has come in.
    Intake,
    /// Who and where is it, and is there a risk.
    Verification,
    /// Which unit acts.
    Assignment,
    /// Somebody talks to or visits the person.
    Visit,
    /// The case ends.
    Closure,
}

/// A role at a unit: `duty_officer @ unit`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Seat {
    /// Role id, declared in `roles`.
    pub role: String,
    /// Name of the unit, declared in `units`.
    pub unit: String,
}

/// What makes a transition eligible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// An event whose name matches one of the descriptors (`foo`, `foo.*`, `*`).
    Events(Vec<String>),
    /// Nothing: taken as soon as its guard holds.
    Always,
    /// A clock of the source state has run out.
    Clock(ClockIx),
}

/// One transition.
#[derive(Clone, Debug)]
pub struct Transition {
    /// Stable id: `desk_review/on/found`, `desk_review/after/unit_chosen`, `intake/always`, with `/2` and so on
    /// behind it from the second one of the same trigger.
    pub id: String,
    /// The state it stands in.
    pub source: StateIx,
    /// What makes it eligible.
    pub trigger: Trigger,
    /// Where it goes; empty = stays, exits nothing.
    pub targets: Vec<StateIx>,
    /// Does not exit its source when all targets are descendants of it (SCXML `internal`; XState `reenter: false`).
    pub internal: bool,
    /// Must be true for it to be taken.
    pub guard: Option<Expression>,
    /// Run between exits and entries; one block.
    pub actions: Vec<Action>,
    /// What a person may do, if a person's act triggers it.
    pub act: Option<Box<Act>>,
    /// Where it is written.
    pub place: Option<Place>,
}

/// A person's act that triggers a transition.
#[derive(Clone, Debug)]
pub struct Act {
    /// Name, which is the event's name.
    pub name: String,
    /// Roles that may do it, by id.
    pub by: Vec<String>,
    /// Form to fill in with it, by id.
    pub form: Option<String>,
    /// On the button.
    pub label: Text,
    /// How the button is drawn.
    pub weight: Weight,
}

/// How strongly an act is offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// The normal next step; at most one per state is drawn as the primary button.
    Primary,
    /// An ordinary act.
    #[default]
    Plain,
    /// Ends something or cannot be undone; asks for a typed reason.
    Grave,
}

/// A deadline of a state, armed when the state is entered and disarmed when it is left.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Stable id within its state: the name the protocol gives it, else the length of time (`10m`).
    pub name: String,
    /// The state it belongs to; the root's clocks are those of the case.
    pub state: StateIx,
    /// When it runs out.
    pub timing: Timing,
    /// Its transitions, in document order.
    pub transitions: Vec<TransitionIx>,
    /// Name on screens.
    pub label: Text,
    /// Where it is written.
    pub place: Option<Place>,
}

/// When a clock runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Once, so long after the state was entered.
    Once(Duration),
    /// So long after the state was entered, and then again and again until it is left.
    Every(Duration),
    /// At these times of day, in Indian time, until the state is left.
    At(Schedule),
}

impl Timing {
    /// Whether it is armed again each time it runs out, until the state is left.
    #[must_use]
    pub const fn repeats(&self) -> bool {
        match self {
            Self::Once(_) => false,
            Self::Every(_) | Self::At(_) => true,
        }
    }

    /// For people, when the protocol gives the clock no name.
    #[must_use]
    pub fn describe(&self) -> Text {
        match self {
            Self::Once(length) | Self::Every(length) => Text { en: length.to_string(), hi: length.to_string() },
            Self::At(schedule) => schedule.describe(),
        }
    }

    /// For a small space, the same in every language: a length of time, or times of day.
    #[must_use]
    pub fn short(&self) -> String {
        match self {
            Self::Once(length) | Self::Every(length) => length.to_string(),
            Self::At(schedule) => schedule.short(),
        }
    }
}

/// A delay before an event is sent.
#[derive(Clone, Debug)]
pub enum Delay {
    /// A fixed length of time.
    Fixed(Duration),
    /// An expression giving whole milliseconds.
    Computed(Expression),
}

/// Something a chart does.
#[derive(Clone, Debug)]
pub struct Action {
    /// What.
    pub kind: ActionKind,
    /// Where it is written.
    pub place: Option<Place>,
}

/// What an action does.
#[derive(Clone, Debug)]
pub enum ActionKind {
    /// Adds a label to the trace.
    Log(String),
    /// Puts an event on the internal queue.
    Raise {
        /// Event name.
        event: String,
        /// What it carries.
        data: Option<Expression>,
    },
    /// Puts an event on the external queue, at once or later.
    Send {
        /// Event name.
        event: String,
        /// How long to wait; `None` = at once.
        delay: Option<Delay>,
        /// Name for `cancel`.
        id: Option<String>,
        /// What it carries.
        data: Option<Expression>,
    },
    /// Takes back what was sent under a name and has not arrived.
    Cancel {
        /// The name given with `send`.
        id: String,
    },
    /// Gives a variable or fact the value of an expression.
    Assign {
        /// Its name; `None` is an illegal location, which is `error.execution`.
        name: Option<String>,
        /// The expression.
        value: Expression,
    },
    /// Gives a fact a constant.
    Set {
        /// The fact.
        fact: String,
        /// The constant, of the fact's type.
        value: Value,
    },
    /// Runs a decision table and gives its output facts their values.
    Decide {
        /// Table id.
        table: String,
    },
    /// Runs the first branch whose condition holds.
    If {
        /// Conditions and what they run; a branch without condition is `else`.
        branches: Vec<(Option<Expression>, Vec<Action>)>,
    },
    /// Runs actions once for each item.
    Foreach {
        /// A list.
        array: Expression,
        /// Variable for the item.
        item: String,
        /// Variable for its number, from 0.
        index: Option<String>,
        /// What to run.
        actions: Vec<Action>,
    },
    /// Runs actions in an error scope of their own.
    Block(Vec<Action>),
    /// Raises `error.execution` and ends its block.
    Fail,
    /// Tells whoever sits in a seat.
    Notify {
        /// Who.
        to: Seat,
        /// Message id.
        message: String,
    },
    /// Writes to somebody outside the police: from the official account, by mail or SMS.
    Reply {
        /// Who.
        to: Recipient,
        /// Message id.
        message: String,
    },
    /// Destroys the key of a seal group: all its facts become unknown for ever.
    Erase {
        /// Seal group.
        seal: String,
    },
}

/// Somebody outside the police that a protocol writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// The person in distress.
    Person,
    /// The platform that sent the alert.
    Platform,
    /// Whoever reported it (a warden, a friend).
    Reporter,
    /// The control room of a unit that does not use Niyam.
    OutsideUnit,
}
