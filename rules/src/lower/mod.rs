//! Tree to protocol: names are collected first, then everything that uses them is lowered.
//!
//! The shape of the tree has been checked against the grammar before, so a value of a wrong shape is passed over here
//! without a second finding.

mod actions;
mod constant;
mod declarations;
mod documents;
mod doubts;
mod expressions;
mod messages;
mod names;
mod promises;
mod scenarios;
mod states;
mod transitions;

pub(crate) use doubts::Doubts;
pub(crate) use names::{Draft, Names, matches, walk, walk_all};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::bundle::VersionDigest;
use crate::chart::{Chart, Scope, Seat};
use crate::diagnostics::{Code, Diagnostic};
use crate::expression::Scripts;
use crate::place::Place;
use crate::protocol::{FactType, Order, Protocol};
use crate::source::{Entry, Node};
use crate::text::Text;

/// All files of a protocol as trees, merged over those of its template.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trees {
    /// `protocol.yaml`.
    pub(crate) protocol: Node,
    /// Tables by id.
    pub(crate) tables: BTreeMap<String, Node>,
    /// Forms by id.
    pub(crate) forms: BTreeMap<String, Node>,
    /// Scenarios by file stem; a file of the same name replaces the template's whole.
    pub(crate) scenarios: BTreeMap<String, Node>,
    /// Message files, the template's first.
    pub(crate) messages: Vec<TextFile>,
    /// Scripts by path; a file of the same path replaces the template's.
    pub(crate) scripts: BTreeMap<String, TextFile>,
    /// Ids that files which cannot be read would have declared.
    pub(crate) unread: Unread,
}

/// Ids of forms and tables whose files cannot be read: they are not reported as missing, which would bury the cause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread {
    /// Of forms.
    pub(crate) forms: BTreeSet<String>,
    /// Of tables.
    pub(crate) tables: BTreeSet<String>,
}

/// A file that is no YAML.
#[derive(Clone, Debug)]
pub(crate) struct TextFile {
    /// Its path as places name it.
    pub(crate) file: Arc<str>,
    /// Its content.
    pub(crate) content: String,
}

/// The lowering of one protocol.
pub(crate) struct Lower<'t> {
    pub(crate) trees: &'t Trees,
    pub(crate) names: Names,
    pub(crate) drafts: Vec<Draft<'t>>,
    pub(crate) findings: Vec<Diagnostic>,
    /// Local names that a `foreach` gives to expressions inside it, with their types where they are known.
    pub(crate) locals: BTreeMap<String, Option<FactType>>,
    /// Those of them that hold items of a sealed fact, and that fact.
    pub(crate) sealed_locals: BTreeMap<String, String>,
    /// Facts whose type or default could not be read: what is said of them is not judged.
    pub(crate) vague: BTreeSet<String>,
    /// What else could not be read.
    pub(crate) doubts: Doubts,
    /// Where each transition is written, by its id.
    pub(crate) spans: Vec<(String, &'t Node)>,
    /// Whether a script cannot be read, so that its functions are not known.
    pub(crate) scripts_unread: bool,
    /// The functions that expressions may call.
    pub(crate) scripts: Scripts,
}

/// Lowers trees. The protocol is whole only when no finding is an error. `shape`: what reading and the grammar found.
pub(crate) fn lower(trees: &Trees, digest: VersionDigest, shape: &[Diagnostic]) -> (Protocol, Vec<Diagnostic>, Doubts) {
    let drafts = names::drafts(trees);
    let mut lower = Lower {
        trees,
        names: Names::default(),
        drafts,
        findings: Vec::new(),
        locals: BTreeMap::new(),
        sealed_locals: BTreeMap::new(),
        vague: BTreeSet::new(),
        doubts: Doubts::default(),
        spans: Vec::new(),
        scripts_unread: false,
        scripts: Scripts::default(),
    };
    let root = &trees.protocol;
    lower.declare();
    lower.scripts();
    let chart = lower.chart();
    let tables = lower.tables();
    let forms = lower.forms();
    let guarantees = lower.guarantees();
    let scenarios = lower.scenarios();
    let order = root.get("order").map(|order| Order {
        number: string(order.get("number")),
        date: string(order.get("date")),
        authority: text(order.get("authority")),
    });
    let protocol = Protocol {
        name: string(root.get("protocol")),
        digest,
        title: text(root.get("title")),
        extends: root.get("extends").and_then(Node::scalar).map(str::to_owned),
        order,
        facts: lower.names.facts.clone(),
        seals: lower.names.seals.clone(),
        roles: lower.names.roles.clone(),
        units: lower.names.units.clone(),
        chart: Chart { scope: Scope::Incident, ..chart },
        tables,
        forms,
        messages: lower.names.messages.clone(),
        guarantees,
        scenarios,
    };
    let mut doubts = lower.doubts;
    doubts.of_shape(shape, &lower.drafts, &lower.spans);
    (protocol, lower.findings, doubts)
}

