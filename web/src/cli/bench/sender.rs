//! Sends alerts over HTTP/1.1 on connections that stay open, as a gateway would.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

use super::arrivals::Arrival;

/// The largest answer that is read.
const ANSWER_BYTES: usize = 1 << 20;

/// Connections to one server.
pub struct Sender {
    address: SocketAddr,
    idle: Mutex<Vec<BufStream<TcpStream>>>,
}

/// What the server says of an alert, as far as the bench asks.
#[derive(Debug, Deserialize)]
pub struct Answer {
    pub class: String,
    pub repeat: bool,
    pub cases: Vec<AnswerCase>,
}

/// A case it opened or joined.
#[derive(Debug, Deserialize)]
pub struct AnswerCase {
    pub id: String,
    pub relation: String,
}

impl Sender {
    /// No connection yet.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, idle: Mutex::default() }
    }

    /// The bytes of a request.
    pub fn request(&self, alert: &Arrival) -> Vec<u8> {
        let head = format!(
            "POST /api/v1/alerts?channel={} HTTP/1.1\r\nhost: {}\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
            alert.channel.as_str(),
            self.address,
            alert.channel.media_type(),
            alert.body.len()
        );
        [head.as_bytes(), alert.body.as_bytes()].concat()
    }

    /// Sends a request on a connection that is free, or a new one. `None`: the answer was not 202.
    pub async fn send(&self, request: &[u8]) -> io::Result<Option<Answer>> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = if let Some(connection) = idle {
            connection
        } else {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            BufStream::new(stream)
        };
        connection.write_all(request).await?;
        connection.flush().await?;
        let (status, body) = read(&mut connection).await?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        if status != 202 {
            return Ok(None);
        }
        serde_json::from_slice(&body).map(Some).map_err(io::Error::other)
    }
}

/// Reads an answer: status and body.
async fn read(connection: &mut BufStream<TcpStream>) -> io::Result<(u16, Vec<u8>)> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut line = String::new();
    connection.read_line(&mut line).await?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| wrong("no status"))?;
    let mut length = None;
    loop {
        line.clear();
        if connection.read_line(&mut line).await? == 0 {
            return Err(wrong("the answer ends in its head"));
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok();
        }
    }
    let length: usize = length.filter(|length| *length <= ANSWER_BYTES).ok_or_else(|| wrong("no length"))?;
    let mut body = vec![0; length];
    connection.read_exact(&mut body).await?;
    Ok((status, body))
}
