//! Text to a spanned tree: every value of a YAML file with the place it stands at.
//!
//! Reading has limits of its own (size, depth, number of values after aliases) and reports what it finds instead of
//! stopping the rest of the bundle: a file that cannot be read at all gives one finding and no tree.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span};

use crate::diagnostics::{Code, Diagnostic};
use crate::place::Place;

/// Largest file. Unit: bytes.
pub const MAX_BYTES: usize = 2 * 1024 * 1024;
/// Deepest nesting of maps and lists.
pub const MAX_DEPTH: usize = 64;
/// Most values in one file, those repeated by aliases included.
pub const MAX_NODES: usize = 50_000;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub body: Body,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Body {
    /// A text, a number, nothing: language rules decide which.
    Scalar {
        /// The text without quotes.
        text: String,
        /// Written without quotes, so that `5` may be a number and nothing may mean nothing.
        plain: bool,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// A map, in the order written; keys are unique.
    Mapping(Vec<Entry>),
}

/// One entry of a map.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// A key of a map and where it stands.
#[derive(Clone, Debug)]
pub struct Key {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

impl Default for Node {
    /// Nothing.
    fn default() -> Self {
        let place = Place { file: "".into(), line: 1, column: 1, length: 0 };
        Self { place, body: Body::Scalar { text: String::new(), plain: true } }
    }
}

impl Node {
    /// Whether nothing is written: `key:` or `null`.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(&self.body, Body::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// The text, if it is one value and not nothing.
    #[must_use]
    pub fn scalar(&self) -> Option<&str> {
        match &self.body {
            Body::Scalar { text, .. } if !self.is_nothing() => Some(text),
            Body::Scalar { .. } | Body::Sequence(_) | Body::Mapping(_) => None,
        }
    }

    /// The entries, if it is a map.
    #[must_use]
    pub fn entries(&self) -> Option<&[Entry]> {
        if let Body::Mapping(entries) = &self.body { Some(entries) } else { None }
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn items(&self) -> Option<&[Node]> {
        if let Body::Sequence(items) = &self.body { Some(items) } else { None }
    }

    /// The value under a key, if it is a map that has it and it is not nothing.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value).filter(|value| !value.is_nothing())
    }

    /// The entry under a key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key.text == key)
    }

    /// Whether both say the same, wherever they stand.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        match (&self.body, &other.body) {
            (Body::Scalar { text: a, .. }, Body::Scalar { text: b, .. }) => a == b,
            (Body::Sequence(a), Body::Sequence(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.says_the_same(b))
            }
            (Body::Mapping(a), Body::Mapping(b)) => {
                a.len() == b.len()
                    && a.iter().zip(b).all(|(a, b)| a.key.text == b.key.text && a.value.says_the_same(&b.value))
            }
            (Body::Scalar { .. } | Body::Sequence(_) | Body::Mapping(_), _) => false,
        }
    }

    /// What it is, in words.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match &self.body {
            Body::Scalar { .. } if self.is_nothing() => "nothing",
            Body::Scalar { .. } => "a single value",
            Body::Sequence(_) => "a list",
            Body::Mapping(_) => "a map",
        }
    }
}

/// Reads one file. `None` when it cannot be read at all; then there is a finding that says why.
pub fn read(file: &Arc<str>, text: &str, findings: &mut Vec<Diagnostic>) -> Option<Node> {
    let start = Place { file: file.clone(), line: 1, column: 1, length: 0 };
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, more than the {MAX_BYTES} that a file may have", text.len());
        findings.push(Diagnostic::new(Code::TooMuch, &start, message).help("split it, or take out what is no rule"));
        return None;
    }
    let options = granit_parser::options! {
        block_nesting_limit: MAX_DEPTH,
        flow_nesting_limit: MAX_DEPTH,
        emit_unresolved_aliases: true
    };
    let mut builder = Builder {
        file: file.clone(),
        findings,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        nodes: 0,
        document: None,
        documents: 0,
    };
    for step in Parser::new_from_str_with_options(text, options) {
        match step {
            Ok((event, span)) => {
                if let Err(stop) = builder.take(event, span) {
                    builder.findings.push(*stop);
                    return None;
                }
            }
            Err(error) => {
                let finding = syntax(file, text, &error);
                builder.findings.push(finding);
                return None;
            }
        }
    }
    let Builder { document, .. } = builder;
    let document = document.filter(|node| !node.is_nothing());
    if document.is_none() {
        findings.push(
            Diagnostic::new(Code::Syntax, &start, "the file is empty").help("write something, or delete the file"),
        );
    }
    document
}

