//! Writing what is still to be done, and what was said.

use niyam_kernel::effect::Effect;
use niyam_kernel::id::{CaseId, EffectId};
use niyam_kernel::time::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, UpdateMany};

use super::commit::{Failure, insert, insert_new, json};
use super::convert::{signed, status_word, word};
use super::entity;
use super::entity::outbox::{Column, Entity};
use super::fault::is_there_already;
use crate::error::StoreError;
use crate::store::{EffectRow, EffectStatus, NoticeRow, OutgoingRow, RequestRow, TimerRow};

/// Arms a timer.
pub async fn start_timer(db: &DatabaseTransaction, row: &TimerRow) -> Result<(), DbErr> {
    let model = entity::timers::Model {
        case_id: row.case.to_string(),
        timer: signed(row.timer),
        due: row.due.as_ms(),
        claim_owner: None,
        claim_until: None,
    };
    insert(db, model).await
}

/// Disarms a timer.
pub async fn cancel_timer(db: &DatabaseTransaction, case: CaseId, timer: u64) -> Result<(), DbErr> {
    entity::timers::Entity::delete_by_id((case.to_string(), signed(timer))).exec(db).await.map(drop)
}

/// Writes an effect to deliver.
pub async fn effect(db: &DatabaseTransaction, row: &EffectRow) -> Result<(), DbErr> {
    insert(db, effect_model(row)).await
}

/// An effect that still waits, its claim given back and the try counted.
fn tried(id: EffectId) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::ClaimOwner, Expr::value(None::<String>))
        .col_expr(Column::ClaimUntil, Expr::value(None::<i64>))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::CaseId.eq(id.case.to_string()))
        .filter(Column::Event.eq(signed(id.event)))
        .filter(Column::Place.eq(i64::from(id.index)))
        .filter(Column::Status.eq("waiting"))
}

/// The first outcome stays: whoever comes later with one learns that it is too late.
async fn once(db: &DatabaseTransaction, id: EffectId, update: UpdateMany<Entity>) -> Result<(), Failure> {
    match update.exec(db).await?.rows_affected {
        0 => Err(Failure::Store(StoreError::Ended(id))),
        _ => Ok(()),
    }
}

/// Ends an effect.
pub async fn ended(
    db: &DatabaseTransaction,
    id: EffectId,
    status: EffectStatus,
    at: Timestamp,
    reason: Option<&str>,
) -> Result<(), Failure> {
    let update = tried(id)
        .col_expr(Column::Status, Expr::value(status_word(status)))
        .col_expr(Column::DoneAt, Expr::value(at.as_ms()))
        .col_expr(Column::Reason, Expr::value(reason.map(str::to_owned)));
    once(db, id, update).await
}

/// Puts an effect back for later.
pub async fn retry(db: &DatabaseTransaction, id: EffectId, next_at: Timestamp, reason: &str) -> Result<(), Failure> {
    let update = tried(id)
        .col_expr(Column::NextAt, Expr::value(next_at.as_ms()))
        .col_expr(Column::Reason, Expr::value(reason.to_owned()));
    once(db, id, update).await
}

/// Writes a notice on screens.
pub async fn notice(db: &DatabaseTransaction, row: &NoticeRow) -> Result<(), DbErr> {
    let model = entity::notices::Model {
        id: row.id.to_string(),
        case_id: row.id.case.to_string(),
        event: signed(row.id.event),
        at: row.at.as_ms(),
        role: row.role.clone(),
        unit: row.unit.clone(),
        person: row.person.map(|id| id.to_string()),
        message: row.message.clone(),
        text_en: row.text.en.clone(),
        text_hi: row.text.hi.clone(),
    };
    insert_new(db, model).await
}

/// Writes a message to somebody outside.
pub async fn outgoing(db: &DatabaseTransaction, row: &OutgoingRow) -> Result<(), DbErr> {
    let model = entity::outgoing::Model {
        id: row.id.to_string(),
        case_id: row.id.case.to_string(),
        event: signed(row.id.event),
        at: row.at.as_ms(),
        recipient: word(&row.recipient),
        message: row.message.clone(),
        text_en: row.text.en.clone(),
        text_hi: row.text.hi.clone(),
        channel: row.channel.clone(),
    };
    insert_new(db, model).await
}

/// Writes the answer to a request.
pub async fn request(db: &DatabaseTransaction, row: &RequestRow) -> Result<(), Failure> {
    let model = entity::requests::Model {
        id: row.id.to_string(),
        fingerprint: row.fingerprint.to_vec(),
        answer: row.answer.clone(),
        at: row.at.as_ms(),
    };
    insert(db, model).await.map_err(|error| {
        if is_there_already(&error) { Failure::Store(StoreError::Repeated(row.id)) } else { Failure::Database(error) }
    })
}

fn effect_model(row: &EffectRow) -> entity::outbox::Model {
    let kind = match &row.effect {
        Effect::Assign { .. } => "assign",
        Effect::Notify { .. } => "notify",
        Effect::Reply { .. } => "reply",
        Effect::StartTimer { .. } | Effect::CancelTimer { .. } | Effect::DestroyKey { .. } | Effect::Closed { .. } => {
            "inner"
        }
    };
    entity::outbox::Model {
        case_id: row.id.case.to_string(),
        event: signed(row.id.event),
        place: i64::from(row.id.index),
        kind: kind.to_owned(),
        payload: json(&row.effect),
        status: status_word(row.status).to_owned(),
        attempts: i64::from(row.attempts),
        next_at: row.next_at.as_ms(),
        claim_owner: None,
        claim_until: None,
        done_at: None,
        reason: row.reason.clone(),
    }
}
