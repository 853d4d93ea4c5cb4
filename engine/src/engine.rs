//! The one door to everything durable: what the web and the command line call.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use niyam_kernel::event::{Actor, EventBody};
use niyam_kernel::id::{AlertId, CaseId, EffectId, RequestId};
use niyam_kernel::moving::MovePlan;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::{Library, VersionDigest};
use niyam_rules::protocol::Protocol;
use tokio::sync::{Notify, broadcast, watch};

use crate::error::{ActError, OpenError, ReceiveError, StoreError, ViewError};
use crate::health::{self, Health, Pulse};
use crate::outbox::{Channels, DeadLetter, InHand};
use crate::people::People;
use crate::replay::{Audit, ReplayError, Source, replay_case};
use crate::request::{
    ActRequest, Change, Done, MoveRequest, ProtocolInfo, Receipt, Received, RecordRequest, VersionInfo,
};
use crate::runtime::Runtime;
use crate::runtime::admission::Admission;
pub use crate::runtime::admission::Limits;
use crate::runtime::hot::Hot;
use crate::runtime::lane::Lanes;
use crate::runtime::receive::Turns;
use crate::runtime::start::{Opened, check_key, open_data, open_postgres};
use crate::runtime::versions::Versions;
use crate::schedule::{ScheduleView, Schedules};
use crate::seal::DeploymentKey;
use crate::store::sea::DatabaseUrl;
use crate::store::{AccessRow, DeskNoticeRow, Store};
use crate::time::{Clock, Entropy, new_uuid};
use crate::understood::Intake;
use crate::verify::{ChainError, verify};
use crate::view::{AlertView, Board, CaseView, FiledView, Filter, MovePreview, Timeline};

/// Changes that a slow listener may be behind before it misses some.
const CHANGES: usize = 4_096;
/// The longest sleep of the loop: how late a clock may be noticed when the machine's clock was moved.
const LONGEST_SLEEP_MS: u64 = 1_000;
/// How long a destroyed key may stay in files beside the database while nobody reads them.
const SCRUB_PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

/// Where the data live.
#[derive(Clone, Debug)]
pub enum Data {
    /// In a folder: `niyam.db` and `deployment.key`. Made when it is not there.
    Folder(PathBuf),
    /// On PostgreSQL, for any number of nodes; the folder holds this node's copy of `deployment.key`.
    Postgres {
        /// The folder; each node has its own.
        folder: PathBuf,
        /// Addresses of the server and its standbys: the one that takes writes is found.
        database: Vec<DatabaseUrl>,
    },
    /// In memory, gone with the engine: for trials and tests.
    Memory,
    /// In a store that is open already, and that several engines may share as nodes share a database.
    Shared(Shared),
}

/// A store that is open already, with what belongs to it.
#[derive(Clone)]
pub struct Shared {
    store: Arc<dyn Store>,
    key: Arc<DeploymentKey>,
    versions: Arc<Versions>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    /// A store and the key that its data are sealed with. The library is compiled here, once for all engines that share the
    /// store; what their [`Config::library`] holds does not count. Errors: [`OpenError::Protocol`],
    /// [`OpenError::KeyWrong`], [`OpenError::Store`].
    pub async fn new(store: Arc<dyn Store>, key: DeploymentKey, library: Library) -> Result<Self, OpenError> {
        let versions = Arc::new(Versions::compile(library)?);
        check_key(store.as_ref(), &key, std::path::Path::new("")).await?;
        Ok(Self { store, key: Arc::new(key), versions })
    }

    /// The same with another store in front of the data or in their place: one that measures, disturbs, or starts empty.
    /// Errors: as [`Shared::new`].
    pub async fn over(&self, store: Arc<dyn Store>) -> Result<Self, OpenError> {
        check_key(store.as_ref(), &self.key, std::path::Path::new("")).await?;
        Ok(Self { store, ..self.clone() })
    }

