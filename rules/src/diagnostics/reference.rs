//! The reference of all codes, made from the registry: `docs/diagnostics.md`.

use std::fmt::Write as _;

use super::{Severity, pages};

/// The reference as Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(
        "# Findings\n\n\
         Every finding of the protocol language has a code that never changes its meaning. This page is made from the \
         registry of codes (`rules/src/diagnostics`); `UPDATE_DOCS=1 cargo test -p niyam-rules` writes it anew.\n\n\
         The examples are parts of a protocol: they are put into a small complete one, which they add to or replace in \
         part. `# overlay` says that the example is a protocol that extends it, `# file:` begins another file. A test \
         compiles them all: the wrong one has exactly this finding, the right one none.\n",
    );
    for (family, family_pages) in pages::families() {
        let _ = write!(out, "\n## {family}\n");
        for (code, page) in family_pages {
            let severity = match code.severity() {
                Severity::Error => "Error",
                Severity::Warning => "Warning",
            };
            let _ = write!(out, "\n### {code}: {}\n\n{severity}. {}\n", code.short(), page.means);
            let _ = write!(out, "\nWrong:\n\n```yaml\n{}\n```\n", page.wrong.trim_end());
            let _ = write!(out, "\nRight:\n\n```yaml\n{}\n```\n", page.right.trim_end());
        }
    }
    out
}
