//! What a server exports when it is built with the feature `otel`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{ALERT, PERSONAL, Server};

const PEOPLE: &str = "person,name_en,name_hi,unit,roles,shift\n\
    ops-1,HC Tara Namuna,हेड कांस्टेबल तारा नमूना,RJ-PHQ-SCRB,help_desk scrb_desk,always\n";

/// One request that came: its first line, and its body.
type Came = (String, Vec<u8>);

/// A collector that says yes to everything: its address, and what came.
fn collector() -> (String, Receiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound").to_string();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.expect("a connection"));
            let mut first = String::new();
            stream.read_line(&mut first).expect("a first line");
            let mut length = 0;
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                stream.read_line(&mut line).expect("a header");
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a length");
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).expect("a body");
            stream
                .get_mut()
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .expect("answered");
            if tell.send((first, body)).is_err() {
                return;
            }
        }
    });
    (format!("http://{address}"), told)
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn spans_are_exported_by_ids_alone_and_the_last_ones_when_the_server_stops() {
    let (collector, came) = collector();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("people.csv"), PEOPLE).expect("written");
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    // nothing is sent before the server stops but what there is no room for; the log leaves all spans out
    let server = Server::start_with(
        folder.path(),
        &["--log", "error", "--trial-clock", &format!("{now_ms}:600")],
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector), ("OTEL_BSP_SCHEDULE_DELAY", "3600000")],
    );
    let (status, receipt) =
        server.ask("POST", "/api/v1/alerts?channel=mail", "Content-Type: message/rfc822\r\n", ALERT);
    assert_eq!(status, 202, "{receipt}");
    let receipt: Value = serde_json::from_str(&receipt).expect("JSON");
    let case = receipt["cases"][0]["id"].as_str().expect("a case");
    let worked = (0..600).any(|_| {
        let (_, timeline) = server.get(&format!("/api/v1/cases/{case}/timeline"));
        std::thread::sleep(Duration::from_millis(200));
        timeline.contains("\"delivery\"") && timeline.contains("\"clock\"")
    });
    assert!(worked, "a message was delivered and a clock ran out");
    assert_eq!(server.get("/readyz").0, 200);

    server.term();
    let (code, log) = server.end();
    assert_eq!((code, log.as_str()), (0, ""));
    let came: Vec<Came> = came.try_iter().collect();
    assert!(!came.is_empty() && came.iter().all(|(first, _)| first == "POST /v1/traces HTTP/1.1\r\n"), "{came:?}");
    let body: Vec<u8> = came.into_iter().flat_map(|(_, body)| body).collect();
    let case = case.to_owned();
    for told in
        ["niyam", "request", "/api/v1/alerts", "/readyz", "clock", "event.number", "delivery", "cause.event", &case]
    {
        assert!(holds(&body, told), "{told} is not in the spans");
    }
    for personal in PERSONAL {
        assert!(!holds(&body, personal), "{personal} in the spans");
    }
}
