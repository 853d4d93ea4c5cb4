//! One event of one case: the kernel steps, and what is to be written comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use niyam_kernel::behaviour::Behaviour;
use niyam_kernel::effect::Effect;
use niyam_kernel::event::{Event, EventBody, Refusal};
use niyam_kernel::id::{AlertId, CaseId, EffectId};
use niyam_kernel::moving::step_move;
use niyam_kernel::replay::halts;
use niyam_kernel::state::{CaseState, Life};
use niyam_kernel::step::{Reason, Step, step};
use niyam_kernel::time::Timestamp;
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Text;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::live::{Lasting, Live, event_place, key_place, snapshot_place};
use super::versions::{MOVED, VersionError};
use super::{Runtime, card};
use crate::error::StoreError;
use crate::outbox::seat::unit_of;
use crate::people::People;
use crate::request::Change;
use crate::seal::deployment::to_hex;
use crate::seal::part::PartedState;
use crate::seal::split::{SealedValues, seal_of, split_event};
use crate::seal::{Key, chain};
use crate::store::{EffectRow, EffectStatus, EventRow, KeyRow, NoticeRow, SnapshotRow, TimerRow, Write};

/// Number of the kernel's behaviour, written into every event; a replay steps in the same way.
pub const KERNEL: u32 = Behaviour::NEWEST.number();

/// What the kernel made of an event, as it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeRecord {
    /// Behaviour of the kernel that stepped.
    pub kernel: u32,
    /// Why, in the order decided.
    pub reasons: Vec<Reason>,
    /// Set when the event changed nothing but the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// What to do outside, in order.
    pub effects: Vec<Effect>,
    /// SHA-256 of the state without sealed values, as stored.
    pub state: String,
    /// The case is halted from here on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub halted: bool,
    /// Seal groups of which the event brought values that were not kept: it was refused, and the group is erased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

/// What an event comes to. Nothing of it counts before the writes are committed.
pub struct Appended {
    /// To be written in one transaction.
    pub writes: Vec<Write>,
    /// Number of the event.
    pub number: u64,
    /// Why it changed nothing.
    pub refusal: Option<Refusal>,
    /// What to tell after the commit.
    pub change: Change,
}

