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

/// A language that people read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English (`en-IN`).
    #[default]
    En,
    /// Hindi (`hi-IN`).
    Hi,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Hi];

    /// `en`, `hi`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Hi => "hi",
        }
    }
}

impl Text {
    /// The text in one language.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Hi => &self.hi,
        }
    }
}
