//! The shipped protocols compile without any finding, and stay within what they promise to be.

use niyam_rules::bundle::Library;
use niyam_rules::diagnostics::text;
use niyam_rules::protocol::Protocol;
use niyam_rules::{compile, shipped};

const NAMES: [&str; 5] = ["distress-response", "k-sos", "kota", "rajasthan-phq", "uttar-pradesh"];

fn compiled(name: &str, library: &Library) -> Protocol {
    let compiled = compile(&library[name], library);
    let source = |file: &str| {
        let (name, path) = file.split_once('/')?;
        library.get(name)?.files.get(path).cloned()
    };
    assert!(compiled.diagnostics.is_empty(), "{name}:\n{}", text::render(&compiled.diagnostics, &source));
    compiled.protocol.expect("a protocol without findings compiles")
}

#[test]
fn all_five_are_shipped_and_compile_without_findings() {
    let library = shipped::library();
    assert_eq!(library.keys().map(String::as_str).collect::<Vec<_>>(), NAMES);
    for name in NAMES {
        let protocol = compiled(name, &library);
        assert_eq!(protocol.extends.as_deref(), (name != "distress-response").then_some("distress-response"));
        assert_eq!(protocol.order.is_some(), name != "distress-response", "{name}: only a template has no order");
    }
}

#[test]
fn every_failure_to_tell_somebody_is_handled_at_the_root() {
    let library = shipped::library();
    for name in NAMES {
        let chart = compiled(name, &library).chart;
        for event in ["roster.empty", "delivery.failed", "error.execution"] {
            let handled = chart.states[0].transitions.iter().any(|&at| {
                matches!(&chart.transitions[usize::from(at.0)].trigger,
                    niyam_rules::chart::Trigger::Events(names) if names.iter().any(|name| name == event))
            });
            assert!(handled, "{name}: nothing at the root answers `{event}`");
        }
    }
}

/// The twelve outcomes of the closure checklist, in every protocol.
#[test]
fn all_protocols_share_the_outcomes() {
    let library = shipped::library();
    let outcomes = |name| {
        let protocol = compiled(name, &library);
        let mut found: Vec<String> = protocol
            .chart
            .states
            .iter()
            .filter_map(|state| state.post.as_ref().and_then(|post| post.outcome.clone()))
            .collect();
        found.sort();
        found
    };
    let template = outcomes("distress-response");
    assert_eq!(template.len(), 12);
    for name in NAMES {
        assert_eq!(outcomes(name), template, "{name}");
    }
}

/// Messages go to phones: no sealed fact, and short enough for three SMS parts in Devanagari (201 characters).
#[test]
fn messages_carry_the_case_number_and_no_personal_data() {
    let library = shipped::library();
    for name in NAMES {
        let protocol = compiled(name, &library);
        for message in protocol.messages.values() {
            for variable in &message.variables {
                let sealed = protocol.facts.get(variable).is_some_and(|fact| fact.seal.is_some());
                assert!(!sealed, "{name}: `{}` holds `{variable}`", message.id);
            }
            for text in [&message.text.en, &message.text.hi] {
                assert!(text.chars().count() <= 260, "{name}: `{}` is too long: {text}", message.id);
            }
        }
    }
}
