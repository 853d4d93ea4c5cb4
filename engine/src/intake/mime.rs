//! Takes a mail apart, whatever its state.
//!
//! Header values are read by `mail-parser`. The structure is walked here, because every part must be tied to its byte
//! range and every fault must be told, not silently repaired; a test holds both readings against each other.

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{Address, MessageParser};
use niyam_kernel::time::Timestamp;

/// Multiparts and mails inside mails are entered this deep; what lies deeper is kept as bytes.
const DEPTH: usize = 12;
/// Parts of one mail that are taken apart; the rest is kept as one.
const PARTS: usize = 500;

/// A mail taken apart.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// Header fields in order, decoded.
    pub headers: Vec<(String, String)>,
    /// The header block as text.
    pub header_text: String,
    /// Byte range of the header block.
    pub header_range: (usize, usize),
    /// `From`: address and display name.
    pub from: (Option<String>, Option<String>),
    /// `To`, then `Cc`.
    pub recipients: Vec<String>,
    /// `Subject`.
    pub subject: Option<String>,
    /// `Message-ID` without brackets.
    pub message_id: Option<String>,
    /// `Date`.
    pub date: Option<Timestamp>,
    /// Minutes east of UTC of `Date`.
    pub zone_min: Option<i32>,
    /// Leaves in order.
    pub leaves: Vec<Leaf>,
}

/// A part that is no multipart.
#[derive(Debug)]
pub(super) struct Leaf {
    /// Media type in lower case.
    pub content_type: String,
    /// File name.
    pub name: Option<String>,
    /// Whether it came as an attachment.
    pub attachment: bool,
    /// Number of the `multipart/alternative` it stands in, if any.
    pub alternative: Option<usize>,
    /// Decoded bytes.
    pub bytes: Vec<u8>,
    /// Decoded text, of text parts.
    pub text: Option<String>,
    /// Byte range of the body in the original.
    pub range: (usize, usize),
    /// The mail in it, of `message/rfc822`.
    pub message: Option<Box<Mail>>,
}

/// Takes a mail apart. `offset` is where `bytes` begin in the original.
pub(super) fn read(bytes: &[u8], offset: usize, warnings: &mut Vec<String>) -> Mail {
    read_at(bytes, offset, 0, warnings)
}

fn read_at(bytes: &[u8], offset: usize, depth: usize, warnings: &mut Vec<String>) -> Mail {
    let (head, body) = split_head(bytes);
    let fields = fields(head);
    let mut mail = Mail {
        header_text: decode_header(&String::from_utf8_lossy(head)).0.replace('\r', ""),
        header_range: (offset, offset + head.len()),
        ..Mail::default()
    };
    read_headers(head, &fields, &mut mail, warnings);
    let entity = Entity::new(&fields, warnings, true);
    let mut walk = Walk { depth, alternatives: 0, leaves: Vec::new(), warnings };
    let start = bytes.len() - body.len();
    walk.entity(bytes, (start, bytes.len()), offset, &entity, None, false);
    mail.leaves = walk.leaves;
    mail
}

/// A text without header fields, as a mail of one part.
pub(super) fn plain(bytes: &[u8], warnings: &mut Vec<String>) -> Mail {
    let text = decode_text(bytes, None, warnings);
    let leaf = Leaf {
        content_type: "text/plain".to_owned(),
        name: None,
        attachment: false,
        alternative: None,
        bytes: bytes.to_vec(),
        text: Some(text),
        range: (0, bytes.len()),
        message: None,
    };
    Mail { leaves: vec![leaf], ..Mail::default() }
}

/// Header block and body; the empty line between belongs to neither.
fn split_head(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while at < bytes.len() {
        let line = line_at(bytes, at);
        if trim_end(line).is_empty() {
            return (&bytes[..at], &bytes[at + line.len()..]);
        }
        at += line.len();
    }
    (bytes, &[])
}

/// One line with its line end.
fn line_at(bytes: &[u8], at: usize) -> &[u8] {
    let rest = &bytes[at..];
    rest.iter().position(|byte| *byte == b'\n').map_or(rest, |end| &rest[..=end])
}

fn trim_end(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n' | b' ' | b'\t')).map_or(0, |at| at + 1);
    &line[..end]
}

/// A header field, unfolded; `name` is empty for a line without a colon.
struct HeaderField {
    name: String,
    value: String,
}

