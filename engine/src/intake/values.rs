//! Numbers, addresses and handles in a text.

use std::net::IpAddr;

use super::document::Bytes;
use super::time::digit;
use super::vocabulary::Vocabulary;

/// What a run of digits turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PhoneFound {
    /// E.164.
    pub number: String,
    /// Where it stands.
    pub bytes: Bytes,
}

/// Telephone numbers in a text, in order: `+91 55555 50101`, `0141-5555010`, `५५५५५ ५०११२`, `(+1) 202-555-0143`.
///
/// A run of digits with single blanks, dots, hyphens and brackets in it counts when its length is that of a number:
/// with `+` 8..=15 digits, without it a national number, or one with the country code or a leading 0 in front. The
/// platform's test number counts as none, and so does what is part of a longer word, an address or a date.
pub(super) fn phones(text: &str, vocabulary: &Vocabulary) -> Vec<PhoneFound> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at].1;
        let starts = digit(c).is_some()
            || (matches!(c, '+' | '＋')
                && chars.get(at + 1).is_some_and(|(_, next)| digit(*next).is_some() || *next == '('));
        let opens = c == '(' && chars.get(at + 1).is_some_and(|(_, next)| digit(*next).is_some() || *next == '+');
        if !(starts || opens) {
            at += 1;
            continue;
        }
        let run = run_at(&chars, at);
        if !inside_word(&chars, at, run.next) {
            for (number, from, to) in numbers(&run, vocabulary) {
                let start = chars[from].0;
                let end = chars[to - 1].0 + chars[to - 1].1.len_utf8();
                found.push(PhoneFound { number, bytes: (start, end) });
            }
        }
        at = run.next.max(at + 1);
    }
    found
}

/// Digits that stand together.
struct Run {
    plus: bool,
    /// Digits with their index, and groups by where a blank or hyphen stood.
    digits: Vec<(usize, char)>,
    /// Indices into `digits` where a group begins.
    groups: Vec<usize>,
    dots: usize,
    slashes: bool,
    start: usize,
    next: usize,
}

fn run_at(chars: &[(usize, char)], start: usize) -> Run {
    let mut run = Run { plus: false, digits: Vec::new(), groups: vec![0], dots: 0, slashes: false, start, next: start };
    let mut at = start;
    let mut gap = 0;
    while let Some((_, c)) = chars.get(at) {
        if let Some(value) = digit(*c) {
            if gap > 0 && !run.digits.is_empty() {
                run.groups.push(run.digits.len());
            }
            run.digits.push((at, char::from_digit(value, 10).unwrap_or('0')));
            run.next = at + 1;
            gap = 0;
        } else if matches!(c, '+' | '＋') && run.digits.is_empty() {
            run.plus = true;
        } else if matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '-' | '‐' | '‑' | '–' | '.' | '(' | ')') && gap < 3 {
            // A dot inside is a separator only between digits; two of them in a row end the run.
            run.dots += usize::from(*c == '.');
            gap += 1;
        } else {
            run.slashes = *c == '/' || *c == ':';
            break;
        }
        at += 1;
    }
    // Signs after the last digit do not belong to the run.
    let tail: usize = chars[run.next..at.min(chars.len())].iter().filter(|(_, c)| *c == '.').count();
    run.dots -= tail.min(run.dots);
    run
}

/// Whether letters touch the run: part of a reference, a handle, a path.
fn inside_word(chars: &[(usize, char)], start: usize, next: usize) -> bool {
    let touches =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '/' | '=' | '#' | '&' | '\u{93e}'..='\u{94d}');
    let before = start
        .checked_sub(1)
        .and_then(|index| chars.get(index))
        .is_some_and(|(_, c)| touches(*c) && *c != '/' || *c == '-' || *c == '.');
    let after =
        chars.get(next).is_some_and(|(_, c)| c.is_alphanumeric() && digit(*c).is_none() || matches!(c, '_' | '@'));
    let path = start.checked_sub(2).is_some_and(|index| {
        chars[index + 1].1 == '/' && chars[index].1 == '/'
            || chars[index + 1].1 == '/' && !chars[index].1.is_whitespace() && digit(chars[index].1).is_none()
    });
    before || after || path
}

