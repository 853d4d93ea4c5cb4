//! Takes effects up and sees to it that many are on their way at once, none of them twice.
//!
//! What is taken up is divided into chains: the effects of one case that stay in the house, and the messages of one case to
//! one person outside. Chains run side by side; within one, each waits for the one before.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use niyam_kernel::effect::Effect;
use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::Recipient;
use tokio::sync::watch;
use tracing::Instrument as _;

use super::deliver::Came;
use super::in_hand::Taken;
use crate::error::{ActError, StoreError};
use crate::runtime::Runtime;
use crate::store::{Commit, EffectRow, Write};

/// Effects taken up in one go.
const BATCH: u64 = 64;
/// Effects in hand at once at most.
const IN_HAND: usize = 256;
/// Milliseconds between two looks for more while there is much to do: what comes meanwhile is taken up together.
const PACE_MS: u64 = 5;
/// The longest pause between two looks, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 1_000;

/// Effects that wait for one another.
type Chain<'a> = Vec<Taken<'a>>;

impl Runtime {
    /// Delivers what is due at `now`, once each. Returns how many were taken up.
    pub async fn dispatch_once(&self, now: Timestamp) -> Result<usize, StoreError> {
        let taken = self.take_up_effects(now, BATCH).await?;
        let count = taken.len();
        let mut flying: FuturesUnordered<_> = chains(taken).into_iter().map(|chain| self.run_chain(chain)).collect();
        let mut result = Ok(count);
        while let Some(done) = flying.next().await {
            if let Err(error) = done {
                result = Err(error);
            }
        }
        result
    }

    /// Delivers what is due until `stop` says so; what is on its way then arrives first. One channel that hangs holds up
    /// neither the others nor the clocks.
    pub async fn keep_dispatching(&self, stop: &watch::Receiver<bool>) {
        let mut flying = FuturesUnordered::new();
        let mut stopped = stop.clone();
        while !*stop.borrow() {
            let in_hand = self.in_hand.count();
            let room = u64::try_from(IN_HAND.saturating_sub(in_hand)).unwrap_or(0).min(BATCH);
            let taken = match room {
                0 => Ok(Vec::new()),
                _ => beside(&mut flying, self.take_up_effects(self.now(), room)).await,
            };
            if taken.is_ok() {
                self.outbox_pulse.beat();
            }
            let pause_ms = match taken {
                Ok(taken) if taken.is_empty() => beside(&mut flying, self.pause_ms(room == 0)).await,
                Ok(taken) => {
                    flying.extend(chains(taken).into_iter().map(|chain| self.run_chain(chain)));
                    PACE_MS
                }
                Err(error) => {
                    tracing::error!(%error, "effects could not be taken up; they are tried again");
                    LONGEST_PAUSE_MS
                }
            };
            let pause = tokio::time::sleep(std::time::Duration::from_millis(pause_ms));
            tokio::pin!(pause);
            let mut woken = std::pin::pin!(self.wake_outbox.notified());
            loop {
                tokio::select! {
                    biased;
                    _ = stopped.wait_for(|stop| *stop) => break,
                    Some(done) = flying.next(), if !flying.is_empty() => {
                        note(done);
                        if room == 0 {
                            break;
                        }
                    }
                    () = &mut woken, if pause_ms > PACE_MS => break,
                    () = &mut pause => break,
                }
            }
        }
        while let Some(done) = flying.next().await {
            note(done);
        }
    }

    /// How long to wait for more when nothing is due now.
    async fn pause_ms(&self, full: bool) -> u64 {
        let next = if full { None } else { self.store.next_due().await.ok().flatten() };
        // what is due already is in hand, or is somebody else's: look again soon, not at once
        next.map_or(LONGEST_PAUSE_MS, |due| due.since_ms(self.now())).clamp(50, LONGEST_PAUSE_MS)
    }

