//! Which transitions are taken: the optimal enabled set of W3C SCXML D, without conflicts.

use niyam_rules::chart::{Chart, StateIx, Transition, TransitionIx, Trigger};

use crate::descriptor::matches;
use crate::domain::{Domain, domain};
use crate::interpret::{Fault, Run};
use crate::occurrence::{Occurrence, Reach};
use crate::tree::{are_orthogonal, is_descendant, is_leaf, self_and_ancestors, state};

/// The transition with this index.
pub(crate) fn transition(chart: &Chart, ix: TransitionIx) -> &Transition {
    &chart.transitions[usize::from(ix.0)]
}

/// Whether an event may take a transition, its guard apart.
fn reaches(ix: TransitionIx, transition: &Transition, event: &Occurrence) -> bool {
    match (&event.reach, &transition.trigger) {
        (_, Trigger::Always)
        | (Reach::Nothing, _)
        | (Reach::Clock(_), Trigger::Events(_))
        | (Reach::Acts(_) | Reach::Descriptors, Trigger::Clock(_)) => false,
        (Reach::Clock(clock), Trigger::Clock(own)) => clock == own,
        (Reach::Acts(_) | Reach::Descriptors, Trigger::Events(descriptors)) => {
            if transition.act.is_some() {
                matches!(&event.reach, Reach::Acts(acts) if acts.contains(&ix))
            } else {
                descriptors.iter().any(|descriptor| matches(descriptor, &event.name))
            }
        }
    }
}

impl Run<'_> {
    /// Transitions that need no event.
    pub(crate) fn select_always(&mut self) -> Vec<TransitionIx> {
        self.select(|_, transition| matches!(transition.trigger, Trigger::Always))
    }

    /// Transitions for the current event.
    pub(crate) fn select_for_event(&mut self) -> Vec<TransitionIx> {
        let Some(event) = self.event.take() else { return Vec::new() };
        // A guard reads the event, so it stands in its place again before any guard runs.
        let chart = self.world.chart;
        let candidates: Vec<TransitionIx> = self
            .case
            .configuration
            .iter()
            .flat_map(|&ix| &state(chart, ix).transitions)
            .copied()
            .filter(|&ix| reaches(ix, transition(chart, ix), &event))
            .collect();
        self.event = Some(event);
        if candidates.is_empty() {
            return Vec::new();
        }
        self.select(|ix, _| candidates.contains(&ix))
    }

    /// For each active leaf, from the inside outwards, the first transition in document order that fits and whose guard holds.
    fn select(&mut self, fits: impl Fn(TransitionIx, &Transition) -> bool) -> Vec<TransitionIx> {
        let chart = self.world.chart;
        let leaves: Vec<StateIx> = self.case.configuration.iter().copied().filter(|&ix| is_leaf(chart, ix)).collect();
        let mut enabled: Vec<TransitionIx> = Vec::new();
        // Regions share ancestors; a guard is evaluated once per selection.
        let mut refused: Vec<TransitionIx> = Vec::new();
        for leaf in leaves {
            'outwards: for ix in self_and_ancestors(chart, leaf) {
                for &candidate in &state(chart, ix).transitions {
                    if !fits(candidate, transition(chart, candidate)) || refused.contains(&candidate) {
                        continue;
                    }
                    if enabled.contains(&candidate) {
                        break 'outwards;
                    }
                    if self.may_be_taken(candidate) {
                        enabled.push(candidate);
                        break 'outwards;
                    }
                    refused.push(candidate);
                }
            }
        }
        self.without_conflicts(enabled)
    }

    /// Whether the guard holds and the targets can be active together. A failure is false and raises `error.execution`,
    /// once until the state is entered again or the next event from outside comes.
    fn may_be_taken(&mut self, ix: TransitionIx) -> bool {
        let found = transition(self.world.chart, ix);
        let answer = match &found.guard {
            Some(guard) => self.holds(guard),
            None => Ok(true),
        };
        match answer {
            Ok(true) if !targets_fit(self.world.chart, &found.targets) => {
                let message = format!("the targets of `{}` cannot be active together", found.id);
                self.guard_failed(ix, Fault { message, place: found.place.clone(), send: None });
                false
            }
            Ok(answer) => answer,
            Err(fault) => {
                self.guard_failed(ix, fault);
                false
            }
        }
    }

    fn guard_failed(&mut self, ix: TransitionIx, fault: Fault) {
        if self.failed_guards.insert(ix) {
            self.fail(fault);
        }
    }

    /// Of two transitions that would leave the same state, the one from further inside wins, else the earlier one.
    fn without_conflicts(&self, enabled: Vec<TransitionIx>) -> Vec<TransitionIx> {
        if enabled.len() < 2 {
            return enabled;
        }
        let chart = self.world.chart;
        let domain_of = |ix| domain(chart, &self.case, transition(chart, ix));
        let mut kept: Vec<(TransitionIx, Domain)> = Vec::new();
        for candidate in enabled {
            let own = domain_of(candidate);
            let source = transition(chart, candidate).source;
            let conflicts = |other: Domain| {
                self.case.configuration.iter().any(|&ix| own.covers(chart, ix) && other.covers(chart, ix))
            };
            let wins = kept.iter().all(|&(other, domain)| {
                !conflicts(domain) || is_descendant(chart, source, transition(chart, other).source)
            });
            if wins {
                kept.retain(|&(_, domain)| !conflicts(domain));
                kept.push((candidate, own));
            }
        }
        kept.into_iter().map(|(ix, _)| ix).collect()
    }
}

/// Whether all targets can be active together.
fn targets_fit(chart: &Chart, targets: &[StateIx]) -> bool {
    targets
        .iter()
        .enumerate()
        .all(|(place, &one)| targets[..place].iter().all(|&other| are_orthogonal(chart, one, other)))
}
