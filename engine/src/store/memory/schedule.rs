//! What is done at set times, what the desk is told, and what waits.

use async_trait::async_trait;
use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;

use super::MemoryStore;
use super::alert::most;
use super::tables::{Claim, Scheduled, Tables};
use super::work::CLAIM_MS;
use crate::error::StoreError;
use crate::store::{DeskNoticeRow, EffectRow, EffectStatus, ScheduleRan, ScheduleRow, ScheduleStore, Waiting};
use crate::view::LifeView;

#[async_trait]
impl ScheduleStore for MemoryStore {
    async fn schedules(&self) -> Result<Vec<ScheduleRow>, StoreError> {
        Ok(self.tables().schedules.rows().values().map(|scheduled| scheduled.row.clone()).collect())
    }

    async fn claim_schedule(&self, owner: &str, now: Timestamp) -> Result<Option<ScheduleRow>, StoreError> {
        let (claim, begun) = (self.claim(owner), self.clock.now());
        let mut tables = self.tables();
        let free = |scheduled: &&Scheduled| scheduled.claim.as_ref().is_none_or(|claim| claim.until < begun);
        let due = tables.schedules.rows().values().filter(|scheduled| scheduled.row.next_due <= now).filter(free);
        let Some(row) = due.min_by_key(|scheduled| scheduled.row.next_due).map(|scheduled| scheduled.row.clone())
        else {
            return Ok(None);
        };
        tables.schedules.change(&row.name, |scheduled| scheduled.claim = Some(claim));
        tables.settle();
        Ok(Some(row))
    }

    async fn desk_notices(&self, limit: u64) -> Result<Vec<DeskNoticeRow>, StoreError> {
        let mut found: Vec<DeskNoticeRow> = self.tables().desk_notices.rows().values().cloned().collect();
        found.sort_by(|a, b| (b.at, &a.id).cmp(&(a.at, &b.id)));
        found.truncate(most(limit));
        Ok(found)
    }

    async fn failed_effects(&self, limit: u64) -> Result<Vec<(EffectRow, Timestamp)>, StoreError> {
        let tables = self.tables();
        let failed = tables.outbox.rows().values().filter(|work| work.row.status == EffectStatus::Failed);
        let mut found: Vec<(EffectRow, Timestamp)> =
            failed.map(|work| (work.row.clone(), work.done_at.unwrap_or(work.row.next_at))).collect();
        found.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        found.truncate(most(limit));
        Ok(found)
    }

    async fn waiting(&self, now: Timestamp) -> Result<Waiting, StoreError> {
        let tables = self.tables();
        let due = tables.due.rows().keys().take_while(|(due, ..)| *due <= now).count();
        Ok(Waiting {
            clocks_due: u64::try_from(due).unwrap_or(u64::MAX),
            effects: u64::try_from(tables.waiting.rows().keys().take_while(|(next_at, _)| *next_at <= now).count())
                .unwrap_or(u64::MAX),
            effects_due_since: tables.waiting.rows().keys().next().map(|(next_at, _)| *next_at),
        })
    }

    async fn next_clock(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.tables().due.rows().keys().next().map(|(due, ..)| *due))
    }

    async fn last_heard(&self, channel: &str) -> Result<Option<Timestamp>, StoreError> {
        let tables = self.tables();
        let heard = tables.alerts.rows().values().filter(|alert| alert.row.channel == channel);
        Ok(heard.map(|alert| alert.row.received_at).max())
    }

    async fn open_cases(&self, after: Option<CaseId>, limit: u64) -> Result<Vec<CaseId>, StoreError> {
        let tables = self.tables();
        let open = tables.cases.rows().values().filter(|row| row.life == LifeView::Open).map(|row| row.id);
        Ok(open.filter(|id| after.is_none_or(|after| *id > after)).take(most(limit)).collect())
    }

    async fn forgettable(&self, before: Timestamp, limit: u64) -> Result<Vec<CaseId>, StoreError> {
        let tables = self.tables();
        let closed = tables.cases.rows().values().filter(|row| row.life == LifeView::Closed);
        let mut found: Vec<(Timestamp, CaseId)> = closed
            .filter_map(|row| Some((row.closed_at.filter(|at| *at < before)?, row.id)))
            .filter(|(_, id)| tables.keys.rows().keys().any(|(case, ..)| case == id))
            .collect();
        found.sort();
        Ok(found.into_iter().map(|(_, id)| id).take(most(limit)).collect())
    }
}

/// A schedule with its cron text. One that is there keeps its next time unless the text has changed.
pub fn define(tables: &mut Tables, name: &str, cron: &str, next_due: Timestamp) {
    let known = tables.schedules.get(&name.to_owned());
    if known.is_some_and(|known| known.row.cron == cron) {
        return;
    }
    let row = known.map(|known| known.row.clone());
    let new = ScheduleRow {
        name: name.to_owned(),
        cron: String::new(),
        next_due,
        last_due: None,
        last_run: None,
        result: None,
    };
    let row = ScheduleRow { cron: cron.to_owned(), next_due, ..row.unwrap_or(new) };
    let claim = known.and_then(|known| known.claim.clone());
    tables.schedules.put(name.to_owned(), Scheduled { row, claim });
}

/// What came of a run, by whoever holds the claim.
pub fn ran(tables: &mut Tables, run: &ScheduleRan) -> Result<(), StoreError> {
    let known = tables.schedules.get(&run.name);
    if known.is_none_or(|known| !is_held(known, &run.owner) || known.row.next_due != run.due) {
        return Err(StoreError::Moved);
    }
    tables.schedules.change(&run.name, |scheduled| {
        scheduled.claim = None;
        scheduled.row.last_due = Some(run.due);
        scheduled.row.last_run = Some(run.at);
        scheduled.row.result = Some(run.result.clone());
        scheduled.row.next_due = run.next_due;
    });
    Ok(())
}

/// Whoever works on a schedule still holds it, and holds it on.
pub fn hold(tables: &mut Tables, name: &str, owner: &str, now: Timestamp) -> Result<(), StoreError> {
    if tables.schedules.get(&name.to_owned()).is_none_or(|known| !is_held(known, owner)) {
        return Err(StoreError::Moved);
    }
    let until = Timestamp::from_ms(now.as_ms().saturating_add(CLAIM_MS));
    tables.schedules.change(&name.to_owned(), |scheduled| {
        scheduled.claim = Some(Claim { owner: owner.to_owned(), until });
    });
    Ok(())
}

fn is_held(scheduled: &Scheduled, owner: &str) -> bool {
    scheduled.claim.as_ref().is_some_and(|claim| claim.owner == owner)
}
