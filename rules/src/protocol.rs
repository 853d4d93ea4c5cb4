//! The compiled protocol: chart, facts, tables, forms, messages, guarantees, scenarios.

use std::collections::BTreeMap;

use crate::bundle::VersionDigest;
use crate::chart::{Chart, Seat};
use crate::duration::Duration;
use crate::expression::Expression;
use crate::place::Place;
use crate::text::Text;
use crate::value::Value;

/// One version of a protocol, ready to run.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// Name, which is the folder's: `kota`.
    pub name: String,
    /// Digest of the content, which names the version.
    pub digest: VersionDigest,
    /// Title on screens.
    pub title: Text,
    /// Name of the protocol it extends.
    pub extends: Option<String>,
    /// Order under which it is in force: number, date, authority; `None` in a template.
    pub order: Option<Order>,
    /// Declared facts by name.
    pub facts: BTreeMap<String, FactDeclaration>,
    /// Seal groups by name; `person` always exists.
    pub seals: BTreeMap<String, Seal>,
    /// Roles by id.
    pub roles: BTreeMap<String, Role>,
    /// Units by the name that owners use.
    pub units: BTreeMap<String, UnitRule>,
    /// The statechart.
    pub chart: Chart,
    /// Decision tables by id.
    pub tables: BTreeMap<String, Table>,
    /// Forms by id.
    pub forms: BTreeMap<String, Form>,
    /// Messages by id.
    pub messages: BTreeMap<String, Message>,
    /// Guarantees in the order written.
    pub guarantees: Vec<Guarantee>,
    /// Scenarios in the order of their files. A protocol has those of the one it extends too: a file of the same name
    /// replaces one whole, `remove: true` in it drops one.
    pub scenarios: Vec<Scenario>,
}

/// The order that puts a protocol in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Number of the order or circular.
    pub number: String,
    /// Day, `YYYY-MM-DD`.
    pub date: String,
    /// Who issued it.
    pub authority: Text,
}

/// A fact a case may know.
#[derive(Clone, Debug)]
pub struct FactDeclaration {
    /// Name on screens.
    pub label: Text,
    /// Type.
    pub kind: FactType,
    /// Value before anybody said anything; of the type, or unknown.
    pub default: Value,
    /// Seal group when it is personal data.
    pub seal: Option<String>,
    /// Where it is declared.
    pub place: Option<Place>,
}

/// Type of a fact. What each holds as a [`Value`] stands behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactType {
    /// Text.
    Text,
    /// Text `yes` or `no`.
    YesNo,
    /// Text `yes`, `no` or `unknown`.
    YesNoUnknown,
    /// Text, one of these, in the order of rank.
    Choice(Vec<Choice>),
    /// Int.
    Number,
    /// Int, milliseconds since the epoch.
    Time,
    /// Int, milliseconds.
    Duration,
    /// Text `YYYY-MM-DD`.
    Date,
    /// Text, E.164.
    Phone,
    /// Text, an address.
    Email,
    /// Text, http or https.
    Url,
    /// Text, IPv4 or IPv6.
    Ip,
    /// Text, code of a unit in the directory.
    Unit,
    /// Map with `lat_e7`, `lon_e7` (Int, 1e-7 degree) and `accuracy_m` (Int, metres or unknown).
    Position,
    /// List of items of one type, which is no list.
    List(Box<FactType>),
}

/// One value of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Stable id, the value itself.
    pub id: String,
    /// Name on screens.
    pub label: Text,
}

/// A group of sealed facts that shares one key.
#[derive(Clone, Debug, Default)]
pub struct Seal {
    /// Readable only while one of these states is active (ids); empty = whenever the reader has the right.
    pub readable_in: Vec<String>,
}

/// A role.
#[derive(Clone, Debug)]
pub struct Role {
    /// Name on screens.
    pub label: Text,
    /// Rank for escalation; higher is more senior. 0 ..= 100.
    pub rank: u8,
    /// Whether somebody sits there day and night.
    pub day_and_night: bool,
    /// Where the role sits when nothing else is said (`notify: desk_supervisor`).
    pub unit: String,
}

/// How a unit's name becomes a unit of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitRule {
    /// Always this one.
    Code(String),
    /// The one that a fact of type unit names.
    Fact(String),
    /// The nearest one of some kinds (`district`, `range`, `phq` …) at or above the unit that a fact names.
    Above {
        /// The fact.
        fact: String,
        /// Kinds as in the directory, at least one; any of them will do. Written `kind: district` or
        /// `kind: [district, commissionerate, grp]`: a commissionerate and the railway police stand where elsewhere a
        /// district does.
        kinds: Vec<String>,
    },
}

/// A decision table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Id.
    pub id: String,
    /// Title on screens.
    pub title: Text,
    /// Which of several matching rows counts.
    pub hit: HitPolicy,
    /// Input columns: facts, by name.
    pub inputs: Vec<String>,
    /// Output columns: facts, by name.
    pub outputs: Vec<String>,
    /// Rows in document order.
    pub rows: Vec<Row>,
    /// Where it is written.
    pub place: Option<Place>,
}