/// The numbers of a run. A run may be two numbers side by side (`55555 50101 55555 50102`).
fn numbers(run: &Run, vocabulary: &Vocabulary) -> Vec<(String, usize, usize)> {
    let rules = &vocabulary.phones;
    let all: String = run.digits.iter().map(|(_, c)| *c).collect();
    let is_test = |national: &str| national == rules.test_digits || national.chars().all(|c| c == '0');
    let one = |digits: &str, plus: bool| -> Option<String> {
        let national = rules.national_digits;
        let code = rules.country_code.as_str();
        let trimmed = if plus { digits } else { digits.strip_prefix("00").unwrap_or(digits) };
        let plus = plus || trimmed.len() < digits.len() && trimmed.len() > national;
        if plus {
            // "+91 0 55555 50101" is often written with the trunk zero.
            let rest = trimmed.strip_prefix(code);
            let without_zero = rest.and_then(|rest| rest.strip_prefix('0')).filter(|rest| rest.len() == national);
            if let Some(rest) = without_zero {
                return (!is_test(rest)).then(|| format!("+{code}{rest}"));
            }
            let test = rest.is_some_and(is_test);
            return ((8..=15).contains(&trimmed.len()) && !test && !trimmed.starts_with('0'))
                .then(|| format!("+{trimmed}"));
        }
        let trunk =
            digits.strip_prefix('0').filter(|rest| rest.len() == national + code.len() && rest.starts_with(code));
        let digits = trunk.unwrap_or(digits);
        let bare = if digits.len() == national + 1 { digits.strip_prefix('0')? } else { digits };
        let bare = if bare.len() == national + code.len() { bare.strip_prefix(code)? } else { bare };
        (bare.len() == national && !is_test(bare) && !bare.starts_with('0')).then(|| format!("+{code}{bare}"))
    };
    // Addresses and versions have more dots than numbers have; dates and times end in a slash or colon.
    let grouped = run.groups.len();
    if run.slashes && all.len() < 9 || run.dots >= 3 && !run.plus {
        return Vec::new();
    }
    if let Some(number) = one(&all, run.plus).filter(|_| grouped <= 6 && !looks_like_date(run, &all)) {
        return run.digits.last().map(|last| vec![(number, run.start, last.0 + 1)]).unwrap_or_default();
    }
    if all.len() == 2 * rules.national_digits && !run.plus {
        let (first, second) = run.digits.split_at(rules.national_digits);
        let half = |digits: &[(usize, char)]| {
            let text: String = digits.iter().map(|(_, c)| *c).collect();
            one(&text, false).map(|number| (number, digits[0].0, digits[digits.len() - 1].0 + 1))
        };
        return [half(first), half(second)].into_iter().flatten().collect();
    }
    Vec::new()
}

/// `2026-11-12 18` has ten digits too.
fn looks_like_date(run: &Run, all: &str) -> bool {
    let ends: Vec<usize> = run.groups.iter().copied().skip(1).chain([run.digits.len()]).collect();
    let lengths: Vec<usize> = run.groups.iter().zip(&ends).map(|(start, end)| end - start).collect();
    let year_first = lengths.first() == Some(&4)
        && lengths.len() >= 3
        && lengths[1..3] == [2, 2]
        && (all.starts_with("19") || all.starts_with("20"));
    let year_last = lengths.len() >= 3 && lengths[..2].iter().all(|length| *length <= 2) && lengths[2] == 4;
    !run.plus && (year_first || year_last)
}

/// E-mail addresses in a text, in lower case. A masked one (`v***k@…`) is none.
pub(super) fn emails(text: &str) -> Vec<(String, Bytes)> {
    let is_local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%' | '\'');
    let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@') {
        let local: usize = text[..at].chars().rev().take_while(|c| is_local(*c)).map(char::len_utf8).sum();
        let domain: usize = text[at + 1..].chars().take_while(|c| is_domain(*c)).map(char::len_utf8).sum();
        let domain_text = text[at + 1..at + 1 + domain].trim_end_matches(['.', '-']);
        let local_text = &text[at - local..at];
        let start = at - local + (local_text.len() - local_text.trim_start_matches(['.', '\'']).len());
        let masked = text[..start].ends_with(['*', '•', '…', 'x']) && text[..start].ends_with(['*', '•', '…']);
        let whole = !text[start..at].is_empty()
            && domain_text.contains('.')
            && domain_text
                .rsplit('.')
                .next()
                .is_some_and(|top| top.chars().count() >= 2 && top.chars().all(char::is_alphabetic));
        let masked_domain = text[at + 1 + domain..].starts_with(['*', '•']);
        if whole && !masked && !masked_domain && !domain_text.contains("..") {
            found.push((
                format!("{}@{}", &text[start..at], domain_text).to_lowercase(),
                (start, at + 1 + domain_text.len()),
            ));
        }
    }
    found
}

