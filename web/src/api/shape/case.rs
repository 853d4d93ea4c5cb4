//! The case page.

use niyam_engine::view::{
    ActView, AlertRef, Candidate, CaseView, ClockView, FactView, LinkView, OwnerOf, RecordView, SaidKind, SpanRef,
};
use niyam_rules::chart::{Stage, Weight};
use niyam_rules::value::Value;
use serde::Serialize;
use utoipa::ToSchema;

use super::card::CardCore;
use super::{FormShape, LabelledShape, TextShape, moment};

/// Everything about one case but its timeline: the card's fields, and these.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Case)]
pub struct CaseShape {
    /// The card.
    #[serde(flatten)]
    pub card: CardCore,
    /// Digest of the version it runs on.
    pub version: String,
    /// Number of the last event.
    pub events: u64,
    /// Facts that are known.
    pub facts: Vec<FactShape>,
    /// Alerts in the order they came.
    pub alerts: Vec<AlertRefShape>,
    /// Armed clocks, the next one first.
    pub clocks: Vec<ClockShape>,
    /// Who is responsible for which active state.
    pub owners: Vec<OwnerOfShape>,
    /// Active states by id.
    pub active: Vec<String>,
    /// States that have been entered, by id.
    pub visited: Vec<String>,
    /// What may be done.
    pub acts: Vec<ActShape>,
    /// Forms of active states.
    pub record: Vec<RecordShape>,
    /// Units that may be the right one, most likely first.
    pub candidates: Vec<CandidateShape>,
    /// Cases that belong together with this one.
    pub links: Vec<LinkShape>,
}

/// One fact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fact)]
pub struct FactShape {
    /// Name.
    pub name: String,
    /// Label.
    pub label: TextShape,
    /// Type, as the protocol writes it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Value; null when it is sealed for this reader, or erased.
    #[schema(value_type = Option<Object>)]
    pub value: Option<Value>,
    /// What people read instead of an id.
    pub value_label: Option<TextShape>,
    /// Personal data.
    pub sealed: bool,
    /// This reader may read it now.
    pub readable: bool,
    /// Who said it.
    pub by: SaidByShape,
    /// When.
    pub at: String,
    /// Number of the event.
    pub event: u64,
    /// Where in the original.
    pub spans: Vec<SpanShape>,
}

/// Who said a fact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SaidBy)]
pub struct SaidByShape {
    /// `default`, `alert`, `person`, `rule`.
    #[schema(value_type = String)]
    pub kind: SaidKind,
    /// In words.
    pub text: TextShape,
}

/// A stretch of an alert's part, in Unicode scalar values, end exclusive.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Span)]
pub struct SpanShape {
    /// `alr_…`.
    pub alert: String,
    /// Index of the part; 0 = the header block.
    pub part: u32,
    /// First character.
    pub start: u32,
    /// Behind the last character.
    pub end: u32,
}

/// An alert of the case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertRef)]
pub struct AlertRefShape {
    /// `alr_…`.
    pub id: String,
    /// When it came.
    pub received_at: String,
    /// Kind of sender.
    pub source: String,
    /// `new`, `linked`, `duplicate`, `update`, `location`, `stop`, `reopened`.
    pub relation: String,
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// Length in bytes.
    pub bytes: u64,
}

/// An armed clock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Clock)]
pub struct ClockShape {
    /// Name within its state.
    pub name: String,
    /// Label.
    pub label: TextShape,
    /// State it belongs to.
    pub state: String,
    /// When it runs out.
    pub due: String,
    /// Armed again each time.
    pub repeats: bool,
}

/// Who is responsible for one state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnerOf)]
pub struct OwnerOfShape {
    /// State id.
    pub state: String,
    /// Its label.
    pub state_label: TextShape,
    /// Role id.
    pub role: String,
    /// Its label.
    pub role_label: TextShape,
    /// Unit, once known.
    pub unit_name: Option<TextShape>,
    /// Person, once known.
    pub person_name: Option<TextShape>,
}

/// Something that may be done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Act)]
pub struct ActShape {
    /// Name.
    pub act: String,
    /// On the button.
    pub label: TextShape,
    /// `primary`, `plain`, `grave`.
    #[schema(value_type = String)]
    pub weight: Weight,
    /// The state that offers it.
    pub state: String,
    /// Roles that may do it.
    pub by: Vec<LabelledShape>,
    /// The reader's role is one of them.
    pub mine: bool,
    /// Form that goes with it.
    pub form: Option<FormShape>,
    /// Why it cannot be done now.
    pub blocked: Option<BlockedShape>,
    /// It is refused without a `reason`.
    pub needs_reason: bool,
}

