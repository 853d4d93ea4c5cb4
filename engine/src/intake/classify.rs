//! What kind of message it is.

use niyam_rules::text::Text;

use super::labels::holds_any;
use super::person;
use super::reading::{Class, Sender, Subject};
use super::vocabulary::{Vocabulary, fold, has_folded};

/// What the decision is made from.
pub(super) struct Evidence<'a> {
    /// The words.
    pub vocabulary: &'a Vocabulary,
    /// Who sent it.
    pub sender: &'a Sender,
    /// Subject line and body without the post's own text.
    pub text: &'a str,
    /// Header fields.
    pub headers: &'a [(String, String)],
    /// The person.
    pub subject: &'a Subject,
    /// Whether an original mail is forwarded in it.
    pub forwarded: bool,
}

/// The kind and the reason in both languages. When in doubt it is an alert.
pub(super) fn classify(evidence: &Evidence<'_>, warnings: &mut Vec<String>) -> (Class, Text) {
    let words = &evidence.vocabulary.classes;
    let folded = fold(evidence.text);
    let holds = |phrases: &[String]| phrases.iter().find(|phrase| has_folded(&folded, phrase)).cloned();
    let distress = {
        let mut said = format!(" {folded} ");
        for phrase in &words.about_distress {
            said = said.replace(&format!(" {phrase} "), " ");
        }
        words.distress.iter().find(|phrase| has_folded(said.trim(), phrase)).cloned()
    };
    if let Some(marker) = holds(&words.test) {
        let test_ref = evidence
            .subject
            .external_ref
            .as_ref()
            .is_some_and(|found| words.test_refs.iter().any(|start| found.value.starts_with(start.as_str())));
        if (evidence.sender.trusted || evidence.sender.official) && (test_ref || evidence.subject.post_text.is_none()) {
            return (Class::Test, reason(format!("contact test: “{marker}”"), format!("संपर्क परीक्षण: “{marker}”")));
        }
        warnings.push("says it is a test, but this is not certain".to_owned());
    }
    let identified = evidence.subject.handle.is_some()
        || evidence.subject.post_text.is_some()
        || evidence.subject.external_ref.is_some();
    let named_here = evidence.subject.handle.is_some() || evidence.subject.post_text.is_some();
    let by_machine = is_delivery_report(evidence) || is_auto_reply(evidence) && !named_here;
    let may_be_filed = by_machine || !identified && distress.is_none();
    if let Some(marker) = automatic(evidence, &folded).filter(|_| may_be_filed) {
        return (Class::Other, reason(format!("automatic message: “{marker}”"), format!("स्वचालित संदेश: “{marker}”")));
    }
    let known = evidence.sender.trusted || evidence.sender.official || evidence.forwarded;
    let mut markers: Vec<&str> =
        words.spam.iter().filter(|phrase| has_folded(&folded, phrase)).map(String::as_str).collect();
    if evidence.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("list-unsubscribe")) {
        markers.push("list-unsubscribe");
    }
    if !known && !identified && distress.is_none() && markers.len() >= 2 {
        let told = markers.iter().take(3).copied().collect::<Vec<_>>().join(", ");
        return (Class::Spam, reason(format!("advertising: {told}"), format!("विज्ञापन: {told}")));
    }
    if let Some(business) = business(evidence, &folded, distress.is_some()) {
        return (Class::Other, business);
    }
    match distress {
        Some(marker) => {
            (Class::Alert, reason(format!("words of distress: “{marker}”"), format!("संकट के शब्द: “{marker}”")))
        }
        None if person::weight(evidence.subject) > 0 => {
            (Class::Alert, reason("tells of a person".to_owned(), "किसी व्यक्ति के बारे में बताता है".to_owned()))
        }
        None => (
            Class::Alert,
            reason(
                "cannot be told apart from an alert: a person must read it".to_owned(),
                "सूचना से अलग नहीं किया जा सका: किसी व्यक्ति को पढ़ना होगा".to_owned(),
            ),
        ),
    }
}

/// Office business, the press, everyday letters: at least two words of the kind, nobody who could be reached, and (but for
/// the press, which tells of distress that is over) no word of distress.
fn business(evidence: &Evidence<'_>, folded: &str, distress: bool) -> Option<Text> {
    let words = &evidence.vocabulary.classes;
    let subject = evidence.subject;
    let reachable = subject.handle.is_some()
        || subject.profile_url.is_some()
        || !subject.phones.is_empty()
        || subject.external_ref.is_some()
        || subject.post_text.is_some();
    if reachable || evidence.forwarded {
        return None;
    }
    let kinds: [(&[String], bool, &str, &str); 3] = [
        (
            &words.office,
            evidence.sender.official && !distress && subject.name.is_none(),
            "office business",
            "कार्यालय कार्य",
        ),
        (&words.press, evidence.sender.official || !distress, "report of the press", "समाचार"),
        (&words.everyday, !evidence.sender.trusted && !distress, "no alert", "सूचना नहीं"),
    ];
    kinds.into_iter().filter(|(_, may_be, ..)| *may_be).find_map(|(phrases, _, en, hi)| {
        let found: Vec<&str> =
            phrases.iter().filter(|phrase| has_folded(folded, phrase)).map(String::as_str).take(3).collect();
        let told = found.join(", ");
        (found.len() >= 2).then(|| reason(format!("{en}: {told}"), format!("{hi}: {told}")))
    })
}

fn has_header(evidence: &Evidence<'_>, name: &str, part: &str) -> bool {
    evidence.headers.iter().any(|(has, value)| has.eq_ignore_ascii_case(name) && value.to_lowercase().contains(part))
}

/// A report of a mail server on a mail of ours: what it returns is known already.
fn is_delivery_report(evidence: &Evidence<'_>) -> bool {
    has_header(evidence, "content-type", "report-type=delivery-status")
        || has_header(evidence, "content-type", "report-type=\"delivery-status\"")
}

fn is_auto_reply(evidence: &Evidence<'_>) -> bool {
    has_header(evidence, "auto-submitted", "auto-replied")
}

fn automatic(evidence: &Evidence<'_>, folded: &str) -> Option<String> {
    let words = &evidence.vocabulary.classes;
    let address = evidence.sender.address.as_deref().unwrap_or("");
    let by_sender = words.other_senders.iter().find(|start| address.starts_with(start.as_str()));
    let by_words = words.other.iter().find(|phrase| has_folded(folded, phrase));
    let by_header = || {
        let replied = is_auto_reply(evidence).then(|| "auto-replied".to_owned());
        replied.or_else(|| is_delivery_report(evidence).then(|| "delivery-status".to_owned()))
    };
    by_sender.or(by_words).cloned().or_else(by_header)
}

/// Whether words hint at play or a slip.
pub(super) fn hints_misuse(text: &str, vocabulary: &Vocabulary) -> bool {
    holds_any(text, &vocabulary.classes.misuse)
}

fn reason(en: String, hi: String) -> Text {
    Text { en, hi }
}
