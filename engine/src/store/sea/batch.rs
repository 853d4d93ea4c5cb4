//! The common writes of many commits, gathered table by table.
//!
//! What a later commit writes over an earlier one of the same group is written once: the last snapshot and card of a case,
//! and no timer that was armed and disarmed between. Rows go in the order of their keys, so that two transactions of
//! PostgreSQL cannot wait for each other. What a row was refused for tells which table it was: the caller knows then that
//! some commit came too late, and finds out which.

use std::collections::BTreeMap;

use niyam_kernel::effect::Effect;
use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::time::Timestamp;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbErr, Statement, Value};

use super::commit::{Failure, json};
use super::convert::{life_word, signed, status_word, word};
use super::fault::is_there_already;
use super::pack::pack;
use super::rows::{How, Table, write};
use crate::error::StoreError;
use crate::store::{
    CaseAlertRow, CaseRow, Committed, EffectRow, EffectStatus, EventRow, KeyRow, LinkRow, LookupRow, NoticeRow,
    OutgoingRow, RequestRow, SnapshotRow, Write,
};

/// Columns of a case; those from the second on that change with every event, and those that rarely change. An index holds
/// some of the latter, which is why they are left alone when they did not change.
const CASE: &[&str] = &[
    "id",
    "number",
    "protocol",
    "version",
    "life",
    "outcome",
    "drill",
    "opened_at",
    "last_event_at",
    "closed_at",
    "due",
    "overdue",
    "unowned",
    "level",
    "platform",
    "source",
    "unit",
    "stage",
    "alerts",
    "card",
];
const CARD: &[&str] =
    &["last_event_at", "due", "overdue", "unowned", "level", "platform", "source", "unit", "stage", "alerts", "card"];
const CARD_AND_LIFE: &[&str] = &[
    "last_event_at",
    "due",
    "overdue",
    "unowned",
    "level",
    "platform",
    "source",
    "unit",
    "stage",
    "alerts",
    "card",
    "life",
    "outcome",
    "closed_at",
    "protocol",
    "version",
];
const OPEN_CASES: Table = Table { name: "cases", columns: CASE, how: How::Insert };
const CARDS: Table = Table { name: "cases", columns: CASE, how: How::Replace { key: "id", columns: CARD } };
const CARDS_AND_LIVES: Table =
    Table { name: "cases", columns: CASE, how: How::Replace { key: "id", columns: CARD_AND_LIFE } };
const EVENTS: Table = Table {
    name: "events",
    columns: &["case_id", "number", "at", "happened_at", "kind", "prev_hash", "hash", "plain", "outcome", "sealed"],
    how: How::Insert,
};
const SNAPSHOTS: Table = Table {
    name: "snapshots",
    columns: &["case_id", "number", "hash", "plain", "sealed"],
    how: How::Replace { key: "case_id", columns: &["number", "hash", "plain", "sealed"] },
};
const KEYS: Table =
    Table { name: "case_keys", columns: &["case_id", "seal", "generation", "wrapped"], how: How::Insert };
const TIMERS_GONE: Table = Table { name: "timers", columns: &["case_id", "timer"], how: How::Delete };
const TIMERS: Table = Table { name: "timers", columns: &["case_id", "timer", "due"], how: How::Insert };
const EFFECTS: Table = Table {
    name: "outbox",
    columns: &["case_id", "event", "place", "kind", "payload", "status", "attempts", "next_at", "reason", "since"],
    how: How::Insert,
};
const EFFECTS_TRIED: Table = Table {
    name: "outbox",
    columns: &["case_id", "event", "place", "status", "next_at", "done_at", "reason", "attempts", "claim_owner"],
    how: How::Update(
        "status = given.column4, next_at = coalesce(given.column5, outbox.next_at), done_at = given.column6, \
         reason = given.column7, attempts = outbox.attempts + given.column8, claim_owner = NULL, claim_until = NULL",
        // another owner that has claimed it since answers for it
        "outbox.status = 'waiting' AND (outbox.claim_owner IS NULL OR outbox.claim_owner = given.column9)",
    ),
};
const REQUESTS: Table = Table { name: "requests", columns: &["id", "fingerprint", "answer", "at"], how: How::Insert };
const NOTICES: Table = Table {
    name: "notices",
    columns: &["id", "case_id", "event", "at", "role", "unit", "person", "message", "text_en", "text_hi"],
    how: How::InsertNew,
};
const OUTGOING: Table = Table {
    name: "outgoing",
    columns: &["id", "case_id", "event", "at", "recipient", "message", "text_en", "text_hi", "channel"],
    how: How::InsertNew,
};
const LOOKUPS: Table = Table { name: "lookups", columns: &["hash", "case_id", "kind", "seal"], how: How::InsertNew };
const CASE_ALERTS: Table =
    Table { name: "case_alerts", columns: &["case_id", "alert", "relation", "event", "seals"], how: How::InsertNew };
