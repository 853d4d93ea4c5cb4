//! Messages in Fluent: read, compared between languages, and filled in.
//!
//! A message is one pattern with variables. Attributes, terms, references to other messages and functions are refused, so
//! that a message means the same wherever it is shown and an overlay can replace one without touching another.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use fluent_syntax::ast;
use fluent_syntax::parser::{self, ParserError};
use fluent_syntax::serializer;
use unic_langid::LanguageIdentifier;

use crate::protocol::Message;
use crate::text::{Language, Text};
use crate::value::Value;

/// What a variable shows that has no value.
const NOTHING: &str = "—";

/// The messages of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// Messages by id.
    pub entries: BTreeMap<String, Entry>,
    /// What is wrong, in the order of the file.
    pub findings: Vec<Finding>,
}

/// A message of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its text in Fluent, with the id: `id = pattern`. Holds for [`Message::text`].
    pub text: String,
    /// The variables it uses, without `$`, in order of name.
    pub variables: BTreeSet<String>,
    /// Where its id stands.
    pub spot: Spot,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
    /// Length in characters; 0 when only the start is known.
    pub length: u32,
}

/// Something wrong in a file of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub problem: Problem,
    /// Where.
    pub spot: Spot,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Fluent cannot read it.
    #[error("{0}")]
    Syntax(String),
    /// An id stands there twice; the first counts.
    #[error("the message `{0}` is already there")]
    Duplicate(String),
    /// A message uses what messages of a protocol may not use.
    #[error("the message `{id}` uses {what}; write the text out")]
    NotAllowed {
        /// The message.
        id: String,
        /// `a term`, `another message`, `a function`, `attributes`.
        what: &'static str,
    },
    /// A message is in the other language only.
    #[error("the message `{id}` is missing here; it is in `{}.ftl`", .present.code())]
    Missing {
        /// The message.
        id: String,
        /// The language that has it.
        present: Language,
    },
    /// A variable is used in the other language only, so that one of the readers is told less.
    #[error("the message `{id}` does not use `${variable}`; `{}.ftl` does", .present.code())]
    VariableMissing {
        /// The message.
        id: String,
        /// The variable.
        variable: String,
        /// The language that uses it.
        present: Language,
    },
}

/// Reads one file. Nothing is lost: what cannot be read is a finding, the rest is there.
#[must_use]
pub fn read(content: &str) -> Messages {
    let (resource, errors) = match parser::parse(content) {
        Ok(resource) => (resource, Vec::new()),
        Err((resource, errors)) => (resource, errors),
    };
    let mut messages = Messages::default();
    messages.findings.extend(errors.iter().map(|error| syntax(content, error)));
    for entry in resource.body {
        match entry {
            ast::Entry::Message(message) => messages.add(content, message),
            ast::Entry::Term(term) => {
                let id = format!("-{}", term.id.name);
                let spot = spot_of_id(content, &id, 0);
                messages.findings.push(Finding { problem: Problem::NotAllowed { id, what: "a term" }, spot });
            }
            ast::Entry::Comment(_)
            | ast::Entry::GroupComment(_)
            | ast::Entry::ResourceComment(_)
            | ast::Entry::Junk { .. } => {}
        }
    }
    messages.findings.sort_by_key(|finding| (finding.spot.line, finding.spot.column));
    messages
}

/// Both languages together. A message that one language lacks shows the text of the other.
///
/// The findings, for the English and the Hindi file, are what one has and the other lacks; those of reading are in
/// [`Messages::findings`].
#[must_use]
pub fn pair(english: &Messages, hindi: &Messages) -> (BTreeMap<String, Message>, [Vec<Finding>; 2]) {
    let mut messages = BTreeMap::new();
    let mut findings = [Vec::new(), Vec::new()];
    for id in english.entries.keys().chain(hindi.entries.keys()).collect::<BTreeSet<_>>() {
        let both = [english.entries.get(id), hindi.entries.get(id)];
        for (own, other) in [(0, 1), (1, 0)] {
            let Some(present) = both[other] else { continue };
            compare(id, both[own], present, Language::ALL[other], &mut findings[own]);
        }
        let text = |language: usize| both[language].or(both[1 - language]).map(|entry| entry.text.clone());
        let text = Text { en: text(0).unwrap_or_default(), hi: text(1).unwrap_or_default() };
        let variables: BTreeSet<String> = both.iter().flatten().flat_map(|entry| entry.variables.clone()).collect();
        messages.insert(id.clone(), Message { id: id.clone(), text, variables: variables.into_iter().collect() });
    }
    (messages, findings)
}

