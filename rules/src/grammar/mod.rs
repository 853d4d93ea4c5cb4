//! The grammar: every key of the language, what stands under it, and what it is for.
//!
//! One table serves the check of shapes ([`shape::check`]), the merge of overlays and the JSON Schema, so they cannot
//! disagree. A new key is added here and read in `lower`.

pub mod mend;
pub mod shape;

use shape::{Field, Record, Shape, Union};

const fn must(name: &'static str, shape: &'static Shape, about: &'static str) -> Field {
    Field { name, required: true, shape, about }
}

const fn may(name: &'static str, shape: &'static Shape, about: &'static str) -> Field {
    Field { name, required: false, shape, about }
}

/// The types a fact may have.
pub const FACT_TYPES: &[&str] = &[
    "text",
    "yes-no",
    "yes-no-unknown",
    "choice",
    "number",
    "time",
    "duration",
    "date",
    "phone",
    "email",
    "url",
    "ip",
    "unit",
    "position",
    "list",
];
/// The five stages.
pub const STAGES: &[&str] = &["intake", "verification", "assignment", "visit", "closure"];

/// `protocol.yaml`.
pub static PROTOCOL: Record = Record {
    what: "a protocol",
    keys: &[
        must("niyam", &Shape::Integer(1, 1_000), "version of the language; `1`"),
        must("protocol", &Shape::Name, "name of the protocol, which is the name of its folder"),
        must("title", &Shape::Labels, "name on screens"),
        may("extends", &Shape::Name, "the template: this protocol holds only what differs from it"),
        may("order", &Shape::Record(&ORDER), "the order that puts the protocol in force"),
        may("facts", &Shape::Map(&Shape::Record(&FACT)), "what a case may know, by name"),
        may("seals", &Shape::Map(&Shape::Record(&SEAL)), "groups of personal data, by name; `person` exists by itself"),
        may("roles", &Shape::Map(&Shape::Record(&ROLE)), "who acts, by id"),
        may("units", &Shape::Map(&Shape::Tagged(&UNIT)), "where they sit, by name"),
        may("guarantees", &Shape::List(&Shape::Tagged(&GUARANTEE)), "properties that the protocol must have"),
        may("initial", &Shape::Text, "the state a case begins in"),
        must("states", &STATES, "the states of a case, by name"),
        may("on", &ON, "what may happen in every state, by event"),
        may("always", &TRANSITIONS, "transitions taken as soon as their guard holds"),
        may("after", &AFTER, "clocks of the whole case"),
        may("entry", &ACTIONS, "what is done when the case opens"),
        may("exit", &ACTIONS, "what is done when the case ends"),
    ],
};

static ORDER: Record = Record {
    what: "an order",
    keys: &[
        must("number", &Shape::Text, "number of the order or circular"),
        must("date", &Shape::Day, "its day, `YYYY-MM-DD`"),
        must("authority", &Shape::Labels, "who issued it"),
    ],
};

/// A fact.
pub static FACT: Record = Record {
    what: "a fact",
    keys: &[
        must("type", &Shape::Word(FACT_TYPES), "its type"),
        may("of", &Shape::Constant, "the values of a choice, or the type of a list's items"),
        must("label", &Shape::Labels, "name on screens"),
        may("default", &Shape::Constant, "value before anybody said anything"),
        may("sealed", &Shape::Text, "`true` or a seal group: this is personal data"),
        may("remove", &Shape::Flag, "takes the template's fact out"),
    ],
};

static SEAL: Record = Record {
    what: "a seal group",
    keys: &[
        may("readable_in", &Shape::Names, "states in which it may be read; everywhere when left out"),
        may("remove", &Shape::Flag, "takes the template's group out"),
    ],
};

static ROLE: Record = Record {
    what: "a role",
    keys: &[
        must("label", &Shape::Labels, "name on screens"),
        must("rank", &Shape::Integer(0, 100), "rank for escalation; higher is more senior"),
        may(
            "staffed",
            &Shape::Word(&["day-and-night", "by-roster"]),
            "whether somebody sits there day and night; by-roster when left out",
        ),
        must("unit", &Shape::Name, "where the role sits when nothing else is said"),
        may("remove", &Shape::Flag, "takes the template's role out"),
    ],
};

