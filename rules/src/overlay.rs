//! The merge of a protocol over the template it extends.
//!
//! It works on spanned trees and follows the grammar: maps by key, rows and transitions in lists by `id`, fields by
//! `fact`; lists of actions and single values are replaced whole; `{ remove: true }` takes out. Every piece keeps the
//! place of the file it came from.

use crate::diagnostics::{Code, Diagnostic};
use crate::duration::Duration;
use crate::grammar::shape::{Record, Shape};
use crate::grammar::{CLOCK, FIELD, STATE, TRANSITION};
use crate::place::Place;
use crate::source::{Body, Entry, Node};

/// Puts `over` over `base`, both of the shape of a record (`PROTOCOL`, `TABLE`, `FORM`).
pub fn merge(
    base: &Node,
    over: &Node,
    record: &'static Record,
    template: &str,
    findings: &mut Vec<Diagnostic>,
) -> Node {
    Merge { template, findings }.record(base, over, record, true)
}

struct Merge<'m> {
    template: &'m str,
    findings: &'m mut Vec<Diagnostic>,
}

/// Keys of a document that name it: saying them again is no override.
const IDENTITY: &[&str] =
    &["niyam", "protocol", "extends", "title", "order", "table", "form", "id", "fact", "hit", "scenario"];

/// Keys that say when a clock runs out; a clock has one of them.
const TIMINGS: [&str; 3] = ["in", "every", "at"];

impl Merge<'_> {
    fn value(&mut self, base: &Node, over: &Node, shape: &'static Shape, key: &str, place: &Place) -> Node {
        match shape {
            Shape::Map(of) if base.entries().is_some() && over.entries().is_some() => self.map(base, over, of, key),
            Shape::Record(record) if base.entries().is_some() && over.entries().is_some() => {
                self.record(base, over, record, false)
            }
            Shape::Labels if base.entries().is_some() && over.entries().is_some() => {
                self.same(base, over, key, place);
                let mut merged = base.entries().unwrap_or_default().to_vec();
                for entry in over.entries().unwrap_or_default() {
                    put(&mut merged, entry.clone());
                }
                Node { place: over.place.clone(), body: Body::Mapping(merged) }
            }
            Shape::Some(of) | Shape::Short(_, of) => match (&base.body, &over.body) {
                (Body::Mapping(_), Body::Mapping(_)) => self.value(base, over, of, key, place),
                (Body::Sequence(_), Body::Sequence(_)) => match identified(of) {
                    Some(record) => self.list(base, over, record),
                    None => self.replace(base, over, key, place),
                },
                _ => self.replace(base, over, key, place),
            },
            Shape::List(of) if base.items().is_some() && over.items().is_some() => match identified(of) {
                Some(record) => self.list(base, over, record),
                None if key == "guarantees" => {
                    let mut items = base.items().unwrap_or_default().to_vec();
                    items.extend(over.items().unwrap_or_default().iter().cloned());
                    Node { place: over.place.clone(), body: Body::Sequence(items) }
                }
                None => self.replace(base, over, key, place),
            },
            _ => self.replace(base, over, key, place),
        }
    }

    fn replace(&mut self, base: &Node, over: &Node, key: &str, place: &Place) -> Node {
        self.same(base, over, key, place);
        over.clone()
    }

    fn same(&mut self, base: &Node, over: &Node, key: &str, place: &Place) {
        if base.says_the_same(over) && !IDENTITY.contains(&key) {
            let message = format!("`{key}` says what the template `{}` says", self.template);
            self.findings.push(
                Diagnostic::new(Code::OverridesSame, place, message)
                    .label(Some(&base.place), "the template says so here")
                    .help("delete it, so that it follows when the template changes"),
            );
        }
    }

    fn record(&mut self, base: &Node, over: &Node, record: &'static Record, document: bool) -> Node {
        let mut merged: Vec<Entry> = base.entries().unwrap_or_default().to_vec();
        if document {
            merged.retain(|entry| !matches!(entry.key.text.as_str(), "protocol" | "extends" | "order"));
        }
        if std::ptr::eq(record, &raw const CLOCK) && TIMINGS.iter().any(|key| over.entry(key).is_some()) {
            // another way of saying when takes the place of the template's
            merged.retain(|entry| {
                let key = entry.key.text.as_str();
                !TIMINGS.contains(&key) || over.entry(key).is_some()
            });
        }
        for entry in over.entries().unwrap_or_default() {
            let key = entry.key.text.as_str();
            let below = base.entry(key).filter(|below| {
                !below.value.is_nothing() && merged.iter().any(|entry| entry.key.text == below.key.text)
            });
            let value = match (below, record.field(key)) {
                (Some(below), _) if removes(&entry.value) => {
                    merged.retain(|entry| entry.key.text != below.key.text);
                    continue;
                }
                (Some(below), Some(field)) => {
                    self.value(&below.value, &entry.value, field.shape, key, &entry.key.place)
                }
                (None, Some(field)) if matches!(field.shape, Shape::Map(_)) && entry.value.entries().is_some() => {
                    let nothing = Node { place: entry.value.place.clone(), body: Body::Mapping(Vec::new()) };
                    let Shape::Map(of) = field.shape else { continue };
                    self.map(&nothing, &entry.value, of, key)
                }
                _ => entry.value.clone(),
            };
            put(&mut merged, Entry { key: entry.key.clone(), value });
        }
        Node { place: if document { over.place.clone() } else { base.place.clone() }, body: Body::Mapping(merged) }
    }

    fn map(&mut self, base: &Node, over: &Node, of: &'static Shape, of_what: &str) -> Node {
        let mut merged: Vec<Entry> = base.entries().unwrap_or_default().to_vec();
        for entry in over.entries().unwrap_or_default() {
            let name = entry.key.text.as_str();
            let names = || base.entries().unwrap_or_default().iter().map(|entry| entry.key.text.as_str());
            match (base.entry(name), removes(&entry.value)) {
                (Some(_), true) => merged.retain(|below| below.key.text != name),
                (None, true) => {
                    let message =
                        format!("`{name}` is not in the template `{}`, so it cannot be removed", self.template);
                    self.findings
                        .push(Diagnostic::new(Code::RemovesNothing, &entry.key.place, message).suggest(name, names()));
                }
                (Some(below), false) => {
                    let value = self.value(&below.value, &entry.value, of, name, &entry.key.place);
                    put(&mut merged, Entry { key: below.key.clone(), value });
                }
                (None, false) => {
                    if let Some(missing) = incomplete(name, &entry.value, of) {
                        let message = format!(
                            "`{name}` overrides nothing: the template `{}` has no such name under `{of_what}`, and for a new one {missing} is missing",
                            self.template
                        );
                        let finding =
                            Diagnostic::new(Code::OverridesNothing, &entry.key.place, message).suggest(name, names());
                        let meant = finding.fix.as_ref().and_then(|fix| merged_at(&merged, &fix.replacement));
                        self.findings.push(finding);
                        // Read on as if the name were right: what it holds is looked at too.
                        if let Some(at) = meant {
                            let base = merged[at].value.clone();
                            merged[at].value = self.value(&base, &entry.value, of, name, &entry.key.place);
                        }
                    } else {
                        merged.push(entry.clone());
                    }
                }
            }
        }
        Node { place: base.place.clone(), body: Body::Mapping(merged) }
    }

    fn list(&mut self, base: &Node, over: &Node, record: &'static Record) -> Node {
        let id_key = id_key(record);
        let id = |item: &Node| item.get(id_key).and_then(Node::scalar).map(str::to_owned);
        let mut merged: Vec<Node> = base.items().unwrap_or_default().to_vec();
        for item in over.items().unwrap_or_default() {
            let name = id(item);
            let known: Vec<String> = merged.iter().filter_map(id).collect();
            let below = name.as_ref().and_then(|name| merged.iter().position(|below| id(below).as_ref() == Some(name)));
            let place = item.get(id_key).map_or(&item.place, |node| &node.place);
            let shown = name.as_deref().unwrap_or("?");
            match (below, removes(item)) {
                (Some(below), true) => {
                    merged.remove(below);
                }
                (None, true) => {
                    let message =
                        format!("`{shown}` is not in the template `{}`, so it cannot be removed", self.template);
                    self.findings.push(
                        Diagnostic::new(Code::RemovesNothing, place, message)
                            .suggest(shown, known.iter().map(String::as_str)),
                    );
                }
                (Some(below), false) => {
                    let base = merged[below].clone();
                    merged[below] = self.record(&base, item, record, false);
                }
                (None, false) => {
                    if let Some(missing) = lacks(shown, item, record) {
                        let message = format!(
                            "`{shown}` overrides nothing: it is not in the template `{}`, and for a new one {missing} is missing",
                            self.template
                        );
                        self.findings.push(
                            Diagnostic::new(Code::OverridesNothing, place, message)
                                .suggest(shown, known.iter().map(String::as_str)),
                        );
                    } else {
                        merged.push(item.clone());
                    }
                }
            }
        }
        Node { place: over.place.clone(), body: Body::Sequence(merged) }
    }
}

