//! Writing alerts, and who read what.

use niyam_kernel::id::AlertId;
use niyam_kernel::time::Timestamp;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _, UpdateMany};

use super::commit::{Failure, insert, json};
use super::convert::signed;
use super::entity::alerts::{Column, Entity, Model};
use super::entity::{accesses, meta};
use crate::error::StoreError;
use crate::store::{AccessRow, AlertRead, NewAlert};

/// Writes a fact about the deployment.
pub async fn meta(db: &DatabaseTransaction, name: &str, value: &[u8]) -> Result<(), DbErr> {
    insert(db, meta::Model { name: name.to_owned(), value: value.to_vec() }).await
}

/// Writes a new alert.
pub async fn new(db: &DatabaseTransaction, new: &NewAlert) -> Result<(), DbErr> {
    let row = &new.row;
    let model = Model {
        id: row.id.to_string(),
        channel: row.channel.clone(),
        content_type: row.content_type.clone(),
        received_at: row.received_at.as_ms(),
        sha256: row.sha256.to_vec(),
        length: signed(row.length),
        drill: row.drill,
        class: row.class.as_str().to_owned(),
        source: row.source.clone(),
        reason: None,
        wrapped_key: row.wrapped_key.clone(),
        sealed_bytes: new.sealed_bytes.clone(),
        sealed_reading: None,
        repeats: 0,
        repeated_at: None,
        attempts: 0,
        next_at: Some(new.next_at.as_ms()),
    };
    insert(db, model).await
}

fn one(id: AlertId) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.eq(id.to_string()))
}

/// Writes what an alert was taken for, unless somebody else has meanwhile.
pub async fn read(db: &DatabaseTransaction, read: &AlertRead) -> Result<(), Failure> {
    let updated = one(read.id)
        .filter(Column::Class.eq(read.was.as_str()))
        .col_expr(Column::Class, Expr::value(read.class.as_str()))
        .col_expr(Column::Source, Expr::value(read.source.clone()))
        .col_expr(Column::Reason, Expr::value(read.reason.as_ref().map(json)))
        .col_expr(Column::SealedReading, Expr::value(read.sealed_reading.clone()))
        .exec(db)
        .await?;
    if updated.rows_affected == 0 { Err(Failure::Store(StoreError::Moved)) } else { Ok(()) }
}

/// Counts a repeat.
pub async fn repeated(db: &DatabaseTransaction, id: AlertId, at: Timestamp) -> Result<(), DbErr> {
    one(id)
        .col_expr(Column::Repeats, Expr::col(Column::Repeats).add(1))
        .col_expr(Column::RepeatedAt, Expr::value(at.as_ms()))
        .exec(db)
        .await
        .map(drop)
}

/// Counts a failure and says when it is tried again.
pub async fn failed(db: &DatabaseTransaction, id: AlertId, next_at: Timestamp) -> Result<(), DbErr> {
    one(id)
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .col_expr(Column::NextAt, Expr::value(next_at.as_ms()))
        .exec(db)
        .await
        .map(drop)
}

/// Destroys the key of an alert.
pub async fn erase(db: &DatabaseTransaction, id: AlertId) -> Result<(), DbErr> {
    one(id).col_expr(Column::WrappedKey, Expr::value(None::<Vec<u8>>)).exec(db).await.map(drop)
}

/// Writes who read something sealed.
pub async fn access(db: &DatabaseTransaction, row: &AccessRow) -> Result<(), DbErr> {
    let model = accesses::Model {
        id: row.id.simple().to_string(),
        at: row.at.as_ms(),
        person: row.person.to_string(),
        role: row.role.clone(),
        unit: row.unit.clone(),
        case_id: row.case.map(|id| id.to_string()),
        alert: row.alert.map(|id| id.to_string()),
        seals: row.seals.join(","),
    };
    insert(db, model).await
}
