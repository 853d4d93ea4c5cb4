//! Reading: text, keys, shapes.

use super::{Pages, page};
use crate::diagnostics::Code;

pub(super) const PAGES: Pages = &[
    (
        Code::Syntax,
        page(
            "The text is not YAML, so nothing of this file can be read; the other files are checked all the same. Most \
             often a quote or bracket is not closed, a tab stands where spaces belong, or a text with `: ` in it is not in \
             quotes.",
            "# file: forms/why.yaml\nform: why\ntitle: { en: Why, hi: क्यों\nfields: []\n",
            "# file: forms/why.yaml\nform: why\ntitle: { en: Why, hi: क्यों }\nfields: []\n",
        ),
    ),
    (
        Code::DuplicateKey,
        page(
            "The same key stands twice in one map. YAML readers keep one of the two without a word; here it is an error, \
             because one of two rules would silently not be in force.",
            "facts:\n  cause: { type: text, type: text, label: { en: Cause, hi: कारण } }\n",
            "facts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::UnknownKey,
        page(
            "The language has no such key at this place. A misspelt key would otherwise be a rule that is not in force.",
            "facts:\n  cause: { type: text, lable: { en: Cause, hi: कारण }, label: { en: Cause, hi: कारण } }\n",
            "facts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::MissingKey,
        page(
            "A key that this thing cannot do without is not written.",
            "facts:\n  cause: { label: { en: Cause, hi: कारण } }\n",
            "facts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::WrongShape,
        page(
            "A single value, a list or a map is needed, and something else is written.",
            "facts:\n  cause: text\n",
            "facts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::Malformed,
        page(
            "A value cannot be read: a length of time (`90s`, `10m`, `1h30m`, `7d`), a whole number, a day (`2024-05-29`), \
             `true` or `false`, or a word of the language.",
            "facts:\n  cause: { type: txt, label: { en: Cause, hi: कारण } }\n",
            "facts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::TooMuch,
        page(
            "A file is larger than 2 MB, nested deeper than 64 levels, has more than 50 000 values, or is blown up by \
             aliases; or a table is too large to be searched for gaps. Such a file is refused whole: no protocol needs it.",
            "facts:\n  cause: { type: text, default: [[[[…]]]], label: { en: Cause, hi: कारण } }\n",
            "facts:\n  cause: { type: text, default: none, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::StrayFile,
        page(
            "A protocol is made of `protocol.yaml`, `tables/*.yaml`, `forms/*.yaml`, `scripts/*.rhai`, `messages/en.ftl`, \
             `messages/hi.ftl`, `scenarios/*.yaml`; notes may stand in `*.md`. Any other file would be part of the version's \
             digest without having a meaning. `protocol.yaml` itself must be there.",
            "# file: form/why.yaml\nform: why\ntitle: { en: Why, hi: क्यों }\nfields: []\n",
            "# file: forms/why.yaml\nform: why\ntitle: { en: Why, hi: क्यों }\nfields: []\n",
        ),
    ),
    (
        Code::BadName,
        page(
            "Names of facts, states, roles and units are small letters, digits and `_`, and begin with a letter, so that \
             they can stand in expressions and messages as they are.",
            "facts:\n  Post-Text: { type: text, label: { en: Post, hi: पोस्ट } }\n",
            "facts:\n  post_text: { type: text, label: { en: Post, hi: पोस्ट } }\n",
        ),
    ),
    (
        Code::SameId,
        page(
            "Two tables or forms, two rows of a table, or two fields of a form have the same id. Overrides and the timeline \
             go by ids, so each must be unique.",
            "# file: forms/why.yaml\nform: why\ntitle: { en: Why, hi: क्यों }\nfields:\n  - { fact: age }\n  - { fact: age }\n",
            "# file: forms/why.yaml\nform: why\ntitle: { en: Why, hi: क्यों }\nfields:\n  - { fact: age }\n  - { fact: minor }\n",
        ),
    ),
    (
        Code::BadSchedule,
        page(
            "Times of day are the five fields of `cron` in Indian time: minute, hour, day of the month, month, day of the week \
             (0 and 7 are Sunday; months and days may be written `JAN`, `MON`). Each is `*`, a value, a range `9-17`, one of \
             these with a step `*/15`, or several with commas. When both days are restricted, either is enough.",
            "after:\n  morning: { at: \"0 25 * * *\", label: { en: Morning, hi: सुबह }, actions: [ { notify: desk, message: late } ] }\n",
            "after:\n  morning: { at: \"0 10 * * *\", label: { en: Morning, hi: सुबह }, actions: [ { notify: desk, message: late } ] }\n",
        ),
    ),
    (
        Code::NeverComes,
        page(
            "No year has such a day, so the clock would never run out and nobody would be told.",
            "after:\n  monthly: { at: \"0 10 31 2 *\", label: { en: Monthly, hi: मासिक }, actions: [ { notify: desk, message: late } ] }\n",
            "after:\n  monthly: { at: \"0 10 28 2 *\", label: { en: Monthly, hi: मासिक }, actions: [ { notify: desk, message: late } ] }\n",
        ),
    ),
];
