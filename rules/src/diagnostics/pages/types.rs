//! Types, expressions and tables.

use super::{Pages, page};
use crate::diagnostics::Code;

macro_rules! guard {
    ($guard:literal) => {
        concat!("on:\n  alert.update: { guard: '", $guard, "', actions: [ { notify: desk, message: late } ] }\n")
    };
}

macro_rules! rows {
    ($hit:literal, $rows:literal) => {
        concat!(
            "# file: tables/care.yaml\ntable: care\ntitle: { en: Care, hi: देखभाल }\nhit: ",
            $hit,
            "\ninputs: [age]\noutputs: [level]\nrows:\n",
            $rows
        )
    };
}

pub(super) const PAGES: Pages = &[
    (
        Code::ExpressionSyntax,
        page(
            "The text is no expression of the language, or uses something that expressions may not: loops, assignments, \
             decimals, the time of day.",
            guard!(r#"incident.minor == "yes" &&"#),
            guard!(r#"incident.minor == "yes" && incident.level == "red""#),
        ),
    ),
    (
        Code::ExpressionType,
        page(
            "An expression has the wrong type: it compares things that can never be equal, names a fact that is not \
             declared, or gives a number where true or false is needed. At run time such a comparison would simply be \
             `false`, and nobody would know why the case does not go on.",
            guard!("incident.minor == true"),
            guard!(r#"incident.minor == "yes""#),
        ),
    ),
    (
        Code::ConstantType,
        page(
            "A constant (`set`, `default`, `then`, a scenario's fact) is not of its fact's type.",
            "facts:\n  calls: { type: number, default: many, label: { en: Calls, hi: कॉल } }\n",
            "facts:\n  calls: { type: number, default: 3, label: { en: Calls, hi: कॉल } }\n",
        ),
    ),
    (
        Code::BadCell,
        page(
            "A cell under `when` cannot be read or does not fit its column. It holds a value, a list of values, `unknown`, \
             `{ not: … }`, or for numbers and times `< 5`, `>= 18`, `10..20`. Under `then` stands one value per output.",
            rows!(
                "first",
                "  - { id: young, when: { age: \"< eighteen\" }, then: { level: red } }\n  - { id: other, then: { level: green } }\n"
            ),
            rows!(
                "first",
                "  - { id: young, when: { age: \"< 18\" }, then: { level: red } }\n  - { id: other, then: { level: green } }\n"
            ),
        ),
    ),
    (
        Code::TableGap,
        page(
            "For some input no row answers, and the outputs would stay as they were. The finding shows one such input. \
             `unknown` is an input too: most facts are not known when a case begins.",
            rows!(
                "unique",
                "  - { id: young, when: { age: \"< 18\" }, then: { level: red } }\n  - { id: grown, when: { age: \">= 18\" }, then: { level: green } }\n"
            ),
            rows!(
                "unique",
                "  - { id: young, when: { age: \"< 18\" }, then: { level: red } }\n  - { id: grown, when: { age: \">= 18\" }, then: { level: green } }\n  - { id: not_known, when: { age: unknown }, then: { level: red } }\n"
            ),
        ),
    ),
    (
        Code::TableOverlap,
        page(
            "With `hit: unique` two rows answer for the same input, or with `hit: any` they say different things for it. The \
             finding shows one such input.",
            rows!(
                "unique",
                "  - { id: young, when: { age: \"<= 18\" }, then: { level: red } }\n  - { id: grown, when: { age: \">= 18\" }, then: { level: green } }\n  - { id: not_known, when: { age: unknown }, then: { level: red } }\n"
            ),
            rows!(
                "unique",
                "  - { id: young, when: { age: \"< 18\" }, then: { level: red } }\n  - { id: grown, when: { age: \">= 18\" }, then: { level: green } }\n  - { id: not_known, when: { age: unknown }, then: { level: red } }\n"
            ),
        ),
    ),
    (
        Code::DeadRow,
        page(
            "The rows before this one take everything that it would match, so it never counts.",
            rows!(
                "first",
                "  - { id: other, then: { level: green } }\n  - { id: young, when: { age: \"< 18\" }, then: { level: red } }\n"
            ),
            rows!(
                "first",
                "  - { id: young, when: { age: \"< 18\" }, then: { level: red } }\n  - { id: other, then: { level: green } }\n"
            ),
        ),
    ),
    (
        Code::ExpressionDoubt,
        page(
            "The expression is right as far as types go, but something may be unknown when it is asked, and then it answers \
             what was hardly meant; or a bare number stands where milliseconds are counted.",
            guard!("incident.age >= 18"),
            guard!("incident.age != () && incident.age >= 18"),
        ),
    ),
    (
        Code::SealedInEvent,
        page(
            "What an event carries (`data` of `raise` and `send`, `output` of an end) is kept in the log and in timers in the \
             clear, where erasing a seal does not reach. Personal data stays in the sealed fact; whatever takes the event up \
             reads it there.",
            "on:\n  alert.update: { actions: [ { send: call_again, in: 5m, data: incident.phone } ] }\n  \
               call_again: { actions: [ { notify: desk, message: late } ] }\n",
            "on:\n  alert.update: { actions: [ { send: call_again, in: 5m, data: incident.level } ] }\n  \
               call_again: { actions: [ { notify: desk, message: late } ] }\n",
        ),
    ),
];
