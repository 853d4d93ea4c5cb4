//! Findings about a protocol, as data.
//!
//! A [`Diagnostic`] says what is wrong, where, and how to mend it; it is drawn elsewhere: [`text`] for a terminal,
//! serde for JSON and editors. [`codes`] lists every code there is with its page of the reference.

pub mod codes;
mod pages;
pub mod reference;
pub mod scaffold;
pub mod text;

use serde::{Deserialize, Serialize};

pub use codes::Code;

use crate::place::Place;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The protocol cannot be run.
    Error,
    /// The protocol can be run, but somebody should look.
    Warning,
}

/// A second place that explains a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is to be seen there.
    pub text: String,
}

/// A change of text that would mend a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Fix {
    /// The text to replace.
    pub place: Place,
    /// What to put there.
    pub replacement: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable code.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, no full stop, the user's own words in backticks.
    pub message: String,
    /// Where it is.
    pub primary: Place,
    /// What to write under the primary place; often empty.
    pub note: String,
    /// Other places that explain it.
    pub labels: Vec<Label>,
    /// How to mend it.
    pub help: Option<String>,
    /// A change of text that would mend it.
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding at a place, with the severity of its code.
    #[must_use]
    pub fn new(code: Code, place: &Place, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: place.clone(),
            note: String::new(),
            labels: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// With a few words under the primary place.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// With another place that explains it.
    #[must_use]
    pub fn label(mut self, place: Option<&Place>, text: impl Into<String>) -> Self {
        if let Some(place) = place {
            self.labels.push(Label { place: place.clone(), text: text.into() });
        }
        self
    }

    /// With advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With the nearest of the names that exist, as advice and as a change of text; without any near one, a list of
    /// the names when it is short, else the advice to declare it.
    #[must_use]
    pub fn suggest<'n>(mut self, written: &str, names: impl IntoIterator<Item = &'n str>) -> Self {
        let names: Vec<&str> = names.into_iter().collect();
        if let Some(near) = nearest(written, names.iter().copied()) {
            self.help = Some(format!("did you mean `{near}`?"));
            self.fix = Some(Fix { place: self.primary.clone(), replacement: near.to_owned() });
        } else if !names.is_empty() && names.len() <= 24 {
            self.help = Some(format!("there is: {}", names.join(", ")));
        } else if self.help.is_none() {
            self.help = Some("nothing that exists has a name like it: declare it, or use another name".to_owned());
        }
        self
    }
}

/// The name that was most likely meant; of a path its last part may be all that was written.
#[must_use]
pub fn nearest<'n>(written: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let names: Vec<&str> = names.into_iter().filter(|name| *name != written).collect();
    let last = |name: &'n str| name.rsplit('.').next().unwrap_or(name);
    crate::nearest::nearest(written, names.iter().copied()).or_else(|| {
        let part = crate::nearest::nearest(written, names.iter().map(|name| last(name)))?;
        names.iter().copied().find(|name| last(name) == part)
    })
}

/// Findings in the order of file and line, each once.
#[must_use]
pub fn in_order(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    findings.sort_by(|a, b| (&a.primary, a.code, &a.message).cmp(&(&b.primary, b.code, &b.message)));
    findings.dedup();
    findings
}

/// Whether one of these keeps a protocol from running.
#[must_use]
pub fn has_errors(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_only_when_near() {
        assert_eq!(nearest("desk_reveiw", ["desk_review", "closed"]), Some("desk_review"));
        assert_eq!(nearest("no_risk", ["closed.no_risk", "talk"]), Some("closed.no_risk"));
        assert_eq!(nearest("xyz", ["desk_review", "closed"]), None);
    }
}
