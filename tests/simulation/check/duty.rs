//! No clock is late without an outage, and no case is without somebody.

use std::collections::BTreeMap;

use niyam_engine::store::WorkStore as _;
use niyam_kernel::event::EventBody;
use niyam_kernel::id::CaseId;
use niyam_kernel::state::Life;
use niyam_kernel::time::Timestamp;

use super::{Findings, History};
use crate::workload::SKEW_MS;
use crate::world::World;

/// How long nothing must be broken until everything that is due has been seen to: a claim of a node that died ends, a timer
/// that could not fire has rested, a node looks again.
const SETTLES_MS: i64 = 240_000;

/// Checks clocks and owners.
pub async fn check(world: &World, histories: &BTreeMap<CaseId, History>, findings: &mut Findings) {
    let quiet = quiet(world);
    for history in histories.values() {
        late(world, history, &quiet, findings);
        alone(history, findings);
    }
    let due = world.database.next_due().await.expect("the store in memory reads");
    let long_ago = Timestamp::from_ms(world.now_ms() - SETTLES_MS);
    findings.must(due.is_none_or(|due| due > long_ago), || format!("something is due since {due:?}"));
}

/// When nothing was broken, long enough.
fn quiet(world: &World) -> Vec<(i64, i64)> {
    let mut broken = world.seen().broken.clone();
    broken.sort_unstable();
    let (mut quiet, mut since) = (Vec::new(), 0);
    for (from, to) in broken {
        if from - SETTLES_MS > since {
            quiet.push((since, from));
        }
        since = since.max(to);
    }
    quiet.push((since, i64::MAX));
    quiet
}

/// No timer fired later than the outages of that time made it.
fn late(world: &World, history: &History, quiet: &[(i64, i64)], findings: &mut Findings) {
    for logged in &history.log {
        let EventBody::TimerFired { due, .. } = &logged.event.body else { continue };
        let fired = world.seen().events.get(&(history.row.id, logged.event.number)).map(|(at, _)| *at);
        let Some(fired) = fired else { continue };
        // a node whose clock is behind sees to it later
        let due = due.as_ms() + SKEW_MS;
        let missed = quiet.iter().find(|(from, to)| fired.min(*to) - due.max(*from) > SETTLES_MS);
        findings.must(missed.is_none(), || {
            format!(
                "{}#{} fired {} ms late though nothing was broken",
                history.row.id,
                logged.event.number,
                fired - due
            )
        });
    }
}

/// Somebody is responsible for a case that runs, or was told of it.
fn alone(history: &History, findings: &mut Findings) {
    let state = history.state();
    if !matches!(state.life, Life::Open) {
        let halted = matches!(state.life, Life::Halted { .. });
        findings.must(!halted || !history.notices.is_empty(), || {
            format!("{} was halted and nobody was told", history.row.id)
        });
        return;
    }
    let owned = state.owners.values().any(|owner| owner.person.is_some());
    let told = history.notices.iter().any(|notice| notice.person.is_some());
    findings.must(owned || told, || format!("nobody is responsible for {}, and nobody was told", history.row.id));
}
