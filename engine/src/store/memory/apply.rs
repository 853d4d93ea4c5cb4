//! One write on the tables.

use std::collections::BTreeSet;

use niyam_kernel::id::{AlertId, CaseId, EffectId};
use niyam_kernel::time::Timestamp;

use super::schedule;
use super::table::Table;
use super::tables::{Alert, Tables, Timer, Work};
use crate::error::StoreError;
use crate::store::{
    AlertRead, CaseAlertRow, CaseRow, Committed, EffectRow, EffectStatus, EventRow, Expected, NewAlert, SnapshotRow,
    TimerRow, Write,
};
use crate::view::LifeView;

/// Writes one of a transaction. What it leaves behind when it is refused is taken back by the caller.
pub fn apply(tables: &mut Tables, write: &Write, committed: &mut Committed, now: Timestamp) -> Result<(), StoreError> {
    match write {
        Write::Meta(name, value) => must("meta", tables.meta.add(name.clone(), value.clone())),
        Write::Expect(expected) => expect(tables, expected),
        Write::Alert(new) => must("alerts", tables.alerts.add(new.row.id, new_alert(new))),
        Write::AlertRead(read) => read_alert(tables, read),
        Write::AlertRepeated(id, at) => change_alert(tables, *id, |alert| {
            alert.row.repeats += 1;
            alert.repeated_at = Some(*at);
        }),
        Write::AlertFailed(id, next_at) => change_alert(tables, *id, |alert| {
            alert.row.attempts += 1;
            alert.next_at = Some(*next_at);
        }),
        Write::EraseAlert(id) => change_alert(tables, *id, |alert| alert.row.wrapped_key = None),
        Write::Version(row) => once(&mut tables.versions, row.digest, row),
        Write::OpenCase { row, series } => open(tables, row, series, committed),
        Write::Event(row) => append(tables, row),
        Write::Snapshot(snapshot, row) => keep(tables, snapshot, row),
        Write::Key(row) => {
            exists(tables, row.case)?;
            must("case_keys", tables.keys.add((row.case, row.seal.clone(), row.generation), row.clone()))
        }
        Write::DestroyKeys { case, seal, at } => destroy(tables, *case, seal, *at),
        Write::Lookup(row) => {
            exists(tables, row.case)?;
            once(&mut tables.lookups, (row.hash, row.case), row)
        }
        Write::CaseAlert(row) => belongs(tables, row),
        Write::Link(row) => {
            exists(tables, row.case)?;
            exists(tables, row.other)?;
            once(&mut tables.links, (row.case, row.other), row)
        }
        Write::StartTimer(row) => start_timer(tables, row),
        Write::CancelTimer(case, timer) => {
            cancel_timer(tables, *case, *timer);
            Ok(())
        }
        Write::Effect(row) => effect(tables, row),
        Write::TimerRests { case, timer, until } => {
            timer_rests(tables, *case, *timer, *until);
            Ok(())
        }
        Write::EffectEnded { id, owner, status, at, reason } => tried(tables, *id, owner, |work| {
            work.row.attempts += 1;
            work.row.status = *status;
            work.row.reason.clone_from(reason);
            work.done_at = Some(*at);
        }),
        Write::EffectRetry { id, owner, next_at, reason } => tried(tables, *id, owner, |work| {
            work.row.attempts += 1;
            work.row.next_at = *next_at;
            work.row.reason = Some(reason.clone());
        }),
        Write::EffectWaits { id, owner, next_at, reason } => tried(tables, *id, owner, |work| {
            work.row.next_at = *next_at;
            work.row.reason = Some(reason.clone());
        }),
        Write::EffectAgain { id, at } => again(tables, *id, *at),
        Write::Schedule { name, cron, next_due } => {
            schedule::define(tables, name, cron, *next_due);
            Ok(())
        }
        Write::NoSchedule(name) => {
            tables.schedules.remove(name);
            Ok(())
        }
        Write::ScheduleRan(run) => schedule::ran(tables, run),
        Write::ScheduleHeld { name, owner } => schedule::hold(tables, name, owner, now),
        Write::DeskNotice(row) => once(&mut tables.desk_notices, row.id.clone(), row),
        Write::Notice(row) => {
            exists(tables, row.id.case)?;
            once(&mut tables.notices, row.id, row)
        }
        Write::Outgoing(row) => {
            exists(tables, row.id.case)?;
            once(&mut tables.outgoing, row.id, row)
        }
        Write::Request(row) => {
            let is_new = tables.requests.add(row.id, row.clone());
            is_new.then_some(()).ok_or(StoreError::Repeated(row.id))
        }
        Write::Access(row) => must("accesses", tables.accesses.add(row.id, row.clone())),
    }
}

