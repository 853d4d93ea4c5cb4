//! The words by which intake reads: `rules/extraction/vocabulary.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;

use super::finding::{Finding, read_yaml};
use crate::directory::fold::words;

/// What a label stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The sender's own reference.
    ExternalRef,
    /// Platform.
    Platform,
    /// Handle.
    Handle,
    /// Address of the profile.
    ProfileUrl,
    /// Address of the post.
    PostUrl,
    /// Name of the person.
    Name,
    /// Numbers of the person.
    Phones,
    /// Addresses of the person.
    Emails,
    /// IP addresses.
    IpAddresses,
    /// Words of the post.
    PostText,
    /// Time of the post.
    PostedAt,
    /// Where the person may be.
    Place,
    /// Where the person comes from.
    HomePlace,
    /// Date of birth.
    DateOfBirth,
    /// Age in years.
    Age,
    /// Coaching institute, school, college.
    Institute,
    /// Hostel.
    Hostel,
    /// The sender's own category.
    PlatformFlag,
    /// Name of who reports.
    ReporterName,
    /// Numbers of who reports.
    ReporterPhones,
    /// Addresses of who reports.
    ReporterEmails,
    /// What the reporter is to the person.
    ReporterRole,
    /// Numbers of the family.
    FamilyPhones,
    /// Numbers of officers.
    OfficialPhones,
    /// Session of a K-SOS device.
    SessionId,
    /// A label that is known and not read.
    Ignore,
}

/// Who may speak for a platform.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub domains: Vec<String>,
    pub names: Vec<String>,
    /// The one platform it speaks for.
    pub platform: Option<String>,
}

/// Police senders.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Official {
    pub domains: Vec<String>,
    pub note_markers: Vec<String>,
    pub call_received: Vec<String>,
}

/// One platform.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Platform {
    pub names: Vec<String>,
    pub hosts: Vec<String>,
}

/// Words around places.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceWords {
    pub not_places: Vec<String>,
    pub free_text: Vec<String>,
    pub near_before: Vec<String>,
    pub near_after: Vec<String>,
    pub nouns: Vec<String>,
    pub in_before: Vec<String>,
    pub in_after: Vec<String>,
    pub home_before: Vec<String>,
    pub left_before: Vec<String>,
    pub home_after: Vec<String>,
}

/// Words of running text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prose {
    pub post_says: Vec<String>,
    pub reporter_number: Vec<String>,
    pub person_number: Vec<String>,
    pub officer_number: Vec<String>,
    pub number_words: Vec<String>,
    pub own_words: Vec<String>,
    pub name_before: Vec<String>,
    pub reporter_name_before: Vec<String>,
    pub name_after: Vec<String>,
    pub age_after: Vec<String>,
    pub age_before: Vec<String>,
    pub not_names: Vec<String>,
    pub handle_before: Vec<String>,
    pub not_handles: Vec<String>,
    pub roles: BTreeMap<String, Vec<String>>,
    pub relations: BTreeMap<String, Vec<String>>,
}

/// Words that tell what a message is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Classes {
    pub test: Vec<String>,
    pub test_refs: Vec<String>,
    pub spam: Vec<String>,
    pub other: Vec<String>,
    pub other_senders: Vec<String>,
    pub about_distress: Vec<String>,
    pub office: Vec<String>,
    pub press: Vec<String>,
    pub everyday: Vec<String>,
    pub distress: Vec<String>,
    pub misuse: Vec<String>,
}

/// Words of forwarded and quoted mail.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thread {
    pub forward_lines: Vec<String>,
    pub wrote: Vec<String>,
    pub from: Vec<String>,
    pub date: Vec<String>,
    pub subject: Vec<String>,
    pub to: Vec<String>,
    pub signature: Vec<String>,
    pub forward_prefixes: Vec<String>,
    pub boilerplate: Vec<String>,
}

/// Words of time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimeWords {
    pub months: BTreeMap<String, u32>,
    pub zones: BTreeMap<String, i32>,
    pub am: Vec<String>,
    pub pm: Vec<String>,
    pub night: Vec<String>,
    pub clock_words: Vec<String>,
    pub yesterday: Vec<String>,
    pub today: Vec<String>,
    pub day_before: Vec<String>,
    pub ago: BTreeMap<String, i64>,
    pub now: Vec<String>,
    pub hours: BTreeMap<String, u32>,
    pub quarters: BTreeMap<String, i32>,
    pub minutes: Vec<String>,
    pub half: Vec<String>,
    pub day: Vec<String>,
    pub about: Vec<String>,
}

