//! Tables, forms and messages.

use std::collections::{BTreeMap, BTreeSet};

use super::expressions::Purpose;
use super::{Lower, entries, flag, items, some, string, text};
use crate::diagnostics::{Code, Diagnostic};
use crate::protocol::{CellTest, Field, Form, HitPolicy, Row, Table};
use crate::source::{Entry, Node};
use crate::value::Value;

impl<'t> Lower<'t> {
    /// Decision tables by id.
    pub(crate) fn tables(&mut self) -> BTreeMap<String, Table> {
        let trees = self.trees;
        trees.tables.iter().map(|(id, node)| (id.clone(), self.table(id, node))).collect()
    }

    /// The facts of the columns under a key as written and as meant, and whether all are known.
    fn columns(&mut self, node: Option<&Node>) -> (Vec<(String, String)>, bool) {
        let mut columns = Vec::new();
        let mut known = node.is_some();
        for column in some(node) {
            let Some(name) = column.scalar() else {
                known = false;
                continue;
            };
            let meant = if self.names.facts.contains_key(name) {
                name.to_owned()
            } else if let Some(meant) = self.unknown(Code::UnknownFact, "fact", name, &column.place) {
                meant
            } else {
                known = false;
                name.to_owned()
            };
            if columns.iter().any(|(_, fact)| *fact == meant) {
                let message = format!("two columns of this table are `{meant}`");
                self.find(Diagnostic::new(Code::SameId, &column.place, message).help("keep one of them"));
                continue;
            }
            known &= !self.vague.contains(&meant);
            columns.push((name.to_owned(), meant));
        }
        (columns, known)
    }

    fn table(&mut self, id: &str, node: &'t Node) -> Table {
        let (inputs, inputs_known) = self.columns(node.get("inputs"));
        let (outputs, outputs_known) = self.columns(node.get("outputs"));
        let written = string(node.get("hit"));
        let hit = match written.as_str() {
            "first" => HitPolicy::First,
            "priority" => HitPolicy::Priority,
            "any" => HitPolicy::Any,
            "collect" => HitPolicy::Collect,
            _ => HitPolicy::Unique,
        };
        let hit_known = written == "unique" || hit != HitPolicy::Unique;
        let rows_known = node.get("rows").is_some_and(|rows| rows.items().is_some());
        if !(inputs_known && outputs_known && hit_known && rows_known) {
            self.doubts.tables.insert(id.to_owned());
        }
        let mut seen = BTreeSet::new();
        let mut rows = Vec::new();
        for node in items(node, "rows") {
            let before = self.findings.len();
            let row = self.row(node, &inputs, &outputs);
            let whole = node.get("then").is_some_and(|then| then.entries().is_some())
                && node.get("id").is_some()
                && node.entry("when").is_none_or(|when| when.value.entries().is_some());
            if self.findings.len() > before || !whole {
                self.doubts.rows.insert((id.to_owned(), rows.len()));
            }
            if node.get("id").is_some() && !seen.insert(row.id.clone()) {
                let place = node.get("id").map_or(&node.place, |id| &id.place);
                self.find(
                    Diagnostic::new(Code::SameId, place, format!("two rows have the id `{}`", row.id))
                        .help("give each row an id of its own"),
                );
            }
            rows.push(row);
        }
        let place = node.get("table").map(|node| node.place.clone());
        let facts = |columns: Vec<(String, String)>| columns.into_iter().map(|(_, fact)| fact).collect();
        Table {
            id: id.to_owned(),
            title: text(node.get("title")),
            hit,
            inputs: facts(inputs),
            outputs: facts(outputs),
            rows,
            place,
        }
    }

    fn row(&mut self, node: &'t Node, inputs: &[(String, String)], outputs: &[(String, String)]) -> Row {
        for (key, columns, what) in [("when", inputs, "input"), ("then", outputs, "output")] {
            for entry in entries(node, key) {
                if !columns.iter().any(|(written, fact)| [written, fact].contains(&&entry.key.text)) {
                    let message = format!("no {what} `{}` in this table", entry.key.text);
                    let finding = Diagnostic::new(Code::UnknownFact, &entry.key.place, message);
                    self.find(finding.suggest(&entry.key.text, columns.iter().map(|(_, fact)| fact.as_str())));
                }
            }
        }
        let mut when = Vec::new();
        for (written, input) in inputs {
            let cell = node.get("when").and_then(|when| when.entry(input).or_else(|| when.entry(written)));
            when.push(cell.map_or(CellTest::Any, |cell| self.cell(input, &cell.key.place, &cell.value)));
        }
        let mut then = Vec::new();
        for (written, output) in outputs {
            let cells = node.get("then");
            let Some(cell) = cells.and_then(|then| then.entry(output).or_else(|| then.entry(written))) else {
                let known = |entry: &Entry| outputs.iter().any(|(_, fact)| *fact == entry.key.text);
                if cells.and_then(Node::entries).is_some_and(|then| then.iter().all(known)) {
                    let message = format!("this row says nothing about the output `{output}`");
                    let place = node.entry("then").map_or(&node.place, |entry| &entry.key.place);
                    self.find(Diagnostic::new(Code::BadCell, place, message).help("add a value for each output"));
                }
                then.push(Value::Unknown);
                continue;
            };
            let kind = self.names.facts.get(output).filter(|_| !self.vague.contains(output));
            let kind = kind.map(|fact| fact.kind.clone());
            let value = kind.map_or(Value::Unknown, |kind| self.constant(&kind, &cell.value));
            then.push(value);
        }
        Row {
            id: string(node.get("id")),
            when,
            then,
            why: node.get("why").map(|why| text(Some(why))),
            place: Some(node.get("id").map_or(&node.place, |id| &id.place).clone()),
        }
    }

    /// Forms by id.
    pub(crate) fn forms(&mut self) -> BTreeMap<String, Form> {
        let trees = self.trees;
        trees.forms.iter().map(|(id, node)| (id.clone(), self.one_form(id, node))).collect()
    }

    fn one_form(&mut self, id: &str, node: &'t Node) -> Form {
        let mut seen = BTreeSet::new();
        let mut fields = Vec::new();
        for node in items(node, "fields") {
            let Some(at) = node.get("fact") else { continue };
            let fact = string(Some(at));
            if !self.fact(&fact, &at.place) {
                continue;
            }
            if !seen.insert(fact.clone()) {
                self.find(
                    Diagnostic::new(Code::SameId, &at.place, format!("two fields of this form ask for `{fact}`"))
                        .help("keep one of them"),
                );
            }
            fields.push(Field {
                fact,
                required: flag(node.get("required")),
                label: node.get("label").map(|label| text(Some(label))),
                help: node.get("help").map(|help| text(Some(help))),
                show_if: self.expression(node.get("show_if"), Purpose::Shown),
                place: Some(at.place.clone()),
            });
        }
        Form {
            id: id.to_owned(),
            title: text(node.get("title")),
            fields,
            place: node.get("form").map(|node| node.place.clone()),
        }
    }
}
