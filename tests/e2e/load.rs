//! Senders who know what they sent and remember what was acknowledged.
//!
//! They do what honest senders do: whatever was not acknowledged is sent again, the same bytes, the same request. Now and
//! then they send again what was acknowledged, too; the answer must be that of the first time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::json;

use crate::dice::Dice;
use crate::http;
use crate::pause;

/// Pause after a request that was not acknowledged.
const AGAIN: Duration = Duration::from_millis(15);

/// Persons reported in one scenario: enough for kills to fall everywhere, few enough to look at everything afterwards.
const MOST_ALERTS: usize = 250;

/// What was answered to an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The alert.
    pub alert: String,
    /// Its case.
    pub case: String,
}

/// An act that was sent.
#[derive(Clone, Debug)]
pub struct Act {
    /// On this case.
    pub case: String,
    /// Which.
    pub act: &'static str,
    /// Number of its event, when it was acknowledged.
    pub number: Option<u64>,
}

/// Everything that was sent.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Alerts by the number of their person; the receipt when it was acknowledged.
    pub alerts: BTreeMap<u32, Option<Receipt>>,
    /// Acts by their request.
    pub acts: BTreeMap<String, Act>,
    /// Answers that told the sender to come again.
    pub turned_away: u32,
}

impl Ledger {
    /// How many alerts and acts were acknowledged.
    pub fn acknowledged(&self) -> (usize, usize) {
        let acts = self.acts.values().filter(|act| act.number.is_some()).count();
        (self.alerts.values().flatten().count(), acts)
    }

    /// Whether all was.
    pub fn complete(&self) -> bool {
        self.acknowledged() == (self.alerts.len(), self.acts.len())
    }
}

/// What a sender does next.
enum Next {
    Alert(u32),
    Act(String),
}

/// Senders at work.
pub struct Load {
    stop: Arc<AtomicBool>,
    senders: Vec<JoinHandle<()>>,
}

/// The book that all senders of a scenario write into.
pub type Book = Arc<Mutex<Ledger>>;
/// Where they send.
pub type Route = Arc<RwLock<Vec<SocketAddr>>>;

impl Load {
    /// Sends from several threads until it is stopped.
    pub fn start(book: &Book, route: &Route, senders: u64, seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let senders = (0..senders)
            .map(|sender| {
                let (book, route, stop) = (book.clone(), route.clone(), stop.clone());
                std::thread::spawn(move || {
                    let mut dice = Dice::new(seed ^ (sender << 32));
                    while !stop.load(Ordering::SeqCst) {
                        let next = choose(&mut book.lock().expect("not poisoned"), &mut dice);
                        if !send(&book, &route, &mut dice, &next) {
                            pause(AGAIN);
                        }
                    }
                })
            })
            .collect();
        Self { stop, senders }
    }

    /// Waits until all have stopped. Panics when one of them saw what may not be.
    pub fn stop(self) {
        self.stop.store(true, Ordering::SeqCst);
        for sender in self.senders {
            sender.join().expect("a sender saw what may not be");
        }
    }
}

/// Sends what is not acknowledged until everything is.
pub fn complete(book: &Book, route: &Route, seed: u64) {
    let mut dice = Dice::new(seed);
    for _ in 0..200 {
        let open = open(&book.lock().expect("not poisoned"));
        if open.is_empty() {
            return;
        }
        for next in open {
            if !send(book, route, &mut dice, &next) {
                pause(AGAIN);
            }
        }
    }
    panic!("not everything was acknowledged in the end: {:?}", open(&book.lock().expect("not poisoned")).len());
}

fn open(ledger: &Ledger) -> Vec<Next> {
    let alerts = ledger.alerts.iter().filter(|(_, receipt)| receipt.is_none()).map(|(number, _)| Next::Alert(*number));
    let acts =
        ledger.acts.iter().filter(|(_, act)| act.number.is_none()).map(|(request, _)| Next::Act(request.clone()));
    alerts.chain(acts).collect()
}

