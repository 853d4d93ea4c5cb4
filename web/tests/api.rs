//! The API on a whole engine in memory: an alert comes in, people act, and what must not happen does not.

use axum::http::StatusCode;
use serde_json::{Value, json};

mod world;

use world::{DESK, FIELD, SUPERVISOR, World};

const MAIL: &str = "From: warden@hostel.example.org\r\nSubject: help\r\n\r\nPlease call 55555 50101.\r\n";

fn uuid(number: u128) -> String {
    format!("{number:032x}")
}

/// A world with one case of Kota's protocol; gives its id.
async fn one_case() -> (World, String) {
    let world = World::new().await;
    let (status, receipt) = world.post_bytes("/api/v1/alerts?channel=mail", MAIL.as_bytes().to_vec()).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{receipt}");
    let id = receipt["cases"][0]["id"].as_str().expect("a case").to_owned();
    world.engine.settle().await.expect("works");
    (world, id)
}

fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn an_alert_becomes_a_case_on_the_board() {
    let (world, id) = one_case().await;
    let (_, board) = world.get("/api/v1/board?open=true", None).await;
    assert_eq!(board["counts"]["open"], 1);
    let card = &board["cases"][0];
    assert_eq!((&card["id"], &card["life"], &card["protocol"]["name"]), (&json!(id), &json!("open"), &json!("kota")));
    assert_eq!(card["alerts"], 1);
    assert!(card["due"]["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{card}");
    let (_, case) = world.get(&format!("/api/v1/cases/{id}"), Some(DESK)).await;
    assert_eq!(case["alerts"].as_array().map(Vec::len), Some(1), "{case}");
    let acknowledge = case["acts"].as_array().and_then(|acts| acts.iter().find(|act| act["act"] == "acknowledge"));
    assert_eq!(acknowledge.map(|act| &act["mine"]), Some(&json!(true)));
    let (_, chart) = world.get(&format!("/api/v1/cases/{id}/chart"), None).await;
    let active: Vec<&Value> =
        chart["boxes"].as_array().expect("boxes").iter().filter(|state| state["active"] == true).collect();
    assert!(active.iter().any(|state| state["id"] == "open.intake"), "{active:?}");
    let (_, timeline) = world.get(&format!("/api/v1/cases/{id}/timeline"), None).await;
    assert_eq!(timeline["entries"][0]["kind"], "opened");
    assert!(timeline["entries"][0]["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()));
}

#[tokio::test]
async fn what_is_done_by_itself_and_what_failed_is_listed() {
    let (world, _) = one_case().await;
    let (status, schedules) = world.get("/api/v1/schedules", None).await;
    assert_eq!(status, StatusCode::OK, "{schedules}");
    let names: Vec<&str> =
        schedules.as_array().expect("a list").iter().filter_map(|schedule| schedule["name"].as_str()).collect();
    assert_eq!(names, ["digest", "retention", "shift_change", "silent_channels"]);
    let digest = &schedules[0];
    assert_eq!((&digest["cron"], &digest["when"]["en"]), (&json!("0 9,21 * * *"), &json!("daily at 09:00, 21:00")));
    assert_eq!((&digest["last_run"], &digest["result"]), (&json!(null), &json!(null)), "not done yet");
    let (_, notices) = world.get("/api/v1/desk-notices", None).await;
    let (_, letters) = world.get("/api/v1/dead-letters", None).await;
    assert_eq!((notices, letters), (json!([]), json!([])));
    let unknown = "/api/v1/dead-letters/case_00000000000000000000000000000007.1.0/again";
    let (status, _) = world.post(unknown, DESK, json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_same_request_is_done_once_and_answered_twice() {
    let (world, id) = one_case().await;
    let body = json!({ "request_id": uuid(7), "act": "acknowledge", "form": {} });
    let (status, first) = world.act(&id, DESK, body.clone()).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    assert_eq!(first["repeated"], false);
    let (status, again) = world.act(&id, DESK, body).await;
    assert_eq!((status, &again["number"], &again["repeated"]), (StatusCode::OK, &first["number"], &json!(true)));
    assert_eq!(again["case"]["events"], first["case"]["events"]);
    let (status, reused) =
        world.act(&id, DESK, json!({ "request_id": uuid(7), "act": "call_supervisor", "form": {} })).await;
    assert_eq!((status, code(&reused)), (StatusCode::CONFLICT, "request_reused"));
    let (status, twice) =
        world.act(&id, DESK, json!({ "request_id": uuid(8), "act": "acknowledge", "form": {} })).await;
    assert_eq!((status, code(&twice)), (StatusCode::CONFLICT, "act_not_allowed"), "the act is no longer offered");
}

#[tokio::test]
async fn the_chart_shows_the_way_the_case_went_and_no_other() {
    let (world, id) = one_case().await;
    let ways = async || {
        let (_, chart) = world.get(&format!("/api/v1/cases/{id}/chart"), None).await;
        let edges = chart["edges"].as_array().expect("edges").clone();
        let taken = |edge: &&Value| edge["taken"] == true;
        edges.iter().filter(taken).map(|edge| (edge["from"].clone(), edge["to"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(ways().await, []);
    let (status, answer) =
        world.act(&id, DESK, json!({ "request_id": uuid(9), "act": "acknowledge", "form": {} })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(ways().await, [(json!("open.intake"), json!("open.reach"))]);
}

#[tokio::test]
async fn an_act_of_another_role_is_refused_in_both_languages() {
    let (world, id) = one_case().await;
    let (status, answer) = world.act(&id, FIELD, json!({ "request_id": uuid(1), "act": "acknowledge" })).await;
    assert_eq!((status, code(&answer)), (StatusCode::CONFLICT, "act_not_allowed"));
    assert!(
        answer["error"]["message"]["hi"]
            .as_str()
            .is_some_and(|hi| hi.chars().any(|c| ('\u{900}'..'\u{980}').contains(&c)))
    );
    let (_, case) = world.get(&format!("/api/v1/cases/{id}"), Some(DESK)).await;
    assert!(case["active"].as_array().is_some_and(|active| active.contains(&json!("open.intake"))), "nothing changed");
    let (status, answer) = world.act(&id, DESK, json!({ "request_id": uuid(2), "act": "no_such_act" })).await;
    assert_eq!((status, code(&answer)), (StatusCode::CONFLICT, "act_not_allowed"));
}

#[tokio::test]
async fn a_form_with_wrong_types_names_each_wrong_answer() {
    let (world, id) = one_case().await;
    world.act(&id, DESK, json!({ "request_id": uuid(1), "act": "acknowledge" })).await;
    let (_, case) = world.get(&format!("/api/v1/cases/{id}"), Some(DESK)).await;
    let record = case["record"]
        .as_array()
        .and_then(|forms| forms.iter().find(|one| one["form"]["id"] == "findings"))
        .expect("findings")
        .clone();
    let state = record["state"].as_str().expect("a state");
    let wrong = json!({ "request_id": uuid(2), "state": state, "form": { "minor": 5, "sign": "wish", "phones": ["later"], "nothing": "x" } });
    let (status, answer) = world.post(&format!("/api/v1/cases/{id}/record"), DESK, wrong).await;
    assert_eq!((status, code(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, "form_invalid"), "{answer}");
    let problems = &answer["error"]["details"]["problems"];
    assert_eq!(problems["minor"]["problem"], "wrong_type", "{problems}");
    assert_eq!(problems["nothing"]["problem"], "no_such_field", "{problems}");
    assert!(problems["phones"].is_object() && problems["sign"].is_null(), "{problems}");
    let fraction = json!({ "request_id": uuid(3), "state": state, "form": { "minor": 1.5 } });
    let (status, answer) = world.post(&format!("/api/v1/cases/{id}/record"), DESK, fraction).await;
    assert_eq!((status, code(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, "form_invalid"));
    let right = json!({ "request_id": uuid(4), "state": state, "form": { "minor": "no", "sign": "wish", "location_known": "area", "phones": ["५५५५५ ५०१०१"] } });
    let (status, answer) = world.post(&format!("/api/v1/cases/{id}/record"), DESK, right).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let phones =
        answer["case"]["facts"].as_array().and_then(|facts| facts.iter().find(|fact| fact["name"] == "phones"));
    assert_eq!(phones.map(|fact| &fact["value"]), Some(&json!(["+915555550101"])));
}

#[tokio::test]
async fn broken_requests_are_400_with_what_to_do() {
    let (world, id) = one_case().await;
    let (status, answer) = world.act(&id, DESK, json!({ "request_id": "once", "act": "acknowledge" })).await;
    assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, "bad_request"));
    let (status, answer) = world.act(&id, DESK, json!({ "act": 5 })).await;
    assert_eq!((status, code(&answer)), (StatusCode::UNPROCESSABLE_ENTITY, "bad_request"));
    let (status, answer) = world.act("case_00", DESK, json!({ "request_id": uuid(1), "act": "acknowledge" })).await;
    assert_eq!((status, code(&answer)), (StatusCode::NOT_FOUND, "not_found"));
    let (status, answer) = world.get("/api/v1/cases/case_00000000000000000000000000000007", None).await;
    assert_eq!((status, code(&answer)), (StatusCode::NOT_FOUND, "not_found"));
    let (status, answer) = world.get("/api/v1/protocols/nowhere/chart", None).await;
    assert_eq!((status, code(&answer)), (StatusCode::NOT_FOUND, "not_found"));
}

#[tokio::test]
async fn fifty_megabytes_are_413_with_advice_and_store_nothing() {
    let world = World::new().await;
    let mut mail = MAIL.as_bytes().to_vec();
    mail.resize(50 * 1024 * 1024, b'x');
    let (status, answer) = world.post_bytes("/api/v1/alerts?channel=mail", mail).await;
    assert_eq!((status, code(&answer)), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    assert!(answer["error"]["message"]["en"].as_str().is_some_and(|en| en.contains("attachments")), "{answer}");
    let (_, board) = world.get("/api/v1/board", None).await;
    assert_eq!(board["cases"], json!([]));
    let (status, answer) = world.post_bytes("/api/v1/alerts?channel=mail", Vec::new()).await;
    assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, "bad_request"));
    let (status, _) = world.post_bytes("/api/v1/alerts?channel=pigeon", MAIL.as_bytes().to_vec()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_original_comes_back_byte_for_byte_and_only_to_somebody() {
    let (world, id) = one_case().await;
    let (_, case) = world.get(&format!("/api/v1/cases/{id}"), Some(DESK)).await;
    let alert = case["alerts"][0]["id"].as_str().expect("an id").to_owned();
    let (parts, bytes) = world.raw(&format!("/api/v1/alerts/{alert}/original"), Some(DESK)).await;
    assert_eq!((parts.status, bytes.as_slice()), (StatusCode::OK, MAIL.as_bytes()));
    assert_eq!(parts.headers["content-type"], "application/octet-stream");
    assert!(parts.headers["content-disposition"].to_str().is_ok_and(|value| value.starts_with("attachment")));
    let (status, seen) = world.get(&format!("/api/v1/alerts/{alert}"), Some(DESK)).await;
    assert_eq!((status, &seen["bytes"]), (StatusCode::OK, &json!(MAIL.len())));
}

#[tokio::test]
async fn people_are_switched_by_a_cookie_and_in_the_demo_only() {
    let world = World::new().await;
    let (_, session) = world.get("/api/v1/session", Some(SUPERVISOR)).await;
    assert_eq!((&session["me"]["id"], &session["demo"]), (&json!(SUPERVISOR), &json!(true)));
    assert!(session["me"]["role_label"]["hi"].as_str().is_some_and(|label| label != "desk supervisor"), "{session}");
    let (status, answer) = world.post("/api/v1/session", DESK, json!({ "person": "nobody:at_all" })).await;
    assert_eq!((status, code(&answer)), (StatusCode::NOT_FOUND, "not_found"));
    let alone = world::empty().await;
    let answer =
        world::send(alone, "POST", "/api/v1/session", None, "application/json", br#"{"person":"x"}"#.to_vec()).await;
    assert_eq!(answer.0.status, StatusCode::FORBIDDEN);
    let answer = world::send(
        world::empty().await,
        "POST",
        "/api/v1/cases/case_00000000000000000000000000000007/acts",
        None,
        "application/json",
        br#"{"request_id":"00000000000000000000000000000001","act":"x"}"#.to_vec(),
    )
    .await;
    assert_eq!(answer.0.status, StatusCode::UNAUTHORIZED, "without a roster nobody acts");
}

#[tokio::test]
async fn the_stream_greets_and_tells_of_changes() {
    use tokio_stream::StreamExt as _;
    let world = World::new().await;
    let request =
        axum::http::Request::get("/api/v1/stream").header("host", "localhost").body(axum::body::Body::empty());
    let response =
        tower::ServiceExt::oneshot(world.router.clone(), request.expect("a request")).await.expect("infallible");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut chunks = response.into_body().into_data_stream();
    let hello = chunks.next().await.expect("a chunk").expect("no error");
    assert!(hello.starts_with(b"event: hello"), "{hello:?}");
    world.post_bytes("/api/v1/alerts?channel=mail", MAIL.as_bytes().to_vec()).await;
    let change = chunks.next().await.expect("a chunk").expect("no error");
    let text = String::from_utf8_lossy(&change);
    assert!(text.starts_with("event: change") && text.contains("\"case\":\"case_"), "{text}");
    world.stop.send(true).expect("the stream listens");
    while let Some(chunk) = chunks.next().await {
        chunk.expect("ends without an error");
    }
}

#[tokio::test]
async fn the_document_describes_every_error_shape() {
    let world = World::new().await;
    let (_, document) = world.get("/api/v1/openapi.json", None).await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{document}");
    for name in ["Case", "Card", "Timeline", "Geometry", "ErrorBody"] {
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}

#[tokio::test]
async fn a_full_disk_is_507_and_changes_nothing() {
    // Enough for the schema and the protocols, not for many megabytes of mail.
    let world = World::with_pages(Some(600)).await;
    let mut mail = MAIL.as_bytes().to_vec();
    mail.resize(20 * 1024 * 1024, b'x');
    let (status, answer) = world.post_bytes("/api/v1/alerts?channel=mail", mail).await;
    assert_eq!((status, code(&answer)), (StatusCode::INSUFFICIENT_STORAGE, "disk_full"), "{answer}");
    assert!(answer["error"]["message"]["en"].as_str().is_some_and(|en| en.contains("make room")), "{answer}");
    let (_, board) = world.get("/api/v1/board", None).await;
    assert_eq!(board["cases"], json!([]));
    let (status, _) = world.post_bytes("/api/v1/alerts?channel=mail", MAIL.as_bytes().to_vec()).await;
    assert_eq!(status, StatusCode::ACCEPTED, "what fits is still taken in");
}
