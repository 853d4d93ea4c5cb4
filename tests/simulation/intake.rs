//! A reader of lines, so that a run says exactly what each alert is: `name: value`, a blank line before the next person.

use niyam_engine::request::{Class, Received, Relation};
use niyam_engine::understood::{Contents, Intake, KnownCase, MatchKey, SessionMessage, SubjectFacts, Understood};
use niyam_kernel::id::CaseId;
use niyam_rules::text::Text;
use niyam_rules::value::Value;

/// What an alert says that breaks intake.
pub const BREAKS: &str = "this alert breaks the reader";

/// Reads lines.
pub struct Lines;

impl Intake for Lines {
    fn understand(&self, received: &Received) -> Understood {
        let text = String::from_utf8_lossy(&received.bytes).into_owned();
        assert!(!text.contains(BREAKS), "{BREAKS}");
        let mut understood = Understood {
            class: Class::Alert,
            source: "lines".to_owned(),
            reason: Text { en: "it has lines".to_owned(), hi: "पंक्तियाँ हैं".to_owned() },
            contents: Contents::default(),
            subjects: Vec::new(),
            session: None,
        };
        for person in text.split("\n\n") {
            let mut subject = SubjectFacts { protocol: "desk".to_owned(), ..SubjectFacts::default() };
            for (name, value) in person.lines().filter_map(|line| line.split_once(": ")) {
                read(name, value, &mut subject, &mut understood);
            }
            understood.subjects.push(subject);
        }
        if understood.class == Class::Filed {
            understood.subjects.clear();
        }
        understood
    }

    /// Whoever shares a number or a session is the same person; what else is shared says so too.
    fn relate(
        &self,
        subject: &SubjectFacts,
        _session: Option<SessionMessage>,
        known: &[KnownCase],
    ) -> Option<(CaseId, Relation)> {
        let shares = |case: &&KnownCase, name: &str| match (subject.facts.get(name), case.facts.get(name)) {
            (Some(Value::List(mine)), Some(Value::List(theirs))) => mine.iter().any(|item| theirs.contains(item)),
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => false,
        };
        let by = |name: &'static str| known.iter().find(move |case| shares(case, name));
        let found = by("session_id").or_else(|| by("phones")).or_else(|| known.first())?;
        let more = subject.facts.iter().any(|(name, value)| name != "source" && found.facts.get(name) != Some(value));
        Some((found.case, if more { Relation::Update } else { Relation::Duplicate }))
    }

    fn fallback(&self) -> String {
        "desk".to_owned()
    }

    fn reads_at_once(&self) -> bool {
        true
    }
}

fn read(name: &str, value: &str, subject: &mut SubjectFacts, understood: &mut Understood) {
    let key = |kind: &str, fact: Option<&str>| MatchKey {
        kind: kind.to_owned(),
        value: value.to_owned(),
        fact: fact.map(str::to_owned),
    };
    match name {
        "protocol" => value.clone_into(&mut subject.protocol),
        "filed" => understood.class = Class::Filed,
        "session" if value == "stop" => understood.session = Some(SessionMessage::Stop),
        "session" if value == "location" => understood.session = Some(SessionMessage::Location),
        "phones" => subject.keys.push(key("phone", Some("phones"))),
        "external_ref" => subject.keys.push(key("ref", None)),
        "session_id" => subject.keys.push(key("session", None)),
        _ => {}
    }
    let found = match name {
        "phones" | "candidate_units" => Value::List(vec![Value::from(value)]),
        "protocol" | "filed" | "session" | "token" => return,
        _ => Value::from(value),
    };
    subject.facts.insert(name.to_owned(), found);
}
