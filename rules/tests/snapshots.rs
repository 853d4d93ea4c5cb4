//! What the compiler makes of a small protocol, and how findings look.

use std::fmt::Write as _;

use niyam_rules::compile;
use niyam_rules::diagnostics::{scaffold, text};
use niyam_rules::protocol::Protocol;

/// The chart in lines: what runs where, without places.
fn outline(protocol: &Protocol) -> String {
    let mut out = format!("{} ({})\n", protocol.name, protocol.title.en);
    for state in &protocol.chart.states {
        let post = state.post.as_ref();
        let owner = post
            .and_then(|post| post.owner.as_ref())
            .map_or_else(String::new, |seat| format!(" owner {} @ {}", seat.role, seat.unit));
        let outcome = post
            .and_then(|post| post.outcome.as_ref())
            .map_or_else(String::new, |outcome| format!(" outcome {outcome}"));
        let _ = writeln!(out, "{} {:?}{owner}{outcome}", state.id, state.kind);
        for index in &state.transitions {
            let transition = &protocol.chart.transitions[usize::from(index.0)];
            let guard = transition.guard.as_ref().map_or_else(String::new, |guard| format!(" if {}", guard.source()));
            let act = transition.act.as_ref().map_or_else(String::new, |act| format!(" by {}", act.by.join(", ")));
            let _ = writeln!(
                out,
                "  {} {:?}{act}{guard} -> {:?}, {} actions",
                transition.id,
                transition.trigger,
                transition.targets,
                transition.actions.len()
            );
        }
        for index in &state.clocks {
            let clock = &protocol.chart.clocks[usize::from(index.0)];
            let _ = writeln!(out, "  clock {} {} repeats {}", clock.name, clock.timing.short(), clock.timing.repeats());
        }
    }
    for (name, fact) in &protocol.facts {
        let _ = writeln!(out, "fact {name} {:?} default {:?} seal {:?}", fact.kind.name(), fact.default, fact.seal);
    }
    for table in protocol.tables.values() {
        for row in &table.rows {
            let _ = writeln!(out, "{} {} {:?} {:?}", table.id, row.id, row.when, row.then);
        }
    }
    out
}

#[test]
fn a_small_protocol_compiles_to_this() {
    let (bundle, library) = scaffold::bundle(
        "states:
  reach:
    type: parallel
    stage: visit
    label: { en: Reach, hi: पहुँच }
    owner: desk @ state
    on:
      done.state.reach: closed
      stop: { by: [desk, supervisor], label: { en: Stop, hi: रोकें }, guard: 'incident.level == \"red\"', target: closed }
    after:
      warn: { every: 5m, actions: [ { notify: desk, message: late } ] }
      10m: { do: [ { guard: incident.unit == (), target: closed }, { actions: [ { notify: supervisor, message: late } ] } ] }
    states:
      talk:
        label: { en: Talk, hi: बातचीत }
        initial: talking
        states:
          talking: { label: { en: Talking, hi: बातचीत }, on: { spoke: { by: desk, label: { en: Spoke, hi: बात हुई }, target: done } } }
          done: { label: { en: Done, hi: पूर्ण }, type: final }
          back: { type: history, target: talking }
      send:
        label: { en: Send, hi: भेजें }
        initial: sending
        states:
          sending: { label: { en: Sending, hi: भेजते हुए }, on: { there: { by: desk, label: { en: There, hi: पहुँचे }, target: done }, again: { by: desk, label: { en: Again, hi: फिर }, target: talk.back } } }
          done: { label: { en: Done, hi: पूर्ण }, type: final }
  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }
initial: reach
",
    );
    let compiled = compile(&bundle, &library);
    assert_eq!(compiled.diagnostics, []);
    insta::assert_snapshot!(outline(&compiled.protocol.expect("it has no findings")));
}

#[test]
fn findings_look_like_this() {
    let (bundle, library) = scaffold::bundle(
        "states:
  review:
    stage: verification
    label: { en: Review, hi: समीक्षा }
    ownr: desk @ state
    on:
      found: { by: dessk, label: { en: Found }, guard: incident.minor == true, target: closd }
      no_risk: { by: desk, target: closed }
  closed: { stage: closure, label: { en: Closed, hi: बंद }, type: final, outcome: safe }
# file: tables/care.yaml
table: care
title: { en: Care, hi: देखभाल }
hit: unique
inputs: [age]
outputs: [level]
rows:
  - { id: young, when: { age: \"< 18\" }, then: { level: redd } }
# file: forms/why.yaml
form: why
title: { en: Why, hi: क्यों
",
    );
    let findings = compile(&bundle, &library).diagnostics;
    let source = |file: &str| bundle.files.get(file.split_once('/')?.1).cloned();
    insta::assert_snapshot!(text::render(&findings, &source));
    insta::assert_json_snapshot!("one_finding_as_json", findings[0]);
}
