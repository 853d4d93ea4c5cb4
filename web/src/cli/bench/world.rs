//! The invented office that every bench runs in: one protocol of five stages, officers who are always there, alerts of one
//! line.

use std::collections::BTreeMap;
use std::sync::Arc;

use niyam_engine::engine::{Config, Data, Limits};
use niyam_engine::outbox::Channels;
use niyam_engine::people::People;
use niyam_engine::request::{ActRequest, Class, Received, Relation};
use niyam_engine::time::{SystemClock, SystemEntropy};
use niyam_engine::understood::{Contents, Intake, KnownCase, MatchKey, SessionMessage, SubjectFacts, Understood};
use niyam_kernel::event::Actor;
use niyam_kernel::id::{CaseId, PersonId, RequestId};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::{Bundle, Library};
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Text;
use niyam_rules::value::Value;
use uuid::Uuid;

use super::BenchError;

/// The unit in which everybody sits.
pub const UNIT: &str = "RJ-PHQ-SCRB";
const FILES: [(&str, &str); 5] = [
    ("protocol.yaml", include_str!("five-stages/protocol.yaml")),
    ("forms/note.yaml", include_str!("five-stages/forms/note.yaml")),
    ("tables/level.yaml", include_str!("five-stages/tables/level.yaml")),
    ("messages/en.ftl", include_str!("five-stages/messages/en.ftl")),
    ("messages/hi.ftl", include_str!("five-stages/messages/hi.ftl")),
];
/// Name of the protocol.
pub const PROTOCOL: &str = "bench";

/// The five outside events of a case, with the role that brings each.
pub const STEPS: [(&str, &str); 5] =
    [("take_up", "desk"), ("found", "desk"), ("accept", "duty"), ("met", "duty"), ("close", "desk")];
/// How alerts begin whose cases have nothing sealed.
const PLAIN: &str = "PLAIN-";
/// Bytes of the sealed text that each of them carries.
pub const PAYLOAD: usize = 500;

/// The protocol; with `hand_over`, each stage has an officer of its own.
pub fn library(hand_over: bool) -> Library {
    let text = |text: &str| if hand_over { text.replace("# hand-over ", "") } else { text.to_owned() };
    let files = FILES.iter().map(|&(path, content)| (path.to_owned(), text(content))).collect();
    BTreeMap::from([(PROTOCOL.to_owned(), Bundle { name: PROTOCOL.to_owned(), files })])
}

/// The protocol, compiled. Errors: what is wrong with it.
pub fn protocol() -> Result<Protocol, BenchError> {
    let library = library(false);
    let compiled = niyam_rules::compile(&library[PROTOCOL], &library);
    compiled.protocol.ok_or_else(|| BenchError::Wrong(format!("{:?}", compiled.diagnostics)))
}

/// An engine on real time and real randomness.
pub fn config(data: Data, hand_over: bool) -> Config {
    Config {
        data,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        library: library(hand_over),
        people: Arc::new(Office),
        intake: Arc::new(Reader),
        channels: Channels::default(),
        max_pages: None,
        schedules: niyam_engine::schedule::Schedules::default(),
        limits: Limits::default(),
    }
}

/// The alert that opens a case.
pub fn alert(number: u64, now: Timestamp) -> Received {
    Received {
        channel: "note".to_owned(),
        content_type: "text/plain".to_owned(),
        bytes: format!("BENCH-{number}").into_bytes(),
        received_at: now,
        drill: false,
    }
}

/// The alert that opens a case about which nothing is sealed, so that its rows can be written many times over.
pub fn plain_alert(number: u64, now: Timestamp) -> Received {
    Received { bytes: format!("{PLAIN}{number}").into_bytes(), ..alert(number, now) }
}

/// One of the five outside events of a case.
pub fn step(step: usize, request: Uuid) -> ActRequest {
    let (act, role) = STEPS[step];
    act_of(act, role, request)
}

/// An outside event that leaves a case in the stage in which it is.
pub fn remark(request: Uuid) -> ActRequest {
    act_of("remark", "desk", request)
}

fn act_of(act: &str, role: &str, request: Uuid) -> ActRequest {
    let note = "Rohan Kalpit was asked and answered. ".repeat(PAYLOAD / 37 + 1);
    ActRequest {
        request: RequestId(request),
        actor: Actor { person: person(role), role: role.to_owned(), unit: UNIT.to_owned() },
        act: act.to_owned(),
        form: BTreeMap::from([("note".to_owned(), Value::Text(note[..PAYLOAD].to_owned()))]),
        reason: None,
        happened_at: None,
    }
}

/// Who sits in a role.
pub fn person(role: &str) -> PersonId {
    PersonId(Uuid::from_u128(match role {
        "desk" => 1,
        "duty" => 2,
        _ => 3,
    }))
}

struct Office;

impl People for Office {
    fn unit_name(&self, unit: &str) -> Option<Text> {
        (unit == UNIT).then(|| Text {
            en: "Namuna control".to_owned(), hi: "नमूना नियंत्रण".to_owned()
        })
    }

    fn above(&self, _unit: &str, _kinds: &[String]) -> Option<String> {
        None
    }

    fn seat(&self, role: &str, unit: &str, _at: Timestamp) -> Option<PersonId> {
        (unit == UNIT).then(|| person(role))
    }

    fn person_name(&self, _person: PersonId) -> Option<Text> {
        Some(Text { en: "Asha Namuna".to_owned(), hi: "आशा नमूना".to_owned() })
    }
}

/// Every alert is a reference, and about a person of its own.
struct Reader;

impl Intake for Reader {
    fn understand(&self, received: &Received) -> Understood {
        let reference = String::from_utf8_lossy(&received.bytes).into_owned();
        let mut facts = BTreeMap::from([
            ("external_ref".to_owned(), Value::Text(reference.clone())),
            ("minor".to_owned(), Value::from("yes")),
        ]);
        if !reference.starts_with(PLAIN) {
            facts.insert("name".to_owned(), Value::from("Rohan Kalpit"));
        }
        let key = MatchKey { kind: "ref".to_owned(), value: reference, fact: None };
        Understood {
            class: Class::Alert,
            source: "note".to_owned(),
            reason: Text { en: "a bench".to_owned(), hi: "मापन".to_owned() },
            contents: Contents::default(),
            subjects: vec![SubjectFacts {
                facts,
                keys: vec![key],
                protocol: PROTOCOL.to_owned(),
                ..SubjectFacts::default()
            }],
            session: None,
        }
    }

    fn relate(
        &self,
        _subject: &SubjectFacts,
        _session: Option<SessionMessage>,
        _known: &[KnownCase],
    ) -> Option<(CaseId, Relation)> {
        None
    }

    fn fallback(&self) -> String {
        PROTOCOL.to_owned()
    }
}
