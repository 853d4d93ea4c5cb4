//! All findings come at once: one mistake of every kind in one protocol gives exactly those findings, and none that only
//! follows from another.

use std::collections::BTreeMap;

use niyam_rules::bundle::{Bundle, Library};
use niyam_rules::diagnostics::{Code, scaffold, text};
use niyam_rules::{compile, shipped, source};

const PROTOCOL: &str = "niyam: 7
protocol: other
title: { en: Example, hi: उदाहरण }
facts:
  age: { type: number, label: { en: Age, hi: आयु } }
  age: { type: number, label: { en: Age, hi: आयु } }
  minor: { type: yes-no-unknown, label: { en: Minor, hi: नाबालिग } }
  unit: { type: unit, label: { en: Unit, hi: इकाई } }
  phone: { type: phone, sealed: true, label: { en: Phone, hi: फ़ोन } }
  hostel: { type: text, sealed: profle, label: { en: Hostel } }
  Case: { type: text, label: { en: Case, hi: प्रकरण } }
  cause: { type: choice, of: [exam, family], label: { en: Cause, hi: कारण } }
  level: { type: choice, of: { red: { en: Red, hi: लाल }, green: { en: Green, hi: हरा } }, default: green, label: { en: Level, hi: स्तर } }
seals:
  profile: { readable_in: [review] }
roles:
  desk: { label: { en: Desk, hi: डेस्क }, rank: 10, staffed: day-and-night, unit: state }
  supervisor: { label: { en: Supervisor, hi: पर्यवेक्षक }, rank: 500, staffed: by-roster, unit: state }
units:
  state: { code: EXAMPLE-PHQ }
