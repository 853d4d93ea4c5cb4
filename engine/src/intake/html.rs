//! The visible text of HTML.

/// Visible text: a line per block or table row, tabs between cells, entities decoded, quoted speech in “ ”. Scripts, styles
/// and comments are left out. An address behind a link follows the link's words in `< >` when the words do not show it.
pub(super) fn to_text(html: &str) -> String {
    let mut out = Writer::default();
    let mut rest = html;
    let mut link: Option<(String, usize)> = None;
    let mut quotes: Vec<bool> = Vec::new();
    while let Some(at) = rest.find('<') {
        out.text(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        if !rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            out.text("<");
            rest = &rest[1..];
            continue;
        }
        let end = tag_end(rest);
        let tag = &rest[1..end];
        rest = rest.get(end + 1..).unwrap_or("");
        let closing = tag.starts_with('/');
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        match name.as_str() {
            "script" | "style" | "title" | "head" if !closing => rest = skip_to(rest, &name),
            "br" => out.line(),
            "td" | "th" if !closing => out.cell(),
            // A term and its description are a label and its value.
            "dd" if !closing => out.description(),
            "dt" if closing => {}
            "a" if !closing => link = attribute(tag, "href").map(|href| (href, out.text.len())),
            "a" => {
                if let Some((href, start)) = link.take() {
                    out.link(&href, start);
                }
            }
            "blockquote" if !closing => {
                let quoted_mail = tag.contains("cite") || tag.contains("gmail_quote");
                out.line();
                quotes.push(!quoted_mail);
                out.open = !quoted_mail;
            }
            "blockquote" => {
                if quotes.pop() == Some(true) {
                    out.close_quote();
                }
                out.line();
            }
            "p" | "div" | "tr" | "table" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "li" | "pre"
            | "hr" | "dl" | "dt" | "dd" | "section" | "tbody" | "body" => {
                if name == "pre" {
                    out.preformatted = !closing;
                }
                if closing && matches!(name.as_str(), "p" | "table" | "h1" | "h2" | "h3") {
                    out.blank_line();
                } else {
                    out.line();
                }
            }
            _ => {}
        }
    }
    out.text(rest);
    out.text
}

/// Byte index of the `>` that ends a tag, quotes respected; the end of the text when there is none.
fn tag_end(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices().take(4096) {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text.find('>').unwrap_or(text.len())
}

/// The text after the end tag of an element; all of it when the end tag is missing.
fn skip_to<'a>(rest: &'a str, name: &str) -> &'a str {
    let end = format!("</{name}");
    let found = rest.as_bytes().windows(end.len()).position(|window| window.eq_ignore_ascii_case(end.as_bytes()));
    found.map_or(rest, |at| rest[at..].find('>').map_or("", |close| &rest[at + close + 1..]))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.find(&format!("{name}="))? + name.len() + 1;
    let value = &tag[at..];
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split(|c: char| c.is_whitespace() || c == '>').next()?,
    };
    let mut decoded = Writer { preformatted: true, ..Writer::default() };
    decoded.text(value);
    Some(decoded.text)
}

/// Text under way.
#[derive(Default)]
struct Writer {
    text: String,
    preformatted: bool,
    /// A quotation mark is due before the next character.
    open: bool,
}

impl Writer {
    fn text(&mut self, mut raw: &str) {
        while let Some(at) = raw.find('&') {
            self.plain(&raw[..at]);
            if let Some((c, length)) = entity(&raw[at..]) {
                self.push(c);
                raw = &raw[at + length..];
            } else {
                self.push('&');
                raw = &raw[at + 1..];
            }
        }
        self.plain(raw);
    }

    fn plain(&mut self, raw: &str) {
        for c in raw.chars() {
            match c {
                '\r' => {}
                '\n' if self.preformatted => self.push('\n'),
                c if c.is_whitespace() && c != '\u{a0}' && !self.preformatted => {
                    if !self.text.is_empty() && !self.text.ends_with([' ', '\n', '\t']) {
                        self.text.push(' ');
                    }
                }
                c => self.push(c),
            }
        }
    }

    fn push(&mut self, c: char) {
        if self.open && !c.is_whitespace() {
            self.open = false;
            self.text.push('\u{201c}');
        }
        self.text.push(if c == '\u{a0}' { ' ' } else { c });
    }

    fn trim_blanks(&mut self) {
        let end = self.text.trim_end_matches([' ', '\t']).len();
        self.text.truncate(end);
    }

    fn line(&mut self) {
        self.trim_blanks();
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn blank_line(&mut self) {
        self.line();
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn cell(&mut self) {
        self.trim_blanks();
        if !self.text.is_empty() && !self.text.ends_with(['\n', '\t']) {
            self.text.push('\t');
        }
    }

    /// A description goes on the line of its term.
    fn description(&mut self) {
        self.trim_blanks();
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\t');
        }
    }

    fn close_quote(&mut self) {
        if std::mem::take(&mut self.open) {
            return;
        }
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        self.text.push('\u{201d}');
    }

    fn link(&mut self, href: &str, start: usize) {
        let shown = self.text.get(start..).unwrap_or("");
        if href.starts_with("http") && !shown.contains(href.trim_end_matches('/')) {
            self.text.push_str(" <");
            self.text.push_str(href);
            self.text.push('>');
        }
    }
}

/// The character an entity stands for, and the entity's length in bytes.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.char_indices().take(12).find(|(_, c)| *c == ';').map(|(at, _)| at)?;
    let name = &text[1..end];
    let c = if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        char::from_u32(code).filter(|c| *c != '\0')?
    } else {
        match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" => '\u{a0}',
            "ldquo" => '\u{201c}',
            "rdquo" => '\u{201d}',
            "lsquo" => '\u{2018}',
            "rsquo" => '\u{2019}',
            "ndash" => '\u{2013}',
            "mdash" => '\u{2014}',
            "hellip" => '\u{2026}',
            "middot" => '\u{b7}',
            "bull" => '\u{2022}',
            "zwnj" => '\u{200c}',
            "zwj" => '\u{200d}',
            _ => return None,
        }
    };
    Some((c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::to_text;

    #[test]
    fn tables_become_lines_with_tabs() {
        let html = "<html><head><title>t</title><style>p{}</style></head><body><p>Hello</p><table><tr><td><b>Name</b></td><td>A &amp; B</td></tr><tr><th>Phone</th><td>5</td></tr></table></body>";
        assert_eq!(to_text(html), "Hello\n\nName\tA & B\nPhone\t5\n\n");
    }

    #[test]
    fn speech_is_quoted_and_links_are_kept() {
        assert_eq!(to_text("a<blockquote>so\n tired</blockquote>b"), "a\n“so tired”\nb");
        assert_eq!(to_text("<a href=\"https://x.example.com/u\">me</a>"), "me <https://x.example.com/u>");
        assert_eq!(to_text("<a href='https://x.example.com/u'>https://x.example.com/u</a>"), "https://x.example.com/u");
    }

    #[test]
    fn broken_html_is_read_to_its_end() {
        for html in
            ["<", "a < b", "<a", "<a href=\"x", "<!-- never", "&#xD800; &#0; &;", "<script>alert", "<td", "</", "<é>"]
        {
            let _ = to_text(html);
        }
        assert_eq!(to_text("2 < 3 &lt; 4"), "2 < 3 < 4");
    }
}
