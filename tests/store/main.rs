//! One set of cases for every store there is: what the runtime may rely on whatever keeps the data.
//!
//! Where a new thing goes: a store gets a kind in `place` and a line below; a case is a function in one of the modules and
//! a line in [`every_store!`].

#![expect(clippy::unwrap_used, reason = "a test that unwraps nothing says less where it fails")]

mod claims;
mod groups;
mod logs;
mod place;
mod rows;
mod schedules;
mod schema;
mod servers;
mod work;

use place::{Kind, Place};

/// Runs each case on one kind of store, as a test of its own.
macro_rules! every_store {
    ($($store:ident: $kind:expr;)*) => {
        $(mod $store {
            use super::*;
            every_case!($kind;
                logs::every_write_is_read_back
                logs::an_event_is_written_only_as_the_next_of_its_case
                logs::sealed_parts_stay_in_their_order
                logs::a_destroyed_key_leaves_only_that_there_was_one
                logs::only_open_cases_are_found
                logs::texts_come_back_as_they_were
                logs::the_board_counts_what_it_shows
                groups::a_refused_commit_leaves_no_trace_and_holds_up_no_other
                groups::what_builds_on_a_refused_commit_is_refused
                groups::what_is_taken_for_granted_is_checked
                groups::numbers_of_a_series_are_never_given_twice
                groups::writers_side_by_side_lose_nothing
                work::the_first_outcome_of_an_effect_stays
                work::an_effect_comes_back_when_it_is_due
                work::unread_alerts_are_listed_when_they_are_due
                work::a_request_is_answered_once
                claims::effects_are_claimed_once_and_in_order
                claims::an_expired_claim_is_taken_over
                claims::claims_are_given_back_by_their_owner
                claims::clocks_are_claimed_in_the_order_they_are_due
                schedules::a_schedule_is_claimed_and_done_once
                schedules::a_clock_that_could_not_fire_rests
                schedules::what_was_given_up_is_listed_and_tried_again
                schedules::the_desk_is_told_the_same_once
                schedules::what_waits_is_counted_and_cases_are_found_by_page
            );
        })*
    };
}

macro_rules! every_case {
    ($kind:expr; $($module:ident::$case:ident)*) => {
        $(#[tokio::test]
        async fn $case() {
            $module::$case(Place::new($kind)).await;
        })*
    };
}

every_store! {
    sqlite_file: Kind::SqliteFile;
    sqlite_memory: Kind::SqliteMemory;
    memory: Kind::Memory;
    postgres: Kind::Postgres;
}
