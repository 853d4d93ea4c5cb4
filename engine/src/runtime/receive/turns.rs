//! Turns of alerts that may be about one person, within this node.
//!
//! They save work and promise nothing: without them, of many alerts about one person that come together, all but one would
//! be matched, refused and matched again, round after round. That two of them do not open two cases is sure because the
//! store checks what each has seen.

use std::collections::BTreeSet;

use tokio::sync::{Mutex, MutexGuard};

/// Turns; a power of two. Persons who share one wait for each other, which costs milliseconds.
const TURNS: usize = 4096;

/// Turns, found by the hashes that cases are found by.
pub struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self(std::iter::repeat_with(Mutex::default).take(TURNS).collect())
    }
}

impl Turns {
    /// Waits until nobody else has a turn of any of these hashes. Taken in one order, so nobody waits in a circle.
    pub async fn take(&self, hashes: impl Iterator<Item = &[u8; 32]>) -> Vec<MutexGuard<'_, ()>> {
        let places: BTreeSet<usize> =
            hashes.map(|hash| usize::from(u16::from_be_bytes([hash[0], hash[1]])) % TURNS).collect();
        let mut turns = Vec::with_capacity(places.len());
        for place in places {
            turns.push(self.0[place].lock().await);
        }
        turns
    }
}
