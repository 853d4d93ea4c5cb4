//! Lines such as `Phone: …`, `मोबाइल - …` and rows of tables.

use super::document::{Bytes, Document, Segment};
use super::vocabulary::{Field, Vocabulary, fold, has_folded};

/// A label with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// What the label stands before.
    pub field: Field,
    /// The label as written.
    pub label: String,
    /// The value as it stands in the text; of several lines without quote marks.
    pub value: String,
    /// Where the value stands.
    pub bytes: Bytes,
    /// Line of the label.
    pub line: usize,
    /// Line after the last one of the value.
    pub next: usize,
    /// Whether a heading such as `Person 2` stands between this entry and the one before.
    pub heads_record: bool,
}

/// Lines that a value without quotes may run over.
const VALUE_LINES: usize = 60;
/// Bytes that the text of a post may have.
const POST_BYTES: usize = 20_000;
/// Bytes of a line that are searched for labels; longer lines hold none.
const LABEL_LINE_BYTES: usize = 4_000;

/// All labelled values between two lines, in order.
pub(super) fn entries(document: &Document<'_>, segment: &Segment, vocabulary: &Vocabulary) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut columns: Option<Columns> = None;
    let mut heads = false;
    let upright = vertical(document, segment.lines, vocabulary);
    let stacked = is_stacked(document, segment.lines, vocabulary);
    let mut at = segment.lines.0;
    while at < segment.lines.1 {
        let line = document.lines[at];
        let text = document.line(line);
        if text.is_empty() || text.len() > LABEL_LINE_BYTES {
            columns = columns.filter(|_| text.is_empty());
            at += 1;
            continue;
        }
        if let Some(header) = column_labels(text, vocabulary) {
            columns = Some(header);
            at += 1;
            continue;
        }
        if let Some(row) = columns.as_ref().and_then(|columns| row(document, at, columns)) {
            entries.extend(row);
            heads = false;
            at += 1;
            continue;
        }
        let found = upright.and_then(|separator| upright_entry(document, at, separator, vocabulary));
        if let Some(entry) =
            found.or_else(|| stacked.then(|| stacked_entry(document, segment, at, vocabulary)).flatten())
        {
            at = entry.next;
            entries.push(Entry { heads_record: std::mem::take(&mut heads), ..entry });
            continue;
        }
        let pieces = labelled_pieces(text, vocabulary);
        if pieces.is_empty() {
            heads |= is_heading(text);
            at += 1;
            continue;
        }
        let mut next = at + 1;
        for (field, label, value) in pieces {
            let entry = with_value(document, segment, at, (field, label, value), vocabulary);
            next = next.max(entry.next);
            entries.push(Entry { heads_record: std::mem::take(&mut heads), ..entry });
        }
        at = next;
    }
    entries
}

/// Lines that are searched for the shape of a table that stands upright.
const SHAPE_LINES: usize = 400;

/// What parts label and value, where most lines are a row of two: `Username,somebody`.
pub(super) fn vertical(document: &Document<'_>, lines: Bytes, vocabulary: &Vocabulary) -> Option<char> {
    let lines = &document.lines[lines.0..lines.1.min(lines.0 + SHAPE_LINES)];
    let texts: Vec<&str> =
        lines.iter().map(|line| document.line(*line)).filter(|text| !text.is_empty() && text.len() < 2_000).collect();
    [',', ';', '|'].into_iter().find(|separator| {
        let is_row = |text: &&&str| {
            text.split_once(*separator).is_some_and(|(label, _)| vocabulary.field(cell(label)).is_some())
        };
        let rows = texts.iter().filter(is_row).count();
        rows >= 3 && rows * 2 > texts.len()
    })
}

fn cell(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\u{feff}')
}

/// One row of such a table.
fn upright_entry(document: &Document<'_>, at: usize, separator: char, vocabulary: &Vocabulary) -> Option<Entry> {
    let line = document.lines[at];
    let (label, rest) = document.line(line).split_once(separator)?;
    let field = vocabulary.field(cell(label))?;
    let value = cell(rest.trim_end_matches([' ', '|', ';']));
    let start = line.end - rest.len() + rest.find(value).unwrap_or(0);
    let bytes = (start, start + value.len());
    let label = label.to_owned();
    Some(Entry { field, label, value: value.to_owned(), bytes, line: at, next: at + 1, heads_record: false })
}

