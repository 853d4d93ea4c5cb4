//! Makes the timeline. Opens nothing sealed.

use std::collections::{BTreeMap, BTreeSet};

use niyam_kernel::effect::Effect;
use niyam_kernel::event::{Actor, Event, EventBody, Outcome};
use niyam_kernel::id::{CaseId, EffectId};
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Text;
use niyam_rules::value::Value;

use super::build_case::readable_seals;
use super::timeline::{ActorView, EntryKind, ReasonView, Timeline, TimelineEntry, Told, ToldStatus};
use super::words;
use crate::error::{StoreError, ViewError};
use crate::outbox::{instead_of, message};
use crate::runtime::Runtime;
use crate::runtime::append::OutcomeRecord;
use crate::runtime::live::{Live, event_place, open_with};
use crate::runtime::versions;
use crate::seal::deployment::to_hex;
use crate::seal::split::{PERSON, REASON};
use crate::store::{EffectRow, EffectStatus, EventRow, NoticeRow, OutgoingRow};

/// Kind of the event that a person's act is.
const ACT: &str = "act";

/// What became of the effects of a case.
struct Deliveries {
    effects: BTreeMap<EffectId, EffectRow>,
    notices: BTreeMap<EffectId, NoticeRow>,
    outgoing: BTreeMap<EffectId, OutgoingRow>,
}

impl Runtime {
    /// What happened to a case, and why.
    pub async fn timeline(&self, id: CaseId, reader: Option<&Actor>) -> Result<Timeline, ViewError> {
        let row = self.store.case(id).await?.ok_or(ViewError::NoSuchCase(id))?;
        let deliveries = Deliveries {
            effects: self.store.effects_of(id).await?.into_iter().map(|row| (row.id, row)).collect(),
            notices: self.store.notices_of(id).await?.into_iter().map(|row| (row.id, row)).collect(),
            outgoing: self.store.outgoing_of(id).await?.into_iter().map(|row| (row.id, row)).collect(),
        };
        let live = match reader {
            Some(_) => Some(self.load(id).await?).filter(|live| readable_seals(live, reader).contains(PERSON)),
            None => None,
        };
        let (mut entries, mut answered) = (Vec::new(), BTreeSet::new());
        let events = self.store.events(id).await?;
        let history = versions::history(&events, row.version)?;
        for event in events {
            // each event in the words of the version that was in force for it
            let protocol = self
                .versions
                .load(versions::at(&history, event.number), self.store.as_ref())
                .await
                .map_err(|error| ViewError::Version { case: id, reason: error.to_string() })?;
            let mut entry = self.entry(&protocol, &row.number, &event, &deliveries, &mut answered)?;
            entry.reason_given = live.as_ref().map(|live| reason_given(live, &event)).transpose()?.flatten();
            entries.push(entry);
        }
        if let Some(actor) = reader.filter(|_| entries.iter().any(|entry| entry.reason_given.is_some())) {
            self.log_access(actor, Some(id), None, vec![PERSON.to_owned()]).await?;
        }
        Ok(Timeline { entries })
    }

    fn entry(
        &self,
        protocol: &Protocol,
        number: &str,
        row: &EventRow,
        deliveries: &Deliveries,
        answered: &mut BTreeSet<(u64, u32)>,
    ) -> Result<TimelineEntry, StoreError> {
        let (event, outcome) = read(row)?;
        // who was asked for once and is answered for again has handed over
        let again =
            matches!(&event.body, EventBody::Delivered { event, index, .. } if !answered.insert((*event, *index)));
        let mut reasons: Vec<ReasonView> =
            outcome.reasons.iter().map(|reason| words::reason(protocol, reason)).collect();
        if let Some(refusal) = &outcome.refusal {
            reasons.push(ReasonView { kind: "refused", text: words::refusal(protocol, refusal), place: None });
        }
        let late_ms = match &event.body {
            EventBody::TimerFired { due, .. } => Some(event.at.since_ms(*due)),
            EventBody::Opened { .. }
            | EventBody::Joined { .. }
            | EventBody::Act { .. }
            | EventBody::Recorded { .. }
            | EventBody::Delivered { .. }
            | EventBody::Moved { .. }
            | EventBody::External { .. }
            | EventBody::Halted { .. }
            | EventBody::Forgotten { .. } => None,
        };
        Ok(TimelineEntry {
            number: row.number,
            at: row.at,
            happened_at: row.happened_at,
            late_ms,
            kind: entry_kind(&event, &outcome),
            title: self.title(protocol, &event, &outcome, deliveries, again),
            actor: actor(&event.body).map(|actor| self.actor_view(protocol, actor)),
            reason_given: None,
            reasons,
            told: self.told(protocol, number, row, &outcome, deliveries),
            hash: to_hex(&row.hash),
        })
    }

