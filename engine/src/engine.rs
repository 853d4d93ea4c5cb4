//! The one door to everything durable: what the web and the command line call.

use std::path::PathBuf;
use std::sync::Arc;

use niyam_kernel::event::Actor;
use niyam_kernel::id::{AlertId, CaseId};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::Library;
use niyam_rules::protocol::Protocol;
use tokio::sync::broadcast;

use crate::error::{ActError, OpenError, ReceiveError, StoreError, ViewError};
use crate::people::People;
use crate::request::{ActRequest, Change, Done, ProtocolInfo, Receipt, Received, RecordRequest};
use crate::time::{Clock, Entropy};
use crate::view::{AlertView, Board, CaseView, FiledView, Filter, Timeline};

/// Where the data live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// In a folder: `niyam.db` and `deployment.key`. Made when it is not there.
    Folder(PathBuf),
    /// In memory, gone with the engine: for trials and tests.
    Memory,
}

/// What an engine is made of.
pub struct Config {
    /// Where the data live.
    pub data: Data,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Protocols that new cases run on, and those they extend.
    pub library: Library,
    /// Units, roster, names.
    pub people: Arc<dyn People>,
}

/// The engine.
pub struct Engine {
    config: Config,
    changes: broadcast::Sender<Change>,
}

const NOT_READY: StoreError = StoreError::Busy;

impl Engine {
    /// Opens the data, makes or upgrades the schema, loads the versions that open cases run on, takes up unread alerts
    /// and fires the clocks that ran out meanwhile. Errors: [`OpenError`]; nothing is changed then.
    pub async fn open(config: Config) -> Result<Arc<Self>, OpenError> {
        let (changes, _) = broadcast::channel(1024);
        Ok(Arc::new(Self { config, changes }))
    }

    /// Takes in one message. When it returns, the bytes are durable, and so is what was done with them.
    pub async fn receive(&self, _received: Received) -> Result<Receipt, ReceiveError> {
        Err(NOT_READY.into())
    }

    /// A person acts on a case.
    pub async fn act(&self, _case: CaseId, _request: ActRequest) -> Result<Done, ActError> {
        Err(NOT_READY.into())
    }

    /// A person saves the form of an active state.
    pub async fn record(&self, _case: CaseId, _request: RecordRequest) -> Result<Done, ActError> {
        Err(NOT_READY.into())
    }

    /// The board. Opens nothing sealed.
    pub async fn board(&self, _filter: &Filter) -> Result<Board, ViewError> {
        Err(NOT_READY.into())
    }

    /// One case. Sealed facts have a value only for a reader, and only while their group may be read; each reading of a
    /// sealed fact is logged.
    pub async fn case(&self, _case: CaseId, _reader: Option<&Actor>) -> Result<CaseView, ViewError> {
        Err(NOT_READY.into())
    }

    /// What happened to a case.
    pub async fn timeline(&self, _case: CaseId) -> Result<Timeline, ViewError> {
        Err(NOT_READY.into())
    }

    /// One alert as it was read; its contents only for a reader who may read them, and logged.
    pub async fn alert(&self, _alert: AlertId, _reader: Option<&Actor>) -> Result<AlertView, ViewError> {
        Err(NOT_READY.into())
    }

    /// The bytes of an alert and their media type; logged.
    pub async fn alert_bytes(&self, _alert: AlertId, _reader: &Actor) -> Result<(String, Vec<u8>), ViewError> {
        Err(NOT_READY.into())
    }

    /// What came in and was not an alert, the latest first.
    pub async fn filed(&self, _reader: Option<&Actor>) -> Result<Vec<FiledView>, ViewError> {
        Err(NOT_READY.into())
    }

    /// Makes a case of something that was filed.
    pub async fn reopen_filed(&self, _alert: AlertId, _actor: &Actor, _reason: &str) -> Result<CaseId, ActError> {
        Err(NOT_READY.into())
    }

    /// Protocols that new cases run on.
    pub async fn protocols(&self) -> Result<Vec<ProtocolInfo>, ViewError> {
        Err(NOT_READY.into())
    }

    /// The compiled protocol that new cases run on, by name.
    #[must_use]
    pub fn protocol(&self, _name: &str) -> Option<Arc<Protocol>> {
        None
    }

    /// The compiled version that a case is pinned to.
    pub async fn protocol_of(&self, _case: CaseId) -> Result<Arc<Protocol>, ViewError> {
        Err(NOT_READY.into())
    }

    /// Tells of every case that changes from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// The time, as the engine sees it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// Runs clocks, outbox and unread alerts until `shutdown` resolves.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()> + Send) {
        shutdown.await;
    }

    /// Fires every clock that is due at `now`, in the order they are due. Returns how many fired.
    pub async fn fire_due(&self, _now: Timestamp) -> Result<usize, ActError> {
        Err(NOT_READY.into())
    }

    /// Delivers every effect that is due, once each. Returns how many were tried.
    pub async fn dispatch_once(&self) -> Result<usize, ActError> {
        Err(NOT_READY.into())
    }
}
