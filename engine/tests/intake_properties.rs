//! What must hold for any bytes.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use niyam_engine::directory::Directory;
use niyam_engine::intake::{Class, Reading, Received, Span, Vocabulary, candidate_units, facts, read};
use niyam_kernel::time::Timestamp;
use proptest::prelude::*;

fn reading_with(bytes: &[u8], vocabulary: &Vocabulary) -> Reading {
    let received = Received {
        channel: "mail".to_owned(),
        content_type: String::new(),
        bytes: bytes.to_vec(),
        received_at: Timestamp::from_ms(1_795_000_000_000),
        drill: false,
    };
    read(&received, vocabulary, Directory::shipped())
}

fn reading(bytes: &[u8]) -> Reading {
    reading_with(bytes, Vocabulary::shipped())
}

/// What holds for every reading: it becomes a case or is filed with a reason, its spans lie in its parts.
fn check(reading: &Reading) {
    assert!(!reading.reason.en.is_empty() && !reading.reason.hi.is_empty());
    assert!(reading.is_alert() || matches!(reading.class, Class::Test | Class::Spam | Class::Other));
    let json = serde_json::to_value(reading).unwrap();
    spans(&json, &mut |part, start, end| {
        let text = reading.parts[part].text.as_deref().unwrap_or("");
        assert!(start <= end && end <= text.chars().count(), "part {part}: {start}..{end}");
    });
    for subject in reading.subjects() {
        let units: Vec<String> =
            candidate_units(reading, subject, Directory::shipped()).into_iter().map(|unit| unit.unit).collect();
        assert!(units.iter().all(|unit| Directory::shipped().unit(unit).is_some()));
        assert!(facts(reading, subject, &units).contains_key("source"));
    }
}

fn spans(value: &serde_json::Value, visit: &mut impl FnMut(usize, usize, usize)) {
    match value {
        serde_json::Value::Object(map) => {
            if let (Some(part), Some(start), Some(end)) = (map.get("part"), map.get("start"), map.get("end")) {
                let number = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap()).unwrap();
                visit(number(part), number(start), number(end));
            }
            map.values().for_each(|value| spans(value, visit));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|value| spans(value, visit)),
        _ => {}
    }
}

/// Every fixture of both folders, and the reference alerts where they are beside the checkout.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/sample-alerts");
    let is_alert = |path: &Path| {
        path.extension().is_some_and(|end| end == "eml" || end == "json" || end == "txt")
            && path.file_name().is_some_and(|name| name != "expected.json")
    };
    let mut files: Vec<_> = [tests.join("intake-fixtures"), tests.join("intake-fixtures-blind"), samples]
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| is_alert(path))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() >= 140);
    files
}

/// Fixtures that the properties over damaged bytes use: small ones, one in four.
fn small_fixtures() -> Vec<(String, Vec<u8>)> {
    let small = fixtures().into_iter().filter(|(_, bytes)| bytes.len() < 3_000);
    small.enumerate().filter(|(index, _)| index % 4 == 0).map(|(_, file)| file).collect()
}

/// What makes a text comparable with a value read from it: digits of every script as ASCII, letters in lower case,
/// nothing else.
fn plain(text: &str) -> String {
    let digit =
        |c: char| ('\u{0966}'..='\u{096f}').contains(&c).then(|| char::from_u32(c as u32 - 0x0966 + 0x30)).flatten();
    text.chars().map(|c| digit(c).unwrap_or(c)).filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The last digits of a number: those that are written however it is written.
fn last_digits(text: &str) -> String {
    let digits: Vec<char> = plain(text).chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(7)..].iter().collect()
}

