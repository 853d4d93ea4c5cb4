//! What people see of cases and alerts, as values: the web and the command line print them and decide nothing.

mod alert;
mod build_alert;
mod build_board;
mod build_case;
mod build_timeline;
mod card;
mod case;
mod guard;
pub(crate) mod moving;
mod timeline;
pub(crate) mod words;

/// Indian Standard Time is ahead of UTC by this many milliseconds.
pub(crate) const IST_MS: i64 = 19_800_000;

pub(crate) use build_timeline::read as read_event;

pub use alert::{AlertView, FieldView, FiledView, Header, PartView};
pub(crate) use build_timeline::read;
pub use card::{Board, CaseCard, Counts, Due, Filter, Labelled, LifeView, OwnerView, ProtocolRef, UnitRef};
pub use case::{
    ActView, AlertRef, Blocked, Candidate, CaseView, ClockView, FactView, FieldQuestion, FormView, LinkView, OwnerOf,
    RecordView, SaidBy, SaidKind, SpanRef,
};
pub use moving::{ClockChange, MovePreview};
pub use timeline::{ActorView, EntryKind, ReasonView, Timeline, TimelineEntry, Told, ToldStatus};
