//! Reading on past a misspelling.
//!
//! A key or word that is near to one of the language is reported here once and then read as the one that was meant. So
//! what stands under it is checked too, and nothing is reported missing that is only misspelt.

use super::shape::{Record, Shape, Union, check, unknown_key, unknown_tag, variant};
use crate::diagnostics::Diagnostic;
use crate::nearest::nearest;
use crate::source::{Body, Node};

/// Puts in place of misspelt keys and words those that were meant, with a finding for each.
pub fn mend(node: &mut Node, shape: &'static Shape, findings: &mut Vec<Diagnostic>) {
    match shape {
        Shape::Word(words) => word(node, shape, words, findings),
        Shape::Map(of) => {
            if let Body::Mapping(entries) = &mut node.body {
                for entry in entries {
                    mend(&mut entry.value, of, findings);
                }
            }
        }
        Shape::List(of) => items(node, of, findings),
        Shape::Some(of) => match node.body {
            Body::Sequence(_) => items(node, of, findings),
            Body::Scalar { .. } | Body::Mapping(_) => mend(node, of, findings),
        },
        Shape::Short(short, long) => match node.body {
            Body::Scalar { .. } => mend(node, short, findings),
            Body::Sequence(_) | Body::Mapping(_) => mend(node, long, findings),
        },
        Shape::Record(of) => record(node, of, findings),
        Shape::Tagged(union) => tagged(node, union, findings),
        Shape::Text
        | Shape::Name
        | Shape::Names
        | Shape::Flag
        | Shape::Integer(..)
        | Shape::Length
        | Shape::Times
        | Shape::Day
        | Shape::Expression
        | Shape::Constant
        | Shape::Labels => {}
    }
}

fn items(node: &mut Node, of: &'static Shape, findings: &mut Vec<Diagnostic>) {
    if let Body::Sequence(items) = &mut node.body {
        for item in items {
            mend(item, of, findings);
        }
    }
}

fn word(node: &mut Node, shape: &'static Shape, words: &[&'static str], findings: &mut Vec<Diagnostic>) {
    let Some(written) = node.scalar().filter(|written| !words.contains(written)) else { return };
    let Some(meant) = nearest(written, words.iter().copied()) else { return };
    check(node, shape, &node.place, findings);
    node.body = Body::Scalar { text: meant.to_owned(), plain: true };
}

/// Also used for a whole file, whose shape is a record.
pub fn record(node: &mut Node, record: &'static Record, findings: &mut Vec<Diagnostic>) {
    let Body::Mapping(entries) = &mut node.body else { return };
    for index in 0..entries.len() {
        let written = entries[index].key.text.as_str();
        if record.field(written).is_some() {
            continue;
        }
        let free = record.keys.iter().filter(|field| entries.iter().all(|entry| entry.key.text != field.name));
        let fitting = free.filter(|field| fits(&entries[index].value, field.shape)).map(|field| field.name);
        if let Some(meant) = nearest(written, fitting) {
            findings.push(unknown_key(&entries[index].key, record));
            meant.clone_into(&mut entries[index].key.text);
        }
    }
    for entry in entries {
        if let Some(field) = record.field(&entry.key.text) {
            mend(&mut entry.value, field.shape, findings);
        }
    }
}

fn tagged(node: &mut Node, union: &'static Union, findings: &mut Vec<Diagnostic>) {
    if variant(node, union).is_none()
        && let Body::Mapping(entries) = &mut node.body
        && let Some(first) = entries.first_mut()
        && let Some(meant) = nearest(&first.key.text, union.records.iter().map(|record| record.keys[0].name))
    {
        findings.push(unknown_tag(&first.key, union));
        meant.clone_into(&mut first.key.text);
    }
    if let Some(of) = variant(node, union) {
        record(node, of, findings);
    }
}

/// Whether a value may be meant for a shape at all.
fn fits(node: &Node, shape: &Shape) -> bool {
    match shape {
        Shape::Text
        | Shape::Name
        | Shape::Flag
        | Shape::Integer(..)
        | Shape::Length
        | Shape::Times
        | Shape::Day
        | Shape::Word(_)
        | Shape::Expression => node.scalar().is_some(),
        Shape::Labels | Shape::Map(_) | Shape::Record(_) | Shape::Tagged(_) => node.entries().is_some(),
        Shape::List(_) => node.items().is_some(),
        Shape::Names => node.entries().is_none(),
        Shape::Constant => true,
        Shape::Some(of) => node.items().is_some() || fits(node, of),
        Shape::Short(short, long) => fits(node, short) || fits(node, long),
    }
}
