//! What the binary carries: protocols, directory, extraction vocabulary, choice of protocol.

use include_dir::{Dir, DirEntry, include_dir};

use crate::bundle::{Bundle, Library};

static PROTOCOLS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/protocols");
static DIRECTORY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/directory");
static EXTRACTION: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/extraction");
static INTAKE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/intake");

/// The shipped protocols by name.
#[must_use]
pub fn library() -> Library {
    let folders = PROTOCOLS.dirs().filter_map(|folder| {
        let name = folder.path().file_name()?.to_str()?;
        let mut bundle = Bundle { name: name.to_owned(), ..Bundle::default() };
        collect(folder, &format!("{name}/"), &mut bundle);
        bundle.files.contains_key("protocol.yaml").then(|| (name.to_owned(), bundle))
    });
    folders.collect()
}

fn collect(folder: &Dir<'_>, prefix: &str, bundle: &mut Bundle) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(inner) => collect(inner, prefix, bundle),
            DirEntry::File(file) => {
                let path = file.path().to_string_lossy().replace('\\', "/");
                if let (Some(path), Some(content)) = (path.strip_prefix(prefix), file.contents_utf8()) {
                    bundle.files.insert(path.to_owned(), content.to_owned());
                }
            }
        }
    }
}

/// Name and content of each file of the directory (units, places), in the order of names.
pub fn directory() -> impl Iterator<Item = (String, &'static [u8])> {
    files(&DIRECTORY)
}

/// Name and content of each file of the extraction vocabulary, in the order of names.
pub fn extraction() -> impl Iterator<Item = (String, &'static [u8])> {
    files(&EXTRACTION)
}

/// Name and content of each file that says which protocol an alert runs on, in the order of names.
pub fn intake() -> impl Iterator<Item = (String, &'static [u8])> {
    files(&INTAKE)
}

fn files(folder: &'static Dir<'static>) -> impl Iterator<Item = (String, &'static [u8])> {
    let mut files: Vec<_> =
        folder.files().map(|file| (file.path().to_string_lossy().into_owned(), file.contents())).collect();
    files.sort();
    files.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_protocol_folder_is_in_the_library_with_paths_inside_it() {
        assert_eq!(library().len(), PROTOCOLS.dirs().count());
        for (name, bundle) in library() {
            assert_eq!(name, bundle.name);
            assert!(bundle.files.keys().all(|path| !path.starts_with(&name)), "{name}");
        }
        assert!(directory().count() >= 1);
    }
}