impl Runtime {
    /// Steps a case. `live` is the case afterwards.
    pub async fn append(
        &self,
        live: &mut Live,
        body: EventBody,
        happened_at: Option<Timestamp>,
    ) -> Result<Appended, StoreError> {
        let case = live.row.id;
        // a machine's clock may go back, a case's time does not
        let mut at = self.now().max(live.row.last_event_at);
        if let EventBody::TimerFired { due, .. } = &body {
            // whoever looked found it due; the clock of this node may have been put back since
            at = at.max(*due);
        }
        let event = Event { number: live.state.number + 1, at, happened_at, body };
        let before = std::mem::take(&mut live.state);
        let stepped = match self.step(&live.protocol, before.clone(), &event).await {
            Ok((Step { refusal: Some(Refusal::OutOfOrder { expected }), .. }, _)) => {
                Err(StoreError::Conflict { case, expected: expected.saturating_sub(1) })
            }
            other => other,
        };
        let (stepped, moved) = match stepped {
            Ok(stepped) => stepped,
            Err(error) => {
                live.state = before;
                return Err(error);
            }
        };
        live.state = stepped.state;
        let mut writes = Vec::new();
        if let Some(new) = moved {
            live.row.version = new.digest;
            live.row.protocol.clone_from(&new.name);
            writes.extend(self.versions.current_row(&new, at).map(Write::Version));
            live.protocol = new;
        }
        let protocol = Arc::clone(&live.protocol);
        card::refresh(&mut live.row, &protocol, &before, &live.state, &event, &stepped.reasons);

        let parted = PartedState::of(&protocol, &live.state);
        let plain_state = json(&parted.plain);
        let sealed_state: Vec<(String, String)> =
            parted.sealed.iter().map(|(seal, part)| ((*seal).to_owned(), json(part))).collect();
        let halted = halts(&before, &live.state);
        let (plain_event, mut sealed_event) = split_event(&protocol, event.clone());
        // what is refused changes nothing: it must not bring an erased group back under a new key
        let withheld: Vec<String> = match &stepped.refusal {
            Some(_) => sealed_event.keys().filter(|seal| live.keys.is_erased(seal)).cloned().collect(),
            None => Vec::new(),
        };
        sealed_event.retain(|seal, _| !withheld.contains(seal));
        let outcome = OutcomeRecord {
            kernel: KERNEL,
            reasons: stepped.reasons,
            refusal: stepped.refusal.clone(),
            effects: stepped.effects,
            state: to_hex(&Sha256::digest(plain_state.as_bytes())),
            halted,
            withheld,
        };
        let row = self.seal_event(live, &plain_event, sealed_event, &outcome, &mut writes);
        live.hash = row.hash;
        writes.push(Write::Event(Box::new(row)));
        for effect in &outcome.effects {
            if let Effect::DestroyKey { seal } = effect {
                self.erase(live, &event, seal, &mut writes).await?;
            }
        }
        let sealed = sealed_state
            .into_iter()
            .map(|(seal, part)| {
                let place = snapshot_place(case, event.number, &seal);
                let sealed = self.seal(live, &seal, part.as_bytes(), &place, &mut writes);
                (seal, sealed)
            })
            .collect();
        let lasting = Some(Lasting::of(&live.row));
        let turned = live.stored != lasting;
        live.stored = lasting;
        let snapshot = SnapshotRow { case, number: event.number, plain: plain_state, hash: live.hash, sealed, turned };
        writes.push(Write::Snapshot(Box::new(snapshot), Box::new(live.row.clone())));
        timers(case, &before, &live.state, &event, &mut writes);
        effects(case, &event, outcome.effects, &mut writes);
        if halted {
            // behind every effect of the step
            let id = EffectId { case, event: event.number, index: u32::MAX };
            writes.push(Write::Notice(self.supervisor_notice(live, id, at, &halted_text(live))));
            tracing::error!(case.id = %case, event.number = event.number, "a breach halted the case; a person must look");
        }
        Ok(Appended {
            writes,
            number: event.number,
            refusal: stepped.refusal,
            change: Change { case, number: event.number },
        })
    }

    /// The kernel's step, with the version that the case runs on from here when the event moved it.
    async fn step(
        &self,
        protocol: &Protocol,
        before: CaseState,
        event: &Event,
    ) -> Result<(Step, Option<Arc<Protocol>>), StoreError> {
        let EventBody::Moved { to, .. } = &event.body else { return Ok((step(protocol, before, event), None)) };
        let new = self.versions.load(*to, self.store.as_ref()).await.map_err(|error| match error {
            VersionError::Store(error) => error,
            VersionError::Missing(_) | VersionError::Unreadable(..) | VersionError::Changed(..) => {
                StoreError::Corrupt {
                    table: "versions",
                    row: to.to_string(),
                    column: "content",
                    reason: error.to_string(),
                }
            }
        })?;
        let stepped = step_move(protocol, &new, before, event);
        let moved = stepped.refusal.is_none().then_some(new);
        Ok((stepped, moved))
    }

    fn seal_event(
        &self,
        live: &mut Live,
        event: &Event,
        sealed: SealedValues,
        outcome: &OutcomeRecord,
        writes: &mut Vec<Write>,
    ) -> EventRow {
        let case = live.row.id;
        let sealed: Vec<(String, Vec<u8>)> = sealed
            .into_iter()
            .map(|(seal, values)| {
                let place = event_place(case, event.number, &seal);
                let sealed = self.seal(live, &seal, json(&values).as_bytes(), &place, writes);
                (seal, sealed)
            })
            .collect();
        let (plain, outcome) = (json(event), json(outcome));
        let link =
            chain::Link { case, number: event.number, at: event.at, plain: &plain, outcome: &outcome, sealed: &sealed };
        EventRow {
            hash: chain::link(&live.hash, &link),
            prev_hash: live.hash,
            case,
            number: event.number,
            at: event.at,
            happened_at: event.happened_at,
            kind: kind(&event.body).to_owned(),
            plain,
            outcome,
            sealed,
        }
    }

