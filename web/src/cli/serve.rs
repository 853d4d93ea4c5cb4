//! `niyam serve`

use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use niyam_engine::engine::{Config, Engine, Limits};
use niyam_engine::error::OpenError;
use niyam_engine::outbox::Channels;
use niyam_engine::time::{Clock, SystemClock, SystemEntropy};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use super::database::{DatabaseOptions, UrlError};
use super::operations::{self, Operations, Stop};
use super::{CliError, Exit};
use crate::api::{self, App};
use crate::console::Console;
use crate::demo;
use crate::demo::clock::{self, FastClock, RATE};
use crate::http::guard::Hosts;
use crate::intake;
use crate::people::{Office, RosterError};
use crate::server;
use crate::staff::Staff;
use crate::telemetry::{log, numbers};

/// What the engine keeps its data in.
const DATABASE: &str = "niyam.db";

/// How long requests may take to end when the server stops because a task of it was lost, and how long what is begun
/// may take at the least when it was told to.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// Serve the screens and the API.
///
/// Without `--demo` the server listens on loopback only: until sign-in exists, whoever reaches it may act.
#[derive(Debug, Args)]
pub struct Serve {
    /// Show an invented world: own data folder, invented alerts and officers, a switch for whom you act as.
    #[arg(long, conflicts_with = "database_url")]
    pub demo: bool,
    /// Folder for the database and its key; made when it is not there [default: ./data, with --demo ./data/demo].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7600")]
    pub listen: SocketAddr,
    /// Without --demo: who acts, as `person` or `person:role` of the roster `people.csv` in the data folder
    /// [default: the first in it].
    #[arg(long, value_name = "PERSON", conflicts_with = "demo")]
    pub operator: Option<String>,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// How it runs.
    #[command(flatten)]
    pub operations: Operations,
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
    /// The roster cannot be used.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The address of a database cannot be read.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The data cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The data folder cannot be used.
    #[error("the data folder `{path}` cannot be used")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Invented cases would come among real ones, on a clock that runs too fast.
    #[error("the data folder `{}` holds real cases, and --demo would play in it", .0.display())]
    RealData(PathBuf),
    /// Invented cases would be worked as real ones.
    #[error("the data folder `{}` holds the invented cases of --demo", .0.display())]
    DemoData(PathBuf),
    /// Nobody of that id is in the roster.
    #[error("nobody in the roster is `{0}`")]
    NoSuchOperator(String),
    /// Without clocks and deliveries, or the demo's officers, the screens would show a board on which nothing moves.
    #[error("a task that the server cannot do without has ended")]
    Lost(#[source] Option<JoinError>),
    /// What is to be logged cannot be understood.
    #[error(transparent)]
    Filter(#[from] log::FilterError),
    /// Metrics cannot be kept.
    #[error("metrics cannot be kept")]
    Metrics(#[source] metrics_exporter_prometheus::BuildError),
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
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                Some("another program listens there; stop it or choose another port with --listen".to_owned())
            }
            Self::Listen { .. } => Some("choose another address with --listen".to_owned()),
            Self::Roster(_) => Some("mend the file; columns are person,name_en,name_hi,unit,roles,shift".to_owned()),
            Self::Folder { .. } => Some("choose another with --data, or delete it to begin anew".to_owned()),
            Self::RealData(_) => {
                Some("name another folder with --data, or leave --demo out to serve these cases".to_owned())
            }
            Self::DemoData(_) => Some("name another folder with --data, or add --demo to go on with them".to_owned()),
            Self::NoSuchOperator(_) => {
                Some("use the first column of people.csv, a colon and one of the roles".to_owned())
            }
            Self::Lost(_) => Some("start it again: it goes on where it stood".to_owned()),
            Self::Filter(_) => Some("use a level (error, warn, info, debug, trace) or `niyam_engine=debug`".to_owned()),
            Self::Url(_) => Some("write it as `postgres://user:password@host:5432/niyam`".to_owned()),
            // These say themselves what to do.
            Self::Open(_) | Self::System(_) | Self::Metrics(_) => None,
        }
    }
}

