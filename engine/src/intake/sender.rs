//! Who sent a message, and whether to believe it.

use super::mime::{Mail, loose_address};
use super::reading::Sender;
use super::vocabulary::{Vocabulary, fold};

/// Source id of a message whose sender claims what cannot be believed, or that is no alert.
pub(super) const OTHER: &str = "other";
/// Source id of a report by somebody who is neither a platform nor the police.
pub(super) const CITIZEN: &str = "citizen_email";
/// Source id of an officer's own note.
pub(super) const OPERATOR: &str = "operator_note";

/// What an address and its display name stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Source id.
    pub source: String,
    /// Whether the domain is one that may speak for the source.
    pub trusted: bool,
    /// Whether it is the police.
    pub official: bool,
    /// What speaks against the sender.
    pub doubt: Option<String>,
}

/// Reads an address with its display name.
pub(super) fn standing(address: Option<&str>, name: Option<&str>, vocabulary: &Vocabulary) -> Standing {
    let domain = address.and_then(|address| address.rsplit_once('@')).map_or("", |(_, domain)| domain);
    let official = vocabulary.is_official_domain(domain);
    if let Some(source) = vocabulary.source_of_domain(domain) {
        return Standing { source: source.to_owned(), trusted: true, official, doubt: None };
    }
    if official {
        return Standing { source: OPERATOR.to_owned(), trusted: true, official, doubt: None };
    }
    let claimed = name.and_then(|name| vocabulary.source_claimed(name));
    match claimed {
        Some(source) => {
            let from = if domain.is_empty() { "no address" } else { domain };
            let doubt = format!("sender not verified: claims to be {source}, writes from {from}");
            Standing { source: OTHER.to_owned(), trusted: false, official, doubt: Some(doubt) }
        }
        None if domain.is_empty() => Standing { source: OTHER.to_owned(), trusted: false, official, doubt: None },
        None => Standing { source: CITIZEN.to_owned(), trusted: false, official, doubt: None },
    }
}

/// Checks the sender of a mail: domain against name, what our server's check says, where answers would go.
pub(super) fn check(mail: &Mail, vocabulary: &Vocabulary) -> (Sender, Standing) {
    let (address, name) = (mail.from.0.as_deref(), mail.from.1.as_deref());
    let mut standing = standing(address, name, vocabulary);
    let mut doubts: Vec<String> = standing.doubt.iter().cloned().collect();
    if let Some(shown) = name.and_then(|name| shown_address(address, name, vocabulary)) {
        doubts.push(shown);
        OTHER.clone_into(&mut standing.source);
    }
    if let Some(alike) = address.filter(|_| !standing.trusted).and_then(|address| lookalike(address, vocabulary)) {
        doubts.push(alike);
        OTHER.clone_into(&mut standing.source);
    }
    let believed = standing.trusted;
    if believed {
        for (header, value) in &mail.headers {
            if header.eq_ignore_ascii_case("authentication-results") || header.eq_ignore_ascii_case("received-spf") {
                doubts.extend(failed_check(header, value));
            } else if header.eq_ignore_ascii_case("reply-to") {
                doubts.extend(foreign_reply(address, value, vocabulary));
            }
        }
    }
    if believed && !doubts.is_empty() {
        standing.trusted = false;
        OTHER.clone_into(&mut standing.source);
    }
    let sender = Sender {
        address: mail.from.0.clone(),
        name: mail.from.1.clone(),
        trusted: standing.trusted,
        official: standing.official && standing.trusted,
        doubts,
    };
    (sender, standing)
}

/// A domain that can be taken for one of the police or a platform: `rajpo1ice`, `rneta-alerts`.
fn lookalike(address: &str, vocabulary: &Vocabulary) -> Option<String> {
    let (_, domain) = address.rsplit_once('@')?;
    let known = vocabulary.sources.values().flat_map(|source| &source.domains).chain(&vocabulary.official.domains);
    let like = known.into_iter().find(|known| skeleton(known) == skeleton(domain))?;
    Some(format!("sender not verified: {domain} looks like {like}"))
}

/// A domain as the eye takes it.
fn skeleton(domain: &str) -> String {
    let text = domain.to_lowercase().replace("rn", "m").replace("vv", "w");
    let seen = |c: char| match c {
        '1' | 'i' | '|' | 'ı' => 'l',
        '0' | 'о' => 'o',
        '5' => 's',
        'а' => 'a',
        'е' => 'e',
        'с' => 'c',
        'р' => 'p',
        c => c,
    };
    text.chars().filter(|c| !matches!(c, '-' | '_')).map(seen).collect()
}

/// A display name that shows an address of the police or a platform which is not the sender's.
fn shown_address(address: Option<&str>, name: &str, vocabulary: &Vocabulary) -> Option<String> {
    let domain = |address: &str| address.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    let own = address.and_then(domain).unwrap_or_default();
    let shown = super::values::emails(name).into_iter().find_map(|(shown, _)| domain(&shown))?;
    let claims = vocabulary.is_official_domain(&shown) || vocabulary.source_of_domain(&shown).is_some();
    (claims && shown != own && !vocabulary.is_official_domain(&own))
        .then(|| format!("sender not verified: shows an address of {shown}, writes from {own}"))
}

fn failed_check(header: &str, value: &str) -> Option<String> {
    let lower = value.to_lowercase();
    if header.eq_ignore_ascii_case("received-spf") {
        return lower.trim_start().starts_with("fail").then(|| "sender not verified: spf=fail".to_owned());
    }
    let dmarc_passed = lower.contains("dmarc=pass");
    let failed: Vec<&str> = ["dmarc=fail", "dkim=fail", "spf=fail", "dkim=permerror"]
        .into_iter()
        .filter(|check| lower.contains(check))
        .collect();
    (!failed.is_empty() && !dmarc_passed).then(|| format!("sender not verified: {}", failed.join(", ")))
}

fn foreign_reply(address: Option<&str>, value: &str, vocabulary: &Vocabulary) -> Option<String> {
    let domain = |address: &str| address.rsplit_once('@').map(|(_, domain)| domain.to_owned());
    let own = address.and_then(domain)?;
    let reply = loose_address(value).0.as_deref().and_then(domain)?;
    let same = reply == own || vocabulary.source_of_domain(&reply).is_some() || vocabulary.is_official_domain(&reply);
    (!same).then(|| format!("sender not verified: answers would go to {reply}"))
}

/// Whether a display name is that of a person: no role, no organisation, no comma.
pub(super) fn is_personal(name: &str, vocabulary: &Vocabulary) -> bool {
    let folded = fold(name);
    let roles = vocabulary.prose.roles.values().flatten().any(|role| super::vocabulary::has_folded(&folded, role));
    let place = vocabulary.place.nouns.iter().any(|noun| super::vocabulary::has_folded(&folded, noun));
    let words = folded.split(' ').count();
    !roles
        && !place
        && !name.contains([',', '@'])
        && (1..=4).contains(&words)
        && name.chars().any(char::is_alphabetic)
        && !name.chars().any(|c| c.is_ascii_digit())
}
