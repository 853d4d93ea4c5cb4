//! From a data folder to a running engine.

use std::fs::File;
use std::path::Path;

use crate::error::OpenError;
use crate::seal::DeploymentKey;
use crate::store::sea::{DatabaseUrl, Location, SeaStore};
use crate::store::{Commit, Store, WorkStore as _, Write};
use crate::time::Entropy;

/// Name of the database in the data folder.
pub const DATABASE: &str = "niyam.db";
/// Name of the key file in the data folder.
pub const KEY: &str = "deployment.key";
/// Name of the file that a running engine holds.
const LOCK: &str = "niyam.lock";
/// What the database remembers of the key it was sealed with.
pub const KEY_CHECK: &str = "deployment_key";

/// What a data folder gives.
pub struct Opened {
    pub store: SeaStore,
    pub key: DeploymentKey,
    /// Held as long as the engine lives; `None` for data in memory.
    pub lock: Option<File>,
}

/// Opens data in a folder, or in memory without one. Errors: [`OpenError`]; nothing was changed then.
pub async fn open_data(
    folder: Option<&Path>,
    max_pages: Option<u32>,
    entropy: &dyn Entropy,
) -> Result<Opened, OpenError> {
    let Some(folder) = folder else {
        let store = SeaStore::open(&Location::Memory, max_pages).await?;
        let key = DeploymentKey::generate(entropy);
        check_key(&store, &key, Path::new("")).await?;
        return Ok(Opened { store, key, lock: None });
    };
    let lock = lock(folder)?;
    let database = folder.join(DATABASE);
    let key_path = folder.join(KEY);
    let has_data = database.exists();
    if has_data && !key_path.exists() {
        return Err(OpenError::KeyMissing { path: key_path });
    }
    let key = DeploymentKey::load(&key_path, has_data, entropy)?;
    let store = SeaStore::open(&Location::File(database), max_pages).await?;
    check_key(&store, &key, &key_path).await?;
    Ok(Opened { store, key, lock: Some(lock) })
}

/// Opens data that somebody else may be working on: takes no lock, upgrades nothing, starts nothing. Errors: [`OpenError`],
/// also when there are no data, or older ones.
pub async fn open_beside(
    folder: &Path,
    database: &[DatabaseUrl],
    entropy: &dyn Entropy,
) -> Result<(SeaStore, DeploymentKey), OpenError> {
    if database.is_empty() && !folder.join(DATABASE).exists() {
        return Err(OpenError::NoData { path: folder.to_owned() });
    }
    let key_path = folder.join(KEY);
    let key = DeploymentKey::load(&key_path, true, entropy)?;
    let store = open_unkeyed(folder, database).await?;
    match store.meta(KEY_CHECK).await? {
        Some(known) if known == key.check() => Ok((store, key)),
        Some(_) | None => Err(OpenError::KeyWrong { path: key_path }),
    }
}

/// As [`open_beside`], for what needs no key.
pub async fn open_unkeyed(folder: &Path, database: &[DatabaseUrl]) -> Result<SeaStore, OpenError> {
    if !database.is_empty() {
        return SeaStore::open_beside(&Location::Postgres(database.to_vec())).await;
    }
    let file = folder.join(DATABASE);
    if !file.exists() {
        return Err(OpenError::NoData { path: folder.to_owned() });
    }
    SeaStore::open_beside(&Location::File(file)).await
}

/// Takes the folder, so that no second program works on it; makes it when it is not there.
pub fn lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |error: std::io::Error| OpenError::Folder { path: folder.to_owned(), reason: error.to_string() };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let file = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse { path: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Opens the data on PostgreSQL, with this node's folder. Errors: [`OpenError`]; no data were changed then.
pub async fn open_postgres(
    folder: &Path,
    database: &[DatabaseUrl],
    entropy: &dyn Entropy,
) -> Result<Opened, OpenError> {
    let lock = lock(folder)?;
    let store = SeaStore::open(&Location::Postgres(database.to_vec()), None).await?;
    let key = shared_key(&store, &folder.join(KEY), entropy).await?;
    Ok(Opened { store, key, lock: Some(lock) })
}

/// This node's copy of the key. Only the first node of a deployment makes one; to all others it is brought.
async fn shared_key(store: &dyn Store, path: &Path, entropy: &dyn Entropy) -> Result<DeploymentKey, OpenError> {
    let sealed = store.meta(KEY_CHECK).await?.is_some();
    let made = !path.exists();
    let key = DeploymentKey::load(path, sealed, entropy)?;
    match check_key(store, &key, path).await {
        Err(OpenError::KeyWrong { .. }) if made => {
            // another node started at the same moment and was first: the key made here opens nothing
            std::fs::remove_file(path)
                .map_err(|error| OpenError::Folder { path: path.to_owned(), reason: error.to_string() })?;
            Err(OpenError::KeyMissing { path: path.to_owned() })
        }
        checked => checked.map(|()| key),
    }
}

/// Proves that a store was sealed with this key, or makes it so when it is new. Errors: [`OpenError::KeyWrong`] with the path
/// of the key file.
pub async fn check_key(store: &dyn Store, key: &DeploymentKey, path: &Path) -> Result<(), OpenError> {
    let known = if let Some(known) = store.meta(KEY_CHECK).await? {
        known
    } else {
        let writes = vec![Write::Meta(KEY_CHECK.to_owned(), key.check().to_vec())];
        match store.commit(&Commit { name: "remember the key", writes }).await {
            Ok(_) => return Ok(()),
            // another node may have been first
            Err(error) => store.meta(KEY_CHECK).await?.ok_or(error)?,
        }
    };
    if known == key.check() { Ok(()) } else { Err(OpenError::KeyWrong { path: path.to_owned() }) }
}
