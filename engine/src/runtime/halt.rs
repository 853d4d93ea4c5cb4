//! Halting a case whose stored state is not what its log leads to.
//!
//! Works on what is stored, without its protocol where that is gone: the state stays as it was found, marked as halted; its
//! clocks are disarmed, and a person is called.

use niyam_kernel::event::{Breach, Event, EventBody};
use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::state::CaseState;
use niyam_kernel::step::halt;
use niyam_kernel::time::Timestamp;
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Text;
use sha2::{Digest as _, Sha256};

use super::append::{KERNEL, OutcomeRecord, json, kind, supervisor_notice};
use super::live::{Keys, LoadError, snapshot_place, unwrap_keys};
use super::versions::Versions;
use super::{Runtime, card};
use crate::error::StoreError;
use crate::people::People;
use crate::request::Change;
use crate::seal::deployment::to_hex;
use crate::seal::envelope::generation;
use crate::seal::{DeploymentKey, chain};
use crate::store::{CaseRow, Commit, EventRow, SnapshotRow, Store, StoredCase, Write};
use crate::time::Entropy;
use crate::verify::StateOf;
use crate::view::LifeView;

/// What halting needs.
pub struct Halting<'a> {
    pub store: &'a dyn Store,
    pub key: &'a DeploymentKey,
    pub versions: &'a Versions,
    pub entropy: &'a dyn Entropy,
    pub people: &'a dyn People,
    pub now: Timestamp,
}

/// What halts a case; `None` when it stands still already.
pub async fn halting(
    parts: &Halting<'_>,
    case: CaseId,
    breach: &Breach,
) -> Result<Option<(Vec<Write>, Change)>, StoreError> {
    let Some(StoredCase { row, snapshot, keys, erased }) = parts.store.load(case).await? else { return Ok(None) };
    let last = parts.store.last_event(case).await?;
    let mut before: CaseState = serde_json::from_str(&snapshot.plain).unwrap_or_default();
    // behind whatever is there, so that nothing is written over and a gap stays to be seen
    before.number = last.max(snapshot.number);
    let stepped = halt(before.clone(), breach);
    if stepped.refusal.is_some() {
        return Ok(None);
    }
    let state = stepped.state;
    let at = parts.now.max(row.last_event_at);
    let body = EventBody::Halted { breach: breach.clone() };
    let event = Event { number: state.number, at, happened_at: None, body };
    let plain_state = json(&state);
    let outcome = OutcomeRecord {
        kernel: KERNEL,
        reasons: Vec::new(),
        refusal: None,
        effects: Vec::new(),
        state: to_hex(&Sha256::digest(plain_state.as_bytes())),
        halted: true,
        withheld: Vec::new(),
    };
    let previous = parts.store.events_after(case, last.saturating_sub(1), 1).await?;
    let previous = previous.first().map_or(snapshot.hash, |row| row.hash);
    let event_row = event_row(case, &event, &outcome, previous);
    let keys = unwrap_keys(parts.key, case, keys, erased).unwrap_or_default();
    let sealed = reseal(parts, &keys, &snapshot, event.number);
    let kept =
        SnapshotRow { case, number: event.number, plain: plain_state, hash: event_row.hash, sealed, turned: true };
    let mut row = row;
    let protocol = parts.versions.load(row.version, parts.store).await.ok();
    refresh(&mut row, protocol.as_deref(), &before, &state, &event);
    let mut writes = vec![Write::Event(Box::new(event_row)), Write::Snapshot(Box::new(kept), Box::new(row.clone()))];
    let armed = parts.store.timers_of(case).await?;
    writes.extend(armed.iter().map(|timer| Write::CancelTimer(case, timer.timer)));
    let id = EffectId { case, event: event.number, index: u32::MAX };
    let text = differs_text(&row);
    writes.push(Write::Notice(supervisor_notice(protocol.as_deref(), &state, parts.people, id, at, &text)));
    tracing::error!(case.id = %case, event.number = event.number, %breach, "the case was halted; a person must look");
    Ok(Some((writes, Change { case, number: event.number })))
}

