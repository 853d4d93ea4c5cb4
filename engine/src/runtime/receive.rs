//! Alerts: first durable, then understood, then an event of a case.

use std::collections::BTreeMap;
use std::sync::Arc;

use niyam_kernel::event::{Actor, EventBody};
use niyam_kernel::id::{AlertId, CaseId};
use niyam_kernel::state::CaseState;
use niyam_kernel::time::Timestamp;
use niyam_rules::chart::Stage;
use niyam_rules::protocol::{Protocol, UnitRule};
use niyam_rules::value::Value;
use sha2::{Digest as _, Sha256};

use super::append::{json, seals_of};
use super::card::Card;
use super::live::{Keys, Live, LoadError};
use super::{Runtime, TRIES, joining};
use crate::error::{ReceiveError, StoreError};
use crate::request::{ALERT_BYTES, CaseOf, Change, Class, Receipt, Received, Relation};
use crate::seal::envelope::Place;
use crate::seal::split::seal_of;
use crate::seal::{Key, chain};
use crate::store::{AlertRead, AlertRow, CaseAlertRow, CaseRow, Commit, LinkRow, LookupRow, NewAlert, Write};
use crate::time::new_uuid;
use crate::understood::{Contents, KnownCase, SessionMessage, SubjectFacts, Understood};
use crate::view::LifeView;

/// Kind of key that names one session.
pub const SESSION: &str = "session";

/// Milliseconds until an alert that could not be worked on is tried again.
const RETRY_MS: i64 = 60_000;

/// Where the wrapped key of an alert belongs.
pub fn alert_key_place(alert: AlertId) -> Place<'static> {
    Place { kind: "alert-key", of: alert.0, number: 0, part: "" }
}

