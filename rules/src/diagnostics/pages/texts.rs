//! Texts that people read.

use super::{Pages, page};
use crate::diagnostics::Code;

macro_rules! messages {
    ($en:literal, $hi:literal) => {
        concat!(
            "# file: messages/en.ftl\nlate = { $case }: late\ntrouble = { $case }: trouble\n",
            $en,
            "# file: messages/hi.ftl\nlate = { $case }: देर\ntrouble = { $case }: गड़बड़\n",
            $hi
        )
    };
}

macro_rules! act {
    ($label:literal) => {
        concat!(
            "states:\n  review:\n    stage: verification\n    label: { en: Review, hi: समीक्षा }\n    owner: desk @ state\n    on:\n      found: { by: desk, ",
            $label,
            "target: closed }\n    after:\n      10m: { actions: [ { notify: supervisor, message: late } ] }\n  ",
            "closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n"
        )
    };
}

pub(super) const PAGES: Pages = &[
    (
        Code::MissingText,
        page(
            "Every text that people read is there in English and in Hindi.",
            "facts:\n  cause: { type: text, label: { en: Cause } }\n",
            "facts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::NoActLabel,
        page(
            "An act is a button on the screen of the officer, and its label stands on it.",
            act!(""),
            act!("label: { en: Found, hi: मिला }, "),
        ),
    ),
    (
        Code::MissingMessage,
        page(
            "A message is in one of `messages/en.ftl` and `messages/hi.ftl` and not in the other.",
            messages!("moved = The case has moved on.\n", ""),
            messages!("moved = The case has moved on.\n", "moved = प्रकरण आगे बढ़ा।\n"),
        ),
    ),
    (
        Code::SealedInMessage,
        page(
            "Messages leave the house by mail and SMS, so personal data must not stand in them. Say that there is something \
             to read; who may read it opens the case.",
            messages!("call = Call { $phone } now.\n", "call = अभी { $phone } पर कॉल करें।\n"),
            messages!("call = { $case }: call the person now.\n", "call = { $case }: अभी व्यक्ति को कॉल करें।\n"),
        ),
    ),
    (
        Code::UnknownVariable,
        page(
            "A message may use unsealed facts by their names, and `$case`, `$state`, `$unit`, `$clock`, `$late`.",
            messages!("told = Level { $levle }.\n", "told = स्तर { $levle }।\n"),
            messages!("told = Level { $level }.\n", "told = स्तर { $level }।\n"),
        ),
    ),
    (
        Code::MessageSyntax,
        page(
            "The text is not Fluent: a brace is not closed, or a line is neither `id = text` nor indented.",
            messages!("told = Level { $level.\n", "told = स्तर { $level.\n"),
            messages!("told = Level { $level }.\n", "told = स्तर { $level }।\n"),
        ),
    ),
    (
        Code::NoChoiceLabel,
        page(
            "The values of a choice are written as bare ids, so people would see the ids in place of words.",
            "facts:\n  cause: { type: choice, of: [exam, family], label: { en: Cause, hi: कारण } }\n",
            "facts:\n  cause: { type: choice, of: { exam: { en: Exam, hi: परीक्षा }, family: { en: Family, hi: परिवार } }, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::VariableMissing,
        page(
            "A message uses a variable in one language and not in the other, so that one of the readers is told less.",
            messages!("told = Level { $level }.\n", "told = स्तर बदला।\n"),
            messages!("told = Level { $level }.\n", "told = स्तर { $level }।\n"),
        ),
    ),
];
