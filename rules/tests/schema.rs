//! The JSON Schema accepts what the language accepts, and a misspelt key it does not.

use niyam_rules::diagnostics::scaffold;
use niyam_rules::source::{self, Body, Node};
use serde_json::{Value as Json, json};

fn json_of(node: &Node) -> Json {
    match &node.body {
        Body::Scalar { text, plain: true } => match text.as_str() {
            "" | "~" | "null" => Json::Null,
            "true" | "false" => Json::Bool(text == "true"),
            text => text.parse::<i64>().map_or_else(|_| json!(text), Json::from),
        },
        Body::Scalar { text, plain: false } => json!(text),
        Body::Sequence(items) => items.iter().map(json_of).collect(),
        Body::Mapping(entries) => {
            Json::Object(entries.iter().map(|entry| (entry.key.text.clone(), json_of(&entry.value))).collect())
        }
    }
}

/// As much of JSON Schema as the language's schema uses. Gives the path of the first value that does not fit.
fn check(schema: &Json, value: &Json, root: &Json, path: &str) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let definition = root.pointer(reference.trim_start_matches('#')).ok_or_else(|| format!("no {reference}"))?;
        check(definition, value, root, path)?;
    }
    let fail = |why: &str| Err(format!("{path}: {why}"));
    let is = |kind: &Json| match kind.as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_i64(),
        _ => panic!("a type that this check does not know: {kind}"),
    };
    let kinds = schema.get("type").map(|kinds| kinds.as_array().cloned().unwrap_or_else(|| vec![kinds.clone()]));
    if kinds.is_some_and(|kinds| !kinds.iter().any(is)) {
        return fail("wrong type");
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return fail("not one of the words");
    }
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
    if let Some(missing) = required.into_iter().find(|key| value.get(key).is_none()) {
        return fail(&format!("`{missing}` is missing"));
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        match (schema["properties"].get(key), schema.get("additionalProperties")) {
            (None, Some(Json::Bool(false))) => return Err(format!("{path}: unknown key")),
            (Some(schema), _) | (None, Some(schema)) => check(schema, inner, root, &path)?,
            (None, None) => {}
        }
    }
    if let Some(items) = schema.get("items") {
        for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
            check(items, inner, root, &format!("{path}/{index}"))?;
        }
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let errors: Vec<String> = any.iter().map_while(|schema| check(schema, value, root, path).err()).collect();
        if errors.len() == any.len() {
            return Err(errors.into_iter().max_by_key(String::len).unwrap_or_default());
        }
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        if check(&part["if"], value, root, path).is_ok() {
            check(&part["then"], value, root, path)?;
        }
    }
    Ok(())
}

fn read(path: &str, content: &str) -> Json {
    let mut findings = Vec::new();
    json_of(&source::read(&path.into(), content, &mut findings).unwrap_or_else(|| panic!("{path}: {findings:?}")))
}

#[test]
fn every_shipped_file_fits() {
    let schema = niyam_rules::schema().to_value();
    let scaffold = scaffold::bundle("").0;
    let mut files = 0;
    for bundle in niyam_rules::shipped::library().values().chain([&scaffold]) {
        for (path, content) in bundle.files.iter().filter(|(path, _)| path.rsplit('.').next() == Some("yaml")) {
            let path = format!("{}/{path}", bundle.name);
            assert_eq!(check(&schema, &read(&path, content), &schema, &path), Ok(()));
            files += 1;
        }
    }
    assert!(files >= 3, "only {files} files were read");
}

#[test]
fn what_the_language_refuses_does_not_fit() {
    let schema = niyam_rules::schema().to_value();
    for (path, from, to) in [
        ("protocol.yaml", "owner:", "ownre:"),
        ("protocol.yaml", "stage: verification", "stage: verify"),
        ("protocol.yaml", "notify: supervisor", "notfy: supervisor"),
        ("protocol.yaml", "rank: 50", "rank: high"),
        ("protocol.yaml", "target: closed }", "targets: closed }"),
        ("forms/visit.yaml", "required: true", "requird: true"),
        ("tables/level.yaml", "hit: first", "hit: frist"),
        ("tables/level.yaml", "then:", "than:"),
    ] {
        let content = scaffold::bundle("").0.files[path].clone();
        assert!(content.contains(from), "{path} has no {from}");
        let broken = read(path, &content.replacen(from, to, 1));
        assert!(check(&schema, &broken, &schema, path).is_err(), "{path} with {to} fits");
    }
}
