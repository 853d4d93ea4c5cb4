//! The file: lines of JSON, the last of which vouches for all before it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::{BackupError, Head, Manifest, TableSum};
use crate::seal::deployment::to_hex;
use crate::store::sea::{Cell, Kind, Shape, without_zero};

/// Format of the file.
pub const FORMAT: u32 = 1;
/// Bytes of the longest line that is read: an alert of 40 MiB in base64 and what stands around it.
const LONGEST_LINE: u64 = 128 * 1024 * 1024;

/// Lines that are no rows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// A table begins: its columns follow in each row in this order.
    Table { name: String, columns: Vec<String> },
    /// It ends.
    End(TableSum),
    /// The whole file ends.
    Manifest(Manifest),
}

/// Writes a backup under another name and gives it its own when it is whole.
pub struct Writer {
    to: PathBuf,
    part: PathBuf,
    out: BufWriter<File>,
    sha256: Sha256,
    head: Head,
    finished: bool,
}

impl Writer {
    pub fn new(to: &Path, head: &Head) -> Result<Self, BackupError> {
        let mut name = to.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = to.with_file_name(name);
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let failed = |source| BackupError::File { path: to.to_owned(), doing: "written", source };
        let file = options.open(&part).map_err(failed)?;
        let mut writer = Self {
            to: to.to_owned(),
            part,
            out: BufWriter::with_capacity(1 << 20, file),
            sha256: Sha256::new(),
            head: head.clone(),
            finished: false,
        };
        writer.line(&json(head))?;
        Ok(writer)
    }

    fn failed(&self, source: std::io::Error) -> BackupError {
        BackupError::File { path: self.to.clone(), doing: "written", source }
    }

    pub fn line(&mut self, line: &str) -> Result<(), BackupError> {
        self.sha256.update(line.as_bytes());
        self.sha256.update(b"\n");
        let written = self.out.write_all(line.as_bytes()).and_then(|()| self.out.write_all(b"\n"));
        written.map_err(|error| self.failed(error))
    }

    pub fn table(&mut self, shape: &Shape) -> Result<(), BackupError> {
        let columns = shape.columns.iter().map(|(name, _)| name.clone()).collect();
        self.line(&json(&Mark::Table { name: shape.name.clone(), columns }))
    }

    pub fn end(&mut self, sum: &TableSum) -> Result<(), BackupError> {
        self.line(&json(&Mark::End(sum.clone())))
    }

