//! The same bytes may come again after their case was closed; they are then a new alert.

use sea_orm_migration::prelude::*;

use crate::column::index;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, false).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, true).await
    }
}

async fn replace(manager: &SchemaManager<'_>, unique: bool) -> Result<(), DbErr> {
    manager.drop_index(Index::drop().name("alerts_same").table("alerts").to_owned()).await?;
    manager.create_index(index("alerts_same", "alerts", &["sha256", "channel", "drill"], unique)).await
}
