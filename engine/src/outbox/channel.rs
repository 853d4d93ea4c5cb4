//! Ways out of the police: mail, SMS, the official account.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use niyam_kernel::time::Timestamp;
use tokio::sync::Semaphore;

use super::circuit::{Circuit, Leave, News};
use crate::store::OutgoingRow;

/// How long a message may be on its way unless its channel says otherwise.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Messages on their way at once unless their channel says otherwise.
const AT_ONCE: usize = 8;
/// How long a message waits for its turn in a channel before it is put back: shorter than a claim.
const TURN: Duration = Duration::from_secs(20);

/// One way out.
#[async_trait]
pub trait Channel: Send + Sync + 'static {
    /// Name, in metrics and on screens.
    fn name(&self) -> &str;

    /// Whether it can carry this message.
    fn carries(&self, message: &OutgoingRow) -> bool;

    /// Sends it under its own id ([`OutgoingRow::id`]); the same id again must not reach the receiver twice. Errors: why it
    /// did not go; it is tried again. Dropped after [`Channel::timeout`]; whether it went is then not known.
    async fn send(&self, message: &OutgoingRow) -> Result<Sent, Unsent>;

    /// How long one message may be on its way; at most 30 s, half a claim.
    fn timeout(&self) -> Duration {
        TIMEOUT
    }

    /// How many messages it carries at once, from 1.
    fn at_once(&self) -> usize {
        AT_ONCE
    }
}

/// It went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Name of the channel.
    pub channel: String,
    /// What is to be said about it, without personal data.
    pub note: String,
}

/// It did not go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// In plain words, without personal data.
    pub reason: String,
}

/// Keeps messages for a person to send by hand: no channel is connected.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutgoingBox;

/// Note on what lies in the box.
pub const NO_CHANNEL: &str = "written to the outgoing box, no channel connected";

#[async_trait]
impl Channel for OutgoingBox {
    fn name(&self) -> &'static str {
        "outgoing_box"
    }

    fn carries(&self, _message: &OutgoingRow) -> bool {
        true
    }

    async fn send(&self, _message: &OutgoingRow) -> Result<Sent, Unsent> {
        Ok(Sent { channel: "outgoing_box".to_owned(), note: NO_CHANNEL.to_owned() })
    }
}

/// All ways out, the best first.
#[derive(Clone)]
pub struct Channels(pub Vec<Arc<dyn Channel>>);

impl Default for Channels {
    fn default() -> Self {
        Self(vec![Arc::new(OutgoingBox)])
    }
}

/// All ways out, each with its bound and its circuit.
pub struct Exits(Vec<Exit>);

/// One way out with its bound and its circuit.
pub struct Exit {
    channel: Arc<dyn Channel>,
    turns: Semaphore,
    circuit: Mutex<Circuit>,
}

/// What came of a message.
pub enum Left {
    /// It went.
    Sent(Sent),
    /// It failed, or nobody knows.
    Failed(String),
    /// It was not tried: the channel is out of order or has no turn. Not before this moment, if one is known.
    Waits(Option<Timestamp>),
}

impl From<Channels> for Exits {
    fn from(channels: Channels) -> Self {
        let exit = |channel: Arc<dyn Channel>| Exit {
            turns: Semaphore::new(channel.at_once().max(1)),
            circuit: Mutex::default(),
            channel,
        };
        Self(channels.0.into_iter().map(exit).collect())
    }
}

impl Exits {
    /// The first channel that carries a message.
    #[must_use]
    pub fn of(&self, message: &OutgoingRow) -> Option<&Exit> {
        self.0.iter().find(|exit| exit.channel.carries(message))
    }
}

impl Exit {
    /// Name of the channel.
    pub fn name(&self) -> &str {
        self.channel.name()
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message in its turn, unless the channel is out of order. `now` is asked again after the wait for the turn.
    pub async fn send(&self, message: &OutgoingRow, now: impl Fn() -> Timestamp) -> (Left, Option<News>) {
        let Ok(Ok(_turn)) = tokio::time::timeout(TURN, self.turns.acquire()).await else {
            return (Left::Waits(None), None);
        };
        if let Leave::Wait(until) = self.circuit().ask(now()) {
            return (Left::Waits(Some(until)), None);
        }
        let began = tokio::time::Instant::now();
        let answer = tokio::time::timeout(self.channel.timeout(), self.channel.send(message)).await;
        let name = self.name().to_owned();
        metrics::histogram!("niyam_delivery_seconds", "channel" => name.clone()).record(began.elapsed().as_secs_f64());
        let left = match answer {
            Ok(Ok(sent)) => Left::Sent(sent),
            Ok(Err(Unsent { reason })) => Left::Failed(reason),
            Err(_) => Left::Failed(format!("no answer within {} s", self.channel.timeout().as_secs())),
        };
        let mut circuit = self.circuit();
        let news = match &left {
            Left::Sent(_) => circuit.went(),
            Left::Failed(_) | Left::Waits(_) => {
                metrics::counter!("niyam_delivery_failures_total", "channel" => name.clone()).increment(1);
                circuit.failed(now())
            }
        };
        metrics::gauge!("niyam_circuit_open", "channel" => name).set(if circuit.is_open() { 1.0 } else { 0.0 });
        (left, news)
    }
}
