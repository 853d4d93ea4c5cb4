//! The case page.

use niyam_kernel::id::{AlertId, CaseId};
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::{Stage, Weight};
use niyam_rules::text::Text;
use niyam_rules::value::Value;
use serde::Serialize;

use super::card::{CaseCard, Labelled};

/// Everything about one case but its timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CaseView {
    /// In short.
    pub card: CaseCard,
    /// Number of the last event.
    pub events: u64,
    /// Facts that are known, by name. Sealed ones only with a value if the reader may read them now.
    pub facts: Vec<FactView>,
    /// Alerts in the order they came.
    pub alerts: Vec<AlertRef>,
    /// Armed clocks, the next one first.
    pub clocks: Vec<ClockView>,
    /// Who is responsible for which active state.
    pub owners: Vec<OwnerOf>,
    /// Active states by id, outermost first.
    pub active: Vec<String>,
    /// States that have been entered, by id, in document order.
    pub visited: Vec<String>,
    /// Transitions that have been taken, by id.
    pub taken: Vec<String>,
    /// Acts that active states offer.
    pub acts: Vec<ActView>,
    /// Forms of active states.
    pub record: Vec<RecordView>,
    /// Units that may be the right one, most likely first.
    pub candidates: Vec<Candidate>,
    /// Cases that belong together with this one.
    pub links: Vec<LinkView>,
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FactView {
    /// Name.
    pub name: String,
    /// Label.
    pub label: Text,
    /// Type, as the protocol writes it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Value; `None` when it is sealed and not readable, or erased.
    pub value: Option<Value>,
    /// What people read instead of a choice's or unit's id.
    pub value_label: Option<Text>,
    /// It is personal data.
    pub sealed: bool,
    /// Its seal group.
    pub seal: Option<String>,
    /// This reader may read it now.
    pub readable: bool,
    /// Who said it.
    pub by: SaidBy,
    /// When.
    pub at: Timestamp,
    /// Number of the event.
    pub event: u64,
    /// Where in the original.
    pub spans: Vec<SpanRef>,
}

/// Who said a fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SaidBy {
    /// What kind of source.
    pub kind: SaidKind,
    /// Person's name, rule, or alert.
    pub text: Text,
}

/// Kind of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SaidKind {
    /// Declared default.
    Default,
    /// An alert.
    Alert,
    /// A person.
    Person,
    /// A rule of the protocol.
    Rule,
}

/// A stretch of an alert's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SpanRef {
    /// The alert.
    pub alert: AlertId,
    /// Index of the part; 0 = the header block.
    pub part: u32,
    /// First character, from 0, in Unicode scalar values.
    pub start: u32,
    /// Behind the last character.
    pub end: u32,
}

/// An alert of the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertRef {
    /// Id.
    pub id: AlertId,
    /// When it came.
    pub received_at: Timestamp,
    /// Kind of sender, as intake found it; the channel when it found none.
    pub source: String,
    /// `new`, `duplicate`, `update`, `location`, `stop`, `linked`, `reopened`.
    pub relation: String,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub sha256: String,
    /// Length in bytes.
    pub bytes: u64,
}

/// An armed clock or delayed event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClockView {
    /// Name within its state.
    pub name: String,
    /// Label.
    pub label: Text,
    /// State it belongs to; the protocol's name for clocks of the case.
    pub state: String,
    /// When it runs out.
    pub due: Timestamp,
    /// Armed again each time.
    pub repeats: bool,
}

/// Who is responsible for one state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnerOf {
    /// State id.
    pub state: String,
    /// Its label.
    pub state_label: Text,
    /// Role id.
    pub role: String,
    /// Label of the role.
    pub role_label: Text,
    /// Unit, once known.
    pub unit_name: Option<Text>,
    /// Person, once known.
    pub person_name: Option<Text>,
}

/// An act that an active state offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActView {
    /// Name.
    pub act: String,
    /// On the button.
    pub label: Text,
    /// How the button is drawn.
    pub weight: Weight,
    /// The state that offers it.
    pub state: String,
    /// Roles that may do it.
    pub by: Vec<Labelled>,
    /// The reader's role is one of them.
    pub mine: bool,
    /// Form that goes with it.
    pub form: Option<FormView>,
    /// It is refused without a reason in the person's words.
    pub needs_reason: bool,
    /// Why it cannot be done now.
    pub blocked: Option<Blocked>,
}

/// Why an act cannot be done now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blocked {
    /// In words.
    pub reason: Text,
}

/// A form that a person may save while its state is active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordView {
    /// State id.
    pub state: String,
    /// Its label.
    pub label: Text,
    /// Role that may save it; `None` = any.
    pub by: Option<Labelled>,
    /// The reader's role may.
    pub mine: bool,
    /// The form.
    pub form: FormView,
}

/// A form with what is known already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FormView {
    /// Id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Questions in order.
    pub fields: Vec<FieldQuestion>,
}

/// One question of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldQuestion {
    /// The fact it writes.
    pub fact: String,
    /// What to ask.
    pub label: Text,
    /// How to answer.
    pub help: Option<Text>,
    /// Type, as the protocol writes it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Type of a list's items.
    pub of: Option<String>,
    /// Answers to choose from.
    pub choices: Option<Vec<Labelled>>,
    /// The form cannot be sent without it.
    pub required: bool,
    /// What is known already; `None` when unknown or not readable.
    pub value: Option<Value>,
    /// Whether it is shown now.
    pub show_if: bool,
}

/// A unit that may be the right one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Code.
    pub code: String,
    /// Name.
    pub name: Text,
    /// Why.
    pub reason: Text,
}

/// A case that belongs together with this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkView {
    /// Id.
    pub case: CaseId,
    /// Number.
    pub number: String,
    /// `same_alert`, `earlier_case`, `later_case`.
    pub relation: String,
    /// Stage of that case.
    pub stage: Stage,
}
