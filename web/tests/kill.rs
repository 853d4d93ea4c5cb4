//! Kill -9 in the middle of the demo: nothing acknowledged is lost, nothing is there twice, the board goes on.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use niyam_engine::engine::{Config, Data, Engine};
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
    let config = Config {
        data: Data::Folder(folder.to_owned()),
        clock: Arc::new(FastClock::of_folder(folder, SystemClock).expect("the demo's clock")),
        entropy: Arc::new(SystemEntropy),
        library: niyam_rules::shipped::library(),
        people: Arc::new(niyam_web::demo::office().expect("the demo's roster")),
        intake: niyam_web::intake::shipped(),
        channels: Channels::default(),
        max_pages: None,
    };
    let engine = Engine::open(config).await.expect("opens after the kill");
    for case in cases {
        let events = engine.verify_chain(case.parse().expect("an id")).await;
        assert!(events.is_ok_and(|events| events > 0), "{case}");
    }
}
