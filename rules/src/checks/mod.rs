//! Checks of a whole protocol, on what lowering made of it.

mod duty;
mod failures;
mod graph;
mod tables;
mod ways;

use crate::diagnostics::{Code, Diagnostic};
use crate::lower::Doubts;
use crate::protocol::Protocol;

/// Everything that the checks find. What is in doubt counts as whatever leaves no finding.
pub(crate) fn check(protocol: &Protocol, doubts: &Doubts) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let graph = graph::Graph::new(&protocol.chart, doubts);
    ways::never_chosen(&graph, &mut findings);
    ways::unreachable(&graph, &mut findings);
    ways::without_way_out(&graph, &mut findings);
    ways::apart(&graph, &mut findings);
    ways::endless(&graph, &mut findings);
    ways::without_outcome(&graph, &mut findings);
    duty::two_primary(&protocol.chart, &mut findings);
    duty::without_clock(&graph, &mut findings);
    duty::without_owner(&graph, &mut findings);
    failures::unhandled(&graph, &mut findings);
    tables::tables(protocol, doubts, &mut findings);
    order(protocol, &mut findings);
    findings
}

/// A protocol that others do not merely extend is in force by an order.
fn order(protocol: &Protocol, findings: &mut Vec<Diagnostic>) {
    if protocol.order.is_some() || protocol.extends.is_none() {
        return;
    }
    if let Some(place) = &protocol.chart.states[0].place {
        let finding = Diagnostic::new(Code::NoOrder, place, "the protocol does not say which order put it in force");
        findings.push(finding.help("add `order: { number: …, date: …, authority: { en: …, hi: … } }`"));
    }
}
