//! The board and its cards.

use niyam_engine::view::{Board, CaseCard, Due, Labelled, LifeView, OwnerView, ProtocolRef, UnitRef};
use niyam_rules::chart::Stage;
use serde::Serialize;
use utoipa::ToSchema;

use super::{TextShape, moment};

/// The board at one moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Board)]
pub struct BoardShape {
    /// When it was made.
    pub now: String,
    /// Halted and overdue cases first, then by what is due next.
    pub cases: Vec<CardShape>,
    /// How many there are, whatever the filter.
    pub counts: CountsShape,
}

/// Numbers above the board.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Counts)]
pub struct CountsShape {
    /// Cases that run or are halted.
    pub open: u32,
    /// A clock of an active state has run out.
    pub overdue: u32,
    /// A seat that is responsible is empty.
    pub unowned: u32,
    /// Closed since midnight, Indian Standard Time.
    pub closed_today: u32,
}

/// One case on the board.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Card)]
pub struct CardShape {
    /// The case in short.
    #[serde(flatten)]
    pub core: CardCore,
    /// How many alerts belong to it.
    pub alerts: u32,
}

/// One case in short. Holds no personal data.
#[derive(Debug, Serialize, ToSchema)]
pub struct CardCore {
    /// `case_…`.
    pub id: String,
    /// Number that people say.
    pub number: String,
    /// Its protocol.
    pub protocol: ProtocolNameShape,
    /// `intake`, `verification`, `assignment`, `visit`, `closure`.
    #[schema(value_type = String)]
    pub stage: Stage,
    /// Active states that have no active child.
    pub states: Vec<LabelledShape>,
    /// `open`, `closed`, `halted`.
    #[schema(value_type = String)]
    pub life: LifeView,
    /// How it ended.
    pub outcome: Option<String>,
    /// `red`, `orange`, `yellow`, `green`.
    pub level: Option<String>,
    /// Its label.
    pub level_label: Option<TextShape>,
    /// Platform that the alert names.
    pub platform: Option<String>,
    /// Kind of sender.
    pub source: String,
    /// Whether the person is a minor, when that is known.
    pub minor: Option<bool>,
    /// Unit that acts.
    pub unit: Option<UnitShape>,
    /// Who is responsible.
    pub owner: Option<OwnerShape>,
    /// When it was opened.
    pub opened_at: String,
    /// When the last event was recorded.
    pub last_event_at: String,
    /// The clock that runs out next.
    pub due: Option<DueShape>,
    /// A clock of an active state has run out.
    pub overdue: bool,
    /// The first such clock: what is overdue, and since when.
    pub overdue_since: Option<DueShape>,
    /// A seat that is responsible is empty.
    pub unowned: bool,
    /// An exercise.
    pub drill: bool,
}

/// A protocol and its version.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProtocolName)]
pub struct ProtocolNameShape {
    /// Name.
    pub name: String,
    /// Title.
    pub title: TextShape,
    /// SHA-256 that names the version the case runs on.
    pub digest: String,
}

/// An id and what people read.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Labelled)]
pub struct LabelledShape {
    /// Id.
    pub id: String,
    /// Label.
    pub label: TextShape,
}

/// A unit.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Unit)]
pub struct UnitShape {
    /// Code in the directory.
    pub code: String,
    /// Name.
    pub name: TextShape,
}

/// Who is responsible.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Owner)]
pub struct OwnerShape {
    /// Role.
    pub role_label: TextShape,
    /// Unit, once known.
    pub unit_name: Option<TextShape>,
    /// Person, once known.
    pub person_name: Option<TextShape>,
}

/// A clock that will run out, or has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Due)]
pub struct DueShape {
    /// When it is or was due.
    pub at: String,
    /// Its label.
    pub label: TextShape,
    /// The state it belongs to, by id.
    pub state: String,
}

impl From<Board> for BoardShape {
    fn from(board: Board) -> Self {
        Self {
            now: moment(board.now),
            cases: board.cases.into_iter().map(Into::into).collect(),
            counts: CountsShape {
                open: board.counts.open,
                overdue: board.counts.overdue,
                unowned: board.counts.unowned,
                closed_today: board.counts.closed_today,
            },
        }
    }
}

impl From<CaseCard> for CardShape {
    fn from(card: CaseCard) -> Self {
        Self { alerts: card.alerts, core: card.into() }
    }
}

impl From<CaseCard> for CardCore {
    fn from(card: CaseCard) -> Self {
        Self {
            id: card.id.to_string(),
            number: card.number,
            protocol: card.protocol.into(),
            stage: card.stage,
            states: card.states.into_iter().map(Into::into).collect(),
            life: card.life,
            outcome: card.outcome,
            level: card.level,
            level_label: card.level_label.map(Into::into),
            platform: card.platform,
            source: card.source,
            minor: card.minor,
            unit: card.unit.map(Into::into),
            owner: card.owner.map(Into::into),
            opened_at: moment(card.opened_at),
            last_event_at: moment(card.last_event_at),
            due: card.due.map(Into::into),
            overdue: card.overdue,
            overdue_since: card.overdue_since.map(Into::into),
            unowned: card.unowned,
            drill: card.drill,
        }
    }
}

impl From<ProtocolRef> for ProtocolNameShape {
    fn from(protocol: ProtocolRef) -> Self {
        Self { name: protocol.name, title: protocol.title.into(), digest: protocol.digest.to_string() }
    }
}

impl From<Labelled> for LabelledShape {
    fn from(labelled: Labelled) -> Self {
        Self { id: labelled.id, label: labelled.label.into() }
    }
}

impl From<UnitRef> for UnitShape {
    fn from(unit: UnitRef) -> Self {
        Self { code: unit.code, name: unit.name.into() }
    }
}

impl From<OwnerView> for OwnerShape {
    fn from(owner: OwnerView) -> Self {
        Self {
            role_label: owner.role_label.into(),
            unit_name: owner.unit_name.map(Into::into),
            person_name: owner.person_name.map(Into::into),
        }
    }
}

impl From<Due> for DueShape {
    fn from(due: Due) -> Self {
        Self { at: moment(due.at), label: due.label.into(), state: due.state }
    }
}