fn event_row(case: CaseId, event: &Event, outcome: &OutcomeRecord, previous: [u8; 32]) -> EventRow {
    let (plain, outcome) = (json(event), json(outcome));
    let link = chain::Link { case, number: event.number, at: event.at, plain: &plain, outcome: &outcome, sealed: &[] };
    EventRow {
        hash: chain::link(&previous, &link),
        prev_hash: previous,
        case,
        number: event.number,
        at: event.at,
        happened_at: None,
        kind: kind(&event.body).to_owned(),
        plain,
        outcome,
        sealed: Vec::new(),
    }
}

/// The sealed parts of the state under their new number. What does not open stays as it was found.
fn reseal(parts: &Halting<'_>, keys: &Keys, snapshot: &SnapshotRow, number: u64) -> Vec<(String, Vec<u8>)> {
    let again = |seal: &str, envelope: &[u8]| {
        let generation = generation(envelope).ok()?;
        let key = keys.left.get(&(seal.to_owned(), generation))?;
        let plain = key.open(envelope, &snapshot_place(snapshot.case, snapshot.number, seal)).ok()?;
        Some(key.seal(generation, &plain, &snapshot_place(snapshot.case, number, seal), parts.entropy))
    };
    let each = snapshot.sealed.iter();
    each.map(|(seal, found)| (seal.clone(), again(seal, found).unwrap_or_else(|| found.clone()))).collect()
}

fn refresh(row: &mut CaseRow, protocol: Option<&Protocol>, before: &CaseState, state: &CaseState, event: &Event) {
    if let Some(protocol) = protocol {
        card::refresh(row, protocol, before, state, event, &[]);
        return;
    }
    row.life = LifeView::Halted;
    row.outcome = None;
    row.closed_at = None;
    row.last_event_at = event.at;
    row.overdue = false;
    row.unowned = false;
}

/// Says that a case stands still, and why.
fn differs_text(row: &CaseRow) -> Text {
    Text {
        en: format!(
            "Case {} was stopped: what is stored is not what its log leads to. Look after it by hand.",
            row.number
        ),
        hi: format!("प्रकरण {} रोका गया: सहेजी गई स्थिति अभिलेख से मेल नहीं खाती। इसे स्वयं देखें।", row.number),
    }
}

impl Runtime {
    /// Whether the stored state is the one that the last event led to.
    pub async fn is_sound(&self, stored: &StoredCase) -> Result<bool, StoreError> {
        let snapshot = &stored.snapshot;
        let last = self.store.events_after(snapshot.case, snapshot.number.saturating_sub(1), 1).await?;
        let Some(last) = last.first().filter(|row| row.number == snapshot.number) else { return Ok(false) };
        let claimed = serde_json::from_str::<StateOf>(&last.outcome).map(|outcome| outcome.state);
        let digest = to_hex(&Sha256::digest(snapshot.plain.as_bytes()));
        Ok(last.hash == snapshot.hash && claimed.is_ok_and(|claimed| claimed == digest))
    }

    /// Halts a case whose stored state does not belong to its log, and tells.
    pub async fn halt_unsound(&self, stored: &StoredCase) -> Result<(), LoadError> {
        let case = stored.row.id;
        let breach = Breach::Differs {
            event: stored.snapshot.number,
            what: niyam_kernel::replay::What::Snapshot.as_str().to_owned(),
        };
        let parts = Halting {
            store: self.store.as_ref(),
            key: &self.key,
            versions: &self.versions,
            entropy: self.entropy.as_ref(),
            people: self.people.as_ref(),
            now: self.now(),
        };
        if let Some((writes, change)) = halting(&parts, case, &breach).await? {
            match self.commit(Commit { name: "halt a case", writes }).await {
                Ok(_) => self.tell(change),
                // whoever was first has halted it, or has written what belongs together
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
