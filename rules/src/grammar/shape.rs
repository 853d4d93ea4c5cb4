//! What a value of the language may look like, and the check of a tree against it.

use crate::diagnostics::{Code, Diagnostic};
use crate::duration::Duration;
use crate::place::Place;
use crate::schedule::{Schedule, ScheduleError};
use crate::source::{Body, Key, Node};

/// What a value may look like.
#[derive(Debug)]
pub enum Shape {
    /// Any single value.
    Text,
    /// The id of something: small letters, digits, `_`, `-`.
    Name,
    /// One or several ids.
    Names,
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Integer(i64, i64),
    /// A length of time: `10m`.
    Length,
    /// Times of day, the five fields of `cron`: `0 10 * * *`.
    Times,
    /// A day, `YYYY-MM-DD`.
    Day,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A Rhai expression.
    Expression,
    /// A constant of a type that a fact decides: single value, list or map.
    Constant,
    /// A text in English and Hindi.
    Labels,
    /// A map from names to values of one shape.
    Map(&'static Shape),
    /// A list of values of one shape.
    List(&'static Shape),
    /// One value or a list of them.
    Some(&'static Shape),
    /// A map with the keys of a record.
    Record(&'static Record),
    /// A map that is one of several records; which one, its first key decides.
    Tagged(&'static Union),
    /// A single value of the first shape, or anything else of the second.
    Short(&'static Shape, &'static Shape),
}

/// A map with fixed keys.
#[derive(Debug)]
pub struct Record {
    /// As a finding names it: `a state`.
    pub what: &'static str,
    /// Its keys. In a [`Union`] the first one is what it is known by.
    pub keys: &'static [Field],
}

/// One of several records.
#[derive(Debug)]
pub struct Union {
    /// As a finding names it: `an action`.
    pub what: &'static str,
    /// The records.
    pub records: &'static [&'static Record],
}

/// A key of a record.
#[derive(Debug)]
pub struct Field {
    /// Name.
    pub name: &'static str,
    /// Whether a complete record needs it.
    pub required: bool,
    /// What stands under it.
    pub shape: &'static Shape,
    /// What it is for, for the schema and the editor.
    pub about: &'static str,
}

impl Record {
    /// The key of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.keys.iter().find(|field| field.name == name)
    }
}

/// Checks a tree against a shape. `owner` is the place to name when something is missing.
pub fn check(node: &Node, shape: &Shape, owner: &Place, findings: &mut Vec<Diagnostic>) {
    match shape {
        Shape::Text | Shape::Expression => {
            if node.scalar().is_none() {
                wrong(node, owner, "a text", TEXT, findings);
            }
        }
        Shape::Name => name(node, owner, findings),
        Shape::Names => match &node.body {
            Body::Sequence(items) if items.is_empty() => {
                let finding = Diagnostic::new(Code::WrongShape, &node.place, "the list is empty");
                findings.push(finding.help("write at least one name, or delete the key"));
            }
            Body::Sequence(items) => items.iter().for_each(|item| name(item, &item.place, findings)),
            Body::Scalar { .. } | Body::Mapping(_) => name(node, owner, findings),
        },
        Shape::Flag | Shape::Integer(..) | Shape::Length | Shape::Times | Shape::Day | Shape::Word(_) => {
            word(node, shape, owner, findings);
        }
        Shape::Constant => {}
        Shape::Labels => labels(node, owner, findings),
        Shape::Map(of) => match &node.body {
            Body::Mapping(entries) => {
                for entry in entries {
                    check(&entry.value, of, &entry.key.place, findings);
                }
            }
            Body::Scalar { .. } | Body::Sequence(_) => wrong(node, owner, "a map of names", MAP, findings),
        },
        Shape::List(of) => match &node.body {
            Body::Sequence(items) => items.iter().for_each(|item| check(item, of, &item.place, findings)),
            Body::Scalar { .. } | Body::Mapping(_) => wrong(node, owner, "a list", LIST, findings),
        },
        Shape::Some(of) => match &node.body {
            Body::Sequence(items) => items.iter().for_each(|item| check(item, of, &item.place, findings)),
            Body::Scalar { .. } | Body::Mapping(_) => check(node, of, owner, findings),
        },
        Shape::Record(record) => self::record(node, record, owner, findings),
        Shape::Tagged(union) => tagged(node, union, owner, findings),
        Shape::Short(short, long) => match &node.body {
            Body::Scalar { .. } if !node.is_nothing() => check(node, short, owner, findings),
            Body::Scalar { .. } | Body::Sequence(_) | Body::Mapping(_) => check(node, long, owner, findings),
        },
    }
}

fn wrong(node: &Node, owner: &Place, wanted: &str, help: impl Into<String>, findings: &mut Vec<Diagnostic>) {
    let place = if node.is_nothing() { owner } else { &node.place };
    let message = format!("{wanted} is needed here, not {}", node.describe());
    findings.push(Diagnostic::new(Code::WrongShape, place, message).help(help));
}

const TEXT: &str = "write one text; in quotes if it has `: `, ` #`, `{` or `[` in it";
const LIST: &str = "put it in brackets, `[ … ]`, or write each item on a line of its own behind `- `";
const MAP: &str = "write `name: …` below it, each on a line of its own with more spaces in front";

fn name(node: &Node, owner: &Place, findings: &mut Vec<Diagnostic>) {
    if node.scalar().is_none() {
        wrong(node, owner, "a name", "write one name", findings);
    }
}

fn word(node: &Node, shape: &Shape, owner: &Place, findings: &mut Vec<Diagnostic>) {
    let Some(text) = node.scalar() else {
        let wanted = match shape {
            Shape::Flag => "`true` or `false`",
            Shape::Integer(..) => "a whole number",
            Shape::Length => "a length of time",
            Shape::Times => "a schedule",
            Shape::Day => "a day",
            _ => "a word",
        };
        return wrong(node, owner, wanted, format!("write {wanted}"), findings);
    };
    let malformed = |message: String| Diagnostic::new(Code::Malformed, &node.place, message);
    match shape {
        Shape::Flag if !matches!(text, "true" | "false") => {
            findings.push(malformed(format!("`{text}` is neither `true` nor `false`")).help("write `true` or `false`"));
        }
        Shape::Integer(least, most) if !text.parse::<i64>().is_ok_and(|number| (*least..=*most).contains(&number)) => {
            findings.push(
                malformed(format!("`{text}` is no whole number from {least} to {most}"))
                    .help(format!("write a number from {least} to {most} in digits")),
            );
        }
        Shape::Length => {
            if let Err(error) = text.parse::<Duration>() {
                findings.push(
                    malformed(error.to_string())
                        .help("write a number and `s`, `m`, `h` or `d`: `90s`, `10m`, `1h30m`, `7d`"),
                );
            }
        }
        Shape::Times => times(node, text, findings),
        Shape::Day if !is_day(text) => {
            findings.push(
                malformed(format!("`{text}` is no day of the calendar"))
                    .help("write year, month and day: `2024-05-29`"),
            );
        }
        Shape::Word(words) if !words.contains(&text) => {
            findings.push(
                malformed(format!("`{text}` is not one of the words that may stand here"))
                    .suggest(text, words.iter().copied()),
            );
        }
        _ => {}
    }
}

/// Times of day: a text that cannot be read, and one that can be but never comes.
fn times(node: &Node, text: &str, findings: &mut Vec<Diagnostic>) {
    let Err(error) = text.parse::<Schedule>() else { return };
    let (code, help) = match &error {
        ScheduleError::Fields { .. } => (
            Code::BadSchedule,
            "write minute, hour, day of month, month and day of week: `0 10 * * *` is daily at 10:00 IST",
        ),
        ScheduleError::Field { .. } => (
            Code::BadSchedule,
            "write `*`, a value, a range `9-17`, a step `*/15`, or several with commas and no spaces",
        ),
        ScheduleError::Never(_) => (Code::NeverComes, "give it a day that the month has"),
    };
    findings.push(Diagnostic::new(code, &node.place, error.to_string()).help(help));
}

/// Whether a text is a day of the calendar, `YYYY-MM-DD`.
#[must_use]
pub fn is_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let part = |range: std::ops::Range<usize>| {
        text.get(range).filter(|t| t.bytes().all(|b| b.is_ascii_digit())).and_then(|t| t.parse::<u32>().ok())
    };
    let (Some(year), Some(month), Some(day)) = (part(0..4), part(5..7), part(8..10)) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn labels(node: &Node, owner: &Place, findings: &mut Vec<Diagnostic>) {
    let Body::Mapping(entries) = &node.body else {
        let finding = Diagnostic::new(
            Code::WrongShape,
            if node.is_nothing() { owner } else { &node.place },
            "a text in English and Hindi is needed here",
        );
        findings.push(finding.help("write `{ en: …, hi: … }`"));
        return;
    };
    for entry in entries {
        if !matches!(entry.key.text.as_str(), "en" | "hi") {
            let message = format!("no key `{}` in a text; there are `en` and `hi`", entry.key.text);
            findings.push(
                Diagnostic::new(Code::UnknownKey, &entry.key.place, message).suggest(&entry.key.text, ["en", "hi"]),
            );
        }
    }
    for (language, name) in [("en", "English"), ("hi", "Hindi")] {
        match node.entry(language) {
            Some(entry) if entry.value.scalar().is_some_and(|text| !text.trim().is_empty()) => {}
            Some(entry) if entry.value.entries().is_some() || entry.value.items().is_some() => {
                wrong(&entry.value, owner, "a text", TEXT, findings);
            }
            Some(_) | None => {
                let message = format!("the {name} text is missing");
                findings.push(
                    Diagnostic::new(Code::MissingText, owner, message)
                        .help(format!("add `{language}: …`: both languages are always shown")),
                );
            }
        }
    }
}

fn record(node: &Node, record: &Record, owner: &Place, findings: &mut Vec<Diagnostic>) {
    let Body::Mapping(entries) = &node.body else {
        let needed: Vec<&str> = record.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
        let first = if needed.is_empty() { record.keys.iter().take(2).map(|key| key.name).collect() } else { needed };
        let keys: Vec<String> = first.iter().map(|key| format!("{key}: …")).collect();
        return wrong(node, owner, "a map with keys", format!("write `{{ {} }}`", keys.join(", ")), findings);
    };
    for entry in entries {
        if let Some(field) = record.field(&entry.key.text) {
            if entry.value.is_nothing() && !matches!(field.shape, Shape::Constant) {
                let message = format!("nothing is written under `{}`", field.name);
                findings.push(
                    Diagnostic::new(Code::WrongShape, &entry.key.place, message)
                        .help("write a value, or delete the key"),
                );
            } else {
                check(&entry.value, field.shape, &entry.key.place, findings);
            }
        } else {
            findings.push(unknown_key(&entry.key, record));
        }
    }
    for field in record.keys.iter().filter(|field| field.required) {
        if node.entry(field.name).is_none() {
            let message = format!("`{}` is missing in {}", field.name, record.what);
            findings.push(
                Diagnostic::new(Code::MissingKey, owner, message)
                    .help(format!("add `{}`: {}", field.name, field.about)),
            );
        }
    }
}

/// A key that a record does not have.
pub(super) fn unknown_key(key: &Key, record: &Record) -> Diagnostic {
    let message = format!("no key `{}` in {}", key.text, record.what);
    let names = record.keys.iter().map(|field| field.name);
    Diagnostic::new(Code::UnknownKey, &key.place, message).suggest(&key.text, names)
}

/// A key that none of several records is known by.
pub(super) fn unknown_tag(key: &Key, union: &Union) -> Diagnostic {
    let tags = union.records.iter().map(|record| record.keys[0].name);
    let message = format!("`{}` is not {}", key.text, union.what);
    Diagnostic::new(Code::UnknownKey, &key.place, message).suggest(&key.text, tags)
}

fn tagged(node: &Node, union: &Union, owner: &Place, findings: &mut Vec<Diagnostic>) {
    let Body::Mapping(entries) = &node.body else {
        return wrong(node, owner, union.what, tags_help(union), findings);
    };
    if let Some(record) = variant(node, union) {
        return self::record(node, record, owner, findings);
    }
    match entries.first() {
        Some(entry) => {
            findings.push(unknown_tag(&entry.key, union));
        }
        None => wrong(node, owner, union.what, tags_help(union), findings),
    }
}

fn tags_help(union: &Union) -> String {
    let tags: Vec<&str> =
        union.records.iter().map(|record| record.keys[0].name).filter(|tag| *tag != "remove").collect();
    format!("write `{{ {}: … }}`; there is: {}", tags[0], tags.join(", "))
}

/// Which of the records a map is.
#[must_use]
pub fn variant(node: &Node, union: &Union) -> Option<&'static Record> {
    union.records.iter().copied().find(|record| node.entry(record.keys[0].name).is_some())
}
