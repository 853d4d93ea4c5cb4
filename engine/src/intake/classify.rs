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
    let distress = holds(&words.distress);
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
    if let Some(marker) = automatic(evidence, &folded).filter(|_| !identified && distress.is_none()) {
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

fn automatic(evidence: &Evidence<'_>, folded: &str) -> Option<String> {
    let words = &evidence.vocabulary.classes;
    let address = evidence.sender.address.as_deref().unwrap_or("");
    let by_sender = words.other_senders.iter().find(|start| address.starts_with(start.as_str()));
    let replied = evidence.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("auto-submitted") && value.to_lowercase().contains("auto-replied")
    });
    let by_words = words.other.iter().find(|phrase| has_folded(folded, phrase));
    by_sender.or(by_words).cloned().or(replied.then(|| "auto-replied".to_owned()))
}

/// Whether words hint at play or a slip.
pub(super) fn hints_misuse(text: &str, vocabulary: &Vocabulary) -> bool {
    holds_any(text, &vocabulary.classes.misuse)
}

fn reason(en: String, hi: String) -> Text {
    Text { en, hi }
}