fn merged_at(entries: &[Entry], name: &str) -> Option<usize> {
    entries.iter().position(|entry| entry.key.text == name)
}

fn put(entries: &mut Vec<Entry>, entry: Entry) {
    match entries.iter_mut().find(|below| below.key.text == entry.key.text) {
        Some(below) => *below = entry,
        None => entries.push(entry),
    }
}

fn removes(node: &Node) -> bool {
    node.get("remove").and_then(Node::scalar) == Some("true")
}

fn id_key(record: &'static Record) -> &'static str {
    if std::ptr::eq(record, &raw const FIELD) { "fact" } else { "id" }
}

/// The record of a list's items, when they have ids.
fn identified(shape: &'static Shape) -> Option<&'static Record> {
    match shape {
        Shape::Record(record) => record.field(id_key(record)).map(|_| *record),
        Shape::Short(_, of) | Shape::Some(of) => identified(of),
        _ => None,
    }
}

/// What a value lacks to be a new one of its kind.
fn incomplete(name: &str, node: &Node, shape: &'static Shape) -> Option<String> {
    match shape {
        Shape::Record(record) => lacks(name, node, record),
        Shape::Some(of) | Shape::Short(_, of) if node.entries().is_some() => incomplete(name, node, of),
        _ => None,
    }
}

fn lacks(name: &str, node: &Node, record: &'static Record) -> Option<String> {
    let has = |key: &str| node.entry(key).is_some();
    node.entries()?;
    if std::ptr::eq(record, &raw const STATE) {
        let pseudo = node.get("type").and_then(Node::scalar) == Some("history");
        return (!has("label") && !pseudo).then(|| "`label`".to_owned());
    }
    if std::ptr::eq(record, &raw const TRANSITION) {
        return (!has("target") && !has("actions") && !has("by")).then(|| "`target` or `actions`".to_owned());
    }
    if std::ptr::eq(record, &raw const CLOCK) {
        let timed = has("in") || has("every") || has("at") || name.parse::<Duration>().is_ok();
        let does = has("target") || has("actions") || has("do");
        return match (timed, does) {
            (true, true) => None,
            (false, _) => Some("`in`, `every` or `at`".to_owned()),
            (true, false) => Some("`target` or `actions`".to_owned()),
        };
    }
    record.keys.iter().find(|field| field.required && !has(field.name)).map(|field| format!("`{}`", field.name))
}
