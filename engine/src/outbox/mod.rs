//! Effects outside the case: who is made responsible, who is told, what is written to people outside.
//!
//! Purpose: effects are rows until they are delivered. Each is claimed, delivered at least once under its own id, and
//! what became of it is an event of the case where the chart asks for one or a person must know.
//!
//! Where a new thing goes: a new way out is a [`channel::Channel`]; a new kind of effect gets a module here.

pub mod channel;
pub mod message;
pub mod seat;

use niyam_kernel::effect::Effect;
use niyam_kernel::event::{EventBody, Outcome};
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::{Seat, Trigger};
use niyam_rules::protocol::Protocol;
use niyam_rules::text::Text;

use crate::error::{ActError, StoreError};
use crate::request::Change;
use crate::runtime::live::Live;
use crate::runtime::{Runtime, TRIES};
use crate::store::{Commit, EffectRow, EffectStatus, NoticeRow, OutgoingRow, Write};
pub use channel::{Channel, Channels, OutgoingBox, Sent, Unsent};

/// Effects claimed in one go.
const BATCH: u64 = 64;
/// Tries before an effect is given up.
pub const MOST_TRIES: u32 = 6;
/// Milliseconds before the second try; doubled each time, at most [`LONGEST_WAIT_MS`].
const FIRST_WAIT_MS: i64 = 5_000;
/// The longest wait between two tries, in milliseconds.
const LONGEST_WAIT_MS: i64 = 600_000;

/// What a delivery came to.
enum Delivered {
    /// An outcome, with what to write beside it.
    Ended { outcome: Outcome, writes: Vec<Write>, note: Option<String> },
    /// To be tried again.
    Again(String),
}

impl Runtime {
    /// Delivers what is due at `now`, once each. Returns how many were tried.
    pub async fn dispatch_once(&self, now: Timestamp) -> Result<usize, StoreError> {
        // within one node claims do not tell two dispatchers apart
        let _turn = self.dispatch_turn.lock().await;
        let claimed = self.store.claim_effects(&self.node, now, BATCH).await?;
        for row in &claimed {
            match self.deliver(row, now).await {
                Ok(()) | Err(ActError::Store(StoreError::Ended(_))) => {}
                Err(ActError::Store(StoreError::Full)) => return Err(StoreError::Full),
                Err(error) => {
                    tracing::error!(case.id = %row.id.case, effect.id = %row.id, %error, "an effect could not be delivered");
                    let write = retry(row, now, error.to_string());
                    self.commit(Commit { name: "put an effect back", writes: vec![write] }).await?;
                }
            }
        }
        Ok(claimed.len())
    }

    async fn deliver(&self, row: &EffectRow, now: Timestamp) -> Result<(), ActError> {
        let mut last = StoreError::Busy;
        for _ in 0..TRIES {
            let mut live = self.load(row.id.case).await?;
            let mut change = None;
            let writes = match self.attempt(row, &live, now).await {
                Delivered::Again(reason) if row.attempts + 1 < MOST_TRIES => vec![retry(row, now, reason)],
                Delivered::Again(reason) => {
                    self.end(row, &mut live, now, Outcome::Failed { reason: reason.clone() }, Some(reason), &mut change)
                        .await?
                }
                Delivered::Ended { outcome, mut writes, note } => {
                    writes.extend(self.end(row, &mut live, now, outcome, note, &mut change).await?);
                    writes
                }
            };
            match self.commit(Commit { name: "deliver an effect", writes }).await {
                Ok(_) => {
                    if let Some(change) = change {
                        self.tell(change);
                    }
                    return Ok(());
                }
                Err(error @ StoreError::Conflict { .. }) => last = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }

    /// Ends an effect, and makes it an event where somebody waits for it.
    async fn end(
        &self,
        row: &EffectRow,
        live: &mut Live,
        now: Timestamp,
        outcome: Outcome,
        note: Option<String>,
        change: &mut Option<Change>,
    ) -> Result<Vec<Write>, StoreError> {
        let status = match &outcome {
            Outcome::Failed { .. } => EffectStatus::Failed,
            Outcome::Assigned { .. } | Outcome::NobodyThere { .. } | Outcome::Done => EffectStatus::Done,
        };
        let mut writes = vec![Write::EffectEnded { id: row.id, status, at: now, reason: note }];
        *change = Some(Change { case: row.id.case, number: live.state.number });
        if !is_event(&outcome, &live.protocol) {
            return Ok(writes);
        }
        let mut after = live.clone();
        let failed = matches!(outcome, Outcome::Failed { .. });
        let body = EventBody::Delivered { event: row.id.event, index: row.id.index, outcome };
        let appended = self.append(&mut after, body, None).await?;
        match appended.refusal {
            None => {
                writes.extend(appended.writes);
                *change = Some(appended.change);
                *live = after;
            }
            // the case has ended or stands still: its chart cannot answer, but a failure must reach a person all the same
            Some(_) if failed => {
                writes.push(Write::Notice(self.supervisor_notice(live, row.id, now, &undelivered(live))));
            }
            Some(_) => {}
        }
        Ok(writes)
    }

    async fn attempt(&self, row: &EffectRow, live: &Live, now: Timestamp) -> Delivered {
        match &row.effect {
            Effect::Assign { seat, .. } => self.assign(live, seat, now),
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
                Delivered::Ended { outcome, writes: vec![Write::Notice(notice)], note: None }
            }
            Effect::Reply { to, message, values } => {
                let text = message::render(&live.protocol, message, values, &live.row.number, self.people.as_ref());
                let outgoing = OutgoingRow {
                    id: row.id,
                    at: now,
                    recipient: *to,
                    message: message.clone(),
                    text,
                    channel: String::new(),
                };
                match self.channels.send(&outgoing).await {
                    Ok(Sent { channel, note }) => Delivered::Ended {
                        outcome: Outcome::Done,
                        writes: vec![Write::Outgoing(OutgoingRow { channel, ..outgoing })],
                        note: Some(note),
                    },
                    Err(Unsent { reason }) => Delivered::Again(reason),
                }
            }
            Effect::StartTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::DestroyKey { .. }
            | Effect::Closed { .. } => Delivered::Ended { outcome: Outcome::Done, writes: Vec::new(), note: None },
        }
    }

    fn assign(&self, live: &Live, seat: &Seat, now: Timestamp) -> Delivered {
        let (unit, person) = self.occupant(live, seat, now);
        let outcome = match (unit, person) {
            (Some(unit), Some(person)) => Outcome::Assigned { person, unit },
            (unit, _) => Outcome::NobodyThere { unit },
        };
        Delivered::Ended { outcome, writes: Vec::new(), note: None }
    }

    /// Unit of a seat, and who sits there now.
    fn occupant(
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

fn retry(row: &EffectRow, now: Timestamp, reason: String) -> Write {
    let doubled = FIRST_WAIT_MS.saturating_mul(1_i64 << row.attempts.min(20));
    let wait = doubled.min(LONGEST_WAIT_MS);
    Write::EffectRetry { id: row.id, next_at: Timestamp::from_ms(now.as_ms().saturating_add(wait)), reason }
}