fn syntax(file: &Arc<str>, text: &str, error: &granit_parser::ScanError) -> Diagnostic {
    let place = Place { length: 1, ..at(file, error.marker()) };
    let info = error.info();
    if info.contains("nesting") || info.contains("recursion") || info.contains("depth") {
        let message = format!("the file is nested deeper than {MAX_DEPTH} levels");
        return Diagnostic::new(Code::TooMuch, &place, message).help("write it flatter; no protocol needs that");
    }
    let line = text.lines().nth(place.line.saturating_sub(1) as usize).unwrap_or_default();
    let help = if info.contains("bom") || info.contains("BOM") {
        "save the file as UTF-8 without a byte order mark"
    } else if info.contains("unexpected character") {
        "this is no text file, or a letter was damaged: save it as plain UTF-8 text"
    } else if line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t') {
        "indent with spaces, never with tabs"
    } else if info.contains("while parsing a flow") {
        "close the bracket that is open here; put a text that contains `: `, `,` or a bracket into quotes"
    } else if info.contains("unclosed") || info.contains("unexpected end") {
        "close the bracket or quote that is open here"
    } else if info.contains("mapping values are not allowed") {
        "check the spaces in front of this line and the one above, and that each `:` has a space behind it; put a text that contains `: ` into quotes"
    } else {
        "check quotes, brackets and the spaces in front of this line and the one above"
    };
    Diagnostic::new(Code::Syntax, &place, format!("the file is no YAML: {}", info.to_lowercase().replace('\'', "`")))
        .help(help)
}

fn at(file: &Arc<str>, marker: &Marker) -> Place {
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Place { file: file.clone(), line: number(marker.line()), column: number(marker.col() + 1), length: 0 }
}

struct Builder<'f> {
    file: Arc<str>,
    findings: &'f mut Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, (Node, usize)>,
    nodes: usize,
    document: Option<Node>,
    documents: usize,
}

/// A list or map that is not finished.
struct Open {
    node: Node,
    anchor: usize,
    nodes_before: usize,
    key: Option<Key>,
    /// The keys so far.
    seen: BTreeSet<String>,
    /// A value whose key was wrong is read and forgotten.
    skip: bool,
    /// The key was there before, at this number; of two maps both are read.
    again: Option<usize>,
}