#[test]
fn values_stand_where_the_spans_say() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (name, bytes) in fixtures() {
        let reading = reading(&bytes);
        check(&reading);
        let text_at = |span: &Span| -> String {
            let text = reading.parts[span.part].text.as_deref().unwrap_or("");
            text.chars().skip(span.start).take(span.end - span.start).collect()
        };
        let mut holds = |what: &str, value: &str, spans: &[Span], wanted: &dyn Fn(&str) -> String| {
            assert!(!spans.is_empty(), "{name}: {what}: {value:?} has no place");
            for span in spans {
                let text = text_at(span);
                let found = wanted(&text).contains(&wanted(value));
                if !found {
                    wrong.push(format!("{name}: {what}: {value:?} not in {text:?}"));
                }
                compared += 1;
            }
        };
        for subject in reading.subjects() {
            let single = [
                ("name", &subject.name),
                ("handle", &subject.handle),
                ("external_ref", &subject.external_ref),
                ("post_text", &subject.post_text),
                ("institute", &subject.institute),
                ("hostel", &subject.hostel),
                ("home_place", &subject.home_place),
                ("session_id", &subject.session_id),
                ("reporter name", &subject.reporter.name),
            ];
            for (what, found) in single {
                if let Some(found) = found {
                    holds(what, &found.value, &found.spans, &plain);
                }
            }
            let lists = [&subject.phones, &subject.unassigned_phones, &subject.reporter.phones];
            for found in lists.into_iter().flatten() {
                holds("number", &found.value, &found.spans, &last_digits);
            }
            for found in &subject.family_contacts {
                holds("family", &found.value.phone, &found.spans, &last_digits);
            }
            for found in subject.emails.iter().chain(&subject.reporter.emails).chain(&subject.ip_addresses) {
                holds("address", &found.value, &found.spans, &plain);
            }
            for found in &subject.place_hints {
                holds("place", &found.value.text, &found.spans, &plain);
            }
        }
        for found in &reading.official_phones {
            holds("officer", &found.value, &found.spans, &last_digits);
        }
        for found in &reading.forwarded_by {
            holds("forwarder", &found.value, &found.spans, &plain);
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= 700, "only {compared} values compared");
}

#[test]
fn truncated_and_flipped_fixtures_are_read() {
    for (index, (_, bytes)) in small_fixtures().into_iter().enumerate() {
        for cut in (index..bytes.len()).step_by(97) {
            check(&reading(&bytes[..cut]));
        }
        for at in (index..bytes.len()).step_by(197) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            check(&reading(&flipped));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        check(&reading(&bytes));
    }

    #[test]
    fn any_text_in_a_mail_is_read(text in "(?s).{0,400}") {
        check(&reading(format!("From: a@example.com\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}").as_bytes()));
        check(&reading(format!("From: a@example.com\nContent-Type: text/html; charset=utf-8\n\n<p>{text}").as_bytes()));
        check(&reading(format!("Name: {text}\n").as_bytes()));
    }

    #[test]
    fn words_of_the_trade_in_any_order_are_read(words in proptest::collection::vec(prop::sample::select(WORDS), 0..60)) {
        check(&reading(format!("From: a@example.com\n\n{}", words.join(" ")).as_bytes()));
        check(&reading(format!("From: a@example.com\n\n{}", words.join("\n")).as_bytes()));
    }
}

const WORDS: &[&str] = &[
    "Name:",
    "Phone:",
    "मोबाइल:",
    "Kota",
    "कोटा",
    "में",
    "+91 55555 50101",
    "५५५५५ ५०१०१",
    "\"",
    "“",
    "”",
    "’",
    "(",
    ")",
    "@namuna_1",
    "https://x.example.com/a/status/1",
    "uska number",
    "mera dost",
    "Rahul Kalpit",
    "last night at 11:40 pm",
    "13/13/2026 99:10",
    "From: a@b.example.com",
    "-----Original Message-----",
    ">",
    "Content:",
    "Person 2",
    "1)",
    ",",
    ";",
    "|",
    "opposite",
    "के पास",
    "Talwandi,",
    "Regards,",
    "=?utf-8?b?",
    "2001:db8::1",
    "203.0.113.300",
    "रात ११:२० बजे",
    "\u{200d}",
    "\u{feff}",
    "é",
    "😀",
    "hostel",
    "says",
];

