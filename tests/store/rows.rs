//! Rows to write. All people are invented.

use niyam_engine::request::{Class, Relation};
use niyam_engine::store::{
    AccessRow, AlertRead, AlertRow, CaseAlertRow, CaseRow, Commit, EffectRow, EffectStatus, EventRow, KeyRow,
    LookupRow, NewAlert, NoticeRow, OutgoingRow, RequestRow, SnapshotRow, TimerRow, VersionRow, Write,
};
use niyam_engine::view::LifeView;
use niyam_kernel::effect::Effect;
use niyam_kernel::id::{AlertId, CaseId, EffectId, PersonId, RequestId};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use niyam_rules::chart::{Recipient, Stage};
use niyam_rules::text::Text;
use uuid::Uuid;

/// 2026-11-21T08:30:00Z.
pub const NOW: Timestamp = Timestamp::from_ms(1_795_249_800_000);

pub fn later(ms: i64) -> Timestamp {
    Timestamp::from_ms(NOW.as_ms() + ms)
}

pub fn case_id(number: u128) -> CaseId {
    CaseId(Uuid::from_u128(number))
}

pub fn alert_id(number: u128) -> AlertId {
    AlertId(Uuid::from_u128(number))
}

pub fn effect_id(case: u128, event: u64, index: u32) -> EffectId {
    EffectId { case: case_id(case), event, index }
}

pub fn text(en: &str, hi: &str) -> Text {
    Text { en: en.to_owned(), hi: hi.to_owned() }
}

pub fn version() -> VersionRow {
    VersionRow {
        digest: VersionDigest([7; 32]),
        protocol: "desk".to_owned(),
        content: "[]".to_owned(),
        first_used: NOW,
    }
}

pub fn case(number: u128) -> CaseRow {
    CaseRow {
        id: case_id(number),
        number: String::new(),
        protocol: "desk".to_owned(),
        version: version().digest,
        life: LifeView::Open,
        outcome: None,
        drill: false,
        opened_at: later(i64::try_from(number).unwrap()),
        last_event_at: NOW,
        closed_at: None,
        due: Some(later(1_000)),
        overdue: false,
        unowned: true,
        level: Some("red".to_owned()),
        platform: None,
        source: Some("हेल्पलाइन".to_owned()),
        unit: None,
        stage: Stage::Intake,
        alerts: 1,
        card: r#"{"title":"…"}"#.to_owned(),
    }
}

