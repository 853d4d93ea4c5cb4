//! A readable text and what stands on its lines.

use super::mime::loose_address;
use super::reading::Span;
use super::vocabulary::{Vocabulary, fold, has_folded};
use niyam_kernel::time::Timestamp;

/// A stretch of a part's text in bytes; becomes a [`Span`] in characters when a reading is finished.
pub(super) type Bytes = (usize, usize);

/// Turns byte offsets of one text into character offsets without counting from the start each time.
#[derive(Debug)]
pub(super) struct CharIndex {
    /// Characters before each block of [`BLOCK`] bytes.
    before: Vec<usize>,
}

const BLOCK: usize = 1024;

impl CharIndex {
    /// Counts once.
    pub(super) fn new(text: &str) -> Self {
        let mut before = vec![0];
        let mut count = 0;
        for (at, byte) in text.bytes().enumerate() {
            if at > 0 && at.is_multiple_of(BLOCK) {
                before.push(count);
            }
            count += usize::from(byte & 0xc0 != 0x80);
        }
        Self { before }
    }

    /// Characters before a byte offset.
    pub(super) fn chars(&self, text: &str, at: usize) -> usize {
        let at = at.min(text.len());
        let block = (at / BLOCK).min(self.before.len() - 1);
        let rest = &text.as_bytes()[block * BLOCK..at];
        self.before[block] + rest.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
    }
}

/// One line without its quote marks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Where its text begins, after `>` marks, in bytes.
    pub start: usize,
    /// Where it ends, before blanks and the line end.
    pub end: usize,
    /// How many `>` stand in front.
    pub depth: usize,
}

/// A readable part.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// Index of the part.
    pub part: usize,
    /// Its text.
    pub text: &'a str,
    /// Its lines.
    pub lines: Vec<Line>,
}

impl<'a> Document<'a> {
    /// Splits a text into lines.
    pub(super) fn new(part: usize, text: &'a str) -> Self {
        let mut lines = Vec::new();
        let mut at = 0;
        for raw in text.split_inclusive('\n') {
            let (mut start, end) = (at, at + raw.trim_end().len());
            let mut depth = 0;
            loop {
                let rest = &text[start.min(end)..end];
                let trimmed = rest.trim_start();
                let Some(after) = trimmed.strip_prefix('>') else {
                    start = end - trimmed.len();
                    break;
                };
                depth += 1;
                start = end - after.len();
            }
            lines.push(Line { start: start.min(end), end, depth });
            at += raw.len();
        }
        Self { part, text, lines }
    }

    /// Text of a line.
    pub(super) fn line(&self, line: Line) -> &'a str {
        &self.text[line.start..line.end]
    }

    /// A span that still counts in bytes.
    pub(super) fn span(&self, bytes: Bytes) -> Span {
        Span { part: self.part, start: bytes.0, end: bytes.1 }
    }
}

/// What one writer wrote: the mail itself, a forwarded or quoted mail in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Segment {
    /// First line and the line after the last, in the document.
    pub lines: (usize, usize),
    /// Address of the writer, if a header tells.
    pub from: Option<String>,
    /// Where that address stands.
    pub from_bytes: Option<Bytes>,
    /// Display name of the writer.
    pub from_name: Option<String>,
    /// When it was sent.
    pub date: Option<Timestamp>,
    /// Zone of that date, minutes east of UTC.
    pub zone_min: Option<i32>,
    /// Its subject line.
    pub subject: Option<String>,
    /// Whether it is a forwarded or quoted mail with a header.
    pub forwarded: bool,
    /// Whether it is quoted without a header.
    pub quoted: bool,
}

/// Cuts a document into what each writer wrote. The first segment is the top.
pub(super) fn segments(document: &Document<'_>, vocabulary: &Vocabulary) -> Vec<Segment> {
    let mut found: Vec<Segment> = vec![Segment::default()];
    let mut at = 0;
    while at < document.lines.len() {
        let header = header_at(document, at, vocabulary);
        let depth = document.lines[at].depth;
        let current = found.last().expect("there is always the first");
        if let Some((segment, next)) = header {
            close(&mut found, at);
            found.push(Segment { lines: (next, next), ..segment });
            at = next;
            continue;
        }
        let blank = document.lines[at].start == document.lines[at].end;
        let in_plain = current.lines.0 < at
            && depth > 0
            && !blank
            && document.lines[current.lines.0..at].iter().all(|line| line.depth == 0);
        if in_plain && !current.quoted && current.lines.0 + 2000 > at {
            close(&mut found, at);
            found.push(Segment { lines: (at, at), quoted: true, ..Segment::default() });
        } else if current.quoted && depth == 0 && !blank {
            close(&mut found, at);
            found.push(Segment { lines: (at, at), ..Segment::default() });
        }
        at += 1;
    }
    let end = document.lines.len();
    close(&mut found, end);
    found
}

fn close(found: &mut [Segment], at: usize) {
    if let Some(last) = found.last_mut() {
        last.lines.1 = at;
    }
}

