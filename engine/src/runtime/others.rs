//! What other nodes on the same database did.

use super::Runtime;
use crate::store::Heard;

impl Runtime {
    /// Passes on, to whoever listens here, what the other nodes changed. Never ends; waits for ever when there can be no
    /// other node.
    pub async fn hear_others(&self) {
        let Some(bus) = self.store.bus() else { return std::future::pending().await };
        loop {
            match bus.hear().await {
                Heard::Changed(changes) => {
                    for change in changes {
                        self.hot.forget_before(change);
                        // nobody listening is no failure
                        let _ = self.changes.send(change);
                    }
                }
                Heard::Missed => {
                    self.hot.forget_all();
                    self.missed.send_modify(|times| *times += 1);
                }
            }
            // a clock may have been armed, or an effect been left
            self.ring();
        }
    }
}