/// Whether labels stand alone on their lines with the values below them.
fn is_stacked(document: &Document<'_>, lines: Bytes, vocabulary: &Vocabulary) -> bool {
    let lines = &document.lines[lines.0..lines.1.min(lines.0 + SHAPE_LINES)];
    let texts: Vec<&str> = lines.iter().map(|line| document.line(*line)).filter(|text| !text.is_empty()).collect();
    let alone = |text: &str| text.len() <= 80 && vocabulary.field(text).is_some();
    texts.windows(2).filter(|pair| alone(pair[0]) && !alone(pair[1])).count() >= 3
}

/// A label alone on its line and the line below.
fn stacked_entry(document: &Document<'_>, segment: &Segment, at: usize, vocabulary: &Vocabulary) -> Option<Entry> {
    let line = document.lines[at];
    let text = document.line(line);
    let field = vocabulary.field(text).filter(|_| text.len() <= 80)?;
    let below =
        (at + 1..segment.lines.1.min(at + 3)).find(|below| !document.line(document.lines[*below]).is_empty())?;
    if vocabulary.field(document.line(document.lines[below])).is_some() {
        return None;
    }
    if field == Field::PostText {
        return Some(with_value(document, segment, at, (field, text.to_owned(), (text.len(), text.len())), vocabulary));
    }
    let value = document.lines[below];
    let bytes = (value.start, value.end);
    let (label, value) = (text.to_owned(), document.line(value).to_owned());
    Some(Entry { field, label, value, bytes, line: at, next: below + 1, heads_record: false })
}

/// Completes a value that goes on in the next lines: the text of a post, or a label alone on its line.
fn with_value(
    document: &Document<'_>,
    segment: &Segment,
    at: usize,
    piece: (Field, String, Bytes),
    vocabulary: &Vocabulary,
) -> Entry {
    let line = document.lines[at];
    let (field, label, value) = piece;
    let mut bytes = (line.start + value.0, line.start + value.1);
    let mut next = at + 1;
    let empty = document.text[bytes.0..bytes.1].trim().is_empty();
    if field == Field::PostText {
        (bytes, next) = post_text(document, segment, at, bytes, vocabulary);
    } else if empty && field != Field::Ignore {
        // The value stands below: lines until an empty one or the next label.
        while next < segment.lines.1 && next < at + 10 {
            let below = document.lines[next];
            let text = document.line(below);
            if text.is_empty() || !labelled_pieces(text, vocabulary).is_empty() || is_heading(text) {
                break;
            }
            bytes = (if next == at + 1 { below.start } else { bytes.0 }, below.end);
            next += 1;
        }
    }
    let value = plain(document, at, next, bytes);
    Entry { field, label, value, bytes, line: at, next, heads_record: false }
}

/// The text of a stretch; over several quoted lines without the quote marks.
fn plain(document: &Document<'_>, at: usize, next: usize, bytes: Bytes) -> String {
    let lines = &document.lines[at..next.max(at + 1).min(document.lines.len())];
    if lines.iter().all(|line| line.depth == 0) || lines.len() == 1 {
        return document.text[bytes.0..bytes.1].to_owned();
    }
    let stretch =
        lines.iter().map(|line| (line.start.max(bytes.0), line.end.min(bytes.1))).filter(|(start, end)| start < end);
    stretch.map(|(start, end)| &document.text[start..end]).collect::<Vec<_>>().join("\n")
}

