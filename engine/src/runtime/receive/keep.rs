//! The bytes of an alert and how they were read: sealed when they are kept, opened when they are shown.

use niyam_kernel::id::{AlertId, CaseId};
use niyam_kernel::time::Timestamp;

use crate::error::StoreError;
use crate::request::{Class, Received};
use crate::runtime::append::json;
use crate::runtime::{Runtime, TRIES};
use crate::seal::Key;
use crate::seal::envelope::Place;
use crate::store::{AlertRead, AlertRow, Commit, Expected, NewAlert, Write};
use crate::time::new_uuid;
use crate::understood::{Contents, Understood};
use crate::view::LifeView;

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

/// An alert that is kept and waits to be worked on.
pub(super) struct Kept {
    pub(super) alert: AlertId,
    /// What it is in the store. Work on it counts only while it is that.
    pub(super) was: Class,
    /// Its own key; `None` when it was erased.
    key: Option<Key>,
    /// Other alerts of the same bytes.
    same: Vec<AlertId>,
}

/// What keeping came to.
pub(super) enum Keeping {
    /// The bytes are new.
    New(Kept),
    /// Somebody looks after the same bytes already; the repeat was counted.
    Again(AlertId),
}

impl Runtime {
    /// Makes the bytes durable, unless somebody looks after the same bytes already: then the repeat is counted.
    pub(super) async fn keep(&self, sha256: [u8; 32], received: &Received) -> Result<Keeping, StoreError> {
        for _ in 0..TRIES {
            let same = self.store.same_alerts(&sha256, &received.channel, received.drill).await?;
            if let Some(alert) = self.held(&same).await? {
                let writes = vec![Write::AlertRepeated(alert, received.received_at)];
                self.commit(Commit { name: "note a repeated alert", writes }).await?;
                return Ok(Keeping::Again(alert));
            }
            let alert = AlertId(new_uuid(self.now(), self.entropy.as_ref()));
            let key = Key::generate(self.entropy.as_ref());
            let expected = Expected::SameBytes {
                sha256,
                channel: received.channel.clone(),
                drill: received.drill,
                alerts: same.iter().copied().collect(),
            };
            let new = self.sealed(alert, &key, sha256, received);
            let writes = vec![Write::Expect(expected), Write::Alert(Box::new(new))];
            match self.commit(Commit { name: "keep an alert", writes }).await {
                Ok(_) => return Ok(Keeping::New(Kept { alert, was: Class::Unread, key: Some(key), same })),
                // the same bytes came at the same moment: look again
                Err(StoreError::Moved) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Moved)
    }

    fn sealed(&self, alert: AlertId, key: &Key, sha256: [u8; 32], received: &Received) -> NewAlert {
        let entropy = self.entropy.as_ref();
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
            wrapped_key: Some(self.key.wrap(key, &alert_key_place(alert), entropy)),
            sealed_reading: None,
            repeats: 0,
            attempts: 0,
        };
        let sealed_bytes = key.seal(0, &received.bytes, &alert_place(alert, "bytes"), entropy);
        let next_at = Timestamp::from_ms(self.now().as_ms().saturating_add(OURS_MS));
        NewAlert { row, sealed_bytes, next_at }
    }

    /// The alert of the same bytes that somebody looks after or will: one that is unread, or of an open case. The same bytes
    /// after the case was closed or halted are a new cry for help, and what was filed is read again.
    async fn held(&self, same: &[AlertId]) -> Result<Option<AlertId>, StoreError> {
        for alert in same {
            let unread = self.store.alert(*alert).await?.is_some_and(|row| row.class == Class::Unread);
            if unread || self.lives_of(*alert).await?.iter().any(|(_, life)| *life == LifeView::Open) {
                return Ok(Some(*alert));
            }
        }
        Ok(None)
    }

    /// Cases that an alert opened or joined, and whether they run.
    async fn lives_of(&self, alert: AlertId) -> Result<Vec<(CaseId, LifeView)>, StoreError> {
        let mut lives = Vec::new();
        for link in self.store.cases_of(alert).await? {
            if let Some(case) = self.store.case(link.case).await? {
                lives.push((case.id, case.life));
            }
        }
        Ok(lives)
    }

    /// Cases that the same bytes belonged to before.
    pub(super) async fn earlier_cases(&self, kept: &Kept) -> Result<Vec<CaseId>, StoreError> {
        let mut cases = Vec::new();
        for same in &kept.same {
            cases.extend(self.lives_of(*same).await?.into_iter().map(|(case, _)| case));
        }
        Ok(cases)
    }

    /// An alert that was kept some time ago.
    pub(super) async fn kept_already(&self, row: &AlertRow) -> Result<Kept, StoreError> {
        let mut same = self.store.same_alerts(&row.sha256, &row.channel, row.drill).await?;
        same.retain(|alert| *alert != row.id);
        let key = row.wrapped_key.as_ref();
        let key = key.and_then(|wrapped| self.key.unwrap(wrapped, &alert_key_place(row.id)).ok());
        Ok(Kept { alert: row.id, was: row.class, key, same })
    }

    /// What an alert was taken for, its reading sealed with its own key.
    pub(super) fn read_write(&self, kept: &Kept, class: Class, understood: &Understood) -> Write {
        let sealed_reading = kept.key.as_ref().map(|key| {
            let text = json(&understood.contents);
            key.seal(0, text.as_bytes(), &alert_place(kept.alert, "reading"), self.entropy.as_ref())
        });
        Write::AlertRead(Box::new(AlertRead {
            id: kept.alert,
            was: kept.was,
            class,
            source: understood.source.clone(),
            reason: Some(understood.reason.clone()),
            sealed_reading,
        }))
    }

    /// An alert as it was received; `None` when it was erased.
    pub(super) async fn received_again(&self, row: &AlertRow) -> Result<Option<Received>, StoreError> {
        Ok(self.alert_bytes(row).await?.map(|bytes| Received {
            channel: row.channel.clone(),
            content_type: row.content_type.clone(),
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
