//! One case: its log, event by event, and what must stand beside it at the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use niyam_kernel::behaviour::Behaviour;
use niyam_kernel::event::{Breach, Event, EventBody};
use niyam_kernel::id::CaseId;
use niyam_kernel::replay::{Recorded, What, again, again_moved, at_its_word};
use niyam_kernel::state::{CaseState, Life};
use niyam_rules::bundle::VersionDigest;
use niyam_rules::protocol::Protocol;
use sha2::{Digest as _, Sha256};

use super::{Audit, Difference, Halt, PAGE, ReplayError, Source, Verdict, began_on, rows};
use crate::error::StoreError;
use crate::runtime::append::{OutcomeRecord, json, kind};
use crate::runtime::card;
use crate::runtime::live::{Keys, event_place, unwrap_keys};
use crate::runtime::versions::VersionError;
use crate::seal::chain::{Link, genesis, link};
use crate::seal::deployment::to_hex;
use crate::seal::envelope::generation;
use crate::seal::split::{SealedValues, join_event, split_state};
use crate::store::{CaseRow, EffectRow, EventRow, StoredCase, TimerRow};
use crate::view::read_event;

/// How often a case that goes on meanwhile is read again.
const READS: u32 = 64;

/// A case as it stood at one moment, without its log.
struct Standing {
    stored: StoredCase,
    timers: Vec<TimerRow>,
    last: u64,
}

/// Why the log is not stepped any further; its chain still is followed.
enum Stop {
    Erased,
    Unproved(String),
}

fn newer(event: u64, kernel: u32) -> Stop {
    Stop::Unproved(format!("event {event} was stepped by a newer niyam (kernel {kernel}); replay it with that version"))
}

/// A log while it is stepped again.
struct Rerun<'a> {
    source: Source<'a>,
    case: CaseId,
    protocol: Option<Arc<Protocol>>,
    keys: Keys,
    state: CaseState,
    /// The row of the board as the log leads to it.
    row: CaseRow,
    previous: [u8; 32],
    expected: u64,
    stepped: u64,
    /// What the log says of the state after its last event.
    claimed: Option<OutcomeRecord>,
    stop: Option<Stop>,
}

/// Steps the log of one case again. Errors: no such case, or a store that failed; what differs is no error.
pub(crate) async fn replay_case(source: Source<'_>, case: CaseId) -> Result<Audit, ReplayError> {
    let mut audit =
        Audit { case, number: String::new(), events: 0, stepped: 0, verdict: Verdict::Proved, halt: Halt::No };
    match look(source, case, &mut audit).await {
        Ok(()) => {}
        // a row that cannot be read is no failure of the store: it was changed
        Err(ReplayError::Store(StoreError::Corrupt { table, column, .. })) => {
            let detail = format!("a row of `{table}` cannot be read: column `{column}`");
            let difference = Difference { event: audit.events, what: rows::what_of(table), detail };
            audit.verdict = Verdict::Differs { differences: vec![difference] };
        }
        Err(error) => return Err(error),
    }
    Ok(audit)
}

async fn look(source: Source<'_>, case: CaseId, audit: &mut Audit) -> Result<(), ReplayError> {
    let standing = standing(source, case).await?;
    let Standing { stored, last, .. } = &standing;
    audit.number.clone_from(&stored.row.number);
    audit.events = *last;
    if let Ok(state) = serde_json::from_str::<CaseState>(&stored.snapshot.plain)
        && matches!(state.life, Life::Halted { breach: Breach::Differs { .. } })
    {
        audit.halt = Halt::Before;
    }
    let mut rerun = match Rerun::begin(source, &standing).await? {
        Ok(rerun) => rerun,
        Err(difference) => {
            audit.verdict = Verdict::Differs { differences: vec![difference] };
            return Ok(());
        }
    };
    let mut differences = rerun.follow(*last).await?;
    if differences.is_empty() {
        differences = rerun.end(&standing);
    }
    audit.stepped = rerun.stepped;
    audit.verdict = if differences.is_empty() {
        match rerun.stop {
            None => Verdict::Proved,
            Some(Stop::Erased) => Verdict::Erased,
            Some(Stop::Unproved(reason)) => Verdict::Unproved { reason },
        }
    } else {
        Verdict::Differs { differences }
    };
    Ok(())
}

