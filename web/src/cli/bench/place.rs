//! Where a bench writes: databases that are there only while it runs.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use niyam_engine::engine::Data;
use niyam_engine::store::sea::Location;

use super::BenchError;

/// A folder for SQLite databases, or a PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// SQLite in this folder.
    Sqlite(PathBuf),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err("use `sqlite:FOLDER`; the folder is made for the bench and deleted after it".to_owned()),
        }
    }
}

/// A place that was made for a bench. Deleted when it is dropped, unless it is kept.
#[derive(Debug)]
pub struct Made {
    folder: PathBuf,
}

impl Place {
    /// `sqlite` or `postgres`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
        }
    }

    /// Makes it. Errors: [`BenchError::Occupied`] when it is there already.
    pub fn make(&self) -> Result<Made, BenchError> {
        let Self::Sqlite(folder) = self;
        if let Some(above) = folder.parent() {
            std::fs::create_dir_all(above)?;
        }
        match std::fs::create_dir(folder) {
            Ok(()) => Ok(Made { folder: folder.clone() }),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(BenchError::Occupied(folder.display().to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Made {
    /// The folder on the disk that is measured.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the engine works on.
    pub fn data(&self) -> Data {
        Data::Folder(self.folder.join("engine"))
    }

    /// The database that the engine works on.
    pub fn database(&self) -> Location {
        Location::File(self.folder.join("engine").join("niyam.db"))
    }

    /// Megabytes that all of it has on the disk.
    pub fn megabytes(&self) -> Result<u64, BenchError> {
        let mut bytes = 0;
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                let kind = entry.metadata()?;
                if kind.is_dir() { folders.push(entry.path()) } else { bytes += kind.len() }
            }
        }
        Ok(bytes / 1_000_000)
    }

    /// Deletes what was written so far.
    pub fn empty(&self) -> Result<(), BenchError> {
        std::fs::remove_dir_all(&self.folder)?;
        Ok(std::fs::create_dir(&self.folder)?)
    }

    /// A further database, empty.
    pub fn beside(&self, name: &str) -> Location {
        Location::File(self.folder.join(format!("{name}.db")))
    }

    /// Deletes a further database, so that the next one is empty again.
    pub fn forget(&self, name: &str) -> Result<(), BenchError> {
        for ending in ["db", "db-wal", "db-shm"] {
            match std::fs::remove_file(self.folder.join(format!("{name}.{ending}"))) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "what a bench wrote could not be deleted");
        }
    }
}
