//! Many cases, or a long history, made of a few that the engine made: the same rows, written in bulk.

use std::sync::{Arc, OnceLock};

use niyam_engine::engine::{Config, Engine};
use niyam_engine::seal::chain::{Link, genesis, link};
use niyam_engine::seal::deployment::to_hex;
use niyam_engine::store::sea::ceiling::{Batch, Ceiling};
use niyam_engine::store::{Commit, EffectRow, EventRow, LookupRow, SnapshotRow, Store, TimerRow, Write};
use niyam_kernel::id::CaseId;
use niyam_kernel::state::CaseState;
use sha2::{Digest as _, Sha256};

use super::BenchError;

/// An engine and the store under it.
pub async fn open(config: Config) -> Result<(Arc<Engine>, Arc<dyn Store>), BenchError> {
    let under: Arc<OnceLock<Arc<dyn Store>>> = Arc::default();
    let slot = Arc::clone(&under);
    let engine = Engine::open_through(config, move |store| {
        let _first = slot.set(Arc::clone(&store));
        store
    })
    .await?;
    let store = under.get().map(Arc::clone).ok_or_else(|| BenchError::Wrong("the engine has no store".to_owned()))?;
    Ok((engine, store))
}

/// A case as the engine wrote it, with nothing sealed in it, so that its rows can be written under another id.
pub struct Template {
    row: niyam_engine::store::CaseRow,
    snapshot: SnapshotRow,
    state: CaseState,
    events: Vec<EventRow>,
    effects: Vec<EffectRow>,
}

impl Template {
    /// Of a case in the store.
    pub async fn of(store: &dyn Store, case: CaseId) -> Result<Self, BenchError> {
        let stored = store.load(case).await?.ok_or_else(|| BenchError::Wrong("the case is gone".to_owned()))?;
        if !stored.keys.is_empty() || !stored.snapshot.sealed.is_empty() {
            return Err(BenchError::Wrong("the case has something sealed".to_owned()));
        }
        let state = serde_json::from_str(&stored.snapshot.plain)
            .map_err(|error| BenchError::Wrong(format!("the snapshot cannot be read: {error}")))?;
        let events = store.events(case).await?;
        let effects = store.effects_of(case).await?;
        Ok(Self { row: stored.row, snapshot: stored.snapshot, state, events, effects })
    }

    /// The same case again under another id and number, its clocks `later_ms` later.
    pub fn again(&self, case: CaseId, number: String, later_ms: i64) -> Commit {
        let later = |at: niyam_kernel::time::Timestamp| {
            niyam_kernel::time::Timestamp::from_ms(at.as_ms().saturating_add(later_ms))
        };
        let mut state = self.state.clone();
        for timer in state.timers.values_mut() {
            timer.due = later(timer.due);
        }
        let timers = state.timers.iter().map(|(id, timer)| (id.0, timer.due));
        let mut writes: Vec<Write> =
            timers.map(|(timer, due)| Write::StartTimer(TimerRow { case, timer, due, attempts: 0 })).collect();
        let mut hash = genesis(case, self.row.version);
        let plain = plain(&state);
        for event in &self.events {
            let claims = (event.number == self.snapshot.number).then_some(plain.as_str());
            let row = following(event, case, event.number, hash, claims);
            hash = row.hash;
            writes.push(Write::Event(Box::new(row)));
        }
        for effect in &self.effects {
            let mut effect = effect.clone();
            effect.id.case = case;
            writes.push(Write::Effect(effect));
        }
        let mut found_by = [0; 32];
        found_by[..16].copy_from_slice(case.0.as_bytes());
        writes.push(Write::Lookup(LookupRow { hash: found_by, case, kind: "ref".to_owned(), seal: None }));
        let mut row = self.row.clone();
        (row.id, row.number, row.due) = (case, number, row.due.map(later));
        let snapshot = SnapshotRow { case, plain, hash, turned: true, ..self.snapshot.clone() };
        writes.push(Write::Snapshot(Box::new(snapshot), Box::new(row)));
        Commit { name: "make a case again", writes }
    }

    /// Clocks of one such case.
    pub fn clocks(&self) -> usize {
        self.state.timers.len()
    }

    /// Lengthens the log of this case, in place, to `length` events by repeating `event`. The state stays as it is.
    pub async fn lengthen(
        &mut self,
        ceiling: &Ceiling,
        event: &EventRow,
        length: u64,
        mut told: impl FnMut(u64),
    ) -> Result<(), BenchError> {
        let case = self.row.id;
        let mut number = self.snapshot.number;
        self.state.number = length.max(number);
        let plain = plain(&self.state);
        while number < length {
            let until = length.min(number + 1_024);
            let mut writes = Vec::new();
            while number < until {
                number += 1;
                let claims = (number == length).then_some(plain.as_str());
                let row = following(event, case, number, self.snapshot.hash, claims);
                self.snapshot.hash = row.hash;
                writes.push(Write::Event(Box::new(row)));
            }
            write(ceiling, &[Commit { name: "lengthen a log", writes }]).await?;
            told(number);
        }
        self.snapshot = SnapshotRow { number, plain, ..self.snapshot.clone() };
        let snapshot = Write::Snapshot(Box::new(self.snapshot.clone()), Box::new(self.row.clone()));
        write(ceiling, &[Commit { name: "lengthen a log", writes: vec![snapshot] }]).await
    }
}

/// Writes commits in one transaction.
pub async fn write(ceiling: &Ceiling, commits: &[Commit]) -> Result<(), BenchError> {
    let batch = Batch::of(commits, &mut std::collections::BTreeMap::new())?;
    Ok(ceiling.write(ceiling.prepare(batch)).await?)
}

fn plain(state: &CaseState) -> String {
    serde_json::to_string(state).expect("states have text keys and no floating point")
}

/// An event again, as the next one behind a link. Of the last one, `claims` is the state that it leads to.
fn following(event: &EventRow, case: CaseId, number: u64, previous: [u8; 32], claims: Option<&str>) -> EventRow {
    let outcome = claims.map_or_else(|| event.outcome.clone(), |plain| leading_to(&event.outcome, plain));
    let parts = Link { case, number, at: event.at, plain: &event.plain, outcome: &outcome, sealed: &event.sealed };
    let hash = link(&previous, &parts);
    EventRow { case, number, prev_hash: previous, hash, outcome, ..event.clone() }
}

/// The outcome of an event that led to another state.
fn leading_to(outcome: &str, plain: &str) -> String {
    let mut outcome: serde_json::Value = serde_json::from_str(outcome).expect("the engine wrote it");
    outcome["state"] = to_hex(&Sha256::digest(plain.as_bytes())).into();
    outcome.to_string()
}
