//! Where a bench writes: databases that are there only while it runs.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use niyam_engine::engine::Data;
use niyam_engine::store::sea::ceiling::{drop_database, make_database};
use niyam_engine::store::sea::{DatabaseUrl, Location};
use tokio::runtime::Handle;

use super::BenchError;

/// The folder of a bench on PostgreSQL: for the key, and to measure the disk.
const FOLDER: &str = "niyam-bench";
/// Name of the key in the folder of an engine.
const KEY: &str = "deployment.key";

/// A folder for SQLite databases, or a PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// SQLite in this folder.
    Sqlite(PathBuf),
    /// New databases beside this one.
    Postgres(DatabaseUrl),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("postgres" | "postgresql", _)) => {
                text.parse().map(Self::Postgres).map_err(|error| format!("{error}"))
            }
            _ => Err("use `sqlite:FOLDER` or `postgres://USER@HOST/DATABASE`".to_owned()),
        }
    }
}

/// A place that was made for a bench. Its folder is deleted when it is dropped, and so are its databases when
/// [`Made::clear`] did not come to it because the bench failed.
#[derive(Debug)]
pub struct Made {
    folder: PathBuf,
    beside: Option<DatabaseUrl>,
}

impl Place {
    /// `sqlite` or `postgres`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// Makes it. Errors: [`BenchError::Occupied`] when it is there already.
    pub async fn make(&self) -> Result<Made, BenchError> {
        let (folder, beside) = match self {
            Self::Sqlite(folder) => (folder.clone(), None),
            Self::Postgres(url) => (PathBuf::from(FOLDER), Some(url.clone())),
        };
        if let Some(above) = folder.parent() {
            std::fs::create_dir_all(above)?;
        }
        let made = match std::fs::create_dir(&folder) {
            Ok(()) => Made { folder, beside },
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(BenchError::Occupied(folder.display().to_string()));
            }
            Err(error) => return Err(error.into()),
        };
        made.another("engine").await?;
        Ok(made)
    }
}

impl Made {
    /// The folder on the disk that is measured.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the first engine works on.
    pub fn data(&self) -> Data {
        self.data_of(0)
    }

    /// What an engine works on; those behind the first have the first one's key, which must be open.
    pub fn data_of_node(&self, node: usize) -> Result<Data, BenchError> {
        if node > 0 {
            std::fs::create_dir_all(self.node(node))?;
            std::fs::copy(self.node(0).join(KEY), self.node(node).join(KEY))?;
        }
        Ok(self.data_of(node))
    }

    fn data_of(&self, node: usize) -> Data {
        match &self.beside {
            None => Data::Folder(self.node(node)),
            Some(beside) => {
                Data::Postgres { folder: self.node(node), database: vec![beside.of_database(&name("engine"))] }
            }
        }
    }

    fn node(&self, node: usize) -> PathBuf {
        self.folder.join(if node == 0 { "engine".to_owned() } else { format!("node{node}") })
    }

    /// The folder of the first engine.
    pub fn engine_folder(&self) -> PathBuf {
        self.node(0)
    }

    /// The PostgreSQL database that the engines work on; none on SQLite.
    pub fn databases(&self) -> Vec<DatabaseUrl> {
        self.beside.iter().map(|beside| beside.of_database(&name("engine"))).collect()
    }

    /// The database that the engine works on.
    pub fn database(&self) -> Location {
        match &self.beside {
            None => Location::File(self.folder.join("engine").join("niyam.db")),
            Some(beside) => Location::Postgres(vec![beside.of_database(&name("engine"))]),
        }
    }

    /// Megabytes that all of it has in the folder; a PostgreSQL server keeps its own elsewhere.
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
    pub async fn empty(&self) -> Result<(), BenchError> {
        std::fs::remove_dir_all(&self.folder)?;
        std::fs::create_dir(&self.folder)?;
        self.another("engine").await
    }

    /// A further database, empty.
    pub async fn beside(&self, other: &str) -> Result<Location, BenchError> {
        self.another(other).await?;
        Ok(match &self.beside {
            None => Location::File(self.folder.join(format!("{other}.db"))),
            Some(beside) => Location::Postgres(vec![beside.of_database(&name(other))]),
        })
    }

    async fn another(&self, other: &str) -> Result<(), BenchError> {
        match &self.beside {
            None => {
                for ending in ["db", "db-wal", "db-shm"] {
                    match std::fs::remove_file(self.folder.join(format!("{other}.{ending}"))) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
                        _ => {}
                    }
                }
            }
            Some(beside) => {
                drop_database(beside, &name(other)).await?;
                make_database(beside, &name(other)).await?;
            }
        }
        Ok(())
    }

    /// Takes all databases away again.
    pub async fn clear(mut self) -> Result<(), BenchError> {
        match self.beside.take() {
            Some(beside) => drop_databases(&beside).await,
            None => Ok(()),
        }
    }
}

async fn drop_databases(beside: &DatabaseUrl) -> Result<(), BenchError> {
    for other in ["engine", "raw"] {
        drop_database(beside, &name(other)).await?;
    }
    Ok(())
}

/// Name of a database on a server; two benches do not meet.
fn name(other: &str) -> String {
    format!("niyam_bench_{}_{other}", std::process::id())
}

impl Drop for Made {
    fn drop(&mut self) {
        if let Some(beside) = self.beside.take() {
            // benches run on a runtime of several threads: another goes on with what this one would have done
            let dropped = tokio::task::block_in_place(|| Handle::current().block_on(drop_databases(&beside)));
            if let Err(error) = dropped {
                tracing::warn!(%error, "the databases of a bench could not be deleted");
            }
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, "what a bench wrote could not be deleted");
        }
    }
}