/// Words of languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    hinglish: Vec<String>,
    hinglish_share_percent: usize,
}

/// How numbers are written here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneRules {
    pub country_code: String,
    pub national_digits: usize,
    pub test_digits: String,
}

/// The file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    vocabulary: u32,
    sources: BTreeMap<String, Source>,
    official: Official,
    platforms: BTreeMap<String, Platform>,
    platforms_only_labelled: Vec<String>,
    url_paths_not_handles: Vec<String>,
    url_paths_posts: Vec<String>,
    labels: BTreeMap<Field, Vec<serde_yaml::Spanned<String>>>,
    reference_prefixes: Vec<String>,
    not_given: Vec<String>,
    place_words: PlaceWords,
    prose: Prose,
    classes: Classes,
    thread: Thread,
    time: TimeWords,
    language: Language,
    phones: PhoneRules,
}

/// The words by which intake reads, ready for use.
#[derive(Debug)]
pub struct Vocabulary {
    pub(crate) sources: BTreeMap<String, Source>,
    pub(crate) official: Official,
    pub(crate) platforms: BTreeMap<String, Platform>,
    platform_names: BTreeMap<String, String>,
    only_labelled: BTreeSet<String>,
    pub(crate) not_handle_paths: BTreeSet<String>,
    pub(crate) post_paths: BTreeSet<String>,
    labels: BTreeMap<String, Field>,
    pub(crate) reference_prefixes: Vec<String>,
    not_given: BTreeSet<String>,
    pub(crate) place: PlaceWords,
    pub(crate) prose: Prose,
    pub(crate) classes: Classes,
    pub(crate) thread: Thread,
    pub(crate) time: TimeWords,
    hinglish: BTreeSet<String>,
    pub(crate) hinglish_share_percent: usize,
    pub(crate) phones: PhoneRules,
}

/// Path of the file below `rules/`.
const FILE: &str = "extraction/vocabulary.yaml";

impl File {
    /// Brings every phrase into the form in which phrases are compared.
    fn fold_phrases(&mut self) {
        let (place, prose, classes, thread, time) =
            (&mut self.place_words, &mut self.prose, &mut self.classes, &mut self.thread, &mut self.time);
        let lists = [&mut self.official.note_markers, &mut self.official.call_received]
            .into_iter()
            .chain(self.sources.values_mut().map(|source| &mut source.names))
            .chain([&mut place.not_places, &mut place.free_text, &mut place.near_before, &mut place.near_after])
            .chain([
                &mut place.nouns,
                &mut place.in_before,
                &mut place.in_after,
                &mut place.home_before,
                &mut place.home_after,
            ])
            .chain([&mut prose.post_says, &mut prose.reporter_number, &mut prose.person_number, &mut prose.own_words])
            .chain([
                &mut prose.name_before,
                &mut prose.reporter_name_before,
                &mut prose.name_after,
                &mut prose.not_names,
            ])
            .chain([
                &mut place.left_before,
                &mut prose.officer_number,
                &mut prose.number_words,
                &mut time.half,
                &mut time.day,
                &mut classes.about_distress,
                &mut classes.office,
                &mut classes.press,
                &mut classes.everyday,
                &mut time.now,
                &mut time.minutes,
            ])
            .chain([&mut prose.age_after, &mut prose.age_before, &mut prose.handle_before, &mut prose.not_handles])
            .chain(prose.roles.values_mut())
            .chain(prose.relations.values_mut())
            .chain([
                &mut classes.test,
                &mut classes.spam,
                &mut classes.other,
                &mut classes.distress,
                &mut classes.misuse,
            ])
            .chain([
                &mut thread.forward_lines,
                &mut thread.wrote,
                &mut thread.from,
                &mut thread.date,
                &mut thread.subject,
            ])
            .chain([&mut thread.to, &mut thread.signature, &mut thread.forward_prefixes, &mut thread.boilerplate])
            .chain([&mut time.am, &mut time.pm, &mut time.night, &mut time.clock_words, &mut time.yesterday])
            .chain([&mut time.today, &mut time.day_before, &mut time.about]);
        for list in lists {
            for phrase in list.iter_mut() {
                *phrase = fold(phrase);
            }
            list.retain(|phrase| !phrase.is_empty());
        }
        time.months = std::mem::take(&mut time.months).into_iter().map(|(name, month)| (fold(&name), month)).collect();
        time.zones =
            std::mem::take(&mut time.zones).into_iter().map(|(name, minutes)| (fold(&name), minutes)).collect();
        time.hours = std::mem::take(&mut time.hours).into_iter().map(|(name, hour)| (fold(&name), hour)).collect();
        time.quarters =
            std::mem::take(&mut time.quarters).into_iter().map(|(name, minutes)| (fold(&name), minutes)).collect();
        time.ago = std::mem::take(&mut time.ago).into_iter().map(|(name, minutes)| (fold(&name), minutes)).collect();
    }
}

