//! Whether an alert is about a person who has an open case.
//!
//! The engine looks [`keys`] up (as keyed hashes, never in plain columns), gives what those cases know to [`relate`], and
//! does what it answers.

use std::collections::BTreeSet;

use niyam_rules::value::Value;

use super::reading::{Facts, Subject};
use super::vocabulary::fold;

/// By what two alerts are found to belong together, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// One session of a K-SOS device.
    Session,
    /// The sender's own reference.
    ExternalRef,
    /// The same post.
    PostUrl,
    /// The same account.
    Handle,
    /// A number of the person.
    Phone,
    /// The same words of some length.
    PostText,
}

impl KeyKind {
    /// Name in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::ExternalRef => "external_ref",
            Self::PostUrl => "post_url",
            Self::Handle => "handle",
            Self::Phone => "phone",
            Self::PostText => "post_text",
        }
    }
}

/// One key. The value is personal data: look it up as a keyed hash only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchKey {
    /// What it is.
    pub kind: KeyKind,
    /// Its value in the form in which values are compared.
    pub value: String,
}

/// Shorter posts than this, in characters, are too common to tell persons apart.
const POST_TEXT_CHARS: usize = 20;

/// Keys of a person, the strongest first.
#[must_use]
pub fn keys(subject: &Subject) -> Vec<MatchKey> {
    Knowledge::of(subject).keys()
}

/// What a case knows about its person, as far as alerts are compared with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Knowledge {
    platform: Option<String>,
    handles: BTreeSet<String>,
    profile_urls: BTreeSet<String>,
    post_urls: BTreeSet<String>,
    names: BTreeSet<String>,
    phones: BTreeSet<String>,
    emails: BTreeSet<String>,
    ip_addresses: BTreeSet<String>,
    post_texts: BTreeSet<String>,
    place_hints: BTreeSet<String>,
    date_of_birth: Option<String>,
    external_refs: BTreeSet<String>,
    session_id: Option<String>,
    family_phones: BTreeSet<String>,
}

/// Facts of which an alert may bring more; what else it tells does not make it an update.
const COMPARED: [&str; 12] = [
    "name",
    "handle",
    "profile_url",
    "post_url",
    "phones",
    "emails",
    "ip_addresses",
    "post_text",
    "place_hints",
    "date_of_birth",
    "external_ref",
    "family_phones",
];

impl Knowledge {
    /// What one alert tells.
    #[must_use]
    pub fn of(subject: &Subject) -> Self {
        let mut knowledge = Self::default();
        knowledge.absorb(&plain_facts(subject));
        knowledge
    }

    /// What the facts of a case tell (names as in [`super::facts`]).
    #[must_use]
    pub fn from_facts(facts: &Facts) -> Self {
        let mut knowledge = Self::default();
        knowledge.absorb(facts);
        knowledge
    }

    /// Adds the facts of another alert.
    pub fn absorb(&mut self, facts: &Facts) {
        for (name, value) in facts {
            let items = texts(value);
            let first = || items.first().cloned();
            match name.as_str() {
                "platform" if self.platform.is_none() => self.platform = first(),
                "session_id" if self.session_id.is_none() => self.session_id = first(),
                "date_of_birth" if self.date_of_birth.is_none() => self.date_of_birth = first(),
                name => {
                    let compared: Vec<String> = items.iter().map(|item| comparable(name, item)).collect();
                    if let Some(set) = self.set_mut(name) {
                        set.extend(compared);
                    }
                }
            }
        }
    }

    fn set_mut(&mut self, name: &str) -> Option<&mut BTreeSet<String>> {
        Some(match name {
            "handle" => &mut self.handles,
            "profile_url" => &mut self.profile_urls,
            "post_url" => &mut self.post_urls,
            "name" => &mut self.names,
            "phones" => &mut self.phones,
            "emails" => &mut self.emails,
            "ip_addresses" => &mut self.ip_addresses,
            "post_text" => &mut self.post_texts,
            "place_hints" => &mut self.place_hints,
            "external_ref" => &mut self.external_refs,
            "family_phones" => &mut self.family_phones,
            _ => return None,
        })
    }

    /// Keys by which the case is found.
    #[must_use]
    pub fn keys(&self) -> Vec<MatchKey> {
        let platform = self.platform.as_deref().unwrap_or("");
        let key = |kind: KeyKind| move |value: String| MatchKey { kind, value };
        let long = |text: &&String| text.chars().count() >= POST_TEXT_CHARS;
        let account = |handle: &String| format!("{platform}/{handle}");
        let sessions = self.session_id.iter().cloned().map(key(KeyKind::Session));
        let refs = self.external_refs.iter().cloned().map(key(KeyKind::ExternalRef));
        let posts = self.post_urls.iter().cloned().map(key(KeyKind::PostUrl));
        let handles = self.handles.iter().filter(|_| self.platform.is_some()).map(account).map(key(KeyKind::Handle));
        let phones = self.phones.iter().cloned().map(key(KeyKind::Phone));
        let texts = self.post_texts.iter().filter(long).cloned().map(key(KeyKind::PostText));
        sessions.chain(refs).chain(posts).chain(handles).chain(phones).chain(texts).collect()
    }

    /// Whether both name an account of the same platform and they are not the same: then it is another person, whatever
    /// else is equal.
    fn contradicts(&self, other: &Self) -> bool {
        let same_platform = self.platform == other.platform;
        same_platform
            && !self.handles.is_empty()
            && !other.handles.is_empty()
            && self.handles.is_disjoint(&other.handles)
            || self.handles.is_disjoint(&other.handles)
                && !self.names.is_empty()
                && !other.names.is_empty()
                && sounds(&self.names).is_disjoint(&sounds(&other.names))
                && self.phones.is_disjoint(&other.phones)
    }

