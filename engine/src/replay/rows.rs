//! What must stand beside a log: clocks, effects, the sealed part of the state, the row of the board.

use std::collections::{BTreeMap, BTreeSet};

use niyam_kernel::effect::Effect;
use niyam_kernel::id::CaseId;
use niyam_kernel::replay::What;
use niyam_kernel::state::{CaseState, Life};
use niyam_rules::chart::Stage;

use crate::runtime::append::{is_delivered, json};
use crate::runtime::card::Card;
use crate::runtime::live::{Keys, open_with, snapshot_place};
use crate::seal::split::SealedState;
use crate::store::sea::without_zero;
use crate::store::{CaseRow, EffectRow, EventRow, SnapshotRow, TimerRow};
use crate::view::LifeView;

/// What a table holds, in the words of a replay.
pub fn what_of(table: &str) -> What {
    match table {
        "events" => What::Event,
        "snapshots" => What::Snapshot,
        "timers" => What::Clocks,
        "outbox" => What::Outbox,
        "case_keys" | "erasures" => What::Keys,
        "versions" => What::Version,
        _ => What::Card,
    }
}

/// The row of a case before its first event. What no event says is taken from the stored one: id, number, when the alert was
/// worked on, and through what it came.
pub fn first_row(stored: &CaseRow) -> CaseRow {
    CaseRow {
        life: LifeView::Open,
        outcome: None,
        closed_at: None,
        due: None,
        overdue: false,
        unowned: false,
        level: None,
        platform: None,
        unit: None,
        stage: Stage::Intake,
        alerts: 1,
        card: json(&Card::default()),
        ..stored.clone()
    }
}

/// Whether two texts for people are the same, also where a database takes no zero character.
fn same(led_to: Option<&str>, stored: Option<&str>) -> bool {
    led_to == stored || led_to.map(without_zero) == stored.map(without_zero)
}

/// Which columns of the board's row are not as the log leads to.
pub fn card(led_to: &CaseRow, stored: &CaseRow) -> Option<String> {
    let columns = [
        ("protocol", led_to.protocol == stored.protocol),
        ("version", led_to.version == stored.version),
        ("life", led_to.life == stored.life),
        ("outcome", same(led_to.outcome.as_deref(), stored.outcome.as_deref())),
        ("drill", led_to.drill == stored.drill),
        ("last_event_at", led_to.last_event_at == stored.last_event_at),
        ("closed_at", led_to.closed_at == stored.closed_at),
        ("due", led_to.due == stored.due),
        ("overdue", led_to.overdue == stored.overdue),
        ("unowned", led_to.unowned == stored.unowned),
        ("level", same(led_to.level.as_deref(), stored.level.as_deref())),
        ("platform", same(led_to.platform.as_deref(), stored.platform.as_deref())),
        ("source", same(led_to.source.as_deref(), stored.source.as_deref())),
        ("unit", same(led_to.unit.as_deref(), stored.unit.as_deref())),
        ("stage", led_to.stage == stored.stage),
        ("alerts", led_to.alerts == stored.alerts),
        ("card", led_to.card == stored.card),
    ];
    let wrong: Vec<&str> = columns.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect();
    (!wrong.is_empty()).then(|| format!("the row of the board has another {}", wrong.join(", ")))
}

/// Whether exactly the timers of a state are armed; none of a case that stands still.
pub fn clocks(state: &CaseState, rows: &[TimerRow]) -> Option<String> {
    let mut armed: BTreeMap<u64, i64> = BTreeMap::new();
    if !matches!(state.life, Life::Halted { .. }) {
        armed.extend(state.timers.iter().map(|(id, timer)| (id.0, timer.due.as_ms())));
    }
    let stored: BTreeSet<u64> = rows.iter().map(|row| row.timer).collect();
    let missing = armed.keys().filter(|id| !stored.contains(id)).count();
    let more = stored.iter().filter(|id| !armed.contains_key(id)).count();
    // a clock that could not fire is looked at later than it was due
    let has_moved = |row: &&TimerRow, due: i64| {
        if row.attempts > 0 { row.due.as_ms() < due } else { row.due.as_ms() != due }
    };
    let moved = rows.iter().filter(|row| armed.get(&row.timer).is_some_and(|due| has_moved(row, *due))).count();
    (missing + more + moved > 0)
        .then(|| format!("of the armed clocks {missing} are missing, {more} are too many, {moved} have another time"))
}

/// Whether exactly the effects of an event that are to be delivered have a row.
pub fn outbox(event: &EventRow, effects: &[Effect], rows: &[EffectRow]) -> Option<String> {
    let place = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let due: BTreeMap<u32, &Effect> = effects
        .iter()
        .enumerate()
        .filter(|(_, effect)| is_delivered(effect))
        .map(|(index, effect)| (place(index), effect))
        .collect();
    let stored: BTreeMap<u32, &Effect> = rows.iter().map(|row| (row.id.index, &row.effect)).collect();
    let early = rows.iter().any(|row| row.id.event != event.number);
    (early || due != stored).then(|| format!("{} effects are to be delivered, {} are stored", due.len(), stored.len()))
}

/// Whether the sealed part of the stored state is the one that the log leads to.
pub fn sealed(
    case: CaseId,
    led_to: &BTreeMap<String, SealedState>,
    snapshot: &SnapshotRow,
    keys: &Keys,
) -> Option<String> {
    let mut stored = BTreeMap::new();
    for (seal, envelope) in &snapshot.sealed {
        let place = snapshot_place(case, snapshot.number, seal);
        let opened = open_with(keys, seal, envelope, &place).ok().flatten();
        let part = opened.and_then(|plain| serde_json::from_slice::<SealedState>(&plain).ok());
        let Some(part) = part else { return Some(format!("the sealed part `{seal}` of the state does not open")) };
        stored.insert(seal.clone(), part);
    }
    (stored != *led_to).then(|| "the sealed part of the state is another".to_owned())
}
