//! Tables, forms and messages.

use std::collections::{BTreeMap, BTreeSet};

use super::expressions::Purpose;
use super::{Lower, entries, flag, items, some, string, text};
use crate::diagnostics::{Code, Diagnostic};
use crate::protocol::{CellTest, Field, Form, HitPolicy, Row, Table};
use crate::source::Node;
use crate::value::Value;

impl<'t> Lower<'t> {
    /// Decision tables by id.
    pub(crate) fn tables(&mut self) -> BTreeMap<String, Table> {
        let trees = self.trees;
        trees.tables.iter().map(|(id, node)| (id.clone(), self.table(id, node))).collect()
    }

    fn columns(&mut self, node: Option<&Node>) -> Vec<String> {
        let mut columns = Vec::new();
        for column in some(node) {
            let Some(name) = column.scalar() else { continue };
            if self.fact(name, &column.place) {
                columns.push(name.to_owned());
            }
        }
        columns
    }

    fn table(&mut self, id: &str, node: &'t Node) -> Table {
        let inputs = self.columns(node.get("inputs"));
        let outputs = self.columns(node.get("outputs"));
        let hit = match string(node.get("hit")).as_str() {
            "first" => HitPolicy::First,
            "priority" => HitPolicy::Priority,
            "any" => HitPolicy::Any,
            "collect" => HitPolicy::Collect,
            _ => HitPolicy::Unique,
        };
        let mut seen = BTreeSet::new();
        let mut rows = Vec::new();
        for node in items(node, "rows") {
            let row = self.row(node, &inputs, &outputs);
            if !seen.insert(row.id.clone()) {
                let place = node.get("id").map_or(&node.place, |id| &id.place);
                self.find(
                    Diagnostic::new(Code::SameId, place, format!("two rows have the id `{}`", row.id))
                        .help("give each row an id of its own"),
                );
            }
            rows.push(row);
        }
        let place = node.get("table").map(|node| node.place.clone());
        Table { id: id.to_owned(), title: text(node.get("title")), hit, inputs, outputs, rows, place }
    }

    fn row(&mut self, node: &'t Node, inputs: &[String], outputs: &[String]) -> Row {
        for (key, columns, what) in [("when", inputs, "input"), ("then", outputs, "output")] {
            for entry in entries(node, key) {
                if !columns.contains(&entry.key.text) {
                    let message = format!("no {what} `{}` in this table", entry.key.text);
                    let finding = Diagnostic::new(Code::UnknownFact, &entry.key.place, message);
                    self.find(finding.suggest(&entry.key.text, columns.iter().map(String::as_str)));
                }
            }
        }
        let mut when = Vec::new();
        for input in inputs {
            let cell = node.get("when").and_then(|when| when.get(input));
            when.push(cell.map_or(CellTest::Any, |cell| self.cell(input, cell)));
        }
        let mut then = Vec::new();
        for output in outputs {
            let Some(cell) = node.get("then").and_then(|then| then.entry(output)) else {
                let message = format!("this row says nothing about the output `{output}`");
                let place = node.entry("then").map_or(&node.place, |entry| &entry.key.place);
                self.find(Diagnostic::new(Code::BadCell, place, message).help("add a value for each output"));
                then.push(Value::Unknown);
                continue;
            };
            let kind = self.names.facts.get(output).map(|fact| fact.kind.clone());
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
