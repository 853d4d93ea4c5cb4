//! Messages: both languages, no personal data, only variables that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Lower;
use crate::diagnostics::{Code, Diagnostic};
use crate::message::{Entry, Finding, Messages, Problem, Spot, pair, read};
use crate::place::Place;
use crate::text::Language;

/// Variables that every message may use beside the facts.
const VARIABLES: &[&str] = &["case", "state", "unit", "clock", "late"];

/// The messages of one language with the files they come from.
#[derive(Default)]
struct Tongue {
    messages: Messages,
    files: BTreeMap<String, Arc<str>>,
    /// What begins a line of a file that could not be read to the end.
    unread: BTreeSet<String>,
    /// The file to name when a message is in none.
    file: Option<Arc<str>>,
}

impl Lower<'_> {
    /// Reads the message files of both languages; a message of an overlay replaces the template's.
    pub(crate) fn messages(&mut self) {
        let [english, hindi] = [self.tongue(Language::En), self.tongue(Language::Hi)];
        let (messages, findings) = pair(&english.messages, &hindi.messages);
        for (tongue, findings) in [&english, &hindi].into_iter().zip(findings) {
            for finding in findings {
                // Where a file cannot be read, the message may be meant that stands there.
                if let Problem::Missing { id, .. } = &finding.problem
                    && tongue.unread.contains(id)
                {
                    continue;
                }
                // A variable that no message may use has its finding where it is used.
                if let Problem::VariableMissing { variable, .. } = &finding.problem
                    && !self.may_be_shown(variable)
                {
                    continue;
                }
                let place = self.place_in(tongue, &finding);
                self.message_finding(&place, &finding.problem);
            }
        }
        for tongue in [&english, &hindi] {
            for (id, entry) in &tongue.messages.entries {
                let file = tongue.files.get(id).or(tongue.file.as_ref());
                if let Some(file) = file {
                    self.variables(id, entry, &at(file, entry.spot));
                }
            }
        }
        self.names.messages = messages;
    }

    fn may_be_shown(&self, variable: &str) -> bool {
        VARIABLES.contains(&variable) || self.names.facts.get(variable).is_some_and(|fact| fact.seal.is_none())
    }

    fn tongue(&mut self, language: Language) -> Tongue {
        let mut tongue = Tongue::default();
        let name = format!("/{}.ftl", language.code());
        let trees = self.trees;
        for file in trees.messages.iter().filter(|file| file.file.ends_with(&name)) {
            let own = read(&file.content);
            if own.findings.iter().any(|finding| matches!(finding.problem, Problem::Syntax(_))) {
                let word = |line: &str| line.split([' ', '=', '{']).next().unwrap_or_default().to_owned();
                tongue.unread.extend(file.content.lines().map(word));
            }
            for finding in own.findings {
                self.message_finding(&at(&file.file, finding.spot), &finding.problem);
            }
            for (id, entry) in own.entries {
                tongue.files.insert(id.clone(), file.file.clone());
                tongue.messages.entries.insert(id, entry);
            }
            tongue.file = Some(file.file.clone());
        }
        tongue
    }

    fn place_in(&self, tongue: &Tongue, finding: &Finding) -> Place {
        let (Problem::Missing { id, .. }
        | Problem::VariableMissing { id, .. }
        | Problem::NotAllowed { id, .. }
        | Problem::Duplicate(id)
        | Problem::Syntax(id)) = &finding.problem;
        let file = tongue.files.get(id).or(tongue.file.as_ref()).cloned();
        let root = self.place_of(0);
        file.map_or(root, |file| {
            at(&file, Spot { line: finding.spot.line.max(1), column: finding.spot.column.max(1), ..finding.spot })
        })
    }

    fn message_finding(&mut self, place: &Place, problem: &Problem) {
        let (code, help) = match problem {
            Problem::Syntax(_) => (
                Code::MessageSyntax,
                "a message is `id = text`; go on in the next line with spaces in front; close each `{`".to_owned(),
            ),
            Problem::Duplicate(_) => (Code::SameId, "keep one of the two".to_owned()),
            Problem::NotAllowed { .. } => {
                (Code::MessageSyntax, "a message is text with variables: `{ $case }`".to_owned())
            }
            Problem::Missing { id, .. } => (Code::MissingMessage, format!("add `{id} = …` here")),
            Problem::VariableMissing { variable, .. } => {
                (Code::VariableMissing, format!("use `{{ ${variable} }}` in both languages, or in neither"))
            }
        };
        self.find(Diagnostic::new(code, place, problem.to_string()).help(help));
    }

    fn variables(&mut self, id: &str, entry: &Entry, place: &Place) {
        for variable in &entry.variables {
            let finding = match self.names.facts.get(variable) {
                Some(fact) if fact.seal.is_some() => {
                    let finding = Diagnostic::new(
                        Code::SealedInMessage,
                        place,
                        format!("the message `{id}` uses the sealed fact `{variable}`"),
                    );
                    let finding = finding.label(fact.place.as_ref(), "sealed here");
                    finding.help("say only that there is something to read: personal data stays in the case")
                }
                Some(_) => continue,
                None if VARIABLES.contains(&variable.as_str()) => continue,
                None => {
                    let names = VARIABLES.iter().copied().chain(self.names.facts.keys().map(String::as_str));
                    let finding = Diagnostic::new(
                        Code::UnknownVariable,
                        place,
                        format!("the message `{id}` uses `${variable}`, which does not exist"),
                    );
                    finding.suggest(variable, names)
                }
            };
            self.find(finding);
        }
    }
}

fn at(file: &Arc<str>, spot: Spot) -> Place {
    Place { file: file.clone(), line: spot.line, column: spot.column, length: spot.length }
}
