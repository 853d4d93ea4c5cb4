//! Kill -9 in the middle of the demo: nothing acknowledged is lost, nothing is there twice, the board goes on.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use niyam_engine::engine::{Config, Data, Engine, Limits};
use niyam_engine::outbox::Channels;
use niyam_engine::time::{SystemClock, SystemEntropy};
use niyam_web::demo::clock::FastClock;
use serde_json::Value;

/// A running server on a port of its own.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_niyam"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut errors = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        errors.read_line(&mut line).expect("it says where it listens");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next());
        let address = address.unwrap_or_else(|| panic!("no address in: {line}")).to_owned();
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        Self { child, address }
    }

    fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("read");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        assert!(head.starts_with("HTTP/1.") && head.contains(" 200 "), "{path}: {answer}");
        serde_json::from_str(body).expect("JSON")
    }

    /// Every case's events: number and link of the chain.
    fn events(&self) -> BTreeMap<String, Vec<(u64, String)>> {
        let mut events = BTreeMap::new();
        for case in self.get("/api/v1/board")["cases"].as_array().expect("a list") {
            let id = case["id"].as_str().expect("an id").to_owned();
            let timeline = self.get(&format!("/api/v1/cases/{id}/timeline"));
            let entries = timeline["entries"].as_array().expect("a list").iter();
            let links = entries.map(|entry| {
                (entry["number"].as_u64().expect("a number"), entry["hash"].as_str().expect("a link").to_owned())
            });
            events.insert(id, links.collect());
        }
        events
    }

    /// Until so many events happened, in all cases together.
    fn wait_for(&self, wanted: usize) -> BTreeMap<String, Vec<(u64, String)>> {
        for _ in 0..240 {
            let events = self.events();
            if events.values().map(Vec::len).sum::<usize>() >= wanted {
                return events;
            }
            std::thread::sleep(Duration::from_millis(250));
        }
        panic!("the demo stands still before {wanted} events");
    }

    fn kill(mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("it is gone");
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
fn a_killed_demo_goes_on_where_it_stood() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wanted = 0;
    let mut seen: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for _ in 0..3 {
        let server = Server::start(folder.path());
        let now = server.events();
        for (case, links) in &seen {
            let after = now.get(case).unwrap_or_else(|| panic!("{case} is lost"));
            assert_eq!(after.get(..links.len()), Some(links.as_slice()), "{case}: events were lost or changed");
        }
        wanted += 25;
        seen = server.wait_for(wanted.max(now.values().map(Vec::len).sum::<usize>() + 10));
        for (case, links) in &seen {
            let numbers: Vec<u64> = links.iter().map(|(number, _)| *number).collect();
            assert_eq!(numbers, (1..=links.len() as u64).collect::<Vec<_>>(), "{case}: lost or twice");
        }
        server.kill();
    }
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(every_chain_holds(folder.path(), seen.keys()));
}

async fn every_chain_holds(folder: &Path, cases: impl Iterator<Item = &String>) {
    let engine = open(folder).await;
    for case in cases {
        let events = engine.verify_chain(case.parse().expect("an id")).await;
        assert!(events.is_ok_and(|events| events > 0), "{case}");
    }
}

/// The engine on a folder that a killed demo left, without officers; what is due is done.
async fn open(folder: &Path) -> Arc<Engine> {
    let config = Config {
        data: Data::Folder(folder.to_owned()),
        clock: Arc::new(FastClock::of_folder(folder, SystemClock).expect("the demo's clock")),
        entropy: Arc::new(SystemEntropy),
        library: niyam_rules::shipped::library(),
        people: Arc::new(niyam_web::demo::office().expect("the demo's roster")),
        intake: niyam_web::intake::shipped(),
        channels: Channels::default(),
        max_pages: None,
        schedules: niyam_engine::schedule::Schedules::shipped(),
        limits: Limits::default(),
    };
    Engine::open(config).await.expect("opens after the kill")
}

/// What the server answered to an alert: the alert and its cases.
type Receipt = (String, Vec<String>);