/// IP addresses in a text, canonical, and what looks like one and is none.
pub(super) fn ips(text: &str) -> (Vec<(String, Bytes)>, Vec<String>) {
    let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let Some(start) = rest.find(is_part).map(|offset| at + offset) else { break };
        let length: usize = text[start..].chars().take_while(|c| is_part(*c)).map(char::len_utf8).sum();
        let end = start + length;
        let touches = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '@'));
        let alone = !touches(text[..start].chars().next_back()) && !touches(text[end..].chars().next());
        let word = text[start..end].trim_end_matches(['.', ':']);
        if alone {
            read_ip(word, start, &mut found, &mut wrong);
        }
        at = end.max(start + 1);
    }
    (found, wrong)
}

fn read_ip(word: &str, start: usize, found: &mut Vec<(String, Bytes)>, wrong: &mut Vec<String>) {
    let dotted = word.matches('.').count() == 3 && word.split('.').all(|part| !part.is_empty());
    // "203.0.113.45:51234" is an address with a port.
    let (word, port) = match word.split_once(':') {
        Some((address, port)) if dotted && port.chars().all(|c| c.is_ascii_digit()) => (address, true),
        _ => (word, false),
    };
    let colons = word.matches(':').count();
    if !dotted && colons < 2 {
        return;
    }
    match word.parse::<IpAddr>() {
        Ok(address) if dotted || colons >= 3 || word.contains("::") => {
            found.push((address.to_string(), (start, start + word.len())));
        }
        Ok(_) => {}
        Err(_) if dotted && word.split('.').all(|part| part.len() <= 3 && part.chars().all(|c| c.is_ascii_digit())) => {
            wrong.push(format!("invalid IP {word}"));
        }
        Err(_) if port || colons < 4 => {}
        Err(_) => wrong.push(format!("invalid IP {word}")),
    }
}

/// Web addresses in a text.
pub(super) fn urls(text: &str) -> Vec<(String, Bytes)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find("http") {
        let start = at + offset;
        let rest = &text[start..];
        let scheme = if rest.starts_with("https://") { 8 } else { 7 };
        if !(rest.starts_with("https://") || rest.starts_with("http://")) {
            at = start + 4;
            continue;
        }
        let length: usize = rest
            .chars()
            .take_while(|c| !c.is_whitespace() && !matches!(c, '<' | '>' | '"' | '“' | '”' | '|' | '\\' | '^' | '`'))
            .map(char::len_utf8)
            .sum();
        let url = rest[..length].trim_end_matches(['.', ',', ';', ':', ')', ']', '\'', '।', '!', '?']);
        if url.len() > scheme {
            found.push((url.to_owned(), (start, start + url.len())));
        }
        at = start + length.max(4);
    }
    found
}

/// Addresses of platforms written without a scheme (`facebook.example.com/somebody`), with it.
pub(super) fn bare_urls(text: &str, vocabulary: &Vocabulary) -> Vec<(String, Bytes)> {
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '“' | '”' | '|' | '(' | ')' | ',' | ';');
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split(is_edge) {
        let at = start;
        start += word.len() + text[start + word.len()..].chars().next().map_or(0, char::len_utf8);
        let word = word.trim_end_matches(['.', ':', '\'', '।', '!', '?']);
        if word.contains('/') && word.contains('.') && !word.contains("://") {
            let url = format!("https://{word}");
            if platform_url(&url, vocabulary).is_some() {
                found.push((url, (at, at + word.len())));
            }
        }
    }
    found
}

/// What an address of a platform says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlatformUrl {
    /// Platform id.
    pub platform: String,
    /// Handle in the path, if there is one.
    pub handle: Option<String>,
    /// Whether it leads to a post.
    pub post: bool,
    /// Address of the profile, where a post's address holds it (`…/handle/status/…`).
    pub profile: Option<String>,
}

/// Reads an address of a known platform.
pub(super) fn platform_url(url: &str, vocabulary: &Vocabulary) -> Option<PlatformUrl> {
    let rest = url.split_once("://")?.1;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.split(['?', '#', ':']).next().unwrap_or(host);
    let platform = vocabulary.platform_of_host(host)?.to_owned();
    let parts: Vec<&str> =
        path.split(['?', '#']).next().unwrap_or("").split('/').filter(|part| !part.is_empty()).collect();
    let post = parts.iter().any(|part| vocabulary.post_paths.contains(*part));
    let handle = match parts.as_slice() {
        ["stories", handle, ..] => Some((*handle).to_owned()),
        [first, ..] if !vocabulary.not_handle_paths.contains(*first) => handle(first),
        _ => None,
    };
    let is_own = handle.as_deref() == parts.first().copied() && post;
    let profile = handle
        .as_deref()
        .filter(|_| is_own)
        .and_then(|handle| Some(url[..url.find(&format!("/{handle}"))? + 1 + handle.len()].to_owned()));
    Some(PlatformUrl { platform, handle, post, profile })
}

