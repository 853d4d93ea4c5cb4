//! Effects that were given up: the list, and trying one again by hand.

use std::collections::BTreeMap;

use niyam_kernel::effect::Effect;
use niyam_kernel::event::{Actor, EventBody};
use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;
use niyam_rules::value::Value;

use super::message;
use crate::error::{ActError, StoreError, ViewError};
use crate::runtime::{Runtime, TRIES};
use crate::store::{Commit, EffectRow, Write};
use crate::view::words;

/// Dead letters that are listed at most.
const LISTED: u64 = 500;
/// Event that says that a person had an effect tried again.
pub const AGAIN: &str = "delivery.again";

/// An effect that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id, under which it is tried again.
    pub id: EffectId,
    /// Its case.
    pub case: CaseId,
    /// Number of the case.
    pub number: String,
    /// To whom it was to go.
    pub to: Text,
    /// What was to be said.
    pub message: Text,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was tried last.
    pub tried_at: Timestamp,
    /// Why it failed the last time.
    pub reason: String,
}

impl Runtime {
    /// Effects that were given up, the latest first. Opens nothing sealed.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, ViewError> {
        let mut letters = Vec::new();
        for (row, at) in self.store.failed_effects(LISTED).await? {
            match self.dead_letter(row, at).await {
                Ok(letter) => letters.push(letter),
                // one that cannot be shown must not hide the others
                Err(error) => tracing::error!(%error, "a dead letter cannot be shown"),
            }
        }
        Ok(letters)
    }

    async fn dead_letter(&self, row: EffectRow, tried_at: Timestamp) -> Result<DeadLetter, ViewError> {
        let case = row.id.case;
        let card = self.store.case(case).await?.ok_or(ViewError::NoSuchCase(case))?;
        let protocol = self
            .versions
            .load(card.version, self.store.as_ref())
            .await
            .map_err(|error| ViewError::Version { case, reason: error.to_string() })?;
        let render = |message: &str, values: &BTreeMap<String, Value>| {
            message::render(&protocol, message, values, &card.number, self.people.as_ref())
        };
        let (to, message) = match &row.effect {
            Effect::Assign { seat, .. } => (words::role(&protocol, &seat.role), Text::default()),
            Effect::Notify { seat, message, values } => (words::role(&protocol, &seat.role), render(message, values)),
            Effect::Reply { to, message, values } => (words::recipient(*to), render(message, values)),
            Effect::StartTimer { .. }
            | Effect::CancelTimer { .. }
            | Effect::DestroyKey { .. }
            | Effect::Closed { .. } => (Text::default(), Text::default()),
        };
        Ok(DeadLetter {
            id: row.id,
            case,
            number: card.number,
            to,
            message,
            attempts: row.attempts,
            tried_at,
            reason: row.reason.unwrap_or_default(),
        })
    }

    /// Has an effect that was given up tried again, under the same id. Who did it is an event of the case.
    ///
    /// Errors: [`ActError::NotFailed`] when it was not given up, or somebody was faster.
    pub async fn deliver_again(&self, id: EffectId, actor: &Actor) -> Result<(), ActError> {
        let mut last = StoreError::Busy;
        for _ in 0..TRIES {
            let mut turn = self.turn(id.case).await?;
            let data = BTreeMap::from([
                ("event".to_owned(), Value::Int(i64::try_from(id.event).unwrap_or(i64::MAX))),
                ("index".to_owned(), Value::Int(i64::from(id.index))),
                ("person".to_owned(), Value::Text(actor.person.to_string())),
                ("role".to_owned(), Value::Text(actor.role.clone())),
                ("unit".to_owned(), Value::Text(actor.unit.clone())),
            ]);
            let body = EventBody::External { name: AGAIN.to_owned(), data: Value::Map(data) };
            let appended = turn.append(body, None).await?;
            let mut writes = vec![Write::EffectAgain { id, at: self.now() }];
            writes.extend(appended.writes);
            match turn.commit(Commit { name: "deliver an effect again", writes }).await {
                Ok(_) => {
                    self.tell(appended.change);
                    return Ok(());
                }
                Err(error @ StoreError::Conflict { .. }) => last = error,
                Err(StoreError::Ended(_)) => return Err(ActError::NotFailed(id)),
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }
}
