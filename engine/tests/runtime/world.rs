//! A small world: one protocol, a roster of three, an intake that reads lines.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use niyam_engine::engine::{Config, Data, Engine, Limits};
use niyam_engine::error::OpenError;
use niyam_engine::outbox::Channels;
use niyam_engine::people::People;
use niyam_engine::request::{ActRequest, Class, Received, Relation};
use niyam_engine::time::{ManualClock, SystemEntropy};
use niyam_engine::understood::{
    ContentField, Contents, Intake, KnownCase, MatchKey, SessionMessage, SubjectFacts, Understood,
};
use niyam_kernel::event::Actor;
use niyam_kernel::id::{CaseId, PersonId, RequestId};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::{Bundle, Library};
use niyam_rules::duration::Duration;
use niyam_rules::text::Text;
use niyam_rules::value::Value;

/// 2026-11-21T08:30:00Z.
pub const NOON: Timestamp = Timestamp::from_ms(1_795_249_800_000);
/// The desk's officer.
pub const OFFICER: PersonId = PersonId(uuid::Uuid::from_u128(1));
/// The officer's chief.
pub const CHIEF: PersonId = PersonId(uuid::Uuid::from_u128(2));

const PROTOCOL: &str = r"
niyam: 1
protocol: desk
title: { en: Desk, hi: डेस्क }
facts:
  level: { type: choice, of: { red: { en: Red, hi: लाल }, green: { en: Green, hi: हरा } }, default: green, label: { en: Level, hi: स्तर } }
  source: { type: text, label: { en: Source, hi: स्रोत } }
  name: { type: text, sealed: true, label: { en: Name, hi: नाम } }
  phones: { type: list, of: phone, sealed: true, label: { en: Phones, hi: फ़ोन } }
  external_ref: { type: text, label: { en: Reference, hi: संदर्भ } }
  session_id: { type: text, label: { en: Session, hi: सत्र } }
  hostel: { type: text, sealed: profile, label: { en: Hostel, hi: छात्रावास } }
  findings: { type: text, sealed: true, label: { en: Findings, hi: निष्कर्ष } }
  needs_review: { type: yes-no, label: { en: Needs review, hi: जाँच चाहिए } }
  parse_warnings: { type: list, of: text, label: { en: Warnings, hi: चेतावनियाँ } }
seals:
  profile: { readable_in: [working] }
roles:
  desk: { label: { en: Desk officer, hi: डेस्क अधिकारी }, rank: 10, staffed: day-and-night, unit: head }
  chief: { label: { en: Chief, hi: प्रमुख }, rank: 50, staffed: day-and-night, unit: head }
  counsellor: { label: { en: Counsellor, hi: परामर्शदाता }, rank: 5, staffed: by-roster, unit: head }
units:
  head: { code: RJ-PHQ-SCRB }
initial: waiting
on:
  roster.empty: { actions: [ { notify: chief, message: empty } ] }
  delivery.failed: { actions: [ { notify: chief, message: empty } ] }
  error.execution: { actions: [ { notify: chief, message: empty } ] }
  alert.update: { actions: [ { log: more is known } ] }
  session.stop: { actions: [ { erase: profile } ] }
  nudge: { actions: [ { log: nudged } ] }
after:
  watch: { every: 6h, label: { en: Look after it, hi: देखें }, actions: [ { notify: chief, message: late } ] }
states:
  waiting:
    stage: intake
    label: { en: Waiting, hi: प्रतीक्षा में }
    owner: desk
    on:
      take: { by: desk, label: { en: Take, hi: लें }, target: working }
    after:
      taken: { in: 10m, label: { en: Taken in time, hi: समय पर लें }, actions: [ { notify: chief, message: late } ] }
  working:
    stage: visit
    label: { en: Working, hi: कार्य जारी }
    owner: desk
    form: notes
    on:
      counsel: { by: desk, label: { en: Counsel, hi: परामर्श }, target: counselling }
      answer: { by: desk, label: { en: Answer, hi: उत्तर दें }, actions: [ { reply: platform, message: answer } ] }
      spin: { by: desk, label: { en: Spin, hi: घूमें }, target: spinning }
      remind: { by: desk, label: { en: Remind, hi: याद दिलाएँ }, actions: [ { send: nudge, in: 30m, data: 3 + 4 } ] }
      drop: { by: desk, weight: grave, label: { en: Drop, hi: छोड़ें }, target: done }
      finish: { by: desk, form: notes, label: { en: Finish, hi: समाप्त }, target: done }
    after:
      finished: { in: 1h, label: { en: Finished in time, hi: समय पर समाप्त }, actions: [ { notify: chief, message: late } ] }
  counselling:
    stage: visit
    label: { en: Counselling, hi: परामर्श }
    owner: counsellor
    on:
      back: { by: desk, label: { en: Back, hi: वापस }, target: working }
    after:
      counselled: { in: 1h, label: { en: Counselled in time, hi: समय पर परामर्श }, actions: [ { notify: chief, message: late } ] }
  spinning:
    stage: visit
    label: { en: Spinning, hi: घूमता है }
    owner: desk
    initial: left
    on:
      halt: { by: desk, label: { en: Halt, hi: रोकें }, target: done }
    states:
      left: { label: { en: Left, hi: बायाँ }, always: { guard: incident.source != (), target: right } }
      right: { label: { en: Right, hi: दायाँ }, always: { guard: incident.source != (), target: left } }
    after:
      stop: { in: 1h, label: { en: Stop, hi: रुकें }, target: done }
  done:
    type: final
    stage: closure
    label: { en: Done, hi: पूर्ण }
    outcome: safe