const REMOVE: Field = may("remove", &Shape::Flag, "takes the template's out");

/// How a unit's name becomes a unit of the directory.
pub static UNIT: Union = Union {
    what: "a unit (`code`, `fact` or `above`)",
    records: &[
        &Record { what: "a unit", keys: &[must("code", &Shape::Text, "always this unit of the directory"), REMOVE] },
        &Record { what: "a unit", keys: &[must("fact", &Shape::Name, "the unit that this fact names"), REMOVE] },
        &Record {
            what: "a unit",
            keys: &[
                must("above", &Shape::Name, "the fact that names a unit"),
                must(
                    "kind",
                    &Shape::Some(&Shape::Text),
                    "the nearest unit of this kind, or of one of these, at or above it",
                ),
                REMOVE,
            ],
        },
        &Record { what: "a unit", keys: &[must("remove", &Shape::Flag, "takes the template's unit out")] },
    ],
};

static STATES: Shape = Shape::Map(&Shape::Record(&STATE));
static ON: Shape = Shape::Map(&TRANSITIONS);
static AFTER: Shape = Shape::Map(&Shape::Some(&Shape::Short(&Shape::Text, &Shape::Record(&CLOCK))));
static TRANSITIONS: Shape = Shape::Some(&Shape::Short(&Shape::Text, &Shape::Record(&TRANSITION)));
static ACTIONS: Shape = Shape::List(&Shape::Tagged(&ACTION));

/// A state.
pub static STATE: Record = Record {
    what: "a state",
    keys: &[
        may("stage", &Shape::Word(STAGES), "one of the five stages; the parent's when left out"),
        may("label", &Shape::Labels, "name on screens; every state but a history state has one"),
        may("help", &Shape::Labels, "what its owner should do now"),
        may("owner", &Shape::Text, "who is responsible: `role @ unit`, or `role`"),
        may("form", &Shape::Name, "form that may be saved while the state is active"),
        may("outcome", &Shape::Name, "how the case ended: it counts as closed while this state is active"),
        may("type", &Shape::Word(&["parallel", "final", "history"]), "what kind of state it is; plain when left out"),
        may("history", &Shape::Word(&["shallow", "deep"]), "what a history state remembers"),
        may("target", &Shape::Text, "where a history state goes when nothing is remembered"),
        may("initial", &Shape::Text, "the state inside that it begins in"),
        may("states", &STATES, "states inside, by name"),
        may("on", &ON, "what may happen, by event"),
        may("always", &TRANSITIONS, "transitions taken as soon as their guard holds"),
        may("after", &AFTER, "clocks that run while it is active"),
        may("entry", &ACTIONS, "what is done when it is entered"),
        may("exit", &ACTIONS, "what is done when it is left"),
        may("output", &Shape::Expression, "what `done.state.<parent>` carries"),
        may("remove", &Shape::Flag, "takes the template's state out"),
    ],
};

/// A transition.
pub static TRANSITION: Record = Record {
    what: "a transition",
    keys: &[
        may("id", &Shape::Name, "id for overrides, in a list"),
        may("by", &Shape::Names, "the roles that may do it: this makes it an act"),
        may("label", &Shape::Labels, "on the button"),
        may("form", &Shape::Name, "form to fill in with the act"),
        may("weight", &Shape::Word(&["primary", "plain", "grave"]), "how the button is drawn"),
        may("guard", &Shape::Expression, "must be true for it to be taken"),
        may("target", &Shape::Some(&Shape::Text), "where it goes; stays when left out"),
        may("internal", &Shape::Flag, "does not leave its source state when it goes inside it"),
        may("actions", &ACTIONS, "what is done on the way"),
        may("remove", &Shape::Flag, "takes the template's transition out"),
    ],
};

/// An entry of `after`: a transition, with the length of time when the key is a name.
pub static CLOCK: Record = Record {
    what: "a clock",
    keys: &[
        may("id", &Shape::Name, "id for overrides, in a list"),
        may("in", &Shape::Length, "how long after entering the state"),
        may("every", &Shape::Length, "how long after entering, and then again and again"),
        may("at", &Shape::Times, "at these times of day, in Indian time, again and again: five fields of `cron`"),
        may("label", &Shape::Labels, "name of the clock on screens"),
        may(
            "do",
            &Shape::List(&Shape::Record(&TRANSITION)),
            "several transitions, of which the first that fits is taken",
        ),
        may("guard", &Shape::Expression, "must be true for it to be taken"),
        may("target", &Shape::Some(&Shape::Text), "where it goes; stays when left out"),
        may("internal", &Shape::Flag, "does not leave its source state when it goes inside it"),
        may("actions", &ACTIONS, "what is done on the way"),
        may("remove", &Shape::Flag, "takes the template's clock out"),
    ],
};

