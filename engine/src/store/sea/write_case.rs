//! Writing cases, their logs and their keys.

use niyam_kernel::id::CaseId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, DbErr, EntityTrait as _,
    Insert, IntoActiveModel as _, QueryFilter as _, Statement,
};

use super::commit::{Failure, insert, insert_new};
use super::convert::{case_model, signed};
use super::entity;
use super::fault::is_there_already;
use crate::error::StoreError;
use crate::store::{CaseAlertRow, CaseRow, EventRow, KeyRow, LinkRow, LookupRow, SnapshotRow, VersionRow};

/// Takes the next number of the series and writes the case.
pub async fn open(db: &DatabaseTransaction, row: &CaseRow, series: &str) -> Result<String, DbErr> {
    let sql = "INSERT INTO sequences (series, next) VALUES ($1, 1) \
               ON CONFLICT (series) DO UPDATE SET next = sequences.next + 1 RETURNING next";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [series.into()]);
    let next: i64 = db
        .query_one_raw(statement)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the next number of a series".to_owned()))?
        .try_get("", "next")?;
    let number = format!("{series}-{next:06}");
    insert(db, entity::cases::Model { number: number.clone(), ..case_model(row) }).await?;
    Ok(number)
}

/// Writes the next event. That its number is free is the proof that nobody else wrote it.
pub async fn append(db: &DatabaseTransaction, row: &EventRow) -> Result<(), Failure> {
    let conflict = |error: DbErr| {
        if is_there_already(&error) {
            Failure::Store(StoreError::Conflict { case: row.case, expected: row.number - 1 })
        } else {
            Failure::Database(error)
        }
    };
    insert(
        db,
        entity::events::Model {
            case_id: row.case.to_string(),
            number: signed(row.number),
            at: row.at.as_ms(),
            happened_at: row.happened_at.map(niyam_kernel::time::Timestamp::as_ms),
            kind: row.kind.clone(),
            plain: row.plain.clone(),
            outcome: row.outcome.clone(),
            prev_hash: row.prev_hash.to_vec(),
            hash: row.hash.to_vec(),
        },
    )
    .await
    .map_err(conflict)?;
    for (seal, sealed) in &row.sealed {
        insert(
            db,
            entity::event_seals::Model {
                case_id: row.case.to_string(),
                number: signed(row.number),
                seal: seal.clone(),
                sealed: sealed.clone(),
            },
        )
        .await?;
    }
    Ok(())
}

/// Replaces the snapshot and the card.
pub async fn keep(db: &DatabaseTransaction, snapshot: &SnapshotRow, row: &CaseRow) -> Result<(), DbErr> {
    let case = snapshot.case.to_string();
    let model = entity::snapshots::Model {
        case_id: case.clone(),
        number: signed(snapshot.number),
        plain: snapshot.plain.clone(),
        hash: snapshot.hash.to_vec(),
    };
    let replace = {
        use entity::snapshots::Column;
        OnConflict::column(Column::CaseId).update_columns([Column::Number, Column::Plain, Column::Hash]).to_owned()
    };
    Insert::one(model.into_active_model()).on_conflict(replace).exec_without_returning(db).await?;
    {
        use entity::snapshot_seals::{Column, Entity};
        Entity::delete_many().filter(Column::CaseId.eq(case.clone())).exec(db).await?;
    }
    for (seal, sealed) in &snapshot.sealed {
        insert(
            db,
            entity::snapshot_seals::Model {
                case_id: case.clone(),
                seal: seal.clone(),
                number: signed(snapshot.number),
                sealed: sealed.clone(),
            },
        )
        .await?;
    }
    let mut model = case_model(row).into_active_model().reset_all();
    model.id = sea_orm::ActiveValue::Unchanged(case);
    // the number is given once, when the case is opened
    model.number = sea_orm::ActiveValue::NotSet;
    model.update_without_returning(db).await.map(drop)
}

/// Destroys the keys of a seal group and what else would lead to the person.
pub async fn destroy(db: &DatabaseTransaction, case: CaseId, seal: &str, at: i64) -> Result<(), DbErr> {
    let case = case.to_string();
    let keys = {
        use entity::case_keys::{Column, Entity};
        let rows = Entity::find().filter(Column::CaseId.eq(case.clone())).filter(Column::Seal.eq(seal)).all(db).await?;
        Entity::delete_many().filter(Column::CaseId.eq(case.clone())).filter(Column::Seal.eq(seal)).exec(db).await?;
        rows
    };
    for key in keys {
        insert(db, entity::erasures::Model { case_id: key.case_id, seal: key.seal, generation: key.generation, at })
            .await?;
    }
    entity::lookups::Entity::delete_many()
        .filter(entity::lookups::Column::CaseId.eq(case.clone()))
        .filter(entity::lookups::Column::Seal.eq(seal))
        .exec(db)
        .await?;
    entity::snapshot_seals::Entity::delete_many()
        .filter(entity::snapshot_seals::Column::CaseId.eq(case))
        .filter(entity::snapshot_seals::Column::Seal.eq(seal))
        .exec(db)
        .await
        .map(drop)
}

/// Writes a wrapped key.
pub async fn key(db: &DatabaseTransaction, row: &KeyRow) -> Result<(), DbErr> {
    let model = entity::case_keys::Model {
        case_id: row.case.to_string(),
        seal: row.seal.clone(),
        generation: i64::from(row.generation),
        wrapped: row.wrapped.clone(),
    };
    insert(db, model).await
}

/// Writes a keyed hash.
pub async fn lookup(db: &DatabaseTransaction, row: &LookupRow) -> Result<(), DbErr> {
    let model = entity::lookups::Model {
        hash: row.hash.to_vec(),
        case_id: row.case.to_string(),
        kind: row.kind.clone(),
        seal: row.seal.clone(),
    };
    insert_new(db, model).await
}

/// Writes a version.
pub async fn version(db: &DatabaseTransaction, row: &VersionRow) -> Result<(), DbErr> {
    let model = entity::versions::Model {
        digest: row.digest.to_string(),
        protocol: row.protocol.clone(),
        content: row.content.clone(),
        first_used: row.first_used.as_ms(),
    };
    insert_new(db, model).await
}

/// Writes how a case and an alert belong together.
pub async fn alert(db: &DatabaseTransaction, row: &CaseAlertRow) -> Result<(), DbErr> {
    let model = entity::case_alerts::Model {
        case_id: row.case.to_string(),
        alert: row.alert.to_string(),
        relation: row.relation.as_str().to_owned(),
        event: signed(row.event),
        seals: row.seals.join(","),
    };
    insert_new(db, model).await
}

/// Writes how two cases belong together.
pub async fn link(db: &DatabaseTransaction, row: &LinkRow) -> Result<(), DbErr> {
    let model = entity::case_links::Model {
        case_id: row.case.to_string(),
        other: row.other.to_string(),
        relation: row.relation.clone(),
    };
    insert_new(db, model).await
}