";
const FORM: &str = "form: notes\ntitle: { en: Notes, hi: टिप्पणियाँ }\nfields:\n  - { fact: findings, required: true }\n  - { fact: level }\n";
const EN: &str =
    "late = Case { $case } is late\nempty = Nobody is there for { $case }\nanswer = We have it as { $case }\n";
const HI: &str = "late = प्रकरण { $case } में देर\nempty = { $case } के लिए कोई नहीं\nanswer = हमारे पास { $case } है\n";

/// The protocol `desk`, with another title when a newer version is wanted.
pub fn library(title: &str) -> Library {
    let files = [
        ("protocol.yaml", PROTOCOL.replace("en: Desk, hi", &format!("en: {title}, hi"))),
        ("forms/notes.yaml", FORM.to_owned()),
        ("messages/en.ftl", EN.to_owned()),
        ("messages/hi.ftl", HI.to_owned()),
    ];
    let files = files.into_iter().map(|(path, content)| (path.to_owned(), content)).collect();
    BTreeMap::from([("desk".to_owned(), Bundle { name: "desk".to_owned(), files })])
}

/// Who serves.
pub struct Office;

impl People for Office {
    fn unit_name(&self, unit: &str) -> Option<Text> {
        (unit == "RJ-PHQ-SCRB")
            .then(|| Text { en: "Help desk".to_owned(), hi: "सहायता डेस्क".to_owned() })
    }

    fn above(&self, _unit: &str, _kinds: &[String]) -> Option<String> {
        None
    }

    fn seat(&self, role: &str, unit: &str, _at: Timestamp) -> Option<PersonId> {
        match (role, unit) {
            ("desk", "RJ-PHQ-SCRB") => Some(OFFICER),
            ("chief", "RJ-PHQ-SCRB") => Some(CHIEF),
            _ => None,
        }
    }

    fn person_name(&self, person: PersonId) -> Option<Text> {
        (person == OFFICER).then(|| Text { en: "Asha Namuna".to_owned(), hi: "आशा नमूना".to_owned() })
    }
}

/// Reads `name: value` lines; a blank line begins the next person. Breaks on `panic!`.
#[derive(Default)]
pub struct Lines {
    /// How often it was asked.
    pub asked: Mutex<u32>,
}

impl Intake for Lines {
    fn understand(&self, received: &Received) -> Understood {
        *self.asked.lock().unwrap() += 1;
        let text = String::from_utf8_lossy(&received.bytes).into_owned();
        assert!(!text.contains("panic!"), "this alert breaks intake");
        let mut understood = Understood {
            class: Class::Alert,
            source: "lines".to_owned(),
            reason: Text { en: "it has lines".to_owned(), hi: "पंक्तियाँ हैं".to_owned() },
            contents: Contents { subject_line: text.lines().next().unwrap_or("").to_owned(), ..Contents::default() },
            subjects: Vec::new(),
            session: None,
        };
        for person in text.split("\n\n") {
            let mut subject = SubjectFacts { protocol: "desk".to_owned(), ..SubjectFacts::default() };
            for line in person.lines() {
                let Some((name, value)) = line.split_once(": ") else { continue };
                read(name, value, &mut subject, &mut understood);
            }
            understood.subjects.push(subject);
        }
        if understood.class == Class::Filed {
            understood.subjects.clear();
        }
        understood
    }

    fn relate(
        &self,
        subject: &SubjectFacts,
        _session: Option<SessionMessage>,
        known: &[KnownCase],
    ) -> Option<(CaseId, Relation)> {
        // a number says more than a reference, which an alert about two persons gives to both
        let same = |case: &&KnownCase, name: &str| {
            subject.facts.get(name).is_some_and(|value| case.facts.get(name) == Some(value))
        };
        let by = |name: &'static str| known.iter().find(move |case| same(case, name));
        let found = by("session_id").or_else(|| by("phones")).or_else(|| by("external_ref"))?;
        let more = subject.facts.iter().any(|(name, value)| name != "source" && found.facts.get(name) != Some(value));
        Some((found.case, if more { Relation::Update } else { Relation::Duplicate }))
    }

