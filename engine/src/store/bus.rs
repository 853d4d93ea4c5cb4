//! What nodes on one database tell one another.

use async_trait::async_trait;

use crate::request::Change;

/// What a node hears of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// These cases changed.
    Changed(Vec<Change>),
    /// The line was down: anything may have changed meanwhile.
    Missed,
}

/// Tells the other nodes which cases changed, so that screens there follow. Best effort: nothing may depend on it but what
/// people see before they look again.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Tells the others of a change, after its commit. Never waits; what cannot be told at once is told later, and several
    /// changes of one case may be told as one.
    fn tell(&self, change: Change);

    /// The next that another node told; a node does not hear itself. Nothing is lost when the future is dropped. There is
    /// one listener.
    async fn hear(&self) -> Heard;
}
