//! Opening a case.

use std::sync::{Arc, PoisonError};

use niyam_kernel::event::EventBody;
use niyam_kernel::id::CaseId;
use niyam_kernel::state::CaseState;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use niyam_rules::chart::Stage;
use niyam_rules::protocol::{Protocol, UnitRule};

use super::join::declared;
use super::work::{Person, Taking, Touched, WorkError};
use crate::request::{CaseOf, Relation};
use crate::runtime::Runtime;
use crate::runtime::append::{json, seals_of};
use crate::runtime::card::Card;
use crate::runtime::live::{Keys, Live};
use crate::seal::chain;
use crate::store::{CaseAlertRow, CaseRow, Write};
use crate::time::new_uuid;
use crate::view::LifeView;

impl Runtime {
    /// Opens a case for a person.
    pub(super) async fn open(
        &self,
        taking: &Taking<'_>,
        person: &Person<'_>,
        relation: Relation,
        touched: &mut Touched<'_>,
    ) -> Result<(), WorkError> {
        let (subject, alert) = (person.facts, taking.kept.alert);
        let protocol = self
            .versions
            .current(&subject.protocol)
            .or_else(|| self.versions.current(&self.intake.fallback()))
            .ok_or_else(|| WorkError::NoProtocol(subject.protocol.clone()))?;
        let case = CaseId(new_uuid(self.now(), self.entropy.as_ref()));
        let now = self.now();
        let row = new_row(case, &protocol, taking.drill, now, &taking.understood.source);
        if !self.is_stored(protocol.digest) {
            touched.writes.push(Write::Version(self.versions.row(&protocol, now)));
            touched.versions.push(protocol.digest);
        }
        touched.writes.push(Write::OpenCase { row: Box::new(row.clone()), series: series(&protocol, now) });
        let mut live = Live {
            hash: chain::genesis(case, protocol.digest),
            row,
            state: CaseState::default(),
            keys: Keys::default(),
            protocol: Arc::clone(&protocol),
            stored: None,
        };
        let facts = declared(&protocol, &subject.facts);
        let seals = seals_of(&protocol, &facts);
        let body = EventBody::Opened { alert: Some(alert), facts, drill: taking.drill };
        let appended = self.append(&mut live, body, None).await?;
        touched.writes.extend(appended.writes);
        touched.writes.push(Write::CaseAlert(CaseAlertRow { case, alert, relation, event: 1, seals }));
        touched.changes.push(appended.change);
        touched.cases.push(CaseOf { case, number: String::new(), relation });
        self.touched(taking, person, &mut live, touched).await?;
        touched.opened.push(live);
        Ok(())
    }

    /// Whether a version is known to be stored, so that a case may be opened on it without its content.
    fn is_stored(&self, version: VersionDigest) -> bool {
        self.stored_versions.lock().unwrap_or_else(PoisonError::into_inner).contains(&version)
    }

    /// These were stored: the commit that holds them is durable.
    pub(super) fn are_stored(&self, versions: Vec<VersionDigest>) {
        if !versions.is_empty() {
            self.stored_versions.lock().unwrap_or_else(PoisonError::into_inner).extend(versions);
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
