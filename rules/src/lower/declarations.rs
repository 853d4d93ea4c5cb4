//! Facts, seals, roles, units, and the names of everything else.

use super::names::walk;
use super::{Lower, entries, some, string, text};
use crate::diagnostics::{Code, Diagnostic};
use crate::expression::can_name_fact;
use crate::grammar::{FACT_TYPES, TRANSITION};
use crate::place::Place;
use crate::protocol::{Choice, FactDeclaration, FactType, Role, Seal, UnitRule};
use crate::source::{Entry, Key, Node};
use crate::text::Text;
use crate::value::Value;

impl<'t> Lower<'t> {
    /// Collects all names and lowers what only declares.
    pub(crate) fn declare(&mut self) {
        let root = &self.trees.protocol;
        self.names.forms = self.trees.forms.keys().chain(&self.trees.unread.forms).cloned().collect();
        self.names.tables = self.trees.tables.keys().chain(&self.trees.unread.tables).cloned().collect();
        self.names.states = self.drafts.iter().skip(1).map(|draft| draft.path.clone()).collect();
        self.names.seals.insert("person".to_owned(), Seal::default());
        for entry in entries(root, "seals") {
            self.name(&entry.key);
            self.names.seals.insert(entry.key.text.clone(), Seal::default());
        }
        for entry in entries(root, "facts") {
            self.name(&entry.key);
            self.readable(&entry.key);
            let declaration = self.declaration(entry);
            self.names.facts.insert(entry.key.text.clone(), declaration);
        }
        self.units(root);
        self.roles(root);
        self.readable_in(root);
        self.events();
        self.messages();
    }

    /// Checks that a name is written as names are.
    pub(crate) fn name(&mut self, key: &Key) {
        let name = key.text.as_str();
        if !is_name(name) {
            let better: String =
                name.trim().to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            let finding = Diagnostic::new(
                Code::BadName,
                &key.place,
                format!("`{name}` is no name: names are small letters, digits and `_`, and begin with a letter"),
            );
            let finding = if is_name(&better) && can_name_fact(&better) {
                finding.help(format!("write `{better}`"))
            } else {
                finding.help("give it a short English name; its label says the rest")
            };
            self.find(finding);
        }
    }

    /// Checks that an event is written as events are: names with dots between them, or `*` for all that begin so.
    pub(crate) fn event_name(&mut self, key: &Key) {
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let name = key.text.strip_suffix(".*").unwrap_or(&key.text);
        if key.text != "*" && name.split('.').any(|part| part.is_empty() || !part.chars().all(letter)) {
            let message = format!("`{}` is no name of an event", key.text);
            let finding = Diagnostic::new(Code::BadName, &key.place, message);
            self.find(
                finding
                    .help("write letters, digits, `_` and `-`, with dots between the parts; the label says the rest"),
            );
        }
    }

    /// Checks that expressions can read a fact of this name.
    fn readable(&mut self, key: &Key) {
        let name = key.text.as_str();
        if is_name(name) && !can_name_fact(name) {
            let message = format!("no fact can be called `{name}`: expressions keep this word for themselves");
            let finding = Diagnostic::new(Code::BadName, &key.place, message);
            self.find(finding.help(format!("give it another name, such as `{name}_fact`")));
        }
    }

    fn declaration(&mut self, entry: &Entry) -> FactDeclaration {
        let (node, place) = (&entry.value, &entry.key.place);
        let before = self.findings.len();
        let kind = self.fact_type(&string(node.get("type")), node.get("of"), place);
        let seal = match node.get("sealed").and_then(Node::scalar) {
            None | Some("false") => None,
            Some("true") => Some("person".to_owned()),
            Some(group) => {
                if !self.names.seals.contains_key(group) {
                    let at = node.get("sealed").map_or(place, |node| &node.place).clone();
                    self.unknown(Code::UnknownSeal, "seal group", group, &at);
                }
                Some(group.to_owned())
            }
        };
        let default = match node.get("default") {
            Some(default) => self.constant(&kind, default),
            None => Value::Unknown,
        };
        let typed = node.get("type").and_then(Node::scalar).is_some_and(|kind| FACT_TYPES.contains(&kind));
        let wrong = |finding: &Diagnostic| !matches!(finding.code, Code::NoChoiceLabel | Code::MissingText);
        if !typed || self.findings[before..].iter().any(wrong) {
            self.vague.insert(entry.key.text.clone());
        }
        FactDeclaration { label: text(node.get("label")), kind, default, seal, place: Some(place.clone()) }
    }