const MESSAGE: Field = must("message", &Shape::Name, "id of the message");
const DATA: Field = may("data", &Shape::Expression, "what the event carries");

/// Something a protocol does.
pub static ACTION: Union = Union {
    what: "an action",
    records: &[
        &Record {
            what: "`notify`",
            keys: &[must("notify", &Shape::Text, "who is told: `role @ unit`, or `role`"), MESSAGE],
        },
        &Record {
            what: "`reply`",
            keys: &[
                must(
                    "reply",
                    &Shape::Word(&["person", "platform", "reporter", "outside_unit"]),
                    "who outside the police is written to",
                ),
                MESSAGE,
            ],
        },
        &Record {
            what: "`set`",
            keys: &[must("set", &Shape::Map(&Shape::Constant), "facts and the constants they become")],
        },
        &Record {
            what: "`compute`",
            keys: &[must("compute", &Shape::Map(&Shape::Expression), "facts and the expressions they become")],
        },
        &Record { what: "`decide`", keys: &[must("decide", &Shape::Name, "the table to run")] },
        &Record { what: "`raise`", keys: &[must("raise", &Shape::Text, "the event, at once"), DATA] },
        &Record {
            what: "`send`",
            keys: &[
                must("send", &Shape::Text, "the event, after this step or later"),
                may("in", &Shape::Length, "how much later"),
                may("id", &Shape::Name, "name for `cancel`"),
                DATA,
            ],
        },
        &Record { what: "`cancel`", keys: &[must("cancel", &Shape::Name, "the id of what was sent")] },
        &Record {
            what: "`if`",
            keys: &[
                must("if", &Shape::Expression, "the condition"),
                must("then", &ACTIONS, "what is done when it holds"),
                may("else", &ACTIONS, "what is done when it does not"),
            ],
        },
        &Record {
            what: "`foreach`",
            keys: &[
                must("foreach", &Shape::Expression, "a list"),
                must("as", &Shape::Name, "name of the item in the expressions below"),
                may("index", &Shape::Name, "name of its number, from 0"),
                must("do", &ACTIONS, "what is done for each"),
            ],
        },
        &Record {
            what: "`erase`",
            keys: &[must("erase", &Shape::Name, "the seal group whose facts are destroyed for ever")],
        },
        &Record { what: "`log`", keys: &[must("log", &Shape::Text, "a word for the trace")] },
        &Record { what: "`block`", keys: &[must("block", &ACTIONS, "actions in an error scope of their own")] },
    ],
};

/// A property that a protocol must have.
pub static GUARANTEE: Union = Union {
    what: "a guarantee",
    records: &[
        &Record {
            what: "`never_silent`",
            keys: &[must("never_silent", &Shape::Length, "a person is told at least this often")],
        },
        &Record {
            what: "`reach`",
            keys: &[
                must("reach", &Shape::Text, "state or fact that is reached"),
                must("from", &Shape::Text, "state it starts from, or `everywhere`"),
                must("within", &Shape::Length, "in what time"),
                may("even_if", &Shape::Word(&["nobody_acts"]), "holds even then"),
            ],
        },
        &Record {
            what: "`before`",
            keys: &[
                must("before", &Shape::Text, "the state"),
                must("must", &Shape::Names, "facts that must be yes, or states that must have been visited"),
                may("or_waived_by", &Shape::Name, "the role that may waive it"),
            ],
        },
        &Record {
            what: "`can_reach`",
            keys: &[
                must("can_reach", &Shape::Text, "the state"),
                must("from", &Shape::Text, "state it starts from, or `everywhere`"),
            ],
        },
        &Record {
            what: "`never_both`",
            keys: &[must("never_both", &Shape::List(&Shape::Text), "two states that are never active together")],
        },
    ],
};

