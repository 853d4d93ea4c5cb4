//! The deployment's key: it wraps the keys of cases and alerts, and keys the hashes that cases are found by.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::error::OpenError;
use crate::seal::envelope::{Key, Place, SealError};
use crate::time::Entropy;

/// The deployment's key, and the keys derived from it.
#[derive(Debug)]
pub struct DeploymentKey {
    wrap: Key,
    lookup: Key,
    check: [u8; 32],
}

impl DeploymentKey {
    /// Derives the working keys from the deployment's own.
    #[must_use]
    pub fn new(root: &[u8; 32]) -> Self {
        Self {
            wrap: Key::new(mac(root, &[b"niyam/wrap/1"])),
            lookup: Key::new(mac(root, &[b"niyam/lookup/1"])),
            check: mac(root, &[b"niyam/check/1"]),
        }
    }

    /// A new one that is kept nowhere: for data in memory.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self::new(Key::generate(entropy).bytes())
    }

    /// Reads the key file, or makes it if there are no data yet. It holds 64 hexadecimal digits and is readable by its
    /// owner only. Errors: [`OpenError::KeyMissing`], [`OpenError::KeyDamaged`], [`OpenError::Folder`].
    pub fn load(path: &Path, has_data: bool, entropy: &dyn Entropy) -> Result<Self, OpenError> {
        match fs::read_to_string(path) {
            Ok(text) => {
                let root = from_hex(text.trim()).ok_or_else(|| OpenError::KeyDamaged { path: path.to_owned() })?;
                Ok(Self::new(&root))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && has_data => {
                Err(OpenError::KeyMissing { path: path.to_owned() })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let root = Key::generate(entropy);
                write_new(path, &to_hex(root.bytes()))
                    .map_err(|error| OpenError::Folder { path: path.to_owned(), reason: error.to_string() })?;
                Ok(Self::new(root.bytes()))
            }
            Err(error) => Err(OpenError::Folder { path: path.to_owned(), reason: error.to_string() }),
        }
    }

    /// A value that tells this key from any other without giving anything away. Kept in the database.
    #[must_use]
    pub const fn check(&self) -> &[u8; 32] {
        &self.check
    }

    /// Wraps a key for its place.
    #[must_use]
    pub fn wrap(&self, key: &Key, place: &Place<'_>, entropy: &dyn Entropy) -> Vec<u8> {
        self.wrap.seal(0, key.bytes(), place, entropy)
    }

    /// Unwraps it. Errors: [`SealError`].
    pub fn unwrap(&self, wrapped: &[u8], place: &Place<'_>) -> Result<Key, SealError> {
        let bytes = self.wrap.open(wrapped, place)?;
        Ok(Key::new(bytes.try_into().map_err(|_| SealError::Format)?))
    }

    /// Keyed hash of what a case may be found by: HMAC-SHA-256 over drill or real, kind and normalised value.
    #[must_use]
    pub fn lookup(&self, drill: bool, kind: &str, value: &str) -> [u8; 32] {
        mac(self.lookup.bytes(), &[if drill { b"drill" } else { b"real" }, kind.as_bytes(), value.as_bytes()])
    }

    /// Keyed hash of a request, to tell a repeat from a second use of its id.
    #[must_use]
    pub fn fingerprint(&self, request: &[u8]) -> [u8; 32] {
        mac(self.lookup.bytes(), &[b"request", request])
    }
}

/// HMAC-SHA-256 over parts, each with its length in front.
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    let mut data = Vec::new();
    for part in parts {
        super::chain::push_part(&mut data, part);
    }
    mac.update(&data);
    mac.finalize().into_bytes().into()
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    bytes.iter().flat_map(digits).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SeededEntropy;

    #[test]
    fn the_key_file_is_made_once_and_never_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deployment.key");
        let entropy = SeededEntropy::new(1);
        let first = DeploymentKey::load(&path, false, &entropy).expect("a new key");
        let again = DeploymentKey::load(&path, true, &entropy).expect("the same key");
        assert_eq!(first.check(), again.check());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).expect("the file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(&path, "no key").expect("written");
        assert!(matches!(DeploymentKey::load(&path, true, &entropy), Err(OpenError::KeyDamaged { .. })));
        fs::remove_file(&path).expect("removed");
        assert!(matches!(DeploymentKey::load(&path, true, &entropy), Err(OpenError::KeyMissing { .. })));
        assert!(!path.exists(), "a missing key is not replaced");
    }

    #[test]
    fn drills_are_found_apart() {
        let key = DeploymentKey::generate(&SeededEntropy::new(1));
        assert_ne!(key.lookup(true, "phone", "+915555550101"), key.lookup(false, "phone", "+915555550101"));
        assert_ne!(key.lookup(false, "ph", "one1"), key.lookup(false, "phone", "1"));
    }
}
