//! Where in a protocol's text something stands.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A stretch of one file of a bundle.
///
/// Lines and columns count from 1, columns and length in Unicode scalar values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Path inside the bundle's protocol, with the protocol in front: `kota/protocol.yaml`.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Length in characters; 0 when only the start is known.
    pub length: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}
