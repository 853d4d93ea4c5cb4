//! From a data folder to a running engine.

use std::fs::File;
use std::path::Path;

use crate::error::OpenError;
use crate::seal::DeploymentKey;
use crate::store::sea::{Location, SeaStore};
use crate::store::{Commit, Store, Write};
use crate::time::Entropy;

/// Name of the database in the data folder.
const DATABASE: &str = "niyam.db";
/// Name of the key file in the data folder.
const KEY: &str = "deployment.key";
/// Name of the file that a running engine holds.
const LOCK: &str = "niyam.lock";
/// What the database remembers of the key it was sealed with.
const KEY_CHECK: &str = "deployment_key";

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

fn lock(folder: &Path) -> Result<File, OpenError> {
    let failed = |error: std::io::Error| OpenError::Folder { path: folder.to_owned(), reason: error.to_string() };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let file = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK)).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse { path: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Proves that a store was sealed with this key, or makes it so when it is new. Errors: [`OpenError::KeyWrong`] with the path
/// of the key file.
pub async fn check_key(store: &dyn Store, key: &DeploymentKey, path: &Path) -> Result<(), OpenError> {
    match store.meta(KEY_CHECK).await? {
        Some(known) if known == key.check() => Ok(()),
        Some(_) => Err(OpenError::KeyWrong { path: path.to_owned() }),
        None => {
            let writes = vec![Write::Meta(KEY_CHECK.to_owned(), key.check().to_vec())];
            store.commit(&Commit { name: "remember the key", writes }).await?;
            Ok(())
        }
    }
}