/// Serves until it is told to stop.
///
/// # Errors
/// [`ServeError`].
pub fn run(arguments: &Serve, console: &mut Console) -> Result<Exit, CliError> {
    if !arguments.demo && !arguments.listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(arguments.listen).into());
    }
    let operations = &arguments.operations;
    // held beyond the runtime: what the last task told is sent too
    let _telling = log::begin(&operations.log, operations.log_format).map_err(ServeError::Filter)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(ServeError::System)?;
    runtime.block_on(serve(arguments, console))?;
    Ok(Exit::Good)
}

async fn serve(arguments: &Serve, console: &mut Console) -> Result<(), ServeError> {
    let address = arguments.listen;
    let listener = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    let metrics = numbers::install().map_err(ServeError::Metrics)?;
    let (stop, stopping) = watch::channel(false);
    // clocks and deliveries go on until the last request is answered
    let (halt, halting) = watch::channel(false);
    let world = if arguments.demo { demo_world(arguments) } else { local_world(arguments) }?;
    let World { data, office, clock, staff, hosts, clock_rate } = world;
    let seats = staff.seats.clone();
    let config = Config {
        data: arguments.database.data(data)?,
        clock,
        entropy: Arc::new(SystemEntropy),
        library: niyam_rules::shipped::library(),
        people: Arc::new(office),
        intake: intake::shipped(),
        channels: Channels::default(),
        max_pages: None,
        schedules: niyam_engine::schedule::Schedules::shipped(),
        limits: Limits::default(),
    };
    let engine = Engine::open(config).await?;
    let app = App::new(engine.clone(), staff, hosts, stopping.clone());
    let app = App { clock_rate, metrics: Some(metrics.clone()), ..app };
    let mut work = JoinSet::new();
    work.spawn(engine.clone().run(stopped(halting.clone())));
    work.spawn(numbers::keep(metrics, stopped(halting)));
    if arguments.demo {
        work.spawn(demo::play(engine.clone(), seats, stopping.clone()));
    }
    let bound = listener.local_addr().map_err(ServeError::System)?;
    console.note(format!("Niyam listens on http://{bound}  (Ctrl-C stops it)"));
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "the server has started");
    let limits = server::Limits { drain: arguments.operations.drain(), ..server::Limits::default() };
    let readiness = app.readiness.clone();
    work.spawn(operations::asked_to_stop(readiness, stop.clone(), arguments.operations.grace()));
    let server = server::serve(listener, api::router(app), limits, stopping);
    together(server, work, Stop { requests: stop, work: halt }).await?;
    match tokio::time::timeout(LAST_REQUESTS, engine.rest()).await {
        Ok(Ok(())) => tracing::info!("the server has stopped"),
        Ok(Err(error)) => tracing::warn!(%error, "the server has stopped; its claims end by themselves"),
        Err(_) => tracing::warn!("the server has stopped; its claims end by themselves"),
    }
    Ok(())
}

/// Serves until it is told to stop; stops with an error when a task is lost, so that a supervisor starts it again.
async fn together(server: impl Future<Output = usize>, mut work: JoinSet<()>, stop: Stop) -> Result<(), ServeError> {
    let mut server = pin!(server);
    tokio::select! {
        cut = &mut server => {
            if cut > 0 {
                tracing::warn!(connections = cut, "connections were cut off; what they had not stored was not acknowledged");
            }
        }
        error = lost(&mut work, &stop.requests) => {
            tracing::error!(error = error.source().map(tracing::field::display), "{error}; the server stops");
            let _stopped_already = stop.requests.send(true);
            // Requests that do not end by then are cut off: what they have not stored was not acknowledged.
            let _ended = tokio::time::timeout(LAST_REQUESTS, server).await;
            return Err(error);
        }
    }
    let _all_ended = stop.work.send(true);
    let ended = tokio::time::timeout(LAST_REQUESTS, async {
        while let Some(ended) = work.join_next().await {
            ended.map_err(|error| ServeError::Lost(Some(error)))?;
        }
        Ok(())
    });
    ended.await.unwrap_or_else(|_| {
        tracing::warn!("clocks and deliveries did not come to rest and were cut off; they go on at the next start");
        Ok(())
    })
}