    /// Claims effects that are due and not in hand yet.
    async fn take_up_effects(&self, now: Timestamp, limit: u64) -> Result<Vec<Taken<'_>>, StoreError> {
        let look = self.in_hand.look();
        // a store may list what this node holds already
        let held = u64::try_from(self.in_hand.count()).unwrap_or(0);
        let found = self.store.claim_effects(&self.node, now, limit + held).await?;
        Ok(look.take(found))
    }

    async fn run_chain(&self, chain: Chain<'_>) -> Result<(), StoreError> {
        let mut result = Ok(());
        let mut behind = None;
        for taken in chain {
            let row = &taken.row;
            let span = tracing::info_span!(
                "delivery",
                case.id = %row.id.case,
                effect.id = %row.id,
                cause.event = row.id.event,
                attempts = row.attempts
            );
            let came = match behind {
                // what went before has not arrived: what was said later must not arrive first
                Some(until) => self.wait_behind(row, until).await.map(|()| Came::Later(until)),
                None => self.deliver(row).instrument(span).await,
            };
            match came {
                Ok(Came::Later(until)) if matches!(row.effect, Effect::Reply { .. }) => behind = Some(until),
                Ok(Came::Later(_) | Came::Ended) | Err(ActError::Store(StoreError::Ended(_))) => {}
                Err(ActError::Store(error @ (StoreError::Full | StoreError::Unavailable { .. }))) => {
                    result = Err(error);
                }
                Err(error) => {
                    tracing::error!(case.id = %row.id.case, effect.id = %row.id, %error, "an effect could not be delivered");
                    if let Err(error) = self.try_later(row, error.to_string()).await {
                        result = Err(error);
                    }
                }
            }
        }
        result
    }

    /// An effect that broke is tried again like one that failed, so that it holds up nothing for ever.
    async fn try_later(&self, row: &EffectRow, reason: String) -> Result<(), StoreError> {
        let next_at = super::retry::next_try(row.attempts, self.now(), self.entropy.as_ref());
        let owner = self.node.clone();
        let write = Write::EffectRetry { id: row.id, owner, next_at, reason };
        match self.commit(Commit { name: "put an effect back", writes: vec![write] }).await {
            Ok(_) | Err(StoreError::Ended(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn wait_behind(&self, row: &EffectRow, until: Timestamp) -> Result<(), ActError> {
        let reason = "waits for a message before it".to_owned();
        // a moment after the one before it, so that it is taken up behind it
        let next_at = Timestamp::from_ms(until.as_ms().saturating_add(1));
        let write = Write::EffectWaits { id: row.id, owner: self.node.clone(), next_at, reason };
        self.commit(Commit { name: "let an effect wait", writes: vec![write] }).await?;
        Ok(())
    }
}

/// Waits for something while what is on its way goes on: it may hold the connection to the store that the other waits for.
async fn beside<T>(
    flying: &mut FuturesUnordered<impl Future<Output = Result<(), StoreError>>>,
    wanted: impl Future<Output = T>,
) -> T {
    let mut wanted = std::pin::pin!(wanted);
    loop {
        tokio::select! {
            biased;
            wanted = &mut wanted => return wanted,
            Some(done) = flying.next(), if !flying.is_empty() => note(done),
        }
    }
}

fn note(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::error!(%error, "the outcome of an effect could not be stored; it is tried again");
    }
}

/// Effects that wait for one another together, in the order in which the first of each is due.
fn chains(rows: Vec<Taken<'_>>) -> Vec<Chain<'_>> {
    let mut places: BTreeMap<(CaseId, Option<u8>), usize> = BTreeMap::new();
    let mut chains: Vec<Chain<'_>> = Vec::new();
    for taken in rows {
        let place = *places.entry((taken.row.id.case, outside(&taken.row.effect))).or_insert(chains.len());
        match chains.get_mut(place) {
            Some(chain) => chain.push(taken),
            None => chains.push(vec![taken]),
        }
    }
    for chain in &mut chains {
        chain.sort_by_key(|taken| (taken.row.id.event, taken.row.id.index));
    }
    chains
}

/// A number for the person outside that a message goes to; `None` for what stays in the house.
fn outside(effect: &Effect) -> Option<u8> {
    match effect {
        Effect::Reply { to, .. } => Some(match to {
            Recipient::Person => 0,
            Recipient::Platform => 1,
            Recipient::Reporter => 2,
            Recipient::OutsideUnit => 3,
        }),
        Effect::Assign { .. }
        | Effect::Notify { .. }
        | Effect::StartTimer { .. }
        | Effect::CancelTimer { .. }
        | Effect::DestroyKey { .. }
        | Effect::Closed { .. } => None,
    }
}
