//! What the compiler demands of the answers to failures, of owners, and of what events carry.

use niyam_rules::compile;
use niyam_rules::diagnostics::{Code, scaffold};

fn found(example: &str) -> Vec<(Code, String)> {
    let (bundle, library) = scaffold::bundle(example);
    let findings = compile(&bundle, &library).diagnostics;
    findings.into_iter().map(|finding| (finding.code, finding.message)).collect()
}

/// The example with a state `review` that answers `delivery.failed` like this.
fn answered(handler: &str) -> Vec<(Code, String)> {
    found(&format!(
        "facts:
  tries: {{ type: number, default: 0, label: {{ en: Tries, hi: प्रयास }} }}
states:
  review:
    stage: verification
    label: {{ en: Review, hi: समीक्षा }}
    owner: desk @ state
    on:
      found: {{ by: desk, label: {{ en: Found, hi: मिला }}, target: closed }}
      again: {{ actions: [ {{ notify: supervisor, message: late }} ] }}
      never: {{ actions: [ {{ log: never }} ] }}
      delivery.failed: {handler}
    after:
      10m: {{ actions: [ {{ notify: supervisor, message: late }}, {{ raise: again }}, {{ raise: never }} ] }}
  closed: {{ stage: closure, label: {{ en: Closed, hi: बंद }}, type: final, outcome: safe }}
"
    ))
}

#[test]
fn a_failure_must_come_before_a_person() {
    for told in [
        "{ actions: [ { notify: desk, message: late } ] }",
        "review",
        "{ actions: [ { send: again } ] }",
        "{ actions: [ { raise: again } ] }",
        "{ actions: [ { if: incident.tries > 1, then: [ { notify: desk, message: late } ], else: [ { raise: again } ] } ] }",
        "[ { guard: incident.tries < 1, actions: [ { notify: desk, message: late } ] } ]",
        "[ { guard: incident.tries < 3, actions: [ { notify: desk, message: late }, { send: again, in: 5m } ] }, { actions: [ { log: counted } ] } ]",
    ] {
        assert_eq!(answered(told), [], "{told}");
    }
}

#[test]
fn a_failure_that_nobody_hears_of_is_an_error() {
    for swallowed in [
        "{ actions: [ { log: failed } ] }",
        "{ guard: incident.tries < 3, actions: [ { log: failed } ] }",
        "closed",
        "{ actions: [ { reply: platform, message: late } ] }",
        "{ actions: [ { raise: never } ] }",
        "{ actions: [ { raise: delivery.failed } ] }",
        "{ actions: [ { if: incident.tries > 1, then: [ { notify: desk, message: late } ] } ] }",
        "[ { guard: incident.tries < 3, actions: [ { notify: desk, message: late } ] }, { actions: [ { log: counted } ] } ]",
        "[ { guard: incident.tries < 3, actions: [ { notify: desk, message: late }, { send: never, in: 5m } ] }, { actions: [ { log: counted } ] } ]",
    ] {
        let found = answered(swallowed);
        assert_eq!(
            found.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
            [Code::Unhandled],
            "{swallowed}: {found:?}"
        );
        assert!(found[0].1.ends_with("tells nobody"), "{found:?}");
    }
}

#[test]
fn a_state_that_waits_for_people_has_an_owner_somewhere() {
    let with = |owner: &str, inner: &str| {
        found(&format!(
            "initial: reach
states:
  reach:
    stage: visit
    label: {{ en: Reach, hi: पहुँच }}
    {owner}
    initial: calling
    after: {{ 1h: closed }}
    states:
      calling: {{ label: {{ en: Calling, hi: कॉल }}, {inner} }}
  closed: {{ stage: closure, label: {{ en: Closed, hi: बंद }}, type: final, outcome: safe }}
"
        ))
    };
    let act = "on: { spoke: { by: desk, label: { en: Spoke, hi: बात हुई }, target: closed } }";
    assert_eq!(with("owner: desk", act), []);
    assert_eq!(
        with("help: { en: Call., hi: कॉल करें। }", "always: [ { guard: incident.age == 5, target: closed } ]"),
        []
    );
    for waits in [act, "form: visit"] {
        let found = with("help: { en: Call., hi: कॉल करें। }", waits);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, Code::NoOwner);
    }
}

#[test]
fn events_carry_no_sealed_fact_in_any_form() {
    let with = |action: &str| {
        found(&format!(
            "facts:
  phones: {{ type: list, of: phone, sealed: true, label: {{ en: Phones, hi: फ़ोन }} }}
on:
  call: {{ actions: [ {{ notify: desk, message: late }} ] }}
  alert.update: {{ actions: [ {action} ] }}
"
        ))
    };
    assert_eq!(with("{ send: call, in: 5m, data: incident.age }"), []);
    for sealed in [
        "{ send: call, in: 5m, data: incident.phone }",
        "{ raise: call, data: '[incident.level, incident.phone]' }",
        "{ raise: call, data: 'if incident.phone == () { 1 } else { 2 }' }",
        "{ foreach: incident.phones, as: number, do: [ { send: call, data: number } ] }",
    ] {
        let found = with(sealed);
        assert_eq!(
            found.iter().map(|(code, _)| *code).collect::<Vec<_>>(),
            [Code::SealedInEvent],
            "{sealed}: {found:?}"
        );
    }
}

#[test]
fn a_fact_that_no_expression_could_read_is_refused() {
    let found = found("facts:\n  case: { type: text, label: { en: Case, hi: प्रकरण } }\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0 == Code::BadName && found[0].1.contains("`case`"), "{found:?}");
}