fn choose(ledger: &mut Ledger, dice: &mut Dice) -> Next {
    let kind = dice.below(10);
    let cases: Vec<&Receipt> = ledger.alerts.values().flatten().collect();
    if kind < 2 {
        // something from before, acknowledged or not
        let waiting = open(ledger);
        if !waiting.is_empty() {
            let place = usize::try_from(dice.below(waiting.len() as u64)).expect("small");
            return waiting.into_iter().nth(place).expect("below its length");
        }
        if let Some(last) = ledger.alerts.keys().last() {
            return Next::Alert(u32::try_from(dice.below(u64::from(*last))).expect("small") + 1);
        }
    }
    if (kind < 6 && ledger.alerts.len() < MOST_ALERTS) || cases.is_empty() {
        let number = ledger.alerts.keys().last().map_or(1, |last| last + 1);
        ledger.alerts.insert(number, None);
        return Next::Alert(number);
    }
    let case = cases[usize::try_from(dice.below(cases.len() as u64)).expect("small")].case.clone();
    let request =
        uuid::Builder::from_random_bytes((u128::from(dice.next()) << 64 | u128::from(dice.next())).to_be_bytes());
    let request = request.into_uuid().to_string();
    ledger.acts.insert(request.clone(), Act { case, act: "call_supervisor", number: None });
    Next::Act(request)
}

/// Whether it was acknowledged.
fn send(book: &Book, route: &Route, dice: &mut Dice, next: &Next) -> bool {
    let address = {
        let route = route.read().expect("not poisoned");
        route[usize::try_from(dice.below(route.len() as u64)).expect("small")]
    };
    match next {
        Next::Alert(number) => alert(book, address, *number),
        Next::Act(request) => act(book, address, request),
    }
}

fn alert(book: &Book, address: SocketAddr, number: u32) -> bool {
    let answer = http::send(address, "POST", "/api/v1/alerts?channel=mail", "message/rfc822", &mail(number));
    let Ok((status, receipt)) = answer else { return false };
    if status == 202 && receipt["cases"][0]["id"].is_string() {
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        let receipt = Receipt { alert: text(&receipt["alert"]), case: text(&receipt["cases"][0]["id"]) };
        let mut ledger = book.lock().expect("not poisoned");
        let known = ledger.alerts.get_mut(&number).expect("it was written down before it was sent");
        let first = known.get_or_insert_with(|| receipt.clone());
        assert_eq!(*first, receipt, "alert {number} was lost or taken twice");
        return true;
    }
    // 202 without a case: the bytes are kept and not worked on yet
    assert!(matches!(status, 202 | 500 | 503 | 507), "alert {number}: {status} {receipt}");
    book.lock().expect("not poisoned").turned_away += 1;
    false
}

fn act(book: &Book, address: SocketAddr, request: &str) -> bool {
    let act = book.lock().expect("not poisoned").acts[request].clone();
    let body = json!({ "request_id": request, "act": act.act, "form": {} }).to_string();
    let path = format!("/api/v1/cases/{}/acts", act.case);
    let Ok((status, done)) = http::send(address, "POST", &path, "application/json", &body) else { return false };
    if status == 200 {
        let number = done["number"].as_u64().expect("a number");
        let mut ledger = book.lock().expect("not poisoned");
        let known = ledger.acts.get_mut(request).expect("it was written down before it was sent");
        assert_eq!(*known.number.get_or_insert(number), number, "request {request} was done twice");
        return true;
    }
    assert!(matches!(status, 500 | 503 | 507), "act {request}: {status} {done}");
    book.lock().expect("not poisoned").turned_away += 1;
    false
}

/// An invented mail about the `number`-th person.
fn mail(number: u32) -> String {
    format!(
        "From: Meta Safety <alerts@meta.example.com>\r\nTo: scrb-helpdesk@police.example.org\r\n\
         Subject: Person at risk MER-2026-{number:06}\r\nDate: Sat, 21 Nov 2026 13:55:00 +0530\r\n\
         Message-ID: <e2e-{number}@meta.example.com>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         Reference: MER-2026-{number:06}\r\nPlatform: Instagram\r\nAccount: rohan.kalpit_e{number}\r\n\
         Name: Rohan Kalpit\r\nPhone: +91 55555 {number:05}\r\nLocation: Jhunjhunu\r\n\
         Post: I do not know how to go on after result number {number}.\r\n",
    )
}
