//! Every metric with its kind, unit and meaning. `docs/operations.md` has the same list for those who watch.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Duration of HTTP requests.
pub const HTTP_REQUEST_SECONDS: &str = "niyam_http_request_seconds";
/// Live streams that are open.
pub const OPEN_STREAMS: &str = "niyam_open_streams";
/// Whether a part is ready.
pub const READY: &str = "niyam_ready";
/// Version of the program.
pub const BUILD_INFO: &str = "niyam_build_info";
/// Memory of the process.
pub const RESIDENT_BYTES: &str = "process_resident_memory_bytes";
/// Files and connections of the process.
pub const OPEN_FILES: &str = "process_open_fds";
/// How many of them it may have.
pub const MOST_FILES: &str = "process_max_fds";

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counted in buckets.
    Histogram,
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, with the unit at the end where it has one.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its unit.
    pub unit: Unit,
    /// What it says.
    pub help: &'static str,
}

const fn metric(name: &'static str, kind: Kind, unit: Unit, help: &'static str) -> Metric {
    Metric { name, kind, unit, help }
}

/// All metrics, in the order of the list in `docs/operations.md`.
pub const ALL: &[Metric] = &[
    metric(BUILD_INFO, Kind::Gauge, Unit::Count, "Always 1; the label says which version runs"),
    metric(READY, Kind::Gauge, Unit::Count, "1 when the part works, else 0; asked at each reading"),
    metric(
        HTTP_REQUEST_SECONDS,
        Kind::Histogram,
        Unit::Seconds,
        "Time from the head of a request to the head of its answer",
    ),
    metric(OPEN_STREAMS, Kind::Gauge, Unit::Count, "Live streams that are open"),
    metric("niyam_alerts_total", Kind::Counter, Unit::Count, "Alerts taken in"),
    metric("niyam_intake_seconds", Kind::Histogram, Unit::Seconds, "Time of one stage of taking in an alert"),
    metric("niyam_unread_alerts", Kind::Gauge, Unit::Count, "Alerts that are stored and not yet worked on"),
    metric("niyam_admission_waiting", Kind::Gauge, Unit::Count, "Requests that were let in and are not answered yet"),
    metric("niyam_lane_queue_depth", Kind::Gauge, Unit::Count, "Commits that wait in a lane"),
    metric("niyam_commit_size", Kind::Histogram, Unit::Count, "Commits that went into one transaction"),
    metric("niyam_commit_seconds", Kind::Histogram, Unit::Seconds, "Time of one transaction until it was durable"),
    metric("niyam_case_cache_bytes", Kind::Gauge, Unit::Bytes, "Memory of the cases kept ready"),
    metric("niyam_case_cache_hits_total", Kind::Counter, Unit::Count, "Steps whose case was ready in memory"),
    metric("niyam_case_cache_misses_total", Kind::Counter, Unit::Count, "Steps whose case had to be loaded"),
    metric(
        "niyam_clock_lateness_seconds",
        Kind::Histogram,
        Unit::Seconds,
        "Time between when a clock was due and when it fired",
    ),
    metric("niyam_clocks_due", Kind::Gauge, Unit::Count, "Clocks that are due and have not fired"),
    metric("niyam_outbox_waiting", Kind::Gauge, Unit::Count, "Effects that are due and not delivered"),
    metric("niyam_outbox_age_seconds", Kind::Gauge, Unit::Seconds, "How long the oldest due effect has waited"),
    metric("niyam_delivery_seconds", Kind::Histogram, Unit::Seconds, "Time of one try to deliver"),
    metric("niyam_delivery_failures_total", Kind::Counter, Unit::Count, "Tries to deliver that failed"),
    metric("niyam_circuit_open", Kind::Gauge, Unit::Count, "1 while a channel is left alone because it keeps failing"),
    metric(RESIDENT_BYTES, Kind::Gauge, Unit::Bytes, "Memory of the process that is in RAM"),
    metric(OPEN_FILES, Kind::Gauge, Unit::Count, "Files and connections that the process has open"),
    metric(MOST_FILES, Kind::Gauge, Unit::Count, "Files and connections that it may have open"),
];

/// Tells the recorder what each metric means.
pub fn describe() {
    for metric in ALL {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.unit, metric.help),
            Kind::Gauge => describe_gauge!(metric.name, metric.unit, metric.help),
            Kind::Histogram => describe_histogram!(metric.name, metric.unit, metric.help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_operators_lists_every_metric_with_its_kind() {
        let page = include_str!("../../../docs/operations.md");
        let row = |line: &'static str| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            Some((cells.next()?.trim_matches('`').split('{').next()?, cells.next()?))
        };
        let listed: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with("| `niyam_") || line.starts_with("| `process_"))
            .filter_map(row)
            // a rule of what to watch may begin with the name of a metric
            .filter(|(name, _)| !name.contains(' '))
            .collect();
        let known: Vec<_> =
            ALL.iter().map(|metric| (metric.name, format!("{:?}", metric.kind).to_lowercase())).collect();
        let known: Vec<_> = known.iter().map(|(name, kind)| (*name, kind.as_str())).collect();
        assert_eq!(listed, known, "docs/operations.md: the table of metrics");
    }
}