impl Vocabulary {
    /// Reads a vocabulary.
    ///
    /// # Errors
    /// What is wrong, with lines: YAML that cannot be read, an unknown key, a label that stands for two fields.
    pub fn load(text: &str) -> Result<Self, Vec<Finding>> {
        let mut file: File = read_yaml(FILE, text)?;
        file.fold_phrases();
        let mut findings = Vec::new();
        if file.vocabulary != 1 {
            let message = format!("`vocabulary: {}` is not known", file.vocabulary);
            findings.push(Finding::new(FILE, 1, message, "this program reads version 1"));
        }
        let mut labels = BTreeMap::new();
        for (field, spellings) in &file.labels {
            for label in spellings {
                let line = label.referenced.line();
                let folded = words(&label.value).concat();
                if folded.is_empty() {
                    findings.push(Finding::new(FILE, line, "empty label", "write a word or remove the item"));
                } else if let Some(other) = labels.insert(folded, *field).filter(|other| other != field) {
                    let message = format!("label `{}` stands for {other:?} and {field:?}", label.value);
                    findings.push(Finding::new(FILE, line, message, "keep it in one of the two lists"));
                }
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let set = |items: &[String]| items.iter().map(|item| fold(item)).collect::<BTreeSet<_>>();
        let names = file
            .platforms
            .iter()
            .flat_map(|(id, platform)| platform.names.iter().chain([id]).map(move |name| (fold(name), id.clone())));
        Ok(Self {
            platform_names: names.collect(),
            only_labelled: set(&file.platforms_only_labelled),
            not_handle_paths: file.url_paths_not_handles.into_iter().collect(),
            post_paths: file.url_paths_posts.into_iter().collect(),
            labels,
            not_given: set(&file.not_given),
            hinglish: set(&file.language.hinglish),
            hinglish_share_percent: file.language.hinglish_share_percent,
            reference_prefixes: file.reference_prefixes,
            sources: file.sources,
            official: file.official,
            platforms: file.platforms,
            place: file.place_words,
            prose: file.prose,
            classes: file.classes,
            thread: file.thread,
            time: file.time,
            phones: file.phones,
        })
    }

    /// The vocabulary as shipped.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Vocabulary> = OnceLock::new();
        SHIPPED.get_or_init(|| Self::load(Self::shipped_text()).expect("a test loads the shipped file"))
    }

    /// The text of the vocabulary as shipped.
    #[must_use]
    pub fn shipped_text() -> &'static str {
        include_str!("../../../rules/extraction/vocabulary.yaml")
    }

    /// The field a label stands for.
    pub(crate) fn field(&self, label: &str) -> Option<Field> {
        self.labels.get(&words(label).concat()).copied()
    }

    /// The platform of that name.
    pub(crate) fn platform(&self, name: &str) -> Option<&str> {
        self.platform_names.get(&fold(name)).map(String::as_str)
    }

    /// The platform a word of running text names.
    pub(crate) fn platform_in_prose(&self, word: &str) -> Option<&str> {
        let folded = fold(word);
        if self.only_labelled.contains(&folded) { None } else { self.platform_names.get(&folded).map(String::as_str) }
    }

    /// The platform a host belongs to.
    pub(crate) fn platform_of_host(&self, host: &str) -> Option<&str> {
        let belongs = |known: &String| is_domain_within(host, known);
        self.platforms.iter().find(|(_, platform)| platform.hosts.iter().any(belongs)).map(|(id, _)| id.as_str())
    }

