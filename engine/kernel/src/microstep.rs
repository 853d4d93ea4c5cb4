//! One microstep: all exits, then the actions of all transitions, then all entries.

use std::collections::BTreeSet;

use niyam_rules::chart::{Action, Chart, StateIx, StateKind, TransitionIx};
use niyam_rules::value::Value;

use crate::domain::{Domain, domain, exit_set};
use crate::entry::Entry;
use crate::interpret::Run;
use crate::occurrence::{Occurrence, Origin};
use crate::select::transition;
use crate::state::Fires;
use crate::step::Reason;
use crate::timers::first_due;
use crate::tree::{ROOT, children, is_compound, is_descendant, is_final, is_leaf, is_parallel, state};

/// Whether a compound state has an active final child, or all regions of a parallel state have; a region may be a final
/// state itself.
pub(crate) fn is_in_final(chart: &Chart, configuration: &BTreeSet<StateIx>, ix: StateIx) -> bool {
    if is_compound(chart, ix) {
        children(chart, ix).any(|child| is_final(chart, child) && configuration.contains(&child))
    } else if is_parallel(chart, ix) {
        children(chart, ix).all(|child| is_in_final(chart, configuration, child))
    } else {
        is_final(chart, ix) && configuration.contains(&ix)
    }
}

impl<'p> Run<'p> {
    /// Enters the root and what it begins with.
    pub(crate) fn enter_initial(&mut self) {
        let chart = self.world.chart;
        let mut entry = Entry::default();
        entry.add_descendants(chart, &self.case, ROOT);
        self.reasons.push(Reason::Taken {
            transition: format!("{}/initial", state(chart, ROOT).id),
            guard: None,
            left: Vec::new(),
            entered: entry.states.iter().map(|&ix| state(chart, ix).id.clone()).collect(),
            place: state(chart, ROOT).place.clone(),
        });
        self.enter(&entry);
    }

    /// Takes transitions that do not conflict.
    pub(crate) fn microstep(&mut self, transitions: &[TransitionIx]) {
        if !self.count_microstep() {
            return;
        }
        let chart = self.world.chart;
        let domains: Vec<(TransitionIx, Domain)> =
            transitions.iter().map(|&ix| (ix, domain(chart, &self.case, transition(chart, ix)))).collect();
        let mut leaving = BTreeSet::new();
        for &(_, domain) in &domains {
            leaving.extend(exit_set(chart, &self.case.configuration, domain));
        }
        self.remember(&leaving);
        let mut entry = Entry::default();
        for &(ix, domain) in &domains {
            entry.add(chart, &self.case, &transition(chart, ix).targets, domain);
        }
        for &(ix, domain) in &domains {
            self.record_taken(ix, domain, &leaving, &entry);
        }
        self.leave(&leaving);
        for &ix in transitions {
            let taken = transition(chart, ix);
            self.block(&taken.actions, taken.source);
        }
        self.enter(&entry);
    }

    fn record_taken(&mut self, ix: TransitionIx, domain: Domain, leaving: &BTreeSet<StateIx>, entry: &Entry<'_>) {
        let chart = self.world.chart;
        let id = |ix: StateIx| state(chart, ix).id.clone();
        let taken = transition(chart, ix);
        self.reasons.push(Reason::Taken {
            transition: taken.id.clone(),
            guard: taken.guard.as_ref().map(|guard| guard.source().to_owned()),
            left: leaving.iter().rev().copied().filter(|&ix| domain.covers(chart, ix)).map(id).collect(),
            entered: entry.states.iter().copied().filter(|&ix| domain.covers(chart, ix)).map(id).collect(),
            place: taken.place.clone(),
        });
    }

    /// What the history states of states that are left remember.
    fn remember(&mut self, leaving: &BTreeSet<StateIx>) {
        let chart = self.world.chart;
        for &ix in leaving {
            for &child in &state(chart, ix).children {
                let StateKind::History { deep, .. } = state(chart, child).kind else { continue };
                let configuration = &self.case.configuration;
                let remembered = if deep {
                    configuration
                        .iter()
                        .copied()
                        .filter(|&leaf| is_leaf(chart, leaf) && is_descendant(chart, leaf, ix))
                        .collect()
                } else {
                    children(chart, ix).filter(|child| configuration.contains(child)).collect()
                };
                self.case.history.insert(child, remembered);
            }
        }
    }