/// Writes a row unless there is one with its key.
#[expect(clippy::unnecessary_wraps, reason = "every write answers alike")]
fn once<K: Ord + Clone, V: Clone>(table: &mut Table<K, V>, key: K, row: &V) -> Result<(), StoreError> {
    table.add(key, row.clone());
    Ok(())
}

/// A row whose key must be free.
fn must(table: &'static str, is_new: bool) -> Result<(), StoreError> {
    refused(is_new, table, "there is a row with this key")
}

/// A row that another must refer to.
fn refers(table: &'static str, is_there: bool) -> Result<(), StoreError> {
    refused(is_there, table, "it refers to a row that is not there")
}

fn refused(holds: bool, table: &'static str, reason: &str) -> Result<(), StoreError> {
    holds.then_some(()).ok_or_else(|| StoreError::Database { doing: table, reason: reason.to_owned() })
}

fn exists(tables: &Tables, case: CaseId) -> Result<(), StoreError> {
    refers("cases", tables.cases.has(&case))
}

fn new_alert(new: &NewAlert) -> Alert {
    Alert {
        row: new.row.clone(),
        sealed_bytes: new.sealed_bytes.clone(),
        repeated_at: None,
        next_at: Some(new.next_at),
    }
}

/// Writes what an alert was taken for, unless somebody else has meanwhile.
fn read_alert(tables: &mut Tables, read: &AlertRead) -> Result<(), StoreError> {
    if tables.alerts.get(&read.id).is_none_or(|alert| alert.row.class != read.was) {
        return Err(StoreError::Moved);
    }
    change_alert(tables, read.id, |alert| {
        alert.row.class = read.class;
        alert.row.source.clone_from(&read.source);
        alert.row.reason.clone_from(&read.reason);
        alert.row.sealed_reading.clone_from(&read.sealed_reading);
    })
}

/// Changes one alert; nothing when there is none.
#[expect(clippy::unnecessary_wraps, reason = "every write answers alike")]
fn change_alert(tables: &mut Tables, id: AlertId, change: impl FnOnce(&mut Alert)) -> Result<(), StoreError> {
    tables.alerts.change(&id, change);
    Ok(())
}

fn belongs(tables: &mut Tables, row: &CaseAlertRow) -> Result<(), StoreError> {
    exists(tables, row.case)?;
    refers("case_alerts", tables.alerts.has(&row.alert))?;
    tables.case_alerts.add((row.case, row.alert), row.clone());
    tables.alert_cases.add((row.alert, row.case), ());
    Ok(())
}

/// Refuses with [`StoreError::Moved`] unless it holds.
fn expect(tables: &Tables, expected: &Expected) -> Result<(), StoreError> {
    let holds = match expected {
        Expected::Found { hashes, cases } => {
            let rows = tables.lookups.rows().values().filter(|row| hashes.contains(&row.hash));
            let open = rows
                .map(|row| row.case)
                .filter(|case| tables.cases.get(case).is_some_and(|case| case.life != LifeView::Closed));
            open.collect::<BTreeSet<_>>() == *cases
        }
        Expected::SameBytes { sha256, channel, drill, alerts } => {
            let rows = tables.alerts.rows().values().map(|alert| &alert.row);
            let same = rows.filter(|row| row.sha256 == *sha256 && row.channel == *channel && row.drill == *drill);
            same.map(|row| row.id).collect::<BTreeSet<_>>() == *alerts
        }
    };
    holds.then_some(()).ok_or(StoreError::Moved)
}

/// Takes the next number of the series and writes the case.
fn open(tables: &mut Tables, row: &CaseRow, series: &str, committed: &mut Committed) -> Result<(), StoreError> {
    refers("versions", tables.versions.has(&row.version))?;
    let next = tables.sequences.get(&series.to_owned()).copied().unwrap_or(0) + 1;
    tables.sequences.put(series.to_owned(), next);
    let number = format!("{series}-{next:06}");
    must("cases", tables.numbers.add(number.clone(), row.id))?;
    must("cases", tables.cases.add(row.id, CaseRow { number: number.clone(), ..row.clone() }))?;
    committed.numbers.push((row.id, number));
    Ok(())
}

