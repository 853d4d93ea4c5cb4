//! From paths on the command line to protocols.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use niyam_rules::bundle::{Bundle, Library};
use niyam_rules::shipped;

use super::CliError;

/// Largest file that is read at all. Unit: bytes. What the language takes is less; it says so with a place.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// A protocol and the folder it was read from.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its files.
    pub bundle: Bundle,
    /// Where they lie.
    pub folder: PathBuf,
}

/// Protocols that paths name, in the order given, each once.
///
/// A path is the folder of a protocol, a folder of such folders, or any file inside a protocol.
///
/// # Errors
/// A path that cannot be read, or in which there is no protocol.
pub fn find(paths: &[PathBuf]) -> Result<Vec<Found>, CliError> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for path in paths {
        let several = folders_at(path)?;
        folders.extend(several.into_iter().filter(|folder| !folders.contains(folder)).collect::<Vec<_>>());
    }
    folders.into_iter().map(|folder| Ok(Found { bundle: read(&folder)?, folder })).collect()
}

/// What `extends` may name: the shipped protocols, replaced by those given.
#[must_use]
pub fn library(found: &[Found]) -> Library {
    let mut library = shipped::library();
    library.extend(found.iter().map(|one| (one.bundle.name.clone(), one.bundle.clone())));
    library
}

fn folders_at(path: &Path) -> Result<Vec<PathBuf>, CliError> {
    let unreadable = |source| CliError::Unreadable { path: path.to_owned(), source };
    let kind = fs::metadata(path).map_err(unreadable)?;
    if is_protocol(path) {
        return Ok(vec![path.to_owned()]);
    }
    if kind.is_file() {
        let whole = fs::canonicalize(path).map_err(unreadable)?;
        if let Some(folder) = whole.ancestors().skip(1).take(2).find(|folder| is_protocol(folder)) {
            // As the user wrote it, where that is possible: shorter, and the same from one run to the next.
            let written = path.ancestors().skip(1).take(2).find(|folder| is_protocol(folder));
            return Ok(vec![written.map_or_else(|| folder.to_owned(), Path::to_owned)]);
        }
    } else {
        let mut inner: Vec<PathBuf> = entries(path)?.into_iter().filter(|entry| is_protocol(entry)).collect();
        inner.sort();
        if !inner.is_empty() {
            return Ok(inner);
        }
    }
    Err(CliError::Usage {
        problem: format!("there is no protocol at `{}`", path.display()),
        advice: "name the folder that holds its protocol.yaml, a folder of such folders, or a file in one".to_owned(),
    })
}

fn is_protocol(folder: &Path) -> bool {
    folder.join("protocol.yaml").is_file()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, CliError> {
    let unreadable = |source| CliError::Unreadable { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, io::Error>>().map_err(unreadable)
}

fn read(folder: &Path) -> Result<Bundle, CliError> {
    let unreadable = |source| CliError::Unreadable { path: folder.to_owned(), source };
    let whole = fs::canonicalize(folder).map_err(unreadable)?;
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut files = BTreeMap::new();
    for entry in entries(folder)? {
        if entry.is_dir() {
            for inner in entries(&entry)?.into_iter().filter(|inner| inner.is_file()) {
                keep(folder, &inner, &mut files)?;
            }
        } else {
            keep(folder, &entry, &mut files)?;
        }
    }
    Ok(Bundle { name, files })
}

fn keep(folder: &Path, file: &Path, files: &mut BTreeMap<String, String>) -> Result<(), CliError> {
    let inside = file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/");
    // Editors and file managers leave these behind; they are nobody's rule.
    if inside.split('/').any(|part| part.starts_with('.') || part.ends_with('~')) {
        return Ok(());
    }
    files.insert(inside, text(file)?);
    Ok(())
}

/// Reads a text file of bounded size.
///
/// # Errors
/// Not there, not readable, not UTF-8, too large.
pub fn text(file: &Path) -> Result<String, CliError> {
    let unreadable = |source| CliError::Unreadable { path: file.to_owned(), source };
    let bytes = fs::metadata(file).map_err(unreadable)?.len();
    if bytes > FILE_BYTES {
        return Err(CliError::Usage {
            problem: format!("`{}` has {bytes} bytes; no file of a protocol is that large", file.display()),
            advice: "take it out of the protocol's folder".to_owned(),
        });
    }
    fs::read_to_string(file).map_err(unreadable)
}