/// Where the text of a post ends: at its closing quotation mark, else at the first empty line or what is surely not part
/// of it.
fn post_text(
    document: &Document<'_>,
    segment: &Segment,
    at: usize,
    bytes: Bytes,
    vocabulary: &Vocabulary,
) -> (Bytes, usize) {
    let mut first = at;
    let mut start = bytes.0;
    while document.text[start..document.lines[first].end.max(start)].trim().is_empty()
        && first + 1 < segment.lines.1
        && first < at + 4
    {
        first += 1;
        start = document.lines[first].start;
    }
    if first > at && !labelled_pieces(document.line(document.lines[first]), vocabulary).is_empty() {
        return ((bytes.1, bytes.1), at + 1);
    }
    let opening = document.text[start..].chars().find(|c| !c.is_whitespace());
    let limit = (start + POST_BYTES).min(document.lines[segment.lines.1 - 1].end.max(start));
    let limit = (start..=limit).rev().find(|at| document.text.is_char_boundary(*at)).unwrap_or(start);
    if let Some(close) = opening.and_then(closing_mark) {
        let open_at = start + document.text[start..].find(|c: char| !c.is_whitespace()).unwrap_or(0);
        let inner = open_at + opening.map_or(1, char::len_utf8);
        if let Some(end) = last_close(document, first, inner, limit, close, vocabulary) {
            let next = (first..segment.lines.1)
                .find(|line| document.lines[*line].end >= end)
                .map_or(first + 1, |line| line + 1);
            return ((open_at, end + close.len_utf8()), next);
        }
    }
    let mut next = first + 1;
    let mut end = document.lines[first].end;
    while next < segment.lines.1.min(first + VALUE_LINES) {
        let text = document.line(document.lines[next]);
        if text.is_empty() || !labelled_pieces(text, vocabulary).is_empty() || is_boilerplate(text, vocabulary) {
            break;
        }
        end = document.lines[next].end;
        next += 1;
    }
    ((start, end), next)
}

/// The closing mark that ends a line or is followed by no more of the same quotation; the first one at a line's end.
fn last_close(
    document: &Document<'_>,
    first: usize,
    inner: usize,
    limit: usize,
    close: char,
    vocabulary: &Vocabulary,
) -> Option<usize> {
    if inner > limit {
        return None;
    }
    let mut fallback = None;
    for (offset, _) in document.text[inner..limit].match_indices(close) {
        let at = inner + offset;
        fallback = fallback.or(Some(at));
        let rest = document.text[at + close.len_utf8()..].lines().next().unwrap_or("").trim();
        if rest.is_empty() || is_boilerplate(rest, vocabulary) {
            let line_of = document.lines[first..].partition_point(|line| line.end < at);
            return (line_of < 400).then_some(at);
        }
    }
    fallback
}

/// The mark that closes a quotation.
pub(super) fn closing_mark(open: char) -> Option<char> {
    Some(match open {
        '"' => '"',
        '“' | '„' => '”',
        '«' => '»',
        '‘' => '’',
        '\'' => '\'',
        _ => return None,
    })
}

/// Whether a line is surely no part of a post.
pub(super) fn is_boilerplate(text: &str, vocabulary: &Vocabulary) -> bool {
    let folded = fold(text);
    vocabulary.thread.boilerplate.iter().any(|phrase| format!("{folded} ").starts_with(&format!("{phrase} ")))
}

/// `Person 1`, `2)`, `व्यक्ति 2:`, `--- Account 2 of 3 ---`
fn is_heading(text: &str) -> bool {
    const HEADS: [&str; 17] = [
        "person",
        "subject",
        "account",
        "user",
        "student",
        "individual",
        "profile",
        "case",
        "victim",
        "alert",
        "no",
        "व्यक्ति",
        "छात्र",
        "छात्रा",
        "खाता",
        "मामला",
        "vyakti",
    ];
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let is_number = |word: &str| {
        word.chars().all(|c| super::time::digit(c).is_some()) && !word.is_empty() && word.len() <= 6
            || matches!(
                word,
                "one"
                    | "two"
                    | "three"
                    | "first"
                    | "second"
                    | "third"
                    | "a"
                    | "b"
                    | "c"
                    | "पहला"
                    | "दूसरा"
                    | "पहली"
                    | "दूसरी"
                    | "एक"
                    | "दो"
            )
    };
    let numbered = words.len() <= 1
        && text.trim_start_matches(['(', '[', '#']).chars().next().is_some_and(|c| super::time::digit(c).is_some())
        && text
            .trim_start_matches(|c: char| super::time::digit(c).is_some() || matches!(c, '(' | '[' | '#'))
            .starts_with([')', '.', ']']);
    let headed =
        words.len() <= 5 && words.iter().any(|word| HEADS.contains(word)) && words.iter().any(|word| is_number(word));
    headed || numbered
}

