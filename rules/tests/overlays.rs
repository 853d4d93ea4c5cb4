//! A protocol over its template: what is merged, what keeps which place, what is refused.

use niyam_rules::bundle::{Bundle, Library};
use niyam_rules::diagnostics::{Code, scaffold};
use niyam_rules::protocol::Protocol;
use niyam_rules::{Compiled, compile};

fn over(fragment: &str) -> Compiled {
    let (bundle, library) = scaffold::bundle(&format!("# overlay\n{fragment}"));
    compile(&bundle, &library)
}

fn protocol(fragment: &str) -> Protocol {
    let compiled = over(fragment);
    compiled.protocol.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

fn codes(compiled: &Compiled) -> Vec<Code> {
    compiled.diagnostics.iter().map(|finding| finding.code).collect()
}

#[test]
fn each_piece_keeps_the_place_of_its_file() {
    let merged = protocol(
        "states:\n  review:\n    on:\n      forward: { by: desk, label: { en: Forward, hi: अग्रेषित करें }, target: closed }\n",
    );
    let place = |id: &str| {
        let transition = merged.chart.transitions.iter().find(|transition| transition.id == id).expect(id);
        transition.place.as_ref().expect("a place").file.to_string()
    };
    assert_eq!(place("review/on/found"), "example/protocol.yaml");
    assert_eq!(place("review/on/forward"), "kota/protocol.yaml");
    assert_eq!(merged.facts["age"].place.as_ref().expect("a place").file.as_ref(), "example/protocol.yaml");
}

#[test]
fn keys_are_merged_and_lists_of_actions_replaced() {
    let merged = protocol(
        "states:\n  review:\n    owner: supervisor @ state\n    after:\n      10m: { actions: [ { notify: desk, message: trouble }, { log: told } ] }\n",
    );
    let review = merged.chart.states.iter().find(|state| state.id == "review").expect("review");
    let post = review.post.as_ref().expect("a post");
    assert_eq!(post.owner.as_ref().expect("an owner").role, "supervisor");
    assert_eq!(post.label.en, "Review");
    let clock = &merged.chart.clocks[usize::from(review.clocks[0].0)];
    assert_eq!(merged.chart.transitions[usize::from(clock.transitions[0].0)].actions.len(), 2);
    assert!(merged.order.is_some(), "the order is the overlay's own");
}

#[test]
fn rows_fields_and_messages_go_by_their_ids() {
    let merged = protocol(
        "# file: tables/level.yaml\ntable: level\nrows:\n  - { id: child, then: { level: green } }\n\
         # file: forms/visit.yaml\nform: visit\nfields:\n  - { fact: age, required: false }\n  - { fact: minor }\n\
         # file: messages/en.ftl\nlate = Late.\n# file: messages/hi.ftl\nlate = देर।\n",
    );
    let rows: Vec<&str> = merged.tables["level"].rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(rows, ["child", "other"]);
    let fields: Vec<(&str, bool)> =
        merged.forms["visit"].fields.iter().map(|field| (field.fact.as_str(), field.required)).collect();
    assert_eq!(fields, [("age", false), ("minor", false)]);
    assert_eq!(merged.messages["late"].text.en.trim(), "late = Late.");
    assert!(merged.messages.contains_key("trouble"));
}

#[test]
fn what_is_taken_out_is_gone_and_what_used_it_is_found() {
    let compiled = over("roles:\n  supervisor: { remove: true }\n");
    assert!(codes(&compiled).contains(&Code::UnknownRole), "{:?}", compiled.diagnostics);
    let merged = protocol("states:\n  review: { after: { 10m: { remove: true }, 5m: closed } }\n");
    let clocks: Vec<&str> = merged.chart.clocks.iter().map(|clock| clock.name.as_str()).collect();
    assert_eq!(clocks, ["5m"]);
}

#[test]
fn a_misspelt_override_suggests_the_name() {
    let compiled = over("states:\n  reveiw: { owner: supervisor @ state }\n");
    assert_eq!(codes(&compiled), [Code::OverridesNothing]);
    assert_eq!(compiled.diagnostics[0].help.as_deref(), Some("did you mean `review`?"));
    let fix = compiled.diagnostics[0].fix.as_ref().expect("a fix");
    assert_eq!((fix.place.line, fix.replacement.as_str()), (7, "review"));
}

fn head(name: &str, extends: &str) -> Bundle {
    let text = format!(
        "niyam: 1\nprotocol: {name}\ntitle: {{ en: A, hi: अ }}\nextends: {extends}\norder: {{ number: 1/2024, date: 2024-05-29, authority: {{ en: A, hi: अ }} }}\n"
    );
    Bundle { name: name.to_owned(), files: [("protocol.yaml".to_owned(), text)].into() }
}

#[test]
fn a_chain_is_followed_and_a_circle_refused() {
    let (example, _) = scaffold::bundle("");
    let mut library = Library::new();
    library.insert("example".to_owned(), example.clone());
    library.insert("state".to_owned(), head("state", "example"));
    let city = compile(&head("city", "state"), &library);
    let protocol = city.protocol.unwrap_or_else(|| panic!("{:?}", city.diagnostics));
    assert_eq!((protocol.name.as_str(), protocol.chart.states.len()), ("city", 3));
    let state = compile(&library["state"], &library).protocol.expect("the state's protocol");
    assert_ne!(protocol.digest, state.digest, "the digest covers what is extended");

    library.insert("example".to_owned(), head("example", "city"));
    library.insert("city".to_owned(), head("city", "state"));
    let circle = compile(&library["city"], &library);
    assert_eq!(codes(&circle), [Code::ExtendsCycle], "{:?}", circle.diagnostics);
    assert_eq!(circle.diagnostics[0].primary.file.as_ref(), "city/protocol.yaml");
}

#[test]
fn a_changed_template_changes_the_digest_of_what_extends_it() {
    let (bundle, mut library) = scaffold::bundle("# overlay\n");
    let before = compile(&bundle, &library).protocol.expect("it compiles").digest;
    let template = library.get_mut("example").expect("the template");
    template.files.get_mut("protocol.yaml").expect("its file").push_str("# one word more\n");
    assert_ne!(compile(&bundle, &library).protocol.expect("it compiles").digest, before);
}

#[test]
fn a_fix_of_a_seat_replaces_only_what_is_misspelt() {
    let (bundle, library) = scaffold::bundle(
        "guarantees: []\nstates:\n  review: { stage: closure, outcome: safe, owner: desk @ stat, label: { en: A, hi: अ } }\n",
    );
    let found = compile(&bundle, &library).diagnostics;
    let fix = found[0].fix.as_ref().expect("a fix");
    let line = bundle.files["protocol.yaml"].lines().nth(fix.place.line as usize - 1).expect("the line").to_owned();
    let column = fix.place.column as usize - 1;
    let (before, rest) = line.split_at(column);
    let mended = format!("{before}{}{}", fix.replacement, &rest[fix.place.length as usize..]);
    assert!(mended.contains("owner: desk @ state,"), "{mended}");
}
