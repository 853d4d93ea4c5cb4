//! A case in memory, open: state, keys, version, end of its hash chain.

use std::collections::BTreeMap;
use std::sync::Arc;

use niyam_kernel::id::CaseId;
use niyam_kernel::state::{CaseState, Life};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;

use super::Runtime;
use super::versions::VersionError;
use crate::error::{ActError, StoreError, ViewError};
use crate::seal::envelope::{Place, generation};
use crate::seal::split::{SealedState, join_state};
use crate::seal::{DeploymentKey, Key, SealError};
use crate::store::{CaseRow, KeyRow, StoredCase};
use crate::view::LifeView;

/// A case in memory.
#[derive(Clone)]
pub struct Live {
    pub row: CaseRow,
    pub state: CaseState,
    /// Link of the last event; for a new case the genesis.
    pub hash: [u8; 32],
    pub keys: Keys,
    pub protocol: Arc<Protocol>,
    /// What the store knows of the row's [`Lasting`] part.
    pub stored: Option<Lasting>,
}

/// What rarely changes of a case's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasting {
    life: LifeView,
    outcome: Option<String>,
    closed_at: Option<Timestamp>,
    version: VersionDigest,
}

impl Lasting {
    /// Of a row.
    pub fn of(row: &CaseRow) -> Self {
        Self { life: row.life, outcome: row.outcome.clone(), closed_at: row.closed_at, version: row.version }
    }
}

/// Keys of a case's seal groups.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// All that are left, by group and generation.
    pub left: BTreeMap<(String, u32), Key>,
    /// Next free generation of each group that was erased.
    pub after_erasure: BTreeMap<String, u32>,
}

impl Keys {
    /// The key that new values of a group are sealed with.
    pub fn newest(&self, seal: &str) -> Option<(u32, &Key)> {
        let from = self.after_erasure.get(seal).copied().unwrap_or(0);
        self.left
            .iter()
            .rfind(|((group, number), _)| group == seal && *number >= from)
            .map(|((_, number), key)| (*number, key))
    }

    /// Whether a group was erased and nothing was sealed in it since.
    pub fn is_erased(&self, seal: &str) -> bool {
        self.after_erasure.contains_key(seal) && self.newest(seal).is_none()
    }

    /// Forgets a group. Its next key has a generation that was never used.
    pub fn forget(&mut self, seal: &str) {
        let next = self.left.keys().filter(|(group, _)| group == seal).map(|(_, number)| number + 1).max();
        self.left.retain(|(group, _), _| group != seal);
        if let Some(next) = next {
            self.after_erasure.insert(seal.to_owned(), next);
        }
    }
}

/// Why a case cannot be loaded.
#[derive(Debug)]
pub enum LoadError {
    Missing(CaseId),
    Version(CaseId, String),
    Store(StoreError),
}

impl From<StoreError> for LoadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<LoadError> for ActError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Missing(case) => Self::NoSuchCase(case),
            LoadError::Version(case, reason) => Self::Version { case, reason },
            LoadError::Store(error) => Self::Store(error),
        }
    }
}

impl From<LoadError> for ViewError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Missing(case) => Self::NoSuchCase(case),
            LoadError::Version(case, reason) => Self::Version { case, reason },
            LoadError::Store(error) => Self::Store(error),
        }
    }
}

/// Where the wrapped key of a seal group belongs.
pub fn key_place(case: CaseId, seal: &str, generation: u32) -> Place<'_> {
    Place { kind: "key", of: case.0, number: u64::from(generation), part: seal }
}

/// Where the sealed part of a snapshot belongs.
pub fn snapshot_place(case: CaseId, number: u64, seal: &str) -> Place<'_> {
    Place { kind: "snapshot", of: case.0, number, part: seal }
}

/// Where the sealed part of an event belongs.
pub fn event_place(case: CaseId, number: u64, seal: &str) -> Place<'_> {
    Place { kind: "event", of: case.0, number, part: seal }
}

