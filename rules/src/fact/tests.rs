use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::protocol::Choice;
use crate::text::Language;

fn level() -> FactType {
    let choice = |id: &str, en: &str, hi: &str| Choice {
        id: id.to_owned(),
        label: Text { en: en.to_owned(), hi: hi.to_owned() },
    };
    FactType::Choice(vec![choice("red", "Red", "लाल"), choice("green", "Green", "हरा")])
}

fn read(kind: &FactType, json: impl Into<serde_json::Value>) -> Option<Value> {
    let json = json.into();
    let value = kind.read_json(&json).ok();
    if let Some(value) = &value {
        assert!(kind.admits(value), "{json} gives {value:?}, which {} does not admit", kind.name());
    }
    value
}

#[test]
fn reads_phone_numbers_as_people_write_them() {
    for (text, expected) in [
        ("+91 55555 50001", Some("+915555550001")),
        ("5555550001", Some("+915555550001")),
        ("05555550001", Some("+915555550001")),
        ("91-55555-50001", Some("+915555550001")),
        ("0091 55555 50001", Some("+915555550001")),
        ("+91 (0) 55555 50001", Some("+915555550001")),
        ("५५५५५ ५०००१", Some("+915555550001")),
        ("0141-555 0001", Some("+911415550001")),
        ("(0141) 5550001", Some("+911415550001")),
        ("+1 202 555 0101", Some("+12025550101")),
        ("555 0001", None),
        ("112", None),
        ("+91 555", None),
        ("55555x50001", None),
        ("+0 123 456 789", None),
    ] {
        assert_eq!(read(&FactType::Phone, json!(text)), expected.map(Value::from), "{text}");
    }
}

#[test]
fn reads_times_and_dates() {
    let ms = 1_795_251_900_000_i64;
    for json in [
        json!("2026-11-21T14:35:00+05:30"),
        json!("2026-11-21T09:05:00Z"),
        json!("2026-11-21 14:35"),
        json!("2026-11-21T09:05:00.000Z"),
        json!("2026-11-21T04:05:00-05:00"),
        json!(ms),
    ] {
        assert_eq!(read(&FactType::Time, json.clone()), Some(Value::Int(ms)), "{json}");
    }
    for text in [
        "2026-11-21",
        "2026-02-30T10:00Z",
        "2026-11-21T24:00Z",
        "2026-11-21T10:60Z",
        "today",
        "2026-11-21T10:00+5:30",
        "26-11-21T10:00Z",
        "2026-11-21T10:00:00.x",
    ] {
        assert_eq!(read(&FactType::Time, json!(text)), None, "{text}");
    }
    for (text, expected) in [
        ("2026-11-21", Some("2026-11-21")),
        ("21/11/2026", Some("2026-11-21")),
        ("२१-११-२०२६", Some("2026-11-21")),
        ("2024-02-29", Some("2024-02-29")),
        ("2025-02-29", None),
        ("11/21/2026", None),
        ("2026/11/21", None),
    ] {
        assert_eq!(read(&FactType::Date, json!(text)), expected.map(Value::from), "{text}");
    }
}

#[test]
fn reads_the_other_types() {
    for (kind, json, expected) in [
        (FactType::YesNo, json!(true), Some(Value::from("yes"))),
        (FactType::YesNo, json!("unknown"), None),
        (FactType::YesNoUnknown, json!("unknown"), Some(Value::from("unknown"))),
        (level(), json!("red"), Some(Value::from("red"))),
        (level(), json!("blue"), None),
        (FactType::Number, json!(5), Some(Value::Int(5))),
        (FactType::Number, json!("५"), Some(Value::Int(5))),
        (FactType::Number, json!(5.5), None),
        (FactType::Duration, json!("10m"), Some(Value::Int(600_000))),
        (FactType::Duration, json!(-1), None),
        (FactType::Email, json!(" Desk@Example.ORG "), Some(Value::from("Desk@example.org"))),
        (FactType::Email, json!("desk@localhost"), None),
        (FactType::Email, json!("a b@example.org"), None),
        (FactType::Url, json!("HTTPS://Example.org/A?b#c"), Some(Value::from("https://example.org/A?b#c"))),
        (FactType::Url, json!("javascript:alert(1)"), None),
        (FactType::Url, json!("ftp://example.org"), None),
        (FactType::Url, json!("https:///x"), None),
        (FactType::Ip, json!("2001:DB8::0:7"), Some(Value::from("2001:db8::7"))),
        (FactType::Ip, json!("192.0.2.300"), None),
        (FactType::Unit, json!("rj-phq-scrb"), Some(Value::from("RJ-PHQ-SCRB"))),
        (FactType::Unit, json!("RJ PHQ"), None),
        (FactType::Text, json!("  "), Some(Value::Unknown)),
        (FactType::Text, json!(5), None),
        (FactType::Text, json!(null), Some(Value::Unknown)),
        (
            FactType::List(Box::new(FactType::Phone)),
            json!(["5555550001"]),
            Some(Value::List(vec![Value::from("+915555550001")])),
        ),
        (
            FactType::List(Box::new(FactType::Phone)),
            json!("5555550001"),
            Some(Value::List(vec![Value::from("+915555550001")])),
        ),
        (FactType::List(Box::new(FactType::Phone)), json!(["5555550001", "x"]), None),
        (FactType::List(Box::new(FactType::Phone)), json!([]), Some(Value::Unknown)),
    ] {
        assert_eq!(read(&kind, json.clone()), expected, "{} from {json}", kind.name());
    }
}