fn fields(head: &[u8]) -> Vec<HeaderField> {
    let mut fields: Vec<HeaderField> = Vec::new();
    for line in head.split(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(trim_end(line)).into_owned();
        if line.starts_with([' ', '\t']) && !fields.is_empty() {
            if let Some(last) = fields.last_mut() {
                last.value.push(' ');
                last.value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':').filter(|(name, _)| is_field_name(name)) {
            fields.push(HeaderField { name: name.trim().to_owned(), value: value.trim().to_owned() });
        } else if !line.trim().is_empty() {
            fields.push(HeaderField { name: String::new(), value: line });
        }
    }
    fields
}

fn is_field_name(name: &str) -> bool {
    let name = name.trim_end();
    !name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() && c != ':')
}

/// Whether bytes look like a mail: a known header field before the first empty line.
pub(super) fn looks_like_mail(bytes: &[u8]) -> bool {
    const KNOWN: [&str; 9] =
        ["from", "to", "subject", "date", "received", "return-path", "mime-version", "content-type", "message-id"];
    let (head, _) = split_head(&bytes[..bytes.len().min(64 * 1024)]);
    fields(head).iter().take(50).any(|field| KNOWN.contains(&field.name.to_ascii_lowercase().as_str()))
}

fn read_headers(head: &[u8], fields: &[HeaderField], mail: &mut Mail, warnings: &mut Vec<String>) {
    let parsed = MessageParser::default().parse_headers(head);
    for field in fields {
        let (value, bad) = decode_header(&field.value);
        match field.name.to_ascii_lowercase().as_str() {
            "" => warnings.push("header line without colon".to_owned()),
            name @ ("from" | "to" | "cc") if field.value.matches('<').count() > field.value.matches('>').count() => {
                let name = format!("{}{}", name[..1].to_ascii_uppercase(), &name[1..]);
                warnings.push(format!("unterminated {name} address"));
            }
            "date" if super::time::mail_date(&value).is_none() => warnings.push("bad Date".to_owned()),
            _ => {}
        }
        if bad {
            warnings.push(format!("bad encoded-word in {}", field.name));
        }
        let name = if field.name.is_empty() { "(no name)".to_owned() } else { field.name.clone() };
        mail.headers.push((name, value));
    }
    let header = |name: &str| {
        mail.headers.iter().find(|(has, _)| has.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    mail.subject = header("subject").filter(|subject| !subject.is_empty());
    mail.message_id = header("message-id").map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
    if let Some((date, zone_min)) = header("date").and_then(|date| super::time::mail_date(&date)) {
        mail.date = Some(date);
        mail.zone_min = Some(zone_min);
    }
    let from = parsed.as_ref().and_then(|message| message.from()).map(addresses).unwrap_or_default();
    mail.from = from.into_iter().next().unwrap_or((None, None));
    if mail.from.0.is_none() {
        mail.from = loose_address(&header("from").unwrap_or_default());
    }
    for name in ["to", "cc"] {
        let list = parsed.as_ref().and_then(|message| if name == "to" { message.to() } else { message.cc() });
        let list = list.map(addresses).unwrap_or_default();
        let mut found: Vec<String> = list.into_iter().filter_map(|(address, _)| address).collect();
        if found.is_empty() {
            found.extend(header(name).unwrap_or_default().split(',').filter_map(|piece| loose_address(piece).0));
        }
        mail.recipients.extend(found);
    }
}

fn addresses(list: &Address<'_>) -> Vec<(Option<String>, Option<String>)> {
    let one = |addr: &mail_parser::Addr<'_>| {
        let address = addr.address.as_deref().map(|text| text.trim().to_lowercase()).filter(|text| text.contains('@'));
        (address, addr.name.as_deref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    };
    match list {
        Address::List(list) => list.iter().map(one).collect(),
        Address::Group(groups) => groups.iter().flat_map(|group| group.addresses.iter().map(one)).collect(),
    }
}

/// Address and display name of a broken address field.
pub(super) fn loose_address(text: &str) -> (Option<String>, Option<String>) {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@' | '%');
    let address = text.split(|c: char| !is_part(c)).map(|piece| piece.trim_matches('.')).find(|piece| {
        piece
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.contains('@'))
    });
    let name = text.split(['<', '[']).next().map(|name| name.trim().trim_matches(['"', '\'', ',']).trim().to_owned());
    let name = name.filter(|name| !name.is_empty() && address.is_none_or(|address| !name.contains(address)));
    (address.map(str::to_lowercase), name)
}

/// What the header fields of a part say about its body.
struct Entity {
    content_type: String,
    boundary: Option<String>,
    charset: Option<String>,
    encoding: String,
    name: Option<String>,
    attachment: bool,
}

impl Entity {
    fn new(fields: &[HeaderField], warnings: &mut Vec<String>, whole_mail: bool) -> Self {
        let value = |name: &str| {
            fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value.as_str())
        };
        let (content_type, type_parameters, unclosed) = parameters(value("content-type").unwrap_or("text/plain"));
        let (disposition, disposition_parameters, _) = parameters(value("content-disposition").unwrap_or(""));
        if unclosed.as_deref() == Some("boundary") {
            warnings.push("unclosed boundary quote".to_owned());
        } else if let Some(name) = unclosed {
            warnings.push(format!("unclosed quote in {name}"));
        }
        let get = |list: &[(String, String)], name: &str| {
            list.iter().find(|(has, _)| has == name).map(|(_, value)| value.clone())
        };
        let name = get(&disposition_parameters, "filename")
            .or_else(|| get(&type_parameters, "name"))
            .map(|name| decode_header(&name).0);
        let content_type = if content_type.contains('/') { content_type } else { "text/plain".to_owned() };
        let attachment = !whole_mail
            && (disposition == "attachment"
                || name.is_some() && disposition != "inline"
                || disposition == "inline" && name.is_some() && !content_type.starts_with("text/"));
        Self {
            boundary: get(&type_parameters, "boundary").filter(|boundary| !boundary.is_empty()),
            charset: get(&type_parameters, "charset"),
            encoding: value("content-transfer-encoding")
                .unwrap_or("7bit")
                .split(';')
                .next()
                .unwrap_or("")
                .trim()
                .to_ascii_lowercase(),
            content_type,
            name,
            attachment,
        }
    }
}