on:
  delivery.failed: { actions: [ { notify: supervisor, message: trouble } ] }
  roster.empty: { actions: [ { log: nobody } ] }
  error.execution: { actions: [ { notify: superviser @ stat, message: troubl } ] }
  alert.updated: { actions: [ { notify: desk, message: late } ] }
  alert.update:
    - { guard: incident.level == \"red\" &&, actions: [ { set: { levle: red } } ] }
    - { guard: incident.minor == true, actions: [ { set: { minor: maybe } } ] }
    - { guard: incident.age > 5, actions: [ { raise: looked, data: incident.phone } ] }
  looked: { actions: [ { decide: levl }, { log: [looked] } ] }
initial: reveiw
states:
  review:
    stage: verification
    label: { en: Review, hi: समीक्षा }
    ownr: desk @ state
    form: vist
    on:
      found: { by: desk, label: { en: Found, hi: मिला }, weight: primary, target: closd.safe }
      other:
        - { by: desk, label: { en: Other, hi: अन्य }, weight: primary, target: calling }
        - { by: desk, label: { en: Other, hi: अन्य }, guard: incident.unit != (), target: stuck }
      third: { by: desk, target: idle }
    after:
      10m: { actions: [ { notify: supervisor, message: late } ] }
      morning: { at: 0 25 * * *, label: { en: Morning, hi: सुबह }, actions: [ { notify: desk, message: late } ] }
      monthly: { at: 0 10 31 2 *, label: { en: Monthly, hi: मासिक }, actions: [ { notify: desk, message: late } ] }
  calling:
    stage: visit
    label: { en: Calling, hi: कॉल }
    on:
      spoke: { by: desk, label: { en: Spoke, hi: बात हुई }, target: stuck }
      left: { by: desk, label: { en: Left, hi: छोड़ा }, target: unowned }
      away: { by: desk, label: { en: Away, hi: दूर }, target: ended }
    owner: desk
  unowned:
    stage: visit
    label: { en: Not owned, hi: स्वामी नहीं }
    on: { back: { by: desk, label: { en: Back, hi: वापस }, target: calling } }
    after: { 1h: calling }
  stuck: { stage: visit, label: { en: Stuck, hi: अटका हुआ } }
  idle:
    label: { en: Idle, hi: खाली }
    initial: here
    after: { 1h: review }
  forgotten: { stage: visit, label: { en: Forgotten, hi: विस्मृत }, on: { session.stop: review } }
  ended: { stage: closure, label: { en: Ended, hi: समाप्त }, type: final }
  closed:
    stage: closure
    label: { en: Closed, hi: बंद }
    initial: safe
    states:
      safe: { label: { en: Safe, hi: सुरक्षित }, outcome: safe }
guarantees:
  - { from: review, reach: closed }
";

const FILES: &[(&str, &str)] = &[
    ("notes.txt", "notes\n"),
    ("forms/broken.yaml", "form: broken\nfields: [\n"),
    ("forms/visit.yaml", "form: visit\ntitle: { en: Visit, hi: भेंट }\nfields:\n  - { fact: age }\n  - { fact: age }\n"),
    ("messages/en.ftl", "late = { $case } { $phone } { $lte } { $late }\ntrouble = { $case }\nonly = here\n!\n"),
    ("messages/hi.ftl", "late = { $case }\ntrouble = { $case }\n"),
    (
        "tables/care.yaml",
        "table: care
title: { en: Care, hi: देखभाल }
hit: unique
inputs: [age, minor]
outputs: [level]
rows:
  - { id: wrong, when: { age: many }, then: { level: red } }
  - { id: young, when: { age: \"< 18\" }, then: { level: red } }
  - { id: also, when: { age: \"< 16\" }, then: { level: red } }
",
    ),
    (
        "tables/gap.yaml",
        "table: gap
title: { en: Gap, hi: अंतर }
hit: first
inputs: [minor]
outputs: [level]
rows:
  - { id: no, when: { minor: no }, then: { level: green } }
  - { id: again, when: { minor: no }, then: { level: red } }
  - { id: yes, when: { minor: yes }, then: { level: green } }
",
    ),
    ("scenarios/one.yaml", "scenario: One\nsteps:\n  - { act: fuond, by: desk, expect: { in: [review] } }\n"),
];

fn drawn(bundle: &Bundle, library: &Library) -> (Vec<Code>, String) {
    let findings = compile(bundle, library).diagnostics;
    let file = |file: &str| bundle.files.get(file.split_once('/')?.1).cloned();
    (findings.iter().map(|finding| finding.code).collect(), text::render(&findings, &file))
}

/// How often each code is expected, when not once.
fn expected(all: &[Code], often: &[(Code, usize)]) -> BTreeMap<Code, usize> {
    all.iter().map(|code| (*code, 1)).chain(often.iter().copied()).collect()
}

fn counted(codes: &[Code]) -> BTreeMap<Code, usize> {
    let mut counted = BTreeMap::new();
    for code in codes {
        *counted.entry(*code).or_default() += 1;
    }
    counted
}

#[test]
fn one_of_every_kind_gives_exactly_those_findings() {
    let mut bundle = Bundle { name: "example".to_owned(), ..Bundle::default() };
    bundle.files.insert("protocol.yaml".to_owned(), PROTOCOL.to_owned());
    for (path, content) in FILES {
        bundle.files.insert((*path).to_owned(), (*content).to_owned());
    }
    bundle.files.insert("tables/big.yaml".to_owned(), "a: ".repeat(source::MAX_BYTES / 3 + 1));
    let (codes, drawn) = drawn(&bundle, &Library::new());
    let overlays = [
        Code::OverridesNothing,
        Code::OverridesSame,
        Code::RemovesNothing,
        Code::UnknownTemplate,
        Code::ExtendsCycle,
        Code::BrokenTemplate,
        Code::NoOrder,
    ];
    let all: Vec<Code> = Code::ALL.iter().copied().filter(|code| !overlays.contains(code)).collect();
    let often = [(Code::UnknownState, 2), (Code::ExpressionDoubt, 1)];
    assert_eq!(counted(&codes), expected(&all, &often), "{drawn}");
}

#[test]
fn an_overlay_too_tells_everything_at_once() {
    let (bundle, library) = scaffold::bundle(
        "# overlay: without order
facts:
  levle: { default: red }
  age: { type: number }
  nothing: { remove: true }
  hostel: { type: text, label: { en: Hostel, hi: छात्रावास } }
states:
  review:
    ownr: supervisr
    on: { found: { target: clsed } }
  stuck: { stage: visit, label: { en: Stuck, hi: अटका हुआ } }
",
    );
    let (codes, drawn) = drawn(&bundle, &library);
    let all = [
        Code::OverridesNothing,
        Code::OverridesSame,
        Code::RemovesNothing,
        Code::UnknownKey,
        Code::UnknownRole,
        Code::UnknownState,
        Code::Unreachable,
        Code::NoOrder,
    ];
    assert_eq!(counted(&codes), expected(&all, &[]), "{drawn}");
}

/// One letter too many in a key or in the name behind it, here and there in the largest protocol.
#[test]
fn a_misspelling_in_the_template_is_one_finding() {
    let library = shipped::library();
    let base = &library["distress-response"];
    let lines: Vec<&str> = base.files["protocol.yaml"].lines().collect();
    let mut tried = 0;
    for (number, line) in lines.iter().enumerate().filter(|(number, _)| number % 17 == 0) {
        for word in
            ["owner: ", "after:", "label: ", "target: ", "actions: ", "notify: ", "stage: ", "type: ", "guard: "]
        {
            let Some(at) = line.find(word).filter(|at| *at > 0 && !line.trim_start().starts_with('#')) else {
                continue;
            };
            let (front, rest) = line.split_at(at + 3);
            let mut changed = lines.clone();
            let misspelt = format!("{front}q{rest}");
            changed[number] = &misspelt;
            let mut bundle = base.clone();
            bundle.files.insert("protocol.yaml".to_owned(), changed.join("\n"));
            let (codes, drawn) = drawn(&bundle, &library);
            assert_eq!(codes, [Code::UnknownKey], "{misspelt}\n{drawn}");
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried} tried");
}
