//! Backup and restore: everything a database holds in one file, whatever database it is.
//!
//! Purpose: [`backup`] writes one consistent moment of a database that others go on writing; [`restore()`] makes a database of it
//! in an empty place, also of the other kind, and proves that every row is there.
//!
//! Invariants: the deployment key is never in a backup. A backup has its name only when it is whole and on the disk; a restored
//! database likewise. A damaged or newer backup is refused before anything is made. Rows are streamed.
//!
//! The format is in `docs/storage.md`. Where a new thing goes: new tables and columns need nothing here.

mod file;
mod restore;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use niyam_kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{OpenError, StoreError};
use crate::runtime::start::open_unkeyed;
use crate::store::sea::{Cell, DatabaseUrl, SeaStore, Shape, Sink};
pub use file::{Checked, check};
pub use restore::{Restored, restore};

/// The first line of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Format of the file: 1.
    pub niyam_backup: u32,
    /// Version of the program that wrote it.
    pub niyam: String,
    /// When it was begun: what was written later may not be in it, what was erased later is.
    pub taken_at: Timestamp,
    /// Steps of the schema, in order.
    pub schema: Vec<String>,
}

/// What a backup says of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSum {
    /// Rows.
    pub rows: u64,
    /// Sum of the SHA-256 of its rows as numbers, modulo 2^256, big-endian hexadecimal: the same in whatever order they come.
    pub sum: String,
}

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The first line.
    #[serde(flatten)]
    pub head: Head,
    /// By table.
    pub tables: BTreeMap<String, TableSum>,
    /// SHA-256 of all bytes before the last line.
    pub sha256: String,
}

impl Manifest {
    /// Rows of a table; 0 when there is none of that name.
    #[must_use]
    pub fn rows(&self, table: &str) -> u64 {
        self.tables.get(table).map_or(0, |table| table.rows)
    }
}

/// Why there is no backup, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something already.
    #[error("`{}` is there already, and nothing is overwritten", .0.display())]
    Exists(PathBuf),
    /// There is something in the database already.
    #[error("the database is not empty, and nothing is restored over data")]
    NotEmpty,
    /// A file cannot be written or read.
    #[error("`{}` cannot be {doing}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// `written` or `read`.
        doing: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not as it was written.
    #[error("the backup is damaged: {0}; use another one")]
    Damaged(String),
    /// The file was written by a newer program.
    #[error("the backup was written by a newer niyam (it has `{0}`): restore it with that version")]
    Newer(String),
    /// After restoring, a table is not what the backup holds.
    #[error("the restored table `{0}` is not what the backup holds; nothing was kept")]
    Differs(String),
    /// The data cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes everything in a data folder, or on PostgreSQL, to a file, also while servers work on it. `row` is called for each row. Errors:
/// [`BackupError`]; nothing is left under the file's name then.
pub async fn backup(
    folder: &Path,
    database: &[DatabaseUrl],
    to: &Path,
    now: Timestamp,
    row: impl FnMut() + Send,
) -> Result<Manifest, BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    let store = open_unkeyed(folder, database).await?;
    let head = Head {
        niyam_backup: file::FORMAT,
        niyam: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: now,
        schema: niyam_migrations::known(),
    };
    let written = write(&store, to, head, row).await;
    let closed = store.close().await;
    let manifest = written?;
    closed?;
    Ok(manifest)
}

async fn write(store: &SeaStore, to: &Path, head: Head, row: impl FnMut() + Send) -> Result<Manifest, BackupError> {
    let mut file = file::Writer::new(to, &head)?;
    let mut sink = Counting { sums: Sums::default(), file: Some(&mut file), row };
    store.dump::<BackupError>(&mut sink).await?;
    let tables = sink.sums.tables;
    file.finish(tables)
}

/// How many rows there are to back up; for a progress bar.
pub async fn count(folder: &Path, database: &[DatabaseUrl]) -> Result<u64, BackupError> {
    let store = open_unkeyed(folder, database).await?;
    let rows = store.row_count().await;
    store.close().await?;
    Ok(rows?)
}

/// Sums of tables.
#[derive(Default)]
struct Sums {
    tables: BTreeMap<String, TableSum>,
    current: String,
    rows: u64,
    sum: [u8; 32],
}

impl Sums {
    fn table(&mut self, name: &str) {
        name.clone_into(&mut self.current);
        (self.rows, self.sum) = (0, [0; 32]);
    }

    fn row(&mut self, line: &str) {
        use sha2::Digest as _;
        self.rows += 1;
        let mut carry = 0_u16;
        let digest = sha2::Sha256::digest(line.as_bytes());
        for (byte, add) in self.sum.iter_mut().zip(digest).rev() {
            let total = u16::from(*byte) + u16::from(add) + carry;
            *byte = u8::try_from(total & 0xff).expect("masked to a byte");
            carry = total >> 8;
        }
    }

    fn end(&mut self) -> TableSum {
        let sum = TableSum { rows: self.rows, sum: crate::seal::deployment::to_hex(&self.sum) };
        self.tables.insert(std::mem::take(&mut self.current), sum.clone());
        sum
    }
}

/// Sums up rows, and writes them when there is a file.
struct Counting<'a, F> {
    sums: Sums,
    file: Option<&'a mut file::Writer>,
    row: F,
}

impl<F: FnMut()> Sink<BackupError> for Counting<'_, F> {
    fn table(&mut self, shape: &Shape) -> Result<(), BackupError> {
        self.sums.table(&shape.name);
        self.file.as_mut().map_or(Ok(()), |file| file.table(shape))
    }

    fn row(&mut self, cells: &[Cell]) -> Result<(), BackupError> {
        let line = file::line_of(cells);
        self.sums.row(&line);
        (self.row)();
        self.file.as_mut().map_or(Ok(()), |file| file.line(&line))
    }

    fn end(&mut self) -> Result<(), BackupError> {
        let sum = self.sums.end();
        self.file.as_mut().map_or(Ok(()), |file| file.end(&sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_counts_every_row_and_no_order() {
        let sum = |lines: &[&str]| {
            let mut sums = Sums::default();
            sums.table("t");
            for line in lines {
                sums.row(line);
            }
            sums.end()
        };
        assert_eq!(sum(&["a", "b", "c"]), sum(&["c", "a", "b"]));
        assert_ne!(sum(&["a", "b"]).sum, sum(&["a", "c"]).sum);
        assert_ne!(sum(&["a"]), sum(&["a", "a"]));
        assert_eq!(sum(&[]).sum, "0".repeat(64));
    }
}
