//! Makes spellings comparable: one form for Kunhari, Kunhadi and कुन्हाड़ी.

use unicode_normalization::UnicodeNormalization as _;

/// Words of a text in lower case, without nukta, joiners and punctuation; `a.b` and `R.K.` fall apart at the dots.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.nfkc().nfd().flat_map(char::to_lowercase) {
        match c {
            // nukta, zero-width joiners and Latin combining marks do not tell names apart
            '\u{093c}' | '\u{200b}'..='\u{200d}' | '\u{0300}'..='\u{036f}' => {}
            '\u{0901}' => word.push('\u{0902}'),
            c if c.is_alphanumeric() || ('\u{0900}'..='\u{0963}').contains(&c) => word.push(c),
            _ => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// How a word sounds, in Latin letters: Devanagari is transliterated, long and short vowels are one, an `a` counts only
/// at the beginning, doubled letters are single, `w` is `v`, `sh` is `s`.
#[must_use]
pub fn sound(word: &str) -> String {
    let latin = latin(word);
    let mut out = String::new();
    let mut rest = latin.as_str();
    while let Some(first) = rest.chars().next() {
        let (sound, length) = SOUNDS.iter().find(|(written, _)| rest.starts_with(written)).map_or_else(
            || (first.to_string(), first.len_utf8()),
            |(written, sound)| ((*sound).to_owned(), written.len()),
        );
        let keep = sound != "a" || out.is_empty();
        if keep && !out.ends_with(sound.as_str()) {
            out.push_str(&sound);
        }
        rest = &rest[length..];
    }
    out
}

/// As [`sound`], and with `d` and `r` as one, since ड़ is written both ways.
#[must_use]
pub fn loose_sound(word: &str) -> String {
    let mut out = String::new();
    for c in sound(word).chars().map(|c| if c == 'd' { 'r' } else { c }) {
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

/// Longest first, so that `chh` is not read as `ch` and `h`.
const SOUNDS: &[(&str, &str)] = &[
    ("chh", "c"),
    ("aa", "a"),
    ("ee", "i"),
    ("ii", "i"),
    ("oo", "u"),
    ("uu", "u"),
    ("ai", "e"),
    ("au", "o"),
    ("ou", "o"),
    ("ch", "c"),
    ("ck", "k"),
    ("ph", "f"),
    ("sh", "s"),
    ("w", "v"),
    ("z", "j"),
    ("q", "k"),
    ("x", "ks"),
    ("m", "m"),
];

/// Devanagari to Latin letters; the inherent vowel is written where a consonant has no other sign.
fn latin(word: &str) -> String {
    let word = word.replace("ज्ञ", "ग्य");
    let mut out = String::new();
    let mut open = false;
    for c in word.chars() {
        if let Some(vowel) = vowel_sign(c) {
            out.push_str(vowel);
            open = false;
        } else if c == '\u{094d}' {
            open = false;
        } else if let Some(consonant) = consonant(c) {
            if open {
                out.push('a');
            }
            out.push_str(consonant);
            open = true;
        } else {
            if open {
                out.push('a');
            }
            open = false;
            match c {
                '\u{0902}' => out.push('n'),
                '\u{0903}' => out.push('h'),
                c => out.push_str(independent_vowel(c).unwrap_or(c.encode_utf8(&mut [0; 4]))),
            }
        }
    }
    out
}

fn vowel_sign(c: char) -> Option<&'static str> {
    Some(match c {
        'ा' => "a",
        'ि' | 'ी' => "i",
        'ु' | 'ू' => "u",
        'ृ' => "ri",
        'े' => "e",
        'ै' => "ai",
        'ो' | 'ॉ' => "o",
        'ौ' => "au",
        _ => return None,
    })
}

fn independent_vowel(c: char) -> Option<&'static str> {
    Some(match c {
        'अ' | 'आ' => "a",
        'इ' | 'ई' => "i",
        'उ' | 'ऊ' => "u",
        'ऋ' => "ri",
        'ए' => "e",
        'ऐ' => "ai",
        'ओ' | 'ऑ' => "o",
        'औ' => "au",
        _ => return None,
    })
}

fn consonant(c: char) -> Option<&'static str> {
    Some(match c {
        'क' => "k",
        'ख' => "kh",
        'ग' => "g",
        'घ' => "gh",
        'ङ' | 'ञ' | 'ण' | 'न' => "n",
        'च' => "ch",
        'छ' => "chh",
        'ज' => "j",
        'झ' => "jh",
        'ट' | 'त' => "t",
        'ठ' | 'थ' => "th",
        'ड' | 'द' => "d",
        'ढ' | 'ध' => "dh",
        'प' => "p",
        'फ' => "ph",
        'ब' => "b",
        'भ' => "bh",
        'म' => "m",
        'य' => "y",
        'र' => "r",
        'ल' | 'ळ' => "l",
        'व' => "v",
        'श' | 'ष' => "sh",
        'स' => "s",
        'ह' => "h",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_in_three_spellings() {
        for spelling in ["Kunhari", "Kunhadi", "कुन्हाड़ी", "KUNHAADI"] {
            assert_eq!(loose_sound(&words(spelling)[0]), loose_sound("kunhari"), "{spelling}");
        }
        assert_eq!(sound(&words("तलवंडी")[0]), sound(&words("Talwandi")[0]));
        assert_eq!(sound(&words("विज्ञान")[0]), sound(&words("Vigyan")[0]));
        assert_eq!(sound(&words("महावीर")[0]), sound(&words("Mahaveer")[0]));
    }

    #[test]
    fn different_places_stay_apart() {
        assert_ne!(loose_sound("kota"), loose_sound("kotputli"));
        assert_ne!(loose_sound("rampur"), loose_sound("ranpur"));
    }

    #[test]
    fn words_fall_apart_at_punctuation() {
        assert_eq!(words("R.K. Puram, Kota"), ["r", "k", "puram", "kota"]);
        assert_eq!(words("Café"), ["cafe"]);
    }
}
