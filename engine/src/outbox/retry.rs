//! When a failed delivery is tried again.

use niyam_kernel::time::Timestamp;

use crate::time::Entropy;

/// Tries before an effect is given up.
pub const MOST_TRIES: u32 = 6;
/// Bound of the first wait in milliseconds; doubled each time, at most [`LONGEST_WAIT_MS`].
const FIRST_WAIT_MS: u64 = 5_000;
/// The longest wait between two tries, in milliseconds.
const LONGEST_WAIT_MS: u64 = 600_000;

/// When to try again after so many failures before this one: full jitter, a random moment up to the bound. Whatever failed
/// together does not come back together.
pub fn next_try(failures_before: u32, now: Timestamp, entropy: &dyn Entropy) -> Timestamp {
    let doubled = FIRST_WAIT_MS.saturating_mul(1 << failures_before.min(20));
    within(now, doubled.min(LONGEST_WAIT_MS), entropy)
}

/// A random moment after `now`, at most so many milliseconds (from 1) later.
pub fn within(now: Timestamp, most_ms: u64, entropy: &dyn Entropy) -> Timestamp {
    let mut random = [0; 8];
    entropy.fill(&mut random);
    let wait = 1 + u64::from_be_bytes(random) % most_ms.max(1);
    Timestamp::from_ms(now.as_ms().saturating_add_unsigned(wait))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SeededEntropy;

    #[test]
    fn waits_are_spread_up_to_a_bound_that_doubles() {
        let entropy = SeededEntropy::new(7);
        let now = Timestamp::from_ms(1_000);
        for (failures, bound) in [(0, 5_000), (1, 10_000), (5, 160_000), (7, 600_000), (u32::MAX, 600_000)] {
            let waits: Vec<u64> = (0..500).map(|_| next_try(failures, now, &entropy).since_ms(now)).collect();
            assert!(waits.iter().all(|wait| (1..=bound).contains(wait)), "{failures}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait < bound / 4) && waits.iter().any(|wait| *wait > bound / 4 * 3));
        }
    }
}