    fn title(
        &self,
        protocol: &Protocol,
        event: &Event,
        outcome: &OutcomeRecord,
        deliveries: &Deliveries,
        again: bool,
    ) -> Text {
        match &event.body {
            EventBody::Opened { .. } => words::text("Case opened", "प्रकरण खोला गया"),
            EventBody::Joined { event, .. } => match event.as_str() {
                "alert.duplicate" => words::text("The same alert came again", "वही सूचना दोबारा आई"),
                "session.location" => words::text("New position", "नया स्थान मिला"),
                "session.stop" => words::text("The person stopped the session", "व्यक्ति ने सत्र बंद किया"),
                _ => words::text("A further alert joined", "एक और सूचना जुड़ी"),
            },
            EventBody::Act { act, .. } => words::act(protocol, act),
            EventBody::Recorded { state, .. } => {
                let label = words::state(protocol, state);
                words::text(format!("Form saved: {}", label.en), format!("प्रपत्र सहेजा गया: {}", label.hi))
            }
            EventBody::TimerFired { .. } => {
                let fired = outcome
                    .reasons
                    .iter()
                    .find(|reason| matches!(reason, niyam_kernel::step::Reason::Fired { .. }))
                    .map(|reason| words::reason(protocol, reason).text);
                fired.unwrap_or_else(|| words::text("A clock ran out", "एक घड़ी का समय पूरा हुआ"))
            }
            EventBody::Delivered { event, index, outcome } => {
                self.delivery_title(protocol, (*event, *index), outcome, deliveries, again)
            }
            EventBody::External { name, .. } if name == "alert.reopened" => {
                words::text("Made a case of a filed alert", "दर्ज रखी सूचना से प्रकरण बनाया गया")
            }
            EventBody::Moved { .. } => {
                words::text("Taken to another version of the protocol", "नियम के दूसरे संस्करण पर लाया गया")
            }
            EventBody::External { name, .. } if name == crate::outbox::AGAIN => {
                words::text("A failed message is sent again", "असफल संदेश फिर भेजा गया")
            }
            EventBody::Forgotten { .. } => words::text("Personal data no longer kept", "व्यक्तिगत डेटा अब नहीं रखा गया"),
            EventBody::External { name, .. } => words::same(name),
            EventBody::Halted { .. } => {
                words::text("An audit found that the log does not lead here", "जाँच में अभिलेख और स्थिति में अंतर मिला")
            }
        }
    }

