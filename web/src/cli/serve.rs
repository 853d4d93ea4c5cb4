//! `niyam serve`

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tokio::net::TcpListener;

use super::{CliError, Exit};
use crate::api;
use crate::console::Console;
use crate::http::guard::Hosts;

/// Serve the screens and the API.
///
/// Without `--demo` the server listens on loopback only: until sign-in exists, whoever reaches it may act.
#[derive(Debug, Args)]
pub struct Serve {
    /// Show an invented world: own data folder, invented alerts and officers, a switch for whom you act as.
    #[arg(long)]
    pub demo: bool,
    /// Folder for the database and its key; made when it is not there [default: ./data, with --demo ./data/demo].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Not without sign-in.
    #[error("without --demo the server listens on loopback only, and {0} is not")]
    NotLoopback(SocketAddr),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The operating system gives no threads, files or signals.
    #[error("the server stopped")]
    System(#[source] io::Error),
}

impl ServeError {
    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::NotLoopback(address) => Some(format!(
                "use `--listen 127.0.0.1:{}` and reach it through an SSH tunnel, or add --demo to show invented data",
                address.port()
            )),
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => Some(
                "another program listens there; stop it or choose another port with --listen"
                    .to_owned(),
            ),
            Self::Listen { .. } => Some("choose another address with --listen".to_owned()),
            Self::System(_) => None,
        }
    }
}

/// Serves until it is told to stop.
///
/// Errors: [`ServeError`].
pub fn run(arguments: &Serve, console: &mut Console) -> Result<Exit, CliError> {
    if !arguments.demo && !arguments.listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(arguments.listen).into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServeError::System)?;
    runtime.block_on(serve(arguments, console))?;
    Ok(Exit::Good)
}

async fn serve(arguments: &Serve, console: &mut Console) -> Result<(), ServeError> {
    let address = arguments.listen;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen { address, source })?;
    let hosts = if arguments.demo {
        Hosts::Any
    } else {
        Hosts::Loopback
    };
    let bound = listener.local_addr().map_err(ServeError::System)?;
    console.note(format!("Niyam listens on http://{bound}"));
    axum::serve(listener, api::router(hosts))
        .with_graceful_shutdown(asked_to_stop())
        .await
        .map_err(ServeError::System)
}

/// Resolves when the process is asked to stop: Ctrl-C or the signal TERM.
async fn asked_to_stop() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}