    fn fallback(&self) -> String {
        "desk".to_owned()
    }
}

fn read(name: &str, value: &str, subject: &mut SubjectFacts, understood: &mut Understood) {
    let key = |kind: &str, fact: Option<&str>| MatchKey {
        kind: kind.to_owned(),
        value: value.to_owned(),
        fact: fact.map(str::to_owned),
    };
    let found = match name {
        "phones" => Value::List(vec![Value::from(value)]),
        _ => Value::from(value),
    };
    match name {
        "filed" => understood.class = Class::Filed,
        "session" if value == "stop" => understood.session = Some(SessionMessage::Stop),
        "session" => understood.session = Some(SessionMessage::Location),
        "phones" => subject.keys.push(key("phone", Some("phones"))),
        "external_ref" => subject.keys.push(key("ref", None)),
        "session_id" => subject.keys.push(key("session", None)),
        _ => {}
    }
    let span = (0, 0, u32::try_from(value.chars().count()).unwrap());
    understood.contents.fields.push(ContentField { field: name.to_owned(), value: found.clone(), spans: vec![span] });
    subject.facts.insert(name.to_owned(), found);
}

/// What an engine of this world is made of.
pub fn config(data: Data, now: Timestamp) -> (Config, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(now));
    let config = Config {
        data,
        clock: Arc::<ManualClock>::clone(&clock),
        entropy: Arc::new(SystemEntropy),
        library: library("Desk"),
        people: Arc::new(Office),
        intake: Arc::new(Lines::default()),
        channels: Channels::default(),
        max_pages: None,
        schedules: niyam_engine::schedule::Schedules::shipped(),
        limits: Limits::default(),
    };
    (config, clock)
}

/// An engine and what it is made of.
pub struct World {
    pub engine: Arc<Engine>,
    pub clock: Arc<ManualClock>,
}

impl World {
    /// In memory.
    pub async fn new() -> Self {
        Self::open(Data::Memory).await.unwrap()
    }

    /// In a folder.
    pub async fn at(folder: &Path) -> Self {
        Self::open(Data::Folder(folder.to_owned())).await.unwrap()
    }

    pub async fn open(data: Data) -> Result<Self, OpenError> {
        Self::open_at(data, NOON, |_| {}).await
    }

    /// With a change of the configuration, at a moment.
    pub async fn open_at(data: Data, now: Timestamp, change: impl FnOnce(&mut Config)) -> Result<Self, OpenError> {
        let (mut config, clock) = config(data, now);
        change(&mut config);
        Ok(Self { engine: Engine::open(config).await?, clock })
    }

    /// Something comes in.
    pub async fn receive(&self, text: &str) -> niyam_engine::request::Receipt {
        self.engine.receive(self.received(text)).await.unwrap()
    }

    pub fn received(&self, text: &str) -> Received {
        Received {
            channel: "note".to_owned(),
            content_type: "text/plain".to_owned(),
            bytes: text.as_bytes().to_vec(),
            received_at: self.engine.now(),
            drill: false,
        }
    }

    /// Opens a case about Kalpit.
    pub async fn case(&self) -> CaseId {
        let receipt =
            self.receive("name: Rohan Kalpit\nphones: +915555550101\nhostel: Namuna Hostel\nsource: lines").await;
        self.engine.settle().await.unwrap();
        receipt.cases[0].case
    }

    /// The officer acts.
    pub async fn act(
        &self,
        case: CaseId,
        act: &str,
    ) -> Result<niyam_engine::request::Done, niyam_engine::error::ActError> {
        let done = self.engine.act(case, request(self.engine.new_id(), act)).await;
        self.engine.settle().await.unwrap();
        done
    }

    pub fn advance(&self, length: &str) {
        self.clock.advance(length.parse::<Duration>().unwrap());
    }
}

/// The officer.
pub fn officer() -> Actor {
    Actor { person: OFFICER, role: "desk".to_owned(), unit: "RJ-PHQ-SCRB".to_owned() }
}

pub fn request(id: uuid::Uuid, act: &str) -> ActRequest {
    let form = match act {
        "finish" => BTreeMap::from([("findings".to_owned(), Value::from("Namuna was counselled"))]),
        _ => BTreeMap::new(),
    };
    ActRequest { request: RequestId(id), actor: officer(), act: act.to_owned(), form, reason: None, happened_at: None }
}
