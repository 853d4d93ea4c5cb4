//! `GET /api/v1/stream`

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use niyam_engine::request::Change;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_stream::wrappers::{BroadcastStream, WatchStream};
use tokio_stream::{Stream, StreamExt as _};

use super::App;
use super::shape::moment;

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Tells of every change as it happens: `hello` with the time, then `change` for each case that changed.
///
/// A reader that is too slow misses changes, and so does a node that loses its line to the others; readers are told so by
/// a `change` without a case and should ask for the board.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/stream", tag = "cases", responses(
    (status = 200, description = "server-sent events", body = String, content_type = "text/event-stream"),
))]
pub async fn stream(State(app): State<App>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // Subscribed before `hello` is sent: whoever asks for the board after it misses nothing.
    let changes = BroadcastStream::new(app.engine.changes()).map(|change| Ok(told(&change)));
    // The line to the other nodes was down for a while.
    let missed = WatchStream::from_changes(app.engine.missed()).map(|_| Ok(look_again(None)));
    let changes = changes.merge(missed);
    let hello =
        Event::default().event("hello").data(serde_json::json!({ "now": moment(app.engine.now()) }).to_string());
    // Open streams end when the server stops; it would wait for them for ever.
    let stop = WatchStream::from_changes(app.stopping.clone()).map(|_| None);
    let told = tokio_stream::once(Ok(hello)).chain(changes).map(Some).merge(stop);
    Sse::new(told.take_while(Option::is_some).filter_map(|event| event))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
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
