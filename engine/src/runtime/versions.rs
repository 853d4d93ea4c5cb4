//! Versions: what new cases run on, and what running cases are pinned to.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use niyam_kernel::event::EventBody;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::{Bundle, Library, VersionDigest};
use niyam_rules::protocol::Protocol;
use serde::{Deserialize, Serialize};

use crate::error::{OpenError, StoreError};
use crate::store::{EventRow, Store, VersionRow};
use crate::view::read;

/// Kind of the event that takes a case to another version.
pub const MOVED: &str = "moved";

/// Compiled versions. Each is compiled once.
pub struct Versions {
    library: Library,
    current: BTreeMap<String, Arc<Protocol>>,
    compiled: RwLock<BTreeMap<VersionDigest, Arc<Protocol>>>,
}

/// One bundle of a version's content.
#[derive(Serialize, Deserialize)]
struct Stored {
    name: String,
    files: BTreeMap<String, String>,
}

impl Versions {
    /// Compiles everything in the library. Errors: [`OpenError::Protocol`] with the findings of the first that does not
    /// compile.
    pub fn compile(library: Library) -> Result<Self, OpenError> {
        let mut current = BTreeMap::new();
        for (name, bundle) in &library {
            let protocol =
                compile(bundle, &library).map_err(|findings| OpenError::Protocol { name: name.clone(), findings })?;
            current.insert(name.clone(), Arc::new(protocol));
        }
        let compiled = current.values().map(|protocol| (protocol.digest, Arc::clone(protocol))).collect();
        Ok(Self { library, current, compiled: RwLock::new(compiled) })
    }

    /// What new cases run on.
    pub fn current(&self, name: &str) -> Option<Arc<Protocol>> {
        self.current.get(name).map(Arc::clone)
    }

    /// All that new cases run on, by name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Protocol>> {
        self.current.values()
    }

    /// A version with its content, to be stored with the first case that runs on it.
    pub fn row(&self, protocol: &Protocol, first_used: Timestamp) -> VersionRow {
        let mut bundles = Vec::new();
        let mut next = Some(protocol.name.clone());
        while let Some(bundle) = next.and_then(|name| self.library.get(&name)) {
            bundles.push(Stored { name: bundle.name.clone(), files: bundle.files.clone() });
            next = self.current.get(&bundle.name).and_then(|protocol| protocol.extends.clone());
        }
        VersionRow {
            digest: protocol.digest,
            protocol: protocol.name.clone(),
            content: serde_json::to_string(&bundles).expect("bundles have text keys"),
            first_used,
        }
    }

    /// The row of a version when it is one that new cases run on; others are stored already.
    pub fn current_row(&self, protocol: &Protocol, first_used: Timestamp) -> Option<VersionRow> {
        let current = self.current.get(&protocol.name).is_some_and(|current| current.digest == protocol.digest);
        current.then(|| self.row(protocol, first_used))
    }

    /// A version that a case is pinned to. Errors: in words, when it is not stored, does not compile any more, or is not
    /// what its digest names.
    pub async fn load(&self, digest: VersionDigest, store: &dyn Store) -> Result<Arc<Protocol>, VersionError> {
        let known = self.compiled.read().unwrap_or_else(PoisonError::into_inner).get(&digest).map(Arc::clone);
        if let Some(protocol) = known {
            return Ok(protocol);
        }
        let row = store.version(digest).await?.ok_or(VersionError::Missing(digest))?;
        let bundles: Vec<Stored> =
            serde_json::from_str(&row.content).map_err(|error| VersionError::Unreadable(digest, error.to_string()))?;
        let mut library: Library = BTreeMap::new();
        for stored in bundles {
            library.insert(stored.name.clone(), Bundle { name: stored.name, files: stored.files });
        }
        let bundle = library.get(&row.protocol).ok_or(VersionError::Missing(digest))?;
        let protocol = compile(bundle, &library).map_err(|findings| VersionError::Unreadable(digest, findings))?;
        if protocol.digest != digest {
            return Err(VersionError::Changed(digest, protocol.digest));
        }
        let protocol = Arc::new(protocol);
        let mut compiled = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(compiled.entry(digest).or_insert(protocol)))
    }
}

/// Why a version cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// It is not in the database.
    #[error("the version {0} is not in the database")]
    Missing(VersionDigest),
    /// Its content does not compile.
    #[error("the version {0} does not compile: {1}")]
    Unreadable(VersionDigest, String),
    /// Its content is not what the digest names.
    #[error("the stored content of version {0} has the digest {1}: it was changed")]
    Changed(VersionDigest, VersionDigest),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// On which versions a case ran: the number of the first event of each, and its digest. `now` is what it runs on today.
///
/// Errors: [`StoreError::Corrupt`] when an event that moved the case cannot be read.
pub fn history(events: &[EventRow], now: VersionDigest) -> Result<Vec<(u64, VersionDigest)>, StoreError> {
    let mut ran: Vec<(u64, VersionDigest)> = Vec::new();
    for row in events.iter().filter(|row| row.kind == MOVED) {
        let (event, outcome) = read(row)?;
        let EventBody::Moved { from, to, .. } = event.body else { continue };
        if ran.is_empty() {
            ran.push((1, from));
        }
        if outcome.refusal.is_none() {
            ran.push((row.number, to));
        }
    }
    if ran.is_empty() {
        ran.push((1, now));
    }
    Ok(ran)
}

/// The version that an event was stepped with.
pub fn at(history: &[(u64, VersionDigest)], number: u64) -> VersionDigest {
    let before = history.iter().rev().find(|(from, _)| *from <= number);
    before.or(history.first()).map(|(_, digest)| *digest).expect("a history has a beginning")
}

fn compile(bundle: &Bundle, library: &Library) -> Result<Protocol, String> {
    let compiled = niyam_rules::compile(bundle, library);
    compiled.protocol.ok_or_else(|| {
        let findings: Vec<String> =
            compiled.diagnostics.iter().map(|finding| format!("{}: {}", finding.primary, finding.message)).collect();
        findings.join("\n")
    })
}
