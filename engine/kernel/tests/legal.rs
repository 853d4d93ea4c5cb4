//! What a legal configuration is, said once more without the kernel's help (W3C SCXML 3.11).

use std::collections::BTreeSet;

use niyam_rules::chart::{Chart, StateIx, StateKind};

/// That the root is active, every active state has its parent, each active compound exactly one active child and each
/// active parallel state all its regions.
pub fn assert_legal(chart: &Chart, configuration: &BTreeSet<StateIx>) {
    assert!(configuration.contains(&StateIx(0)), "the root is not active");
    for &ix in configuration {
        let state = &chart.states[usize::from(ix.0)];
        if let Some(parent) = state.parent {
            assert!(configuration.contains(&parent), "`{}` is active outside its parent", state.id);
        }
        let is_history = |ix: &StateIx| matches!(chart.states[usize::from(ix.0)].kind, StateKind::History { .. });
        let children: Vec<StateIx> = state.children.iter().copied().filter(|child| !is_history(child)).collect();
        let active = children.iter().filter(|child| configuration.contains(child)).count();
        match state.kind {
            StateKind::Compound { .. } => assert_eq!(active, 1, "active children of `{}`", state.id),
            StateKind::Parallel => assert_eq!(active, children.len(), "active regions of `{}`", state.id),
            StateKind::Atomic | StateKind::Final { .. } => assert_eq!(active, 0, "children of `{}`", state.id),
            StateKind::History { .. } => panic!("the history state `{}` is active", state.id),
        }
    }
}
