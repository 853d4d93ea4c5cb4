//! `niyam bench latency`
//!
//! The whole way of an alert, as its sender and the receiver of the answer see it: HTTP on loopback into a server with all
//! its layers, the shipped rules and protocols, events on disk, effects through the outbox into a channel. The protocols are
//! the shipped ones but for one thing: a case answers its platform when it is opened, so that each has a message to hand to
//! the channel.
//!
//! Alerts arrive by a schedule that does not wait for answers, and every time counts from the moment an alert should have
//! been sent. A server that stands still for a second delays all the alerts of that second, and all of them are counted
//! (no coordinated omission). Senders and server share the machine.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use clap::Args;
use niyam_engine::engine::{Config, Engine, Limits};
use niyam_engine::outbox::{Channel, Channels, Sent, Unsent};
use niyam_engine::store::OutgoingRow;
use niyam_engine::time::{SystemClock, SystemEntropy};
use niyam_rules::bundle::Library;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::BenchError;
use super::arrivals::{Arrival, arrivals};
use super::measure::{Machine, Spread, Times, as_float, fsync_ms, now, per_second, round};
use super::place::Place;
use super::sender::{Answer, Sender};
use crate::api::{self, App};
use crate::console::Console;
use crate::http::guard::Hosts;
use crate::people::Office;
use crate::staff::Staff;
use crate::{demo, intake, server};

/// How long what was answered may take to reach the channel before the bench gives up.
const REST: Duration = Duration::from_secs(30);

/// From an alert over HTTP to the message in the channel, at a given rate.
#[derive(Debug, Args)]
pub struct Latency {
    /// Where to write: `sqlite:FOLDER`; made for the bench and deleted after it.
    #[arg(long, value_name = "STORE", default_value = "sqlite:niyam-bench")]
    pub store: Place,
    /// Alerts per second.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: u32,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// Seconds of the same before that, which are not measured.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=600))]
    pub warm_up: u32,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    bench: &'static str,
    store: &'static str,
    rate: u32,
    seconds: u32,
    /// Alerts that were to be sent while it was measured.
    alerts: usize,
    /// Of those, answered with 202.
    accepted: usize,
    /// Answered with something else, or not at all.
    refused: usize,
    /// Accepted per second, until the last answer.
    achieved_per_s: f64,
    opened: usize,
    joined: usize,
    repeated: usize,
    filed: usize,
    /// From when it should have been sent to the answer, when it is durable.
    acknowledged: Spread,
    /// From when it should have been sent to the channel, for the alerts that opened a case.
    handed_over: Spread,
    fsync_ms: f64,
    machine: Machine,
}

/// Measures.
pub async fn run(arguments: &Latency, console: &Console) -> Result<Report, BenchError> {
    let machine = Machine::look();
    let made = arguments.store.make().await?;
    let fsync_ms = fsync_ms(made.folder())?;
    let bar = console.progress(0);
    bar.set_message("writing alerts");
    let warm = (arguments.rate * arguments.warm_up) as usize;
    let alerts = arrivals(arguments.rate, warm + (arguments.rate * arguments.seconds) as usize);

    let told = Told::default();
    let office = demo::office().map_err(|error| BenchError::Wrong(error.to_string()))?;
    let staff = Staff { seats: office.seats(), may_switch: true, operator: Some(0) };
    let engine = Engine::open(config(made.data(), office, told.clone())).await?;
    let (stop, stopping) = watch::channel(false);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = App::new(engine.clone(), staff, Hosts::Loopback, stopping.clone());
    let mut work = JoinSet::new();
    work.spawn(engine.clone().run(stopped(stopping.clone())));
    work.spawn(async move {
        let _connections_cut = server::serve(listener, api::router(app), server::Limits::default(), stopping).await;
    });

    bar.set_message("alerts by the schedule");
    let seen = drive(address, arguments.rate, &alerts, &bar).await?;
    bar.set_message("what is still on its way to the channel");
    let opened: Vec<&str> = seen.iter().filter_map(|seen| seen.opened()).collect();
    told.wait_for(&opened).await?;
    bar.finish_and_clear();
    let _nobody_listens = stop.send(true);
    while work.join_next().await.is_some() {}

    let mut report = report(arguments, &seen[warm..], &told);
    (report.fsync_ms, report.machine) = (fsync_ms, machine);
    Ok(report)
}

fn config(data: niyam_engine::engine::Data, office: Office, told: Told) -> Config {
    Config {
        data,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        library: library(),
        people: Arc::new(office),
        intake: intake::shipped(),
        channels: Channels(vec![Arc::new(told)]),
        max_pages: None,
        schedules: niyam_engine::schedule::Schedules::default(),
        limits: Limits::default(),
    }
}

