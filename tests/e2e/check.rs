//! What must be true of a database after everything.

use std::collections::{BTreeMap, BTreeSet};

use niyam_engine::request::{ALERT_BYTES, Relation};
use niyam_engine::store::{EffectRow, EffectStatus, EventRow, Store};
use niyam_engine::verify::verify;
use niyam_engine::view::Filter;
use niyam_kernel::effect::Effect;
use niyam_kernel::event::{Event, EventBody};
use niyam_kernel::id::CaseId;
use niyam_kernel::state::{CaseState, Life};
use niyam_kernel::time::Timestamp;
use serde::Deserialize;

use crate::load::Ledger;

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Found {
    /// Cases.
    #[expect(dead_code, reason = "shown in the report of the scenario")]
    pub cases: usize,
    /// Events of all cases.
    pub events: usize,
    /// Clocks that fired.
    pub clocks: usize,
    /// Effects that were delivered.
    pub effects: usize,
}

/// What the log keeps beside an event, as far as it is looked at here.
#[derive(Deserialize)]
struct Kept {
    effects: Vec<Effect>,
}

/// Every acknowledged event is there once, every clock due by `quiet` has fired, once, every effect due by then was
/// delivered under one key, every chain holds. Panics with what is not so.
pub async fn all(store: &dyn Store, ledger: &Ledger, quiet: Timestamp) -> Found {
    assert!(ledger.complete(), "everything was acknowledged in the end");
    let rows = store.cases(&Filter { open: None, limit: u32::MAX }).await.expect("cases");
    let cases: BTreeSet<CaseId> = rows.iter().map(|row| row.id).collect();
    let acknowledged: BTreeMap<String, u32> = ledger
        .alerts
        .iter()
        .map(|(number, receipt)| (receipt.as_ref().expect("complete").case.clone(), *number))
        .collect();
    assert_eq!(acknowledged.len(), ledger.alerts.len(), "each person has a case of their own");
    assert_eq!(
        cases.iter().map(ToString::to_string).collect::<BTreeSet<_>>(),
        acknowledged.keys().cloned().collect::<BTreeSet<_>>(),
        "cases that nobody reported, or that are lost"
    );
    let mut found = Found { cases: cases.len(), ..Found::default() };
    let mut requests: BTreeMap<String, (String, u64)> = BTreeMap::new();
    let mut armed = BTreeSet::new();
    for case in &cases {
        let events = store.events(*case).await.expect("events");
        let verified = verify(store, *case).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(verified, events.len() as u64);
        found.events += events.len();
        let receipt = ledger.alerts[&acknowledged[&case.to_string()]].as_ref().expect("complete");
        once_from_its_alert(store, *case, &receipt.alert).await;
        found.clocks += clocks_fired_once(&events);
        for (request, number) in requests_of(&events) {
            let before = requests.insert(request.clone(), (case.to_string(), number));
            assert!(before.is_none(), "request {request} was done twice");
        }
        found.effects += effects(store, *case, &events, quiet).await;
        let stored = store.load(*case).await.expect("a case").expect("it was listed");
        let state: CaseState = serde_json::from_str(&stored.snapshot.plain).expect("a state");
        assert!(!matches!(state.life, Life::Halted { .. }), "{case} was halted");
        armed.extend(state.timers.iter().map(|(id, timer)| (*case, id.0, timer.due)));
    }
    let acts: BTreeMap<String, (String, u64)> = ledger
        .acts
        .iter()
        .map(|(request, act)| (logged(request), (act.case.clone(), act.number.expect("complete"))))
        .collect();
    let differs: Vec<_> = acts.iter().filter(|(request, act)| requests.get(*request) != Some(act)).take(5).collect();
    assert!(differs.is_empty(), "acts that were acknowledged and are not so in the log: {differs:?}");
    assert_eq!(requests.len(), acts.len(), "acts in the log that nobody sent");
    clocks_are_armed(store, &armed, quiet).await;
    found
}

async fn once_from_its_alert(store: &dyn Store, case: CaseId, alert: &str) {
    let alerts = store.alerts_of(case).await.expect("alerts");
    let of_case: Vec<String> = alerts.iter().map(|(link, _)| link.alert.to_string()).collect();
    assert_eq!(of_case, [alert], "{case}: one alert opened it");
    let (link, row) = &alerts[0];
    assert_eq!((link.event, link.relation), (1, Relation::New), "{case}");
    let bytes = store.alert_bytes(row.id).await.expect("readable").expect("its bytes are kept");
    assert!(!bytes.is_empty() && bytes.len() < ALERT_BYTES);
}