    fn delivery_title(
        &self,
        protocol: &Protocol,
        place: (u64, u32),
        outcome: &Outcome,
        deliveries: &Deliveries,
        again: bool,
    ) -> Text {
        let effect = deliveries.effects.values().find(|row| (row.id.event, row.id.index) == place);
        let seat = effect.and_then(|row| match &row.effect {
            Effect::Assign { seat, .. } | Effect::Notify { seat, .. } => Some(words::role(protocol, &seat.role)),
            Effect::StartTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::Reply { .. }
            | Effect::DestroyKey { .. }
            | Effect::Closed { .. } => None,
        });
        let seat = seat.unwrap_or_else(|| words::text("the post", "पद"));
        match outcome {
            Outcome::Assigned { person, unit } => {
                let name = self.people.person_name(*person).unwrap_or_else(|| words::same(&person.to_string()));
                let unit = self.unit_name(unit);
                if again {
                    return words::text(
                        format!("Shift change: handed over to {}, {}, {}", name.en, seat.en, unit.en),
                        format!("पाली परिवर्तन: {}, {}, {} को सौंपा गया", name.hi, seat.hi, unit.hi),
                    );
                }
                words::text(
                    format!("{}, {}, {} is responsible", name.en, seat.en, unit.en),
                    format!("{}, {}, {} ज़िम्मेदार हैं", name.hi, seat.hi, unit.hi),
                )
            }
            Outcome::NobodyThere { unit } => {
                let at = unit.as_deref().map(|unit| self.unit_name(unit));
                let (en, hi) = at.map_or_else(
                    || (String::new(), String::new()),
                    |unit| (format!(" at {}", unit.en), format!(" ({})", unit.hi)),
                );
                words::text(format!("Nobody serves as {}{en}", seat.en), format!("{}{hi} पद पर कोई उपलब्ध नहीं", seat.hi))
            }
            Outcome::Done => words::text("Delivered", "पहुँचाया गया"),
            Outcome::Failed { reason } => {
                words::text(format!("Could not be delivered: {reason}"), format!("पहुँचाया नहीं जा सका: {reason}"))
            }
        }
    }

    fn actor_view(&self, protocol: &Protocol, actor: &Actor) -> ActorView {
        ActorView {
            name: self.people.person_name(actor.person).unwrap_or_else(|| words::same(&actor.person.to_string())),
            role_label: words::role(protocol, &actor.role),
            unit_name: self.people.unit_name(&actor.unit),
        }
    }

    /// Who was told something by a step, and what became of it.
    fn told(
        &self,
        protocol: &Protocol,
        number: &str,
        row: &EventRow,
        outcome: &OutcomeRecord,
        deliveries: &Deliveries,
    ) -> Vec<Told> {
        let mut told = Vec::new();
        for (index, effect) in outcome.effects.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let id = EffectId { case: row.case, event: row.number, index };
            let (to, message) = match effect {
                Effect::Notify { seat, message, values } => {
                    let notice = deliveries.notices.get(&id);
                    let role = words::role(protocol, &seat.role);
                    let unit = notice.and_then(|notice| notice.unit.as_deref()).map(|unit| self.unit_name(unit));
                    let to = unit.map_or(role.clone(), |unit| words::list([role, unit]));
                    let text = notice.map_or_else(
                        || message::render(protocol, message, values, number, self.people.as_ref()),
                        |notice| notice.text.clone(),
                    );
                    (to, text)
                }
                Effect::Reply { to, message, values } => {
                    let text = deliveries.outgoing.get(&id).map_or_else(
                        || message::render(protocol, message, values, number, self.people.as_ref()),
                        |outgoing| outgoing.text.clone(),
                    );
                    (words::recipient(*to), text)
                }
                Effect::StartTimer { .. }
                | Effect::CancelTimer { .. }
                | Effect::Assign { .. }
                | Effect::DestroyKey { .. }
                | Effect::Closed { .. } => continue,
            };
            let delivery = deliveries.effects.get(&id);
            told.push(Told {
                to,
                message,
                status: match delivery.map(|row| row.status) {
                    Some(EffectStatus::Done) => ToldStatus::Done,
                    Some(EffectStatus::Failed) => ToldStatus::Failed,
                    Some(EffectStatus::Waiting) | None => ToldStatus::Waiting,
                },
                note: delivery.and_then(|row| row.reason.as_deref()).map(note),
            });
            told.extend(self.instead(protocol, id, deliveries));
        }
        let halted = EffectId { case: row.case, event: row.number, index: u32::MAX };
        if let Some(notice) = deliveries.notices.get(&halted) {
            told.push(Told {
                to: words::role(protocol, &notice.role),
                message: notice.text.clone(),
                status: ToldStatus::Done,
                note: None,
            });
        }
        told
    }
}