/// Value, parameters (names in lower case) and the name of a parameter whose quote is not closed.
fn parameters(text: &str) -> (String, Vec<(String, String)>, Option<String>) {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => {
                quoted = !quoted;
                piece.push(c);
            }
            ';' if !quoted => pieces.push(std::mem::take(&mut piece)),
            c => piece.push(c),
        }
    }
    pieces.push(piece);
    let mut pieces = pieces.into_iter();
    let value = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut list: Vec<(String, String)> = Vec::new();
    let mut unclosed = None;
    for piece in pieces {
        let Some((name, value)) = piece.split_once('=') else { continue };
        let name = name.trim().to_ascii_lowercase();
        let value = value.trim();
        if value.starts_with('"') && (value.len() == 1 || !value.ends_with('"')) {
            unclosed = Some(name.clone());
        }
        let value = value.trim_matches('"').to_owned();
        // RFC 2231: `name*=utf-8''…` and `name*0=…`
        match name.split_once('*') {
            None => list.push((name, value)),
            Some((base, rest)) => {
                let value = if rest.is_empty() || rest.ends_with('*') { percent_decode(&value) } else { value };
                match list.iter_mut().find(|(has, _)| has == base) {
                    Some((_, before)) => before.push_str(&value),
                    None => list.push((base.to_owned(), value)),
                }
            }
        }
    }
    (value, list, unclosed)
}

fn percent_decode(value: &str) -> String {
    let mut pieces = value.splitn(3, '\'');
    let (charset, encoded) = match (pieces.next(), pieces.next(), pieces.next()) {
        (Some(charset), Some(_), Some(text)) => (charset, text),
        _ => ("utf-8", value),
    };
    let bytes = hex_decode(encoded.as_bytes(), b'%');
    decode_text(&bytes, Some(charset), &mut Vec::new())
}

/// Decodes `%41` or `=41`; what is no escape stays.
fn hex_decode(bytes: &[u8], mark: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if bytes[at] == mark => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    out
}

struct Walk<'w> {
    depth: usize,
    alternatives: usize,
    leaves: Vec<Leaf>,
    warnings: &'w mut Vec<String>,
}

