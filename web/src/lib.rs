//! HTTP, live stream, screens and the one binary.
//!
//! Purpose: let people and programs reach the engine. [`api`] is the JSON API, [`http`] what every answer has in common
//! (errors, headers, the embedded screens), [`server`] connections and their limits, [`telemetry`] logs and metrics, [`cli`] the sub-commands of `niyam`, [`demo`] the invented world that
//! `serve --demo` shows.
//!
//! Invariants: no SQL and no decision about a case. A handler extracts, calls one engine function, renders.
//!
//! Where a new thing goes: an endpoint is a file in `api` with its handler, OpenAPI text and tests, named in
//! `api::router` and in `routes.txt`; a sub-command is a file in `cli`.

pub mod api;
pub mod cli;
pub mod console;
pub mod demo;
pub mod http;
pub mod intake;
pub mod people;
pub mod server;
pub mod staff;
pub mod telemetry;