    fn has(&self, name: &str, item: &str) -> bool {
        let item = comparable(name, item);
        match name {
            "date_of_birth" => self.date_of_birth.as_deref() == Some(item.as_str()),
            // A place that is part of one already known is nothing new.
            "place_hints" => {
                let item = sound(&item);
                self.place_hints.iter().any(|known| format!(" {} ", sound(known)).contains(&format!(" {item} ")))
            }
            "profile_url" if !self.handles.is_empty() && self.profile_urls.is_empty() => false,
            name => self.clone().set_mut(name).is_some_and(|set| set.contains(&item)),
        }
    }
}

/// How folded words sound: names and places are spelt in many ways and in two scripts.
fn sound(folded: &str) -> String {
    folded.split(' ').map(crate::directory::fold::loose_sound).collect::<Vec<_>>().join(" ")
}

fn sounds(texts: &BTreeSet<String>) -> BTreeSet<String> {
    texts.iter().map(|text| sound(text)).collect()
}

/// A value in the form in which it is compared.
fn comparable(name: &str, value: &str) -> String {
    match name {
        "handle" | "emails" => value.to_lowercase(),
        "post_text" | "name" | "place_hints" => fold(value),
        "external_ref" => value.to_uppercase(),
        "profile_url" | "post_url" => {
            value.trim_end_matches('/').split(['?', '#']).next().unwrap_or(value).to_lowercase()
        }
        _ => value.to_owned(),
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::List(items) => items.iter().flat_map(texts).collect(),
        Value::Unknown | Value::Bool(_) | Value::Int(_) | Value::Map(_) => Vec::new(),
    }
}

/// The compared facts of one alert.
fn plain_facts(subject: &Subject) -> Facts {
    let mut facts = Facts::new();
    let mut put = |name: &str, items: Vec<String>| {
        if !items.is_empty() {
            facts.insert(name.to_owned(), Value::List(items.into_iter().map(Value::Text).collect()));
        }
    };
    let many = |items: &[super::Found<String>]| items.iter().map(|item| item.value.clone()).collect::<Vec<_>>();
    let one = |item: &Option<super::Found<String>>| item.iter().map(|item| item.value.clone()).collect::<Vec<_>>();
    put("platform", one(&subject.platform));
    put("handle", one(&subject.handle));
    put("profile_url", one(&subject.profile_url));
    put("post_url", one(&subject.post_url));
    put("name", one(&subject.name));
    put("phones", many(&subject.phones));
    put("emails", many(&subject.emails));
    put("ip_addresses", many(&subject.ip_addresses));
    put("post_text", one(&subject.post_text));
    put("place_hints", subject.place_hints.iter().map(|hint| hint.value.text.clone()).collect());
    put("date_of_birth", one(&subject.date_of_birth));
    put("external_ref", one(&subject.external_ref));
    put("session_id", one(&subject.session_id));
    put("family_phones", subject.family_contacts.iter().map(|contact| contact.value.phone.clone()).collect());
    facts
}

/// A case whose keys were hit.
#[derive(Clone, Debug)]
pub struct Known<I> {
    /// Which.
    pub id: I,
    /// What it knows.
    pub knowledge: Knowledge,
}

/// How an alert belongs to what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation<I> {
    /// Nobody with an open case: opens one.
    New,
    /// The same alert again: joins, and brings nothing that matters (perhaps one more IP address).
    Duplicate {
        /// The case.
        of: I,
        /// By what it was found.
        by: KeyKind,
        /// What it adds all the same.
        adds: Facts,
    },
    /// More about the person, or the next event of a session: joins.
    Update {
        /// The case.
        of: I,
        /// By what it was found.
        by: KeyKind,
        /// What it adds.
        adds: Facts,
    },
}

/// Relates one person of an alert to the cases that its keys hit. Of several the one with the strongest key counts, of
/// equal ones the first. `session_goes_on` is true for positions and stops of a K-SOS session: they are never duplicates.
#[must_use]
pub fn relate<I: Clone>(subject: &Subject, session_goes_on: bool, known: &[Known<I>]) -> Relation<I> {
    let told = Knowledge::of(subject);
    let keys = told.keys();
    let strongest = |case: &Known<I>| {
        let theirs = case.knowledge.keys();
        let hit = keys.iter().find(|key| theirs.contains(key)).map(|key| key.kind)?;
        (hit == KeyKind::Session || !told.contradicts(&case.knowledge)).then_some(hit)
    };
    let best = known.iter().filter_map(|case| Some((strongest(case)?, case))).min_by_key(|(kind, _)| *kind);
    let Some((by, case)) = best else { return Relation::New };
    let facts = plain_facts(subject);
    let mut adds = Facts::new();
    for name in COMPARED {
        let items = facts.get(name).map(texts).unwrap_or_default();
        let fresh: Vec<Value> =
            items.iter().filter(|item| !case.knowledge.has(name, item)).cloned().map(Value::Text).collect();
        if !fresh.is_empty() {
            let is_list = matches!(name, "phones" | "emails" | "ip_addresses" | "place_hints" | "family_phones");
            let value = if is_list { Value::List(fresh) } else { fresh.into_iter().next().unwrap_or_default() };
            adds.insert(name.to_owned(), value);
        }
    }
    let matters = session_goes_on || adds.keys().any(|name| name != "ip_addresses");
    let of = case.id.clone();
    if matters { Relation::Update { of, by, adds } } else { Relation::Duplicate { of, by, adds } }
}