/// The shipped protocols, each answering its platform when a case is opened.
fn library() -> Library {
    const TOLD: &str = "{ notify: help_desk, message: new_alert }";
    let mut library = niyam_rules::shipped::library();
    for bundle in library.values_mut() {
        for (path, text) in &mut bundle.files {
            if path == "protocol.yaml" {
                *text = text.replace(TOLD, &format!("{TOLD}, {{ reply: platform, message: received }}"));
            }
        }
    }
    library
}

/// Resolves when the bench is over.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    // a sender that is gone means the same
    let _gone = stopping.wait_for(|stop| *stop).await;
}

/// A channel that notes when it was handed the first message of each case.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<BTreeMap<String, Instant>>>);

impl Told {
    fn when(&self, case: &str) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(case).copied()
    }

    async fn wait_for(&self, cases: &[&str]) -> Result<(), BenchError> {
        let start = now();
        while let Some(case) = cases.iter().find(|case| self.when(case).is_none()) {
            if start.elapsed() > REST {
                return Err(BenchError::Wrong(format!("{case} has not told its platform after {} s", REST.as_secs())));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

#[async_trait]
impl Channel for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn carries(&self, _message: &OutgoingRow) -> bool {
        true
    }

    async fn send(&self, message: &OutgoingRow) -> Result<Sent, Unsent> {
        let at = now();
        let case = message.id.case.to_string();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(case).or_insert(at);
        Ok(Sent { channel: "bench".to_owned(), note: String::new() })
    }
}

/// One alert that was sent, or should have been.
struct Seen {
    due: Instant,
    answered: Instant,
    /// `None` when there was no answer, or another than 202.
    answer: Option<Answer>,
}

impl Seen {
    /// The first case that it opened.
    fn opened(&self) -> Option<&str> {
        let answer = self.answer.as_ref().filter(|answer| !answer.repeat)?;
        answer.cases.iter().find(|case| case.relation == "new").map(|case| case.id.as_str())
    }
}

/// Sends every alert when it is due, whether the ones before it were answered or not.
async fn drive(
    address: SocketAddr,
    rate: u32,
    alerts: &[Arrival],
    bar: &indicatif::ProgressBar,
) -> Result<Vec<Seen>, BenchError> {
    let sender = Arc::new(Sender::new(address));
    let mut sending = JoinSet::new();
    let start = now();
    bar.set_length(alerts.len() as u64);
    for (number, alert) in alerts.iter().enumerate() {
        let due = start + Duration::from_secs_f64(as_float(number as u64) / f64::from(rate));
        tokio::time::sleep_until(due.into()).await;
        let (sender, request) = (Arc::clone(&sender), sender.request(alert));
        sending.spawn(async move {
            let answer = sender.send(&request).await;
            (number, Seen { due, answered: now(), answer: answer.ok().flatten() })
        });
        bar.inc(1);
    }
    let mut seen: Vec<Option<Seen>> = alerts.iter().map(|_| None).collect();
    while let Some(sent) = sending.join_next().await {
        let (number, one) = sent.map_err(|error| BenchError::Wrong(error.to_string()))?;
        seen[number] = Some(one);
    }
    Ok(seen.into_iter().flatten().collect())
}

fn report(arguments: &Latency, seen: &[Seen], told: &Told) -> Report {
    let (mut acknowledged, mut handed_over) = (Times::new(), Times::new());
    for one in seen {
        acknowledged.add(one.answered.saturating_duration_since(one.due));
        if let Some(at) = one.opened().and_then(|case| told.when(case)) {
            handed_over.add(at.saturating_duration_since(one.due));
        }
    }
    let answers: Vec<&Answer> = seen.iter().filter_map(|one| one.answer.as_ref()).collect();
    let count = |what: fn(&Answer) -> bool| answers.iter().filter(|answer| what(answer)).count();
    let opened = seen.iter().filter(|one| one.opened().is_some()).count();
    let repeated = count(|answer| answer.repeat);
    let filed = count(|answer| answer.class == "filed");
    let first = seen.first().map(|one| one.due);
    let last = seen.iter().map(|one| one.answered).max();
    let taken = first.zip(last).map_or(Duration::ZERO, |(first, last)| last.saturating_duration_since(first));
    Report {
        bench: "latency",
        store: arguments.store.kind(),
        rate: arguments.rate,
        seconds: arguments.seconds,
        alerts: seen.len(),
        accepted: answers.len(),
        refused: seen.len() - answers.len(),
        achieved_per_s: round(per_second(answers.len() as u64, taken), 1),
        opened,
        joined: answers.len() - opened - repeated - filed,
        repeated,
        filed,
        acknowledged: acknowledged.spread(),
        handed_over: handed_over.spread(),
        fsync_ms: 0.0,
        machine: Machine { processors: 0, load_before: None },
    }
}
