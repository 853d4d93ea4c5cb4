//! A running server as those see it who operate it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use niyam_web::telemetry::names;
use serde_json::Value;

#[cfg(feature = "otel")]
#[path = "operations/traces.rs"]
mod traces;

/// What the alert of this test tells of its person; none of it may show in a log line or a metric.
const PERSONAL: [&str; 7] =
    ["Rohan", "Kalpit", "55555", "rohan.kalpit_ops", "MER-2026-000777", "goodbye", "ops-777@meta.example.com"];

const ALERT: &str = "From: Meta Safety <alerts@meta.example.com>\r\nTo: scrb-helpdesk@police.example.org\r\n\
    Subject: Person at risk MER-2026-000777\r\nDate: Sat, 21 Nov 2026 13:55:00 +0530\r\n\
    Message-ID: <ops-777@meta.example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
    Reference: MER-2026-000777\r\nPlatform: Instagram\r\nAccount: rohan.kalpit_ops\r\nName: Rohan Kalpit\r\n\
    Phone: +91 55555 57777\r\nLocation: Jhunjhunu\r\nPost: goodbye to all of you.\r\n";

struct Server {
    child: Child,
    address: String,
    log: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    fn start(data: &Path, more: &[&str]) -> Self {
        Self::start_with(data, &[&["--demo", "--log", "trace"], more].concat(), &[])
    }

    fn start_with(data: &Path, more: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_niyam"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data"])
            .arg(data)
            .args(more)
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut errors = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        while !line.contains("http://") {
            line.clear();
            assert!(errors.read_line(&mut line).expect("it says where it listens") > 0, "it ended");
        }
        let address = line.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next());
        let address = address.unwrap_or_else(|| panic!("no address in: {line}")).to_owned();
        let log = Arc::new(Mutex::new(String::new()));
        let kept = log.clone();
        let reader = std::thread::spawn(move || {
            let mut line = String::new();
            while errors.read_line(&mut line).is_ok_and(|read| read > 0) {
                kept.lock().expect("not poisoned").push_str(&line);
                line.clear();
            }
        });
        Self { child, address, log, reader: Some(reader) }
    }

    fn ask(&self, method: &str, path: &str, more: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let (address, length) = (&self.address, body.len());
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {length}\r\n{more}\r\n{body}")
            .expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("read");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, body.to_owned())
    }

    fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, "", "")
    }

    fn term(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    }

    /// Waits for the end; its exit code and everything it logged.
    fn end(mut self) -> (i32, String) {
        let code = self.child.wait().expect("it ends").code().expect("no signal");
        self.reader.take().expect("once").join().expect("it reads to the end");
        let log = self.log.lock().expect("not poisoned").clone();
        (code, log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Only when a test failed: then it is still there.
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}

#[test]
fn logs_and_metrics_name_no_person_and_every_metric_is_described() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.get("/healthz").0, 200);
    let (status, receipt) =
        server.ask("POST", "/api/v1/alerts?channel=mail", "Content-Type: message/rfc822\r\n", ALERT);
    assert_eq!(status, 202, "{receipt}");
    let receipt: Value = serde_json::from_str(&receipt).expect("JSON");
    let case = receipt["cases"][0]["id"].as_str().expect("a case").to_owned();
    let (_, case_view) = server.get(&format!("/api/v1/cases/{case}"));
    assert!(case_view.contains("Kalpit"), "the person is known to who may read it: {case_view}");
    assert_eq!(server.get("/api/v1/cases/Kalpit").0, 404, "a name in an address");
    let ready: Value = serde_json::from_str(&server.get("/readyz").1).expect("JSON");
    assert_eq!(ready["ready"], true, "{ready}");

    let (status, metrics) = server.get("/metrics");
    assert_eq!(status, 200);
    assert_eq!(server.ask("GET", "/metrics", "X-Forwarded-For: 192.0.2.1\r\n", "").0, 404);
    for line in metrics.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let name = line.split(['{', ' ']).next().expect("a name");
        let known = |metric: &names::Metric| {
            let rest = name.strip_prefix(metric.name);
            rest.is_some_and(|rest| match metric.kind {
                names::Kind::Histogram => matches!(rest, "_bucket" | "_sum" | "_count"),
                names::Kind::Counter | names::Kind::Gauge => rest.is_empty(),
            })
        };
        assert!(names::ALL.iter().any(known), "not in telemetry::names: {line}");
    }
    for shown in ["niyam_build_info", "niyam_ready", "niyam_http_request_seconds", "process_resident_memory_bytes"] {
        assert!(metrics.contains(&format!("# HELP {shown} ")), "{shown}: {metrics}");
    }

    server.term();
    let (code, log) = server.end();
    assert_eq!(code, 0, "{log}");
    assert!(log.contains("\"answered\"") && log.contains("the server has stopped"), "{log}");
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line["level"].is_string()), "no JSON: {line}");
    }
    for personal in PERSONAL {
        assert!(!metrics.contains(personal), "{personal} in the metrics");
        let line = log.lines().find(|line| line.contains(personal));
        assert!(line.is_none(), "{personal} in the log: {line:?}");
    }
}

#[test]
fn a_server_that_stops_says_so_first_and_lets_what_runs_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &["--drain-grace-seconds", "600"]);
    // an alert of which the second half comes after the signal
    let mut slow = TcpStream::connect(&server.address).expect("it listens");
    let (begun, rest) = ALERT.split_at(100);
    let (address, length) = (&server.address, ALERT.len());
    write!(
        slow,
        "POST /api/v1/alerts?channel=mail HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{begun}"
    )
    .expect("written");
    let mut stream = TcpStream::connect(&server.address).expect("it listens");
    write!(stream, "GET /api/v1/stream HTTP/1.1\r\nHost: {address}\r\n\r\n").expect("written");
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while !line.contains("hello") {
        line.clear();
        assert!(stream.read_line(&mut line).expect("open") > 0);
    }

    server.term();
    let draining = (0..600).any(|_| {
        let (status, ready) = server.get("/readyz");
        std::thread::sleep(Duration::from_millis(50));
        status == 503 && ready.contains("\"serving\":\"draining\"")
    });
    assert!(draining, "it says that it is about to stop, and still answers");
    // the second signal ends the grace
    server.term();
    let mut told = String::new();
    stream.read_to_string(&mut told).expect("it ends as it should");
    assert!(told.contains("event: bye"), "{told}");
    slow.write_all(rest.as_bytes()).expect("it still listens on this connection");
    let mut answer = String::new();
    slow.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    let address = server.address.clone();
    let (code, log) = server.end();
    assert_eq!(code, 0, "{log}");
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn who_does_not_send_the_head_of_a_request_loses_the_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path(), &[]);
    let mut slow = TcpStream::connect(&server.address).expect("it listens");
    slow.set_read_timeout(Some(Duration::from_mins(1))).expect("a socket");
    slow.write_all(b"GET /healthz HTTP/1.1\r\nHost: loc").expect("written");
    let mut answer = Vec::new();
    slow.read_to_end(&mut answer).expect("the server closes it");
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    assert_eq!(server.get("/healthz").0, 200, "the others are answered");
}
