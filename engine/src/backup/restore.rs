//! From a backup to a database.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{Lines, Mark, cells_of, sync_folder};
use super::{BackupError, Checked, Counting, Sums, TableSum};
use crate::error::OpenError;
use crate::replay::{Around, Auditor};
use crate::runtime::start::{DATABASE, KEY, KEY_CHECK, lock, open_unkeyed};
use crate::seal::DeploymentKey;
use crate::store::sea::{Cell, DatabaseUrl, Filler, Loading, Location, NotLoading, dump};

/// Rows written in one transaction.
const BATCH: u32 = 10_000;

/// A restored database, and how to look at it.
pub struct Restored {
    /// Proves it by replay; without the key only by its chains.
    pub auditor: Arc<Auditor>,
    /// Whether the key was there.
    pub has_key: bool,
}

/// Makes the database of a data folder of a backup that was checked, or one on PostgreSQL. The folder may hold the
/// deployment key and a roster, but no database; on PostgreSQL the database must be empty. `row` is called for each row.
/// Errors: [`BackupError`]; there is no database then.
pub async fn restore(
    from: &Checked,
    folder: &Path,
    database: &[DatabaseUrl],
    around: Around,
    mut row: impl FnMut() + Send,
) -> Result<Restored, BackupError> {
    let _lock = lock(folder)?;
    let key_path = folder.join(KEY);
    let key =
        if key_path.exists() { Some(DeploymentKey::load(&key_path, true, around.entropy.as_ref())?) } else { None };
    if database.is_empty() {
        let file = folder.join(DATABASE);
        if file.exists() {
            return Err(BackupError::Exists(file));
        }
        let part = Part::new(folder);
        part.remove();
        fill(from, Location::File(part.path.clone()), key.as_ref(), &key_path, &mut row).await?;
        let failed = |source| BackupError::File { path: file.clone(), doing: "written", source };
        let durable = fs::File::open(&part.path).and_then(|part| part.sync_all());
        durable.map_err(failed)?;
        fs::rename(&part.path, &file).and_then(|()| sync_folder(&file)).map_err(failed)?;
    } else {
        fill(from, Location::Postgres(database.to_vec()), key.as_ref(), &key_path, &mut row).await?;
    }
    let store = open_unkeyed(folder, database).await?;
    let has_key = key.is_some();
    let auditor = Auditor::of(Arc::new(store), key.map(Arc::new), around)?;
    Ok(Restored { auditor, has_key })
}

/// A database that is not whole yet; removed unless it got its name.
struct Part {
    path: PathBuf,
}

impl Part {
    fn new(folder: &Path) -> Self {
        Self { path: folder.join(format!("{DATABASE}.part")) }
    }

    fn remove(&self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            let mut name = self.path.clone().into_os_string();
            name.push(end);
            // mostly there is none
            let _ = fs::remove_file(name);
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.remove();
    }
}

async fn fill(
    from: &Checked,
    location: Location,
    key: Option<&DeploymentKey>,
    key_path: &Path,
    row: &mut (impl FnMut() + Send),
) -> Result<(), BackupError> {
    let mut loading = match Loading::begin(location, &from.manifest.head.schema).await {
        Ok(loading) => loading,
        Err(NotLoading::NotEmpty) => return Err(BackupError::NotEmpty),
        Err(NotLoading::Store(error)) => return Err(error.into()),
    };
    if let Err(error) = load_and_compare(from, &mut loading, key, key_path, row).await {
        loading.give_up().await;
        return Err(error);
    }
    Ok(loading.finish().await?.close().await?)
}

async fn load_and_compare(
    from: &Checked,
    loading: &mut Loading,
    key: Option<&DeploymentKey>,
    key_path: &Path,
    row: &mut (impl FnMut() + Send),
) -> Result<(), BackupError> {
    let known = load(from, loading, row).await?;
    compare(from, loading).await?;
    match (key, known) {
        (Some(key), Some(known)) if known != key.check() => {
            Err(OpenError::KeyWrong { path: key_path.to_owned() }.into())
        }
        _ => Ok(()),
    }
}

/// Writes all rows. Gives what the deployment remembers of its key.
async fn load(
    from: &Checked,
    loading: &mut Loading,
    row: &mut (impl FnMut() + Send),
) -> Result<Option<Vec<u8>>, BackupError> {
    let mut lines = Lines::open(&from.path)?;
    lines.line()?;
    let mut filler: Option<Filler> = None;
    let (mut written, mut known) = (0_u32, None);
    while let Some(line) = lines.line()? {
        if line.starts_with('[') {
            let table = filler.as_ref().ok_or_else(|| BackupError::Damaged("a row has no table".to_owned()))?;
            let cells = cells_of(&line, table.columns()).map_err(BackupError::Damaged)?;
            table.row(loading.db()?, &cells).await?;
            if let [Cell::Text(name), Cell::Bytes(value)] = cells.as_slice()
                && name == KEY_CHECK
            {
                known = Some(value.clone());
            }
            row();
            written = written.wrapping_add(1);
            if written.is_multiple_of(BATCH) {
                loading.pause().await?;
            }
            continue;
        }
        match serde_json::from_str(&line).map_err(|error| BackupError::Damaged(error.to_string()))? {
            Mark::Table { name, columns } => {
                filler = Some(Filler::new(loading.db()?, &name, &columns).await.map_err(BackupError::Damaged)?);
            }
            Mark::End(_) => filler = None,
            Mark::Manifest(_) => break,
        }
    }
    Ok(known)
}

/// Reads everything back.
async fn compare(from: &Checked, loading: &Loading) -> Result<(), BackupError> {
    let mut sink = Counting { sums: Sums::default(), file: None, row: || {} };
    dump::<BackupError>(loading.db()?, &mut sink).await?;
    let nothing = TableSum::default();
    for (name, held) in &from.manifest.tables {
        if sink.sums.tables.get(name).unwrap_or(&nothing) != held {
            return Err(BackupError::Differs(name.clone()));
        }
    }
    Ok(())
}
