//! Places out of a location line.

use super::document::Bytes;
use super::reading::{PlaceHint, PlaceRole};
use super::vocabulary::{Vocabulary, fold};
use crate::directory::Directory;

/// A place and where it stands in the value.
pub(super) type HintAt = (PlaceHint, Bytes);

/// Places of a location value, in order. Pieces are parted by `;`; a landmark ("opposite …", "… के पास") is a hint of its
/// own; of free text of a profile only known places count.
pub(super) fn hints(value: &str, role: PlaceRole, vocabulary: &Vocabulary, directory: &Directory) -> Vec<HintAt> {
    let mut found = Vec::new();
    for piece in split_outside_quotes(value, &[';', '\n', '•']) {
        piece_hints(value, piece, role, vocabulary, directory, &mut found);
    }
    found
}

fn piece_hints(
    value: &str,
    piece: Bytes,
    role: PlaceRole,
    vocabulary: &Vocabulary,
    directory: &Directory,
    found: &mut Vec<HintAt>,
) {
    let words = &vocabulary.place;
    let (mut bytes, mut free_text) = (piece, false);
    let text = &value[piece.0..piece.1];
    if let Some(colon) = text.find([':', '=']).filter(|at| text[..*at].split_whitespace().count() <= 4) {
        let label = fold(&text[..colon]);
        free_text = words.free_text.contains(&label);
        bytes = (piece.0 + colon + 1, piece.1);
    }
    let folded = fold(text);
    if words.not_places.iter().any(|start| starts_with_phrase(&folded, start)) {
        return;
    }
    if free_text {
        for inner in
            split_outside_quotes(&value[bytes.0..bytes.1].replace(['"', '“', '”'], " "), &['|', '·', '/', ',', '\n'])
        {
            let inner = trim(value, (bytes.0 + inner.0, bytes.0 + inner.1));
            if inner.0 < inner.1
                && value.is_char_boundary(inner.0)
                && value.is_char_boundary(inner.1)
                && directory.names_place(&value[inner.0..inner.1])
            {
                push(value, inner, role, vocabulary, found);
            }
        }
        return;
    }
    address(value, bytes, role, vocabulary, found);
}

/// An address: comma-separated pieces and brackets, from which landmarks are taken out.
pub(super) fn address(value: &str, bytes: Bytes, role: PlaceRole, vocabulary: &Vocabulary, found: &mut Vec<HintAt>) {
    let mut run: Option<Bytes> = None;
    let text = &value[bytes.0..bytes.1];
    for piece in split_outside_quotes(text, &[',', '(', ')', '،']) {
        let piece = trim(value, (bytes.0 + piece.0, bytes.0 + piece.1));
        if piece.0 >= piece.1 {
            continue;
        }
        let landmark = landmark(value, piece, vocabulary);
        // A bracket after the address closes it, a comma continues it.
        let bracketed = value[..piece.0].trim_end().ends_with('(');
        match landmark {
            Some(inner) => {
                if let Some(run) = run.take() {
                    push(value, run, role, vocabulary, found);
                }
                push(value, inner, role, vocabulary, found);
            }
            None if bracketed => {
                if let Some(run) = run.take() {
                    push(value, run, role, vocabulary, found);
                }
            }
            None => run = Some(run.map_or(piece, |run| (run.0, piece.1))),
        }
    }
    if let Some(run) = run {
        push(value, run, role, vocabulary, found);
    }
}

/// The landmark in a piece that says "near", without that word.
pub(super) fn landmark(value: &str, piece: Bytes, vocabulary: &Vocabulary) -> Option<Bytes> {
    let text = &value[piece.0..piece.1];
    for before in &vocabulary.place.near_before {
        let head = text.get(..before.len()).filter(|head| head.eq_ignore_ascii_case(before));
        if head.is_some() && text[before.len()..].starts_with([' ', '.']) {
            let skipped = text[before.len()..].len() - text[before.len()..].trim_start_matches([' ', '.']).len();
            return Some(trim(value, (piece.0 + before.len() + skipped, piece.1)));
        }
    }
    let after = vocabulary.place.near_after.iter().find(|after| text.to_lowercase().ends_with(&format!(" {after}")))?;
    Some(trim(value, (piece.0, piece.1 - after.len())))
}

fn push(value: &str, bytes: Bytes, role: PlaceRole, vocabulary: &Vocabulary, found: &mut Vec<HintAt>) {
    let bytes = trim(value, bytes);
    let text = value[bytes.0..bytes.1].replace(['“', '”', '"'], "");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let known = found.iter().any(|(hint, _)| fold(&hint.text) == fold(&text));
    if !vocabulary.says_none(&text) && text.chars().count() <= 200 && !known && text.chars().any(char::is_alphabetic) {
        found.push((PlaceHint { text, role }, bytes));
    }
}

/// Without blanks, quotes and full stops at the ends.
pub(super) fn trim(value: &str, bytes: Bytes) -> Bytes {
    let text = &value[bytes.0..bytes.1];
    let is_edge = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '“'
                    | '”'
                    | '\''
                    | '‘'
                    | '.'
                    | '।'
                    | ','
                    | ';'
                    | '*'
                    | '📍'
                    | '['
                    | ']'
                    | '('
                    | ')'
                    | '-'
                    | '–'
                    | ':'
            )
    };
    let start = bytes.0 + (text.len() - text.trim_start_matches(is_edge).len());
    let end = start + text.trim_start_matches(is_edge).trim_end_matches(is_edge).len();
    (start, end)
}

fn starts_with_phrase(folded: &str, phrase: &str) -> bool {
    format!("{folded} ").starts_with(&format!("{phrase} "))
}

/// Byte ranges between separators that stand outside “ ” and " ".
pub(super) fn split_outside_quotes(text: &str, separators: &[char]) -> Vec<Bytes> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '“' => quoted = true,
            '”' => quoted = false,
            c if !quoted && separators.contains(&c) => {
                pieces.push((start, at));
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    pieces.push((start, text.len()));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Vec<String> {
        let found = hints(value, PlaceRole::Incident, Vocabulary::shipped(), Directory::shipped());
        for (hint, bytes) in &found {
            assert_eq!(value[bytes.0..bytes.1].replace(['"', '“', '”'], ""), hint.text);
        }
        found.into_iter().map(|(hint, _)| hint.text).collect()
    }

    #[test]
    fn location_lines() {
        assert_eq!(
            read("Bio: \"NEET 2027 | Kota\"; tagged place: Rajeev Gandhi Nagar, Kota"),
            ["Kota", "Rajeev Gandhi Nagar, Kota"]
        );
        assert_eq!(read("झुंझुनूं; पिलानी रोड"), ["झुंझुनूं", "पिलानी रोड"]);
        assert_eq!(read("Kota Junction area, Bhimganjmandi"), ["Kota Junction area, Bhimganjmandi"]);
        assert_eq!(read("इटावा, नया बस अड्डा के पास"), ["इटावा", "नया बस अड्डा"]);
        assert_eq!(read("none; account language en_IN"), [""; 0]);
        assert_eq!(
            read("“Namuna Boys Hostel”, Talwandi, Kota (opposite Café Example)"),
            ["Namuna Boys Hostel, Talwandi, Kota", "Café Example"]
        );
        assert_eq!(read("Near Namuna Chowk, Kota."), ["Namuna Chowk", "Kota"]);
        assert_eq!(read("Bio: JEE 2027 / dream big"), [""; 0]);
    }
}
