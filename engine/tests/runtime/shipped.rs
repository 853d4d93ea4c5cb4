//! The shipped protocols, intake and directory together.

use std::sync::Arc;

use niyam_engine::directory::Directory;
use niyam_engine::engine::Data;
use niyam_engine::people::People;
use niyam_engine::reading::ReadByRules;
use niyam_engine::request::{Class, Received, Relation};
use niyam_engine::view::{CaseView, EntryKind};
use niyam_kernel::event::Actor;
use niyam_kernel::id::PersonId;
use niyam_kernel::time::Timestamp;
use niyam_rules::text::Text;
use niyam_rules::value::Value;

use crate::world::{NOON, OFFICER, World};

/// One officer in every seat of the directory.
struct Everywhere;

impl People for Everywhere {
    fn unit_name(&self, unit: &str) -> Option<Text> {
        Directory::shipped().unit(unit).map(|unit| unit.name.clone())
    }

    fn above(&self, unit: &str, _kinds: &[String]) -> Option<String> {
        Directory::shipped().state_of(unit).map(|unit| unit.code.clone())
    }

    fn seat(&self, _role: &str, unit: &str, _at: Timestamp) -> Option<PersonId> {
        Directory::shipped().unit(unit).map(|_| OFFICER)
    }

    fn person_name(&self, _person: PersonId) -> Option<Text> {
        None
    }
}

async fn world() -> World {
    world_in(Data::Memory).await
}

/// What is shipped, on some data.
pub async fn world_in(data: Data) -> World {
    World::open_at(data, NOON, |config| {
        config.library = niyam_rules::shipped::library();
        config.intake = Arc::new(ReadByRules::shipped());
        config.people = Arc::new(Everywhere);
    })
    .await
    .unwrap()
}

pub async fn receive(world: &World, channel: &str, content_type: &str, text: &str) -> niyam_engine::request::Receipt {
    let received = Received {
        channel: channel.to_owned(),
        content_type: content_type.to_owned(),
        bytes: text.as_bytes().to_vec(),
        received_at: world.engine.now(),
        drill: false,
    };
    let receipt = world.engine.receive(received).await.unwrap();
    world.engine.settle().await.unwrap();
    receipt
}

pub fn desk() -> Actor {
    Actor { person: OFFICER, role: "help_desk".to_owned(), unit: "RJ-PHQ-SCRB".to_owned() }
}

fn value(view: &CaseView, name: &str) -> Option<Value> {
    view.facts.iter().find(|fact| fact.name == name)?.value.clone()
}

const MAIL: &str = "From: Meta Safety <alerts@meta.example.com>\r\nTo: scrb-helpdesk@police.example.org\r\n\
Subject: Person at risk MER-2026-009901\r\nDate: Sat, 21 Nov 2026 13:55:00 +0530\r\nMessage-ID: <9901@meta.example.com>\r\n\
Content-Type: text/plain; charset=utf-8\r\n\r\nReference: MER-2026-009901\r\nPlatform: Instagram\r\nAccount: rohan.kalpit_99\r\n\
Name: Rohan Kalpit\r\nPhone: +91 55555 50199\r\nLocation: Jhunjhunu\r\nPost: I do not know how to go on after the result.\r\n";

/// A session of K-SOS begins.
pub const PANIC: &str = r#"{"schema":"sample.ksos/1","event":"panic","session_id":"ks-0000-0099","device_ref":"dev-00000099",
    "at":"2026-11-21T13:59:09+05:30","location":{"lat":25.149,"lon":75.8531,"accuracy_m":18},
    "profile_release":{"reason":"panic_pressed","student":{"name":"Diya Kalpit","phone":"5555550199","institute":"Sample Classes, Kota"}}}"#;
/// It goes on.
pub const LOCATION: &str = r#"{"schema":"sample.ksos/1","event":"location","session_id":"ks-0000-0099","device_ref":"dev-00000099",
    "points":[{"seq":1,"at":"2026-11-21T14:00:24+05:30","lat":25.1492,"lon":75.8535,"accuracy_m":15}]}"#;
/// It ends.
pub const STOP: &str = r#"{"schema":"sample.ksos/1","event":"stop","session_id":"ks-0000-0099","device_ref":"dev-00000099",
    "at":"2026-11-21T14:21:47+05:30","stopped_by":"user","delete_app_data":true}"#;