    fn fact_type(&mut self, word: &str, of: Option<&Node>, place: &Place) -> FactType {
        if FACT_TYPES.contains(&word)
            && !matches!(word, "choice" | "list")
            && let Some(of) = of
        {
            let message = format!("`of` has no meaning for the type `{word}`");
            self.find(Diagnostic::new(Code::WrongShape, &of.place, message).help("only `choice` and `list` have `of`"));
        }
        match word {
            "yes-no" => FactType::YesNo,
            "yes-no-unknown" => FactType::YesNoUnknown,
            "number" => FactType::Number,
            "time" => FactType::Time,
            "duration" => FactType::Duration,
            "date" => FactType::Date,
            "phone" => FactType::Phone,
            "email" => FactType::Email,
            "url" => FactType::Url,
            "ip" => FactType::Ip,
            "unit" => FactType::Unit,
            "position" => FactType::Position,
            "choice" => FactType::Choice(self.choices(of, place)),
            "list" => FactType::List(Box::new(self.item_type(of, place))),
            _ => FactType::Text,
        }
    }

    fn item_type(&mut self, of: Option<&Node>, place: &Place) -> FactType {
        let (word, of_of, at) = match of {
            Some(node) if node.entries().is_some() => (string(node.get("type")), node.get("of"), &node.place),
            Some(node) => (string(Some(node)), None, &node.place),
            None => {
                self.find(
                    Diagnostic::new(Code::MissingKey, place, "`of` is missing in a fact of type `list`")
                        .help("add `of`: the type of its items"),
                );
                return FactType::Text;
            }
        };
        if word == "list" || !crate::grammar::FACT_TYPES.contains(&word.as_str()) {
            let types = crate::grammar::FACT_TYPES.iter().copied().filter(|name| *name != "list");
            self.find(
                Diagnostic::new(Code::Malformed, at, format!("`{word}` is no type that items of a list may have"))
                    .suggest(&word, types),
            );
            return FactType::Text;
        }
        self.fact_type(&word, of_of, at)
    }

    fn choices(&mut self, of: Option<&Node>, place: &Place) -> Vec<Choice> {
        let Some(of) = of else {
            self.find(
                Diagnostic::new(Code::MissingKey, place, "`of` is missing in a fact of type `choice`")
                    .help("add `of`: its values with their labels"),
            );
            return Vec::new();
        };
        let none = of.entries().is_some_and(<[Entry]>::is_empty) || of.items().is_some_and(<[Node]>::is_empty);
        if none {
            let finding = Diagnostic::new(Code::WrongShape, &of.place, "this choice has no values");
            self.find(finding.help("write `of: { red: { en: Red, hi: लाल }, … }`"));
            return Vec::new();
        }
        if let Some(entries) = of.entries() {
            for entry in entries {
                crate::grammar::shape::check(
                    &entry.value,
                    &crate::grammar::shape::Shape::Labels,
                    &entry.key.place,
                    &mut self.findings,
                );
            }
            return entries
                .iter()
                .map(|entry| Choice { id: entry.key.text.clone(), label: text(Some(&entry.value)) })
                .collect();
        }
        let Some(items) = of.items() else {
            self.find(
                Diagnostic::new(Code::WrongShape, &of.place, "the values of a choice are a map or a list")
                    .help("write `of: { red: { en: Red, hi: लाल }, … }`"),
            );
            return Vec::new();
        };
        let finding = Diagnostic::new(Code::NoChoiceLabel, &of.place, "the values of this choice have no labels");
        self.find(finding.help("write `of: { red: { en: Red, hi: लाल }, … }`, else people see the bare ids"));
        for (number, item) in items.iter().enumerate() {
            if let Some(id) = item.scalar()
                && items[..number].iter().any(|earlier| earlier.scalar() == Some(id))
            {
                let message = format!("two values of this choice are `{id}`");
                self.find(Diagnostic::new(Code::SameId, &item.place, message).help("keep one of them"));
            }
        }
        let ids = items.iter().filter_map(Node::scalar);
        ids.map(|id| Choice { id: id.to_owned(), label: Text { en: id.to_owned(), hi: id.to_owned() } }).collect()
    }

