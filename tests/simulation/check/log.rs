//! The log says what the state is: each case is stepped again from its events and compared with everything stored.

use std::collections::{BTreeMap, BTreeSet};

use niyam_engine::seal::Key;
use niyam_engine::seal::envelope::{Place, generation};
use niyam_engine::seal::split::{SealedState, SealedValues, join_event, join_state, split_state};
use niyam_engine::store::{AuditStore as _, CaseRow, CaseStore as _, EventRow};
use niyam_engine::view::LifeView;
use niyam_kernel::effect::Effect;
use niyam_kernel::event::Event;
use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::state::{CaseState, Fires, Life};
use niyam_kernel::step::step;
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::StateIx;
use sha2::{Digest as _, Sha256};

use super::{Findings, History, Logged, Outcome, belongings};
use crate::world::World;

/// Steps a case again. `None` when it cannot be read at all.
pub async fn check(world: &World, row: CaseRow, findings: &mut Findings) -> Option<History> {
    let case = row.id;
    let read = "the store in memory reads";
    let protocol = world.shared.protocol(&row.protocol)?;
    if let Err(error) = niyam_engine::verify::verify(world.database.as_ref(), case).await {
        findings.0.push(format!("{case}: {error}"));
    }
    let mut log: Vec<Logged> = Vec::new();
    let mut state = CaseState::default();
    for event_row in world.database.events(case).await.expect(read) {
        let number = event_row.number;
        let (event, outcome) = match decode(world, &event_row) {
            Ok(decoded) => decoded,
            Err(error) => {
                findings.0.push(format!("{case}#{number} cannot be read: {error}"));
                return None;
            }
        };
        let stepped = step(&protocol, state, &event);
        findings.must(stepped.refusal == outcome.refusal, || {
            format!("{case}#{number}: refused {:?}, stepped again {:?}", outcome.refusal, stepped.refusal)
        });
        findings.must(stepped.effects == outcome.effects, || {
            format!("{case}#{number}: effects {:?}, stepped again {:?}", outcome.effects, stepped.effects)
        });
        state = stepped.state;
        let (plain, _) = split_state(&protocol, state.clone());
        let plain = serde_json::to_string(&plain).expect("a state has text keys");
        let hash =
            Sha256::digest(plain.as_bytes()).iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"));
        findings.must(hash == outcome.state, || format!("{case}#{number}: another state than was recorded"));
        log.push(Logged { event, outcome, after: state.clone() });
    }
    let (effects, notices, outgoing) = belongings(world, case).await;
    let history = History { row, protocol, log, effects, notices, outgoing };
    stored_state(world, &history, findings).await;
    timers(world, &history, findings).await;
    outbox(&history, findings);
    card(world, &history, findings).await;
    Some(history)
}

/// A key that once was, whether or not it was destroyed.
fn key(world: &World, case: CaseId, seal: &str, generation: u32) -> Result<Key, String> {
    let row = world.seen().keys.get(&(case, seal.to_owned(), generation)).cloned();
    let row = row.ok_or_else(|| format!("no key {seal}/{generation}"))?;
    let place = Place { kind: "key", of: case.0, number: u64::from(generation), part: seal };
    crate::protocols::key().unwrap(&row.wrapped, &place).map_err(|error| error.to_string())
}

fn open(
    world: &World,
    case: CaseId,
    kind: &'static str,
    number: u64,
    seal: &str,
    sealed: &[u8],
) -> Result<Vec<u8>, String> {
    let key = key(world, case, seal, generation(sealed).map_err(|error| error.to_string())?)?;
    key.open(sealed, &Place { kind, of: case.0, number, part: seal }).map_err(|error| error.to_string())
}

fn decode(world: &World, row: &EventRow) -> Result<(Event, Outcome), String> {
    let words = |error: serde_json::Error| error.to_string();
    let mut event: Event = serde_json::from_str(&row.plain).map_err(words)?;
    let outcome: Outcome = serde_json::from_str(&row.outcome).map_err(words)?;
    let mut values = SealedValues::new();
    for (seal, sealed) in &row.sealed {
        let plain = open(world, row.case, "event", row.number, seal, sealed)?;
        values.insert(seal.clone(), serde_json::from_slice(&plain).map_err(words)?);
    }
    join_event(&mut event, values);
    if event.number != row.number || event.at != row.at {
        return Err("its columns are not those of the event".to_owned());
    }
    Ok((event, outcome))
}

