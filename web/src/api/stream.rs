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
/// A reader that is too slow misses changes; it is told so by a `change` without a case and should ask for the board.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(get, path = "/api/v1/stream", tag = "cases", responses(
    (status = 200, description = "server-sent events", body = String, content_type = "text/event-stream"),
))]
pub async fn stream(State(app): State<App>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    // Subscribed before `hello` is sent: whoever asks for the board after it misses nothing.
    let changes = BroadcastStream::new(app.engine.changes()).map(|change| Ok(told(&change)));
    let hello =
        Event::default().event("hello").data(serde_json::json!({ "now": moment(app.engine.now()) }).to_string());
    // Open streams end when the server stops; it would wait for them for ever.
    let stop = WatchStream::from_changes(app.stopping.clone()).map(|_| None);
    let told = tokio_stream::once(Ok(hello)).chain(changes).map(Some).merge(stop);
    Sse::new(told.take_while(Option::is_some).filter_map(|event| event))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

fn told(change: &Result<Change, BroadcastStreamRecvError>) -> Event {
    let data = match change {
        Ok(change) => serde_json::json!({ "case": change.case, "number": change.number, "board": true }),
        Err(BroadcastStreamRecvError::Lagged(missed)) => {
            serde_json::json!({ "case": null, "number": null, "board": true, "missed": missed })
        }
    };
    Event::default().event("change").data(data.to_string())
}
