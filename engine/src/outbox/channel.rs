//! Ways out of the police: mail, SMS, the official account.

use std::sync::Arc;

use async_trait::async_trait;

use crate::store::OutgoingRow;

/// One way out.
#[async_trait]
pub trait Channel: Send + Sync + 'static {
    /// Whether it can carry this message.
    fn carries(&self, message: &OutgoingRow) -> bool;

    /// Sends it under its own id; the same id again must not reach the receiver twice. Errors: why it did not go; it is
    /// tried again.
    async fn send(&self, message: &OutgoingRow) -> Result<Sent, Unsent>;
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

impl Channels {
    /// Sends through the first channel that carries the message.
    pub async fn send(&self, message: &OutgoingRow) -> Result<Sent, Unsent> {
        match self.0.iter().find(|channel| channel.carries(message)) {
            Some(channel) => channel.send(message).await,
            None => Err(Unsent { reason: "no channel carries this message".to_owned() }),
        }
    }
}
