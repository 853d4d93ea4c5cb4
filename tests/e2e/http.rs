//! The least HTTP that a sender needs: one request on one connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Longest wait for a connection, a write or a part of an answer. A node that is stopped answers nobody.
const PATIENCE: Duration = Duration::from_secs(10);

/// No whole answer came: whether the request was done is not known.
#[derive(Clone, Copy, Debug)]
pub struct Lost;

/// Sends a request; its status and JSON body.
pub fn send(address: SocketAddr, method: &str, path: &str, kind: &str, body: &str) -> Result<(u16, Value), Lost> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(|_| Lost)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(|_| Lost)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(|_| Lost)?;
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).map_err(|_| Lost)?;
    stream.write_all(body.as_bytes()).map_err(|_| Lost)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|_| Lost)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or(Lost)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(Lost)?;
    // an answer that was cut off is no answer
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    if length.is_some_and(|length: usize| length != body.len()) {
        return Err(Lost);
    }
    Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// Asks for something.
pub fn get(address: SocketAddr, path: &str) -> Result<(u16, Value), Lost> {
    send(address, "GET", path, "application/json", "")
}
