//! Texts that people read, in both languages.

use serde::{Deserialize, Serialize};

/// A text in English and Hindi. Both are always present in a compiled protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Text {
    /// English (`en-IN`).
    pub en: String,
    /// Hindi (`hi-IN`), in Devanagari.
    pub hi: String,
}