/// Labels of a line and where their values stand in it.
fn labelled_pieces(text: &str, vocabulary: &Vocabulary) -> Vec<(Field, String, Bytes)> {
    let mut pieces: Vec<(Field, String, Bytes)> = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        if !matches!(c, ',' | ';' | '|' | '।' | '\n') {
            continue;
        }
        match label(&text[start..at], vocabulary) {
            Some((field, label, value)) => pieces.push((field, label, (start + value, at))),
            None => {
                if let Some(last) = pieces.last_mut() {
                    last.2.1 = at;
                } else {
                    // What does not begin with a label holds none further on: it is running text.
                    return Vec::new();
                }
            }
        }
        if pieces.last().is_some_and(|(field, ..)| *field == Field::PostText) {
            if let Some(last) = pieces.last_mut() {
                last.2.1 = text.len();
            }
            break;
        }
        start = at + c.len_utf8();
    }
    for (_, _, value) in &mut pieces {
        let raw = &text[value.0.min(value.1)..value.1];
        let lead = raw.len() - raw.trim_start().len();
        *value = (value.0.min(value.1) + lead, value.1 - (raw.len() - raw.trim_end().len()).min(raw.len() - lead));
    }
    pieces
}

/// A label at the start of a piece: its field, its words, and where its value begins.
fn label(piece: &str, vocabulary: &Vocabulary) -> Option<(Field, String, usize)> {
    for separator in [":", "：", "\t", "=", " - ", " – ", " — ", ":-"] {
        let Some(at) = piece.find(separator).filter(|at| *at <= 120) else { continue };
        let is_mark = |c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '-' | '*'
                        | '•'
                        | '·'
                        | '–'
                        | '>'
                        | '#'
                        | '_'
                        | '▪'
                        | '●'
                        | '✓'
                        | '"'
                        | '('
                        | ')'
                        | '['
                        | '.'
                        | ':'
                )
        };
        let label = piece[..at].trim_matches(is_mark);
        let unnumbered = label.trim_start_matches(|c: char| super::time::digit(c).is_some() || is_mark(c));
        let without_brackets = unnumbered.split(['(', '[']).next().unwrap_or("").trim();
        for candidate in [label, unnumbered, without_brackets] {
            if let Some(field) = vocabulary.field(candidate) {
                let value = at + separator.len();
                let skip = piece[value..].len() - piece[value..].trim_start_matches(['-', ':', '\t', ' ', '*']).len();
                let keeps_sign = piece[value..].trim_start().starts_with('-') && separator == ":";
                return Some((
                    field,
                    piece[..at].trim().to_owned(),
                    value + if keeps_sign && !piece[value..].starts_with('-') { 0 } else { skip },
                ));
            }
        }
    }
    None
}

/// The fields of a table's columns, and what parts its cells.
type Columns = (Vec<Field>, char);

/// The columns of a table's first row: its cells are labels. Cells parted by commas must all be labels.
fn column_labels(text: &str, vocabulary: &Vocabulary) -> Option<Columns> {
    let separator = ['\t', '|', ';', ','].into_iter().find(|separator| text.contains(*separator))?;
    let cells = cells(text, separator);
    let field = |(start, end): &Bytes| vocabulary.field(&text[*start..*end]);
    let fields: Vec<Option<Field>> = cells.iter().map(field).collect();
    let known = fields.iter().flatten().count();
    let enough = known >= 2 && known + usize::from(separator != ',') >= cells.len();
    enough.then(|| (fields.into_iter().map(|field| field.unwrap_or(Field::Ignore)).collect(), separator))
}

