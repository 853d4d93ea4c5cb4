//! A circuit breaker for each channel: what is broken is left alone for a while, and tried with one message at a time.
//!
//! ```text
//! closed --[FAILURES in a row]--> open --[its time]--> one goes (half open) --[it went]--> closed
//!                                   ^------------------------[it failed]------+
//! ```
//!
//! Each node has its own: a channel may be out of reach for one machine only. It begins closed after a restart.

use niyam_kernel::time::Timestamp;

/// Failures in a row after which a channel is left alone.
pub const FAILURES: u32 = 5;
/// Milliseconds until the first message is let through again; doubled each time it fails, at most [`LONGEST_PAUSE_MS`].
pub const FIRST_PAUSE_MS: i64 = 30_000;
/// The longest pause between two that are let through, in milliseconds.
const LONGEST_PAUSE_MS: i64 = 300_000;
/// Milliseconds that a channel may be open before a person is told.
pub const TOLD_AFTER_MS: u64 = 600_000;

/// The circuit of one channel.
#[derive(Clone, Debug, Default)]
pub struct Circuit {
    failures: u32,
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Open {
    since: Timestamp,
    /// When the next one is let through.
    next: Timestamp,
    /// How many were let through and failed.
    probes: u32,
    /// One is on its way.
    probing: bool,
    told: bool,
}

/// Whether a message may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// It may.
    Go,
    /// Not before this moment.
    Wait(Timestamp),
}

/// What a person is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It has been open since this moment, for `TOLD_AFTER_MS` or longer.
    StaysOpen(Timestamp),
    /// It works again; it was open since this moment, and a person was told.
    Closed(Timestamp),
}

impl Circuit {
    /// Whether a message may go now. Whoever is let through says how it went.
    pub fn ask(&mut self, now: Timestamp) -> Leave {
        let Some(open) = &mut self.open else { return Leave::Go };
        if now < open.next {
            return Leave::Wait(open.next);
        }
        // should the answer never come, another one is let through after the pause
        open.probing = true;
        open.next = later(now, pause_ms(open.probes));
        Leave::Go
    }

    /// One went.
    pub fn went(&mut self) -> Option<News> {
        self.failures = 0;
        let open = self.open.take()?;
        open.told.then_some(News::Closed(open.since))
    }

    /// One failed.
    pub fn failed(&mut self, now: Timestamp) -> Option<News> {
        let Some(open) = &mut self.open else {
            self.failures += 1;
            if self.failures >= FAILURES {
                let next = later(now, pause_ms(0));
                self.open = Some(Open { since: now, next, probes: 0, probing: false, told: false });
            }
            return None;
        };
        if open.probing {
            open.probing = false;
            open.probes += 1;
            open.next = later(now, pause_ms(open.probes));
        }
        if !open.told && now.since_ms(open.since) >= TOLD_AFTER_MS {
            open.told = true;
            return Some(News::StaysOpen(open.since));
        }
        None
    }

    /// Whether messages wait.
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }
}

fn pause_ms(probes: u32) -> i64 {
    FIRST_PAUSE_MS.saturating_mul(1 << probes.min(20)).min(LONGEST_PAUSE_MS)
}

fn later(now: Timestamp, ms: i64) -> Timestamp {
    Timestamp::from_ms(now.as_ms().saturating_add(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    fn broken() -> Circuit {
        let mut circuit = Circuit::default();
        for _ in 0..FAILURES {
            assert_eq!(circuit.ask(at(0)), Leave::Go);
            assert_eq!(circuit.failed(at(0)), None);
        }
        circuit
    }

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let mut circuit = Circuit::default();
        for _ in 0..3 {
            for _ in 1..FAILURES {
                circuit.failed(at(0));
            }
            assert_eq!(circuit.went(), None);
        }
        assert!(!circuit.is_open());
        assert!(broken().is_open());
    }

    #[test]
    fn lets_one_through_when_it_is_time_and_closes_when_that_one_goes() {
        let mut circuit = broken();
        assert_eq!(circuit.ask(at(FIRST_PAUSE_MS - 1)), Leave::Wait(at(FIRST_PAUSE_MS)));
        assert_eq!(circuit.ask(at(FIRST_PAUSE_MS)), Leave::Go);
        assert_eq!(circuit.ask(at(FIRST_PAUSE_MS)), Leave::Wait(at(2 * FIRST_PAUSE_MS)), "one at a time");
        assert_eq!(circuit.went(), None, "nobody was told, so nobody is told again");
        assert_eq!(circuit.ask(at(FIRST_PAUSE_MS)), Leave::Go);
        assert!(!circuit.is_open());
    }

    #[test]
    fn waits_longer_each_time_and_tells_once_when_it_stays_open() {
        let mut circuit = broken();
        let (mut now, mut pauses, mut news) = (0, Vec::new(), Vec::new());
        while now < 3_600_000 {
            let Leave::Wait(next) = circuit.ask(at(now)) else { panic!("it is open") };
            pauses.push(next.as_ms() - now);
            now = next.as_ms();
            assert_eq!(circuit.ask(at(now)), Leave::Go);
            news.extend(circuit.failed(at(now)));
        }
        assert_eq!(pauses[..6], [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
        assert_eq!(news, [News::StaysOpen(at(0))]);
        assert_eq!(circuit.went(), Some(News::Closed(at(0))));
    }

    #[test]
    fn what_was_on_its_way_when_it_opened_does_not_lengthen_the_pause() {
        let mut circuit = broken();
        for _ in 0..10 {
            circuit.failed(at(5_000));
        }
        assert_eq!(circuit.ask(at(5_000)), Leave::Wait(at(FIRST_PAUSE_MS)));
    }
}
