//! Joining: the open case that an alert belongs to.

use std::collections::BTreeMap;

use niyam_kernel::event::EventBody;
use niyam_kernel::id::{AlertId, CaseId};
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;

use super::work::{Touched, WorkError};
use crate::error::StoreError;
use crate::request::Relation;
use crate::runtime::append::seals_of;
use crate::runtime::live::{Live, LoadError};
use crate::runtime::{Runtime, joining};
use crate::seal::split::seal_of;
use crate::store::{CaseAlertRow, LookupRow, Write};
use crate::understood::{KnownCase, SessionMessage, SubjectFacts};

/// Kind of key that names one session.
pub const SESSION: &str = "session";

impl Runtime {
    /// Joins the open case that an alert belongs to. `false` when there is none.
    pub(super) async fn join(
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
    pub(super) fn related(
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
    pub(super) async fn candidates(
        &self,
        drill: bool,
        subject: &SubjectFacts,
    ) -> Result<Vec<(CaseId, String)>, StoreError> {
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

    pub(super) fn lookups(&self, live: &Live, drill: bool, subject: &SubjectFacts, writes: &mut Vec<Write>) {
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
}

/// Whether a case stays unreadable however often it is tried.
fn is_lasting(error: &LoadError) -> bool {
    match error {
        LoadError::Missing(_) | LoadError::Version(..) | LoadError::Store(StoreError::Corrupt { .. }) => true,
        LoadError::Store(_) => false,
    }
}

/// Facts that a protocol knows of.
pub(super) fn declared(protocol: &Protocol, facts: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
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