type Stop = Box<Diagnostic>;

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Stop> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let place = self.place(&span);
                let plain = style == ScalarStyle::Plain;
                let node = Node { place, body: Body::Scalar { text: text.into_owned(), plain } };
                self.nodes += 1;
                if anchor != 0 {
                    self.anchors.insert(anchor, (node.clone(), 1));
                }
                self.put(node)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(&span, anchor, Body::Sequence(Vec::new())),
            Event::MappingStart(_, anchor, _) => self.begin(&span, anchor, Body::Mapping(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, &span),
            Event::UnresolvedAlias(name) => {
                let message = format!("no anchor `&{name}` stands above this");
                Err(Box::new(
                    Diagnostic::new(Code::Syntax, &self.place(&span), message)
                        .help("put a text that begins with `*` into quotes"),
                ))
            }
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "a second document begins here; a file holds one";
                    return Err(Box::new(
                        Diagnostic::new(Code::Syntax, &self.place(&span), message).help("take out the line `---`"),
                    ));
                }
                Ok(())
            }
            // The reader's own set of events may grow; what carries no value changes no tree.
            _ => Ok(()),
        }
    }

    fn place(&self, span: &Span) -> Place {
        let mut place = at(&self.file, &span.start);
        if span.start.line() == span.end.line() {
            place.length = u32::try_from(span.end.index().saturating_sub(span.start.index())).unwrap_or(u32::MAX);
        }
        place
    }

    fn begin(&mut self, span: &Span, anchor: usize, body: Body) -> Result<(), Stop> {
        let place = Place { length: 1, ..at(&self.file, &span.start) };
        if self.open.len() >= MAX_DEPTH {
            let message = format!("the file is nested deeper than {MAX_DEPTH} levels");
            return Err(Box::new(
                Diagnostic::new(Code::TooMuch, &place, message).help("write it flatter; no protocol needs that"),
            ));
        }
        let nodes_before = self.nodes;
        self.nodes += 1;
        self.open.push(Open {
            node: Node { place, body },
            anchor,
            nodes_before,
            key: None,
            seen: BTreeSet::new(),
            skip: false,
            again: None,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Stop> {
        let Some(mut done) = self.open.pop() else { return Ok(()) };
        if let Body::Mapping(entries) = &done.node.body
            && let Some(first) = entries.first()
            && first.key.place.file == self.file
            && done.node.place.line == first.key.place.line
            && done.node.place.column == first.key.place.column
        {
            done.node.place = first.key.place.clone();
        }
        if done.anchor != 0 {
            self.anchors.insert(done.anchor, (done.node.clone(), self.nodes - done.nodes_before));
        }
        self.put(done.node)
    }

    fn alias(&mut self, anchor: usize, span: &Span) -> Result<(), Stop> {
        let place = self.place(span);
        let Some((node, size)) = self.anchors.get(&anchor) else {
            let message = "an alias inside of what it stands for";
            return Err(Box::new(Diagnostic::new(Code::Syntax, &place, message).help("write the value out")));
        };
        if self.nodes + size > MAX_NODES || depth(node) + self.open.len() > MAX_DEPTH {
            let message = format!("aliases blow the file up to more than {MAX_NODES} values or {MAX_DEPTH} levels");
            return Err(Box::new(
                Diagnostic::new(Code::TooMuch, &place, message)
                    .help("write the values out instead of repeating them by alias"),
            ));
        }
        let node = node.clone();
        self.nodes += size;
        self.put(node)
    }

    fn put(&mut self, node: Node) -> Result<(), Stop> {
        if self.nodes > MAX_NODES {
            let message = format!("the file has more than {MAX_NODES} values");
            return Err(Box::new(
                Diagnostic::new(Code::TooMuch, &node.place, message).help("split it into several files"),
            ));
        }
        let Some(open) = self.open.last_mut() else {
            self.document = Some(node);
            return Ok(());
        };
        match &mut open.node.body {
            Body::Sequence(items) => items.push(node),
            Body::Mapping(entries) => match open.key.take() {
                None if open.skip => open.skip = false,
                None if open.again.is_some() => {
                    if let Some(first) = open.again.take().and_then(|at| entries.get_mut(at)) {
                        add(&mut first.value, node);
                    }
                }
                None => match node.body {
                    Body::Scalar { text, .. } => {
                        let known = !open.seen.insert(text.clone());
                        let first = if known { entries.iter().position(|entry| entry.key.text == text) } else { None };
                        if let Some(at) = first {
                            let first = &entries[at];
                            let finding = Diagnostic::new(
                                Code::DuplicateKey,
                                &node.place,
                                format!("the key `{text}` is written twice"),
                            )
                            .label(Some(&first.key.place), "the first time here")
                            .help("keep one of the two, or put into one what stands under both");
                            self.findings.push(finding);
                            open.again = Some(at);
                        } else {
                            open.key = Some(Key { text, place: node.place });
                        }
                    }
                    Body::Sequence(_) | Body::Mapping(_) => {
                        let message = "a key must be a single name";
                        self.findings.push(
                            Diagnostic::new(Code::WrongShape, &node.place, message)
                                .help("write `name: value`; put `{…}` into quotes if it is a text"),
                        );
                        open.skip = true;
                    }
                },
                Some(key) => entries.push(Entry { key, value: node }),
            },
            Body::Scalar { .. } => {}
        }
        Ok(())
    }
}

/// Adds to a map what another of the same key has more, so that what is written there is not reported as missing.
fn add(first: &mut Node, second: Node) {
    let (Body::Mapping(entries), Body::Mapping(more)) = (&mut first.body, second.body) else { return };
    for entry in more {
        match entries.iter_mut().find(|known| known.key.text == entry.key.text) {
            Some(known) => add(&mut known.value, entry.value),
            None => entries.push(entry),
        }
    }
}

fn depth(node: &Node) -> usize {
    match &node.body {
        Body::Scalar { .. } => 0,
        Body::Sequence(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Body::Mapping(entries) => 1 + entries.iter().map(|entry| depth(&entry.value)).max().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests;