    /// Leaves states, innermost and last first.
    fn leave(&mut self, leaving: &BTreeSet<StateIx>) {
        let chart = self.world.chart;
        for &ix in leaving.iter().rev() {
            for block in &state(chart, ix).exit {
                self.block(block, ix);
            }
            self.disarm_clocks(ix);
            self.case.owners.remove(&ix);
            self.case.configuration.remove(&ix);
        }
    }

    /// Enters states, outermost and first first.
    pub(crate) fn enter(&mut self, entry: &Entry<'p>) {
        let chart = self.world.chart;
        for &ix in &entry.states {
            let entered = state(chart, ix);
            self.case.configuration.insert(ix);
            self.failed_guards.retain(|guard| !entered.transitions.contains(guard));
            self.assign_owner(ix);
            for block in &entered.entry {
                self.block(block, ix);
            }
            self.arm_clocks(ix);
            if let StateKind::Compound { initial } = &entered.kind
                && entry.by_default.contains(&ix)
            {
                self.block(&initial.actions, ix);
            }
            if let Some(actions) = entry.history_actions.get(&ix) {
                self.block(actions, ix);
            }
            if let StateKind::Final { output } = &entered.kind {
                self.reach_final(ix, output.as_ref());
            }
        }
    }

    /// Runs actions in an error scope of their own: an error ends this block only.
    fn block(&mut self, actions: &'p [Action], source: StateIx) {
        if let Err(fault) = self.run_actions(actions, source) {
            self.fail(fault);
        }
    }

    /// Raises `done.state.*`, or ends the case.
    fn reach_final(&mut self, ix: StateIx, output: Option<&'p niyam_rules::expression::Expression>) {
        let chart = self.world.chart;
        let Some(parent) = state(chart, ix).parent else { return };
        if parent == ROOT {
            self.running &= !is_in_final(chart, &self.case.configuration, ROOT);
            return;
        }
        let data = match output.map(|output| self.evaluate(output)) {
            Some(Ok(value)) => value,
            Some(Err(fault)) => {
                self.fail(fault);
                Value::Unknown
            }
            None => Value::Unknown,
        };
        // A final state that is a region by itself ends its parallel parent only together with the other regions.
        if is_in_final(chart, &self.case.configuration, parent) {
            self.raise_done(parent, data);
        }
        let Some(grandparent) = state(chart, parent).parent else { return };
        if is_parallel(chart, grandparent) && is_in_final(chart, &self.case.configuration, grandparent) {
            if grandparent == ROOT {
                self.running = false;
            } else {
                self.raise_done(grandparent, Value::Unknown);
            }
        }
    }

    fn raise_done(&mut self, ix: StateIx, data: Value) {
        let name = format!("done.state.{}", state(self.world.chart, ix).id);
        self.raise(Occurrence::new(name, Origin::Platform, data));
    }

    /// After the top-level final: everything is left and disarmed; the configuration stays readable as it last was.
    pub(crate) fn leave_for_good(&mut self) {
        let configuration = self.case.configuration.clone();
        self.leave(&configuration);
        self.case.configuration = configuration;
        let timers = std::mem::take(&mut self.case.timers);
        self.disarmed.extend(timers.into_keys());
    }

    /// Starts the clocks of a state that was entered.
    fn arm_clocks(&mut self, ix: StateIx) {
        let chart = self.world.chart;
        for &clock in &state(chart, ix).clocks {
            let due = first_due(&chart.clocks[usize::from(clock.0)].timing, self.now);
            self.arm(due, Fires::Clock(clock));
        }
    }

    /// Stops the clocks of a state that is left.
    fn disarm_clocks(&mut self, ix: StateIx) {
        let own = &state(self.world.chart, ix).clocks;
        if !own.is_empty() {
            self.disarm(|fires| matches!(fires, Fires::Clock(clock) if own.contains(clock)));
        }
    }
}
