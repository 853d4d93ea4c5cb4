//! What must hold for any bytes.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use niyam_engine::directory::Directory;
use niyam_engine::intake::{Class, Reading, Received, Vocabulary, candidate_units, facts, read};
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

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/intake-fixtures");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().is_some_and(|name| name != "expected.json" && name != ".gitattributes"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() >= 30);
    files
}

#[test]
fn values_stand_where_the_spans_say() {
    for (name, bytes) in fixtures() {
        let reading = reading(&bytes);
        check(&reading);
        for subject in reading.subjects() {
            for found in
                [&subject.handle, &subject.name, &subject.external_ref, &subject.post_text].into_iter().flatten()
            {
                let span = found.spans[0];
                let text: String = reading.parts[span.part]
                    .text
                    .as_deref()
                    .unwrap()
                    .chars()
                    .skip(span.start)
                    .take(span.end - span.start)
                    .collect();
                assert!(
                    text.replace("\n> ", "\n").contains(&found.value) || span.start == span.end,
                    "{name}: {:?} not in {text:?}",
                    found.value
                );
            }
        }
    }
}

#[test]
fn truncated_and_flipped_fixtures_are_read() {
    for (index, (_, bytes)) in fixtures().into_iter().enumerate() {
        for cut in (0..bytes.len()).step_by(53 + index) {
            check(&reading(&bytes[..cut]));
        }
        for at in (index..bytes.len()).step_by(97) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            check(&reading(&flipped));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

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
    for (name, bytes) in
        fixtures().into_iter().filter(|(name, _)| name.ends_with(".eml") && !name.contains("as-attachment"))
    {
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
fn reading_time_grows_with_the_size_only() {
    let mail = |lines: usize| {
        let tail = "> earlier correspondence, (see) 12 of 13: nothing; “here” 55555 50101 in Kota mein\nplain, text - with: marks | and \"quotes\n\n".repeat(lines);
        format!("From: Meta Emergency Response <e@meta-alerts.example.com>\n\nUsername: big_namuna\nContent: \"so tired of all this\"\n\n{tail}").into_bytes()
    };
    let reading = reading(&mail(20_000));
    check(&reading);
    assert_eq!(reading.subject.handle.unwrap().value, "big_namuna");
    assert_eq!(reading.subject.post_text.unwrap().value, "so tired of all this");
}
