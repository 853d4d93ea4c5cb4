//! Addresses of people and machines: phone, e-mail, web, IP, unit codes.

use std::net::IpAddr;

/// A phone number in E.164. Numbers without a country code are Indian: ten digits, with or without the `0` in front;
/// landlines need their area code. Any script's digits, spaces, hyphens, dots and brackets are accepted.
pub fn phone(text: &str) -> Option<String> {
    let mut digits = String::new();
    let mut plus = false;
    for letter in text.trim().chars() {
        match letter {
            '+' | '＋' if digits.is_empty() && !plus => plus = true,
            ' ' | '\u{a0}' | '-' | '‐' | '–' | '.' | '(' | ')' | '/' => {}
            letter => digits.push(ascii_digit(letter)?),
        }
    }
    let national = if plus {
        digits.as_str()
    } else if let Some(international) = digits.strip_prefix("00") {
        international
    } else {
        return indian(&digits).map(|number| format!("+91{number}"));
    };
    if let Some(rest) = national.strip_prefix("91") {
        return indian(rest).map(|number| format!("+91{number}"));
    }
    (matches!(national.len(), 8..=15) && !national.starts_with('0')).then(|| format!("+{national}"))
}

/// The ten digits of an Indian number behind `0`, `91` or nothing.
fn indian(digits: &str) -> Option<&str> {
    let national = match digits.len() {
        10 => digits,
        11 => digits.strip_prefix('0')?,
        12 => digits.strip_prefix("91")?,
        _ => return None,
    };
    (!national.starts_with('0')).then_some(national)
}

/// `0`–`9` from a digit of Devanagari or of full width.
pub fn ascii_digit(letter: char) -> Option<char> {
    let from = |zero: u32| char::from_digit((letter as u32).checked_sub(zero).filter(|digit| *digit < 10)?, 10);
    letter.is_ascii_digit().then_some(letter).or_else(|| from(0x0966)).or_else(|| from(0xFF10))
}

/// The text with all digits as `0`–`9`.
pub fn with_ascii_digits(text: &str) -> String {
    text.chars().map(|letter| ascii_digit(letter).unwrap_or(letter)).collect()
}

/// An e-mail address, its domain in lower case.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let fine =
        |part: &str| !part.is_empty() && !part.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    let local_fine = fine(local) && local.len() <= 64 && !local.contains(['@', '<', '>', ',', ';', ':', '"', '(', ')']);
    (local_fine && is_host(domain) && domain.contains('.')).then(|| format!("{local}@{}", domain.to_lowercase()))
}

/// A web address with http or https, scheme and host in lower case.
pub fn url(text: &str) -> Option<String> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse::<u16>().is_ok()),
        None => (authority, true),
    };
    let path_fine =
        !path.chars().any(|letter| letter.is_whitespace() || letter.is_control() || matches!(letter, '<' | '>' | '"'));
    let fine = matches!(&*scheme, "http" | "https") && is_host(host) && port && path_fine && text.len() <= 2_048;
    fine.then(|| format!("{scheme}://{}{path}", authority.to_lowercase()))
}

/// An IPv4 or IPv6 address in its shortest form.
pub fn ip(text: &str) -> Option<String> {
    text.trim().trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok().map(|ip| ip.to_string())
}

/// A unit's code: letters, digits and `-`, in capitals as in the directory.
pub fn unit(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    let fine = code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (fine && (2..=64).contains(&code.len()) && !code.starts_with('-') && !code.ends_with('-')).then_some(code)
}

fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        let letters = label.chars().all(|letter| letter.is_alphanumeric() || letter == '-' || is_mark(letter));
        !label.is_empty() && letters && !label.starts_with('-') && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// Vowel signs of Devanagari and their like, which are no letters to Unicode.
fn is_mark(letter: char) -> bool {
    ('\u{900}'..='\u{97F}').contains(&letter)
}