const LINKS: Table = Table { name: "case_links", columns: &["case_id", "other", "relation"], how: How::InsertNew };

/// What waits to be written.
#[derive(Default)]
pub struct Batch<'a> {
    opened: BTreeMap<CaseId, Opened<'a>>,
    snapshots: BTreeMap<CaseId, Kept<'a>>,
    events: Vec<&'a EventRow>,
    keys: Vec<&'a KeyRow>,
    timers: BTreeMap<(CaseId, u64), Armed>,
    effects: Vec<&'a EffectRow>,
    tried: Vec<Tried<'a>>,
    requests: Vec<&'a RequestRow>,
    notices: Vec<&'a NoticeRow>,
    outgoing: Vec<&'a OutgoingRow>,
    lookups: Vec<&'a LookupRow>,
    case_alerts: Vec<&'a CaseAlertRow>,
    links: Vec<&'a LinkRow>,
}

struct Opened<'a> {
    member: usize,
    row: &'a CaseRow,
    series: &'a str,
}

/// The last state of a case in the batch.
struct Kept<'a> {
    snapshot: &'a SnapshotRow,
    row: &'a CaseRow,
    /// What rarely changes did, in one of the events.
    turned: bool,
    /// The card went in with the new case.
    written: bool,
}

/// What comes of a timer.
struct Armed {
    /// It may be in the database and is taken out.
    out: bool,
    /// It is put in.
    due: Option<Timestamp>,
}

struct Tried<'a> {
    id: EffectId,
    owner: &'a str,
    /// How many tries it was: one, or none when it only waits.
    tries: i64,
    status: EffectStatus,
    next_at: Option<Timestamp>,
    done_at: Option<Timestamp>,
    reason: Option<&'a str>,
}

impl<'a> Batch<'a> {
    /// Takes a write that can wait for others of its kind; `false` when it is another.
    pub fn take(&mut self, member: usize, write: &'a Write) -> bool {
        match write {
            Write::OpenCase { row, series } => {
                self.opened.insert(row.id, Opened { member, row, series });
            }
            Write::Event(row) => self.events.push(row),
            Write::Snapshot(snapshot, row) => {
                let turned = snapshot.turned || self.snapshots.get(&snapshot.case).is_some_and(|kept| kept.turned);
                self.snapshots.insert(snapshot.case, Kept { snapshot, row, turned, written: false });
            }
            Write::Key(row) => self.keys.push(row),
            Write::StartTimer(row) => {
                let timer = self.timers.entry((row.case, row.timer)).or_insert(Armed { out: false, due: None });
                timer.due = Some(row.due);
            }
            Write::CancelTimer(case, timer) => {
                let timer = self.timers.entry((*case, *timer)).or_insert(Armed { out: true, due: None });
                timer.due = None;
            }
            Write::Effect(row) => self.effects.push(row),
            Write::EffectEnded { id, owner, status, at, reason } => self.tried.push(Tried {
                id: *id,
                owner,
                tries: 1,
                status: *status,
                next_at: None,
                done_at: Some(*at),
                reason: reason.as_deref(),
            }),
            Write::EffectRetry { id, owner, next_at, reason } => self.tried.push(Tried {
                id: *id,
                owner,
                tries: 1,
                status: EffectStatus::Waiting,
                next_at: Some(*next_at),
                done_at: None,
                reason: Some(reason),
            }),
            Write::EffectWaits { id, owner, next_at, reason } => self.tried.push(Tried {
                id: *id,
                owner,
                tries: 0,
                status: EffectStatus::Waiting,
                next_at: Some(*next_at),
                done_at: None,
                reason: Some(reason),
            }),
            Write::Request(row) => self.requests.push(row),
            Write::Notice(row) => self.notices.push(row),
            Write::Outgoing(row) => self.outgoing.push(row),
            Write::Lookup(row) => self.lookups.push(row),
            Write::CaseAlert(row) => self.case_alerts.push(row),
            Write::Link(row) => self.links.push(row),
            Write::Meta(..)
            | Write::Expect(_)
            | Write::Alert(_)
            | Write::AlertRead(_)
            | Write::AlertRepeated(..)
            | Write::AlertFailed(..)
            | Write::EraseAlert(_)
            | Write::Version(_)
            | Write::DestroyKeys { .. }
            | Write::TimerRests { .. }
            | Write::EffectAgain { .. }
            | Write::Schedule { .. }
            | Write::NoSchedule(_)
            | Write::ScheduleRan(_)
            | Write::ScheduleHeld { .. }
            | Write::DeskNotice(_)
            | Write::Access(_) => return false,
        }
        true
    }