/// Where a sealed part of an alert belongs: `bytes` or `reading`.
pub fn alert_place(alert: AlertId, part: &'static str) -> Place<'static> {
    Place { kind: "alert", of: alert.0, number: 0, part }
}

/// Cases touched by one alert, before they are committed.
#[derive(Default)]
struct Touched {
    writes: Vec<Write>,
    cases: Vec<(CaseId, Relation)>,
    changes: Vec<Change>,
}

impl Runtime {
    /// Takes in one alert. When it returns, the bytes are durable.
    pub async fn receive(&self, received: Received) -> Result<Receipt, ReceiveError> {
        if received.bytes.is_empty() {
            return Err(ReceiveError::Empty);
        }
        if received.bytes.len() > ALERT_BYTES {
            return Err(ReceiveError::TooLarge { bytes: received.bytes.len(), limit: ALERT_BYTES });
        }
        let sha256: [u8; 32] = Sha256::digest(&received.bytes).into();
        let turn = self.intake_turn.lock().await;
        if let Some(alert) = self.held(&sha256, &received).await? {
            let writes = vec![Write::AlertRepeated(alert, received.received_at)];
            self.commit(Commit { name: "note a repeated alert", writes }).await?;
            drop(turn);
            return Ok(self.receipt(alert, true).await?);
        }
        let alert = AlertId(new_uuid(self.now(), self.entropy.as_ref()));
        self.keep_bytes(alert, sha256, &received).await?;
        if let Err(reason) = self.work_on(alert, &received).await {
            self.put_back(alert, &reason).await?;
        }
        drop(turn);
        Ok(self.receipt(alert, false).await?)
    }

    /// The alert of the same bytes that somebody looks after or will: one that is unread, or of an open case. The same bytes
    /// after the case was closed or halted are a new cry for help, and what was filed is read again.
    async fn held(&self, sha256: &[u8; 32], received: &Received) -> Result<Option<AlertId>, StoreError> {
        for alert in self.store.same_alerts(sha256, &received.channel, received.drill).await? {
            let unread = self.store.alert(alert).await?.is_some_and(|row| row.class == Class::Unread);
            if unread || self.lives_of(alert).await?.iter().any(|(_, life)| *life == LifeView::Open) {
                return Ok(Some(alert));
            }
        }
        Ok(None)
    }

    /// Cases that an alert opened or joined, and whether they run.
    async fn lives_of(&self, alert: AlertId) -> Result<Vec<(CaseId, LifeView)>, StoreError> {
        let mut lives = Vec::new();
        for link in self.store.cases_of(alert).await? {
            if let Some(case) = self.store.case(link.case).await? {
                lives.push((case.id, case.life));
            }
        }
        Ok(lives)
    }

    /// Closed cases that the same bytes belonged to.
    async fn earlier_cases(&self, alert: AlertId) -> Result<Vec<CaseId>, StoreError> {
        let Some(row) = self.store.alert(alert).await? else { return Ok(Vec::new()) };
        let mut cases = Vec::new();
        for same in self.store.same_alerts(&row.sha256, &row.channel, row.drill).await? {
            cases.extend(self.lives_of(same).await?.into_iter().map(|(case, _)| case));
        }
        Ok(cases)
    }

    async fn keep_bytes(&self, alert: AlertId, sha256: [u8; 32], received: &Received) -> Result<(), StoreError> {
        let entropy = self.entropy.as_ref();
        let key = Key::generate(entropy);
        let row = AlertRow {
            id: alert,
            channel: received.channel.clone(),
            content_type: received.content_type.clone(),
            received_at: received.received_at,
            sha256,
            length: u64::try_from(received.bytes.len()).unwrap_or(u64::MAX),
            drill: received.drill,
            class: Class::Unread,
            source: received.channel.clone(),
            reason: None,
            wrapped_key: Some(self.key.wrap(&key, &alert_key_place(alert), entropy)),
            sealed_reading: None,
            repeats: 0,
            attempts: 0,
        };
        let sealed_bytes = key.seal(0, &received.bytes, &alert_place(alert, "bytes"), entropy);
        let writes = vec![Write::Alert(Box::new(NewAlert { row, sealed_bytes }))];
        self.commit(Commit { name: "keep an alert", writes }).await.map(drop)
    }

    /// The alert stays in the queue of what nobody has worked on.
    async fn put_back(&self, alert: AlertId, reason: &str) -> Result<(), StoreError> {
        tracing::error!(alert.id = %alert, reason, "an alert could not be worked on; it is kept and tried again");
        let next = Timestamp::from_ms(self.now().as_ms().saturating_add(RETRY_MS));
        let writes = vec![Write::AlertFailed(alert, next)];
        self.commit(Commit { name: "put an alert back", writes }).await.map(drop)
    }

    /// Works on alerts that are still unread. Returns how many were done.
    ///
    /// Clocks wait behind this, so it never waits itself: while an alert is being read, the others are left for the next
    /// time. What was read between the list and the turn is left alone.
    pub async fn take_up_unread(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut done = 0;
        for alert in self.store.unread(now, 64).await? {
            let Ok(_turn) = self.intake_turn.try_lock() else { return Ok(done) };
            if self.store.alert(alert).await?.is_none_or(|row| row.class != Class::Unread) {
                continue;
            }
            let result = match self.received_again(alert).await {
                Ok(Some(received)) => self.work_on(alert, &received).await,
                Ok(None) => continue,
                Err(error) => Err(error.to_string()),
            };
            match result {
                Ok(()) => done += 1,
                Err(reason) => self.put_back(alert, &reason).await?,
            }
        }
        Ok(done)
    }

    /// An alert as it was received; `None` when it was erased.
    pub async fn received_again(&self, alert: AlertId) -> Result<Option<Received>, StoreError> {
        let Some(row) = self.store.alert(alert).await? else { return Ok(None) };
        let Some(bytes) = self.alert_bytes(&row).await? else { return Ok(None) };
        Ok(Some(Received {
            channel: row.channel,
            content_type: row.content_type,
            bytes,
            received_at: row.received_at,
            drill: row.drill,
        }))
    }

    /// Plain bytes of an alert; `None` when they were erased.
    pub async fn alert_bytes(&self, row: &AlertRow) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(wrapped) = &row.wrapped_key else { return Ok(None) };
        let Some(sealed) = self.store.alert_bytes(row.id).await? else { return Ok(None) };
        let opened = self
            .key
            .unwrap(wrapped, &alert_key_place(row.id))
            .and_then(|key| key.open(&sealed, &alert_place(row.id, "bytes")));
        opened.map(Some).map_err(|error| StoreError::Corrupt {
            table: "alerts",
            row: row.id.to_string(),
            column: "sealed_bytes",
            reason: error.to_string(),
        })
    }

    /// Understands an alert and commits what comes of it. Errors are words for the log: the alert is kept.
    async fn work_on(&self, alert: AlertId, received: &Received) -> Result<(), String> {
        let understood = self.understand(alert, received).await;
        let mut last = String::new();
        for _ in 0..TRIES {
            let touched = match understood.class {
                Class::Filed => self.file(alert, &understood).await.map_err(WorkError::from),
                Class::Alert | Class::NeedsReview | Class::Unread => {
                    self.apply(alert, received.drill, &understood, Relation::New).await
                }
            };
            let touched = touched.map_err(|error| error.to_string())?;
            match self.commit(Commit { name: "take in an alert", writes: touched.writes }).await {
                Ok(_) => {
                    touched.changes.into_iter().for_each(|change| self.tell(change));
                    return Ok(());
                }
                Err(error @ StoreError::Conflict { .. }) => last = error.to_string(),
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(last)
    }

    /// Reads an alert on a thread of its own: a large one takes a while, and one that breaks intake must not break more.
    async fn understand(&self, alert: AlertId, received: &Received) -> Understood {
        let (intake, copy) = (Arc::clone(&self.intake), received.clone());
        tokio::task::spawn_blocking(move || intake.understand(&copy)).await.unwrap_or_else(|_| {
            tracing::error!(alert.id = %alert, "intake broke on an alert; it becomes a case for a person to read");
            Understood::unreadable(received, self.intake.fallback())
        })
    }

    async fn file(&self, alert: AlertId, understood: &Understood) -> Result<Touched, StoreError> {
        let read = self.read_write(alert, Class::Filed, understood).await?;
        Ok(Touched { writes: vec![read], ..Touched::default() })
    }

    async fn read_write(&self, alert: AlertId, class: Class, understood: &Understood) -> Result<Write, StoreError> {
        let row = self.store.alert(alert).await?;
        let wrapped = row.and_then(|row| row.wrapped_key);
        let sealed_reading = wrapped.and_then(|wrapped| {
            let key = self.key.unwrap(&wrapped, &alert_key_place(alert)).ok()?;
            let text = json(&understood.contents);
            Some(key.seal(0, text.as_bytes(), &alert_place(alert, "reading"), self.entropy.as_ref()))
        });
        Ok(Write::AlertRead(Box::new(AlertRead {
            id: alert,
            class,
            source: understood.source.clone(),
            reason: Some(understood.reason.clone()),
            sealed_reading,
        })))
    }

    /// How an alert was read; `None` when it was erased or not read yet.
    pub fn contents(&self, row: &AlertRow) -> Result<Option<Contents>, StoreError> {
        let (Some(wrapped), Some(sealed)) = (&row.wrapped_key, &row.sealed_reading) else { return Ok(None) };
        let corrupt = |reason: String| StoreError::Corrupt {
            table: "alerts",
            row: row.id.to_string(),
            column: "sealed_reading",
            reason,
        };
        let plain = self
            .key
            .unwrap(wrapped, &alert_key_place(row.id))
            .and_then(|key| key.open(sealed, &alert_place(row.id, "reading")))
            .map_err(|error| corrupt(error.to_string()))?;
        serde_json::from_slice(&plain).map(Some).map_err(|error| corrupt(error.to_string()))
    }

    /// Opens or joins a case for each person an alert is about.
    async fn apply(
        &self,
        alert: AlertId,
        drill: bool,
        understood: &Understood,
        opens_as: Relation,
    ) -> Result<Touched, WorkError> {
        let mut touched = Touched::default();
        for (index, subject) in understood.subjects.iter().enumerate() {
            if !self.join(alert, drill, understood.session, subject, &mut touched).await? {
                if understood.session == Some(SessionMessage::Stop) {
                    continue;
                }
                let relation = if index == 0 { opens_as } else { Relation::Linked };
                self.open(alert, drill, subject, relation, understood, &mut touched).await?;
            }
        }
        if touched.cases.is_empty() {
            // the end of a session that has no open case
            return Ok(self.file(alert, understood).await?);
        }
        link_all(&mut touched);
        link_earlier(&mut touched, &self.earlier_cases(alert).await?);
        // behind the cases, before the links to them: rows refer to it, and it to nothing
        touched.writes.insert(0, self.read_write(alert, understood.class, understood).await?);
        Ok(touched)
    }

    /// Joins the open case that an alert belongs to. `false` when there is none.
    async fn join(
        &self,
        alert: AlertId,
        drill: bool,
        session: Option<SessionMessage>,
        subject: &SubjectFacts,
        touched: &mut Touched,
    ) -> Result<bool, WorkError> {
        let mut candidates = self.candidates(drill, subject).await?;
        // two persons of one alert are two cases
        candidates.retain(|(case, _)| !touched.cases.iter().any(|(other, _)| other == case));
        let mut known = Vec::new();
        for (case, _) in &candidates {
            let live = match self.load(*case).await {
                Ok(live) => live,
                Err(error) if is_lasting(&error) => {
                    // the person must not wait for a case that nobody can open: a new one is opened
                    tracing::error!(case.id = %case, alert.id = %alert, "an open case cannot be loaded; the alert does not join it");
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let facts = live.state.facts.into_iter().map(|(name, fact)| (name, fact.value)).collect();
            known.push(KnownCase { case: *case, facts });
        }
        while let Some((case, relation)) = self.related(subject, session, &candidates, &known) {
            let mut live = self.load(case).await?;
            let mut facts = declared(&live.protocol, &subject.facts);
            let seals = seals_of(&live.protocol, &facts);
            // a position that arrives after the stop must not bring the person back
            let told = facts.len();
            if session.is_some() {
                facts.retain(|name, _| seal_of(&live.protocol, name).is_none_or(|seal| !live.keys.is_erased(seal)));
            }
            let is_late = facts.len() < told;
            let facts = joining::counting(&live.state.facts, facts);
            let body = EventBody::Joined { alert, event: event_name(relation).to_owned(), facts };
            live.row.alerts += 1;
            let appended = self.append(&mut live, body, None).await?;
            if appended.refusal.is_some() {
                // halted or ended for good: nobody would look after the person there
                candidates.retain(|(other, _)| *other != case);
                known.retain(|other| other.case != case);
                continue;
            }
            touched.writes.extend(appended.writes);
            let event = appended.number;
            touched.writes.push(Write::CaseAlert(CaseAlertRow { case, alert, relation, event, seals }));
            touched.writes.extend(is_late.then_some(Write::EraseAlert(alert)));
            self.lookups(&live, drill, subject, &mut touched.writes);
            touched.changes.push(appended.change);
            touched.cases.push((case, relation));
            return Ok(true);
        }
        Ok(false)
    }

    /// The case that a person's alert belongs to, and how.
    fn related(
        &self,
        subject: &SubjectFacts,
        session: Option<SessionMessage>,
        candidates: &[(CaseId, String)],
        known: &[KnownCase],
    ) -> Option<(CaseId, Relation)> {
        let related = self.intake.relate(subject, session, known);
        // a session is one person, even when everything else about them was erased
        let by_session = || {
            let same = candidates.iter().find(|(_, kind)| kind == SESSION)?;
            session.map(|_| (same.0, Relation::Update))
        };
        let (case, relation) = related.or_else(by_session)?;
        Some(match session {
            Some(SessionMessage::Location) => (case, Relation::Location),
            Some(SessionMessage::Stop) => (case, Relation::Stop),
            None => (case, relation),
        })
    }

    /// Open cases that share a key with a person, the latest first, each with the kind of key.
    async fn candidates(&self, drill: bool, subject: &SubjectFacts) -> Result<Vec<(CaseId, String)>, StoreError> {
        let hashes: Vec<[u8; 32]> =
            subject.keys.iter().map(|key| self.key.lookup(drill, &key.kind, &key.value)).collect();
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let mut candidates: Vec<(CaseId, String)> = Vec::new();
        for (case, kind) in self.store.find(&hashes).await? {
            match candidates.iter_mut().find(|(other, _)| *other == case) {
                Some((_, known)) if kind == SESSION => *known = kind,
                Some(_) => {}
                None => candidates.push((case, kind)),
            }
        }
        Ok(candidates)
    }

    async fn open(
        &self,
        alert: AlertId,
        drill: bool,
        subject: &SubjectFacts,
        relation: Relation,
        understood: &Understood,
        touched: &mut Touched,
    ) -> Result<(), WorkError> {
        let protocol = self
            .versions
            .current(&subject.protocol)
            .or_else(|| self.versions.current(&self.intake.fallback()))
            .ok_or_else(|| WorkError::NoProtocol(subject.protocol.clone()))?;
        let case = CaseId(new_uuid(self.now(), self.entropy.as_ref()));
        let now = self.now();
        let row = new_row(case, &protocol, drill, now, &understood.source);
        touched.writes.push(Write::Version(self.versions.row(&protocol, now)));
        touched.writes.push(Write::OpenCase { row: Box::new(row.clone()), series: series(&protocol, now) });
        let mut live = Live {
            hash: chain::genesis(case, protocol.digest),
            row,
            state: CaseState::default(),
            keys: Keys::default(),
            protocol: Arc::clone(&protocol),
        };
        let facts = declared(&protocol, &subject.facts);
        let seals = seals_of(&protocol, &facts);
        let body = EventBody::Opened { alert: Some(alert), facts, drill };
        let appended = self.append(&mut live, body, None).await?;
        touched.writes.extend(appended.writes);
        touched.writes.push(Write::CaseAlert(CaseAlertRow { case, alert, relation, event: 1, seals }));
        self.lookups(&live, drill, subject, &mut touched.writes);
        touched.changes.push(appended.change);
        touched.cases.push((case, relation));
        Ok(())
    }

    fn lookups(&self, live: &Live, drill: bool, subject: &SubjectFacts, writes: &mut Vec<Write>) {
        for key in &subject.keys {
            let seal = key.fact.as_deref().and_then(|fact| seal_of(&live.protocol, fact)).map(str::to_owned);
            if seal.as_deref().is_some_and(|seal| live.keys.is_erased(seal)) {
                continue;
            }
            writes.push(Write::Lookup(LookupRow {
                hash: self.key.lookup(drill, &key.kind, &key.value),
                case: live.row.id,
                kind: key.kind.clone(),
                seal,
            }));
        }
    }

    /// Makes a case of an alert that was filed. Errors: words for the log.
    pub async fn reopen(
        &self,
        alert: AlertId,
        received: &Received,
        actor: &Actor,
        reason: &str,
    ) -> Result<Option<CaseId>, WorkError> {
        let mut understood = self.understand(alert, received).await;
        if understood.subjects.is_empty() {
            let contents = std::mem::take(&mut understood.contents);
            let source = understood.source.clone();
            understood = Understood::unreadable(received, self.intake.fallback());
            understood.contents = contents;
            understood.source = source;
        }
        understood.class = Class::NeedsReview;
        understood.session = None;
        let touched = self.apply(alert, received.drill, &understood, Relation::Reopened).await?;
        self.commit(Commit { name: "reopen a filed alert", writes: touched.writes }).await?;
        touched.changes.into_iter().for_each(|change| self.tell(change));
        for (case, _) in &touched.cases {
            self.note_reopening(*case, actor, reason).await?;
        }
        Ok(touched.cases.first().map(|(case, _)| *case))
    }

    /// Writes into the log of a case who made it of a filed alert, and why.
    async fn note_reopening(&self, case: CaseId, actor: &Actor, reason: &str) -> Result<(), WorkError> {
        let data = BTreeMap::from([
            ("person".to_owned(), Value::Text(actor.person.to_string())),
            ("role".to_owned(), Value::Text(actor.role.clone())),
            ("unit".to_owned(), Value::Text(actor.unit.clone())),
            ("reason".to_owned(), Value::Text(reason.to_owned())),
        ]);
        let body = EventBody::External { name: "alert.reopened".to_owned(), data: Value::Map(data) };
        let mut last = StoreError::Busy;
        for _ in 0..TRIES {
            let mut live = self.load(case).await?;
            let appended = self.append(&mut live, body.clone(), None).await?;
            match self.commit(Commit { name: "note a reopening", writes: appended.writes }).await {
                Ok(_) => {
                    self.tell(appended.change);
                    return Ok(());
                }
                Err(error @ StoreError::Conflict { .. }) => last = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }

    /// What became of an alert.
    async fn receipt(&self, alert: AlertId, repeat: bool) -> Result<Receipt, StoreError> {
        let row = self.store.alert(alert).await?.ok_or_else(|| StoreError::Corrupt {
            table: "alerts",
            row: alert.to_string(),
            column: "id",
            reason: "the alert is gone".to_owned(),
        })?;
        let mut cases = Vec::new();
        for link in self.store.cases_of(alert).await? {
            if let Some(case) = self.store.case(link.case).await? {
                cases.push(CaseOf { case: link.case, number: case.number, relation: link.relation });
            }
        }
        Ok(Receipt { alert, sha256: row.sha256, class: row.class, cases, repeat })
    }
}

/// Why an alert could not be worked on.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// No protocol to run it on.
    #[error("there is no protocol `{0}`, and no other for alerts that fit none")]
    NoProtocol(String),
    /// The case it belongs to cannot be loaded.
    #[error("{0}")]
    Case(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LoadError> for WorkError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Store(error) => Self::Store(error),
            LoadError::Missing(case) => Self::Case(format!("there is no case {case}")),
            LoadError::Version(case, reason) => {
                Self::Case(format!("the protocol version of {case} cannot be loaded: {reason}"))
            }
        }
    }
}

/// Whether a case stays unreadable however often it is tried.
fn is_lasting(error: &LoadError) -> bool {
    match error {
        LoadError::Missing(_) | LoadError::Version(..) | LoadError::Store(StoreError::Corrupt { .. }) => true,
        LoadError::Store(_) => false,
    }
}

/// Facts that a protocol knows of.
fn declared(protocol: &Protocol, facts: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    facts
        .iter()
        .filter(|(name, value)| protocol.facts.contains_key(*name) && !value.is_unknown())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Event that the chart sees.
const fn event_name(relation: Relation) -> &'static str {
    match relation {
        Relation::Duplicate => "alert.duplicate",
        Relation::Location => "session.location",
        Relation::Stop => "session.stop",
        Relation::New | Relation::Linked | Relation::Update | Relation::Reopened => "alert.update",
    }
}

/// All cases that one alert opened belong together.
fn link_all(touched: &mut Touched) {
    let cases: Vec<CaseId> = touched.cases.iter().map(|(case, _)| *case).collect();
    for case in &cases {
        for other in cases.iter().filter(|other| *other != case) {
            let relation = "same_alert".to_owned();
            touched.writes.push(Write::Link(LinkRow { case: *case, other: *other, relation }));
        }
    }
}

/// Cases of the same bytes that were closed before.
fn link_earlier(touched: &mut Touched, earlier: &[CaseId]) {
    let cases: Vec<CaseId> = touched.cases.iter().map(|(case, _)| *case).collect();
    for case in &cases {
        for other in earlier.iter().filter(|other| !cases.contains(other)) {
            let (earlier, later) = ("earlier_case".to_owned(), "later_case".to_owned());
            touched.writes.push(Write::Link(LinkRow { case: *case, other: *other, relation: earlier }));
            touched.writes.push(Write::Link(LinkRow { case: *other, other: *case, relation: later }));
        }
    }
}

fn new_row(case: CaseId, protocol: &Protocol, drill: bool, now: Timestamp, source: &str) -> CaseRow {
    CaseRow {
        id: case,
        number: String::new(),
        protocol: protocol.name.clone(),
        version: protocol.digest,
        life: LifeView::Open,
        outcome: None,
        drill,
        opened_at: now,
        last_event_at: now,
        closed_at: None,
        due: None,
        overdue: false,
        unowned: false,
        level: None,
        platform: None,
        source: Some(source.to_owned()),
        unit: None,
        stage: Stage::Intake,
        alerts: 1,
        card: json(&Card::default()),
    }
}

/// Series of case numbers: state code of the protocol's units and the year in Indian Standard Time, `RJ-2026`.
fn series(protocol: &Protocol, now: Timestamp) -> String {
    let state = protocol.units.values().find_map(|rule| match rule {
        UnitRule::Code(code) => code.split('-').next().filter(|state| !state.is_empty()),
        UnitRule::Fact(_) | UnitRule::Above { .. } => None,
    });
    format!("{}-{}", state.unwrap_or("IN"), ist_year(now))
}

/// Year in Indian Standard Time.
fn ist_year(now: Timestamp) -> i32 {
    use chrono::Datelike as _;
    chrono::DateTime::from_timestamp_millis(now.as_ms().saturating_add(crate::view::IST_MS)).map_or(1970, |t| t.year())
}
