//! Clocks and delayed events: arming, disarming, firing.

use niyam_rules::chart::{ClockIx, Scope, Timing};
use niyam_rules::duration::Duration;
use niyam_rules::value::Value;

use crate::event::Refusal;
use crate::interpret::Run;
use crate::limits::TIMERS;
use crate::occurrence::{Occurrence, Origin, Reach};
use crate::state::{CaseState, Fires, Timer, TimerId};
use crate::step::Reason;
use crate::time::Timestamp;
use crate::tree::state;

/// The timer that is due first, and when. Of several due at the same moment the one armed first.
#[must_use]
pub fn next_due(case: &CaseState) -> Option<(TimerId, Timestamp)> {
    case.timers.iter().map(|(&timer, armed)| (armed.due, timer)).min().map(|(due, timer)| (timer, due))
}

impl Run<'_> {
    /// Arms a timer under the next number.
    pub(crate) fn arm(&mut self, due: Timestamp, fires: Fires) {
        if self.case.timers.len() >= TIMERS {
            self.too_much("timers");
            return;
        }
        let timer = TimerId(self.case.next_timer);
        self.case.next_timer += 1;
        self.case.timers.insert(timer, Timer { due, fires });
    }

    /// Disarms all timers for which this holds.
    pub(crate) fn disarm(&mut self, holds: impl Fn(&Fires) -> bool) {
        let disarmed = &mut self.disarmed;
        self.case.timers.retain(|&timer, armed| {
            let goes = holds(&armed.fires);
            if goes {
                disarmed.push(timer);
            }
            !goes
        });
    }

    /// Runs a timer out. Errors: it was disarmed before.
    pub(crate) fn fire(&mut self, timer: TimerId) -> Result<(), Refusal> {
        let armed = self.case.timers.remove(&timer).ok_or(Refusal::TimerNotArmed { timer })?;
        let late_ms = self.now.since_ms(armed.due);
        match armed.fires {
            Fires::Clock(clock) => self.fire_clock(clock, armed.due, late_ms),
            Fires::Event { event, data, send } => {
                self.reasons.push(Reason::Fired { state: None, clock: event.clone(), due: armed.due, late_ms });
                self.clock = Some((event.clone(), late_ms));
                self.deliver(Occurrence { send, ..Occurrence::new(event, Origin::External, data) });
            }
        }
        Ok(())
    }

    fn fire_clock(&mut self, ix: ClockIx, due: Timestamp, late_ms: u64) {
        let chart = self.world.chart;
        let clock = &chart.clocks[usize::from(ix.0)];
        if let Some(next) = next_due_of(&clock.timing, due, self.now) {
            self.arm(next, Fires::Clock(ix));
        }
        self.reasons.push(Reason::Fired {
            state: Some(state(chart, clock.state).id.clone()),
            clock: clock.name.clone(),
            due,
            late_ms,
        });
        self.clock = Some((clock.name.clone(), late_ms));
        let data = match chart.scope {
            Scope::Variables => Value::Unknown,
            Scope::Incident => {
                Value::Map([("late_ms".to_owned(), Value::Int(i64::try_from(late_ms).unwrap_or(i64::MAX)))].into())
            }
        };
        let name = format!("clock.{}", clock.name);
        self.deliver(Occurrence { reach: Reach::Clock(ix), ..Occurrence::new(name, Origin::External, data) });
    }
}

/// When a clock that is armed now runs out.
pub(crate) fn first_due(timing: &Timing, now: Timestamp) -> Timestamp {
    match timing {
        Timing::Once(length) | Timing::Every(length) => now.plus(*length),
        Timing::At(schedule) => Timestamp::from_ms(schedule.next_after(now.as_ms())),
    }
}

/// When a clock that was due runs out again: later than now, and for times of day later than it was due. Times missed while
/// nothing ran are not made up for: the one that fires late stands for them.
fn next_due_of(timing: &Timing, due: Timestamp, now: Timestamp) -> Option<Timestamp> {
    match timing {
        Timing::Once(_) => None,
        Timing::Every(length) => Some(next_beat(due, *length, now)),
        Timing::At(schedule) => Some(Timestamp::from_ms(schedule.next_after(now.max(due).as_ms()))),
    }
}

/// The first beat after now in the rhythm that began with `due`: beats missed while nothing ran are not made up for.
fn next_beat(due: Timestamp, length: Duration, now: Timestamp) -> Timestamp {
    let length_ms = length.as_ms().max(1);
    let beats = now.since_ms(due) / length_ms + 1;
    let ahead_ms = beats.saturating_mul(length_ms);
    Timestamp::from_ms(due.as_ms().saturating_add_unsigned(ahead_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_beats_are_not_made_up_for() {
        let minute = Duration::from_ms(60_000).expect("short");
        let beat = |due, now| next_beat(Timestamp::from_ms(due), minute, Timestamp::from_ms(now)).as_ms();
        assert_eq!(beat(60_000, 60_000), 120_000);
        assert_eq!(beat(60_000, 119_999), 120_000);
        assert_eq!(beat(60_000, 3_600_000), 3_660_000);
        assert_eq!(beat(60_000, 0), 120_000);
    }

    #[test]
    fn times_of_day_come_after_the_moment_and_once_for_all_that_were_missed() {
        const DAY_MS: i64 = 86_400_000;
        let ten: i64 = 4 * 3_600_000 + 1_800_000; // 10:00 IST on 1 January 1970
        let daily = Timing::At("0 10 * * *".parse().expect("is a schedule"));
        let first = |now| first_due(&daily, Timestamp::from_ms(now)).as_ms();
        assert_eq!((first(ten - 1), first(ten)), (ten, ten + DAY_MS), "never at the very moment");
        let next =
            |due, now| next_due_of(&daily, Timestamp::from_ms(due), Timestamp::from_ms(now)).map(Timestamp::as_ms);
        assert_eq!(next(ten, ten + 5_000), Some(ten + DAY_MS));
        assert_eq!(next(ten, ten + 3 * DAY_MS + 5_000), Some(ten + 4 * DAY_MS), "missed times are not made up for");
        assert_eq!(next(ten, ten - 60_000), Some(ten + DAY_MS), "a clock that went back does not fire it again");
    }
}
