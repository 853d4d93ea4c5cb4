//! Checks of a whole protocol, on what lowering made of it.

mod duty;
mod failures;
mod graph;
mod tables;
mod ways;

use crate::diagnostics::{Code, Diagnostic};
use crate::protocol::Protocol;

/// Where earlier findings left holes: there those checks stay silent that would only report what follows from them (a
/// state is unreachable because a target's name is misspelt).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Damage {
    /// In the chart.
    pub(crate) chart: bool,
    /// In a table.
    pub(crate) tables: bool,
}

/// Everything that the checks find.
pub(crate) fn check(protocol: &Protocol, damage: Damage) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let graph = graph::Graph::new(&protocol.chart);
    ways::never_chosen(&graph, &mut findings);
    duty::two_primary(&protocol.chart, &mut findings);
    if !damage.chart {
        ways::unreachable(&graph, &mut findings);
        ways::without_way_out(&graph, &mut findings);
        ways::without_outcome(&graph, &mut findings);
        duty::without_clock(&graph, &mut findings);
        duty::without_owner(&graph, &mut findings);
        failures::unhandled(&graph, &mut findings);
    }
    if !damage.tables {
        tables::tables(protocol, &mut findings);
    }
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