    /// The compiled protocol that new cases run on, by name.
    #[must_use]
    pub fn protocol(&self, name: &str) -> Option<Arc<Protocol>> {
        self.versions.current(name)
    }
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
    /// Reads alerts.
    pub intake: Arc<dyn Intake>,
    /// Ways out of the police; by default a box that a person empties.
    pub channels: Channels,
    /// What is done by itself at set times; by default as shipped.
    pub schedules: Schedules,
    /// Most pages (of 4096 bytes) that the database may have; `None` = as the disk allows.
    pub max_pages: Option<u32>,
    /// How much may wait, and what may stay in memory.
    pub limits: Limits,
}

/// The engine.
pub struct Engine {
    runtime: Runtime,
    /// Held as long as the engine lives, so that no second program works on the folder.
    _lock: Option<std::fs::File>,
}

impl Engine {
    /// Opens the data, makes or upgrades the schema and compiles the versions that open cases run on.
    ///
    /// What was left undone is not worked off here, so that a start takes as long whatever is due: alerts left unread,
    /// clocks that ran out meanwhile and effects that were not delivered are for [`Engine::run`], which begins with them,
    /// or for [`Engine::settle`].
    ///
    /// Errors: [`OpenError`]; nothing is changed then.
    pub async fn open(config: Config) -> Result<Arc<Self>, OpenError> {
        Self::open_through(config, |store| store).await
    }

    /// As [`Engine::open`], with something between the runtime and the store: what measures, counts or disturbs.
    pub async fn open_through(
        config: Config,
        wrap: impl FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + Send,
    ) -> Result<Arc<Self>, OpenError> {
        let (shared, lock, is_alone) = if let Data::Shared(shared) = &config.data {
            (shared.clone(), None, false)
        } else {
            let versions = Arc::new(Versions::compile(config.library)?);
            let entropy = config.entropy.as_ref();
            let Opened { store, key, lock } = match &config.data {
                Data::Folder(folder) => open_data(Some(folder), config.max_pages, entropy).await?,
                Data::Memory | Data::Shared(_) => open_data(None, config.max_pages, entropy).await?,
                Data::Postgres { folder, database } => open_postgres(folder, database, entropy).await?,
            };
            (Shared { store: Arc::new(store), key: Arc::new(key), versions }, lock, true)
        };
        let Shared { store, key, versions } = shared;
        let store = wrap(store);
        for digest in store.versions_in_use().await? {
            if let Err(error) = versions.load(digest, store.as_ref()).await {
                tracing::error!(version.digest = %digest, %error, "open cases run on a version that cannot be loaded");
            }
        }
        let node = new_uuid(config.clock.now(), config.entropy.as_ref()).simple().to_string();
        let runtime = Runtime {
            lanes: Lanes::start(&store),
            hot: Hot::new(config.limits.cache_bytes),
            admission: Admission::new(&config.limits),
            store,
            key,
            clock: config.clock,
            entropy: config.entropy,
            people: config.people,
            intake: config.intake,
            exits: config.channels.into(),
            schedules: config.schedules,
            versions,
            changes: broadcast::channel(CHANGES).0,
            missed: watch::channel(0).0,
            wake: Notify::new(),
            intake_turns: Turns::default(),
            stored_versions: std::sync::Mutex::default(),
            wake_outbox: Notify::new(),
            in_hand: InHand::default(),
            clocks_pulse: Pulse::default(),
            outbox_pulse: Pulse::default(),
            // what was destroyed just before a crash
            to_scrub: AtomicBool::new(true),
            node,
        };
        if is_alone && runtime.store.bus().is_none() {
            // no other node can have the data open, so no claim can be alive
            runtime.store.release_claims(None).await?;
        }
        runtime.define_schedules().await?;
        Ok(Arc::new(Self { runtime, _lock: lock }))
    }

    /// Takes in one message. When it returns, the bytes are durable, and so is what was done with them.
    pub async fn receive(&self, received: Received) -> Result<Receipt, ReceiveError> {
        let _admitted = self.runtime.admission.alert(received.bytes.len())?;
        self.runtime.receive(received).await
    }

    /// A person acts on a case.
    pub async fn act(&self, case: CaseId, request: ActRequest) -> Result<Done, ActError> {
        let _admitted = self.runtime.admission.act()?;
        let ActRequest { request, actor, act, form, reason, happened_at } = request;
        let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        let body = EventBody::Act { act, actor, form, reason, request };
        self.runtime.person_event(case, request, body, happened_at).await
    }