/// DMN hit policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitPolicy {
    /// No two rows match the same input.
    Unique,
    /// The first matching row counts.
    First,
    /// The matching row whose output ranks highest counts (order of the first output's choices).
    Priority,
    /// All matching rows say the same.
    Any,
    /// The outputs of all matching rows, as lists, in document order.
    Collect,
}

/// A row of a decision table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Stable id within the table.
    pub id: String,
    /// One test per input of the table, in their order.
    pub when: Vec<CellTest>,
    /// One value per output of the table, in their order.
    pub then: Vec<Value>,
    /// Why, for the timeline.
    pub why: Option<Text>,
    /// Where it is written.
    pub place: Option<Place>,
}

/// What a cell asks of its input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CellTest {
    /// Anything, unknown included.
    Any,
    /// Nothing is known.
    Unknown,
    /// Equal to one of these.
    OneOf(Vec<Value>),
    /// Known, and equal to none of these.
    NoneOf(Vec<Value>),
    /// A number in a closed interval; an open side is `None`.
    Between(Option<i64>, Option<i64>),
    /// Any of several tests.
    Either(Vec<CellTest>),
}

/// A form.
#[derive(Clone, Debug)]
pub struct Form {
    /// Id.
    pub id: String,
    /// Title on screens.
    pub title: Text,
    /// Fields in order.
    pub fields: Vec<Field>,
    /// Where it is written.
    pub place: Option<Place>,
}

/// A field of a form: it writes one fact.
#[derive(Clone, Debug)]
pub struct Field {
    /// The fact.
    pub fact: String,
    /// Whether the form cannot be sent without it.
    pub required: bool,
    /// What to ask, when the fact's own label is not enough.
    pub label: Option<Text>,
    /// How to answer.
    pub help: Option<Text>,
    /// Shown, and then required if so marked, only when this holds for the facts and the answers so far.
    pub show_if: Option<Expression>,
    /// Where it is written.
    pub place: Option<Place>,
}

/// A message in both languages.
#[derive(Clone, Debug)]
pub struct Message {
    /// Id.
    pub id: String,
    /// Fluent entries (`id = pattern`), English and Hindi, each with the id of this message.
    pub text: Text,
    /// Names of the variables it uses, without `$`.
    pub variables: Vec<String>,
}

/// A property that a version must have before it can be published. Names are checked; the proof comes later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// In every reachable situation a clock is armed that tells a person within this time.
    NeverSilent(Duration),
    /// From a state another is reached in time.
    Reach {
        /// State id, or `everywhere`.
        from: String,
        /// State id or fact.
        reach: String,
        /// In what time.
        within: Duration,
        /// Even if nobody does anything.
        even_if_nobody_acts: bool,
    },
    /// Before a state, these facts must be `yes` (or these states visited).
    Before {
        /// State id.
        state: String,
        /// Facts or states.
        must: Vec<String>,
        /// Role that may waive it.
        or_waived_by: Option<String>,
    },
    /// A state can always still be reached.
    CanReach {
        /// State id, or `everywhere`.
        from: String,
        /// State id.
        state: String,
    },
    /// Two states are never active together.
    NeverBoth(String, String),
}

/// A test of a protocol.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Id: the file's name without its ending.
    pub id: String,
    /// What it shows.
    pub title: Text,
    /// When the case is opened, in milliseconds since the Unix epoch; `None` where the time of day plays no part.
    pub begins: Option<i64>,
    /// Facts the case is opened with.
    pub facts: BTreeMap<String, Value>,
    /// Seats that nobody sits in.
    pub empty: Vec<Seat>,
    /// What happens and what must then hold, in order.
    pub steps: Vec<ScenarioStep>,
    /// Where it is written.
    pub place: Option<Place>,
}

/// One step of a scenario.
#[derive(Clone, Debug)]
pub struct ScenarioStep {
    /// What happens.
    pub happening: Happening,
    /// What must hold afterwards.
    pub expect: Expectation,
    /// Where it is written.
    pub place: Option<Place>,
}

/// What happens in a step of a scenario.
#[derive(Clone, Debug)]
pub enum Happening {
    /// Nothing but the opening of the case, or nothing more: only look.
    Look,
    /// Time passes; clocks that run out fire one by one.
    Wait(Duration),
    /// A person acts.
    Act {
        /// The act.
        act: String,
        /// In which role.
        by: String,
        /// Answers by fact.
        form: BTreeMap<String, Value>,
        /// It must be refused.
        refused: bool,
    },
    /// Something comes in from outside: `alert.update`, `alert.duplicate`, `delivery.failed`, `session.stop` …
    Event {
        /// Event name.
        event: String,
        /// Facts it brings.
        facts: BTreeMap<String, Value>,
    },
}

/// What must hold after a step of a scenario. Empty fields ask nothing.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// These states are active.
    pub inside: Vec<String>,
    /// These states are not active.
    pub not_inside: Vec<String>,
    /// These facts have these values.
    pub facts: BTreeMap<String, Value>,
    /// Since the step began these messages went to these roles or recipients.
    pub told: Vec<(String, String)>,
    /// The case has ended with this outcome.
    pub closed: Option<String>,
}
