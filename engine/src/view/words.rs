//! Reasons and refusals in words, in both languages.

use niyam_kernel::allowed::REASON;
use niyam_kernel::event::{FormProblem, Refusal};
use niyam_kernel::moving::MoveProblem;
use niyam_kernel::step::Reason;
use niyam_rules::chart::{Recipient, State};
use niyam_rules::place::Place;
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Text;

use super::guard;
use super::timeline::ReasonView;

/// A text in both languages.
pub fn text(en: impl Into<String>, hi: impl Into<String>) -> Text {
    Text { en: en.into(), hi: hi.into() }
}

/// The same in both languages: ids, rules, numbers.
pub fn same(word: &str) -> Text {
    text(word, word)
}

/// What people read for a state; the protocol's title for its root, the id when the protocol has no such state.
pub fn state(protocol: &Protocol, id: &str) -> Text {
    if id == protocol.name {
        return protocol.title.clone();
    }
    let found = protocol.chart.states.iter().find(|state| state.id == id);
    found.map_or_else(|| same(id), State::label)
}

/// Label of a role; its id when the protocol does not know it.
pub fn role(protocol: &Protocol, id: &str) -> Text {
    protocol.roles.get(id).map_or_else(|| same(id), |role| role.label.clone())
}

/// Label of a fact; its name when the protocol does not declare it.
pub fn fact(protocol: &Protocol, name: &str) -> Text {
    protocol.facts.get(name).map_or_else(|| same(name), |fact| fact.label.clone())
}

/// Label of an act; its name when no transition has it.
pub fn act(protocol: &Protocol, name: &str) -> Text {
    let acts = protocol.chart.transitions.iter().filter_map(|transition| transition.act.as_ref());
    acts.filter(|act| act.name == name).map(|act| act.label.clone()).next().unwrap_or_else(|| same(name))
}

/// What people read for somebody outside.
pub fn recipient(to: Recipient) -> Text {
    match to {
        Recipient::Person => text("the person in distress", "संकटग्रस्त व्यक्ति"),
        Recipient::Platform => text("the platform", "प्लेटफ़ॉर्म"),
        Recipient::Reporter => text("whoever reported it", "सूचना देने वाला"),
        Recipient::OutsideUnit => text("a unit outside", "बाहर की इकाई"),
    }
}

/// Several texts with commas.
pub fn list(texts: impl IntoIterator<Item = Text>) -> Text {
    let (en, hi): (Vec<String>, Vec<String>) = texts.into_iter().map(|text| (text.en, text.hi)).unzip();
    text(en.join(", "), hi.join(", "))
}

/// Why an event changed nothing.
pub fn refusal(protocol: &Protocol, refusal: &Refusal) -> Text {
    match refusal {
        Refusal::NotAllowedHere { act: name } => {
            let label = act(protocol, name);
            text(
                format!("“{}” is not possible where the case stands now", label.en),
                format!("प्रकरण की वर्तमान स्थिति में “{}” संभव नहीं है", label.hi),
            )
        }
        Refusal::WrongRole { act: name, role: tried, by } => {
            let (label, tried) = (act(protocol, name), role(protocol, tried));
            let by = list(by.iter().map(|id| role(protocol, id)));
            text(
                format!("“{}” is for {}, not for {}", label.en, by.en, tried.en),
                format!("“{}” {} कर सकते हैं, {} नहीं", label.hi, by.hi, tried.hi),
            )
        }
        Refusal::GuardFalse { act: name, guard } => {
            let label = act(protocol, name);
            let needs = guard::needs_text(protocol, guard);
            text(format!("“{}”: {}", label.en, needs.en), format!("“{}”: {}", label.hi, needs.hi))
        }
        Refusal::Form { problems } => {
            let each = problems.iter().map(|(name, problem)| {
                let label = if name == REASON && !protocol.facts.contains_key(name) {
                    text("the reason", "कारण")
                } else {
                    fact(protocol, name)
                };
                match problem {
                    FormProblem::Missing => {
                        text(format!("{} is missing", label.en), format!("{} नहीं भरा गया", label.hi))
                    }
                    FormProblem::WrongType { expected } => text(
                        format!("{} must be of type {expected}", label.en),
                        format!("{} का प्रकार {expected} होना चाहिए", label.hi),
                    ),
                    FormProblem::NoSuchField => text(
                        format!("{} is not asked in this form", label.en),
                        format!("{} इस प्रपत्र में नहीं पूछा गया है", label.hi),
                    ),
                }
            });
            list(each)
        }
        Refusal::TimerNotArmed { .. } => text("the clock had been stopped before", "घड़ी पहले ही रुक चुकी थी"),
        Refusal::Closed => text("the case has ended", "प्रकरण समाप्त हो चुका है"),
        Refusal::Halted => text(
            "the case was stopped by a fault and waits for a person",
            "प्रकरण त्रुटि से रुका है और किसी व्यक्ति की प्रतीक्षा में है",
        ),
        Refusal::CannotMove { problems } => {
            let each = problems.iter().map(problem);
            list(each)
        }
        Refusal::OutOfOrder { expected } => {
            text(format!("event {expected} was expected"), format!("घटना {expected} अपेक्षित थी"))
        }
    }
}