/// Where the cells of a row stand, without blanks and quotation marks around them.
fn cells(text: &str, separator: char) -> Vec<Bytes> {
    let is_edge = |c: char| c.is_whitespace() || c == '"';
    let trim = |(start, end): Bytes| {
        let raw = &text[start..end];
        let lead = raw.len() - raw.trim_start_matches(is_edge).len();
        (start + lead, start + lead + raw.trim_matches(is_edge).len())
    };
    let cells = super::hints::split_outside_quotes(text, &[separator]).into_iter().map(trim);
    cells.filter(|(start, end)| separator != '|' || start < end).collect()
}

/// A row of a table below such a first row.
fn row(document: &Document<'_>, at: usize, columns: &Columns) -> Option<Vec<Entry>> {
    let line = document.lines[at];
    let text = document.line(line);
    let cells = cells(text, columns.1);
    if cells.len() != columns.0.len() {
        return None;
    }
    let entry = |(field, (start, end)): (&Field, &Bytes)| Entry {
        field: *field,
        label: String::new(),
        value: text[*start..*end].to_owned(),
        bytes: (line.start + start, line.start + end),
        line: at,
        next: at + 1,
        heads_record: false,
    };
    let mut entries: Vec<Entry> = columns.0.iter().zip(&cells).map(entry).collect();
    if let Some(first) = entries.first_mut() {
        first.heads_record = true;
    }
    Some(entries)
}

/// Entries of one person each. Before a second record only where another person is named; what stands before the first
/// heading belongs to all.
pub(super) fn records(entries: Vec<Entry>, vocabulary: &Vocabulary) -> Vec<Vec<Entry>> {
    let single = |field: Field| {
        matches!(
            field,
            Field::ExternalRef
                | Field::Platform
                | Field::Handle
                | Field::ProfileUrl
                | Field::Name
                | Field::PostText
                | Field::PostedAt
                | Field::DateOfBirth
                | Field::Age
        )
    };
    let identity = |field: Field| matches!(field, Field::Handle | Field::Name | Field::ProfileUrl);
    let mut records: Vec<Vec<Entry>> = vec![Vec::new()];
    for entry in entries {
        let current = records.last().expect("there is always the first");
        let repeats = single(entry.field)
            && !vocabulary.says_none(&entry.value)
            && current.iter().any(|has| has.field == entry.field && fold(&has.value) != fold(&entry.value));
        let complete = current.iter().any(|has| identity(has.field));
        if complete && (repeats || entry.heads_record) {
            records.push(Vec::new());
        }
        if let Some(last) = records.last_mut() {
            last.push(entry);
        }
    }
    let mut whole: Vec<Vec<Entry>> = Vec::new();
    for record in records {
        let value = |record: &[Entry], field: Field| {
            record.iter().find(|entry| entry.field == field).map(|entry| fold(&entry.value))
        };
        let names_another = whole.last().is_none_or(|before: &Vec<Entry>| {
            let differs = |field| Some(value(&record, field)? != value(before, field)?);
            let headed = || {
                record.iter().any(|entry| identity(entry.field))
                    && record.first().is_some_and(|entry| entry.heads_record)
            };
            [Field::Handle, Field::ProfileUrl, Field::Name].into_iter().find_map(differs).unwrap_or_else(headed)
        });
        match whole.last_mut() {
            Some(before) if !names_another => before.extend(record),
            _ => whole.push(record),
        }
    }
    share_common(&mut whole);
    whole
}

/// A platform and reference told once for all persons.
fn share_common(records: &mut [Vec<Entry>]) {
    let Some((first, rest)) = records.split_first_mut() else { return };
    for record in rest {
        for field in [Field::Platform, Field::ExternalRef] {
            if !record.iter().any(|entry| entry.field == field) {
                let own_url = field == Field::Platform
                    && record.iter().any(|entry| matches!(entry.field, Field::ProfileUrl | Field::PostUrl));
                if let Some(shared) = first.iter().find(|entry| entry.field == field).filter(|_| !own_url) {
                    record.push(shared.clone());
                }
            }
        }
    }
}

/// Whether a text holds one of the phrases.
pub(super) fn holds_any(text: &str, phrases: &[String]) -> bool {
    let folded = fold(text);
    phrases.iter().any(|phrase| has_folded(&folded, phrase))
}
