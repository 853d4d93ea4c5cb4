//! From the files of a protocol to a compiled protocol or findings.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::bundle::{Bundle, Library, VersionDigest};
use crate::diagnostics::{Code, Diagnostic, has_errors, in_order};
use crate::grammar::shape::{Record, Shape, check};
use crate::grammar::{FORM, PROTOCOL, SCENARIO, TABLE, mend};
use crate::lower::{TextFile, Trees, lower};
use crate::overlay;
use crate::place::Place;
use crate::protocol::Protocol;
use crate::source::{self, Node};

/// What comes of compiling.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The protocol; `None` when a finding is an error.
    pub protocol: Option<Protocol>,
    /// Everything found, in the order of file and line.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles a protocol. `library` holds what it may extend.
///
/// All findings come at once: a file that cannot be read does not hide what is wrong in the others.
#[must_use]
pub fn compile(bundle: &Bundle, library: &Library) -> Compiled {
    let mut findings = Vec::new();
    let assembled = assemble(bundle, library, &mut vec![bundle.name.clone()], &mut findings);
    let Some(assembled) = assembled else {
        return Compiled { protocol: None, diagnostics: in_order(findings) };
    };
    let Assembled { trees, digest, template_findings } = assembled;
    // A misspelling that was read as what it was meant for leaves no doubt; these do.
    let lost = |finding: &&Diagnostic| match finding.code {
        Code::DuplicateKey => true,
        Code::OverridesNothing => finding.fix.is_none(),
        _ => false,
    };
    let mut unread: Vec<Diagnostic> = findings.iter().filter(lost).cloned().collect();
    let shape = unread.len();
    shapes(&trees, &mut unread);
    let (protocol, found, doubts) = lower(&trees, digest, &unread);
    findings.extend(unread.drain(shape..));
    findings.extend(found);
    findings.extend(crate::checks::check(&protocol, &doubts));
    findings.retain(|finding| !template_findings.contains(finding));
    let diagnostics = in_order(findings);
    Compiled { protocol: (!has_errors(&diagnostics)).then_some(protocol), diagnostics }
}

struct Assembled {
    trees: Trees,
    digest: VersionDigest,
    /// What is wrong in the template itself; said once, not again for each protocol that extends it.
    template_findings: Vec<Diagnostic>,
}

fn assemble(
    bundle: &Bundle,
    library: &Library,
    chain: &mut Vec<String>,
    findings: &mut Vec<Diagnostic>,
) -> Option<Assembled> {
    let own = files(bundle, findings)?;
    let extends = own.protocol.get("extends").filter(|node| node.scalar().is_some()).cloned();
    let Some(extends) = extends else {
        let digest = bundle.digest(None);
        removals(&own, findings);
        return Some(Assembled { trees: own, digest, template_findings: Vec::new() });
    };
    let name = extends.scalar().unwrap_or_default();
    if chain.iter().any(|above| above == name) {
        let circle = chain.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" extends ");
        let message = format!("protocols extend each other in a circle: {circle} extends `{name}`");
        findings.push(
            Diagnostic::new(Code::ExtendsCycle, &extends.place, message)
                .help("one of them must stand alone: take out its `extends`"),
        );
        loose(&own, findings);
        return None;
    }
    let Some(template) = library.get(name) else {
        let message = format!("no protocol `{name}` in the library");
        let others = library.keys().map(String::as_str).filter(|other| *other != bundle.name);
        findings.push(Diagnostic::new(Code::UnknownTemplate, &extends.place, message).suggest(name, others));
        loose(&own, findings);
        return None;
    };
    chain.push(name.to_owned());
    let compiled =
        if chain.len() == 2 || chain.len() > library.len() + 1 { template_of(template, library) } else { None };
    let mut found = Vec::new();
    let below = assemble(template, library, chain, &mut found);
    let template_findings = compiled.unwrap_or_default();
    if below.is_none() || has_errors(&template_findings) {
        let cycle = found.iter().find(|finding| finding.code == Code::ExtendsCycle).cloned();
        let finding = cycle.map_or_else(
            || {
                let first = template_findings
                    .iter()
                    .chain(&found)
                    .find(|finding| finding.severity == crate::diagnostics::Severity::Error);
                let finding = Diagnostic::new(
                    Code::BrokenTemplate,
                    &extends.place,
                    format!("the template `{name}` has errors itself"),
                );
                finding
                    .label(
                        first.map(|first| &first.primary),
                        first.map(|first| first.message.clone()).unwrap_or_default(),
                    )
                    .help(format!("mend `{name}` first: check it alone"))
            },
            |cycle| Diagnostic { primary: extends.place.clone(), ..cycle },
        );
        findings.push(finding);
    }
    let below = below?;
    let digest = bundle.digest(Some(below.digest));
    let trees = merge(below.trees, own, name, findings);
    removals(&trees, findings);
    Some(Assembled { trees, digest, template_findings })
}