impl Lower<'_> {
    pub(crate) fn find(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// Reports a name that does not exist. Returns the one that was most likely meant, to read on with.
    pub(crate) fn unknown(&mut self, code: Code, what: &str, name: &str, place: &Place) -> Option<String> {
        let names: Vec<String> = match code {
            Code::UnknownFact => self.names.facts.keys().cloned().collect(),
            Code::UnknownRole => self.names.roles.keys().cloned().collect(),
            Code::UnknownUnit => self.names.units.keys().cloned().collect(),
            Code::UnknownForm => self.names.forms.iter().cloned().collect(),
            Code::UnknownTable => self.names.tables.iter().cloned().collect(),
            Code::UnknownMessage => self.names.messages.keys().cloned().collect(),
            Code::UnknownSeal => self.names.seals.keys().cloned().collect(),
            Code::UnknownAct => self.names.acts.iter().cloned().collect(),
            Code::UnknownEvent => self.names.events().map(str::to_owned).collect(),
            _ => self.drafts.iter().skip(1).map(|draft| draft.path.clone()).collect(),
        };
        if self.is_unread(code) {
            return None;
        }
        let finding = Diagnostic::new(code, place, format!("no {what} `{name}`"));
        let finding = finding.suggest(name, names.iter().map(String::as_str));
        let meant = finding.fix.as_ref().map(|fix| fix.replacement.clone());
        self.find(finding);
        meant
    }

    /// Whether what would declare names of this kind cannot be read: then none is reported as missing.
    pub(crate) fn is_unread(&self, code: Code) -> bool {
        let root = &self.trees.protocol;
        let section = match code {
            Code::UnknownFact => "facts",
            Code::UnknownRole => "roles",
            Code::UnknownUnit => "units",
            Code::UnknownSeal => "seals",
            Code::UnknownState => "states",
            _ => "",
        };
        root.entries().is_none() || root.get(section).is_some_and(|section| section.entries().is_none())
    }

    /// The fact that a node names, or a finding.
    pub(crate) fn fact(&mut self, name: &str, place: &Place) -> bool {
        let known = self.names.facts.contains_key(name);
        if !known {
            self.unknown(Code::UnknownFact, "fact", name, place);
        }
        known
    }

    /// The role that a node names, or a finding.
    pub(crate) fn role(&mut self, name: &str, place: &Place) -> bool {
        let known = self.names.roles.contains_key(name);
        if !known {
            self.unknown(Code::UnknownRole, "role", name, place);
        }
        known
    }

    /// The seat that a node names: `role @ unit`, or `role` at its own unit; also when there is none, with a finding.
    pub(crate) fn seat(&mut self, node: &Node) -> Option<Seat> {
        let written = node.scalar()?;
        Some(self.seat_of(written, &node.place))
    }

    pub(crate) fn seat_of(&mut self, written: &str, place: &Place) -> Seat {
        let (role, unit) = match written.split_once('@') {
            Some((role, unit)) => (role.trim(), Some(unit.trim())),
            None => (written.trim(), None),
        };
        self.role(role, &part(place, written, role));
        let unit = match unit {
            Some("") => {
                let finding = Diagnostic::new(Code::UnknownUnit, place, "no unit is named behind the `@`");
                self.find(finding.help("write `role @ unit`, or the role alone for its own unit"));
                String::new()
            }
            Some(unit) => {
                if !self.names.units.contains_key(unit) {
                    self.unknown(Code::UnknownUnit, "unit", unit, &part(place, written, unit));
                }
                unit.to_owned()
            }
            None => self.names.roles.get(role).map(|role| role.unit.clone()).unwrap_or_default(),
        };
        Seat { role: role.to_owned(), unit }
    }

    /// The form that a node names, or a finding.
    pub(crate) fn form(&mut self, node: Option<&Node>) -> Option<String> {
        let node = node?;
        let name = node.scalar()?;
        if !self.names.forms.contains(name) {
            self.unknown(Code::UnknownForm, "form", name, &node.place);
            return None;
        }
        Some(name.to_owned())
    }

    /// The message that a node names; also when there is none, with a finding.
    pub(crate) fn message(&mut self, node: Option<&Node>) -> Option<String> {
        let node = node?;
        let name = node.scalar()?;
        if !self.names.messages.contains_key(name) {
            self.unknown(Code::UnknownMessage, "message", name, &node.place);
        }
        Some(name.to_owned())
    }
}

/// The place of a `part` of a value that stands at `place`, so that a fix replaces only that. Of a quoted value,
/// whose columns are shifted by the quote, too.
fn part(place: &Place, written: &str, part: &str) -> Place {
    let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    let quotes = place.length.saturating_sub(count(written));
    let unit = written.find('@').filter(|at| written[*at + 1..].trim() == part).map_or(0, |at| at + 1);
    let Some(at) = written[unit..].find(part).filter(|_| quotes == 0 || quotes == 2) else { return place.clone() };
    let at = unit + at;
    Place { column: place.column + quotes / 2 + count(&written[..at]), length: count(part), ..place.clone() }
}

/// A text in both languages; what is missing has been reported.
pub(crate) fn text(node: Option<&Node>) -> Text {
    let part = |language: &str| string(node.and_then(|node| node.get(language)));
    Text { en: part("en"), hi: part("hi") }
}

/// A single value as text.
pub(crate) fn string(node: Option<&Node>) -> String {
    node.and_then(Node::scalar).unwrap_or_default().to_owned()
}

/// Whether a flag is set.
pub(crate) fn flag(node: Option<&Node>) -> bool {
    node.and_then(Node::scalar) == Some("true")
}

/// The entries under a key, none when there is no such map.
pub(crate) fn entries<'t>(node: &'t Node, key: &str) -> &'t [Entry] {
    node.get(key).and_then(Node::entries).unwrap_or_default()
}

/// The items under a key, none when there is no such list.
pub(crate) fn items<'t>(node: &'t Node, key: &str) -> &'t [Node] {
    node.get(key).and_then(Node::items).unwrap_or_default()
}

/// One value or the items of a list.
pub(crate) fn some(node: Option<&Node>) -> Vec<&Node> {
    match node {
        None => Vec::new(),
        Some(node) => node.items().map_or_else(|| vec![node], |items| items.iter().collect()),
    }
}
