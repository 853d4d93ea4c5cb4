//! JSON with the place of every value, read as far as it goes.

use super::document::Bytes;

/// Nesting that is entered.
const DEPTH: usize = 64;

/// A value and where it stands in the text (of strings: inside the quotation marks).
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// What.
    pub kind: Kind,
    /// Where.
    pub bytes: Bytes,
}

/// Kinds of values.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// `null`, or what is no JSON.
    Nothing,
    /// A string, a number or a truth value as text.
    Scalar(String),
    /// A list.
    List(Vec<Node>),
    /// A map; of equal keys the last counts.
    Map(Vec<(String, Node)>),
}

/// Reads a text. The second value is false when it is not whole.
pub(super) fn read(text: &str) -> (Node, bool) {
    let mut reader = Reader { text, at: 0, whole: true };
    let node = reader.value(0);
    reader.blanks();
    let whole = reader.whole && reader.at == text.len();
    (node, whole)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    whole: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Steps over a byte if it is there.
    fn take(&mut self, byte: u8) -> bool {
        self.blanks();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, depth: usize) -> Node {
        self.blanks();
        let start = self.at;
        if depth > DEPTH {
            self.whole = false;
            self.at = self.text.len();
            return Node { kind: Kind::Nothing, bytes: (start, start) };
        }
        match self.peek() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => {
                let (text, bytes) = self.string();
                Node { kind: Kind::Scalar(text), bytes }
            }
            Some(_) => {
                while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
                {
                    self.at += 1;
                }
                let word = &self.text[start..self.at];
                let kind = match word {
                    "null" | "" => Kind::Nothing,
                    word => Kind::Scalar(word.to_owned()),
                };
                let known = matches!(word, "null" | "true" | "false") || word.parse::<f64>().is_ok();
                self.whole &= known;
                Node { kind, bytes: (start, self.at) }
            }
            None => {
                self.whole = false;
                Node { kind: Kind::Nothing, bytes: (start, start) }
            }
        }
    }

    fn list(&mut self, depth: usize) -> Node {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        while !self.take(b']') {
            let before = self.at;
            items.push(self.value(depth + 1));
            if !self.take(b',') && !self.next_is(b']') || self.at == before {
                self.whole = false;
                break;
            }
        }
        Node { kind: Kind::List(items), bytes: (start, self.at) }
    }

    fn next_is(&mut self, byte: u8) -> bool {
        self.blanks();
        self.peek() == Some(byte)
    }

    fn map(&mut self, depth: usize) -> Node {
        let start = self.at;
        self.at += 1;
        let mut entries = Vec::new();
        while !self.take(b'}') {
            if !self.next_is(b'"') {
                self.whole = false;
                break;
            }
            let (key, _) = self.string();
            if !self.take(b':') {
                self.whole = false;
                break;
            }
            entries.push((key, self.value(depth + 1)));
            if !self.take(b',') && !self.next_is(b'}') {
                self.whole = false;
                break;
            }
        }
        Node { kind: Kind::Map(entries), bytes: (start, self.at) }
    }

    /// A string that begins here; an unclosed one goes to the end of the text.
    fn string(&mut self) -> (String, Bytes) {
        self.at += 1;
        let start = self.at;
        let mut out = String::new();
        let mut high: Option<u32> = None;
        let mut chars = self.text[start..].char_indices();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + offset + 1;
                    return (out, (start, start + offset));
                }
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => out.push('\n'),
                    Some('t') => out.push('\t'),
                    Some('r') => out.push('\r'),
                    Some('u') => {
                        let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        let unit = u32::from_str_radix(&digits, 16).unwrap_or(0xfffd);
                        match (high.take(), unit) {
                            (_, 0xd800..=0xdbff) => high = Some(unit),
                            (Some(high), 0xdc00..=0xdfff) => {
                                out.extend(char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00)));
                            }
                            (_, unit) => out.push(char::from_u32(unit).unwrap_or('\u{fffd}')),
                        }
                    }
                    Some('b' | 'f') => out.push(' '),
                    Some(c) => out.push(c),
                    None => {}
                },
                c => out.push(c),
            }
        }
        self.whole = false;
        self.at = self.text.len();
        (out, (start, self.text.len()))
    }
}

impl Node {
    /// The value under a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().rev().find(|(has, _)| has == key).map(|(_, node)| node),
            Kind::Nothing | Kind::Scalar(_) | Kind::List(_) => None,
        }
    }

    /// The text of a scalar.
    pub(super) fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            Kind::Nothing | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The items of a list; the node itself when it is none.
    pub(super) fn items(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::List(items) => items.iter().collect(),
            Kind::Nothing => Vec::new(),
            Kind::Scalar(_) | Kind::Map(_) => vec![self],
        }
    }

    /// Nodes that a path leads to: keys parted by dots, `*` for all items of a list, `[path]` for a key that stands
    /// elsewhere (read from `here`).
    pub(super) fn at<'a>(&'a self, path: &str, here: &Node) -> Vec<&'a Node> {
        let mut nodes = vec![self];
        for step in steps(path) {
            let key = match step.strip_prefix('[').and_then(|step| step.strip_suffix(']')) {
                Some(inner) => here.at(inner, here).first().and_then(|node| node.scalar()).unwrap_or("").to_owned(),
                None => step.to_owned(),
            };
            nodes = match key.as_str() {
                "*" => nodes.into_iter().flat_map(Node::items).collect(),
                key => nodes.into_iter().filter_map(|node| node.get(key)).collect(),
            };
        }
        nodes
    }
}

/// Steps of a path; dots inside brackets part nothing.
fn steps(path: &str) -> Vec<&str> {
    let mut steps = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (at, c) in path.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '.' if depth == 0 => {
                steps.push(&path[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    steps.push(&path[start..]);
    steps.retain(|step| !step.is_empty());
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_their_places() {
        let text = r#"{"a": {"b": ["x", 5, null]}, "k": "b", "s": "é\u0915\ud83d\ude00\"" }"#;
        let (node, whole) = read(text);
        assert!(whole);
        let b: Vec<_> = node.at("a.b.*", &node).iter().filter_map(|node| node.scalar().map(str::to_owned)).collect();
        assert_eq!(b, ["x", "5"]);
        assert_eq!(node.at("a.[k].*", &node).len(), 3);
        assert_eq!(node.get("s").and_then(Node::scalar), Some("éक😀\""));
        let bytes = node.at("a.b.*", &node)[0].bytes;
        assert_eq!(&text[bytes.0..bytes.1], "x");
    }

    #[test]
    fn broken_text_is_read_as_far_as_it_goes() {
        for text in ["", "{", "[", "{\"a\"", "{\"a\":", "[1,", "{\"a\":\"x", "[[[[", "]", "\"\\u12", "[1 2]", "{a:1}"] {
            assert!(!read(text).1, "{text}");
        }
        let (node, whole) = read("{\"a\": \"x\", \"b\": \"yz");
        assert!(!whole);
        assert_eq!(node.get("a").and_then(Node::scalar), Some("x"));
        assert!(!read(&"[".repeat(100_000)).1);
    }
}
