//! Running cases taken to another version, through the API and with the command.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use axum::http::StatusCode;
use niyam_engine::engine::{Config, Data, Engine, Limits};
use niyam_engine::outbox::Channels;
use niyam_engine::request::Received;
use niyam_engine::time::{SystemClock, SystemEntropy};
use niyam_engine::understood::ReadByPeople;
use niyam_rules::bundle::Library;
use niyam_web::api::{self, App};
use niyam_web::demo;
use niyam_web::http::guard::Hosts;
use niyam_web::staff::Staff;
use serde_json::{Value, json};
use tokio::sync::watch;
use tower::ServiceExt as _;

/// The shipped protocols as they might have been before: Kota had another title.
fn earlier() -> Library {
    let mut library = niyam_rules::shipped::library();
    let kota = library.get_mut("kota").expect("it is shipped").files.get_mut("protocol.yaml").expect("it has one");
    let title = kota.find("title:").expect("it has a title");
    kota.insert_str(title, "# as it was before\n");
    library
}

async fn open(folder: &Path, library: Library) -> Arc<Engine> {
    let config = Config {
        data: Data::Folder(folder.to_owned()),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        library,
        people: Arc::new(demo::office().expect("the demo's roster")),
        intake: Arc::new(ReadByPeople { protocol: "kota".to_owned() }),
        channels: Channels::default(),
        max_pages: None,
        schedules: niyam_engine::schedule::Schedules::default(),
        limits: Limits::default(),
    };
    Engine::open(config).await.expect("it opens")
}

/// A data folder with one case that began on the earlier version.
async fn folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let engine = open(folder.path(), earlier()).await;
    let received = Received {
        channel: "note".to_owned(),
        content_type: "text/plain".to_owned(),
        bytes: b"A warden asks for help for Rohan Kalpit.".to_vec(),
        received_at: engine.now(),
        drill: false,
    };
    let receipt = engine.receive(received).await.expect("it is taken");
    engine.settle().await.expect("it works");
    std::fs::write(folder.path().join("people.csv"), include_str!("../demo/people.csv")).expect("a roster");
    (folder, receipt.cases[0].case.to_string())
}

fn niyam(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_niyam"))
        .args(arguments)
        .arg("--data")
        .arg(folder)
        .output()
        .expect("the binary starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (ran.status.code().expect("no signal"), text(ran.stdout), text(ran.stderr))
}

#[tokio::test]
async fn the_command_shows_first_and_moves_when_told_to() {
    let (folder, case) = folder().await;
    let (code, out, err) = niyam(folder.path(), &["move", &case]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("stands in open.intake, then in open.intake"), "{out}");
    assert!(err.contains("nothing was changed"), "{err}");
    let (code, _, err) = niyam(folder.path(), &["move", &case, "--apply"]);
    assert_eq!(code, 2, "a reason is wanted: {err}");
    let apply =
        ["move", &case, "--apply", "--reason", "order 12", "--operator", "abhay-supervisor", "--format", "json"];
    let (code, out, err) = niyam(folder.path(), &apply);
    assert_eq!(code, 0, "{err}");
    let moved: Value = serde_json::from_str(out.trim()).expect("JSON");
    assert!(moved[0]["moved"].as_u64().is_some(), "{moved}");
    let (code, out, _) = niyam(folder.path(), &apply);
    assert_eq!(code, 1, "it is there already: {out}");
    assert!(out.contains("runs on that version already"), "{out}");
    let engine = open(folder.path(), niyam_rules::shipped::library()).await;
    let id = case.parse().expect("an id");
    engine.verify_chain(id).await.expect("the chain holds");
    let timeline = engine.timeline(id).await.expect("it is there");
    assert!(timeline.entries.iter().any(|entry| entry.title.en.contains("another version")));
}

#[tokio::test]
async fn a_wrong_version_or_folder_is_said_with_what_there_is() {
    let (folder, case) = folder().await;
    let (code, _, err) = niyam(folder.path(), &["move", &case, "--to", "ffff"]);
    assert_eq!(code, 2);
    assert!(err.contains("no version in use begins with `ffff`") && err.contains("kota"), "{err}");
    let empty = tempfile::tempdir().expect("a folder");
    let (code, _, err) = niyam(empty.path(), &["move", &case]);
    assert_eq!(code, 2);
    assert!(err.contains("no database"), "{err}");
    let (code, _, err) = niyam(folder.path(), &["move", &case, "--map", "open"]);
    assert_eq!(code, 2);
    assert!(err.contains("OLD=NEW"), "{err}");
}

#[tokio::test]
async fn the_api_shows_a_move_and_does_it_as_shown() {
    let (folder, case) = folder().await;
    let engine = open(folder.path(), niyam_rules::shipped::library()).await;
    let office = demo::office().expect("the demo's roster");
    let staff = Staff { seats: office.seats(), may_switch: true, operator: Some(0) };
    let (_stop, stopping) = watch::channel(false);
    let router = api::router(App::new(engine, staff, Hosts::Loopback, stopping));
    let send = async |method: &str, path: &str, body: Value| -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:8080")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        let response = router.clone().oneshot(request).await.expect("infallible");
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    };
    let (_, versions) = send("GET", "/api/v1/versions", Value::Null).await;
    let kota: Vec<&Value> =
        versions.as_array().expect("a list").iter().filter(|version| version["protocol"] == "kota").collect();
    assert_eq!((&kota[0]["current"], &kota[1]["current"]), (&json!(true), &json!(false)));
    assert_eq!((&kota[0]["open_cases"], &kota[1]["open_cases"]), (&json!(0), &json!(1)));
    let plan = json!({ "to": kota[0]["digest"] });
    let path = format!("/api/v1/cases/{case}/move");
    let (status, preview) = send("POST", &format!("{path}/preview"), plan.clone()).await;
    assert_eq!(status, StatusCode::OK, "{preview}");
    assert_eq!(preview["problems"], json!([]));
    let body =
        json!({ "request_id": format!("{:032x}", 77), "plan": plan, "reason": "order 12", "seen": preview["seen"] });
    let (status, done) = send("POST", &path, body.clone()).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    let (_, again) = send("POST", &path, body).await;
    assert_eq!(again["repeated"], true);
    let (status, _) = send("POST", &format!("{path}/preview"), plan).await;
    assert_eq!(status, StatusCode::CONFLICT, "it is there already");
    let (status, _) = send("POST", &format!("{path}/preview"), json!({ "to": "12" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = send("POST", &format!("{path}/preview"), json!({ "to": "0".repeat(64) })).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}
