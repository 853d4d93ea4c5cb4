//! Delivers one effect and records what came of it.
//!
//! What goes outside is sent first, once, with nothing held; then the outcome is recorded, as often as it takes until nobody
//! else was at the case meanwhile. A node that lost its claim records nothing: the outcome is that of whoever took over.

use niyam_kernel::effect::Effect;
use niyam_kernel::event::{EventBody, Outcome};
use niyam_kernel::id::EffectId;
use niyam_kernel::state::Life;
use niyam_kernel::step::has_ended;
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::{Recipient, Seat, Trigger};
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Text;

use super::channel::{Left, Sent};
use super::retry::{MOST_TRIES, next_try, within};
use super::{message, seat};
use crate::error::{ActError, StoreError};
use crate::request::Change;
use crate::runtime::hot::Turn;
use crate::runtime::live::Live;
use crate::runtime::{Runtime, TRIES};
use crate::store::{Commit, EffectRow, EffectStatus, NoticeRow, OutgoingRow, Write};

/// Milliseconds that a message may wait for a channel that is out of order before a person is to see to it.
const LONGEST_PATIENCE_MS: u64 = 6 * 3_600_000;
/// Bound in milliseconds of the spread with which messages come back to a channel that was out of order.
const SPREAD_MS: u64 = 30_000;

/// Milliseconds until a message is looked at again while one before it is on its way.
const IN_HAND_MS: i64 = 1_000;

/// What a delivery came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// It ended, one way or the other.
    Ended,
    /// It is taken up again, not before this moment.
    Later(Timestamp),
}

/// What is to be recorded.
enum Settled {
    /// An outcome, with what to write beside it.
    Ended { outcome: Outcome, writes: Vec<Write>, note: Option<String> },
    /// It failed and is tried again.
    Again(String),
    /// It was not tried.
    Waits { until: Timestamp, reason: String },
}