    /// Whether a value says that there is none.
    pub(crate) fn says_none(&self, value: &str) -> bool {
        let folded = fold(value);
        folded.is_empty() || self.not_given.contains(&folded)
    }

    /// Whether a word (folded) is Hindi in Latin letters.
    pub(crate) fn is_hinglish(&self, word: &str) -> bool {
        self.hinglish.contains(word)
    }

    /// The source a mail domain may speak for.
    pub(crate) fn source_of_domain(&self, domain: &str) -> Option<&str> {
        let belongs = |source: &Source| source.domains.iter().any(|known| is_domain_within(domain, known));
        self.sources.iter().find(|(_, source)| belongs(source)).map(|(id, _)| id.as_str())
    }

    /// The source a display name claims to be.
    pub(crate) fn source_claimed(&self, name: &str) -> Option<&str> {
        let claims = |source: &Source| source.names.iter().any(|phrase| has_phrase(name, phrase));
        self.sources.iter().find(|(_, source)| claims(source)).map(|(id, _)| id.as_str())
    }

    /// Whether a mail domain belongs to the police.
    pub(crate) fn is_official_domain(&self, domain: &str) -> bool {
        self.official.domains.iter().any(|known| is_domain_within(domain, known))
    }
}

/// A phrase in the form in which phrases are compared.
pub(crate) fn fold(text: &str) -> String {
    words(text).join(" ")
}

/// Whether a text holds a phrase of the vocabulary as whole words.
pub(crate) fn has_phrase(text: &str, phrase: &str) -> bool {
    has_folded(&fold(text), &fold(phrase))
}

/// As [`has_phrase`] for a text and a phrase that are folded already.
pub(crate) fn has_folded(folded: &str, phrase: &str) -> bool {
    !phrase.is_empty()
        && folded.match_indices(phrase).any(|(at, _)| {
            let end = at + phrase.len();
            (at == 0 || folded[..at].ends_with(' ')) && (end == folded.len() || folded[end..].starts_with(' '))
        })
}

/// Whether a host is a domain or below it.
pub(crate) fn is_domain_within(host: &str, domain: &str) -> bool {
    let host = host.trim_end_matches('.');
    let tail = host.len().checked_sub(domain.len());
    tail.is_some_and(|at| {
        host.is_char_boundary(at) && host[at..].eq_ignore_ascii_case(domain) && (at == 0 || host[..at].ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_vocabulary_loads() {
        let loaded = Vocabulary::load(Vocabulary::shipped_text())
            .map(|_| ())
            .map_err(|findings| findings.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(loaded, Ok(()));
        let vocabulary = Vocabulary::shipped();
        assert_eq!(vocabulary.field("Account e-mail"), Some(Field::Emails));
        assert_eq!(vocabulary.field("प्रोफ़ाइल"), Some(Field::ProfileUrl));
        assert_eq!(vocabulary.platform("इंस्टाग्राम"), Some("instagram"));
    }

    #[test]
    fn a_label_of_two_fields_is_told_with_its_line() {
        let text = Vocabulary::shipped_text().replace("  age: [age,", "  age: [age, hostel,");
        let line = text.lines().position(|line| line.starts_with("  hostel:")).expect("the line") as u64 + 1;
        let findings = Vocabulary::load(&text).expect_err("a finding");
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].line, line);
        assert!(findings[0].message.contains("`hostel`"), "{}", findings[0]);
    }

    #[test]
    fn a_misspelt_key_is_told_with_its_line() {
        let text = Vocabulary::shipped_text().replace("not_given:", "not_gven:");
        let line = text.lines().position(|line| line.starts_with("not_gven:")).expect("the line") as u64 + 1;
        let findings = Vocabulary::load(&text).expect_err("a finding");
        assert_eq!(findings[0].line, line, "{findings:?}");
    }

    #[test]
    fn domains_are_compared_whole() {
        assert!(is_domain_within("mail.meta-alerts.example.com", "meta-alerts.example.com"));
        assert!(!is_domain_within("notmeta-alerts.example.com", "meta-alerts.example.com"));
        assert!(!is_domain_within("meta-alerts.example.com.example.net", "meta-alerts.example.com"));
    }
}
