//! How a server runs: what it logs, and how it stops.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use niyam_engine::time::{Clock, SystemClock};
use niyam_kernel::time::Timestamp;
use tokio::sync::watch;

use crate::api::health::Readiness;
use crate::demo::clock::FastClock;
use crate::telemetry::log::{self, LogFormat};

/// Options for those who run the server.
#[derive(Debug, Args)]
pub struct Operations {
    /// What is logged: error, warn, info, debug or trace for Niyam's own packages, or directives as
    /// `niyam_engine=debug,niyam_web=info`.
    #[arg(long, value_name = "FILTER", default_value = log::DEFAULT)]
    pub log: String,
    /// How log lines are written [default: text on a terminal, else json].
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Most seconds that running requests may take to end when the server stops.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(0..=3_600))]
    pub drain_seconds: u64,
    /// Seconds before that in which new requests are still taken while `/readyz` already says `draining`, so that a proxy
    /// finds another node first.
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=600))]
    pub drain_grace_seconds: u64,
    /// For tests of the whole program only: time runs so many times as fast since a moment in Unix milliseconds, as
    /// `1795249800000:60`. Every node on one database must have the same.
    #[arg(long, hide = true, value_name = "BEGAN:RATE")]
    pub trial_clock: Option<TrialClock>,
}

/// Time for a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialClock {
    began: Timestamp,
    rate: u32,
}

impl FromStr for TrialClock {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (began, rate) = text.split_once(':').ok_or("write BEGAN:RATE")?;
        let began = began.parse().map(Timestamp::from_ms).map_err(|_| "BEGAN is a number of milliseconds")?;
        let rate = rate.parse().ok().filter(|rate| *rate > 0).ok_or("RATE is a number from 1")?;
        Ok(Self { began, rate })
    }
}

impl Operations {
    /// Time for what runs.
    #[must_use]
    pub const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// The machine's clock, unless a test has its own.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        let Some(TrialClock { began, rate }) = self.trial_clock else { return Arc::new(SystemClock) };
        tracing::warn!(rate, "time is not the real one: this server runs a test");
        Arc::new(FastClock::since(began, rate, SystemClock))
    }

    /// Time for proxies to look elsewhere.
    #[must_use]
    pub const fn grace(&self) -> Duration {
        Duration::from_secs(self.drain_grace_seconds)
    }
}

/// The two steps of stopping.
pub struct Stop {
    /// No new requests; streams end.
    pub requests: watch::Sender<bool>,
    /// No more clocks and deliveries; after the last request.
    pub work: watch::Sender<bool>,
}

/// Waits until the process is asked to stop, by Ctrl-C or the signal TERM; then says so to proxies, and stops taking
/// requests after the grace. Who asks twice ends the grace.
pub async fn asked_to_stop(readiness: Readiness, stop: watch::Sender<bool>, grace: Duration) {
    signalled().await;
    readiness.drain();
    tracing::info!(grace_s = grace.as_secs(), "the server was asked to stop");
    tokio::select! {
        biased;
        () = signalled() => {}
        () = tokio::time::sleep(grace) => {}
    }
    // Nobody listens any more only when the server has stopped already.
    let _stopped_already = stop.send(true);
}

async fn signalled() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