/// A message filled in. Times, choices and the like are given as the texts to show; see
/// [`FactType::show`](crate::protocol::FactType::show). Whole numbers choose plural forms and are written without
/// grouping. A variable without a value shows as a dash. No marks of writing direction are added.
#[must_use]
pub fn render(message: &Message, language: Language, values: &BTreeMap<String, Value>) -> String {
    let locale = match language {
        Language::En => "en-IN",
        Language::Hi => "hi-IN",
    };
    let locale: LanguageIdentifier = locale.parse().expect("both tags are well formed");
    let source = message.text.get(language).to_owned();
    let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(source);
    let mut bundle = FluentBundle::new(vec![locale]);
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    let mut arguments = FluentArgs::new();
    for variable in &message.variables {
        arguments.set(variable.as_str(), argument(values.get(variable).unwrap_or(&Value::Unknown)));
    }
    let pattern = bundle.get_message(&message.id).and_then(|found| found.value());
    // A message is checked when it is read; should one still not be readable, its reader gets the id.
    pattern.map_or_else(
        || message.id.clone(),
        |pattern| bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).trim_end().to_owned(),
    )
}

fn argument(value: &Value) -> FluentValue<'_> {
    match value {
        Value::Int(number) => FluentValue::from(*number),
        Value::Text(text) if !text.is_empty() => FluentValue::from(text.as_str()),
        Value::Bool(flag) => FluentValue::from(if *flag { "yes" } else { "no" }),
        Value::List(items) if !items.is_empty() => {
            let items = items.iter().map(|item| match item {
                Value::Int(number) => number.to_string(),
                other => other.as_text().unwrap_or(NOTHING).to_owned(),
            });
            FluentValue::from(items.collect::<Vec<_>>().join(", "))
        }
        Value::Unknown | Value::Text(_) | Value::List(_) | Value::Map(_) => FluentValue::from(NOTHING),
    }
}

impl Messages {
    fn add(&mut self, content: &str, message: ast::Message<&str>) {
        let id = message.id.name.to_owned();
        if self.entries.contains_key(&id) {
            let spot = spot_of_id(content, &id, 1);
            self.findings.push(Finding { problem: Problem::Duplicate(id), spot });
            return;
        }
        let spot = spot_of_id(content, &id, 0);
        let mut uses = Uses::default();
        if !message.attributes.is_empty() {
            uses.not_allowed = Some("attributes");
        }
        if let Some(pattern) = &message.value {
            uses.pattern(pattern);
        }
        if let Some(what) = uses.not_allowed {
            self.findings.push(Finding { problem: Problem::NotAllowed { id: id.clone(), what }, spot });
        }
        let entry = ast::Entry::Message(ast::Message { comment: None, attributes: Vec::new(), ..message });
        let text = serializer::serialize(&ast::Resource { body: vec![entry] });
        self.entries.insert(id, Entry { text, variables: uses.variables, spot });
    }
}

fn compare(id: &str, own: Option<&Entry>, other: &Entry, present: Language, findings: &mut Vec<Finding>) {
    let Some(own) = own else {
        let problem = Problem::Missing { id: id.to_owned(), present };
        findings.push(Finding { problem, spot: Spot { line: 1, column: 1, length: 0 } });
        return;
    };
    for variable in other.variables.difference(&own.variables) {
        let problem = Problem::VariableMissing { id: id.to_owned(), variable: variable.clone(), present };
        findings.push(Finding { problem, spot: own.spot });
    }
}

/// What a pattern uses.
#[derive(Default)]
struct Uses {
    variables: BTreeSet<String>,
    not_allowed: Option<&'static str>,
}

impl Uses {
    fn pattern(&mut self, pattern: &ast::Pattern<&str>) {
        for element in &pattern.elements {
            if let ast::PatternElement::Placeable { expression } = element {
                self.expression(expression);
            }
        }
    }

    fn expression(&mut self, expression: &ast::Expression<&str>) {
        match expression {
            ast::Expression::Inline(inline) => self.inline(inline),
            ast::Expression::Select { selector, variants } => {
                self.inline(selector);
                for variant in variants {
                    self.pattern(&variant.value);
                }
            }
        }
    }

    fn inline(&mut self, inline: &ast::InlineExpression<&str>) {
        match inline {
            ast::InlineExpression::VariableReference { id } => {
                self.variables.insert(id.name.to_owned());
            }
            ast::InlineExpression::Placeable { expression } => self.expression(expression),
            ast::InlineExpression::StringLiteral { .. } | ast::InlineExpression::NumberLiteral { .. } => {}
            ast::InlineExpression::FunctionReference { .. } => self.not_allowed = Some("a function"),
            ast::InlineExpression::MessageReference { .. } => self.not_allowed = Some("another message"),
            ast::InlineExpression::TermReference { .. } => self.not_allowed = Some("a term"),
        }
    }
}

fn syntax(content: &str, error: &ParserError) -> Finding {
    let message = error.kind.to_string();
    let mut letters = message.chars();
    let message = letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect());
    let message = message.replace('"', "`");
    let message = match message.strip_prefix("expected a token starting with ") {
        Some(token) => format!("{token} is missing here"),
        None if message.starts_with("expected one of ") => {
            "a message begins with its id, a small letter first".to_owned()
        }
        None => message,
    };
    Finding { problem: Problem::Syntax(message), spot: spot(content, error.pos.start, 0) }
}

