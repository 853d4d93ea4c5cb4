//! How the kernel behaves, by number. Each event of a log keeps the number it was stepped with, and a replay steps it in the
//! same way again.
//!
//! Where a new thing goes: a change that gives other bytes for a log that exists is a new variant here, and the old way
//! stays behind a question (`behaviour >= …`). Numbers are never used twice.

/// One way of behaving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behaviour {
    /// The first.
    First = 1,
    /// Erasing a seal group also empties what armed delayed events carry.
    ErasesSent = 2,
}

impl Behaviour {
    /// What new events are stepped with.
    pub const NEWEST: Self = Self::ErasesSent;

    /// The behaviour with a number; `None` when a newer program wrote it.
    #[must_use]
    pub const fn of(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::First),
            2 => Some(Self::ErasesSent),
            _ => None,
        }
    }

    /// Its number, as the log keeps it.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_up_to_the_newest_is_known() {
        for number in 1..=Behaviour::NEWEST.number() {
            assert_eq!(Behaviour::of(number).map(Behaviour::number), Some(number));
        }
        assert_eq!(Behaviour::of(0), None);
        assert_eq!(Behaviour::of(Behaviour::NEWEST.number() + 1), None);
    }
}
