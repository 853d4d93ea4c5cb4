//! Joining: the open case that an alert belongs to.

use std::collections::{BTreeMap, BTreeSet};

use niyam_kernel::event::EventBody;
use niyam_kernel::id::CaseId;
use niyam_rules::protocol::Protocol;
use niyam_rules::value::Value;

use super::work::{Candidates, Person, Taking, Touched, WorkError};
use crate::error::StoreError;
use crate::request::{CaseOf, Relation};
use crate::runtime::append::seals_of;
use crate::runtime::hot::Turn;
use crate::runtime::live::{Live, LoadError};
use crate::runtime::{Runtime, joining};
use crate::seal::split::seal_of;
use crate::store::{CaseAlertRow, Expected, LookupRow, Write};
use crate::understood::{KnownCase, SessionMessage, SubjectFacts};

/// Kind of key that names one session.
pub const SESSION: &str = "session";

impl Runtime {
    /// Waits for all cases that an alert may belong to, in the order of their ids, so that nobody waits in a circle.
    pub(super) async fn turns(
        &self,
        taking: &Taking<'_>,
        candidates: &[Candidates],
    ) -> Result<BTreeMap<CaseId, Turn<'_>>, WorkError> {
        let cases: BTreeSet<CaseId> = candidates.iter().flatten().map(|(case, _)| *case).collect();
        let mut turns = BTreeMap::new();
        for case in cases {
            match self.turn(case).await {
                Ok(turn) => {
                    turns.insert(case, turn);
                }
                Err(error) if is_lasting(&error) => {
                    // the person must not wait for a case that nobody can open: a new one is opened
                    let alert = taking.kept.alert;
                    tracing::error!(case.id = %case, alert.id = %alert, "an open case cannot be loaded; the alert does not join it");
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(turns)
    }

    /// Joins the open case that an alert belongs to. `false` when there is none.
    pub(super) async fn join(
        &self,
        taking: &Taking<'_>,
        person: &Person<'_>,
        mut candidates: Candidates,
        touched: &mut Touched<'_>,
    ) -> Result<bool, WorkError> {
        // two persons of one alert are two cases
        candidates.retain(|(case, _)| !touched.cases.iter().any(|other| other.case == *case));
        let mut known = Vec::new();
        for (case, _) in &candidates {
            let Some(turn) = touched.turns.get(case) else { continue };
            let facts = turn.live().state.facts.iter().map(|(name, fact)| (name.clone(), fact.value.clone())).collect();
            known.push(KnownCase { case: *case, facts });
        }
        while let Some((case, relation)) = self.related(person.facts, taking.understood.session, &candidates, &known) {
            candidates.retain(|(other, _)| *other != case);
            known.retain(|other| other.case != case);
            if self.joined(taking, person, (case, relation), touched).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Joins this case. `false` when it takes nothing any more: halted or ended for good, nobody would look after the
    /// person there.
    async fn joined(
        &self,
        taking: &Taking<'_>,
        person: &Person<'_>,
        (case, relation): (CaseId, Relation),
        touched: &mut Touched<'_>,
    ) -> Result<bool, WorkError> {
        // one that cannot be loaded
        let Some(mut turn) = touched.turns.remove(&case) else { return Ok(false) };
        let (live, alert) = (turn.live_mut(), taking.kept.alert);
        let mut facts = declared(&live.protocol, &person.facts.facts);
        let seals = seals_of(&live.protocol, &facts);
        // a position that arrives after the stop must not bring the person back
        let told = facts.len();
        if taking.understood.session.is_some() {
            facts.retain(|name, _| seal_of(&live.protocol, name).is_none_or(|seal| !live.keys.is_erased(seal)));
        }
        let is_late = facts.len() < told;
        let facts = joining::counting(&live.state.facts, facts);
        let body = EventBody::Joined { alert, event: event_name(relation).to_owned(), facts };
        live.row.alerts += 1;
        let appended = self.append(live, body, None).await?;
        if appended.refusal.is_some() {
            return Ok(false);
        }
        touched.writes.extend(appended.writes);
        let event = appended.number;
        touched.writes.push(Write::CaseAlert(CaseAlertRow { case, alert, relation, event, seals }));
        touched.writes.extend(is_late.then_some(Write::EraseAlert(alert)));
        touched.changes.push(appended.change);
        touched.cases.push(CaseOf { case, number: live.row.number.clone(), relation });
        self.touched(taking, person, live, touched).await?;
        touched.turns.insert(case, turn);
        Ok(true)
    }

    /// What follows in every case that an alert opened or joined: why a person reopened it, and what it is found by.
    pub(super) async fn touched(
        &self,
        taking: &Taking<'_>,
        person: &Person<'_>,
        live: &mut Live,
        touched: &mut Touched<'_>,
    ) -> Result<(), WorkError> {
        if let Some(reopening) = taking.reopening {
            let appended = self.append(live, reopening.body(), None).await?;
            touched.writes.extend(appended.writes);
            touched.changes.push(appended.change);
        }
        lookups(live, person, &mut touched.writes);
        Ok(())
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

    /// Open cases that share a key with a person. That it is these is what the commit expects.
    pub(super) async fn candidates(
        &self,
        person: &Person<'_>,
        expected: &mut Vec<Write>,
    ) -> Result<Candidates, StoreError> {
        let mut candidates = Candidates::new();
        if person.hashes.is_empty() {
            return Ok(candidates);
        }
        for (case, kind) in self.store.find(&person.hashes).await? {
            match candidates.iter_mut().find(|(other, _)| *other == case) {
                Some((_, known)) if kind == SESSION => *known = kind,
                Some(_) => {}
                None => candidates.push((case, kind)),
            }
        }
        let cases = candidates.iter().map(|(case, _)| *case).collect();
        expected.push(Write::Expect(Expected::Found { hashes: person.hashes.clone(), cases }));
        Ok(candidates)
    }
}

/// What a case is found by from now on.
fn lookups(live: &Live, person: &Person<'_>, writes: &mut Vec<Write>) {
    for (key, hash) in person.facts.keys.iter().zip(&person.hashes) {
        let seal = key.fact.as_deref().and_then(|fact| seal_of(&live.protocol, fact)).map(str::to_owned);
        if seal.as_deref().is_some_and(|seal| live.keys.is_erased(seal)) {
            continue;
        }
        writes.push(Write::Lookup(LookupRow { hash: *hash, case: live.row.id, kind: key.kind.clone(), seal }));
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