    /// Seals a value with the newest key of its group; makes one when there is none.
    fn seal(
        &self,
        live: &mut Live,
        seal: &str,
        plain: &[u8],
        place: &crate::seal::envelope::Place<'_>,
        writes: &mut Vec<Write>,
    ) -> Vec<u8> {
        let case = live.row.id;
        if live.keys.newest(seal).is_none() {
            let generation = live.keys.after_erasure.get(seal).copied().unwrap_or(0);
            let key = Key::generate(self.entropy.as_ref());
            let wrapped = self.key.wrap(&key, &key_place(case, seal, generation), self.entropy.as_ref());
            writes.push(Write::Key(KeyRow { case, seal: seal.to_owned(), generation, wrapped }));
            live.keys.left.insert((seal.to_owned(), generation), key);
        }
        let (generation, key) = live.keys.newest(seal).expect("it was made just now");
        key.seal(generation, plain, place, self.entropy.as_ref())
    }

    /// Destroys the keys of a group, and those of the alerts that brought facts of it unless another case holds them.
    async fn erase(
        &self,
        live: &mut Live,
        event: &Event,
        seal: &str,
        writes: &mut Vec<Write>,
    ) -> Result<(), StoreError> {
        let case = live.row.id;
        let mut alerts: Vec<AlertId> = Vec::new();
        for (link, _) in self.store.alerts_of(case).await? {
            if !self.is_held_elsewhere(link.alert, case).await? && link.seals.iter().any(|group| group == seal) {
                alerts.push(link.alert);
            }
        }
        // the alert of this very event is not in the store yet
        let (brought, facts) = match &event.body {
            EventBody::Opened { alert, facts, .. } => (*alert, Some(facts)),
            EventBody::Joined { alert, facts, .. } => (Some(*alert), Some(facts)),
            EventBody::Act { .. }
            | EventBody::Recorded { .. }
            | EventBody::TimerFired { .. }
            | EventBody::Delivered { .. }
            | EventBody::Moved { .. }
            | EventBody::External { .. }
            | EventBody::Halted { .. }
            | EventBody::Forgotten { .. } => (None, None),
        };
        // what ends a session may say in its words what the session is about
        let ends_session = matches!(&event.body, EventBody::Joined { event, .. } if event.starts_with("session."));
        if let (Some(alert), Some(facts)) = (brought, facts)
            && (ends_session || facts.keys().any(|fact| seal_of(&live.protocol, fact) == Some(seal)))
        {
            alerts.push(alert);
        }
        if live.keys.newest(seal).is_none() && !live.keys.is_erased(seal) {
            // nothing was sealed in the group yet: that it is erased must be remembered all the same
            let place = event_place(case, event.number, seal);
            self.seal(live, seal, b"", &place, writes);
        }
        writes.extend(alerts.into_iter().map(Write::EraseAlert));
        writes.push(Write::DestroyKeys { case, seal: seal.to_owned(), at: event.at });
        live.keys.forget(seal);
        Ok(())
    }