/// Writes the next event: its number is free, and the one before it is the last.
fn append(tables: &mut Tables, row: &EventRow) -> Result<(), StoreError> {
    exists(tables, row.case)?;
    let last = tables.events.rows().range((row.case, 0)..=(row.case, u64::MAX)).next_back();
    let last = last.map_or(0, |((_, number), _)| *number);
    if row.number != last + 1 {
        return Err(StoreError::Conflict { case: row.case, expected: row.number.saturating_sub(1) });
    }
    must("events", tables.events.add((row.case, row.number), row.clone()))
}

/// Replaces the snapshot and the card. The number of the case was given when it was opened and stays.
fn keep(tables: &mut Tables, snapshot: &SnapshotRow, row: &CaseRow) -> Result<(), StoreError> {
    exists(tables, snapshot.case)?;
    tables.snapshots.put(snapshot.case, snapshot.clone());
    tables.cases.change(&row.id, |known| {
        let number = std::mem::take(&mut known.number);
        *known = CaseRow { number, ..row.clone() };
    });
    Ok(())
}

/// Destroys the keys of a seal group and what else would lead to the person.
fn destroy(tables: &mut Tables, case: CaseId, seal: &str, at: Timestamp) -> Result<(), StoreError> {
    let of_group = (case, seal.to_owned(), 0)..=(case, seal.to_owned(), u32::MAX);
    let keys: Vec<_> = tables.keys.rows().range(of_group).map(|(key, _)| key.clone()).collect();
    for key in keys {
        tables.keys.remove(&key);
        must("erasures", tables.erasures.add(key, at))?;
    }
    tables.lookups.retain(|(_, of), row| *of != case || row.seal.as_deref() != Some(seal));
    tables.snapshots.change(&case, |snapshot| snapshot.sealed.retain(|(group, _)| group != seal));
    Ok(())
}

fn start_timer(tables: &mut Tables, row: &TimerRow) -> Result<(), StoreError> {
    exists(tables, row.case)?;
    must(
        "timers",
        tables.timers.add((row.case, row.timer), Timer { due: row.due, attempts: row.attempts, claim: None }),
    )?;
    tables.due.add((row.due, row.case, row.timer), ());
    Ok(())
}

fn effect(tables: &mut Tables, row: &EffectRow) -> Result<(), StoreError> {
    exists(tables, row.id.case)?;
    must("outbox", tables.outbox.add(row.id, Work { row: row.clone(), claim: None, done_at: None }))?;
    if row.status == EffectStatus::Waiting {
        tables.waiting.add((row.next_at, row.id), ());
    }
    Ok(())
}

fn cancel_timer(tables: &mut Tables, case: CaseId, timer: u64) {
    if let Some(row) = tables.timers.remove(&(case, timer)) {
        tables.due.remove(&(row.due, case, timer));
    }
}

/// A timer that could not fire is looked at again later.
fn timer_rests(tables: &mut Tables, case: CaseId, timer: u64, until: Timestamp) {
    let Some(known) = tables.timers.get(&(case, timer)).cloned() else { return };
    tables.due.remove(&(known.due, case, timer));
    tables.due.add((until, case, timer), ());
    tables.timers.put((case, timer), Timer { due: until, attempts: known.attempts + 1, claim: None });
}

/// Changes an effect that still waits and that nobody else has claimed since, and gives its claim back.
fn tried(tables: &mut Tables, id: EffectId, owner: &str, change: impl FnOnce(&mut Work)) -> Result<(), StoreError> {
    let is_held = |work: &&Work| work.claim.as_ref().is_none_or(|claim| claim.owner == owner);
    let waits = |work: &&Work| work.row.status == EffectStatus::Waiting;
    let work = tables.outbox.get(&id).filter(waits).filter(is_held).ok_or(StoreError::Ended(id))?;
    let mut work = Work { claim: None, ..work.clone() };
    tables.waiting.remove(&(work.row.next_at, id));
    change(&mut work);
    if work.row.status == EffectStatus::Waiting {
        tables.waiting.add((work.row.next_at, id), ());
    }
    tables.outbox.put(id, work);
    Ok(())
}

/// An effect that was given up is tried again from the start.
fn again(tables: &mut Tables, id: EffectId, at: Timestamp) -> Result<(), StoreError> {
    let failed = |work: &&Work| work.row.status == EffectStatus::Failed;
    let row = tables.outbox.get(&id).filter(failed).ok_or(StoreError::Ended(id))?.row.clone();
    let row = EffectRow { status: EffectStatus::Waiting, attempts: 0, next_at: at, since: at, reason: None, ..row };
    tables.waiting.add((at, id), ());
    tables.outbox.put(id, Work { row, claim: None, done_at: None });
    Ok(())
}