impl Runtime {
    /// Who was told instead, when the case could not answer that nobody was there.
    fn instead(&self, protocol: &Protocol, id: EffectId, deliveries: &Deliveries) -> Option<Told> {
        let notice = deliveries.notices.get(&instead_of(id))?;
        let unit = notice.unit.as_deref().map(|unit| self.unit_name(unit));
        Some(Told {
            to: words::list([words::role(protocol, &notice.role)].into_iter().chain(unit)),
            message: notice.text.clone(),
            status: ToldStatus::Done,
            note: None,
        })
    }
}

/// The reason that a person gave for an act; `None` when there is none or its key was destroyed.
fn reason_given(live: &Live, row: &EventRow) -> Result<Option<String>, StoreError> {
    let corrupt = |reason: String| StoreError::Corrupt {
        table: "events",
        row: format!("{} {}", row.case, row.number),
        column: "sealed",
        reason,
    };
    let Some((_, sealed)) =
        row.sealed.iter().find(|(seal, _)| [ACT, versions::MOVED].contains(&row.kind.as_str()) && seal == PERSON)
    else {
        return Ok(None);
    };
    let place = event_place(row.case, row.number, PERSON);
    let opened = open_with(&live.keys, PERSON, sealed, &place).map_err(|error| corrupt(error.to_string()))?;
    let Some(plain) = opened else { return Ok(None) };
    let values: BTreeMap<String, Value> = serde_json::from_slice(&plain).map_err(|error| corrupt(error.to_string()))?;
    Ok(values.get(REASON).and_then(Value::as_text).map(str::to_owned))
}

/// An event and what the kernel made of it, as stored.
pub fn read(row: &EventRow) -> Result<(Event, OutcomeRecord), StoreError> {
    let corrupt = |column: &'static str, error: serde_json::Error| StoreError::Corrupt {
        table: "events",
        row: format!("{} {}", row.case, row.number),
        column,
        reason: error.to_string(),
    };
    let event = serde_json::from_str(&row.plain).map_err(|error| corrupt("plain", error))?;
    let outcome = serde_json::from_str(&row.outcome).map_err(|error| corrupt("outcome", error))?;
    Ok((event, outcome))
}

fn note(reason: &str) -> Text {
    if reason == crate::outbox::channel::NO_CHANNEL {
        words::text(reason, "भेजने की पेटी में रखा गया; कोई माध्यम जुड़ा नहीं है")
    } else {
        words::same(reason)
    }
}

const fn entry_kind(event: &Event, outcome: &OutcomeRecord) -> EntryKind {
    if outcome.refusal.is_some() {
        return EntryKind::Refused;
    }
    if outcome.halted {
        return EntryKind::Halted;
    }
    match &event.body {
        EventBody::Opened { .. } => EntryKind::Opened,
        EventBody::Joined { .. } => EntryKind::Joined,
        EventBody::Act { .. } => EntryKind::Act,
        EventBody::Recorded { .. } => EntryKind::Recorded,
        EventBody::TimerFired { .. } => EntryKind::Clock,
        EventBody::Delivered { .. } => EntryKind::Delivery,
        EventBody::Moved { .. } => EntryKind::Moved,
        EventBody::External { .. } | EventBody::Forgotten { .. } => EntryKind::External,
        EventBody::Halted { .. } => EntryKind::Halted,
    }
}

const fn actor(body: &EventBody) -> Option<&Actor> {
    match body {
        EventBody::Act { actor, .. } | EventBody::Recorded { actor, .. } | EventBody::Moved { actor, .. } => {
            Some(actor)
        }
        EventBody::Opened { .. }
        | EventBody::Joined { .. }
        | EventBody::TimerFired { .. }
        | EventBody::Delivered { .. }
        | EventBody::External { .. }
        | EventBody::Halted { .. }
        | EventBody::Forgotten { .. } => None,
    }
}
