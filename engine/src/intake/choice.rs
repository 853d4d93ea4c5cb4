//! Which protocol an alert runs on: the table `rules/intake/choice.yaml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use niyam_rules::text::Text;
use serde::Deserialize;

use super::finding::{Finding, read_yaml};
use super::reading::{Reading, Subject};
use super::report::candidate_units;
use crate::directory::Directory;

/// Path of the file below `rules/`.
const FILE: &str = "intake/choice.yaml";

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    choice: u32,
    rows: Vec<Row>,
    desks: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: serde_yaml::Spanned<String>,
    when: When,
    protocol: String,
    why: Text,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct When {
    source: Vec<String>,
    addressed: Vec<String>,
    also_addressed: Vec<String>,
    state: Option<String>,
    within: Option<String>,
    drill: Option<bool>,
}

/// The table, ready for use.
#[derive(Debug)]
pub struct Choices {
    rows: Vec<Row>,
    desks: BTreeMap<String, Vec<String>>,
}

/// A protocol and why it was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Name of the protocol.
    pub protocol: String,
    /// Id of the row that fitted.
    pub row: String,
    /// The row's line in `intake/choice.yaml`, from 1.
    pub line: u64,
    /// The row's reason.
    pub why: Text,
}

impl Choices {
    /// Reads the table.
    ///
    /// # Errors
    /// What is wrong, with lines: YAML that cannot be read, a row id used twice, an unknown unit, a row after one that fits
    /// everything, no row that fits everything.
    pub fn load(text: &str, directory: &Directory) -> Result<Self, Vec<Finding>> {
        let file: File = read_yaml(FILE, text)?;
        let mut findings = Vec::new();
        let line = |row: &Row| row.id.referenced.line();
        if file.choice != 1 {
            findings.push(Finding::new(
                FILE,
                1,
                format!("`choice: {}` is not known", file.choice),
                "this program reads version 1",
            ));
        }
        for (index, row) in file.rows.iter().enumerate() {
            if file.rows[..index].iter().any(|before| before.id.value == row.id.value) {
                findings.push(Finding::new(
                    FILE,
                    line(row),
                    format!("row `{}` is there twice", row.id.value),
                    "give each row an id of its own",
                ));
            }
            for unit in row.when.state.iter().chain(&row.when.within).filter(|unit| directory.unit(unit).is_none()) {
                findings.push(Finding::new(
                    FILE,
                    line(row),
                    format!("`{unit}` is no unit"),
                    "use a unit_code of the unit files",
                ));
            }
            if file.rows[..index].iter().any(|before| before.when == When::default()) {
                findings.push(Finding::new(
                    FILE,
                    line(row),
                    format!("row `{}` is never reached", row.id.value),
                    "put it before the row with an empty `when`",
                ));
            }
        }
        for unit in file.desks.keys().filter(|unit| directory.unit(unit).is_none()) {
            findings.push(Finding::new(FILE, 0, format!("`{unit}` is no unit"), "use a unit_code of the unit files"));
        }
        if file.rows.last().is_none_or(|row| row.when != When::default()) {
            findings.push(Finding::new(FILE, 0, "no row fits everything", "end with a row whose `when` is `{}`"));
        }
        if findings.is_empty() { Ok(Self { rows: file.rows, desks: file.desks }) } else { Err(findings) }
    }

    /// The table as shipped.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Choices> = OnceLock::new();
        let text = include_str!("../../../rules/intake/choice.yaml");
        SHIPPED.get_or_init(|| Self::load(text, Directory::shipped()).expect("a test loads the shipped file"))
    }

    /// The protocol that one person's alert runs on.
    #[must_use]
    pub fn choose(&self, reading: &Reading, subject: &Subject, directory: &Directory) -> Choice {
        let candidate = candidate_units(reading, subject, directory).into_iter().next().map(|candidate| candidate.unit);
        let row = self.rows.iter().find(|row| fits(&row.when, reading, candidate.as_deref(), directory));
        let row = row.or(self.rows.last()).expect("load refuses a table without rows");
        Choice {
            protocol: row.protocol.clone(),
            row: row.id.value.clone(),
            line: row.id.referenced.line(),
            why: row.why.clone(),
        }
    }

    /// Headquarters of the states whose desks were addressed, in the order of the addressees.
    #[must_use]
    pub fn states_addressed(&self, recipients: &[String]) -> Vec<String> {
        let mut states: Vec<String> = Vec::new();
        for recipient in recipients {
            let desks = self.desks.iter().find(|(_, boxes)| boxes.iter().any(|pattern| is_box(recipient, pattern)));
            states.extend(desks.map(|(state, _)| state.clone()).filter(|state| !states.contains(state)));
        }
        states
    }
}

