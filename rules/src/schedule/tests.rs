use proptest::prelude::*;

use super::*;
use crate::fact::calendar::{IST_MS, read_time, show_time};
use crate::text::Language;

const MINUTE_MS: i64 = 60_000;
const MINUTES_OF_DAY: i64 = 1_440;

fn has(bits: u64, value: i64) -> bool {
    bits >> value & 1 == 1
}

fn next(schedule: &str, after: &str) -> String {
    let schedule: Schedule = schedule.parse().expect(schedule);
    show_time(schedule.next_after(read_time(after).expect(after)), Language::En)
}

#[test]
fn the_next_time_is_in_indian_time_and_never_now() {
    assert_eq!(next("0 10 * * *", "2026-11-21T09:59:59.999"), "21 Nov 2026 10:00 IST");
    assert_eq!(next("0 10 * * *", "2026-11-21T10:00"), "22 Nov 2026 10:00 IST");
    assert_eq!(next("0 10 * * *", "2026-11-21T04:29:00Z"), "21 Nov 2026 10:00 IST");
    assert_eq!(next("0 0 * * *", "2026-12-31T23:59:59"), "1 Jan 2027 00:00 IST");
    assert_eq!(next("*/15 9-17 * * *", "2026-11-21T17:45"), "22 Nov 2026 09:00 IST");
}

#[test]
fn days_of_the_week_and_of_the_month() {
    // 21 November 2026 is a Saturday
    assert_eq!(next("30 9 * * MON-FRI", "2026-11-21T08:00"), "23 Nov 2026 09:30 IST");
    assert_eq!(next("30 9 * * 7", "2026-11-21T08:00"), "22 Nov 2026 09:30 IST");
    assert_eq!(next("30 9 * * 0", "2026-11-21T08:00"), "22 Nov 2026 09:30 IST");
    assert_eq!(next("0 8 1 * *", "2026-11-21T08:00"), "1 Dec 2026 08:00 IST");
    assert_eq!(next("0 8 31 * *", "2026-11-21T08:00"), "31 Dec 2026 08:00 IST");
    assert_eq!(next("0 8 1 * SUN", "2026-11-21T08:00"), "22 Nov 2026 08:00 IST", "either day is enough");
    assert_eq!(next("0 8 * feb,Mar 1", "2026-11-21T08:00"), "1 Feb 2027 08:00 IST");
}

#[test]
fn the_29th_of_february_comes() {
    assert_eq!(next("0 0 29 2 *", "2026-11-21T08:00"), "29 Feb 2028 00:00 IST");
    assert_eq!(next("0 0 29 2 *", "2092-02-29T00:00"), "29 Feb 2096 00:00 IST");
}

#[test]
fn what_is_no_schedule_is_refused_with_the_field_that_is_wrong() {
    let wrong = |text: &str| text.parse::<Schedule>().expect_err(text).to_string();
    assert_eq!(
        wrong("0 10 * *"),
        "`0 10 * *` has 4 fields, not the five of a schedule: minute, hour, day of month, month, day of week"
    );
    assert_eq!(wrong("60 10 * * *"), "`60` is no minute: 0 to 59, `*`, a range or a list of them");
    assert_eq!(wrong("0 10 * * mo"), "`mo` is no day of the week: 0 to 7, `*`, a range or a list of them");
    for bad in ["", "@daily", "0 0 10 * * *", "-1 * * * *", "5-1 * * * *", "*/0 * * * *", "5/5 * * * *", "1, * * * *"] {
        wrong(bad);
    }
    assert_eq!(wrong("0 0 30,31 2 *"), "`0 0 30,31 2 *` never comes: no year has such a day");
    assert_eq!(wrong("0 0 31 2,4,6 *"), "`0 0 31 2,4,6 *` never comes: no year has such a day");
    assert!("0 0 31 2 MON".parse::<Schedule>().is_ok(), "its Mondays come");
}

#[test]
fn words_for_people() {
    let words = |text: &str| text.parse::<Schedule>().expect(text).describe();
    assert_eq!(words("0 10 * * *").en, "daily at 10:00");
    assert_eq!(words("0 10 * * *").hi, "रोज़ 10:00 बजे");
    assert_eq!(words("0 9,17 * * 1,4").en, "Mon, Thu at 09:00, 17:00");
    assert_eq!(words("0 9 * * 1,4").hi, "सोम, गुरु 09:00 बजे");
    assert_eq!(words("0 8 1,15 * *").en, "on day 1, 15 of the month at 08:00");
    assert_eq!(words("*/5  * * * *").en, "at `*/5 * * * *`");
    assert_eq!("0 10 * * *".parse::<Schedule>().expect("is one").short(), "10:00");
}

#[test]
fn far_away_moments_give_no_time_rather_than_a_wrong_one() {
    let daily: Schedule = "0 10 * * *".parse().expect("is one");
    let beyond = read_time("2101-01-01T00:00").expect("is a time");
    for ms in [i64::MIN, i64::MAX, i64::MAX - IST_MS, beyond] {
        assert_eq!(daily.next_after(ms), i64::MAX);
    }
}

fn field(least: u32, most: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        Just("*".to_owned()),
        (least..=most).prop_map(|value| value.to_string()),
        (least..=most, least..=most).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        (1..=most).prop_map(|step| format!("*/{step}")),
    ]
}

proptest! {
    /// The next time is the first minute that fits, found the slow way.
    #[test]
    fn the_next_time_is_the_first_that_fits(
        minute in field(0, 59),
        hour in field(0, 23),
        weekday in field(0, 6),
        start in 0_i64..4_000_000_000_000,
    ) {
        let schedule: Schedule = format!("{minute} {hour} * * {weekday}").parse().expect("is one");
        let found = schedule.next_after(start);
        let mut local = (start + IST_MS).div_euclid(MINUTE_MS) + 1;
        loop {
            let (day, of_day) = (local.div_euclid(MINUTES_OF_DAY), local.rem_euclid(MINUTES_OF_DAY));
            let weekday = (day + 4).rem_euclid(7);
            if has(schedule.minutes, of_day % 60) && has(schedule.hours, of_day / 60) && has(schedule.weekdays, weekday) {
                break;
            }
            local += 1;
        }
        prop_assert_eq!(found, local * MINUTE_MS - IST_MS);
        prop_assert_eq!(schedule.to_string().parse::<Schedule>(), Ok(schedule));
    }
}
