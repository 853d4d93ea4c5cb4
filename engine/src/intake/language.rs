//! Which language a text is in.

use super::vocabulary::Vocabulary;
use crate::directory::fold::words;

/// `hi` for Devanagari, `hi-Latn` for Hindi in Latin letters, `en` for other Latin text; nothing for too little text.
pub(super) fn identify(text: &str, vocabulary: &Vocabulary) -> Option<String> {
    let text: String = text.chars().take(20_000).collect();
    let devanagari = text.chars().filter(|c| ('\u{0904}'..='\u{0939}').contains(c)).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    if devanagari + latin < 2 {
        return None;
    }
    if devanagari * 2 >= latin {
        return Some("hi".to_owned());
    }
    let words: Vec<String> = words(&text)
        .into_iter()
        .filter(|word| word.is_ascii() && word.chars().any(|c| c.is_ascii_alphabetic()))
        .collect();
    let hindi = words.iter().filter(|word| vocabulary.is_hinglish(word)).count();
    let enough = hindi >= 2 || words.len() <= 3 && hindi >= 1;
    Some(
        if enough && hindi * 100 >= words.len() * vocabulary.hinglish_share_percent { "hi-Latn" } else { "en" }
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ways_of_writing() {
        let language = |text| identify(text, Vocabulary::shipped());
        assert_eq!(
            language("tired of pretending. this is probably my last post here. be kind to each other").as_deref(),
            Some("en")
        );
        assert_eq!(language("Sab kuch khatam ho gaya hai, ab koi raasta nahi dikhta").as_deref(), Some("hi-Latn"));
        assert_eq!(language("Aaj ke baad sabko chain milega. Mera phone ab mat milana.").as_deref(), Some("hi-Latn"));
        assert_eq!(language("11वीं में फेल हो गया हूँ @uppolice_sample").as_deref(), Some("hi"));
        assert_eq!(language("I am on my way home to the main road").as_deref(), Some("en"));
        assert_eq!(language("…"), None);
    }
}