/// Why an act cannot be done now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Blocked)]
pub struct BlockedShape {
    /// In words.
    pub reason: TextShape,
}

/// A form that may be saved while its state is active.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Record)]
pub struct RecordShape {
    /// State id.
    pub state: String,
    /// Its label.
    pub label: TextShape,
    /// Role that may save it; `null` = any.
    pub by: Option<LabelledShape>,
    /// You may.
    pub mine: bool,
    /// The form.
    pub form: FormShape,
}

/// A unit that may be the right one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Candidate)]
pub struct CandidateShape {
    /// Code.
    pub code: String,
    /// Name.
    pub name: TextShape,
    /// Why.
    pub reason: TextShape,
}

/// A case that belongs together with this one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Link)]
pub struct LinkShape {
    /// `case_…`.
    pub case: String,
    /// Number.
    pub number: String,
    /// `same_alert`, `earlier_case`, `later_case`.
    pub relation: String,
    /// Its stage.
    #[schema(value_type = String)]
    pub stage: Stage,
}

impl From<CaseView> for CaseShape {
    fn from(case: CaseView) -> Self {
        Self {
            version: case.card.protocol.digest.to_string(),
            card: case.card.into(),
            events: case.events,
            facts: each(case.facts),
            alerts: each(case.alerts),
            clocks: each(case.clocks),
            owners: each(case.owners),
            active: case.active,
            visited: case.visited,
            acts: each(case.acts),
            record: each(case.record),
            candidates: each(case.candidates),
            links: each(case.links),
        }
    }
}

fn each<T, S: From<T>>(items: Vec<T>) -> Vec<S> {
    items.into_iter().map(S::from).collect()
}

impl From<FactView> for FactShape {
    fn from(fact: FactView) -> Self {
        Self {
            name: fact.name,
            label: fact.label.into(),
            kind: fact.kind,
            value: fact.value,
            value_label: fact.value_label.map(Into::into),
            sealed: fact.sealed,
            readable: fact.readable,
            by: SaidByShape { kind: fact.by.kind, text: fact.by.text.into() },
            at: moment(fact.at),
            event: fact.event,
            spans: each(fact.spans),
        }
    }
}

impl From<SpanRef> for SpanShape {
    fn from(span: SpanRef) -> Self {
        Self { alert: span.alert.to_string(), part: span.part, start: span.start, end: span.end }
    }
}

impl From<AlertRef> for AlertRefShape {
    fn from(alert: AlertRef) -> Self {
        Self {
            id: alert.id.to_string(),
            received_at: moment(alert.received_at),
            source: alert.source,
            relation: alert.relation,
            sha256: alert.sha256,
            bytes: alert.bytes,
        }
    }
}

impl From<ClockView> for ClockShape {
    fn from(clock: ClockView) -> Self {
        Self {
            name: clock.name,
            label: clock.label.into(),
            state: clock.state,
            due: moment(clock.due),
            repeats: clock.repeats,
        }
    }
}

impl From<OwnerOf> for OwnerOfShape {
    fn from(owner: OwnerOf) -> Self {
        Self {
            state: owner.state,
            state_label: owner.state_label.into(),
            role: owner.role,
            role_label: owner.role_label.into(),
            unit_name: owner.unit_name.map(Into::into),
            person_name: owner.person_name.map(Into::into),
        }
    }
}

impl From<ActView> for ActShape {
    fn from(act: ActView) -> Self {
        Self {
            act: act.act,
            label: act.label.into(),
            weight: act.weight,
            state: act.state,
            by: each(act.by),
            mine: act.mine,
            form: act.form.map(Into::into),
            needs_reason: act.needs_reason,
            blocked: act.blocked.map(|blocked| BlockedShape { reason: blocked.reason.into() }),
        }
    }
}

impl From<RecordView> for RecordShape {
    fn from(record: RecordView) -> Self {
        Self {
            state: record.state,
            label: record.label.into(),
            by: record.by.map(Into::into),
            mine: record.mine,
            form: record.form.into(),
        }
    }
}

impl From<Candidate> for CandidateShape {
    fn from(candidate: Candidate) -> Self {
        Self { code: candidate.code, name: candidate.name.into(), reason: candidate.reason.into() }
    }
}

impl From<LinkView> for LinkShape {
    fn from(link: LinkView) -> Self {
        Self { case: link.case.to_string(), number: link.number, relation: link.relation, stage: link.stage }
    }
}