    /// A person saves the form of an active state.
    pub async fn record(&self, case: CaseId, request: RecordRequest) -> Result<Done, ActError> {
        let _admitted = self.runtime.admission.act()?;
        let RecordRequest { request, actor, state, form, happened_at } = request;
        let body = EventBody::Recorded { state, actor, form, request };
        self.runtime.person_event(case, request, body, happened_at).await
    }

    /// Versions in use: those that new cases run on, and those that running cases were begun on or moved to.
    pub async fn versions(&self) -> Result<Vec<VersionInfo>, ViewError> {
        let mut found: Vec<VersionInfo> = self
            .runtime
            .versions
            .all()
            .map(|protocol| VersionInfo {
                protocol: protocol.name.clone(),
                digest: protocol.digest,
                current: true,
                open_cases: 0,
            })
            .collect();
        for (protocol, digest, open_cases) in self.runtime.store.open_by_version().await? {
            match found.iter_mut().find(|known| known.digest == digest) {
                Some(known) => known.open_cases = open_cases,
                None => found.push(VersionInfo { protocol, digest, current: false, open_cases }),
            }
        }
        found.sort_by(|one, other| {
            (&one.protocol, !one.current, one.digest).cmp(&(&other.protocol, !other.current, other.digest))
        });
        Ok(found)
    }

    /// Cases that run on a version and are not closed, by id from `after` on; at most `limit`.
    pub async fn cases_on(
        &self,
        version: VersionDigest,
        after: Option<CaseId>,
        limit: u64,
    ) -> Result<Vec<CaseId>, ViewError> {
        Ok(self.runtime.store.cases_on(version, after, limit).await?)
    }

    /// What taking a case to another version would do to it. Changes nothing; shows names of facts, never values.
    pub async fn preview_move(
        &self,
        case: CaseId,
        to: VersionDigest,
        plan: &MovePlan,
    ) -> Result<MovePreview, ActError> {
        self.runtime.preview_move(case, to, plan).await
    }

    /// A person takes a running case to another version of its protocol.
    pub async fn move_case(&self, case: CaseId, request: MoveRequest) -> Result<Done, ActError> {
        self.runtime.move_case(case, request).await
    }

    /// The board. Opens nothing sealed.
    pub async fn board(&self, filter: &Filter) -> Result<Board, ViewError> {
        self.runtime.board(filter).await
    }

    /// One case. Sealed facts have a value only for a reader, and only while their group may be read; each reading of a
    /// sealed fact is logged.
    pub async fn case(&self, case: CaseId, reader: Option<&Actor>) -> Result<CaseView, ViewError> {
        self.runtime.case_view(case, reader).await
    }

    /// What happened to a case. Opens nothing sealed.
    pub async fn timeline(&self, case: CaseId) -> Result<Timeline, ViewError> {
        self.runtime.timeline(case, None).await
    }

    /// What happened to a case, with the reasons people gave as far as this reader may read them now; reading them is
    /// logged.
    pub async fn timeline_for(&self, case: CaseId, reader: Option<&Actor>) -> Result<Timeline, ViewError> {
        self.runtime.timeline(case, reader).await
    }

    /// One alert as it was read; its contents only for a reader who may read them, and logged.
    pub async fn alert(&self, alert: AlertId, reader: Option<&Actor>) -> Result<AlertView, ViewError> {
        self.runtime.alert_view(alert, reader).await
    }

    /// The bytes of an alert and their media type; logged.
    pub async fn alert_bytes(&self, alert: AlertId, reader: &Actor) -> Result<(String, Vec<u8>), ViewError> {
        self.runtime.original(alert, reader).await
    }

    /// What came in and was not an alert, the latest first.
    pub async fn filed(&self, reader: Option<&Actor>) -> Result<Vec<FiledView>, ViewError> {
        self.runtime.filed_views(reader).await
    }