/// Resolves when a task panics, or ends although the server is not to stop.
async fn lost(work: &mut JoinSet<()>, stop: &watch::Sender<bool>) -> ServeError {
    while let Some(ended) = work.join_next().await {
        match ended {
            Err(error) => return ServeError::Lost(Some(error)),
            Ok(()) if !*stop.borrow() => return ServeError::Lost(None),
            Ok(()) => {}
        }
    }
    // All have ended as they were told to; the server has its last requests yet.
    std::future::pending().await
}

/// What differs between the demo and real work.
struct World {
    data: PathBuf,
    office: Office,
    clock: Arc<dyn Clock>,
    staff: Staff,
    hosts: Hosts,
    clock_rate: u32,
}

fn demo_world(arguments: &Serve) -> Result<World, ServeError> {
    let data = arguments.data.clone().unwrap_or_else(|| Path::new("data/demo").to_owned());
    let folder = |source| ServeError::Folder { path: data.clone(), source };
    std::fs::create_dir_all(&data).map_err(folder)?;
    // The clock is written before the database is made: a database without one was never the demo's.
    if data.join(DATABASE).try_exists().map_err(folder)? && !clock::is_in(&data).map_err(folder)? {
        return Err(ServeError::RealData(data));
    }
    let clock = FastClock::of_folder(&data, SystemClock).map_err(folder)?;
    let office = demo::office()?;
    let staff = Staff { seats: office.seats(), may_switch: true, operator: Some(0) };
    Ok(World { data, office, clock: Arc::new(clock), staff, hosts: Hosts::Any, clock_rate: RATE })
}

fn local_world(arguments: &Serve) -> Result<World, ServeError> {
    let data = arguments.data.clone().unwrap_or_else(|| Path::new("data").to_owned());
    let folder = |source| ServeError::Folder { path: data.clone(), source };
    if clock::is_in(&data).map_err(folder)? {
        return Err(ServeError::DemoData(data));
    }
    let office = Office::of_folder(&data)?;
    let staff = local_staff(&office, arguments.operator.as_deref())?;
    let clock = arguments.operations.clock();
    Ok(World { data, office, clock, staff, hosts: Hosts::Loopback, clock_rate: 1 })
}

/// Until sign-in exists the operator is one person of the roster: the one named, else the first.
fn local_staff(office: &Office, operator: Option<&str>) -> Result<Staff, ServeError> {
    let seats = office.seats();
    let operator = match operator {
        None => (!seats.is_empty()).then_some(0),
        Some(id) => {
            let found = seats.iter().position(|seat| seat.id == id || seat.id.split(':').next() == Some(id));
            Some(found.ok_or_else(|| ServeError::NoSuchOperator(id.to_owned()))?)
        }
    };
    Ok(Staff { seats, may_switch: false, operator })
}

/// Resolves when the server is to stop.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    // A sender that is gone means the same as `true`.
    let _gone = stopping.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that ends when it is told to, and its tasks: one that does so too, and `task`.
    async fn ends_with(task: impl Future<Output = ()> + Send + 'static, told: bool) -> Result<(), ServeError> {
        let (stop, stopping) = watch::channel(told);
        let mut work = JoinSet::new();
        work.spawn(stopped(stopping.clone()));
        work.spawn(task);
        let (halt, halting) = watch::channel(false);
        work.spawn(stopped(halting));
        let server = async {
            stopped(stopping).await;
            0
        };
        together(server, work, Stop { requests: stop, work: halt }).await
    }

    #[tokio::test]
    async fn it_stops_with_an_error_when_a_task_is_lost() {
        let ended = ends_with(async { panic!("a broken invariant") }, false).await;
        assert!(matches!(&ended, Err(ServeError::Lost(Some(error))) if error.is_panic()), "{ended:?}");
        let ended = ends_with(async {}, false).await;
        assert!(matches!(ended, Err(ServeError::Lost(None))), "{ended:?}");
    }

    #[tokio::test]
    async fn it_stops_without_one_when_it_is_told_to() {
        let ended = ends_with(async {}, true).await;
        assert!(ended.is_ok(), "{ended:?}");
    }
}
