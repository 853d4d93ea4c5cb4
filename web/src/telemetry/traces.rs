//! Export of spans over OTLP, for those who build with the feature `otel`.
//!
//! Where to and how is said by the variables of the OpenTelemetry specification (`OTEL_EXPORTER_OTLP_ENDPOINT`,
//! `OTEL_SERVICE_NAME`, `OTEL_TRACES_SAMPLER`, …), which its own library reads. Without an address nothing is exported.
//! Spans are those of the log: routes, ids and times, no person. There is no TLS: the collector runs on the same machine.

use opentelemetry::Key;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

/// Name of the service unless the variables have one.
const SERVICE: &str = "niyam";
/// Variables that name an address.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// The export. What waits is sent when it is dropped, which takes 5 s at most.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Begins to export to where the variables of the process say; `None` when they do not ask for it.
    ///
    /// # Errors
    /// What they say cannot be used.
    pub fn of_environment() -> Result<Option<Self>, ExporterBuildError> {
        if !asked_for(|name| std::env::var(name).ok()) {
            return Ok(None);
        }
        let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build();
        Ok(Some(Self { provider }))
    }

    /// What gives spans to the export.
    #[must_use]
    pub fn layer<S>(&self) -> OpenTelemetryLayer<S, SdkTracer>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(SERVICE))
            .with_location(false)
            .with_threads(false)
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(%error, "the last spans could not be exported");
        }
    }
}

/// Whether the variables ask for an export.
fn asked_for(variable: impl Fn(&str) -> Option<String>) -> bool {
    let says = |name, what| variable(name).is_some_and(|said| said.trim().eq_ignore_ascii_case(what));
    let address = || ENDPOINTS.iter().any(|name| variable(name).is_some_and(|said| !said.trim().is_empty()));
    let off = says("OTEL_SDK_DISABLED", "true") || says("OTEL_TRACES_EXPORTER", "none");
    !off && (says("OTEL_TRACES_EXPORTER", "otlp") || address())
}

/// What the spans say of the process.
fn resource() -> Resource {
    let said = Resource::builder().build();
    let name = said.get(&Key::from_static_str("service.name"));
    // the library's word for a service that has no name
    if name.is_some_and(|name| !name.as_str().starts_with("unknown_service")) {
        return said;
    }
    Resource::builder().with_service_name(SERVICE).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_exported_unless_the_variables_ask_for_it() {
        let asked = |set: &[(&str, &str)]| {
            asked_for(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        let address = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");
        assert!(!asked(&[]));
        assert!(!asked(&[("OTEL_SERVICE_NAME", "niyam")]));
        assert!(!asked(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]));
        assert!(asked(&[address]));
        assert!(asked(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:4318/v1/traces")]));
        assert!(asked(&[("OTEL_TRACES_EXPORTER", "otlp")]));
        assert!(!asked(&[address, ("OTEL_TRACES_EXPORTER", "none")]));
        assert!(!asked(&[address, ("OTEL_SDK_DISABLED", "TRUE")]));
    }
}
