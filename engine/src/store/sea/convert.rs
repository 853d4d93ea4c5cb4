//! Between rows of the database and domain values.

use std::str::FromStr;

use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use niyam_rules::chart::Stage;

use super::entity;
use super::pack::unpack;
use crate::error::StoreError;
use crate::request::{Class, Relation};
use crate::store::{
    AlertRow, CaseAlertRow, CaseRow, EffectRow, EffectStatus, EventRow, KeyRow, NoticeRow, OutgoingRow, TimerRow,
};
use crate::view::LifeView;
use niyam_rules::text::Text;

/// Names a column of a row, for the error when it cannot be read.
pub struct At<'a> {
    /// Table.
    pub table: &'static str,
    /// Row, by its key.
    pub row: &'a str,
}

impl At<'_> {
    /// The error.
    #[expect(clippy::needless_pass_by_value, reason = "it goes into `map_err`")]
    pub fn corrupt(&self, column: &'static str, reason: impl ToString) -> StoreError {
        StoreError::Corrupt { table: self.table, row: self.row.to_owned(), column, reason: reason.to_string() }
    }

    /// Reads a text.
    pub fn parse<T: FromStr<Err: ToString>>(&self, column: &'static str, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|error: T::Err| self.corrupt(column, error.to_string()))
    }

    /// Reads JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &'static str, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| self.corrupt(column, error))
    }

    /// Reads a word that is a unit variant.
    pub fn word<T: serde::de::DeserializeOwned>(&self, column: &'static str, text: &str) -> Result<T, StoreError> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|error| self.corrupt(column, error))
    }

    /// Reads 32 bytes.
    pub fn hash(&self, column: &'static str, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
        bytes.try_into().map_err(|_| self.corrupt(column, "has not 32 bytes"))
    }

    /// Reads a number that cannot be negative.
    pub fn number<T: TryFrom<i64>>(&self, column: &'static str, number: i64) -> Result<T, StoreError> {
        T::try_from(number).map_err(|_| self.corrupt(column, format!("{number} is out of range")))
    }

    /// Reads a version digest.
    pub fn digest(&self, column: &'static str, text: &str) -> Result<VersionDigest, StoreError> {
        self.word(column, text)
    }
}

/// A number for the database. What the program counts never comes near the limit.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The word of a unit variant.
pub fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

pub const fn life_word(life: LifeView) -> &'static str {
    match life {
        LifeView::Open => "open",
        LifeView::Closed => "closed",
        LifeView::Halted => "halted",
    }
}

fn life(at: &At<'_>, text: &str) -> Result<LifeView, StoreError> {
    match text {
        "open" => Ok(LifeView::Open),
        "closed" => Ok(LifeView::Closed),
        "halted" => Ok(LifeView::Halted),
        other => Err(at.corrupt("life", format!("`{other}` is no such word"))),
    }
}

pub const fn status_word(status: EffectStatus) -> &'static str {
    match status {
        EffectStatus::Waiting => "waiting",
        EffectStatus::Done => "done",
        EffectStatus::Failed => "failed",
    }
}

pub fn alert(row: entity::alerts::Model) -> Result<AlertRow, StoreError> {
    let at = At { table: "alerts", row: &row.id };
    Ok(AlertRow {
        id: at.parse("id", &row.id)?,
        received_at: Timestamp::from_ms(row.received_at),
        sha256: at.hash("sha256", &row.sha256)?,
        length: at.number("length", row.length)?,
        class: at.word::<Class>("class", &row.class)?,
        reason: row.reason.as_deref().map(|text| at.json("reason", text)).transpose()?,
        repeats: at.number("repeats", row.repeats)?,
        attempts: at.number("attempts", row.attempts)?,
        channel: row.channel,
        content_type: row.content_type,
        drill: row.drill,
        source: row.source,
        wrapped_key: row.wrapped_key,
        sealed_reading: row.sealed_reading,
    })
}

pub fn case(row: entity::cases::Model) -> Result<CaseRow, StoreError> {
    let at = At { table: "cases", row: &row.id };
    Ok(CaseRow {
        id: at.parse("id", &row.id)?,
        version: at.digest("version", &row.version)?,
        life: life(&at, &row.life)?,
        opened_at: Timestamp::from_ms(row.opened_at),
        last_event_at: Timestamp::from_ms(row.last_event_at),
        closed_at: row.closed_at.map(Timestamp::from_ms),
        due: row.due.map(Timestamp::from_ms),
        stage: at.word::<Stage>("stage", &row.stage)?,
        alerts: at.number("alerts", row.alerts)?,
        number: row.number,
        protocol: row.protocol,
        outcome: row.outcome,
        drill: row.drill,
        overdue: row.overdue,
        unowned: row.unowned,
        level: row.level,
        platform: row.platform,
        source: row.source,
        unit: row.unit,
        card: row.card,
    })
}