/// A handle out of a value: `@udaharan_vivek`, `rohan.kalpit_04 (verified)`.
pub(super) fn handle(value: &str) -> Option<String> {
    let value = value.trim().trim_start_matches(['"', '\'', '“', '(', '[', '`', '*']);
    let value = value.strip_prefix('@').unwrap_or(value);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '\u{93e}'..='\u{94d}');
    let length: usize = value.chars().take_while(|c| is_part(*c)).map(char::len_utf8).sum();
    let word = value[..length].trim_end_matches(['.', '-']);
    (!word.is_empty() && word.len() <= 100).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers_in(text: &str) -> Vec<String> {
        phones(text, Vocabulary::shipped()).into_iter().map(|found| found.number).collect()
    }

    #[test]
    fn numbers_in_every_dress() {
        for (text, wanted) in [
            ("+91 55555 50101", "+915555550101"),
            ("+91-5555550101", "+915555550101"),
            ("55555 50106.", "+915555550106"),
            ("55555-50106", "+915555550106"),
            ("055555 50106", "+915555550106"),
            ("0091 55555 50106", "+915555550106"),
            ("91 55555 50106", "+915555550106"),
            ("+91 (0) 55555 50106", "+915555550106"),
            ("५५५५५ ५०११२", "+915555550112"),
            ("0141-5555010", "+911415555010"),
            ("(0141) 5555010", "+911415555010"),
            ("+1 202-555-0143", "+12025550143"),
            ("+1 (202) 555-0143", "+12025550143"),
            ("+44 20 7946 0018", "+442079460018"),
            ("number:5555550106,", "+915555550106"),
            ("55555.50106", "+915555550106"),
        ] {
            assert_eq!(numbers_in(text), [wanted], "{text}");
        }
        assert_eq!(numbers_in("+91 55555 50109; secondary +91 55555 50119"), ["+915555550109", "+915555550119"]);
        assert_eq!(numbers_in("5555550109/5555550119"), ["+915555550109", "+915555550119"]);
        assert_eq!(numbers_in("55555 50109, 55555 50119"), ["+915555550109", "+915555550119"]);
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "+91 00000 00000",
            "MER-2026-004417",
            "2026-11-12 18:09:32",
            "12-11-2026 10",
            "203.0.113.45",
            "198.51.100.141",
            "112",
            "1098",
            "https://x.example.com/u/status/1000000000000000011",
            "user_5555550101",
            "14416",
            "1800-891",
            "25.1490, 75.8531",
            "user5555550101@example.com",
        ] {
            assert_eq!(numbers_in(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn places_are_in_bytes_of_the_text() {
        let text = "मोबाइल: ५५५५५ ५०११२ है";
        let found = phones(text, Vocabulary::shipped());
        assert_eq!(&text[found[0].bytes.0..found[0].bytes.1], "५५५५५ ५०११२");
    }

    #[test]
    fn addresses_whole_and_masked() {
        let only = |text: &str| emails(text).into_iter().map(|(email, _)| email).collect::<Vec<_>>();
        assert_eq!(only("ROHAN.KALPIT@example.net, b@example.org."), ["rohan.kalpit@example.net", "b@example.org"]);
        for masked in ["v***k@example.org", "r•••@example.org", "a@e***.org", "@handle", "a@b", "…k@example.org"]
        {
            assert_eq!(only(masked), [""; 0], "{masked}");
        }
    }

    #[test]
    fn addresses_of_machines() {
        let (found, wrong) = ips(
            "203.0.113.300, 198.51.100.90 (2026-11-12 18:02:11 UTC), 2001:DB8:ffff::1, 203.0.113.7:51234, v1.2.3.4",
        );
        assert_eq!(
            found.into_iter().map(|(ip, _)| ip).collect::<Vec<_>>(),
            ["198.51.100.90", "2001:db8:ffff::1", "203.0.113.7"]
        );
        assert_eq!(wrong, ["invalid IP 203.0.113.300"]);
        assert_eq!(ips("at 10:20:30, face: bad"), (vec![], vec![]));
    }

    #[test]
    fn addresses_of_platforms() {
        let read = |url| platform_url(url, Vocabulary::shipped()).expect("a platform");
        assert_eq!(read("https://instagram.example.com/rohan.kalpit_04/").handle.as_deref(), Some("rohan.kalpit_04"));
        let post = read("https://x.example.com/udaharan_vivek/status/1000000000000000011");
        assert_eq!((post.handle.as_deref(), post.post), (Some("udaharan_vivek"), true));
        assert_eq!(read("https://instagram.example.com/reel/Abc").handle, None);
        assert_eq!(platform_url("https://promo.example.net/offer", Vocabulary::shipped()), None);
    }
}
