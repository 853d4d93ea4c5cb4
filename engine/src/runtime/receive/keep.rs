//! The bytes of an alert and how they were read: sealed when they are kept, opened when they are shown.

use niyam_kernel::id::AlertId;
use niyam_kernel::time::Timestamp;

use crate::error::StoreError;
use crate::request::{Class, Received};
use crate::runtime::Runtime;
use crate::seal::Key;
use crate::seal::envelope::Place;
use crate::store::{AlertRow, Commit, NewAlert, Write};
use crate::understood::Contents;

/// Milliseconds in which nobody else takes up an alert that was just kept: longer than reading the largest takes. It only
/// saves work; that an alert is worked on once is sure because of [`crate::store::AlertRead::was`].
const OURS_MS: i64 = 10_000;

/// Where the wrapped key of an alert belongs.
pub fn alert_key_place(alert: AlertId) -> Place<'static> {
    Place { kind: "alert-key", of: alert.0, number: 0, part: "" }
}

/// Where a sealed part of an alert belongs: `bytes` or `reading`.
pub fn alert_place(alert: AlertId, part: &'static str) -> Place<'static> {
    Place { kind: "alert", of: alert.0, number: 0, part }
}

impl Runtime {
    pub(super) async fn keep_bytes(
        &self,
        alert: AlertId,
        sha256: [u8; 32],
        received: &Received,
    ) -> Result<(), StoreError> {
        let entropy = self.entropy.as_ref();
        let key = Key::generate(entropy);
        let row = AlertRow {
            id: alert,
            channel: received.channel.clone(),
            content_type: received.content_type.clone(),
            received_at: received.received_at,
            sha256,
            length: u64::try_from(received.bytes.len()).unwrap_or(u64::MAX),
            drill: received.drill,
            class: Class::Unread,
            source: received.channel.clone(),
            reason: None,
            wrapped_key: Some(self.key.wrap(&key, &alert_key_place(alert), entropy)),
            sealed_reading: None,
            repeats: 0,
            attempts: 0,
        };
        let sealed_bytes = key.seal(0, &received.bytes, &alert_place(alert, "bytes"), entropy);
        let next_at = Timestamp::from_ms(self.now().as_ms().saturating_add(OURS_MS));
        let writes = vec![Write::Alert(Box::new(NewAlert { row, sealed_bytes, next_at }))];
        self.commit(Commit { name: "keep an alert", writes }).await.map(drop)
    }

    /// An alert as it was received; `None` when it was erased.
    pub async fn received_again(&self, alert: AlertId) -> Result<Option<Received>, StoreError> {
        let Some(row) = self.store.alert(alert).await? else { return Ok(None) };
        let Some(bytes) = self.alert_bytes(&row).await? else { return Ok(None) };
        Ok(Some(Received {
            channel: row.channel,
            content_type: row.content_type,
            bytes,
            received_at: row.received_at,
            drill: row.drill,
        }))
    }

    /// Plain bytes of an alert; `None` when they were erased.
    pub async fn alert_bytes(&self, row: &AlertRow) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(wrapped) = &row.wrapped_key else { return Ok(None) };
        let Some(sealed) = self.store.alert_bytes(row.id).await? else { return Ok(None) };
        let opened = self
            .key
            .unwrap(wrapped, &alert_key_place(row.id))
            .and_then(|key| key.open(&sealed, &alert_place(row.id, "bytes")));
        opened.map(Some).map_err(|error| StoreError::Corrupt {
            table: "alerts",
            row: row.id.to_string(),
            column: "sealed_bytes",
            reason: error.to_string(),
        })
    }

    /// How an alert was read; `None` when it was erased or not read yet.
    pub fn contents(&self, row: &AlertRow) -> Result<Option<Contents>, StoreError> {
        let (Some(wrapped), Some(sealed)) = (&row.wrapped_key, &row.sealed_reading) else { return Ok(None) };
        let corrupt = |reason: String| StoreError::Corrupt {
            table: "alerts",
            row: row.id.to_string(),
            column: "sealed_reading",
            reason,
        };
        let plain = self
            .key
            .unwrap(wrapped, &alert_key_place(row.id))
            .and_then(|key| key.open(sealed, &alert_place(row.id, "reading")))
            .map_err(|error| corrupt(error.to_string()))?;
        serde_json::from_slice(&plain).map(Some).map_err(|error| corrupt(error.to_string()))
    }
}
