//! Takes connections and serves each until it ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use super::stall::Stalling;

/// Bytes that the head of a request and what is read ahead of it may have.
const HEAD_BYTES: usize = 64 * 1024;
/// Pause after a connection could not be taken for want of files or memory, so that the loop does not turn in place.
const NO_ROOM: Duration = Duration::from_millis(200);

/// What connections may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; further ones wait in the system's queue. From 1.
    pub connections: usize,
    /// Time for the head of a request, also for the next one on an open connection.
    pub head: Duration,
    /// Time in which the other side must take something of an answer.
    pub stall: Duration,
    /// Time for what runs when the server stops, before it is cut off.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8_192,
            head: Duration::from_secs(15),
            stall: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}

/// Who is at the other end of the connection: a proxy, or the caller itself. Never logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Serves until `stop` turns true, then lets what runs end, for [`Limits::drain`] at most. Returns how many connections
/// had to be cut off: what they had not stored was not acknowledged.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: watch::Receiver<bool>) -> usize {
    let slots = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut open = JoinSet::new();
    let mut stopping = stop.clone();
    loop {
        // those that ended leave their place in the set
        while open.try_join_next().is_some() {}
        let taken = tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => break,
            taken = take(&listener, &slots) => taken,
        };
        match taken {
            Ok((stream, peer, slot)) => {
                open.spawn(attend(stream, peer, router.clone(), limits, graceful.watcher(), slot));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(NO_ROOM).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_ok() {
        return 0;
    }
    while open.try_join_next().is_some() {}
    let cut = open.len();
    open.shutdown().await;
    cut
}

async fn take(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let slot = slots.clone().acquire_owned().await.expect("nobody closes the semaphore");
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, slot))
}

async fn attend(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    watcher: Watcher,
    slot: OwnedSemaphorePermit,
) {
    // An answer that goes out late by Nagle's rule is no failure.
    let _late = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        service.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Stalling::new(stream, limits.stall)), service);
    if let Err(error) = watcher.watch(connection).await {
        // the caller went away or was too slow; hyper's texts name no content
        tracing::debug!(%error, "a connection broke");
    }
    drop(slot);
}
