//! Shift change: whoever sits in a seat now is responsible for what whoever sat there before was.

use niyam_kernel::event::{EventBody, Outcome};
use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::state::{EffectPlace, Life, Owner};
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;

use super::Run;
use crate::error::{ActError, StoreError};
use crate::runtime::live::Live;
use crate::runtime::{Runtime, TRIES};
use crate::store::{Commit, EffectStatus};
use crate::view::words::text;

/// Cases looked at before the claim is held on.
const PAGE: u64 = 256;

impl Runtime {
    /// Looks through all open cases and hands over those whose seat has somebody else in it. In words, how many.
    pub(super) async fn change_shift(&self, run: &Run<'_>) -> Result<Text, StoreError> {
        let (mut after, mut handed) = (None, 0_u64);
        loop {
            let page = self.store.open_cases(after, PAGE).await?;
            let Some(last) = page.last().copied() else { break };
            for case in page {
                match self.hand_over(case).await {
                    Ok(count) => handed += count,
                    Err(ActError::Store(error @ (StoreError::Full | StoreError::Unavailable { .. }))) => {
                        return Err(error);
                    }
                    // one case that cannot be handed over must not hold up the others
                    Err(error) => tracing::error!(case.id = %case, %error, "a case could not be handed over"),
                }
            }
            after = Some(last);
            run.hold().await?;
        }
        Ok(text(format!("{handed} hand-overs"), format!("{handed} हस्तांतरण")))
    }

    /// Hands over one case, seat by seat. Returns how many changed hands.
    async fn hand_over(&self, case: CaseId) -> Result<u64, ActError> {
        let live = self.load(case).await?;
        if self.changed_seat(&live, self.now()).is_none() {
            return Ok(0);
        }
        let asking = self.store.effects_of(case).await?;
        let is_asked = |place: EffectPlace| {
            let id = EffectId { case, event: place.event, index: place.index };
            asking.iter().any(|row| row.id == id && row.status == EffectStatus::Waiting)
        };
        let (mut handed, mut tries) = (0, 0);
        loop {
            let mut turn = self.turn(case).await?;
            // what the outbox has not answered yet, it will
            let changed = self.changed_seat(turn.live(), self.now()).filter(|(place, _)| !is_asked(*place));
            let Some((place, outcome)) = changed else { return Ok(handed) };
            let body = EventBody::Delivered { event: place.event, index: place.index, outcome };
            let appended = turn.append(body, None).await?;
            match turn.commit(Commit { name: "hand a case over", writes: appended.writes }).await {
                Ok(_) => {
                    self.tell(appended.change);
                    handed += 1;
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            tries += 1;
            if tries >= TRIES {
                return Ok(handed);
            }
        }
    }

    /// The first seat of a case in which somebody else sits than the case knows, with the effect that asked for it.
    fn changed_seat(&self, live: &Live, now: Timestamp) -> Option<(EffectPlace, Outcome)> {
        if live.state.life != Life::Open {
            return None;
        }
        live.state.owners.values().find_map(|owner| Some((owner.asked, self.changed(live, owner, now)?)))
    }

    /// Who sits in a seat now, if that is news. A seat that is staffed by roster may be empty for a night: whoever was
    /// responsible stays so. One that is staffed day and night may not: the case hears of it.
    fn changed(&self, live: &Live, owner: &Owner, now: Timestamp) -> Option<Outcome> {
        let day_and_night = live.protocol.roles.get(&owner.seat.role).is_some_and(|role| role.day_and_night);
        match self.occupant(live, &owner.seat, now) {
            (Some(unit), Some(person)) if owner.person != Some(person) => Some(Outcome::Assigned { person, unit }),
            (unit, None) if owner.person.is_some() && day_and_night => Some(Outcome::NobodyThere { unit }),
            _ => None,
        }
    }
}