/// What the template has to complain of by itself.
fn template_of(template: &Bundle, library: &Library) -> Option<Vec<Diagnostic>> {
    let mut chain = vec![template.name.clone()];
    let mut at = template;
    // A circle is found by the caller; following it here would not end.
    loop {
        let mut ignored = Vec::new();
        let tree = at.files.get("protocol.yaml").and_then(|text| source::read(&"".into(), text, &mut ignored))?;
        let Some(next) = tree.get("extends").and_then(Node::scalar).map(str::to_owned) else { break };
        if chain.contains(&next) {
            return None;
        }
        let Some(bundle) = library.get(&next) else { break };
        at = bundle;
        chain.push(next);
    }
    Some(compile(template, library).diagnostics)
}

/// The files of a bundle as trees. None when `protocol.yaml` cannot be read; then the other files have been checked by
/// themselves.
fn files(bundle: &Bundle, findings: &mut Vec<Diagnostic>) -> Option<Trees> {
    let mut protocol = None;
    let mut trees = Trees::default();
    for (path, content) in &bundle.files {
        let file: Arc<str> = format!("{}/{path}", bundle.name).into();
        let start = Place { file: file.clone(), line: 1, column: 1, length: 0 };
        let (folder, name) = path.split_once('/').unwrap_or(("", path.as_str()));
        let yaml = |record: &'static Record, findings: &mut Vec<Diagnostic>| {
            let mut tree = source::read(&file, content, findings)?;
            mend::record(&mut tree, record, findings);
            Some(tree)
        };
        match (folder, name.rsplit_once('.')) {
            ("", Some(("protocol", "yaml"))) => protocol = yaml(&PROTOCOL, findings),
            ("tables", Some((stem, "yaml"))) => match yaml(&TABLE, findings) {
                Some(tree) => keep(tree, &TABLE, &mut trees.tables, findings),
                None => trees.unread.tables.extend(declared(content, "table:", stem)),
            },
            ("forms", Some((stem, "yaml"))) => match yaml(&FORM, findings) {
                Some(tree) => keep(tree, &FORM, &mut trees.forms, findings),
                None => trees.unread.forms.extend(declared(content, "form:", stem)),
            },
            ("scenarios", Some((stem, "yaml"))) => {
                if let Some(tree) = yaml(&SCENARIO, findings) {
                    trees.scenarios.insert(stem.to_owned(), tree);
                }
            }
            ("messages", Some(("en" | "hi", "ftl"))) => {
                trees.messages.push(TextFile { file, content: content.clone() });
            }
            ("scripts", Some((_, "rhai"))) => {
                trees.scripts.insert(path.clone(), TextFile { file, content: content.clone() });
            }
            ("", Some((_, "md"))) => {}
            _ => {
                let finding = Diagnostic::new(Code::StrayFile, &start, format!("`{path}` is no file of a protocol"));
                findings.push(finding.help("there are protocol.yaml, tables/*.yaml, forms/*.yaml, scripts/*.rhai, messages/en.ftl, messages/hi.ftl, scenarios/*.yaml and *.md"));
            }
        }
    }
    if !bundle.files.contains_key("protocol.yaml") {
        let place = Place { file: format!("{}/protocol.yaml", bundle.name).into(), line: 1, column: 1, length: 0 };
        findings.push(
            Diagnostic::new(Code::StrayFile, &place, "the file `protocol.yaml` is missing")
                .help("every protocol has one; it begins with `niyam: 1`"),
        );
    }
    let Some(protocol) = protocol else {
        loose(&trees, findings);
        return None;
    };
    identity(bundle, &protocol, findings);
    Some(Trees { protocol, ..trees })
}

/// The ids that a file which cannot be read may have declared: that under its key, and its own name.
fn declared(content: &str, key: &str, stem: &str) -> impl Iterator<Item = String> {
    let written = content.lines().find_map(|line| line.strip_prefix(key)).map(|id| id.trim().to_owned());
    written.into_iter().chain([stem.to_owned()])
}

/// What can be said of files without knowing the protocol or the template they belong to.
fn loose(trees: &Trees, findings: &mut Vec<Diagnostic>) {
    let mut shape = Vec::new();
    if trees.protocol.entries().is_some() {
        self::shape(&trees.protocol, &PROTOCOL, &mut shape);
    }
    documents(&trees.tables, &trees.forms, &trees.scenarios, &mut shape);
    let (_, found, _) = lower(trees, VersionDigest([0; 32]), &[]);
    let certain = |finding: &Diagnostic| {
        matches!(
            finding.code,
            Code::UnknownKey
                | Code::WrongShape
                | Code::Malformed
                | Code::BadName
                | Code::MessageSyntax
                | Code::VariableMissing
                | Code::SameId
                | Code::ExpressionSyntax
                | Code::NoChoiceLabel
        )
    };
    findings.extend(shape.into_iter().chain(found).filter(certain));
}