fn fits(when: &When, reading: &Reading, candidate: Option<&str>, directory: &Directory) -> bool {
    let any = |patterns: &[String], recipient: &String| patterns.iter().any(|pattern| is_box(recipient, pattern));
    (when.source.is_empty() || when.source.contains(&reading.source))
        && (when.addressed.is_empty() || reading.recipients.first().is_some_and(|first| any(&when.addressed, first)))
        && (when.also_addressed.is_empty()
            || reading.recipients.iter().any(|recipient| any(&when.also_addressed, recipient)))
        && when.state.as_deref().is_none_or(|state| {
            candidate.and_then(|unit| directory.state_of(unit)).is_some_and(|unit| unit.code == state)
        })
        && when.within.as_deref().is_none_or(|within| candidate.is_some_and(|unit| directory.is_within(unit, within)))
        && when.drill.is_none_or(|drill| drill == reading.drill)
}

/// Whether an addressee is the mail box or account of a pattern.
fn is_box(recipient: &str, pattern: &str) -> bool {
    match pattern.strip_suffix("@*") {
        Some(local) => recipient.split_once('@').is_some_and(|(has, _)| has.eq_ignore_ascii_case(local)),
        None => recipient.trim_start_matches('@').eq_ignore_ascii_case(pattern),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::{Received, Vocabulary, read};
    use niyam_kernel::time::Timestamp;

    fn chosen(bytes: &str) -> (String, String) {
        let received = Received {
            channel: "mail".to_owned(),
            content_type: String::new(),
            bytes: bytes.as_bytes().to_vec(),
            received_at: Timestamp::from_ms(0),
            drill: false,
        };
        let reading = read(&received, Vocabulary::shipped(), Directory::shipped());
        let choice = Choices::shipped().choose(&reading, &reading.subject, Directory::shipped());
        assert!(choice.line > 0 && !choice.why.hi.is_empty());
        (choice.protocol, choice.row)
    }

    #[test]
    fn mail_boxes_places_and_the_rest() {
        let mail = |to: &str, place: &str| {
            format!(
                "From: Meta Emergency Response <e@meta-alerts.example.com>\r\nTo: {to}\r\nSubject: s\r\n\r\nUsername: namuna_1\r\nLocation: {place}\r\n"
            )
        };
        let row = |to: &str, place: &str| chosen(&mail(to, place));
        let pair = |protocol: &str, row: &str| (protocol.to_owned(), row.to_owned());
        assert_eq!(
            row("abhay-kota@rajpolice.example.org, smc@uppolice.example.org", "none"),
            pair("kota", "abhay-mailbox")
        );
        assert_eq!(
            row("scrb-helpdesk@rajpolice.example.org, abhay-kota@rajpolice.example.org", "Kota"),
            pair("rajasthan-phq", "scrb-mailbox")
        );
        assert_eq!(row("smc@uppolice.example.org", "Kota"), pair("uttar-pradesh", "smc-mailbox"));
        assert_eq!(row("someone@example.org", "Kunhari, Kota"), pair("kota", "kota-place"));
        assert_eq!(row("someone@example.org", "Etawah"), pair("uttar-pradesh", "uttar-pradesh-place"));
        assert_eq!(row("someone@example.org", "none"), pair("rajasthan-phq", "default-desk"));
        assert_eq!(
            chosen("{\"schema\":\"sample.ksos/1\",\"event\":\"panic\",\"session_id\":\"k\"}"),
            pair("k-sos", "ksos")
        );
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = "choice: 1\nrows:\n  - id: all\n    when: {}\n    protocol: p\n    why: {en: a, hi: अ}\n  - id: all\n    when: {state: XX}\n    protocol: p\n    why: {en: a, hi: अ}\ndesks: {}\n";
        let findings = Choices::load(text, Directory::shipped()).expect_err("findings");
        let told: Vec<_> = findings.iter().map(|finding| (finding.line, finding.message.as_str())).collect();
        assert_eq!(
            told,
            [
                (7, "row `all` is there twice"),
                (7, "`XX` is no unit"),
                (7, "row `all` is never reached"),
                (0, "no row fits everything")
            ]
        );
    }
}