    pub fn finish(mut self, tables: std::collections::BTreeMap<String, TableSum>) -> Result<Manifest, BackupError> {
        let sha256 = to_hex(&self.sha256.clone().finalize());
        let manifest = Manifest { head: self.head.clone(), tables, sha256 };
        self.line(&json(&Mark::Manifest(manifest.clone())))?;
        let durable = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        durable.map_err(|error| self.failed(error))?;
        if self.to.exists() {
            return Err(BackupError::Exists(self.to.clone()));
        }
        let named = fs::rename(&self.part, &self.to).and_then(|()| sync_folder(&self.to));
        named.map_err(|error| self.failed(error))?;
        self.finished = true;
        Ok(manifest)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.finished {
            // what is half is of no use; when it cannot be removed, its name says what it is
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// Makes the name of a file durable.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("marks have text keys")
}

/// A row as a line: an array of null, numbers, true, false, texts that every database takes, and bytes in base64.
pub fn line_of(cells: &[Cell]) -> String {
    let values = cells.iter().map(|cell| match cell {
        Cell::Nothing => Json::Null,
        Cell::Number(number) => Json::from(*number),
        Cell::Flag(flag) => Json::from(*flag),
        Cell::Text(text) => Json::from(without_zero(text)),
        Cell::Bytes(bytes) => Json::from(STANDARD.encode(bytes)),
    });
    Json::Array(values.collect()).to_string()
}

/// A line as a row. Errors: in words.
pub fn cells_of(line: &str, columns: &[(String, Kind)]) -> Result<Vec<Cell>, String> {
    let values: Vec<Json> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if values.len() != columns.len() {
        return Err("a row has another number of columns".to_owned());
    }
    let cells = values.into_iter().zip(columns).map(|(value, (name, kind))| match (kind, value) {
        (_, Json::Null) => Ok(Cell::Nothing),
        (Kind::Flag, Json::Bool(flag)) => Ok(Cell::Flag(flag)),
        (Kind::Text, Json::String(text)) => Ok(Cell::Text(text)),
        (Kind::Number, Json::Number(number)) => {
            number.as_i64().map(Cell::Number).ok_or_else(|| format!("column `{name}` holds no whole number"))
        }
        (Kind::Bytes, Json::String(text)) => {
            STANDARD.decode(text).map(Cell::Bytes).map_err(|_| format!("column `{name}` holds no base64"))
        }
        (_, _) => Err(format!("column `{name}` holds something else")),
    });
    cells.collect()
}

/// A backup that was read from end to end and is as it was written.
#[derive(Debug)]
pub struct Checked {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
}

/// Reads a backup from end to end. Errors: [`BackupError::Damaged`], [`BackupError::Newer`], [`BackupError::File`].
pub fn check(path: &Path) -> Result<Checked, BackupError> {
    let mut lines = Lines::open(path)?;
    let head = lines.line()?.ok_or_else(|| BackupError::Damaged("it is empty".to_owned()))?;
    let format = serde_json::from_str::<Json>(&head).ok().and_then(|head| head["niyam_backup"].as_u64());
    match format {
        Some(format) if format > u64::from(FORMAT) => {
            return Err(BackupError::Newer(format!("format {format}")));
        }
        Some(_) => {}
        None => return Err(BackupError::Damaged("it is no backup of niyam".to_owned())),
    }
    let head: Head = serde_json::from_str(&head).map_err(|error| BackupError::Damaged(error.to_string()))?;
    let known = niyam_migrations::known();
    if let Some(step) = head.schema.iter().find(|step| !known.contains(step)) {
        return Err(BackupError::Newer(step.clone()));
    }
    let mut before = lines.digest();
    let mut last = None;
    while let Some(line) = lines.line()? {
        if last.is_some() {
            return Err(BackupError::Damaged("it goes on behind its end".to_owned()));
        }
        if line.starts_with("{\"manifest\"") {
            last = Some(line);
        } else {
            before = lines.digest();
        }
    }
    let last = last.ok_or_else(|| BackupError::Damaged("its end is missing".to_owned()))?;
    let mark = serde_json::from_str(&last).map_err(|error| BackupError::Damaged(error.to_string()))?;
    let Mark::Manifest(manifest) = mark else { return Err(BackupError::Damaged("its end is another".to_owned())) };
    if manifest.head != head || manifest.sha256 != to_hex(&before.finalize()) {
        return Err(BackupError::Damaged("its bytes are not those that were written".to_owned()));
    }
    Ok(Checked { path: path.to_owned(), manifest })
}

/// Lines of a backup, one at a time.
pub struct Lines {
    path: PathBuf,
    read: BufReader<File>,
    sha256: Sha256,
}

impl Lines {
    pub fn open(path: &Path) -> Result<Self, BackupError> {
        let file = File::open(path);
        let file = file.map_err(|source| BackupError::File { path: path.to_owned(), doing: "read", source })?;
        Ok(Self { path: path.to_owned(), read: BufReader::with_capacity(1 << 20, file), sha256: Sha256::new() })
    }

    /// Digest of all lines read so far.
    fn digest(&self) -> Sha256 {
        self.sha256.clone()
    }

    pub fn line(&mut self) -> Result<Option<String>, BackupError> {
        let mut bytes = Vec::new();
        let read = (&mut self.read).take(LONGEST_LINE).read_until(b'\n', &mut bytes);
        read.map_err(|source| BackupError::File { path: self.path.clone(), doing: "read", source })?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.sha256.update(&bytes);
        if bytes.pop() != Some(b'\n') {
            return Err(BackupError::Damaged("a line has no end".to_owned()));
        }
        String::from_utf8(bytes).map(Some).map_err(|_| BackupError::Damaged("a line is no text".to_owned()))
    }
}