fn keep(tree: Node, record: &'static Record, into: &mut BTreeMap<String, Node>, findings: &mut Vec<Diagnostic>) {
    let key = record.keys[0].name;
    let Some(id) = tree.get(key).and_then(Node::scalar).map(str::to_owned) else {
        return check(&tree, &Shape::Record(record), &tree.place, findings);
    };
    if let Some(first) = into.get(&id) {
        let place = tree.get(key).map_or(&tree.place, |node| &node.place);
        let finding = Diagnostic::new(Code::SameId, place, format!("two files hold the {key} `{id}`"));
        findings.push(
            finding
                .label(first.get(key).map(|node| &node.place), "the first one here")
                .help("give one of them another id"),
        );
        return;
    }
    into.insert(id, tree);
}

fn identity(bundle: &Bundle, protocol: &Node, findings: &mut Vec<Diagnostic>) {
    if let Some(version) = protocol.get("niyam")
        && version.scalar().is_some_and(|text| text != "1" && text.parse::<u32>().is_ok())
    {
        let message =
            format!("this program reads version 1 of the language, not `{}`", version.scalar().unwrap_or_default());
        findings.push(
            Diagnostic::new(Code::LanguageVersion, &version.place, message)
                .help("write `niyam: 1`, or use a newer program"),
        );
    }
    if let Some(name) = protocol.get("protocol")
        && name.scalar().is_some_and(|name| name != bundle.name)
    {
        let message =
            format!("the protocol is called `{}`, its folder `{}`", name.scalar().unwrap_or_default(), bundle.name);
        findings.push(Diagnostic::new(Code::NameDiffers, &name.place, message).help("use one name for both"));
    }
}

fn merge(below: Trees, own: Trees, template: &str, findings: &mut Vec<Diagnostic>) -> Trees {
    let mut maps = |mut below: BTreeMap<String, Node>, own: BTreeMap<String, Node>, record: &'static Record| {
        for (id, over) in own {
            let merged = match below.get(&id) {
                Some(base) => overlay::merge(base, &over, record, template, findings),
                None => over,
            };
            below.insert(id, merged);
        }
        below
    };
    let tables = maps(below.tables, own.tables, &TABLE);
    let forms = maps(below.forms, own.forms, &FORM);
    let mut messages = below.messages;
    messages.extend(own.messages);
    let mut scripts = below.scripts;
    scripts.extend(own.scripts);
    let protocol = overlay::merge(&below.protocol, &own.protocol, &PROTOCOL, template, findings);
    let mut scenarios = below.scenarios;
    for (name, scenario) in own.scenarios {
        if scenario.get("remove").and_then(Node::scalar) != Some("true") {
            scenarios.insert(name, scenario);
        } else if scenarios.remove(&name).is_none() {
            let message = format!("the template `{template}` has no scenario `{name}`, so it cannot be removed");
            let finding = Diagnostic::new(Code::RemovesNothing, &scenario.place, message);
            findings.push(finding.suggest(&name, scenarios.keys().map(String::as_str)));
        }
    }
    let mut unread = below.unread;
    unread.forms.extend(own.unread.forms);
    unread.tables.extend(own.unread.tables);
    Trees { protocol, tables, forms, scenarios, messages, scripts, unread }
}

/// A `remove: true` that is still there after the merge took nothing out.
fn removals(trees: &Trees, findings: &mut Vec<Diagnostic>) {
    for tree in std::iter::once(&trees.protocol)
        .chain(trees.tables.values())
        .chain(trees.forms.values())
        .chain(trees.scenarios.values())
    {
        crate::lower::walk(tree, &mut |node| {
            if let Some(entry) = node.entry("remove")
                && matches!(entry.value.scalar(), Some("true" | "false"))
            {
                let finding = Diagnostic::new(
                    Code::RemovesNothing,
                    &entry.key.place,
                    "there is nothing here that could be removed",
                );
                findings.push(finding.help("`remove: true` takes something of the template out; delete this entry"));
            }
        });
    }
}

fn shapes(trees: &Trees, findings: &mut Vec<Diagnostic>) {
    shape(&trees.protocol, &PROTOCOL, findings);
    documents(&trees.tables, &trees.forms, &trees.scenarios, findings);
}

fn documents(
    tables: &BTreeMap<String, Node>,
    forms: &BTreeMap<String, Node>,
    scenarios: &BTreeMap<String, Node>,
    findings: &mut Vec<Diagnostic>,
) {
    for (trees, record) in [(tables, &TABLE), (forms, &FORM), (scenarios, &SCENARIO)] {
        for tree in trees.values() {
            shape(tree, record, findings);
        }
    }
}

fn shape(tree: &Node, record: &'static Record, findings: &mut Vec<Diagnostic>) {
    let owner = tree.entry(record.keys[0].name).map_or(&tree.place, |entry| &entry.key.place);
    check(tree, &Shape::Record(record), owner, findings);
}
