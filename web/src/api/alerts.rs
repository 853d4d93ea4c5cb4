//! `POST /api/v1/alerts`

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use niyam_engine::request::{ALERT_BYTES, Received};
use serde::{Deserialize, Serialize};
use tokio_stream::StreamExt as _;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::engine_error::too_large;
use super::shape::ReceiptShape;
use crate::http::ApiError;

/// How the alert came.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Came {
    /// Through what.
    pub channel: Channel,
    /// Marked as an exercise.
    #[serde(default)]
    pub drill: bool,
}

/// Through what an alert comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// RFC 5322 mail.
    Mail,
    /// JSON of a platform.
    Webhook,
    /// JSON of X: mentions and direct messages.
    X,
    /// JSON of K-SOS.
    Ksos,
    /// What an operator wrote down.
    Note,
}

impl Channel {
    /// As the engine calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
            Self::X => "x",
            Self::Ksos => "ksos",
            Self::Note => "note",
        }
    }

    /// Media type when the sender says none.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Mail => "message/rfc822",
            Self::Webhook | Self::X | Self::Ksos => "application/json",
            Self::Note => "text/plain; charset=utf-8",
        }
    }
}

/// Takes in one alert. When this answers, the bytes are durable.
///
/// # Errors
/// As the responses below say.
#[utoipa::path(post, path = "/api/v1/alerts", tag = "alerts", params(Came),
    request_body(content = Vec<u8>, description = "the message, byte for byte", content_type = "application/octet-stream"),
    responses(
    (status = 202, body = ReceiptShape),
    (status = 413, description = "larger than 40 MB", body = crate::http::error::ErrorBody),
    (status = 503, description = "come again after `Retry-After`", body = crate::http::error::ErrorBody),
    (status = 507, description = "the disk is full", body = crate::http::error::ErrorBody),
))]
pub async fn receive(
    State(app): State<App>,
    Query(came): Query<Came>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<ReceiptShape>), ApiError> {
    let bytes = read(body).await?;
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = said.unwrap_or_else(|| came.channel.media_type()).to_owned();
    let received = Received {
        channel: came.channel.as_str().to_owned(),
        content_type,
        bytes,
        received_at: app.engine.now(),
        drill: came.drill,
    };
    let receipt = app.engine.receive(received).await?;
    Ok((StatusCode::ACCEPTED, Json(receipt.into())))
}

/// Bytes of an over-long body that are read and thrown away, so that a sender which does not listen while it sends
/// still gets the answer instead of a broken connection.
const DRAINED_BYTES: usize = 4 * ALERT_BYTES;

async fn read(body: Body) -> Result<Vec<u8>, ApiError> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut total: usize = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            ApiError::bad_request(
                "The body broke off before it was complete. Nothing was stored; send it again.",
                "सामग्री अधूरी आई। कुछ भी सहेजा नहीं गया; फिर से भेजें।",
            )
        })?;
        total = total.saturating_add(chunk.len());
        if total <= ALERT_BYTES {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
        }
        if total > DRAINED_BYTES {
            break;
        }
    }
    if total > ALERT_BYTES { Err(too_large(ALERT_BYTES)) } else { Ok(bytes) }
}