pub fn case_alert(row: &entity::case_alerts::Model) -> Result<CaseAlertRow, StoreError> {
    let key = format!("{} {}", row.case_id, row.alert);
    let at = At { table: "case_alerts", row: &key };
    Ok(CaseAlertRow {
        case: at.parse("case_id", &row.case_id)?,
        alert: at.parse("alert", &row.alert)?,
        relation: at.word::<Relation>("relation", &row.relation)?,
        event: at.number("event", row.event)?,
        seals: split(&row.seals),
    })
}

pub fn event(row: entity::events::Model) -> Result<EventRow, StoreError> {
    let key = format!("{} {}", row.case_id, row.number);
    let at = At { table: "events", row: &key };
    let sealed = unpack(&at, row.sealed.as_deref())?;
    Ok(EventRow {
        case: at.parse("case_id", &row.case_id)?,
        number: at.number("number", row.number)?,
        at: Timestamp::from_ms(row.at),
        happened_at: row.happened_at.map(Timestamp::from_ms),
        prev_hash: at.hash("prev_hash", &row.prev_hash)?,
        hash: at.hash("hash", &row.hash)?,
        kind: row.kind,
        plain: row.plain,
        outcome: row.outcome,
        sealed,
    })
}

pub fn key(row: entity::case_keys::Model) -> Result<KeyRow, StoreError> {
    let at = At { table: "case_keys", row: &row.case_id };
    Ok(KeyRow {
        case: at.parse("case_id", &row.case_id)?,
        generation: at.number("generation", row.generation)?,
        seal: row.seal,
        wrapped: row.wrapped,
    })
}

pub fn timer(row: &entity::timers::Model) -> Result<TimerRow, StoreError> {
    let at = At { table: "timers", row: &row.case_id };
    Ok(TimerRow {
        case: at.parse("case_id", &row.case_id)?,
        timer: at.number("timer", row.timer)?,
        due: Timestamp::from_ms(row.due),
        attempts: at.number("attempts", row.attempts)?,
    })
}

pub fn effect(row: entity::outbox::Model) -> Result<EffectRow, StoreError> {
    let key = format!("{}.{}.{}", row.case_id, row.event, row.place);
    let at = At { table: "outbox", row: &key };
    let status = match row.status.as_str() {
        "waiting" => EffectStatus::Waiting,
        "done" => EffectStatus::Done,
        "failed" => EffectStatus::Failed,
        other => return Err(at.corrupt("status", format!("`{other}` is no such word"))),
    };
    Ok(EffectRow {
        id: EffectId {
            case: at.parse("case_id", &row.case_id)?,
            event: at.number("event", row.event)?,
            index: at.number("place", row.place)?,
        },
        effect: at.json("payload", &row.payload)?,
        status,
        attempts: at.number("attempts", row.attempts)?,
        next_at: Timestamp::from_ms(row.next_at),
        reason: row.reason,
        since: Timestamp::from_ms(if row.since == 0 { row.next_at } else { row.since }),
    })
}

pub fn notice(row: entity::notices::Model) -> Result<NoticeRow, StoreError> {
    let at = At { table: "notices", row: &row.id };
    Ok(NoticeRow {
        id: effect_id(&at, &row.id)?,
        at: Timestamp::from_ms(row.at),
        person: row.person.as_deref().map(|id| at.parse("person", id)).transpose()?,
        text: Text { en: row.text_en, hi: row.text_hi },
        role: row.role,
        unit: row.unit,
        message: row.message,
    })
}

pub fn outgoing(row: entity::outgoing::Model) -> Result<OutgoingRow, StoreError> {
    let at = At { table: "outgoing", row: &row.id };
    Ok(OutgoingRow {
        id: effect_id(&at, &row.id)?,
        at: Timestamp::from_ms(row.at),
        recipient: at.word("recipient", &row.recipient)?,
        text: Text { en: row.text_en, hi: row.text_hi },
        message: row.message,
        channel: row.channel,
    })
}

fn effect_id(at: &At<'_>, text: &str) -> Result<EffectId, StoreError> {
    let mut parts = text.split('.');
    let (Some(case), Some(event), Some(index), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(at.corrupt("id", "is no effect"));
    };
    Ok(EffectId { case: at.parse::<CaseId>("id", case)?, event: at.parse("id", event)?, index: at.parse("id", index)? })
}

/// Words that stand in one column with commas.
pub fn split(text: &str) -> Vec<String> {
    text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
