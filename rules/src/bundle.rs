//! The files of one protocol, and the library a protocol may extend from.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The files of one protocol, exactly as written.
///
/// Keys are paths inside the protocol's folder with `/` between parts: `protocol.yaml`, `tables/level.yaml`,
/// `forms/findings.yaml`, `scripts/age.rhai`, `messages/en.ftl`, `messages/hi.ftl`, `scenarios/found.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// Name of the protocol, which is the name of its folder.
    pub name: String,
    /// Path to content.
    pub files: BTreeMap<String, String>,
}

/// Names one immutable content: SHA-256 over the canonical bundle and the digests of all it extends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionDigest(pub [u8; 32]);

impl Bundle {
    /// Digest of this bundle on top of what it extends.
    ///
    /// Canonical form: for each file in path order, the length of the path and the path, the length of the content and the
    /// content, lengths as 8 bytes big-endian; in front the domain `niyam/bundle/1`, the name, and the digest of
    /// the extended version (32 zero bytes when there is none).
    #[must_use]
    pub fn digest(&self, extends: Option<VersionDigest>) -> VersionDigest {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(bytes);
        };
        part(b"niyam/bundle/1");
        part(self.name.as_bytes());
        part(&extends.map_or([0; 32], |digest| digest.0));
        for (path, content) in &self.files {
            part(path.as_bytes());
            part(content.as_bytes());
        }
        VersionDigest(hash.finalize().into())
    }
}

/// Bundles by protocol name, for `extends`.
pub type Library = BTreeMap<String, Bundle>;

impl fmt::Display for VersionDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for VersionDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for VersionDigest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VersionDigest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(serde::de::Error::custom("a version digest has 64 hexadecimal digits"));
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(serde::de::Error::custom)?;
        }
        Ok(Self(bytes))
    }
}
