//! Writing versions, and destroying keys.

use niyam_kernel::id::CaseId;
use sea_orm::{ColumnTrait as _, DatabaseTransaction, DbErr, EntityTrait as _, QueryFilter as _};

use super::commit::{Failure, insert, insert_new};
use super::convert::At;
use super::entity;
use super::pack::{pack, unpack};
use crate::store::VersionRow;

/// Destroys the keys of a seal group and what else would lead to the person.
pub async fn destroy(db: &DatabaseTransaction, case: CaseId, seal: &str, at: i64) -> Result<(), Failure> {
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
    empty_snapshot(db, &case, seal).await
}

/// Takes the part of a group out of the snapshot.
async fn empty_snapshot(db: &DatabaseTransaction, case: &str, seal: &str) -> Result<(), Failure> {
    use entity::snapshots::{Column, Entity};
    let Some(row) = Entity::find_by_id(case.to_owned()).one(db).await? else { return Ok(()) };
    let at = At { table: "snapshots", row: case };
    let mut parts = unpack(&at, row.sealed.as_deref()).map_err(Failure::Store)?;
    parts.retain(|(group, _)| group != seal);
    Entity::update_many()
        .col_expr(Column::Sealed, sea_orm::sea_query::Expr::value(pack(&parts)))
        .filter(Column::CaseId.eq(case))
        .exec(db)
        .await?;
    Ok(())
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
