//! Names that must exist.

use super::{Pages, page};
use crate::diagnostics::Code;

macro_rules! state {
    ($line:literal) => {
        concat!(
            "states:\n  review:\n    stage: verification\n    label: { en: Review, hi: समीक्षा }\n    owner: desk @ state\n",
            "    on:\n      found: { by: desk, label: { en: Found, hi: मिला }, target: closed }\n",
            "    after:\n      10m: { actions: [ { notify: supervisor, message: late } ] }\n",
            $line,
            "\n  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n"
        )
    };
}

pub(super) const PAGES: Pages = &[
    (
        Code::UnknownFact,
        page(
            "A fact is named that is not declared under `facts`, nor in the template.",
            state!("    entry: [ { set: { levle: red } } ]"),
            state!("    entry: [ { set: { level: red } } ]"),
        ),
    ),
    (
        Code::UnknownRole,
        page(
            "A role is named that is not declared under `roles`: nobody would be told, or nobody could act.",
            state!("    entry: [ { notify: superviser, message: late } ]"),
            state!("    entry: [ { notify: supervisor, message: late } ]"),
        ),
    ),
    (
        Code::UnknownUnit,
        page(
            "A unit is named that is not declared under `units`.",
            state!("    entry: [ { notify: supervisor @ stat, message: late } ]"),
            state!("    entry: [ { notify: supervisor @ state, message: late } ]"),
        ),
    ),
    (
        Code::UnknownState,
        page(
            "A state is named that does not exist. A `target` is looked for beside its state first, then outwards to the \
             root; everywhere else a state is named by its path from the root (`reach.talk`).",
            "guarantees:\n  - { from: everywhere, can_reach: closd }\n",
            "guarantees:\n  - { from: everywhere, can_reach: closed }\n",
        ),
    ),
    (
        Code::UnknownForm,
        page("A form is named that no file under `forms` holds.", state!("    form: vist"), state!("    form: visit")),
    ),
    (
        Code::UnknownTable,
        page(
            "A table is named that no file under `tables` holds.",
            state!("    entry: [ { decide: levels } ]"),
            state!("    entry: [ { decide: level } ]"),
        ),
    ),
    (
        Code::UnknownMessage,
        page(
            "A message is named that is in neither `messages/en.ftl` nor `messages/hi.ftl`.",
            state!("    entry: [ { notify: supervisor, message: to_late } ]"),
            state!("    entry: [ { notify: supervisor, message: late } ]"),
        ),
    ),
    (
        Code::UnknownEvent,
        page(
            "A transition waits for an event that never comes: it is no act (it has no `by`), no event of the engine, and \
             nothing in this protocol raises or sends it.",
            "on:\n  alert.updated: { actions: [ { notify: desk, message: late } ] }\n",
            "on:\n  alert.update: { actions: [ { notify: desk, message: late } ] }\n",
        ),
    ),
    (
        Code::UnknownSeal,
        page(
            "A seal group is named that is not declared under `seals`; only `person` exists by itself.",
            "facts:\n  hostel: { type: text, sealed: profil, label: { en: Hostel, hi: छात्रावास } }\n",
            "facts:\n  hostel: { type: text, sealed: profile, label: { en: Hostel, hi: छात्रावास } }\n",
        ),
    ),
    (
        Code::UnknownAct,
        page(
            "A scenario does an act that the protocol does not have.",
            "# file: scenarios/found.yaml\nscenario: The person is found\nsteps:\n  - { act: fuond, by: desk, expect: { closed: safe } }\n",
            "# file: scenarios/found.yaml\nscenario: The person is found\nsteps:\n  - { act: found, by: desk, expect: { closed: safe } }\n",
        ),
    ),
];