/// A request's id as the log writes it.
fn logged(request: &str) -> String {
    format!("req_{}", request.replace('-', ""))
}

fn body(row: &EventRow) -> EventBody {
    let event: Event = serde_json::from_str(&row.plain).expect("an event");
    event.body
}

/// How many clocks fired; each may have only once.
fn clocks_fired_once(events: &[EventRow]) -> usize {
    let mut fired = BTreeSet::new();
    for row in events {
        if let EventBody::TimerFired { timer, due } = body(row) {
            assert!(fired.insert(timer.0), "{}: clock {} fired twice", row.case, timer.0);
            assert!(due <= row.at, "{}: clock {} fired early", row.case, timer.0);
        }
    }
    fired.len()
}

fn requests_of(events: &[EventRow]) -> Vec<(String, u64)> {
    let of = |row: &EventRow| match body(row) {
        EventBody::Act { request, .. } | EventBody::Recorded { request, .. } => Some((request.to_string(), row.number)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

/// Every effect that the log promises is a row, once; none that was due waits; each that was delivered left one trace
/// under its own key. Gives back how many were delivered.
async fn effects(store: &dyn Store, case: CaseId, events: &[EventRow], quiet: Timestamp) -> usize {
    let rows = store.effects_of(case).await.expect("effects");
    let mut promised = BTreeMap::new();
    for row in events {
        let kept: Kept = serde_json::from_str(&row.outcome).expect("an outcome");
        for (index, effect) in kept.effects.into_iter().enumerate() {
            if matches!(effect, Effect::Assign { .. } | Effect::Notify { .. } | Effect::Reply { .. }) {
                promised.insert((row.number, u32::try_from(index).expect("small")), effect);
            }
        }
    }
    let kept: BTreeMap<_, _> = rows.iter().map(|row| ((row.id.event, row.id.index), row.effect.clone())).collect();
    assert_eq!(kept.len(), rows.len(), "{case}: an effect is there twice");
    assert_eq!(kept, promised, "{case}: effects of the log and of the outbox");
    let waits = |row: &&EffectRow| row.status == EffectStatus::Waiting && row.next_at <= quiet;
    assert_eq!(rows.iter().find(waits), None, "{case}: an effect was due and is not delivered");
    let delivered = |wanted: fn(&Effect) -> bool| -> BTreeSet<String> {
        let rows = rows.iter().filter(|row| row.status == EffectStatus::Done && wanted(&row.effect));
        rows.map(|row| row.id.to_string()).collect()
    };
    let notices: Vec<String> =
        store.notices_of(case).await.expect("notices").iter().map(|row| row.id.to_string()).collect();
    let outgoing: Vec<String> =
        store.outgoing_of(case).await.expect("messages").iter().map(|row| row.id.to_string()).collect();
    for (what, seen, wanted) in [
        ("notices", &notices, delivered(|effect| matches!(effect, Effect::Notify { .. }))),
        ("messages", &outgoing, delivered(|effect| matches!(effect, Effect::Reply { .. }))),
    ] {
        let set: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(set.len(), seen.len(), "{case}: {what} under one key twice");
        assert_eq!(set, wanted, "{case}: {what} and what was delivered");
    }
    rows.iter().filter(|row| row.status == EffectStatus::Done).count()
}

/// The clocks that can fire are those of the states, and none is overdue.
async fn clocks_are_armed(store: &dyn Store, armed: &BTreeSet<(CaseId, u64, Timestamp)>, quiet: Timestamp) {
    let far = Timestamp::from_ms(i64::MAX / 2);
    let rows = store.claim_timers("check", far, 10_000_000).await.expect("clocks");
    let rows: BTreeSet<_> = rows.iter().map(|row| (row.case, row.timer, row.due)).collect();
    assert_eq!(rows, *armed, "clocks of the cases and clocks that can fire");
    let overdue: Vec<_> = rows.iter().filter(|(_, _, due)| *due <= quiet).collect();
    assert!(overdue.is_empty(), "clocks are overdue and have not fired: {overdue:?}");
}
