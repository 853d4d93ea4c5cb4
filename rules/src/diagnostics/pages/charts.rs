//! The chart as a whole.

use super::{Pages, page};
use crate::diagnostics::Code;

macro_rules! chart {
    ($on:literal, $more:literal) => {
        concat!(
            "states:\n  review:\n    stage: verification\n    label: { en: Review, hi: समीक्षा }\n    owner: desk @ state\n    on:\n",
            $on,
            "    after:\n      10m: { actions: [ { notify: supervisor, message: late } ] }\n",
            $more,
        )
    };
}

pub(super) const PAGES: Pages = &[
    (
        Code::Unreachable,
        page(
            "No case can ever be in this state: no `initial` and no transition that can be taken leads to it.",
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, target: closed }\n",
                "  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n  \
                   forwarded: { stage: closure, label: { en: Forwarded, hi: अग्रेषित }, type: final, outcome: forwarded }\n"
            ),
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, target: closed }\n      \
                       forward: { by: desk, label: { en: Forward, hi: अग्रेषित करें }, target: forwarded }\n",
                "  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n  \
                   forwarded: { stage: closure, label: { en: Forwarded, hi: अग्रेषित }, type: final, outcome: forwarded }\n"
            ),
        ),
    ),
    (
        Code::NoWayOut,
        page(
            "A case that is in this state stays there for ever without being closed: neither here nor around it is there a \
             transition or a clock that leads on, and the state has no outcome. Or states lead to one another by `always` without \
             a guard, so that a case in them never comes to rest.",
            "initial: stuck\nstates:\n  stuck: { stage: intake, label: { en: Stuck, hi: अटका हुआ } }\n",
            "initial: done\nstates:\n  done: { stage: closure, label: { en: Done, hi: पूर्ण }, outcome: safe }\n",
        ),
    ),
    (
        Code::NeverChosen,
        page(
            "Of several transitions for the same event the first whose guard holds is taken. One behind another that has no \
             guard, or the same guard, is never reached; one with the guard `false` neither.",
            chart!(
                "      found:\n        - { by: desk, label: { en: Found, hi: मिला }, target: closed }\n        \
                         - { by: desk, label: { en: Found, hi: मिला }, guard: incident.minor == \"yes\", target: closed }\n",
                "  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n"
            ),
            chart!(
                "      found:\n        - { by: desk, label: { en: Found, hi: मिला }, guard: incident.minor == \"yes\", target: closed }\n        \
                         - { by: desk, label: { en: Found, hi: मिला }, target: closed }\n",
                "  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n"
            ),
        ),
    ),
    (
        Code::NoClock,
        page(
            "In this state somebody is responsible or may act, but no clock runs here or around it (the clocks of the whole \
             case do not count). If nobody does anything, nobody is told: the case would be forgotten.",
            "states:\n  review:\n    stage: verification\n    label: { en: Review, hi: समीक्षा }\n    owner: desk @ state\n    on:\n      \
                   found: { by: desk, label: { en: Found, hi: मिला }, target: closed }\n  \
               closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n",
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, target: closed }\n",
                "  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n"
            ),
        ),
    ),
    (
        Code::Misbuilt,
        page(
            "A state has not what its type demands: a state with states inside says where it begins (`initial`), a parallel \
             one has at least two inside and no `initial`, a final one has neither work nor ways out, a history state has a \
             `target`. Or a transition that no person does has keys of an act, or one leads to several states that are not \
             side by side in a parallel state.",
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, target: closed }\n",
                "  closed:\n    stage: closure\n    label: { en: Closed, hi: बंद }\n    type: final\n    outcome: safe\n    owner: desk @ state\n"
            ),
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, target: closed }\n",
                "  closed:\n    stage: closure\n    label: { en: Closed, hi: बंद }\n    type: final\n    outcome: safe\n"
            ),
        ),
    ),
    (
        Code::TwoPrimary,
        page(
            "The primary act is the normal next step and its button stands out. Two of them in one state leave the officer to \
             guess.",
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, weight: primary, target: closed }\n      \
                       no_risk: { by: desk, label: { en: No risk, hi: जोखिम नहीं }, weight: primary, target: closed }\n",
                "  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n"
            ),
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, weight: primary, target: closed }\n      \
                       no_risk: { by: desk, label: { en: No risk, hi: जोखिम नहीं }, weight: grave, target: closed }\n",
                "  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n"
            ),
        ),
    ),
    (
        Code::NoOutcome,
        page(
            "The case ends here, and no `outcome` says how. Reports of all states compare outcomes.",
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, target: closed }\n",
                "  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final }\n"
            ),
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, target: closed }\n",
                "  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n"
            ),
        ),
    ),
    (
        Code::Unhandled,
        page(
            "A message that cannot be delivered (`delivery.failed`), a seat that nobody sits in (`roster.empty`) and a rule \
             that fails (`error.execution`) come as events, in every state. Of the transitions that may take one, here and then \
             around it, one must have no guard, and each up to that one must bring it before a person: by `notify`, by a \
             target that has an owner, or by raising or sending an event that does. Else the failure would swallow the case. \
             One transition at the root is enough. One alone may only count (so that a control room that nobody sits in does \
             not answer itself without end): when a guarded one before it tells a person and sends, with `in`, an event that \
             tells a person again.",
            "on: { delivery.failed: { actions: [ { notify: supervisor, message: trouble } ] }, roster.empty: { actions: [ { notify: supervisor, message: trouble } ] } }\n",
            "on: { delivery.failed: { actions: [ { notify: supervisor, message: trouble } ] }, roster.empty: { actions: [ { notify: supervisor, message: trouble } ] }, error.execution: { actions: [ { notify: supervisor, message: trouble } ] } }\n",
        ),
    ),
    (
        Code::NoStage,
        page(
            "Every state belongs to one of the five stages, its own or that of the state around it, so that the reports of \
             different protocols can be compared.",
            "initial: done\nstates:\n  done: { label: { en: Done, hi: पूर्ण }, outcome: safe }\n",
            "initial: done\nstates:\n  done: { stage: closure, label: { en: Done, hi: पूर्ण }, outcome: safe }\n",
        ),
    ),
    (
        Code::NoOwner,
        page(
            "In this state people may act or save a form, but neither it nor a state around it has an owner: everybody would \
             leave it to the others, and nobody is told when the case gets here.",
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, target: calling }\n",
                "  calling:\n    stage: visit\n    label: { en: Calling, hi: कॉल }\n    on:\n      \
                       spoke: { by: desk, label: { en: Spoke, hi: बात हुई }, target: closed }\n    after:\n      10m: closed\n  \
                   closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n"
            ),
            chart!(
                "      found: { by: desk, label: { en: Found, hi: मिला }, target: calling }\n",
                "  calling:\n    stage: visit\n    label: { en: Calling, hi: कॉल }\n    owner: desk @ state\n    on:\n      \
                       spoke: { by: desk, label: { en: Spoke, hi: बात हुई }, target: closed }\n    after:\n      10m: closed\n  \
                   closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }\n"
            ),
        ),
    ),
];
