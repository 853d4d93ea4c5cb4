//! Invented alerts in the order in which they arrive: mostly about somebody new, some that tell more about an earlier one,
//! some that are the same again byte for byte.

use std::collections::BTreeMap;

use niyam_kernel::time::Timestamp;

use crate::api::alerts::Channel;
use crate::demo::alerts::{Alert, Author, Scene, Story};

/// Every so many arrivals the bytes of an earlier one come again.
const REPEAT_EVERY: usize = 25;
/// How many arrivals earlier that one came.
const REPEAT_BACK: usize = 20;
/// 2026-11-21T08:30:00Z, the time the texts speak of.
const TOLD_AT: Timestamp = Timestamp::from_ms(1_795_249_800_000);

/// One alert to send.
pub struct Arrival {
    pub channel: Channel,
    pub body: String,
}

/// So many alerts. What follows from a story comes after as many arrivals as its seconds at this rate, at most ten seconds
/// later.
pub fn arrivals(rate: u32, count: usize) -> Vec<Arrival> {
    let mut author = Author::new(7, 1);
    let mut later: BTreeMap<usize, Vec<(Story, Scene)>> = BTreeMap::new();
    let mut arrivals: Vec<Arrival> = Vec::with_capacity(count);
    while arrivals.len() < count {
        let place = arrivals.len();
        if place % REPEAT_EVERY == REPEAT_EVERY - 1 {
            let earlier = &arrivals[place - REPEAT_BACK];
            arrivals.push(Arrival { channel: earlier.channel, body: earlier.body.clone() });
            continue;
        }
        let due = later.first_entry().filter(|entry| *entry.key() <= place).and_then(|mut entry| {
            let next = entry.get_mut().pop();
            if entry.get().is_empty() {
                entry.remove();
            }
            next
        });
        let (story, scene) = due.unwrap_or_else(|| {
            let story = author.story();
            for (seconds, scene) in &story.scenes[1..] {
                let arrivals_later = rate as usize * (*seconds).min(10) as usize;
                later.entry(place + arrivals_later).or_default().push((story.clone(), *scene));
            }
            let first = story.scenes[0].1;
            (story, first)
        });
        let Alert { channel, body } = story.tell(scene, TOLD_AT);
        arrivals.push(Arrival { channel, body });
    }
    arrivals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_come_again_and_most_are_new() {
        let arrivals = arrivals(10, 500);
        assert_eq!(arrivals.len(), 500);
        let bodies: std::collections::BTreeSet<&str> = arrivals.iter().map(|arrival| arrival.body.as_str()).collect();
        assert!((400..=480).contains(&bodies.len()), "{}", bodies.len());
        assert_eq!(arrivals[24].body, arrivals[4].body);
    }
}