/// Why a case cannot be moved to another version.
pub fn problem(problem: &MoveProblem) -> Text {
    match problem {
        MoveProblem::NoCounterpart { state } => text(
            format!("it stands in “{state}”, which the new version does not have: say where it goes"),
            format!("यह “{state}” में है, जो नए संस्करण में नहीं है: बताएँ कि यह कहाँ जाए"),
        ),
        MoveProblem::NoSuchState { state, to } => text(
            format!("“{state}” is to become “{to}”, in which no case of the new version can stand"),
            format!("“{state}” को “{to}” बनना है, जिसमें नए संस्करण का कोई प्रकरण नहीं रह सकता"),
        ),
        MoveProblem::Exclusive { one, other } => text(
            format!("it would stand in “{one}” and “{other}”, which exclude each other"),
            format!("यह “{one}” और “{other}” दोनों में होगा, जो साथ नहीं हो सकते"),
        ),
        MoveProblem::FactDoesNotFit { fact } => text(
            format!("the value of “{fact}” does not fit its new type: allow it to be forgotten"),
            format!("“{fact}” का मान उसके नए प्रकार में नहीं बैठता: उसे छोड़ने की अनुमति दें"),
        ),
        MoveProblem::LaidOpen { fact } => {
            text(format!("“{fact}” is sealed and would stand in the open"), format!("“{fact}” सीलबंद है और खुल जाएगा"))
        }
        MoveProblem::SealedOtherwise { fact } => text(
            format!("“{fact}” would be sealed with another group, whose erasure would leave what was sealed before"),
            format!("“{fact}” दूसरे समूह में सीलबंद होगा, जिसे मिटाने पर पहले का सीलबंद अंश बचा रहेगा"),
        ),
        MoveProblem::WentOn => text(
            "something happened to the case since: look at the move again",
            "इस बीच प्रकरण में कुछ हुआ है: बदलाव को फिर से देखें",
        ),
        MoveProblem::NotRunning => text(
            "it does not run on the version named, or does not run any more",
            "यह बताए गए संस्करण पर नहीं चल रहा, या अब नहीं चलता",
        ),
    }
}

/// One reason of a step.
pub fn reason(protocol: &Protocol, reason: &Reason) -> ReasonView {
    let view = |kind, text, place: Option<&Place>| ReasonView { kind, text, place: place.cloned() };
    match reason {
        Reason::Taken { guard, left, entered, place, transition } => {
            view("taken", taken(protocol, transition, guard.as_deref(), left, entered), place.as_ref())
        }
        Reason::Decided { table, rows, outputs, place } => {
            view("decided", decided(protocol, table, rows, outputs), place.as_ref())
        }
        Reason::FactSet { fact: name, place } => {
            let label = fact(protocol, name);
            let words = text(format!("{} was set", label.en), format!("{} तय किया गया", label.hi));
            view("fact_set", words, place.as_ref())
        }
        Reason::Error { message, place } => {
            let words = text(format!("a rule failed: {message}"), format!("नियम लागू नहीं हो सका: {message}"));
            view("error", words, place.as_ref())
        }
        Reason::Fired { state: of, clock, late_ms, .. } => {
            view("fired", fired(protocol, of.as_deref(), clock, *late_ms), None)
        }
        Reason::Moved { to, states, .. } => {
            let version = to.to_string();
            let version = version.get(..8).unwrap_or(&version);
            let into: Vec<Text> = states.iter().map(|(_, is)| state(protocol, is)).collect();
            let (en, hi): (Vec<String>, Vec<String>) =
                into.into_iter().map(|label| (format!("“{}”", label.en), format!("“{}”", label.hi))).unzip();
            let words = text(
                format!("goes on by version {version} in {}", en.join(", ")),
                format!("संस्करण {version} के अनुसार {} में आगे चलेगा", hi.join(", ")),
            );
            view("moved", words, None)
        }
        Reason::Erased { seal } => {
            let words = text(
                format!("everything sealed under “{seal}” was erased"),
                format!("“{seal}” के अंतर्गत सीलबंद सारी जानकारी मिटा दी गई"),
            );
            view("erased", words, None)
        }
        Reason::Logged { label } => view("logged", same(label), None),
        Reason::Ignored { event } => {
            let words = text(format!("{event} changes nothing here"), format!("{event} से यहाँ कुछ नहीं बदलता"));
            view("ignored", words, None)
        }
    }
}

