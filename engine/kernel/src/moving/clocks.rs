//! Clocks of a case that is moved.

use std::collections::BTreeMap;

use niyam_rules::chart::{Chart, ClockIx, StateIx, Timing};
use niyam_rules::duration::Duration;

use super::{ClockRule, Counterparts};
use crate::interpret::Run;
use crate::state::{CaseState, Fires, Timer};
use crate::time::Timestamp;
use crate::timers::first_due;
use crate::tree::state;

impl Run<'_> {
    /// Takes armed timers over. A clock that the new version has not is disarmed, one that it added is armed; delayed events
    /// stay as they are.
    pub(super) fn move_clocks(
        &mut self,
        old: &Chart,
        before: &CaseState,
        rule: ClockRule,
        counterparts: &Counterparts,
    ) {
        let pairs = pairs(old, self.world.chart, counterparts);
        let mut later = Vec::new();
        for (&id, timer) in &before.timers {
            let Fires::Clock(was) = &timer.fires else {
                self.case.timers.insert(id, timer.clone());
                continue;
            };
            let Some(&is) = pairs.get(was) else {
                self.disarmed.push(id);
                continue;
            };
            let due = self.moved_due(old, *was, is, timer.due, rule);
            if due == timer.due {
                self.case.timers.insert(id, Timer { due, fires: Fires::Clock(is) });
            } else {
                self.disarmed.push(id);
                later.push((due, is));
            }
        }
        for (due, clock) in later {
            self.arm(due, Fires::Clock(clock));
        }
        self.arm_added(old, counterparts, &pairs);
    }

    fn moved_due(&self, old: &Chart, was: ClockIx, is: ClockIx, due: Timestamp, rule: ClockRule) -> Timestamp {
        let (old, new) = (&old.clocks[usize::from(was.0)], &self.world.chart.clocks[usize::from(is.0)]);
        match rule {
            ClockRule::Keep => due,
            ClockRule::Restart => first_due(&new.timing, self.now),
            ClockRule::AsWritten if old.timing == new.timing => due,
            ClockRule::AsWritten => match (length(&old.timing), length(&new.timing)) {
                (Some(old), Some(new)) => {
                    let armed_ms = due.as_ms().saturating_sub_unsigned(old.as_ms());
                    Timestamp::from_ms(armed_ms).plus(new).max(self.now.min(due))
                }
                // times of day do not say when the clock was armed
                (None, _) | (_, None) => first_due(&new.timing, self.now),
            },
        }
    }

    /// Arms clocks that are new in states in which the case stands already.
    fn arm_added(&mut self, old: &Chart, counterparts: &Counterparts, pairs: &BTreeMap<ClockIx, ClockIx>) {
        let chart = self.world.chart;
        for (&was, &is) in counterparts {
            let had = |clock: &ClockIx| pairs.iter().any(|(from, to)| to == clock && owns(old, was, *from));
            let added: Vec<ClockIx> = state(chart, is).clocks.iter().copied().filter(|clock| !had(clock)).collect();
            for clock in added {
                let due = first_due(&chart.clocks[usize::from(clock.0)].timing, self.now);
                self.arm(due, Fires::Clock(clock));
            }
        }
    }
}

/// How long a clock runs; `None` for times of day.
const fn length(timing: &Timing) -> Option<Duration> {
    match timing {
        Timing::Once(length) | Timing::Every(length) => Some(*length),
        Timing::At(_) => None,
    }
}

fn owns(chart: &Chart, ix: StateIx, clock: ClockIx) -> bool {
    state(chart, ix).clocks.contains(&clock)
}

/// Which clock of the new version each clock of the old one is: the one of the same name in the counterpart of its state;
/// else, when one clock without a counterpart is left on each side of a state, those two: a clock without a name of its
/// own is called after its length, and its length is what was changed.
fn pairs(old: &Chart, new: &Chart, counterparts: &Counterparts) -> BTreeMap<ClockIx, ClockIx> {
    let mut pairs = BTreeMap::new();
    for (&was, &is) in counterparts {
        let name = |chart: &Chart, clock: ClockIx| chart.clocks[usize::from(clock.0)].name.clone();
        let mut left: Vec<ClockIx> = state(new, is).clocks.clone();
        let mut alone = Vec::new();
        for &clock in &state(old, was).clocks {
            match left.iter().position(|other| name(new, *other) == name(old, clock)) {
                Some(place) => {
                    pairs.insert(clock, left.remove(place));
                }
                None => alone.push(clock),
            }
        }
        if let ([clock], [other]) = (alone.as_slice(), left.as_slice()) {
            pairs.insert(*clock, *other);
        }
    }
    pairs
}
