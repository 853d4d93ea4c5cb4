//! What this node has taken up and not put down again, so that two looks for more do not take up one effect twice.
//!
//! A look takes a while. An effect may end meanwhile and be seen as it was before: what was put down during a look is not
//! taken up by it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use niyam_kernel::id::EffectId;

use crate::store::EffectRow;

/// Effects in hand.
#[derive(Default)]
pub struct InHand(Mutex<Held>);

#[derive(Default)]
struct Held {
    now: BTreeSet<EffectId>,
    /// Put down while somebody looks.
    put_down: BTreeSet<EffectId>,
    /// How many look.
    looks: u32,
}

/// A look for more.
pub struct Look<'a>(&'a InHand);

/// An effect that was taken up; put down when this is dropped.
pub struct Taken<'a> {
    pub row: EffectRow,
    in_hand: &'a InHand,
}

impl InHand {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many are in hand.
    pub fn count(&self) -> usize {
        self.held().now.len()
    }

    /// Begins to look for more.
    pub fn look(&self) -> Look<'_> {
        self.held().looks += 1;
        Look(self)
    }
}

impl<'a> Look<'a> {
    /// Takes up what was found, but for what is in hand already or was until a moment ago.
    pub fn take(self, found: Vec<EffectRow>) -> Vec<Taken<'a>> {
        let in_hand = self.0;
        let mut held = in_hand.held();
        let free = |row: &EffectRow| !held.put_down.contains(&row.id) && !held.now.contains(&row.id);
        let taken: Vec<EffectRow> = found.into_iter().filter(free).collect();
        held.now.extend(taken.iter().map(|row| row.id));
        drop(held);
        taken.into_iter().map(|row| Taken { row, in_hand }).collect()
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        let mut held = self.0.held();
        held.looks -= 1;
        if held.looks == 0 {
            held.put_down.clear();
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut held = self.in_hand.held();
        held.now.remove(&self.row.id);
        if held.looks > 0 {
            held.put_down.insert(self.row.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use niyam_kernel::effect::Effect;
    use niyam_kernel::id::CaseId;
    use niyam_kernel::time::Timestamp;

    use super::*;
    use crate::store::EffectStatus;

    fn row(index: u32) -> EffectRow {
        EffectRow {
            id: EffectId { case: CaseId(uuid::Uuid::nil()), event: 1, index },
            effect: Effect::Closed { outcome: String::new() },
            status: EffectStatus::Waiting,
            attempts: 0,
            next_at: Timestamp::default(),
            reason: None,
            since: Timestamp::default(),
        }
    }

    #[test]
    fn what_ends_while_somebody_looks_is_not_taken_up_again() {
        let in_hand = InHand::default();
        let mut first = in_hand.look().take(vec![row(1), row(2)]);
        let look = in_hand.look();
        first.remove(0);
        let second = look.take(vec![row(1), row(2), row(3)]);
        assert_eq!(second.iter().map(|taken| taken.row.id.index).collect::<Vec<_>>(), [3]);
        assert_eq!(in_hand.count(), 2);
        drop((first, second));
        assert_eq!(
            in_hand.look().take(vec![row(1), row(2), row(3)]).len(),
            3,
            "whoever is killed puts everything down"
        );
    }
}
