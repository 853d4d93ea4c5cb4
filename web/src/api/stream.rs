//! `GET /api/v1/stream`

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use metrics::gauge;
use niyam_engine::request::Change;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_stream::wrappers::{BroadcastStream, WatchStream};
use tokio_stream::{Stream, StreamExt as _};

use super::App;
use super::shape::moment;
use crate::http::{ApiError, ErrorCode};
use crate::telemetry::names::OPEN_STREAMS;

const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Streams at once: half of the connections, so that screens can never keep alerts out.
const MOST_STREAMS: usize = 4_096;
/// After how long a screen may come back when the server stops.
const COME_BACK: Duration = Duration::from_secs(2);

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// A place among the open streams, given back when the stream ends.
struct Place;

impl Place {
    fn take() -> Option<Self> {
        let taken =
            OPEN.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |open| (open < MOST_STREAMS).then_some(open + 1));
        taken.ok()?;
        gauge!(OPEN_STREAMS).increment(1);
        Some(Self)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::SeqCst);
        gauge!(OPEN_STREAMS).decrement(1);
    }
}

/// Tells of every change as it happens: `hello` with the time, then `change` for each case that changed.
///
/// A reader that is too slow misses changes, and so does a node that loses its line to the others; readers are told so by
/// a `change` without a case and should ask for the board. When the server stops, `bye` is the last event, and the reader
/// comes back after the `retry` that it names.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/stream", tag = "cases", responses(
    (status = 200, description = "server-sent events", body = String, content_type = "text/event-stream"),
    (status = 503, description = "too many streams are open; come again after `Retry-After`", body = crate::http::error::ErrorBody),
))]
pub async fn stream(State(app): State<App>) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let place = Place::take().ok_or_else(too_many)?;
    // Subscribed before `hello` is sent: whoever asks for the board after it misses nothing.
    let changes = BroadcastStream::new(app.engine.changes()).map(|change| Ok(told(&change)));
    // The line to the other nodes was down for a while.
    let missed = WatchStream::from_changes(app.engine.missed()).map(|_| Ok(look_again(None)));
    let changes = changes.merge(missed);
    let hello =
        Event::default().event("hello").data(serde_json::json!({ "now": moment(app.engine.now()) }).to_string());
    // Open streams end when the server stops; it would wait for them for ever.
    let stop = WatchStream::new(app.stopping.clone()).filter(|stop| *stop);
    let bye = Event::default().event("bye").retry(COME_BACK).data("{}");
    let bye = stop.take(1).map(move |_| Some(Ok(bye.clone()))).chain(tokio_stream::once(None));
    let told = tokio_stream::once(Ok(hello)).chain(changes).map(Some).merge(bye);
    let told = told.take_while(Option::is_some).filter_map(move |event| {
        let _held_as_long_as_the_stream = &place;
        event
    });
    Ok(Sse::new(told).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn too_many() -> ApiError {
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Busy,
        "Too many screens are open. Try again in a minute.",
        "बहुत सारी स्क्रीन खुली हैं। एक मिनट में फिर प्रयास करें।",
    )
    .retry_after_s(60)
}

fn told(change: &Result<Change, BroadcastStreamRecvError>) -> Event {
    match change {
        Ok(change) => {
            let data = serde_json::json!({ "case": change.case, "number": change.number, "board": true });
            Event::default().event("change").data(data.to_string())
        }
        Err(BroadcastStreamRecvError::Lagged(missed)) => look_again(Some(*missed)),
    }
}

/// A `change` without a case: some were missed, how many if that is known.
fn look_again(missed: Option<u64>) -> Event {
    let data = serde_json::json!({ "case": null, "number": null, "board": true, "missed": missed });
    Event::default().event("change").data(data.to_string())
}