impl Runtime {
    /// Delivers an effect. Errors: it could not be recorded; the effect is where it was.
    pub async fn deliver(&self, row: &EffectRow) -> Result<Came, ActError> {
        let sent = match &row.effect {
            Effect::Reply { to, message, values } => {
                let turn = self.turn(row.id.case).await?;
                let live = turn.live();
                let text = message::render(&live.protocol, message, values, &live.row.number, self.people.as_ref());
                drop(turn);
                Some(self.send_outside(row, *to, message, text).await?)
            }
            Effect::Assign { .. }
            | Effect::Notify { .. }
            | Effect::StartTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::DestroyKey { .. }
            | Effect::Closed { .. } => None,
        };
        let mut last = StoreError::Busy;
        for _ in 0..TRIES {
            let now = self.now();
            let mut turn = self.turn(row.id.case).await?;
            let inside;
            let result = if let Some(sent) = &sent {
                sent
            } else {
                inside = self.braked(row, self.inside(row, turn.live(), now), turn.live(), now).await?;
                &inside
            };
            let mut change = None;
            let (writes, came) = self.record(row, result, &mut turn, now, &mut change).await?;
            match turn.commit(Commit { name: "deliver an effect", writes }).await {
                Ok(_) => {
                    if let Some(change) = change {
                        self.tell(change);
                    }
                    return Ok(came);
                }
                Err(error @ StoreError::Conflict { .. }) => last = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }

    /// What to write for a result, and what the delivery came to then.
    async fn record(
        &self,
        row: &EffectRow,
        result: &Settled,
        turn: &mut Turn<'_>,
        now: Timestamp,
        change: &mut Option<Change>,
    ) -> Result<(Vec<Write>, Came), StoreError> {
        let (id, owner) = (row.id, self.node.clone());
        match result {
            Settled::Waits { until, reason } => {
                let write = Write::EffectWaits { id, owner, next_at: *until, reason: reason.clone() };
                Ok((vec![write], Came::Later(*until)))
            }
            Settled::Again(reason) if row.attempts + 1 < MOST_TRIES => {
                let next_at = next_try(row.attempts, now, self.entropy.as_ref());
                Ok((vec![Write::EffectRetry { id, owner, next_at, reason: reason.clone() }], Came::Later(next_at)))
            }
            Settled::Again(reason) => {
                let outcome = Outcome::Failed { reason: reason.clone() };
                Ok((self.end(row, turn, now, &outcome, Some(reason.clone()), change).await?, Came::Ended))
            }
            Settled::Ended { outcome, writes, note } => {
                let mut writes = writes.clone();
                writes.extend(self.end(row, turn, now, outcome, note.clone(), change).await?);
                Ok((writes, Came::Ended))
            }
        }
    }

    /// Ends an effect, and makes it an event where somebody waits for it.
    async fn end(
        &self,
        row: &EffectRow,
        turn: &mut Turn<'_>,
        now: Timestamp,
        outcome: &Outcome,
        note: Option<String>,
        change: &mut Option<Change>,
    ) -> Result<Vec<Write>, StoreError> {
        let status = match outcome {
            Outcome::Failed { .. } => EffectStatus::Failed,
            Outcome::Assigned { .. } | Outcome::NobodyThere { .. } | Outcome::Done => EffectStatus::Done,
        };
        let owner = self.node.clone();
        let mut writes = vec![Write::EffectEnded { id: row.id, owner, status, at: now, reason: note }];
        *change = Some(Change { case: row.id.case, number: turn.live().state.number });
        if !is_event(outcome, &turn.live().protocol) {
            return Ok(writes);
        }
        let body = EventBody::Delivered { event: row.id.event, index: row.id.index, outcome: outcome.clone() };
        if takes_events(turn.live()) {
            let appended = turn.append(body, None).await?;
            writes.extend(appended.writes);
            *change = Some(appended.change);
            return Ok(writes);
        }
        // the case has ended or stands still: its chart cannot answer, but what did not arrive must reach a person
        let live = turn.live();
        let text = match (&row.effect, outcome) {
            (_, Outcome::Failed { .. }) => Some(undelivered(live)),
            (Effect::Notify { message, values, .. }, Outcome::NobodyThere { .. }) => {
                Some(message::render(&live.protocol, message, values, &live.row.number, self.people.as_ref()))
            }
            (_, Outcome::NobodyThere { .. } | Outcome::Assigned { .. } | Outcome::Done) => None,
        };
        if let Some(text) = text {
            writes.push(Write::Notice(self.supervisor_notice(live, instead_of(row.id), now, &text)));
        }
        Ok(writes)
    }

    /// What becomes of an effect that stays in the house.
    fn inside(&self, row: &EffectRow, live: &Live, now: Timestamp) -> Settled {
        match &row.effect {
            Effect::Assign { seat, .. } => {
                let (unit, person) = self.occupant(live, seat, now);
                let outcome = match (unit, person) {
                    (Some(unit), Some(person)) => Outcome::Assigned { person, unit },
                    (unit, _) => Outcome::NobodyThere { unit },
                };
                Settled::Ended { outcome, writes: Vec::new(), note: None }
            }
            Effect::Notify { seat, message, values } => {
                let text = message::render(&live.protocol, message, values, &live.row.number, self.people.as_ref());
                let (unit, person) = self.occupant(live, seat, now);
                let notice = NoticeRow {
                    id: row.id,
                    at: now,
                    role: seat.role.clone(),
                    unit: unit.clone(),
                    person,
                    message: message.clone(),
                    text,
                };
                let outcome = if person.is_some() { Outcome::Done } else { Outcome::NobodyThere { unit } };
                Settled::Ended { outcome, writes: vec![Write::Notice(notice)], note: None }
            }
            Effect::Reply { .. }
            | Effect::StartTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::DestroyKey { .. }
            | Effect::Closed { .. } => Settled::Ended { outcome: Outcome::Done, writes: Vec::new(), note: None },
        }
    }

    /// Lets an effect wait whose seat is empty when its case has called one empty seat after the other.
    async fn braked(
        &self,
        row: &EffectRow,
        settled: Settled,
        live: &Live,
        now: Timestamp,
    ) -> Result<Settled, StoreError> {
        let is_empty = matches!(settled, Settled::Ended { outcome: Outcome::NobodyThere { .. }, .. });
        if !is_empty || !takes_events(live) {
            return Ok(settled);
        }
        Ok(match self.brake(row, now).await? {
            Some(until) => {
                Settled::Waits { until, reason: "nobody sits in this seat, nor in those called before it".to_owned() }
            }
            None => settled,
        })
    }

    /// Sends a message to somebody outside, unless an earlier one to them has not gone yet.
    async fn send_outside(
        &self,
        row: &EffectRow,
        to: Recipient,
        message: &str,
        text: Text,
    ) -> Result<Settled, StoreError> {
        if let Some(until) = self.behind(row, to).await? {
            return Ok(Settled::Waits { until, reason: "waits for a message before it".to_owned() });
        }
        let outgoing = OutgoingRow {
            id: row.id,
            at: self.now(),
            recipient: to,
            message: message.to_owned(),
            text,
            channel: String::new(),
        };
        let Some(exit) = self.exits.of(&outgoing) else {
            return Ok(Settled::Again("no channel carries this message".to_owned()));
        };
        let (left, news) = exit.send(&outgoing, || self.now()).await;
        if let Some(news) = news {
            self.tell_of_channel(exit.name(), news).await;
        }
        let now = self.now();
        Ok(match left {
            Left::Sent(Sent { channel, note }) => Settled::Ended {
                outcome: Outcome::Done,
                writes: vec![Write::Outgoing(OutgoingRow { channel, ..outgoing })],
                note: Some(note),
            },
            Left::Failed(reason) => Settled::Again(reason),
            Left::Waits(_) if now.since_ms(row.since) >= LONGEST_PATIENCE_MS => {
                let reason = format!("the channel {} has been out of order for hours", exit.name());
                Settled::Ended {
                    outcome: Outcome::Failed { reason: reason.clone() },
                    writes: Vec::new(),
                    note: Some(reason),
                }
            }
            Left::Waits(until) => {
                let until = within(until.unwrap_or(now), SPREAD_MS, self.entropy.as_ref());
                Settled::Waits { until, reason: format!("the channel {} is out of order", exit.name()) }
            }
        })
    }

    /// When to look again, while an earlier message of this case to the same person has not gone.
    async fn behind(&self, row: &EffectRow, to: Recipient) -> Result<Option<Timestamp>, StoreError> {
        let place = |row: &EffectRow| (row.id.event, row.id.index);
        let same = |other: &&EffectRow| matches!(&other.effect, Effect::Reply { to: other, .. } if *other == to);
        let effects = self.store.effects_of(row.id.case).await?;
        let waiting = effects.iter().filter(|other| other.status == EffectStatus::Waiting && place(other) < place(row));
        let last = waiting.filter(same).map(|other| other.next_at).max();
        let now = self.now();
        // one that is due is in somebody's hand: that may take a while
        let behind = |next: Timestamp| {
            if next > now { next.as_ms().saturating_add(1) } else { now.as_ms().saturating_add(IN_HAND_MS) }
        };
        Ok(last.map(|next| Timestamp::from_ms(behind(next))))
    }

    /// Unit of a seat, and who sits there now.
    pub fn occupant(
        &self,
        live: &Live,
        seat: &Seat,
        now: Timestamp,
    ) -> (Option<String>, Option<niyam_kernel::id::PersonId>) {
        let unit = seat::unit_of(&live.protocol, &live.state, &seat.unit, self.people.as_ref());
        let person = unit.as_deref().and_then(|unit| self.people.seat(&seat.role, unit, now));
        (unit, person)
    }
}

/// Id of the notice to the supervisor about an effect: the effect's own is taken by the notice it is, and a step has at most
/// 1000 effects.
#[must_use]
pub const fn instead_of(id: EffectId) -> EffectId {
    EffectId { case: id.case, event: id.event, index: id.index | 1 << 30 }
}

/// Whether a case still takes clocks and what became of its effects: not when it stands still or has ended for good.
#[must_use]
pub fn takes_events(live: &Live) -> bool {
    match &live.state.life {
        Life::Open => true,
        Life::Halted { .. } => false,
        Life::Closed { .. } => !has_ended(&live.protocol, &live.state),
    }
}

/// Whether an outcome becomes an event: always when a person must know, and else when the chart asks for it.
fn is_event(outcome: &Outcome, protocol: &Protocol) -> bool {
    match outcome {
        Outcome::Assigned { .. } | Outcome::NobodyThere { .. } | Outcome::Failed { .. } => true,
        Outcome::Done => protocol.chart.transitions.iter().any(|transition| match &transition.trigger {
            Trigger::Events(names) => names.iter().any(|name| niyam_kernel::descriptor::matches(name, "delivery.done")),
            Trigger::Always | Trigger::Clock(_) => false,
        }),
    }
}

/// Says that a message of a case that takes no events any more did not arrive.
fn undelivered(live: &Live) -> Text {
    Text {
        en: format!("A message of case {} could not be delivered. Look after it by hand.", live.row.number),
        hi: format!("प्रकरण {} का एक संदेश पहुँचाया नहीं जा सका। इसे स्वयं देखें।", live.row.number),
    }
}
