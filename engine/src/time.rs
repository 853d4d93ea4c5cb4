//! Where the runtime takes time and randomness from. Both are injected; the system's own are read here and nowhere else.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use niyam_kernel::time::Timestamp;
use niyam_rules::duration::Duration;

/// Says what time it is.
pub trait Clock: Send + Sync + 'static {
    /// Now, in milliseconds since the Unix epoch.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one door through which the wall clock comes in")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands until somebody moves it: for tests, trials and simulation.
#[derive(Debug, Default)]
pub struct ManualClock {
    ms: AtomicI64,
}

impl ManualClock {
    /// Standing at a moment.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self { ms: AtomicI64::new(now.as_ms()) }
    }

    /// Moves forward by a length of time.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }

    /// Moves to a moment.
    pub fn set(&self, now: Timestamp) {
        self.ms.store(now.as_ms(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.ms.load(Ordering::SeqCst))
    }
}

/// Gives random bytes: for ids, keys and nonces.
pub trait Entropy: Send + Sync + 'static {
    /// Fills the whole slice. The bytes never repeat: nonces and keys are made of them.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the one door through which randomness comes in")]
    fn fill(&self, bytes: &mut [u8]) {
        use rand::Rng as _;
        rand::rng().fill_bytes(bytes);
    }
}

/// Repeatable bytes from a seed, for tests and simulation. Not for a server: whoever knows the seed knows every key.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    counter: AtomicU64,
}

impl SeededEntropy {
    /// Starts at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        use sha2::Digest as _;
        for chunk in bytes.chunks_mut(32) {
            let count = self.counter.fetch_add(1, Ordering::SeqCst);
            let block = sha2::Sha256::new().chain_update(self.seed.to_be_bytes()).chain_update(count.to_be_bytes());
            chunk.copy_from_slice(&block.finalize()[..chunk.len()]);
        }
    }
}

/// A UUID of version 7 from an injected moment and injected randomness.
#[must_use]
pub fn new_uuid(now: Timestamp, entropy: &dyn Entropy) -> uuid::Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    let ms = u64::try_from(now.as_ms()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_do_not_repeat() {
        let entropy = SeededEntropy::new(1);
        let early = new_uuid(Timestamp::from_ms(1_000), &entropy);
        let again = new_uuid(Timestamp::from_ms(1_000), &entropy);
        let later = new_uuid(Timestamp::from_ms(1_001), &entropy);
        assert_eq!(early.get_version_num(), 7);
        assert_ne!(early, again);
        assert!(early < later && again < later);
    }
}