#[tokio::test]
async fn a_mail_is_read_routed_and_shown_with_its_places() {
    let world = world().await;
    let receipt = receive(&world, "mail", "message/rfc822", MAIL).await;
    let case = receipt.cases[0].case;
    let view = world.engine.case(case, Some(&desk())).await.unwrap();
    assert_eq!(view.card.protocol.name, "rajasthan-phq");
    assert!(view.card.number.starts_with("RJ-2026-"), "{}", view.card.number);
    assert_eq!(value(&view, "handle"), Some("rohan.kalpit_99".into()));
    assert_eq!(view.candidates[0].code, "RJ-DST-JHUNJHUNU");
    let alert = world.engine.alert(receipt.alert, Some(&desk())).await.unwrap();
    let span = view.facts.iter().find(|fact| fact.name == "handle").unwrap().spans[0];
    let text = alert.parts[span.part as usize].text.as_deref().unwrap();
    let there: String = text.chars().skip(span.start as usize).take((span.end - span.start) as usize).collect();
    assert_eq!(there, "rohan.kalpit_99");
    assert!(!view.card.unowned, "{:?}", view.owners);
    let second = MAIL.replace("9901@meta", "9902@meta");
    let again = receive(&world, "mail", "message/rfc822", &second).await;
    assert_eq!((again.cases[0].case, again.cases[0].relation), (case, Relation::Duplicate));
}

#[tokio::test]
async fn a_message_names_its_clock_as_people_do() {
    let world = world().await;
    let receipt = receive(&world, "mail", "message/rfc822", MAIL).await;
    world.advance("2m");
    world.engine.settle().await.unwrap();
    let timeline = world.engine.timeline(receipt.cases[0].case).await.unwrap();
    let told: Vec<Text> =
        timeline.entries.iter().flat_map(|entry| &entry.told).map(|told| told.message.clone()).collect();
    assert!(
        told.iter().any(|text| text.en.ends_with("Acknowledgement at the desk is overdue. Please step in.")),
        "{told:?}"
    );
    assert!(told.iter().any(|text| text.hi.contains("डेस्क की पावती का समय निकल गया है")), "{told:?}");
}

#[tokio::test]
async fn a_session_is_followed_and_its_stop_erases_the_profile() {
    let world = world().await;
    let receipt = receive(&world, "ksos", "application/json", PANIC).await;
    let case = receipt.cases[0].case;
    let view = world.engine.case(case, Some(&desk())).await.unwrap();
    assert_eq!(view.card.protocol.name, "k-sos");
    assert_eq!(value(&view, "name"), Some("Diya Kalpit".into()));
    assert!(value(&view, "position").is_some(), "the position is a fact of its type");
    let moved = receive(&world, "ksos", "application/json", LOCATION).await;
    assert_eq!((moved.cases[0].case, moved.cases[0].relation), (case, Relation::Location));
    let stopped = receive(&world, "ksos", "application/json", STOP).await;
    assert_eq!((stopped.cases[0].case, stopped.cases[0].relation), (case, Relation::Stop));
    let view = world.engine.case(case, Some(&desk())).await.unwrap();
    assert_eq!((value(&view, "name"), value(&view, "position")), (None, None));
    assert!(world.engine.alert_bytes(receipt.alert, &desk()).await.is_err(), "the original is erased too");
    // networks deliver out of order: a position after the stop must not bring the person back
    let late = receive(&world, "ksos", "application/json", &LOCATION.replace("\"seq\":1", "\"seq\":2")).await;
    assert_eq!(late.cases.first().map(|joined| joined.case), Some(case));
    let view = world.engine.case(case, Some(&desk())).await.unwrap();
    assert_eq!(value(&view, "position"), None);
    assert!(world.engine.alert_bytes(late.alert, &desk()).await.is_err(), "and its original is not kept");
    let erased = world.engine.timeline(case).await.unwrap().entries;
    assert!(
        erased
            .iter()
            .any(|entry| entry.kind == EntryKind::Joined && entry.reasons.iter().any(|reason| reason.kind == "erased"))
    );
    world.engine.verify_chain(case).await.unwrap();
}

#[tokio::test]
async fn bytes_that_are_nothing_become_a_case_for_a_person() {
    let world = world().await;
    let receipt = receive(&world, "mail", "message/rfc822", "\u{1}\u{2}\u{fffd} ?? ").await;
    assert_eq!(receipt.class, Class::NeedsReview);
    let view = world.engine.case(receipt.cases[0].case, Some(&desk())).await.unwrap();
    assert_eq!(value(&view, "needs_review"), Some("yes".into()));
}
