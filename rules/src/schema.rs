//! JSON Schema of the language, for editors. Made from the grammar, so it knows exactly the keys that reading knows.

use std::collections::BTreeMap;

use schemars::Schema;
use serde_json::{Map, Value as Json, json};

use crate::grammar::shape::{Record, Shape, Union};
use crate::grammar::{FORM, PROTOCOL, SCENARIO, TABLE};

/// The schema of all YAML files of a protocol; which file it is, its first key decides; `remove: true`
/// alone takes a scenario of the template out.
///
/// What only a complete protocol needs is not required, because an overlay may leave it out: the checks say that.
#[must_use]
pub fn schema() -> Schema {
    let mut writer = Writer::default();
    let kinds: Vec<Json> = [(&PROTOCOL, "niyam"), (&TABLE, "table"), (&FORM, "form"), (&SCENARIO, "scenario")]
        .into_iter()
        .map(|(record, key)| json!({ "if": { "required": [key] }, "then": writer.reference(record) }))
        .collect();
    let dropped = json!({
        "if": { "required": ["remove"] },
        "then": { "properties": { "remove": { "const": true } }, "additionalProperties": false },
    });
    let kinds: Vec<Json> = kinds.into_iter().chain([dropped]).collect();
    let any: Vec<Json> =
        ["niyam", "table", "form", "scenario", "remove"].into_iter().map(|key| json!({ "required": [key] })).collect();
    let definitions: Map<String, Json> = writer.definitions.into_iter().collect();
    let whole = [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("title", json!("Niyam protocol")),
        ("description", json!("protocol.yaml, tables/*.yaml, forms/*.yaml and scenarios/*.yaml of a protocol")),
        ("type", json!("object")),
        ("anyOf", json!(any)),
        ("allOf", json!(kinds)),
        ("$defs", json!(definitions)),
    ];
    let whole: Map<String, Json> = whole.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Schema::from(whole)
}

#[derive(Default)]
struct Writer {
    definitions: BTreeMap<String, Json>,
}

impl Writer {
    fn reference(&mut self, record: &'static Record) -> Json {
        let name = slug(record.what);
        if !self.definitions.contains_key(&name) {
            // Taken first, so that a record that holds itself ends.
            self.definitions.insert(name.clone(), Json::Null);
            let schema = self.record(record, record.keys.iter().all(|field| field.name != "remove"));
            self.definitions.insert(name.clone(), schema);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    fn union(&mut self, union: &'static Union) -> Json {
        let name = slug(union.what.split(" (").next().unwrap_or(union.what));
        if !self.definitions.contains_key(&name) {
            self.definitions.insert(name.clone(), Json::Null);
            let records: Vec<Json> = union.records.iter().map(|record| self.record(record, true)).collect();
            self.definitions.insert(name.clone(), json!({ "anyOf": records }));
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    fn record(&mut self, record: &'static Record, complete: bool) -> Json {
        let document = [&PROTOCOL, &TABLE, &FORM].iter().any(|known| std::ptr::eq(*known, record));
        let mut properties = Map::new();
        for field in record.keys {
            let mut schema = self.shape(field.shape);
            if let Some(schema) = schema.as_object_mut() {
                schema.insert("description".to_owned(), json!(field.about));
            }
            properties.insert(field.name.to_owned(), schema);
        }
        let identity = ["niyam", "protocol", "table", "form", "fact", "id"];
        let of_list = record.field("remove").is_some();
        let required: Vec<&str> = record
            .keys
            .iter()
            .filter(|field| {
                field.required && ((complete && !document) || ((document || of_list) && identity.contains(&field.name)))
            })
            .map(|field| field.name)
            .collect();
        json!({ "type": "object", "properties": properties, "additionalProperties": false, "required": required })
    }

    fn shape(&mut self, shape: &'static Shape) -> Json {
        match shape {
            Shape::Text | Shape::Expression => json!({ "type": ["string", "number", "boolean"] }),
            Shape::Name => json!({ "type": "string" }),
            Shape::Names => {
                json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
            }
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Integer(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Shape::Length => json!({ "type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$" }),
            Shape::Times => json!({ "type": "string", "pattern": r"^\s*\S+(\s+\S+){4}\s*$" }),
            Shape::Day => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
            Shape::Word(words) => json!({ "enum": words }),
            Shape::Constant => json!({}),
            Shape::Labels => json!({
                "type": "object",
                "properties": { "en": { "type": ["string", "number"] }, "hi": { "type": ["string", "number"] } },
                "additionalProperties": false,
            }),
            Shape::Map(of) => json!({ "type": "object", "additionalProperties": self.shape(of) }),
            Shape::List(of) => json!({ "type": "array", "items": self.shape(of) }),
            Shape::Some(of) => {
                let one = self.shape(of);
                json!({ "anyOf": [one, { "type": "array", "items": one }] })
            }
            Shape::Record(record) => self.reference(record),
            Shape::Tagged(union) => self.union(union),
            Shape::Short(short, long) => json!({ "anyOf": [self.shape(short), self.shape(long)] }),
        }
    }
}

/// `a state` becomes `state`.
fn slug(what: &str) -> String {
    what.trim_start_matches("an ").trim_start_matches("a ").replace(['`', ' '], "")
}