    /// Whether another case still holds what an alert told: one whose keys for it were not destroyed.
    async fn is_held_elsewhere(&self, alert: AlertId, case: CaseId) -> Result<bool, StoreError> {
        for link in self.store.cases_of(alert).await? {
            if link.case == case {
                continue;
            }
            let Some(other) = self.store.load(link.case).await? else { continue };
            if link.seals.iter().any(|seal| other.keys.iter().any(|key| key.seal == *seal)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A notice to the most senior role that is there day and night, for what no rule of the case looks after.
    pub fn supervisor_notice(&self, live: &Live, id: EffectId, at: Timestamp, text: &Text) -> NoticeRow {
        supervisor_notice(Some(&live.protocol), &live.state, self.people.as_ref(), id, at, text)
    }
}

/// A notice to the most senior role that is there day and night; to nobody in particular without a protocol.
pub fn supervisor_notice(
    protocol: Option<&Protocol>,
    state: &CaseState,
    people: &dyn People,
    id: EffectId,
    at: Timestamp,
    text: &Text,
) -> NoticeRow {
    let roles = protocol.into_iter().flat_map(|protocol| &protocol.roles);
    let role = roles.max_by_key(|(_, role)| (role.day_and_night, role.rank));
    let (role, unit) = role.map_or((String::new(), None), |(id, role)| (id.clone(), Some(role.unit.clone())));
    let unit = unit.zip(protocol).and_then(|(name, protocol)| unit_of(protocol, state, &name, people));
    let person = unit.as_deref().and_then(|unit| people.seat(&role, unit, at));
    NoticeRow { id, at, role, unit, person, message: "look_after".to_owned(), text: text.clone() }
}

/// Says that a case stands still.
fn halted_text(live: &Live) -> Text {
    Text {
        en: format!("Case {} was stopped by a fault in its protocol. Look after it by hand.", live.row.number),
        hi: format!("प्रकरण {} नियम की त्रुटि से रुक गया है। इसे स्वयं देखें।", live.row.number),
    }
}

/// Timers that were armed or disarmed, and the one that fired.
fn timers(case: CaseId, before: &CaseState, after: &CaseState, event: &Event, writes: &mut Vec<Write>) {
    // the rows of a case that was halted are gone
    let halted = matches!(before.life, Life::Halted { .. });
    for id in before.timers.keys().filter(|id| !after.timers.contains_key(id)) {
        writes.push(Write::CancelTimer(case, id.0));
    }
    if let EventBody::TimerFired { timer, .. } = &event.body
        && !before.timers.contains_key(timer)
    {
        writes.push(Write::CancelTimer(case, timer.0));
    }
    for (id, timer) in &after.timers {
        match before.timers.get(id) {
            Some(known) if known.due == timer.due && !halted => {}
            Some(_) => {
                writes.push(Write::CancelTimer(case, id.0));
                writes.push(Write::StartTimer(TimerRow { case, timer: id.0, due: timer.due, attempts: 0 }));
            }
            None => writes.push(Write::StartTimer(TimerRow { case, timer: id.0, due: timer.due, attempts: 0 })),
        }
    }
    // a case that was halted keeps its clocks in the state, but nothing may fire them
    if matches!(after.life, Life::Halted { .. }) {
        writes.extend(after.timers.keys().map(|id| Write::CancelTimer(case, id.0)));
    }
}

/// Effects that are delivered by the outbox. The others are done by this very transaction.
fn effects(case: CaseId, event: &Event, effects: Vec<Effect>, writes: &mut Vec<Write>) {
    for (index, effect) in effects.into_iter().enumerate().filter(|(_, effect)| is_delivered(effect)) {
        let index = u32::try_from(index).expect("a step has at most 1000 effects");
        writes.push(Write::Effect(EffectRow {
            id: EffectId { case, event: event.number, index },
            effect,
            status: EffectStatus::Waiting,
            attempts: 0,
            next_at: event.at,
            reason: None,
            since: event.at,
        }));
    }
}

/// Whether the outbox delivers an effect. The others are done by the transaction of their event.
pub const fn is_delivered(effect: &Effect) -> bool {
    match effect {
        Effect::Assign { .. } | Effect::Notify { .. } | Effect::Reply { .. } => true,
        Effect::StartTimer { .. } | Effect::CancelTimer { .. } | Effect::DestroyKey { .. } | Effect::Closed { .. } => {
            false
        }
    }
}

/// Word for the kind of an event.
pub const fn kind(body: &EventBody) -> &'static str {
    match body {
        EventBody::Opened { .. } => "opened",
        EventBody::Joined { .. } => "joined",
        EventBody::Act { .. } => "act",
        EventBody::Recorded { .. } => "recorded",
        EventBody::TimerFired { .. } => "timer_fired",
        EventBody::Delivered { .. } => "delivered",
        EventBody::Moved { .. } => MOVED,
        EventBody::External { .. } => "external",
        EventBody::Halted { .. } => "halted",
        EventBody::Forgotten { .. } => "forgotten",
    }
}

/// Seal groups that facts fall into; `person` when there is none, since an alert is always about a person.
pub fn seals_of(
    protocol: &niyam_rules::protocol::Protocol,
    facts: &BTreeMap<String, niyam_rules::value::Value>,
) -> Vec<String> {
    let mut seals: Vec<String> = facts.keys().filter_map(|fact| seal_of(protocol, fact)).map(str::to_owned).collect();
    seals.sort();
    seals.dedup();
    if seals.is_empty() {
        seals.push(crate::seal::split::PERSON.to_owned());
    }
    seals
}

/// JSON of a domain value.
pub fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("domain values have text keys and no floating point")
}
