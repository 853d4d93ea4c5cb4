//! What happened to a case, and why.

use niyam_engine::view::{EntryKind, ReasonView, Timeline, TimelineEntry, Told, ToldStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::{TextShape, moment};

/// The whole timeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Timeline)]
pub struct TimelineShape {
    /// One entry for each event, in order.
    pub entries: Vec<EntryShape>,
}

/// One event. Holds no personal data but the reason, which only a reader gets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Entry)]
pub struct EntryShape {
    /// Number in the case.
    pub number: u64,
    /// When it was recorded.
    pub at: String,
    /// When it happened, if that was earlier.
    pub happened_at: Option<String>,
    /// For a clock: how late it fired, in milliseconds.
    pub late_ms: Option<u64>,
    /// `opened`, `joined`, `act`, `recorded`, `clock`, `delivery`, `external`, `moved`, `refused`, `halted`.
    #[schema(value_type = String)]
    pub kind: EntryKind,
    /// In words.
    pub title: TextShape,
    /// Who acted.
    pub actor: Option<ActorShape>,
    /// Why they acted, in their own words; `null` when they gave no reason or you may not read it.
    pub reason_given: Option<String>,
    /// Why, in the order decided.
    pub reasons: Vec<ReasonShape>,
    /// Who was told, and what became of it.
    pub told: Vec<ToldShape>,
    /// Link of the case's hash chain.
    pub hash: String,
}

/// Who acted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Actor)]
pub struct ActorShape {
    /// Name.
    pub name: TextShape,
    /// Role.
    pub role_label: TextShape,
    /// Unit.
    pub unit_name: Option<TextShape>,
}

/// One reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub struct ReasonShape {
    /// `taken`, `decided`, `fact_set`, `error`, `logged`, `ignored`, `refused`.
    pub kind: String,
    /// In words.
    pub text: TextShape,
    /// Where the rule is written.
    pub place: Option<PlaceShape>,
}

/// Where a rule is written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Place)]
pub struct PlaceShape {
    /// File of the protocol.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

/// Who was told what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Told)]
pub struct ToldShape {
    /// Who.
    pub to: TextShape,
    /// What.
    pub message: TextShape,
    /// `waiting`, `done`, `failed`.
    #[schema(value_type = String)]
    pub status: ToldStatus,
    /// Why it failed, or through which channel it went.
    pub note: Option<TextShape>,
}

impl From<Timeline> for TimelineShape {
    fn from(timeline: Timeline) -> Self {
        Self { entries: timeline.entries.into_iter().map(Into::into).collect() }
    }
}

impl From<TimelineEntry> for EntryShape {
    fn from(entry: TimelineEntry) -> Self {
        Self {
            number: entry.number,
            at: moment(entry.at),
            happened_at: entry.happened_at.map(moment),
            late_ms: entry.late_ms,
            kind: entry.kind,
            title: entry.title.into(),
            actor: entry.actor.map(|actor| ActorShape {
                name: actor.name.into(),
                role_label: actor.role_label.into(),
                unit_name: actor.unit_name.map(Into::into),
            }),
            reason_given: entry.reason_given,
            reasons: entry.reasons.into_iter().map(Into::into).collect(),
            told: entry.told.into_iter().map(Into::into).collect(),
            hash: entry.hash,
        }
    }
}

impl From<ReasonView> for ReasonShape {
    fn from(reason: ReasonView) -> Self {
        Self {
            kind: reason.kind.to_owned(),
            text: reason.text.into(),
            place: reason.place.map(|place| PlaceShape { file: place.file.to_string(), line: place.line }),
        }
    }
}

impl From<Told> for ToldShape {
    fn from(told: Told) -> Self {
        Self { to: told.to.into(), message: told.message.into(), status: told.status, note: told.note.map(Into::into) }
    }
}
