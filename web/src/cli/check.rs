//! `niyam check`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use niyam_rules::diagnostics::{Diagnostic, Severity, text};
use niyam_rules::place::Place;
use serde::Serialize;

use super::bundles::{self, Found};
use super::{CliError, Exit, Format};
use crate::console::{Console, Paint};

/// Read protocols and say everything that is wrong with them.
///
/// `extends` is looked up among the protocols given and those that this program ships.
#[derive(Debug, Args)]
pub struct Check {
    /// Folder of a protocol, folder of such folders, or a file in one.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What was found in one protocol.
#[derive(Debug, Serialize)]
struct Checked {
    protocol: String,
    folder: String,
    digest: Option<String>,
    findings: Vec<Diagnostic>,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    protocols: &'a [Checked],
    errors: usize,
    warnings: usize,
}

/// Checks protocols. Exit: found when there is any finding.
///
/// # Errors
/// Paths that cannot be read.
pub fn run(arguments: &Check, console: &mut Console) -> Result<Exit, CliError> {
    let found = bundles::find(&arguments.paths)?;
    let library = bundles::library(&found);
    let shown = Shown::new(&found, &library);
    let bar = console.progress(found.len() as u64);
    let mut checked = Vec::new();
    for one in &found {
        bar.set_message(one.bundle.name.clone());
        let compiled = niyam_rules::compile(&one.bundle, &library);
        checked.push(Checked {
            protocol: one.bundle.name.clone(),
            folder: one.folder.display().to_string(),
            digest: compiled.protocol.map(|protocol| protocol.digest.to_string()),
            findings: shown.findings(compiled.diagnostics),
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    let count = |severity| {
        let all = checked.iter().flat_map(|one| &one.findings);
        all.filter(|finding| finding.severity == severity).count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match arguments.format {
        Format::Json => {
            let report = Report { protocols: &checked, errors, warnings };
            console.line(serde_json::to_string_pretty(&report).map_err(std::io::Error::other)?)?;
        }
        Format::Text => {
            for one in &checked {
                print(console, &text::render(&one.findings, &|file| shown.text(file)))?;
            }
            console.line(summary(console, checked.len(), errors, warnings))?;
        }
    }
    Ok(if errors + warnings == 0 { Exit::Good } else { Exit::Found })
}

/// Files as the user knows them: findings name `kota/protocol.yaml`, the user gave `rules/protocols/kota`.
pub struct Shown {
    names: BTreeMap<Arc<str>, String>,
    texts: BTreeMap<String, String>,
}

impl Shown {
    /// Files of what was found, and of what it extends.
    #[must_use]
    pub fn new(found: &[Found], library: &niyam_rules::bundle::Library) -> Self {
        let (mut names, mut texts) = (BTreeMap::new(), BTreeMap::new());
        for bundle in library.values() {
            let folder = found.iter().find(|one| one.bundle.name == bundle.name).map(|one| &one.folder);
            for (path, content) in &bundle.files {
                let inner: Arc<str> = format!("{}/{path}", bundle.name).into();
                let shown = folder.map_or_else(|| inner.to_string(), |folder| folder.join(path).display().to_string());
                texts.insert(shown.clone(), content.clone());
                names.insert(inner, shown);
            }
        }
        Self { names, texts }
    }

    /// A place as the user knows it.
    #[must_use]
    pub fn place(&self, place: &Place) -> Place {
        let file = self.names.get(&place.file).map_or_else(|| place.file.clone(), |name| name.as_str().into());
        Place { file, ..place.clone() }
    }

    /// Content of a file, as [`Shown::place`] names it.
    #[must_use]
    pub fn text(&self, file: &str) -> Option<String> {
        self.texts.get(file).cloned()
    }

    /// Findings with every place as the user knows it.
    fn findings(&self, mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
        for finding in &mut findings {
            finding.primary = self.place(&finding.primary);
            for label in &mut finding.labels {
                label.place = self.place(&label.place);
            }
            if let Some(fix) = &mut finding.fix {
                fix.place = self.place(&fix.place);
            }
        }
        findings
    }
}

/// Prints drawn findings; on a terminal the first word of each in its colour.
fn print(console: &mut Console, drawn: &str) -> Result<(), CliError> {
    for line in drawn.lines() {
        let paint = if line.starts_with("error[") {
            Some(Paint::Error)
        } else if line.starts_with("warning[") {
            Some(Paint::Warning)
        } else {
            None
        };
        let shown = match (paint, line.split_once(": ")) {
            (Some(paint), Some((code, message))) => {
                format!("{}: {}", console.paint(paint, code), console.paint(Paint::Strong, message))
            }
            _ => line.to_owned(),
        };
        console.line(shown)?;
    }
    Ok(())
}

fn summary(console: &Console, protocols: usize, errors: usize, warnings: usize) -> String {
    let checked = format!("{} checked", counted(protocols, "protocol"));
    if errors + warnings == 0 {
        return format!("{checked}: {}", console.paint(Paint::Good, "nothing found"));
    }
    let paint = if errors > 0 { Paint::Error } else { Paint::Warning };
    let found = format!("{}, {}", counted(errors, "error"), counted(warnings, "warning"));
    format!("{checked}: {}", console.paint(paint, &found))
}

/// `1 error`, `2 errors`.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