impl Walk<'_> {
    /// Enters one entity; `cut` when no boundary ended it.
    fn entity(
        &mut self,
        bytes: &[u8],
        range: (usize, usize),
        offset: usize,
        entity: &Entity,
        alternative: Option<usize>,
        cut: bool,
    ) {
        if entity.content_type.starts_with("multipart/") && self.depth < DEPTH {
            if let Some(boundary) = &entity.boundary {
                let alternative = if entity.content_type == "multipart/alternative" {
                    self.alternatives += 1;
                    Some(self.alternatives)
                } else {
                    alternative
                };
                self.depth += 1;
                self.multipart(bytes, range, offset, boundary, alternative);
                self.depth -= 1;
                return;
            }
            self.warnings.push("multipart without boundary".to_owned());
        }
        self.leaf(bytes, range, offset, entity, alternative, cut);
    }

    fn multipart(
        &mut self,
        bytes: &[u8],
        range: (usize, usize),
        offset: usize,
        boundary: &str,
        alternative: Option<usize>,
    ) {
        let delimiter = format!("--{boundary}").into_bytes();
        let closing = format!("--{boundary}--").into_bytes();
        let before = self.leaves.len();
        let mut start: Option<usize> = None;
        let mut at = range.0;
        let mut closed = false;
        while at < range.1 && !closed && self.leaves.len() < PARTS {
            let line = line_at(&bytes[..range.1], at);
            let trimmed = trim_end(line);
            closed = trimmed == closing.as_slice();
            if closed || trimmed == delimiter.as_slice() {
                if let Some(start) = start {
                    self.part(bytes, (start, end_before(bytes, start, at)), offset, alternative, false);
                }
                start = Some(at + line.len());
            }
            at += line.len();
        }
        if !closed {
            self.warnings.push("missing closing boundary".to_owned());
            if let Some(start) = start {
                self.part(bytes, (start, range.1), offset, alternative, true);
            }
        }
        if self.leaves.len() == before {
            // No boundary line at all: the whole body is read as text, so that nothing is lost.
            self.warnings.push("multipart without parts".to_owned());
            let entity = Entity {
                content_type: "text/plain".to_owned(),
                boundary: None,
                charset: None,
                encoding: "8bit".to_owned(),
                name: None,
                attachment: false,
            };
            self.leaf(bytes, range, offset, &entity, None, false);
        }
    }

    fn part(&mut self, bytes: &[u8], range: (usize, usize), offset: usize, alternative: Option<usize>, cut: bool) {
        let (head, body) = split_head(&bytes[range.0..range.1]);
        let entity = Entity::new(&fields(head), self.warnings, false);
        let start = range.1 - body.len();
        self.entity(bytes, (start, range.1), offset, &entity, alternative, cut);
    }

    fn leaf(
        &mut self,
        bytes: &[u8],
        range: (usize, usize),
        offset: usize,
        entity: &Entity,
        alternative: Option<usize>,
        cut: bool,
    ) {
        let raw = &bytes[range.0..range.1];
        let decoded = match entity.encoding.as_str() {
            "base64" => {
                let (decoded, whole) = base64_decode(raw);
                if cut || !whole {
                    self.warnings.push("truncated base64 part".to_owned());
                }
                decoded
            }
            "quoted-printable" => quoted_printable_decode(raw),
            _ => raw.to_vec(),
        };
        let is_message = entity.content_type == "message/rfc822"
            || entity.name.as_deref().is_some_and(|name| name.to_lowercase().ends_with(".eml"));
        let readable =
            matches!(entity.content_type.as_str(), "application/json" | "application/xhtml+xml" | "application/csv")
                || entity.content_type.starts_with("text/")
                || named_text(entity);
        let text = (readable && !is_message).then(|| decode_text(&decoded, entity.charset.as_deref(), self.warnings));
        let message = (is_message && self.depth < DEPTH).then(|| {
            let offset = if decoded.len() == raw.len() { offset + range.0 } else { offset };
            Box::new(read_at(&decoded, offset, self.depth + 1, self.warnings))
        });
        self.leaves.push(Leaf {
            content_type: entity.content_type.clone(),
            name: entity.name.clone(),
            attachment: entity.attachment || is_message || !readable,
            alternative,
            text,
            bytes: decoded,
            range: (offset + range.0, offset + range.1),
            message,
        });
    }
}

/// Text sent as bytes: the name tells.
fn named_text(entity: &Entity) -> bool {
    let name = entity.name.as_deref().unwrap_or("").to_lowercase();
    entity.content_type == "application/octet-stream"
        && [".txt", ".csv", ".json", ".html", ".htm"].iter().any(|end| name.ends_with(end))
}

/// The line end before a boundary belongs to the boundary.
fn end_before(bytes: &[u8], start: usize, at: usize) -> usize {
    let mut end = at;
    if end > start && bytes[end - 1] == b'\n' {
        end -= 1;
    }
    if end > start && bytes[end - 1] == b'\r' {
        end -= 1;
    }
    end
}

/// Decodes base64 leniently: foreign characters are skipped. The second value is false when the data stop in the middle.
pub(super) fn base64_decode(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(raw.len() / 4 * 3);
    let mut bits = 0_u32;
    let mut count = 0_u32;
    let mut padded = false;
    for byte in raw {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => {
                padded = true;
                continue;
            }
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 1;
        if count.is_multiple_of(4) {
            out.extend_from_slice(&bits.to_be_bytes()[1..]);
            bits = 0;
        }
    }
    match count % 4 {
        2 => out.push((bits >> 4).to_be_bytes()[3]),
        3 => out.extend_from_slice(&(bits >> 2).to_be_bytes()[2..]),
        _ => {}
    }
    (out, count.is_multiple_of(4) || padded && count % 4 != 1)
}

