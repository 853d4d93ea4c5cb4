//! Templates, overlays, and the protocol as a whole.

use super::{Pages, page};
use crate::diagnostics::Code;

pub(super) const PAGES: Pages = &[
    (
        Code::OverridesNothing,
        page(
            "A protocol that extends a template holds only what differs. This entry has a name that the template does not \
             know, and is not complete enough to be a new one: most likely the name is misspelt.",
            "# overlay\nstates:\n  reveiw: { help: { en: Read it now., hi: अभी पढ़ें। } }\n",
            "# overlay\nstates:\n  review: { help: { en: Read it now., hi: अभी पढ़ें। } }\n",
        ),
    ),
    (
        Code::OverridesSame,
        page(
            "The template says exactly this already. The entry changes nothing now, but it would keep the old value when the \
             template changes.",
            "# overlay\nstates:\n  review: { owner: desk @ state }\n",
            "# overlay\nstates:\n  review: { owner: supervisor @ state }\n",
        ),
    ),
    (
        Code::RemovesNothing,
        page(
            "`remove: true` takes something of the template out, and the template has nothing of this name.",
            "# overlay\nfacts:\n  agee: { remove: true }\n",
            "# overlay\nseals:\n  profile: { remove: true }\n",
        ),
    ),
    (
        Code::UnknownTemplate,
        page(
            "`extends` names a protocol that is not in the library.",
            "extends: distres-response\n",
            "# overlay\nfacts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::ExtendsCycle,
        page(
            "A protocol extends itself, at once or through others.",
            "extends: example\n",
            "# overlay\nfacts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::BrokenTemplate,
        page(
            "The template has errors of its own. They are not repeated here: check the template alone and mend it first.",
            "# overlay: broken\nfacts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
            "# overlay\nfacts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
        ),
    ),
    (
        Code::NoOrder,
        page(
            "A protocol that is in force is in force by an order; a template is not. The order stands on every sheet that is \
             printed.",
            "# overlay: without order\nfacts:\n  cause: { type: text, label: { en: Cause, hi: कारण } }\n",
            "# overlay\norder: { number: 12/2024, date: 2024-05-29, authority: { en: Director General, hi: महानिदेशक } }\n",
        ),
    ),
    (
        Code::NameDiffers,
        page(
            "A protocol has the name of its folder, so that `extends` finds it.",
            "protocol: sample\n",
            "protocol: example\n",
        ),
    ),
    (
        Code::LanguageVersion,
        page(
            "`niyam` says which version of the language the protocol is written in; this program reads version 1.",
            "niyam: 2\n",
            "niyam: 1\n",
        ),
    ),
];
