//! When invented alerts are sent: quickly at first, so that the board fills, then at a pace one can follow, and none
//! while too many cases are open.

use std::collections::BTreeMap;

use super::alerts::{Author, Scene, Story};

/// Stories that begin quickly.
const QUICK: u32 = 12;
/// Seconds between two quick beginnings.
const QUICK_S: u32 = 4;
/// Seconds between two beginnings later.
const SLOW_S: u32 = 16;
/// Open cases at which no story begins, so that the demo can run for days.
pub const OPEN_AT_MOST: usize = 36;

/// Decides what is sent when. Counts seconds by itself; nothing here knows a clock.
pub struct Senders {
    author: Author,
    second: u32,
    next_story: u32,
    begun: u32,
    waiting: BTreeMap<(u32, u64), (Scene, Story)>,
    order: u64,
}

impl Senders {
    /// Senders that tell this author's stories; on a board that is full already the quick beginning is left out.
    #[must_use]
    pub fn new(author: Author, open: usize) -> Self {
        let begun = u32::try_from(open).unwrap_or(QUICK);
        Self { author, second: 0, next_story: 0, begun, waiting: BTreeMap::new(), order: 0 }
    }

    /// Lets one second pass; gives what is sent in it.
    pub fn second(&mut self, open: usize) -> Vec<(Scene, Story)> {
        if self.second >= self.next_story && open < OPEN_AT_MOST {
            let story = self.author.story();
            for (after_s, scene) in &story.scenes {
                self.order += 1;
                self.waiting.insert((self.second + after_s, self.order), (*scene, story.clone()));
            }
            self.begun += 1;
            self.next_story = self.second + if self.begun < QUICK { QUICK_S } else { SLOW_S };
        }
        let later = self.waiting.split_off(&(self.second + 1, 0));
        let now = std::mem::replace(&mut self.waiting, later);
        self.second = self.second.saturating_add(1);
        now.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(senders: &mut Senders, seconds: u32, open: usize) -> usize {
        (0..seconds).map(|_| senders.second(open).len()).sum()
    }

    #[test]
    fn the_board_fills_quickly_and_then_slower() {
        let mut senders = Senders::new(Author::new(1, 0), 0);
        let quick = sent(&mut senders, 48, 0);
        let slow = sent(&mut senders, 48, 12);
        assert!(quick >= 12 && quick > slow && slow >= 3, "{quick} then {slow}");
    }

    #[test]
    fn nothing_begins_while_too_many_are_open() {
        let mut senders = Senders::new(Author::new(1, 0), OPEN_AT_MOST);
        assert_eq!(sent(&mut senders, 600, OPEN_AT_MOST), 0);
    }
}