fn quoted_printable_decode(raw: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let trimmed = trim_end(line);
        if trimmed.last() == Some(&b'=') && line.ends_with(b"\n") {
            joined.extend_from_slice(&trimmed[..trimmed.len() - 1]);
        } else if line.ends_with(b"\n") {
            joined.extend_from_slice(trimmed);
            joined.push(b'\n');
        } else {
            joined.extend_from_slice(line);
        }
    }
    hex_decode(&joined, b'=')
}

/// Decodes text; line ends become `\n`, a byte order mark goes.
pub(super) fn decode_text(bytes: &[u8], charset: Option<&str>, warnings: &mut Vec<String>) -> String {
    let charset = charset.map(|charset| charset.trim().to_ascii_lowercase()).filter(|charset| !charset.is_empty());
    let marked = match bytes {
        [0xff, 0xfe, ..] => Some(encoding_rs::UTF_16LE),
        [0xfe, 0xff, ..] => Some(encoding_rs::UTF_16BE),
        [0xef, 0xbb, 0xbf, ..] => Some(encoding_rs::UTF_8),
        _ => None,
    };
    let text = match (marked, charset.as_deref()) {
        (Some(encoding), _) => encoding.decode(bytes).0.into_owned(),
        (None, None | Some("utf-8" | "utf8" | "us-ascii" | "ascii")) => utf8_or_western(bytes, warnings),
        (None, Some("utf-16")) => encoding_rs::UTF_16BE.decode(bytes).0.into_owned(),
        (None, Some(name)) => {
            if let Some(decode) = charset_decoder(name.as_bytes()) {
                decode(bytes)
            } else {
                warnings.push(format!("unknown charset {name}"));
                utf8_or_western(bytes, &mut Vec::new())
            }
        }
    };
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n")
}

/// UTF-8, or what Western mail programs write when they do not say so.
fn utf8_or_western(bytes: &[u8], warnings: &mut Vec<String>) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        text.to_owned()
    } else {
        warnings.push("text is not valid UTF-8".to_owned());
        let lossy = String::from_utf8_lossy(bytes);
        let good = lossy.chars().filter(|c| !c.is_ascii() && *c != char::REPLACEMENT_CHARACTER).count();
        let bad = lossy.chars().filter(|c| *c == char::REPLACEMENT_CHARACTER).count();
        if good >= bad { lossy.into_owned() } else { encoding_rs::WINDOWS_1252.decode(bytes).0.into_owned() }
    }
}

/// Decodes the encoded words of a header text. The second value tells whether one of them was broken.
pub(super) fn decode_header(text: &str) -> (String, bool) {
    let mut out = String::new();
    let mut bad = false;
    let mut rest = text;
    let mut after_word = false;
    while let Some(start) = rest.find("=?") {
        let before = &rest[..start];
        let Some((word, length)) = encoded_word(&rest[start..]) else {
            out.push_str(&rest[..start + 2]);
            rest = &rest[start + 2..];
            after_word = false;
            continue;
        };
        // Blanks between two encoded words are not part of the text.
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        let (decoded, broken) = word;
        out.push_str(&decoded);
        bad |= broken;
        rest = &rest[start + length..];
        after_word = true;
    }
    out.push_str(rest);
    (out, bad)
}

/// One encoded word at the start of a text: what it says, whether it is broken, its length.
fn encoded_word(text: &str) -> Option<((String, bool), usize)> {
    let inner = text.strip_prefix("=?")?;
    let mut pieces = inner.splitn(3, '?');
    let (charset, encoding, rest) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let end = rest.find("?=")?;
    let encoded = &rest[..end];
    let length = text.len() - rest.len() + end + 2;
    if charset.contains(char::is_whitespace) || encoded.contains('\n') || encoding.len() != 1 {
        return None;
    }
    let (bytes, whole): (Cow<'_, [u8]>, bool) = if encoding.eq_ignore_ascii_case("b") {
        let (bytes, whole) = base64_decode(encoded.as_bytes());
        (bytes.into(), whole)
    } else {
        (hex_decode(encoded.replace('_', " ").as_bytes(), b'=').into(), true)
    };
    let mut warnings = Vec::new();
    let charset = charset.split('*').next().unwrap_or(charset);
    let decoded = decode_text(&bytes, Some(charset), &mut warnings);
    let broken = !whole || !warnings.is_empty();
    Some(((decoded.replace(char::REPLACEMENT_CHARACTER, ""), broken), length))
}