fn taken(protocol: &Protocol, transition: &str, guard: Option<&str>, left: &[String], entered: &[String]) -> Text {
    let because = guard.map_or_else(Text::default, |guard| {
        let held = guard::held(protocol, guard);
        text(format!(" ({})", held.en), format!(" ({})", held.hi))
    });
    let into = entered.last().map(|id| state(protocol, id));
    let from = left.first().map(|id| state(protocol, id));
    match (from, into) {
        (Some(from), Some(into)) => text(
            format!("from “{}” to “{}”{}", from.en, into.en, because.en),
            format!("“{}” से “{}” में{}", from.hi, into.hi, because.hi),
        ),
        (None, Some(into)) => {
            text(format!("into “{}”{}", into.en, because.en), format!("“{}” में{}", into.hi, because.hi))
        }
        (Some(from), None) => {
            text(format!("out of “{}”{}", from.en, because.en), format!("“{}” से बाहर{}", from.hi, because.hi))
        }
        (None, None) => {
            text(format!("by the rule {transition}{}", because.en), format!("नियम {transition} के अनुसार{}", because.hi))
        }
    }
}

fn decided(protocol: &Protocol, table: &str, rows: &[String], outputs: &[String]) -> Text {
    let found = protocol.tables.get(table);
    let title = found.map_or_else(|| same(table), |table| table.title.clone());
    let why = found.into_iter().flat_map(|table| &table.rows).filter(|row| rows.contains(&row.id));
    let why = list(why.filter_map(|row| row.why.clone()));
    let outputs = list(outputs.iter().map(|name| fact(protocol, name)));
    let rows = rows.join(", ");
    let behind = |why: &str| if why.is_empty() { String::new() } else { format!(": {why}") };
    text(
        format!("table “{}”, row {rows} decided {}{}", title.en, outputs.en, behind(&why.en)),
        format!("तालिका “{}”, पंक्ति {rows} से {} तय हुआ{}", title.hi, outputs.hi, behind(&why.hi)),
    )
}

fn fired(protocol: &Protocol, of: Option<&str>, clock: &str, late_ms: u64) -> Text {
    let label = protocol
        .chart
        .clocks
        .iter()
        .find(|found| {
            found.name == clock
                && of
                    .is_some_and(|of| protocol.chart.states.get(usize::from(found.state.0)).is_some_and(|s| s.id == of))
        })
        .map(|found| found.label.clone())
        .filter(|label| !label.en.is_empty())
        .unwrap_or_else(|| same(clock));
    let late = late_ms / 1_000;
    if late == 0 {
        return text(format!("clock “{}” ran out", label.en), format!("घड़ी “{}” का समय पूरा हुआ", label.hi));
    }
    text(
        format!("clock “{}” ran out, noticed {late} s late", label.en),
        format!("घड़ी “{}” का समय पूरा हुआ, {late} सेकंड देर से दर्ज", label.hi),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Vec<Protocol> {
        let library = niyam_rules::shipped::library();
        library.values().filter_map(|bundle| niyam_rules::compile(bundle, &library).protocol).collect()
    }

    #[test]
    fn no_state_is_shown_by_its_id() {
        for protocol in shipped() {
            for found in &protocol.chart.states {
                let label = state(&protocol, &found.id);
                let name = found.id.rsplit('.').next().unwrap_or_default();
                let raw = |text: &str| text.is_empty() || text == found.id || (text == name && text.contains('_'));
                assert!(!raw(&label.en) && !raw(&label.hi), "{}: {}: {label:?}", protocol.name, found.id);
            }
        }
    }

    #[test]
    fn a_history_state_says_what_it_stands_for() {
        let protocols = shipped();
        let template = protocols.iter().find(|protocol| protocol.name == "distress-response").expect("it is shipped");
        let label = state(template, "open.reach.resume");
        assert_eq!((label.en.as_str(), label.hi.as_str()), ("Where it was left", "जहाँ छोड़ा गया था"));
    }
}