#[test]
fn reads_positions_without_floating_point() {
    let expected =
        read(&FactType::Position, json!({ "lat_e7": 269_050_000, "lon_e7": -758_200_001, "accuracy_m": 13 }));
    assert!(expected.is_some());
    assert_eq!(read(&FactType::Position, json!({ "lat": 26.905, "lon": -75.820_000_1, "accuracy_m": 12.5 })), expected);
    assert!(read(&FactType::Position, json!("26.9050, 75.8200")).is_some());
    for json in
        [json!({ "lat": 91, "lon": 0 }), json!({ "lat": 1 }), json!({ "lat": 1, "lon": 2, "x": 3 }), json!("26.9")]
    {
        assert_eq!(read(&FactType::Position, json.clone()), None, "{json}");
    }
}

#[test]
fn constants_are_read_strictly() {
    let phones = FactType::List(Box::new(FactType::Phone));
    for (kind, json) in [(FactType::YesNo, json!(true)), (FactType::Text, json!("")), (phones, json!("5555550001"))] {
        assert!(kind.read_constant(&json).is_err(), "{} from {json}", kind.name());
    }
    assert_eq!(FactType::YesNo.read_constant(&json!("yes")), Ok(Value::from("yes")));
}

#[test]
fn says_what_it_expected_in_both_languages() {
    let expected = level().read_json(&json!("blue")).expect_err("no such choice");
    assert_eq!(expected.to_string(), "expected one of red, green");
    assert_eq!(expected.0.hi, "इनमें से एक: लाल, हरा");
    let expected = FactType::Time.read_json(&json!("soon")).expect_err("no time");
    assert_eq!(expected.to_string(), "expected a time, like 2026-11-21T14:35:00+05:30");
    assert!(FactType::List(Box::new(FactType::Time)).describe().hi.contains("समय"));
}

#[test]
fn shows_values_to_people() {
    let show = |kind: &FactType, value: Value| (kind.show(&value, Language::En), kind.show(&value, Language::Hi));
    let pair = |en: &str, hi: &str| (en.to_owned(), hi.to_owned());
    assert_eq!(
        show(&FactType::Time, Value::Int(1_795_251_900_000)),
        pair("21 Nov 2026 14:35 IST", "21 नवंबर 2026 14:35 IST")
    );
    assert_eq!(show(&FactType::Duration, Value::Int(5_400_000)), pair("1 h 30 min", "1 घं 30 मि"));
    assert_eq!(show(&level(), "red".into()), pair("Red", "लाल"));
    assert_eq!(show(&FactType::YesNoUnknown, Value::Unknown), pair("not known", "पता नहीं"));
    assert_eq!(show(&FactType::Date, "2026-11-05".into()), pair("5 Nov 2026", "5 नवंबर 2026"));
    let phones = FactType::List(Box::new(FactType::Phone));
    assert_eq!(
        phones.show(&Value::List(vec!["+915555550001".into(), "+12025550101".into()]), Language::En),
        "+91 55555 50001, +12025550101"
    );
    let place =
        FactType::Position.read_json(&json!({ "lat": 26.905, "lon": -75.82, "accuracy_m": 30 })).expect("a position");
    assert_eq!(FactType::Position.show(&place, Language::En), "26.90500° N, 75.82000° W (±30 m)");
}

proptest! {
    #[test]
    fn every_moment_survives_writing(ms in -62_135_596_800_000_i64..=253_402_300_799_999) {
        prop_assert_eq!(read_time(&write_time(ms)), Some(ms));
    }

    #[test]
    fn what_is_read_is_admitted_and_reads_the_same_again(text in "\\PC{0,20}|[0-9+ -]{3,16}|[a-z]{1,5}[@.:/][a-z.]{1,9}") {
        for kind in [FactType::Text, FactType::Phone, FactType::Email, FactType::Url, FactType::Ip, FactType::Unit, FactType::Date, FactType::Number] {
            if let Ok(value) = kind.read_json(&json!(text)) {
                prop_assert!(kind.admits(&value), "{} {:?}", kind.name(), value);
                if let Value::Text(again) = &value {
                    prop_assert_eq!(kind.read_json(&json!(again)), Ok(value.clone()));
                }
            }
        }
    }
}
