//! Nothing is applied twice: no effect, no timer, no number, no person.

use std::collections::{BTreeMap, BTreeSet};

use niyam_engine::store::EffectStatus;
use niyam_kernel::effect::Effect;
use niyam_kernel::event::{Breach, EventBody};
use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::state::Life;

use super::{Findings, History};
use crate::world::World;

/// Checks that what happens once has happened once.
pub fn check(world: &World, histories: &BTreeMap<CaseId, History>, findings: &mut Findings) {
    let mut numbers: BTreeMap<&str, CaseId> = BTreeMap::new();
    for history in histories.values() {
        let other = numbers.insert(&history.row.number, history.row.id);
        findings.must(other.is_none(), || format!("{other:?} and {} have one number", history.row.id));
        events(history, findings);
        deliveries(world, history, findings);
    }
    let known: BTreeSet<EffectId> =
        histories.values().flat_map(|history| history.outgoing.iter().map(|row| row.id)).collect();
    let effects: BTreeSet<EffectId> =
        histories.values().flat_map(|history| history.effects.iter().map(|row| row.id)).collect();
    for (id, texts) in &world.seen().received {
        findings.must(effects.contains(id), || format!("{id} reached a receiver and is no effect of any case"));
        findings.must(texts.len() == 1, || format!("{id} reached its receiver with different texts: {texts:?}"));
    }
    for id in known {
        findings
            .must(world.seen().received.contains_key(&id), || format!("{id} is said to have been sent and was not"));
    }
    persons(world, histories, findings);
}

/// Each timer fires once, each effect ends once.
fn events(history: &History, findings: &mut Findings) {
    let case = history.row.id;
    let (mut fired, mut ended) = (BTreeSet::new(), BTreeSet::new());
    for logged in &history.log {
        let number = logged.event.number;
        match &logged.event.body {
            EventBody::TimerFired { timer, due } => {
                findings.must(fired.insert((*timer, *due)), || format!("{case}#{number}: {timer:?} fired twice"));
                findings
                    .must(logged.event.at >= *due, || format!("{case}#{number}: {timer:?} fired before it was due"));
            }
            EventBody::Delivered { event, index, .. } => {
                findings
                    .must(ended.insert((*event, *index)), || format!("{case}#{number}: {event}.{index} ended twice"));
            }
            _ => {}
        }
    }
}

/// Each effect has ended, in the way its row says.
fn deliveries(world: &World, history: &History, findings: &mut Findings) {
    for row in &history.effects {
        let id = row.id;
        findings.must(row.status != EffectStatus::Waiting, || format!("{id} still waits: {:?}", row.reason));
        let told = history.notices.iter().any(|notice| notice.id == id);
        let sent = history.outgoing.iter().any(|message| message.id == id);
        match (&row.effect, row.status) {
            (Effect::Notify { .. }, EffectStatus::Done) => {
                findings.must(told, || format!("{id} is done and nobody was told"));
            }
            (Effect::Reply { .. }, EffectStatus::Done) => {
                findings.must(sent, || format!("{id} is done and was not written down"));
                findings.must(world.seen().received.contains_key(&id), || format!("{id} is done and reached nobody"));
            }
            _ => {}
        }
    }
}

/// No two cases about one person are opened while one of them runs.
fn persons(world: &World, histories: &BTreeMap<CaseId, History>, findings: &mut Findings) {
    // by number: since which commit each case was known by it
    let mut by_phone: BTreeMap<[u8; 32], BTreeMap<CaseId, u64>> = BTreeMap::new();
    for (place, row) in world.seen().lookups.iter().filter(|(_, row)| row.kind == "phone") {
        by_phone.entry(row.hash).or_default().entry(row.case).or_insert(*place);
    }
    let place = |case: CaseId, number: u64| world.seen().events.get(&(case, number)).map_or(0, |(_, place)| *place);
    for cases in by_phone.values() {
        for ((one, known), (other, since)) in cases.iter().flat_map(|one| cases.iter().map(move |other| (one, other))) {
            let (Some(first), Some(second)) = (histories.get(one), histories.get(other)) else { continue };
            let opened = place(*other, 1);
            let erased = first
                .log
                .iter()
                .any(|logged| logged.outcome.effects.iter().any(|effect| matches!(effect, Effect::DestroyKey { .. })));
            if one == other || *known >= opened || *since != opened || erased {
                continue;
            }
            // the older one, as it was when the younger one was opened
            let before = first.log.iter().rev().find(|logged| place(*one, logged.event.number) < opened);
            let runs = before.is_some_and(|logged| matches!(logged.after.life, Life::Open));
            findings.must(!runs || first.row.drill != second.row.drill, || {
                format!("{other} was opened about somebody whom {one} is about, and which runs")
            });
        }
    }
    for history in histories.values() {
        let breach = match history.state().life {
            Life::Halted { breach } => Some(breach),
            Life::Open | Life::Closed { .. } => None,
        };
        let known = matches!(breach, None | Some(Breach::EndlessLoop | Breach::TooMuch { .. }));
        findings.must(known, || format!("{} was halted: {breach:?}", history.row.id));
    }
}