    fn units(&mut self, root: &'t Node) {
        for entry in entries(root, "units") {
            self.name(&entry.key);
            let node = &entry.value;
            let named = |key: &str| node.get(key).and_then(Node::scalar).map(str::to_owned);
            let rule = if let Some(code) = named("code") {
                UnitRule::Code(code)
            } else if let Some(fact) = named("fact") {
                self.unit_fact(&fact, node.get("fact"));
                UnitRule::Fact(fact)
            } else if let Some(fact) = named("above") {
                self.unit_fact(&fact, node.get("above"));
                UnitRule::Above {
                    fact,
                    kinds: some(node.get("kind")).into_iter().filter_map(Node::scalar).map(str::to_owned).collect(),
                }
            } else {
                continue;
            };
            self.names.units.insert(entry.key.text.clone(), rule);
        }
    }

    fn unit_fact(&mut self, fact: &str, node: Option<&Node>) {
        let Some(node) = node else { return };
        if self.fact(fact, &node.place) && self.names.facts.get(fact).is_some_and(|fact| fact.kind != FactType::Unit) {
            let finding =
                Diagnostic::new(Code::ConstantType, &node.place, format!("the fact `{fact}` is not of type `unit`"));
            self.find(finding.help("name a fact of type `unit`"));
        }
    }

    fn roles(&mut self, root: &'t Node) {
        for entry in entries(root, "roles") {
            self.name(&entry.key);
            let node = &entry.value;
            let unit = string(node.get("unit"));
            if let Some(at) = node.get("unit")
                && !self.names.units.contains_key(&unit)
            {
                self.unknown(Code::UnknownUnit, "unit", &unit, &at.place);
            }
            let role = Role {
                label: text(node.get("label")),
                rank: string(node.get("rank")).parse().unwrap_or_default(),
                day_and_night: string(node.get("staffed")) == "day-and-night",
                unit,
            };
            self.names.roles.insert(entry.key.text.clone(), role);
        }
    }

    fn readable_in(&mut self, root: &'t Node) {
        for entry in entries(root, "seals") {
            let mut readable_in = Vec::new();
            for node in some(entry.value.get("readable_in")) {
                if let Some(state) = self.state_from_root(node) {
                    readable_in.push(state);
                }
            }
            self.names.seals.insert(entry.key.text.clone(), Seal { readable_in });
        }
    }

    /// Acts, raised and sent events, ends and outcomes.
    fn events(&mut self) {
        let names = &mut self.names;
        let mut ends = Vec::new();
        for (index, draft) in self.drafts.iter().enumerate() {
            for entry in entries(draft.node, "on") {
                if some(Some(&entry.value)).iter().any(|node| node.entry("by").is_some() || is_odd(node)) {
                    names.acts.insert(entry.key.text.clone());
                }
            }
            if let Some(outcome) = draft.node.get("outcome").and_then(Node::scalar) {
                names.outcomes.insert(outcome.to_owned());
            }
            if draft.kind() == "final" && draft.parent.is_some() {
                ends.push(draft.parent.unwrap_or(index));
            }
        }
        for end in ends {
            let draft = &self.drafts[end];
            names.done.insert(format!("done.state.{}", draft.path));
            if let Some(above) = draft.parent.filter(|above| self.drafts[*above].kind() == "parallel") {
                names.done.insert(format!("done.state.{}", self.drafts[above].path));
            }
        }
        walk(&self.trees.protocol, &mut |node| {
            for key in ["raise", "send"] {
                if let Some(event) = node.get(key).and_then(Node::scalar) {
                    names.raised.insert(event.to_owned());
                }
            }
        });
    }
}

/// Whether a name is written as names are.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.len() <= 64
}

/// Whether a transition has a key that the language does not know: it may have been meant for `by`.
pub(super) fn is_odd(node: &Node) -> bool {
    node.entries().is_some_and(|entries| entries.iter().any(|entry| TRANSITION.field(&entry.key.text).is_none()))
}