pub fn event(case: u128, number: u64) -> EventRow {
    EventRow {
        case: case_id(case),
        number,
        at: NOW,
        happened_at: Some(later(-5)),
        kind: "act".to_owned(),
        plain: format!(r#"{{"number":{number}}}"#),
        outcome: "{}".to_owned(),
        prev_hash: [1; 32],
        hash: [2; 32],
        sealed: vec![("person".to_owned(), vec![0, 255, number.to_le_bytes()[0]])],
    }
}

pub fn snapshot(case: u128, number: u64) -> SnapshotRow {
    SnapshotRow {
        case: case_id(case),
        number,
        plain: format!(r#"{{"at":{number}}}"#),
        hash: [2; 32],
        sealed: vec![("person".to_owned(), vec![number.to_le_bytes()[0]])],
        turned: false,
    }
}

/// A state in which what rarely changes did: the life of the case.
pub fn turned(case: u128, number: u64) -> SnapshotRow {
    SnapshotRow { turned: true, ..snapshot(case, number) }
}

pub fn key(case: u128, seal: &str, generation: u32) -> KeyRow {
    KeyRow { case: case_id(case), seal: seal.to_owned(), generation, wrapped: vec![9; 72] }
}

pub fn lookup(case: u128, hash: u8, seal: Option<&str>) -> LookupRow {
    LookupRow { hash: [hash; 32], case: case_id(case), kind: "phone".to_owned(), seal: seal.map(str::to_owned) }
}

pub fn timer(case: u128, timer: u64, due: Timestamp) -> TimerRow {
    TimerRow { case: case_id(case), timer, due, attempts: 0 }
}

pub fn effect(case: u128, event: u64, index: u32, next_at: Timestamp) -> EffectRow {
    EffectRow {
        id: effect_id(case, event, index),
        effect: Effect::DestroyKey { seal: "person".to_owned() },
        status: EffectStatus::Waiting,
        attempts: 0,
        next_at,
        reason: None,
        since: next_at,
    }
}

pub fn alert(number: u128) -> NewAlert {
    let row = AlertRow {
        id: alert_id(number),
        channel: "mail".to_owned(),
        content_type: "message/rfc822".to_owned(),
        received_at: later(i64::try_from(number).unwrap()),
        sha256: [u8::try_from(number).unwrap(); 32],
        length: 3,
        drill: true,
        class: Class::Unread,
        source: "mail".to_owned(),
        reason: None,
        wrapped_key: Some(vec![5; 72]),
        sealed_reading: None,
        repeats: 0,
        attempts: 0,
    };
    NewAlert { row, sealed_bytes: vec![0, 1, 255], next_at: NOW }
}

pub fn alert_read(number: u128, class: Class) -> AlertRead {
    AlertRead {
        id: alert_id(number),
        was: Class::Unread,
        class,
        source: "helpline".to_owned(),
        reason: Some(text("an advertisement", "विज्ञापन")),
        sealed_reading: Some(vec![8; 40]),
    }
}

pub fn case_alert(case: u128, alert: u128) -> CaseAlertRow {
    CaseAlertRow {
        case: case_id(case),
        alert: alert_id(alert),
        relation: Relation::New,
        event: 1,
        seals: vec!["person".to_owned(), "profile".to_owned()],
    }
}

pub fn notice(case: u128, event: u64, index: u32) -> NoticeRow {
    NoticeRow {
        id: effect_id(case, event, index),
        at: NOW,
        role: "chief".to_owned(),
        unit: Some("RJ-PHQ-SCRB".to_owned()),
        person: Some(PersonId(Uuid::from_u128(2))),
        message: "late".to_owned(),
        text: text("It is late", "देर हो गई"),
    }
}

pub fn outgoing(case: u128, event: u64, index: u32) -> OutgoingRow {
    OutgoingRow {
        id: effect_id(case, event, index),
        at: NOW,
        recipient: Recipient::OutsideUnit,
        message: "answer".to_owned(),
        text: text("We have it", "हमारे पास है"),
        channel: "outgoing_box".to_owned(),
    }
}

pub fn request(number: u128) -> RequestRow {
    RequestRow { id: RequestId(Uuid::from_u128(number)), fingerprint: [4; 32], answer: "{}".to_owned(), at: NOW }
}

pub fn access(number: u128, case: u128) -> AccessRow {
    AccessRow {
        id: Uuid::from_u128(number),
        at: NOW,
        person: PersonId(Uuid::from_u128(1)),
        role: "desk".to_owned(),
        unit: "RJ-PHQ-SCRB".to_owned(),
        case: Some(case_id(case)),
        alert: None,
        seals: vec!["person".to_owned()],
    }
}

pub fn commit(writes: Vec<Write>) -> Commit {
    Commit { name: "try a store", writes }
}

/// Opens a case with its first event.
pub fn open(number: u128) -> Commit {
    commit(vec![
        Write::Version(version()),
        Write::OpenCase { row: Box::new(case(number)), series: "RJ-2026".to_owned() },
        Write::Event(Box::new(event(number, 1))),
        Write::Snapshot(Box::new(snapshot(number, 1)), Box::new(case(number))),
    ])
}

/// The next event of a case, with its snapshot and the answer to a request.
pub fn step(number: u128, event_number: u64, request_number: u128) -> Commit {
    commit(vec![
        Write::Request(request(request_number)),
        Write::Event(Box::new(event(number, event_number))),
        Write::Snapshot(Box::new(snapshot(number, event_number)), Box::new(case(number))),
    ])
}