    /// Makes a case of something that was filed; the same request twice is done once and answered twice.
    pub async fn reopen_filed(
        &self,
        alert: AlertId,
        request: RequestId,
        actor: &Actor,
        reason: &str,
    ) -> Result<CaseId, ActError> {
        let case = self.runtime.reopen_filed(alert, request, actor, reason).await?;
        case.ok_or(ActError::NotFiled(alert))
    }

    /// Protocols that new cases run on.
    pub async fn protocols(&self) -> Result<Vec<ProtocolInfo>, ViewError> {
        let open = self.runtime.store.open_by_protocol().await?;
        let info = self.runtime.versions.all().map(|protocol| ProtocolInfo {
            name: protocol.name.clone(),
            title: protocol.title.clone(),
            digest: protocol.digest,
            extends: protocol.extends.clone(),
            order: protocol.order.clone(),
            open_cases: open.iter().find(|(name, _)| *name == protocol.name).map_or(0, |(_, cases)| *cases),
        });
        Ok(info.collect())
    }

    /// The compiled protocol that new cases run on, by name.
    #[must_use]
    pub fn protocol(&self, name: &str) -> Option<Arc<Protocol>> {
        self.runtime.versions.current(name)
    }

    /// The compiled version that a case is pinned to.
    pub async fn protocol_of(&self, case: CaseId) -> Result<Arc<Protocol>, ViewError> {
        match self.runtime.hot.protocol_of(case) {
            Some(protocol) => Ok(protocol),
            None => Ok(self.runtime.load(case).await?.protocol),
        }
    }

    /// Proves that the log of a case is as it was written: every link of its hash chain. Needs no key. Errors: where it
    /// is broken.
    pub async fn verify_chain(&self, case: CaseId) -> Result<u64, ChainError> {
        verify(self.runtime.store.as_ref(), case).await
    }

    /// Steps the log of a case again and says whether it leads to what is stored; changes nothing. Errors: no such case, or
    /// a store that failed.
    pub async fn replay(&self, case: CaseId) -> Result<Audit, ReplayError> {
        let Runtime { store, key, versions, .. } = &self.runtime;
        replay_case(Source { store: store.as_ref(), key: Some(key), versions }, case).await
    }

    /// Who read sealed things of a case, in the order they read.
    pub async fn readings(&self, case: CaseId) -> Result<Vec<AccessRow>, StoreError> {
        self.runtime.store.accesses(case).await
    }

