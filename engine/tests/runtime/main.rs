//! The runtime as a whole: on SQLite, with a clock that is moved by hand.

#![expect(clippy::unwrap_used, reason = "a test that unwraps nothing says less where it fails")]

mod alerts;
mod clocks;
mod dead_letters;
mod durable;
mod effects;
mod erasing;
mod expected;
mod groups;
mod histories;
mod killed;
mod lanes;
mod moving;
mod outbox;
mod racing;
mod replay;
mod requests;
mod schedules;
mod sealing;
mod shipped;
mod world;