#[test]
fn a_changed_vocabulary_changes_what_is_read() {
    let mail = b"From: Chirp Trust Desk <trust@chirp.example.net>\nTo: smc@uppolice.example.org\n\nNetwork: Chirp\nNick: chirp_namuna\nTelefon: 55555 50199\n";
    let before = reading(mail);
    assert_eq!(
        (before.source.as_str(), before.subject.handle.is_none(), before.subject.phones.len()),
        ("citizen_email", true, 0)
    );
    let text = Vocabulary::shipped_text()
        .replace("  x_email:\n", "  chirp_email: { domains: [chirp.example.net], names: [chirp trust] }\n  x_email:\n")
        .replace("  ksos: { names:", "  chirp: { names: [chirp], hosts: [chirp.example.net] }\n  ksos: { names:")
        .replace("handle: [username,", "handle: [nick, username,")
        .replace("phones: [phone,", "phones: [telefon, phone,");
    let after = reading_with(mail, &Vocabulary::load(&text).unwrap());
    assert_eq!(after.source, "chirp_email");
    assert_eq!(after.subject.platform.unwrap().value, "chirp");
    assert_eq!(after.subject.handle.unwrap().value, "chirp_namuna");
    assert_eq!(after.subject.phones[0].value, "+915555550199");
}

#[test]
fn both_readers_of_mail_see_the_same_parts() {
    let mut compared = 0;
    let has_mail_inside = |bytes: &[u8]| bytes.windows(14).any(|window| window == b"message/rfc822");
    for (name, bytes) in fixtures().into_iter().filter(|(name, bytes)| {
        Path::new(name).extension().is_some_and(|end| end == "eml")
            && !name.contains("malformed")
            && !has_mail_inside(bytes)
    }) {
        let reading = reading(&bytes);
        let message = mail_parser::MessageParser::default().parse(&bytes).unwrap();
        let leaves =
            message.parts.iter().filter(|part| !matches!(part.body, mail_parser::PartType::Multipart(_))).count();
        assert_eq!(reading.parts.len() - 1, leaves, "{name}");
        assert_eq!(reading.subject_line.as_deref().unwrap_or(""), message.subject().unwrap_or(""), "{name}");
        if let Some(text) = message
            .parts
            .iter()
            .find_map(|part| if let mail_parser::PartType::Text(text) = &part.body { Some(text) } else { None })
        {
            let same = |a: &str| a.split_whitespace().collect::<Vec<_>>().join(" ");
            let ours = reading.parts[1..]
                .iter()
                .find(|part| part.content_type == "text/plain")
                .and_then(|part| part.text.clone())
                .unwrap_or_default();
            assert_eq!(same(&ours), same(text), "{name}");
            compared += 1;
        }
    }
    assert!(compared >= 20, "only {compared} texts compared");
}

#[test]
fn a_very_long_text_is_read_from_its_beginning_and_a_person_is_asked() {
    let mail = |tail: usize| {
        let tail = format!("{}\n", "lorem ".repeat(2_000)).repeat(tail / 12_001);
        format!("From: Meta Emergency Response <e@meta-alerts.example.com>\n\nUsername: big_namuna\n\n{tail}\nPhone: 55555 50101\n").into_bytes()
    };
    let short = reading(&mail(100_000));
    assert_eq!(short.subject.phones.len(), 1);
    assert!(!short.needs_review, "{:?}", short.parse_warnings);
    let long = reading(&mail(2_400_000));
    check(&long);
    assert_eq!(long.subject.handle.as_ref().unwrap().value, "big_namuna");
    assert!(long.subject.phones.is_empty(), "it stands behind what is read");
    assert!(long.needs_review && long.parse_warnings.iter().any(|warning| warning.starts_with("very long text")));
    let kept = long.parts.iter().filter_map(|part| part.text.as_deref()).any(|text| text.contains("55555 50101"));
    assert!(kept, "what was not read is shown");
}

#[test]
fn reading_time_grows_with_the_size_only() {
    let mail = |lines: usize| {
        let tail = "> earlier correspondence, (see) 12 of 13: nothing; “here” 55555 50101 in Kota mein\nplain, text - with: marks | and \"quotes\n\n".repeat(lines);
        format!("From: Meta Emergency Response <e@meta-alerts.example.com>\n\nUsername: big_namuna\nContent: \"so tired of all this\"\n\n{tail}").into_bytes()
    };
    let reading = reading(&mail(4_000));
    check(&reading);
    assert_eq!(reading.subject.handle.unwrap().value, "big_namuna");
    assert_eq!(reading.subject.post_text.unwrap().value, "so tired of all this");
}