    /// Writes what was taken, and is empty again. Numbers of new cases go to the members that opened them.
    pub async fn flush(&mut self, db: &DatabaseTransaction, members: &mut [Committed]) -> Result<(), Failure> {
        let mut batch = std::mem::take(self);
        batch.open(db, members).await?;
        batch.append(db).await?;
        batch.keep(db).await?;
        put(db, &KEYS, &mut batch.keys, |row| (row.case, &row.seal, row.generation), key).await?;
        batch.arm(db).await?;
        put(db, &EFFECTS, &mut batch.effects, |row| row.id, effect).await?;
        batch.end(db).await?;
        batch.answer(db).await?;
        put(db, &NOTICES, &mut batch.notices, |row| row.id, notice).await?;
        put(db, &OUTGOING, &mut batch.outgoing, |row| row.id, outgoing).await?;
        put(db, &LOOKUPS, &mut batch.lookups, |row| (row.hash, row.case), lookup).await?;
        put(db, &CASE_ALERTS, &mut batch.case_alerts, |row| (row.case, row.alert), case_alert).await?;
        put(db, &LINKS, &mut batch.links, |row| (row.case, row.other), link).await?;
        Ok(())
    }

    /// New cases, as they are after the last event of the batch.
    async fn open(&mut self, db: &DatabaseTransaction, members: &mut [Committed]) -> Result<(), Failure> {
        let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
        for opened in self.opened.values() {
            *wanted.entry(opened.series).or_default() += 1;
        }
        let mut next: BTreeMap<&str, i64> = BTreeMap::new();
        for (series, cases) in wanted {
            next.insert(series, take_numbers(db, series, cases).await?);
        }
        let mut opened: Vec<(CaseId, Opened<'_>)> = std::mem::take(&mut self.opened).into_iter().collect();
        // whoever came first gets the smaller number; ids begin with the time they were made
        opened.sort_by_key(|(case, opened)| (opened.member, *case));
        let mut rows = Vec::with_capacity(opened.len());
        for (case, Opened { member, row, series }) in opened {
            let next = next.get_mut(series).expect("numbers were taken for each series");
            let number = format!("{series}-{next:06}");
            *next += 1;
            let last = self.snapshots.get_mut(&case).map_or(row, |kept| {
                kept.written = true;
                kept.row
            });
            rows.push((case, last, number.clone()));
            members[member].numbers.push((case, number));
        }
        rows.sort_by_key(|(case, ..)| *case);
        let values = rows.iter().flat_map(|(_, row, number)| case_values(row, number)).collect();
        write(db, &OPEN_CASES, values).await?;
        Ok(())
    }

    /// Events. That their numbers are free is the proof that nobody else wrote them.
    async fn append(&mut self, db: &DatabaseTransaction) -> Result<(), Failure> {
        self.events.sort_by_key(|row| (row.case, row.number));
        let Some(first) = self.events.first() else { return Ok(()) };
        let conflict = StoreError::Conflict { case: first.case, expected: first.number - 1 };
        let values = self.events.iter().flat_map(|row| event_values(row)).collect();
        write(db, &EVENTS, values).await.map_err(|error| refused(error, conflict)).map(drop)
    }

    /// Snapshots and cards.
    async fn keep(&mut self, db: &DatabaseTransaction) -> Result<(), Failure> {
        let snapshots = self.snapshots.values().flat_map(|kept| snapshot_values(kept.snapshot)).collect();
        write(db, &SNAPSHOTS, snapshots).await?;
        for (table, turned) in [(CARDS, false), (CARDS_AND_LIVES, true)] {
            let cards = self.snapshots.values().filter(|kept| !kept.written && kept.turned == turned);
            let values = cards.flat_map(|kept| case_values(kept.row, &kept.row.number)).collect();
            write(db, &table, values).await?;
        }
        Ok(())
    }

    /// Timers that go and that come.
    async fn arm(&mut self, db: &DatabaseTransaction) -> Result<(), Failure> {
        let gone = self.timers.iter().filter(|(_, timer)| timer.out);
        let gone = gone.flat_map(|((case, timer), _)| [case.to_string().into(), signed(*timer).into()]).collect();
        write(db, &TIMERS_GONE, gone).await?;
        let come = self.timers.iter().filter_map(|((case, timer), armed)| {
            Some([case.to_string().into(), signed(*timer).into(), armed.due?.as_ms().into()])
        });
        write(db, &TIMERS, come.flatten().collect()).await?;
        Ok(())
    }

    /// Effects that were tried. The first outcome stays: whoever comes later with one learns that it is too late.
    async fn end(&mut self, db: &DatabaseTransaction) -> Result<(), Failure> {
        self.tried.sort_by_key(|tried| tried.id);
        let Some(first) = self.tried.first() else { return Ok(()) };
        let ended = StoreError::Ended(first.id);
        let values = self.tried.iter().flat_map(|tried| -> [Value; 9] {
            [
                tried.id.case.to_string().into(),
                signed(tried.id.event).into(),
                i64::from(tried.id.index).into(),
                status_word(tried.status).into(),
                tried.next_at.map(Timestamp::as_ms).into(),
                tried.done_at.map(Timestamp::as_ms).into(),
                tried.reason.map(str::to_owned).into(),
                tried.tries.into(),
                tried.owner.into(),
            ]
        });
        let touched = write(db, &EFFECTS_TRIED, values.collect()).await?;
        let all = u64::try_from(self.tried.len()).expect("a group is small");
        if touched == all { Ok(()) } else { Err(Failure::Store(ended)) }
    }

    /// Answers to requests, each given once.
    async fn answer(&mut self, db: &DatabaseTransaction) -> Result<(), Failure> {
        self.requests.sort_by_key(|row| row.id);
        let Some(first) = self.requests.first() else { return Ok(()) };
        let repeated = StoreError::Repeated(first.id);
        let values = self.requests.iter().flat_map(|row| -> [Value; 4] {
            [
                row.id.to_string().into(),
                row.fingerprint.to_vec().into(),
                row.answer.clone().into(),
                row.at.as_ms().into(),
            ]
        });
        write(db, &REQUESTS, values.collect()).await.map_err(|error| refused(error, repeated)).map(drop)
    }
}

fn refused(error: DbErr, why: StoreError) -> Failure {
    if is_there_already(&error) { Failure::Store(why) } else { Failure::Database(error) }
}

/// Takes so many numbers of a series. Returns the first.
async fn take_numbers(db: &DatabaseTransaction, series: &str, cases: i64) -> Result<i64, DbErr> {
    let sql = "INSERT INTO sequences (series, next) VALUES ($1, $2) \
               ON CONFLICT (series) DO UPDATE SET next = sequences.next + excluded.next RETURNING next";
    let values = [series.into(), cases.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let row = db.query_one_raw(statement).await?;
    let last: i64 =
        row.ok_or_else(|| DbErr::RecordNotFound("the next number of a series".to_owned()))?.try_get("", "next")?;
    Ok(last - cases + 1)
}

/// Writes rows in the order of their keys.
async fn put<'a, R, K: Ord, const N: usize>(
    db: &DatabaseTransaction,
    table: &Table,
    rows: &mut Vec<&'a R>,
    key: impl Fn(&&'a R) -> K,
    values: impl Fn(&R) -> [Value; N],
) -> Result<(), Failure> {
    rows.sort_by_key(key);
    write(db, table, rows.iter().flat_map(|row| values(row)).collect()).await?;
    Ok(())
}

/// Values of a case, in the order of its columns.
fn case_values(row: &CaseRow, number: &str) -> [Value; 20] {
    [
        row.id.to_string().into(),
        number.into(),
        row.protocol.as_str().into(),
        row.version.to_string().into(),
        life_word(row.life).into(),
        row.outcome.clone().into(),
        row.drill.into(),
        row.opened_at.as_ms().into(),
        row.last_event_at.as_ms().into(),
        row.closed_at.map(Timestamp::as_ms).into(),
        row.due.map(Timestamp::as_ms).into(),
        row.overdue.into(),
        row.unowned.into(),
        row.level.clone().into(),
        row.platform.clone().into(),
        row.source.clone().into(),
        row.unit.clone().into(),
        word(&row.stage).into(),
        i64::from(row.alerts).into(),
        row.card.as_str().into(),
    ]
}

fn event_values(row: &EventRow) -> [Value; 10] {
    [
        row.case.to_string().into(),
        signed(row.number).into(),
        row.at.as_ms().into(),
        row.happened_at.map(Timestamp::as_ms).into(),
        row.kind.as_str().into(),
        row.prev_hash.to_vec().into(),
        row.hash.to_vec().into(),
        row.plain.as_str().into(),
        row.outcome.as_str().into(),
        pack(&row.sealed).into(),
    ]
}

fn snapshot_values(row: &SnapshotRow) -> [Value; 5] {
    [
        row.case.to_string().into(),
        signed(row.number).into(),
        row.hash.to_vec().into(),
        row.plain.as_str().into(),
        pack(&row.sealed).into(),
    ]
}

fn key(row: &KeyRow) -> [Value; 4] {
    [
        row.case.to_string().into(),
        row.seal.as_str().into(),
        i64::from(row.generation).into(),
        row.wrapped.clone().into(),
    ]
}

fn effect(row: &EffectRow) -> [Value; 10] {
    [
        row.id.case.to_string().into(),
        signed(row.id.event).into(),
        i64::from(row.id.index).into(),
        kind(&row.effect).into(),
        json(&row.effect).into(),
        status_word(row.status).into(),
        i64::from(row.attempts).into(),
        row.next_at.as_ms().into(),
        row.reason.clone().into(),
        row.since.as_ms().into(),
    ]
}

/// Word for the kind of an effect, for reports.
const fn kind(effect: &Effect) -> &'static str {
    match effect {
        Effect::Assign { .. } => "assign",
        Effect::Notify { .. } => "notify",
        Effect::Reply { .. } => "reply",
        Effect::StartTimer { .. } | Effect::CancelTimer { .. } | Effect::DestroyKey { .. } | Effect::Closed { .. } => {
            "inner"
        }
    }
}

fn notice(row: &NoticeRow) -> [Value; 10] {
    [
        row.id.to_string().into(),
        row.id.case.to_string().into(),
        signed(row.id.event).into(),
        row.at.as_ms().into(),
        row.role.as_str().into(),
        row.unit.clone().into(),
        row.person.map(|id| id.to_string()).into(),
        row.message.as_str().into(),
        row.text.en.as_str().into(),
        row.text.hi.as_str().into(),
    ]
}

fn outgoing(row: &OutgoingRow) -> [Value; 9] {
    [
        row.id.to_string().into(),
        row.id.case.to_string().into(),
        signed(row.id.event).into(),
        row.at.as_ms().into(),
        word(&row.recipient).into(),
        row.message.as_str().into(),
        row.text.en.as_str().into(),
        row.text.hi.as_str().into(),
        row.channel.as_str().into(),
    ]
}

fn lookup(row: &LookupRow) -> [Value; 4] {
    [row.hash.to_vec().into(), row.case.to_string().into(), row.kind.as_str().into(), row.seal.clone().into()]
}

fn case_alert(row: &CaseAlertRow) -> [Value; 5] {
    [
        row.case.to_string().into(),
        row.alert.to_string().into(),
        row.relation.as_str().into(),
        signed(row.event).into(),
        row.seals.join(",").into(),
    ]
}

fn link(row: &LinkRow) -> [Value; 3] {
    [row.case.to_string().into(), row.other.to_string().into(), row.relation.as_str().into()]
}
