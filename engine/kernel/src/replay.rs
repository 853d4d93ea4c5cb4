//! Steps an event of a log again and says whether it gives what was recorded.
//!
//! Pure: who replays brings the log, and compares what lies outside the kernel (digests, rows) with the words of [`What`].

use niyam_rules::protocol::Protocol;

use crate::behaviour::Behaviour;
use crate::effect::Effect;
use crate::event::{Event, Refusal};
use crate::moving::step_move_as;
use crate::state::{CaseState, Life};
use crate::step::{Reason, Step, step_as};

/// What may differ between what is stored and what its log leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// An event is not as it was written, is missing, or was put in.
    Chain,
    /// Columns of an event are not those of the event itself.
    Event,
    /// The version that the case runs on is gone or was changed.
    Version,
    /// A key is missing without having been destroyed, or was changed.
    Keys,
    /// Why an event changed nothing.
    Refusal,
    /// What to do outside.
    Effects,
    /// Why it was decided so.
    Reasons,
    /// The state after an event.
    State,
    /// The stored state.
    Snapshot,
    /// The sealed part of the stored state.
    Sealed,
    /// The armed clocks.
    Clocks,
    /// The effects to deliver.
    Outbox,
    /// What the board shows.
    Card,
}

impl What {
    /// The word that stands in logs, reports and [`crate::event::Breach::Differs`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Event => "event",
            Self::Version => "version",
            Self::Keys => "keys",
            Self::Refusal => "refusal",
            Self::Effects => "effects",
            Self::Reasons => "reasons",
            Self::State => "state",
            Self::Snapshot => "snapshot",
            Self::Sealed => "sealed",
            Self::Clocks => "clocks",
            Self::Outbox => "outbox",
            Self::Card => "card",
        }
    }
}

/// What the log keeps of a step.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// How the kernel behaved.
    pub behaviour: Behaviour,
    /// Why the event changed nothing.
    pub refusal: Option<&'a Refusal>,
    /// What to do outside, in order.
    pub effects: &'a [Effect],
    /// Why, in order.
    pub reasons: &'a [Reason],
    /// The case stood still from here on.
    pub halted: bool,
}

/// Steps an event again. Errors: what differs from what was recorded.
pub fn again(protocol: &Protocol, before: &CaseState, event: &Event, recorded: &Recorded<'_>) -> Result<Step, What> {
    compare(step_as(recorded.behaviour, protocol, before.clone(), event), before, recorded)
}

/// Takes a case to another version again. Errors: what differs from what was recorded.
pub fn again_moved(
    old: &Protocol,
    new: &Protocol,
    before: &CaseState,
    event: &Event,
    recorded: &Recorded<'_>,
) -> Result<Step, What> {
    compare(step_move_as(recorded.behaviour, old, new, before.clone(), event), before, recorded)
}

fn compare(step: Step, before: &CaseState, recorded: &Recorded<'_>) -> Result<Step, What> {
    if step.refusal.as_ref() != recorded.refusal {
        return Err(What::Refusal);
    }
    if step.effects != recorded.effects {
        return Err(What::Effects);
    }
    if step.reasons != recorded.reasons {
        return Err(What::Reasons);
    }
    if halts(before, &step.state) != recorded.halted {
        return Err(What::State);
    }
    Ok(step)
}

/// An event of which not everything is left, since its key was destroyed: it can be taken at its word only if it changed
/// nothing. `None` when it did change something.
#[must_use]
pub fn at_its_word(before: &CaseState, event: &Event, recorded: &Recorded<'_>) -> Option<CaseState> {
    let changes = recorded.refusal.is_none() || !recorded.effects.is_empty() || recorded.halted;
    (!changes && event.number == before.number.saturating_add(1))
        .then(|| CaseState { number: event.number, ..before.clone() })
}

/// Whether a step made a running case stand still.
#[must_use]
pub const fn halts(before: &CaseState, after: &CaseState) -> bool {
    matches!(after.life, Life::Halted { .. }) && !matches!(before.life, Life::Halted { .. })
}