impl Live {
    /// About how many bytes it takes in memory.
    pub fn weight_bytes(&self) -> u64 {
        /// A node of a map, an allocation, a small struct in it.
        const ENTRY: usize = 160;
        let state = &self.state;
        let facts: usize = state.facts.iter().map(|(name, fact)| ENTRY + name.len() + value_bytes(&fact.value)).sum();
        let entries = state.configuration.len()
            + state.history.len()
            + state.timers.len()
            + state.owners.len()
            + self.keys.left.len()
            + self.keys.after_erasure.len();
        let bytes = size_of::<Self>() + ENTRY * (entries + 8) + facts + self.row.card.len();
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

fn value_bytes(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Unknown | Value::Bool(_) | Value::Int(_) => 0,
            Value::Text(text) => text.len(),
            Value::List(items) => items.iter().map(value_bytes).sum(),
            Value::Map(entries) => entries.iter().map(|(name, value)| 64 + name.len() + value_bytes(value)).sum(),
        }
}

impl Runtime {
    /// Loads a case with everything it knows.
    pub async fn load(&self, id: CaseId) -> Result<Live, LoadError> {
        let mut stored = self.store.load(id).await?.ok_or(LoadError::Missing(id))?;
        if !self.is_sound(&stored).await? {
            self.halt_unsound(&stored).await?;
            stored = self.store.load(id).await?.ok_or(LoadError::Missing(id))?;
        }
        let protocol =
            self.versions.load(stored.row.version, self.store.as_ref()).await.map_err(|error| match error {
                VersionError::Store(error) => LoadError::Store(error),
                VersionError::Missing(_) | VersionError::Unreadable(..) | VersionError::Changed(..) => {
                    LoadError::Version(id, error.to_string())
                }
            })?;
        Ok(self.open_case(stored, protocol)?)
    }

    fn open_case(&self, stored: StoredCase, protocol: Arc<Protocol>) -> Result<Live, StoreError> {
        let StoredCase { row, snapshot, keys, erased } = stored;
        let case = row.id;
        let corrupt = |table: &'static str, column: &'static str, reason: String| StoreError::Corrupt {
            table,
            row: case.to_string(),
            column,
            reason,
        };
        let keys = unwrap_keys(&self.key, case, keys, erased)
            .map_err(|error| corrupt("case_keys", "wrapped", error.to_string()))?;
        let mut state: CaseState =
            serde_json::from_str(&snapshot.plain).map_err(|error| corrupt("snapshots", "plain", error.to_string()))?;
        for (seal, sealed) in &snapshot.sealed {
            let place = snapshot_place(case, snapshot.number, seal);
            let opened = match open_with(&keys, seal, sealed, &place) {
                Ok(opened) => opened,
                // it stands still since an audit found this: a person must be able to look
                Err(_) if matches!(state.life, Life::Halted { .. }) => None,
                Err(error) => return Err(corrupt("snapshots", "sealed", error.to_string())),
            };
            let Some(plain) = opened else { continue };
            let part: SealedState =
                serde_json::from_slice(&plain).map_err(|error| corrupt("snapshots", "sealed", error.to_string()))?;
            join_state(&mut state, part);
        }
        let stored = Some(Lasting::of(&row));
        Ok(Live { row, state, hash: snapshot.hash, keys, protocol, stored })
    }
}

/// Keys of a case, ready for use.
pub fn unwrap_keys(
    deployment: &DeploymentKey,
    case: CaseId,
    rows: Vec<KeyRow>,
    erased: Vec<(String, u32)>,
) -> Result<Keys, SealError> {
    let mut keys = Keys::default();
    for row in rows {
        let key = deployment.unwrap(&row.wrapped, &key_place(case, &row.seal, row.generation))?;
        keys.left.insert((row.seal, row.generation), key);
    }
    for (seal, generation) in erased {
        let next = keys.after_erasure.entry(seal).or_default();
        *next = (*next).max(generation + 1);
    }
    Ok(keys)
}

/// Opens a sealed value with the key of its generation; `None` when that key was destroyed.
pub fn open_with(keys: &Keys, seal: &str, sealed: &[u8], place: &Place<'_>) -> Result<Option<Vec<u8>>, SealError> {
    let number = generation(sealed)?;
    match keys.left.get(&(seal.to_owned(), number)) {
        Some(key) => key.open(sealed, place).map(Some),
        None => Ok(None),
    }
}
