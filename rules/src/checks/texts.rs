//! Messages: both languages, no personal data, only variables that exist.

use crate::diagnostics::{Code, Diagnostic};
use crate::place::Place;
use crate::protocol::Protocol;

/// Variables that every message may use beside the facts.
pub(super) const VARIABLES: &[&str] = &["case", "state", "unit", "clock", "late"];

pub(super) fn messages(protocol: &Protocol, files: &[(bool, Place)], findings: &mut Vec<Diagnostic>) {
    let place = |hindi: bool| {
        let own = files.iter().rev().find(|(of, _)| *of == hindi).map(|(_, place)| place.clone());
        own.unwrap_or_else(|| {
            let file = format!("{}/messages/{}.ftl", protocol.name, if hindi { "hi" } else { "en" });
            Place { file: file.into(), line: 1, column: 1, length: 0 }
        })
    };
    for message in protocol.messages.values() {
        for (hindi, text, language) in [(false, &message.text.en, "English"), (true, &message.text.hi, "Hindi")] {
            if text.trim().is_empty() {
                let finding = Diagnostic::new(
                    Code::MissingMessage,
                    &place(hindi),
                    format!("the message `{}` is missing in {language}", message.id),
                );
                findings.push(finding.help(format!("add `{} = …`", message.id)));
            }
        }
        for variable in &message.variables {
            let at = place(false);
            match protocol.facts.get(variable) {
                Some(fact) if fact.seal.is_some() => {
                    let finding = Diagnostic::new(
                        Code::SealedInMessage,
                        &at,
                        format!("the message `{}` uses the sealed fact `{variable}`", message.id),
                    );
                    let finding = finding.label(fact.place.as_ref(), "sealed here");
                    findings.push(
                        finding.help("say only that there is something to read: personal data stays in the case"),
                    );
                }
                Some(_) => {}
                None if VARIABLES.contains(&variable.as_str()) => {}
                None => {
                    let names = VARIABLES.iter().copied().chain(protocol.facts.keys().map(String::as_str));
                    let finding = Diagnostic::new(
                        Code::UnknownVariable,
                        &at,
                        format!("the message `{}` uses `${variable}`, which does not exist", message.id),
                    );
                    findings.push(finding.suggest(variable, names));
                }
            }
        }
    }
}