/// The place of the `skip`-th line that begins with an id; the start of the file should there be none.
fn spot_of_id(content: &str, id: &str, skip: usize) -> Spot {
    let defines = |line: &str| line.strip_prefix(id).is_some_and(|rest| rest.trim_start().starts_with('='));
    let mut starts = content.match_indices('\n').map(|(at, _)| at + 1);
    let lines = std::iter::once(0).chain(starts.by_ref()).filter(|start| defines(&content[*start..]));
    let start = lines.into_iter().nth(skip).unwrap_or(0);
    spot(content, start, id.chars().count())
}

fn spot(content: &str, at: usize, length: usize) -> Spot {
    let before = content.get(..at.min(content.len())).unwrap_or(content);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Spot { line: number(before.matches('\n').count() + 1), column: number(column), length: number(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH_FILE: &str = "# told to the desk\nnew-alert = New alert { $case } on { $platform }.\n\nlate = { $late ->\n    [one] One minute late\n   *[other] { $late } minutes late\n  }\n";
    const HINDI_FILE: &str = "new-alert = नई सूचना { $case }, { $platform }.\nlate = { $late } मिनट देरी\n";

    fn both() -> BTreeMap<String, Message> {
        let (messages, findings) = pair(&read(ENGLISH_FILE), &read(HINDI_FILE));
        assert_eq!(findings, [Vec::new(), Vec::new()]);
        messages
    }

    fn values(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    #[test]
    fn fills_in_both_languages() {
        let messages = both();
        let known = values(&[("case", "RJ-2026-000012".into()), ("platform", "Instagram".into())]);
        assert_eq!(render(&messages["new-alert"], Language::En, &known), "New alert RJ-2026-000012 on Instagram.");
        assert_eq!(render(&messages["new-alert"], Language::Hi, &known), "नई सूचना RJ-2026-000012, Instagram.");
        for (late, en, hi) in
            [(1, "One minute late", "1 मिनट देरी"), (1_234_567, "1234567 minutes late", "1234567 मिनट देरी")]
        {
            let known = values(&[("late", Value::Int(late))]);
            assert_eq!(render(&messages["late"], Language::En, &known), en);
            assert_eq!(render(&messages["late"], Language::Hi, &known), hi);
        }
    }

    #[test]
    fn a_variable_without_value_is_a_dash() {
        let messages = both();
        let known = values(&[("case", "RJ-1".into()), ("platform", Value::Unknown)]);
        assert_eq!(render(&messages["new-alert"], Language::En, &known), "New alert RJ-1 on —.");
        assert_eq!(render(&messages["new-alert"], Language::En, &BTreeMap::new()), "New alert — on —.");
    }

    #[test]
    fn values_are_not_read_as_fluent() {
        let messages = both();
        let known = values(&[("case", "{ $platform } { late }".into()), ("platform", "a\nb = c".into())]);
        assert_eq!(
            render(&messages["new-alert"], Language::En, &known),
            "New alert { $platform } { late } on a\nb = c."
        );
    }

    #[test]
    fn knows_ids_variables_and_places() {
        let messages = read(ENGLISH_FILE);
        assert_eq!(messages.findings, []);
        let entry = &messages.entries["late"];
        assert_eq!(entry.variables, BTreeSet::from(["late".to_owned()]));
        assert_eq!(entry.spot, Spot { line: 4, column: 1, length: 4 });
        assert_eq!(both()["new-alert"].variables, ["case", "platform"]);
    }

    #[test]
    fn compares_the_languages() {
        let english = read("a = A { $x }\nb = B\n");
        let hindi = read("a = अ\nc = स\n");
        let (messages, [in_english, in_hindi]) = pair(&english, &hindi);
        assert_eq!(messages.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(render(&messages["c"], Language::En, &BTreeMap::new()), "स");
        let told =
            |findings: &[Finding]| findings.iter().map(|finding| finding.problem.to_string()).collect::<Vec<_>>();
        assert_eq!(told(&in_english), ["the message `c` is missing here; it is in `hi.ftl`"]);
        assert_eq!(
            told(&in_hindi),
            ["the message `a` does not use `$x`; `en.ftl` does", "the message `b` is missing here; it is in `en.ftl`"]
        );
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let content = "fine = yes\nअंग्रेज़ी = no\nbad = { $x\nfine = again\nterm = { -desk }\ncall = { NUMBER(5) }\nother = { fine }\nwith = x\n    .title = y\n-desk = Desk\n";
        let messages = read(content);
        let found: Vec<(u32, String)> =
            messages.findings.iter().map(|finding| (finding.spot.line, finding.problem.to_string())).collect();
        let lines: Vec<u32> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 4, 4, 5, 6, 7, 8, 10], "{found:?}");
        assert!(found.iter().any(|(_, told)| told == "the message `fine` is already there"));
        assert!(found.iter().any(|(_, told)| told == "the message `with` uses attributes; write the text out"));
        assert!(messages.entries.contains_key("term") && !messages.entries.contains_key("bad"));
    }
}
