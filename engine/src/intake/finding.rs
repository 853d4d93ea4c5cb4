//! What is wrong with a rule file that intake or the directory reads.

use std::fmt;

use serde::de::DeserializeOwned;

/// One thing wrong in a rule file. All findings of a file come at once where the file can be read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Path of the file below `rules/`.
    pub file: String,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: u64,
    /// What is wrong: lower case, no full stop, the user's text in backticks.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Finding {
    /// A finding at a line.
    #[must_use]
    pub fn new(file: &str, line: u64, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, message: message.into(), help: help.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} (help: {})", self.file, self.line, self.message, self.help)
    }
}

/// Reads a YAML rule file into its typed form.
///
/// # Errors
/// One finding with the line where reading stopped.
pub(crate) fn read_yaml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Vec<Finding>> {
    serde_yaml::from_str(text).map_err(|error| {
        let line = error.location().map_or(0, |location| u64::from(u32::try_from(location.line()).unwrap_or(0)));
        let message = error.to_string();
        let first = message.lines().next().unwrap_or("cannot be read").to_owned();
        vec![Finding::new(file, line, first, "write it as the comments in the shipped file show")]
    })
}