/// Reads what stands beside the log. Each event changes its number last and first, so nothing was written in between when
/// it is the same before and after.
async fn standing(source: Source<'_>, case: CaseId) -> Result<Standing, ReplayError> {
    let mut before = source.store.last_event(case).await?;
    for _ in 0..READS {
        let found = source.store.load(case).await?;
        let stored = found.ok_or_else(|| ReplayError::NoSuchCase(case.to_string()))?;
        let timers = source.store.timers_of(case).await?;
        let last = source.store.last_event(case).await?;
        if last == before {
            return Ok(Standing { stored, timers, last });
        }
        before = last;
    }
    Err(StoreError::Busy.into())
}

impl<'a> Rerun<'a> {
    async fn begin(source: Source<'a>, standing: &Standing) -> Result<Result<Self, Difference>, ReplayError> {
        let stored = &standing.stored;
        let case = stored.row.id;
        let at = |what, detail: String| Difference { event: standing.last, what, detail };
        let mut stop = None;
        let keys = if let Some(key) = source.key {
            match unwrap_keys(key, case, stored.keys.clone(), stored.erased.clone()) {
                Ok(keys) => keys,
                Err(error) => return Ok(Err(at(What::Keys, format!("a key of the case {error}")))),
            }
        } else {
            stop = Some(Stop::Unproved("the deployment key is not here".to_owned()));
            Keys::default()
        };
        let first = source.store.events_after(case, 0, 1).await?;
        let version = match first.first() {
            Some(row) => began_on(source.store, case, stored.row.version, &row.prev_hash).await?,
            None => stored.row.version,
        };
        let mut rerun = Self {
            source,
            case,
            protocol: None,
            keys,
            state: CaseState::default(),
            row: rows::first_row(&stored.row),
            previous: genesis(case, version),
            expected: 1,
            stepped: 0,
            claimed: None,
            stop,
        };
        Ok(match rerun.take_version(version).await? {
            Some(difference) => Err(difference),
            None => Ok(rerun),
        })
    }

    /// Goes on with a version. `Some` when it is gone or was changed.
    async fn take_version(&mut self, digest: VersionDigest) -> Result<Option<Difference>, StoreError> {
        match self.source.versions.load(digest, self.source.store).await {
            Ok(protocol) => {
                self.row.version = digest;
                self.row.protocol.clone_from(&protocol.name);
                self.protocol = Some(protocol);
                Ok(None)
            }
            Err(VersionError::Store(error)) => Err(error),
            Err(error @ VersionError::Unreadable(..)) => {
                self.stop.get_or_insert(Stop::Unproved(error.to_string()));
                Ok(None)
            }
            Err(error @ (VersionError::Missing(_) | VersionError::Changed(..))) => {
                let event = self.expected.saturating_sub(1);
                Ok(Some(Difference { event, what: What::Version, detail: error.to_string() }))
            }
        }
    }

    /// Follows the log up to an event. Gives the first difference, if there is one.
    async fn follow(&mut self, last: u64) -> Result<Vec<Difference>, StoreError> {
        let mut after = 0;
        while after < last {
            let mut page = self.source.store.events_after(self.case, after, PAGE).await?;
            page.retain(|row| row.number <= last);
            let Some(until) = page.last().map(|row| row.number) else { break };
            let mut effects: BTreeMap<u64, Vec<EffectRow>> = BTreeMap::new();
            for row in self.source.store.effects_between(self.case, after, until).await? {
                effects.entry(row.id.event).or_default().push(row);
            }
            for row in &page {
                let beside = effects.remove(&row.number).unwrap_or_default();
                if let Err((what, detail)) = self.event(row, &beside).await? {
                    return Ok(vec![Difference { event: row.number, what, detail }]);
                }
            }
            if let Some((event, _)) = effects.pop_first() {
                let detail = "effects of an event that is not there".to_owned();
                return Ok(vec![Difference { event, what: What::Outbox, detail }]);
            }
            after = until;
        }
        Ok(Vec::new())
    }