/// The header of a forwarded or quoted mail that begins at a line, and the line after it.
fn header_at(document: &Document<'_>, at: usize, vocabulary: &Vocabulary) -> Option<(Segment, usize)> {
    let text = document.line(document.lines[at]);
    if text.is_empty() || text.len() > 300 {
        return None;
    }
    let thread = &vocabulary.thread;
    let folded = fold(text);
    let announced = thread.forward_lines.iter().any(|phrase| has_folded(&folded, phrase))
        && (text.starts_with(['-', '_', '*', '=', '~'])
            || text.ends_with([':', '-'])
            || folded.split(' ').count() <= 4);
    if let Some(segment) = wrote_line(document, at, &folded, vocabulary) {
        return Some(segment);
    }
    let mut segment = Segment { forwarded: true, ..Segment::default() };
    let mut next = if announced { at + 1 } else { at };
    let mut seen = [false; 4];
    let mut blanks = 0;
    while let Some(line) = document.lines.get(next) {
        let text = document.line(*line);
        let is_rule = !text.is_empty() && text.chars().all(|c| matches!(c, '-' | '_' | '=' | ' '));
        if text.is_empty() || (is_rule && seen == [false; 4]) {
            // Empty lines may stand between the announcement and the header, never inside it.
            if seen != [false; 4] || blanks > 3 {
                break;
            }
            blanks += 1;
            next += 1;
            continue;
        }
        let Some(kind) = header_line(document, *line, &mut segment, vocabulary) else { break };
        seen[kind] = true;
        next += 1;
    }
    let is_header = if announced { seen[0] } else { seen[0] && seen[1] && (seen[2] || seen[3]) };
    (is_header || (announced && next > at + 1 && seen != [false; 4])).then_some((segment, next))
}

/// Reads `From: …` and the like into a segment; 0 from, 1 date, 2 subject, 3 to.
fn header_line(document: &Document<'_>, line: Line, segment: &mut Segment, vocabulary: &Vocabulary) -> Option<usize> {
    let text = document.line(line);
    let at = text.find([':', '\t', '：'])?;
    let label = text[..at].trim_matches(['*', ' ', '-']);
    let value = text[at..].trim_start_matches([':', '\t', '：', '*', ' ']);
    let folded = fold(label);
    let thread = &vocabulary.thread;
    let is = |words: &[String]| words.contains(&folded);
    if is(&thread.from) {
        let (address, name) = loose_address(value);
        if let Some(address) = &address {
            let start = line.end - value.len();
            let found =
                value.to_lowercase().find(address.as_str()).filter(|_| value.to_lowercase().len() == value.len());
            segment.from_bytes = found.map(|at| (start + at, start + at + address.len()));
        }
        segment.from = address;
        segment.from_name = name;
        Some(0)
    } else if is(&thread.date) {
        let zoned = super::time::mail_date(value).map(|(date, zone)| (date, Some(zone)));
        let loose = || super::time::absolute(value, vocabulary, 330).map(|found| (found.at, None));
        if let Some((date, zone_min)) = zoned.or_else(loose) {
            segment.date = Some(date);
            segment.zone_min = zone_min;
        }
        Some(1)
    } else if is(&thread.subject) {
        segment.subject = Some(value.to_owned());
        Some(2)
    } else if is(&thread.to) {
        Some(3)
    } else {
        None
    }
}

/// `On Thu, 12 Nov 2026, Somebody <a@b> wrote:`
fn wrote_line(document: &Document<'_>, at: usize, folded: &str, vocabulary: &Vocabulary) -> Option<(Segment, usize)> {
    let text = document.line(document.lines[at]);
    let ends =
        text.trim_end().ends_with(':') && vocabulary.thread.wrote.iter().any(|word| folded.ends_with(word.as_str()));
    let (address, name) = loose_address(text);
    if !ends || address.is_none() {
        return None;
    }
    let date = super::time::absolute(text, vocabulary, 330).map(|found| found.at);
    let start = document.lines[at].start;
    let lower = text.to_ascii_lowercase();
    let from_bytes = address.as_deref().and_then(|address| {
        let found = lower.find(address)?;
        Some((start + found, start + found + address.len()))
    });
    Some((Segment { from_bytes, forwarded: true, from: address, from_name: name, date, ..Segment::default() }, at + 1))
}

/// Index of the line where the signature of a segment begins; the end of the segment when there is none.
pub(super) fn signature_at(document: &Document<'_>, segment: &Segment, vocabulary: &Vocabulary) -> usize {
    let (start, end) = segment.lines;
    let is_closing = |line: &Line| {
        let text = document.line(*line);
        let folded = fold(text);
        text == "--"
            || (text.len() < 120
                && folded.split(' ').count() <= 4
                && vocabulary.thread.signature.iter().any(|phrase| {
                    folded == *phrase || (folded.starts_with(&format!("{phrase} ")) && text.trim_start().contains(','))
                }))
    };
    let from = end.saturating_sub(40).max(start);
    (from..end).find(|index| is_closing(&document.lines[*index])).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_across_blocks() {
        let text = "कa".repeat(2000);
        let index = CharIndex::new(&text);
        for at in [0, 3, 4, 1023 / 4 * 4, 4000, 7996, text.len()] {
            assert_eq!(index.chars(&text, at), text[..at].chars().count(), "{at}");
        }
    }

    #[test]
    fn quote_marks_are_counted_and_left_out() {
        let document = Document::new(1, "a\n> b\n>> c \n> > d\n\n");
        let seen: Vec<_> = document.lines.iter().map(|line| (document.line(*line), line.depth)).collect();
        assert_eq!(seen, [("a", 0), ("b", 1), ("c", 2), ("d", 2), ("", 0)]);
    }
}
