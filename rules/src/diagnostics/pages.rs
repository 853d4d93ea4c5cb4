//! The pages of the reference.

use super::Code;

/// What the reference says about a code.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// What it means and why it is a finding.
    pub means: &'static str,
    /// An example that has exactly this finding.
    pub wrong: &'static str,
    /// The same, mended.
    pub right: &'static str,
}

static NONE: Page = Page { means: "", wrong: "", right: "" };

pub(super) fn page(_code: Code) -> &'static Page {
    &NONE
}
