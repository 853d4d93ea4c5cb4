//! Alerts on the command line.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use niyam_engine::request::{ALERT_BYTES, Received};
use niyam_kernel::time::Timestamp;

use super::CliError;
use crate::api::alerts::Channel;

/// When an alert on the command line is taken to have come: 2026-11-21T08:30:00Z, so that results repeat.
pub const CAME: Timestamp = Timestamp::from_ms(1_795_249_800_000);

/// Reads the bytes of a file; `-` is the standard input.
///
/// # Errors
/// Unreadable, or larger than an alert may be.
pub fn bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    let unreadable = |source| CliError::Unreadable { path: path.to_owned(), source };
    let limit = ALERT_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        fs::File::open(path).map_err(unreadable)?.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    if bytes.len() > ALERT_BYTES {
        return Err(CliError::Usage {
            problem: format!("`{}` is larger than the {} MB that an alert may have", path.display(), ALERT_BYTES >> 20),
            advice: "leave out its largest attachments, and keep the original".to_owned(),
        });
    }
    Ok(bytes)
}

/// Reads a file of text; `-` is the standard input.
///
/// # Errors
/// As [`bytes`], and when it is not UTF-8.
pub fn text(path: &Path) -> Result<String, CliError> {
    String::from_utf8(bytes(path)?).map_err(|error| CliError::Unreadable {
        path: path.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidData, error.utf8_error()),
    })
}

/// The alert in a file, on the channel that its content speaks for: JSON of K-SOS or X, other JSON, a mail.
///
/// # Errors
/// As [`bytes`].
pub fn received(path: &Path) -> Result<Received, CliError> {
    let bytes = bytes(path)?;
    let channel = channel(&bytes);
    let content_type = channel.media_type().to_owned();
    Ok(Received { channel: channel.as_str().to_owned(), content_type, bytes, received_at: CAME, drill: false })
}

fn channel(bytes: &[u8]) -> Channel {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(bytes) else { return Channel::Mail };
    if fields.contains_key("tweet_create_events") || fields.contains_key("direct_message_events") {
        Channel::X
    } else if fields.contains_key("session_id") && fields.contains_key("device_ref") {
        Channel::Ksos
    } else {
        Channel::Webhook
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_the_channel() {
        assert_eq!(channel(b"From: a@example.org\r\n\r\nhelp"), Channel::Mail);
        assert_eq!(channel(br#"{"tweet_create_events":[]}"#), Channel::X);
        assert_eq!(channel(br#"{"session_id":"ks-1","device_ref":"d"}"#), Channel::Ksos);
        assert_eq!(channel(br#"{"report":{}}"#), Channel::Webhook);
    }
}