/// `forms/*.yaml`.
pub static FORM: Record = Record {
    what: "a form",
    keys: &[
        must("form", &Shape::Name, "id"),
        must("title", &Shape::Labels, "title on screens"),
        must("fields", &Shape::List(&Shape::Record(&FIELD)), "its fields in order"),
    ],
};

/// A field of a form.
pub static FIELD: Record = Record {
    what: "a field",
    keys: &[
        must("fact", &Shape::Name, "the fact that it writes"),
        may("required", &Shape::Flag, "whether the form cannot be sent without it"),
        may("label", &Shape::Labels, "what to ask, when the fact's label is not enough"),
        may("help", &Shape::Labels, "how to answer"),
        may("show_if", &Shape::Expression, "shown only when this holds"),
        may("remove", &Shape::Flag, "takes the template's field out"),
    ],
};

/// `tables/*.yaml`.
pub static TABLE: Record = Record {
    what: "a table",
    keys: &[
        must("table", &Shape::Name, "id"),
        must("title", &Shape::Labels, "title on screens"),
        must(
            "hit",
            &Shape::Word(&["unique", "first", "priority", "any", "collect"]),
            "which of several matching rows counts",
        ),
        must("inputs", &Shape::Names, "the facts it looks at"),
        must("outputs", &Shape::Names, "the facts it gives a value"),
        must("rows", &Shape::List(&Shape::Record(&ROW)), "its rows in order"),
    ],
};

/// A row of a table.
pub static ROW: Record = Record {
    what: "a row",
    keys: &[
        must("id", &Shape::Name, "stable id within the table"),
        may("when", &Shape::Map(&Shape::Constant), "one cell per input; an input left out may be anything"),
        must("then", &Shape::Map(&Shape::Constant), "one value per output"),
        may("why", &Shape::Labels, "why, for the timeline"),
        may("remove", &Shape::Flag, "takes the template's row out"),
    ],
};

/// `scenarios/*.yaml`.
pub static SCENARIO: Record = Record {
    what: "a scenario",
    keys: &[
        must("scenario", &SCENARIO_TITLE, "what it shows"),
        may("begins", &Shape::Text, "when the case is opened, in Indian time: `2026-11-23T09:00`"),
        may("facts", &Shape::Map(&Shape::Constant), "facts that the case is opened with"),
        may("empty", &Shape::List(&Shape::Text), "seats that nobody sits in: `role @ unit`"),
        must("steps", &Shape::List(&Shape::Tagged(&STEP)), "what happens, and what must then hold"),
    ],
};

static SCENARIO_TITLE: Shape = Shape::Short(&Shape::Text, &Shape::Labels);
static EXPECTED: Shape = Shape::Record(&EXPECTATION);
const EXPECT: Field = may("expect", &EXPECTED, "what must hold afterwards");

/// A step of a scenario.
pub static STEP: Union = Union {
    what: "a step",
    records: &[
        &Record {
            what: "`act`",
            keys: &[
                must("act", &Shape::Name, "the act"),
                must("by", &Shape::Name, "in which role"),
                may("form", &Shape::Map(&Shape::Constant), "answers by fact"),
                may("refused", &Shape::Flag, "it must be refused"),
                EXPECT,
            ],
        },
        &Record { what: "`wait`", keys: &[must("wait", &Shape::Length, "how much time passes"), EXPECT] },
        &Record {
            what: "`event`",
            keys: &[
                must("event", &Shape::Text, "what comes in from outside"),
                may("facts", &Shape::Map(&Shape::Constant), "facts that it brings"),
                EXPECT,
            ],
        },
        &Record { what: "`look`", keys: &[must("look", &Shape::Flag, "nothing happens; `true`"), EXPECT] },
    ],
};

/// What must hold after a step.
pub static EXPECTATION: Record = Record {
    what: "an expectation",
    keys: &[
        may("in", &Shape::Some(&Shape::Text), "states that are active"),
        may("not_in", &Shape::Some(&Shape::Text), "states that are not active"),
        may("facts", &Shape::Map(&Shape::Constant), "values of facts"),
        may("told", &Shape::List(&Shape::Map(&Shape::Text)), "who was told which message: `- role: message`"),
        may("closed", &Shape::Name, "the case has ended with this outcome"),
    ],
};