/// An invented mail about the `number`-th person.
fn mail(number: u32) -> String {
    format!(
        "From: Meta Safety <alerts@meta.example.com>\r\nTo: scrb-helpdesk@police.example.org\r\n\
         Subject: Person at risk MER-2026-{number:06}\r\nDate: Sat, 21 Nov 2026 13:55:00 +0530\r\n\
         Message-ID: <kill-{number}@meta.example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Reference: MER-2026-{number:06}\r\nPlatform: Instagram\r\nAccount: rohan.kalpit_k{number}\r\n\
         Name: Rohan Kalpit\r\nPhone: +91 55555 {:05}\r\nLocation: Jhunjhunu\r\n\
         Post: I do not know how to go on after result number {number}.\r\n",
        57_000 + number
    )
}

/// Sends an alert; `None` when the server was gone before it answered.
fn post(address: &str, body: &str) -> Option<Receipt> {
    let mut stream = TcpStream::connect(address).ok()?;
    let length = body.len();
    let head = format!(
        "POST /api/v1/alerts?channel=mail HTTP/1.0\r\nHost: {address}\r\nContent-Type: message/rfc822\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.contains(" 202 "), "{answer}");
    let receipt: Value = serde_json::from_str(body).ok()?;
    let cases = receipt["cases"].as_array()?.iter().filter_map(|case| Some(case["id"].as_str()?.to_owned())).collect();
    Some((receipt["alert"].as_str()?.to_owned(), cases))
}

/// Turns the demo's clock forward while the server is down, as a longer outage would.
fn outage(folder: &Path, minutes: i64) {
    let path = folder.join("demo-clock.json");
    let mut clock: Value = serde_json::from_slice(&std::fs::read(&path).expect("the clock")).expect("JSON");
    let (began, rate) = (clock["began_ms"].as_i64().expect("a time"), clock["rate"].as_i64().expect("a rate"));
    clock["began_ms"] = Value::from(began - minutes * 60_000 / (rate - 1));
    std::fs::write(&path, clock.to_string()).expect("written");
}

#[test]
fn every_acknowledged_alert_is_there_exactly_once_and_clocks_tell_how_late_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut acknowledged: BTreeMap<u32, Receipt> = BTreeMap::new();
    let mut number = 0;
    let mut chance = 0x2026_u64;
    for _ in 0..4 {
        let server = Server::start(folder.path());
        // what was sent when the last one was killed is sent again, as a mail server would
        for again in 1..=number {
            let receipt = post(&server.address, &mail(again)).expect("it answers");
            let first = acknowledged.entry(again).or_insert_with(|| receipt.clone());
            assert_eq!(*first, receipt, "alert {again} was lost or taken twice");
        }
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let wait = Duration::from_millis(150 + (chance >> 33) % 700);
        let address = server.address.clone();
        let first = number + 1;
        let sender = std::thread::spawn(move || {
            let answers = (first..).map(|number| (number, post(&address, &mail(number))));
            let mut taken: Vec<(u32, Receipt)> = Vec::new();
            for (number, receipt) in answers {
                let Some(receipt) = receipt else { return (number, taken) };
                taken.push((number, receipt));
            }
            (u32::MAX, taken)
        });
        std::thread::sleep(wait);
        server.kill();
        let (unanswered, taken) = sender.join().expect("it sends until nobody answers");
        number = unanswered;
        acknowledged.extend(taken);
    }
    assert!(acknowledged.len() >= 8, "only {} alerts were answered", acknowledged.len());
    outage(folder.path(), 4);
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(all_is_there(folder.path(), &acknowledged));
}

async fn all_is_there(folder: &Path, acknowledged: &BTreeMap<u32, Receipt>) {
    let engine = open(folder).await;
    let mut late = 0;
    for (alert, cases) in acknowledged.values() {
        let [case] = &cases[..] else { panic!("{alert}: {cases:?}") };
        let case = case.parse().expect("an id");
        let events = engine.verify_chain(case).await.expect("the chain holds");
        let entries = engine.timeline(case).await.expect("a timeline").entries;
        let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, (1..=events).collect::<Vec<_>>());
        let alerts = engine.case(case, None).await.expect("a case").alerts;
        assert_eq!(alerts.iter().filter(|one| one.id.to_string() == *alert).count(), 1);
        late += entries.iter().filter(|entry| entry.late_ms.is_some_and(|ms| ms > 30_000)).count();
    }
    let cases: std::collections::BTreeSet<&String> = acknowledged.values().flat_map(|(_, cases)| cases).collect();
    assert_eq!(cases.len(), acknowledged.len(), "each person has a case of their own");
    assert!(late >= cases.len(), "clocks that ran out while nobody was there fired late: {late}");
}