    async fn event(&mut self, row: &EventRow, beside: &[EffectRow]) -> Result<Result<(), (What, String)>, StoreError> {
        if let Err(detail) = self.chained(row) {
            return Ok(Err((What::Chain, detail)));
        }
        let Ok((mut event, record)) = read_event(row) else {
            return Ok(self.unread(row));
        };
        let columns = (row.number, row.at, row.happened_at, row.kind.as_str());
        if columns != (event.number, event.at, event.happened_at, kind(&event.body)) {
            return Ok(Err((What::Event, "its columns are not those of the event itself".to_owned())));
        }
        if let Some(detail) = rows::outbox(row, &record.effects, beside) {
            return Ok(Err((What::Outbox, detail)));
        }
        if self.stop.is_none() {
            let sealed = match self.open(row) {
                Ok(sealed) => sealed,
                Err(detail) => return Ok(Err((What::Keys, detail))),
            };
            let whole = sealed.is_some() && record.withheld.is_empty();
            join_event(&mut event, sealed.unwrap_or_default());
            if let Err(difference) = self.step(&event, &record, whole).await? {
                return Ok(Err(difference));
            }
        }
        self.claimed = Some(record);
        Ok(Ok(()))
    }

    /// An event that cannot be read: a newer program may have written it, which is no difference.
    fn unread(&mut self, row: &EventRow) -> Result<(), (What, String)> {
        #[derive(serde::Deserialize)]
        struct Stepped {
            kernel: u32,
        }
        match serde_json::from_str::<Stepped>(&row.outcome) {
            Ok(Stepped { kernel }) if Behaviour::of(kernel).is_none() => {
                self.stop.get_or_insert_with(|| newer(row.number, kernel));
                self.claimed = None;
                Ok(())
            }
            Ok(_) | Err(_) => Err((What::Event, "it cannot be read".to_owned())),
        }
    }

    fn chained(&mut self, row: &EventRow) -> Result<(), String> {
        if row.number != self.expected {
            return Err(format!("event {} is missing", self.expected));
        }
        let event = Link {
            case: self.case,
            number: row.number,
            at: row.at,
            plain: &row.plain,
            outcome: &row.outcome,
            sealed: &row.sealed,
        };
        if row.prev_hash != self.previous || link(&self.previous, &event) != row.hash {
            return Err("it is not as it was written".to_owned());
        }
        self.previous = row.hash;
        self.expected += 1;
        Ok(())
    }

    /// Sealed values of an event; `None` when the key of some was destroyed.
    fn open(&self, row: &EventRow) -> Result<Option<SealedValues>, String> {
        let mut values = BTreeMap::new();
        let mut whole = true;
        for (seal, sealed) in &row.sealed {
            let number = generation(sealed).map_err(|error| format!("the sealed part `{seal}` {error}"))?;
            let Some(key) = self.keys.left.get(&(seal.clone(), number)) else {
                if self.keys.after_erasure.get(seal).is_none_or(|next| number >= *next) {
                    return Err(format!("key {number} of `{seal}` is gone, and nobody destroyed it"));
                }
                whole = false;
                continue;
            };
            let plain = key.open(sealed, &event_place(self.case, row.number, seal));
            let plain = plain.map_err(|error| format!("the sealed part `{seal}` {error}"))?;
            let part =
                serde_json::from_slice(&plain).map_err(|_| format!("the sealed part `{seal}` cannot be read"))?;
            values.insert(seal.clone(), part);
        }
        Ok(whole.then_some(values))
    }

