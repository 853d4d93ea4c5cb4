//! Log lines on the error output.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// What is logged of Niyam's own packages unless more is asked for.
pub const DEFAULT: &str = "info";

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, for programs.
    Json,
}

/// A filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the log filter `{filter}` cannot be read")]
pub struct FilterError {
    /// As it was given.
    filter: String,
    /// Why.
    source: tracing_subscriber::filter::ParseError,
}

/// The filter that `asked` names: a level, which holds for Niyam's own packages only, or directives as
/// `niyam_engine=debug,hyper=info`.
///
/// A bare level leaves other packages at warnings: what they log in detail are bytes of connections and statements, and
/// nobody has promised that no person stands in those.
///
/// # Errors
/// [`FilterError`] when it is neither.
pub fn filter(asked: &str) -> Result<EnvFilter, FilterError> {
    let bad = |source| FilterError { filter: asked.to_owned(), source };
    let directives = match asked.parse::<tracing_subscriber::filter::LevelFilter>() {
        Ok(level) => format!("warn,niyam={level},niyam_web={level},niyam_engine={level},niyam_kernel={level}"),
        Err(_) => asked.to_owned(),
    };
    EnvFilter::builder().parse(directives).map_err(bad)
}

/// Held as long as something may be logged. Sends the spans that wait when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Telling {
    #[cfg(feature = "otel")]
    _traces: Option<super::traces::Traces>,
}

/// Begins to log: in `format`, or else as lines for people on a terminal and as JSON otherwise. With the feature `otel`
/// spans are exported too when the `OTEL_*` variables ask for it, whatever the log leaves out. Call it outside of an
/// asynchronous runtime, and drop what it gives there.
///
/// # Errors
/// [`FilterError`] when `asked` is no filter.
pub fn begin(asked: &str, format: Option<LogFormat>) -> Result<Telling, FilterError> {
    let terminal = std::io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json }) {
        LogFormat::Text => lines.with_target(false).with_ansi(terminal).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter(asked)?));
    #[cfg(feature = "otel")]
    let traces = super::traces::Traces::of_environment();
    #[cfg(feature = "otel")]
    let registry = match &traces {
        Ok(Some(traces)) => registry.with(Some(traces.layer().with_filter(filter(DEFAULT)?))),
        Ok(None) | Err(_) => registry.with(None),
    };
    // Only one who logs already, as a test may, has a subscriber; its lines are as good.
    let _logs_already = registry.try_init();
    Ok(Telling {
        #[cfg(feature = "otel")]
        _traces: traces.unwrap_or_else(|error| {
            tracing::error!(%error, "spans are not exported: the OTEL_* variables cannot be used");
            None
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_level_is_for_our_own_packages() {
        let shown = filter("debug").expect("a level").to_string();
        assert!(shown.contains("niyam_engine=debug") && shown.contains("warn") && !shown.contains("hyper"), "{shown}");
        let shown = filter("niyam_web=trace,hyper=info").expect("directives").to_string();
        assert!(shown.contains("hyper=info") && !shown.contains("niyam_engine"), "{shown}");
        assert!(filter("niyam_web=loud").is_err());
    }
}