/// The snapshot is the state after the last event.
async fn stored_state(world: &World, history: &History, findings: &mut Findings) {
    let case = history.row.id;
    let stored = world.database.load(case).await;
    let Ok(Some(stored)) = stored else { return findings.0.push(format!("{case} cannot be loaded: {stored:?}")) };
    let Ok(mut state) = serde_json::from_str::<CaseState>(&stored.snapshot.plain) else {
        return findings.0.push(format!("{case}: its snapshot cannot be read"));
    };
    for (seal, sealed) in &stored.snapshot.sealed {
        let part = open(world, case, "snapshot", stored.snapshot.number, seal, sealed);
        match part.map(|plain| serde_json::from_slice::<SealedState>(&plain)) {
            Ok(Ok(part)) => join_state(&mut state, part),
            other => return findings.0.push(format!("{case}: the sealed part {seal} of its snapshot: {other:?}")),
        }
    }
    findings.must(state == history.state(), || {
        format!("{case}: its snapshot {state:?} is not what its log leads to: {:?}", history.state())
    });
    let alive: BTreeSet<String> = stored.keys.iter().map(|key| key.seal.clone()).collect();
    for (seal, _) in &stored.snapshot.sealed {
        findings.must(alive.contains(seal), || format!("{case}: sealed facts of {seal} whose key is gone"));
    }
}

/// Rows of timers are exactly the armed timers of the state.
async fn timers(world: &World, history: &History, findings: &mut Findings) {
    let case = history.row.id;
    let rows = world.database.timers_of(case).await.expect("the store in memory reads");
    let stored: BTreeMap<u64, Timestamp> = rows.into_iter().map(|row| (row.timer, row.due)).collect();
    let state = history.state();
    let armed: BTreeMap<u64, Timestamp> = match state.life {
        Life::Halted { .. } => BTreeMap::new(),
        Life::Open | Life::Closed { .. } => state.timers.iter().map(|(id, timer)| (id.0, timer.due)).collect(),
    };
    findings.must(stored == armed, || format!("{case}: timers {stored:?}, its log leads to {armed:?}"));
}

/// Rows of the outbox are exactly the effects of the log that are delivered.
fn outbox(history: &History, findings: &mut Findings) {
    let case = history.row.id;
    let mut wanted: BTreeMap<EffectId, &Effect> = BTreeMap::new();
    for logged in &history.log {
        for (index, effect) in (0_u32..).zip(&logged.outcome.effects) {
            if matches!(effect, Effect::Assign { .. } | Effect::Notify { .. } | Effect::Reply { .. }) {
                wanted.insert(EffectId { case, event: logged.event.number, index }, effect);
            }
        }
    }
    let stored: BTreeMap<EffectId, &Effect> = history.effects.iter().map(|row| (row.id, &row.effect)).collect();
    findings.must(stored == wanted, || {
        let lost: Vec<_> = wanted.keys().filter(|id| !stored.contains_key(id)).collect();
        let invented: Vec<_> = stored.keys().filter(|id| !wanted.contains_key(id)).collect();
        format!("{case}: the outbox lost {lost:?} and invented {invented:?}")
    });
}

/// The card says what the log says.
async fn card(world: &World, history: &History, findings: &mut Findings) {
    let (case, row, state) = (history.row.id, &history.row, history.state());
    let (life, outcome) = match &state.life {
        Life::Open => (LifeView::Open, None),
        Life::Closed { outcome } => (LifeView::Closed, Some(outcome.clone())),
        Life::Halted { .. } => (LifeView::Halted, None),
    };
    findings.must((row.life, &row.outcome) == (life, &outcome), || {
        format!("{case}: its card says {:?} {:?}, its log {life:?} {outcome:?}", row.life, row.outcome)
    });
    let last = history.log.last().map(|logged| logged.event.at);
    findings.must(Some(row.last_event_at) == last, || format!("{case}: its card has another last event than its log"));
    let first = history.log.first().map(|logged| logged.event.at);
    findings.must(Some(row.opened_at) <= first, || format!("{case}: its card was opened after its first event"));
    let root = |index: u16| history.protocol.chart.clocks[usize::from(index)].state == StateIx(0);
    let clocks = state.timers.values().filter_map(|timer| match timer.fires {
        Fires::Clock(index) => Some((root(index.0), timer.due)),
        Fires::Event { .. } => None,
    });
    let due = clocks.min().map(|(_, due)| due);
    findings.must(row.due == due, || format!("{case}: its card is due at {:?}, its log at {due:?}", row.due));
    let unowned = life == LifeView::Open && state.owners.values().any(|owner| owner.person.is_none());
    findings
        .must(row.unowned == unowned, || format!("{case}: its card says unowned {}, its log {unowned}", row.unowned));
    let alerts = niyam_engine::store::AlertStore::alerts_of(world.database.as_ref(), case).await;
    let alerts = alerts.expect("the store in memory reads").len();
    findings.must(usize::try_from(row.alerts) == Ok(alerts), || {
        format!("{case}: its card counts {} alerts, {alerts} belong to it", row.alerts)
    });
}