    async fn step(
        &mut self,
        event: &Event,
        record: &OutcomeRecord,
        whole: bool,
    ) -> Result<Result<(), (What, String)>, StoreError> {
        let Some(old) = self.protocol.clone() else { return Ok(Ok(())) };
        let Some(behaviour) = Behaviour::of(record.kernel) else {
            self.stop = Some(newer(event.number, record.kernel));
            return Ok(Ok(()));
        };
        let recorded = Recorded {
            behaviour,
            refusal: record.refusal.as_ref(),
            effects: &record.effects,
            reasons: &record.reasons,
            halted: record.halted,
        };
        let after = if whole {
            match self.again(event, &old, &recorded).await? {
                Ok(after) => after,
                Err(difference) => return Ok(Err(difference)),
            }
        } else if let Some(after) = at_its_word(&self.state, event, &recorded) {
            after
        } else {
            self.stop = Some(Stop::Erased);
            return Ok(Ok(()));
        };
        let before = std::mem::replace(&mut self.state, after);
        let protocol = self.protocol.as_deref().unwrap_or(&old);
        let (plain, _) = split_state(protocol, self.state.clone());
        if to_hex(&Sha256::digest(json(&plain).as_bytes())) != record.state {
            return Ok(Err((What::State, "the state after it is another".to_owned())));
        }
        if matches!(event.body, EventBody::Joined { .. }) {
            self.row.alerts += 1;
        }
        self.row.drill = self.state.drill;
        card::refresh(&mut self.row, protocol, &before, &self.state, event, &record.reasons);
        self.stepped += 1;
        Ok(Ok(()))
    }

    /// The state after an event that is there as a whole.
    async fn again(
        &mut self,
        event: &Event,
        old: &Protocol,
        recorded: &Recorded<'_>,
    ) -> Result<Result<CaseState, (What, String)>, StoreError> {
        let differs = |what: What| (what, format!("stepped again, its {} are not those recorded", what.as_str()));
        let EventBody::Moved { to, .. } = &event.body else {
            return Ok(again(old, &self.state, event, recorded).map(|step| step.state).map_err(differs));
        };
        let current = self.row.version;
        if let Some(difference) = self.take_version(*to).await? {
            return Ok(Err((difference.what, difference.detail)));
        }
        let Some(new) = self.protocol.clone() else {
            return Ok(Err((What::Version, "the version it moves to cannot be read".to_owned())));
        };
        if recorded.refusal.is_some() {
            self.take_version(current).await?;
        }
        Ok(again_moved(old, &new, &self.state, event, recorded).map(|step| step.state).map_err(differs))
    }

    /// What must stand beside the log at its end.
    fn end(&self, standing: &Standing) -> Vec<Difference> {
        let Standing { stored, timers, last } = standing;
        let snapshot = &stored.snapshot;
        let mut found = Vec::new();
        let mut differs = |what, detail: &str| found.push(Difference { event: *last, what, detail: detail.to_owned() });
        if snapshot.number != *last || snapshot.hash != self.previous || self.expected != last + 1 {
            differs(What::Snapshot, "the stored state does not belong to the last event");
        }
        let digest = to_hex(&Sha256::digest(snapshot.plain.as_bytes()));
        if self.claimed.as_ref().is_some_and(|claimed| claimed.state != digest) {
            differs(What::Snapshot, "the stored state is not the one that the last event led to");
        }
        let Ok(state) = serde_json::from_str::<CaseState>(&snapshot.plain) else {
            if matches!(self.stop, Some(Stop::Unproved(_))) {
                return found;
            }
            differs(What::Snapshot, "the stored state cannot be read");
            return found;
        };
        if let Some(detail) = rows::clocks(&state, timers) {
            differs(What::Clocks, &detail);
        }
        if self.stop.is_some() {
            return found;
        }
        let Some(protocol) = &self.protocol else { return found };
        let (plain, sealed) = split_state(protocol, self.state.clone());
        if json(&plain) != snapshot.plain {
            differs(What::Snapshot, "the stored state is not the one that the log leads to");
        }
        if let Some(detail) = rows::sealed(self.case, &sealed, snapshot, &self.keys) {
            differs(What::Sealed, &detail);
        }
        if let Some(detail) = rows::card(&self.row, &stored.row) {
            differs(What::Card, &detail);
        }
        found
    }
}
