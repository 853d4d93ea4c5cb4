//! Real time, histograms, and what the machine was doing meanwhile.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The longest time that is told apart: a minute, in microseconds.
const LONGEST_US: u64 = 60_000_000;

/// Now, for measuring.
#[expect(clippy::disallowed_methods, reason = "a measurement needs the real clock")]
pub fn now() -> Instant {
    Instant::now()
}

/// How often per second.
pub fn per_second(count: u64, taken: Duration) -> f64 {
    round(as_float(count) / taken.as_secs_f64().max(f64::EPSILON), 1)
}

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub fn as_float(count: u64) -> f64 {
    count as f64
}

/// Rounded to so many places behind the point.
pub fn round(value: f64, places: i32) -> f64 {
    let unit = 10_f64.powi(places);
    (value * unit).round() / unit
}

/// Times that things took.
pub struct Times(Histogram<u64>);

impl Times {
    /// None yet.
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_US, 3).expect("the bounds are constants that make sense"))
    }

    /// One more. What took longer than a minute counts as a minute.
    pub fn add(&mut self, taken: Duration) {
        self.0.saturating_record(u64::try_from(taken.as_micros()).unwrap_or(LONGEST_US).max(1));
    }

    /// Those of another.
    pub fn join(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    /// In milliseconds.
    pub fn spread(&self) -> Spread {
        let at = |quantile: f64| round(as_float(self.0.value_at_quantile(quantile)) / 1_000.0, 3);
        Spread { p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99), max_ms: at(1.0) }
    }
}

/// How long things took, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Spread {
    /// Half took less.
    pub p50_ms: f64,
    /// All but one in ten took less.
    pub p90_ms: f64,
    /// All but one in a hundred took less.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl Spread {
    /// Its median to that of another.
    pub fn ratio_to(&self, other: &Self) -> f64 {
        self.p50_ms / other.p50_ms.max(f64::EPSILON)
    }
}

/// What the machine can do and was doing, so that figures of different runs can be told apart.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Processors that this process may use.
    pub processors: usize,
    /// Processes that ran or waited to run in the last minute, on average, before the bench began; `None` = not known.
    pub load_before: Option<f64>,
}

impl Machine {
    /// As it is now.
    pub fn look() -> Self {
        let load = std::fs::read_to_string("/proc/loadavg").ok();
        Self {
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            load_before: load.and_then(|text| text.split(' ').next()?.parse().ok()),
        }
    }
}

/// Median milliseconds until four thousand bytes are on the disk that holds a folder.
pub fn fsync_ms(folder: &Path) -> io::Result<f64> {
    let path = folder.join("fsync");
    let mut file = File::create(&path)?;
    let mut times = Times::new();
    for _ in 0..200 {
        let start = now();
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
        times.add(start.elapsed());
    }
    drop(file);
    std::fs::remove_file(path)?;
    Ok(times.spread().p50_ms)
}