    /// Tells of every case that changes from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.runtime.changes.subscribe()
    }

    /// Rises whenever changes that other nodes made may have been missed: who shows cases should look again.
    #[must_use]
    pub fn missed(&self) -> watch::Receiver<u64> {
        self.runtime.missed.subscribe()
    }

    /// Whether the engine can do its work now. Answers within a few seconds, whatever the database does.
    pub async fn health(&self) -> Health {
        let (database, schema) = health::of_store(self.runtime.store.as_ref()).await;
        let clocks = self.runtime.clocks_pulse.state();
        Health { database, schema, clocks, outbox: self.runtime.outbox_pulse.state() }
    }

    /// The time, as the engine sees it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.runtime.now()
    }

    /// An id that was never used, from the engine's clock and randomness.
    #[must_use]
    pub fn new_id(&self) -> uuid::Uuid {
        new_uuid(self.runtime.now(), self.runtime.entropy.as_ref())
    }

    /// Runs clocks, outbox and unread alerts until `shutdown` resolves, beginning with what is due already, and passes on
    /// what other nodes changed. What this node has claimed and not done is free for others then.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()> + Send) {
        tokio::select! {
            biased;
            () = self.work(shutdown) => {}
            () = self.runtime.hear_others() => {}
        }
        if let Err(error) = self.runtime.store.release_claims(Some(&self.runtime.node)).await {
            tracing::warn!(%error, "claims could not be given back; they expire");
        }
    }

    /// Until `shutdown` resolves, and what was begun has ended.
    async fn work(&self, shutdown: impl Future<Output = ()> + Send) {
        let (stop, stopped) = watch::channel(false);
        let stopping = async {
            shutdown.await;
            // whoever listens lives as long as this
            let _ = stop.send(true);
        };
        tokio::join!(
            stopping,
            self.keep_firing(&stopped),
            self.runtime.keep_dispatching(&stopped),
            self.runtime.keep_schedules(&stopped),
            self.keep_scrubbed(&stopped),
        );
    }

    /// Fires clocks and works on unread alerts until `stop` says so.
    async fn keep_firing(&self, stop: &watch::Receiver<bool>) {
        let mut stopped = stop.clone();
        self.runtime.clocks_pulse.beat();
        while !*stop.borrow() {
            let now = self.now();
            let done = match self.runtime.take_up_unread(now).await {
                Ok(read) => self.runtime.fire_some(now).await.map(|fired| read + fired.unwrap_or(0)),
                Err(error) => Err(error),
            };
            let wait_ms = match done {
                // there may be more of it
                Ok(1..) => {
                    self.runtime.clocks_pulse.beat();
                    continue;
                }
                Ok(0) => {
                    self.runtime.clocks_pulse.beat();
                    let next = self.runtime.store.next_due().await.ok().flatten();
                    // what is due and still there rests, is being read or is an effect: look again soon, not at once
                    next.map_or(LONGEST_SLEEP_MS, |due| due.since_ms(self.now())).clamp(50, LONGEST_SLEEP_MS)
                }
                Err(error) => {
                    tracing::error!(%error, "clocks could not go on; they try again");
                    LONGEST_SLEEP_MS
                }
            };
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => {}
                () = self.runtime.wake.notified() => {}
                () = tokio::time::sleep(std::time::Duration::from_millis(wait_ms)) => {}
            }
        }
    }

    /// Removes what was destroyed from files beside the database, until `stop` says so.
    async fn keep_scrubbed(&self, stop: &watch::Receiver<bool>) {
        let mut stopped = stop.clone();
        loop {
            if let Err(error) = self.runtime.scrub().await {
                tracing::error!(%error, "what was destroyed may be in a file beside the database; it is tried again");
            }
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(SCRUB_PAUSE) => {}
            }
        }
    }

    /// Comes to rest, for a node that stops: what was sent to the store is written, and what this node has claimed is free
    /// for the others at once. Call it when [`Engine::run`] has returned and no request runs any more.
    pub async fn rest(&self) -> Result<(), StoreError> {
        self.runtime.lanes.flush().await?;
        self.runtime.store.release_claims(Some(&self.runtime.node)).await
    }

    /// Works off what is due now: unread alerts, clocks in the order they are due, effects; again until nothing is left
    /// for this moment. Effects that failed wait for their time.
    pub async fn settle(&self) -> Result<(), StoreError> {
        loop {
            let now = self.now();
            let mut done = self.runtime.take_up_unread(now).await?;
            done += self.runtime.fire_due(now).await?;
            self.runtime.clocks_pulse.beat();
            done += self.runtime.dispatch_once(now).await?;
            self.runtime.outbox_pulse.beat();
            if done == 0 {
                return self.runtime.scrub().await;
            }
        }
    }

    /// Does every scheduled job that is due. Returns how many were done.
    pub async fn run_schedules(&self) -> Result<usize, StoreError> {
        self.runtime.run_schedules(self.now()).await
    }

    /// What is done at set times, and what came of it.
    pub async fn schedules(&self) -> Result<Vec<ScheduleView>, ViewError> {
        self.runtime.schedule_views().await
    }

    /// What the engine itself has told the desks, the latest first.
    pub async fn desk_notices(&self) -> Result<Vec<DeskNoticeRow>, ViewError> {
        self.runtime.desk_notices().await
    }

    /// Effects that were given up, the latest first. Opens nothing sealed.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, ViewError> {
        self.runtime.dead_letters().await
    }

    /// Has an effect that was given up tried again.
    pub async fn deliver_again(&self, id: EffectId, actor: &Actor) -> Result<(), ActError> {
        self.runtime.deliver_again(id, actor).await
    }

    /// Fires every clock that is due at `now`, in the order they are due. Returns how many fired.
    pub async fn fire_due(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.runtime.fire_due(now).await
    }

    /// Delivers every effect that is due, once each. Returns how many were tried.
    pub async fn dispatch_once(&self) -> Result<usize, StoreError> {
        self.runtime.dispatch_once(self.now()).await
    }
}
