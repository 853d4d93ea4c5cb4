//! Who was told what: notices on screens, and messages to people outside the police.

use sea_orm_migration::prelude::*;

use crate::column::{index, maybe_text, number, refers, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut notices = table(
            "notices",
            vec![
                // the effect, `case_….7.2`
                text("id"),
                text("case_id"),
                number("event"),
                number("at"),
                text("role"),
                maybe_text("unit"),
                maybe_text("person"),
                text("message"),
                text("text_en"),
                text("text_hi"),
            ],
            &["id"],
        );
        notices.foreign_key(&mut refers("notices", "case_id", "cases"));
        manager.create_table(notices).await?;
        manager.create_index(index("notices_seat", "notices", &["role", "unit", "at"], false)).await?;
        let mut outgoing = table(
            "outgoing",
            vec![
                text("id"),
                text("case_id"),
                number("event"),
                number("at"),
                // person, platform, reporter, outside_unit
                text("recipient"),
                text("message"),
                text("text_en"),
                text("text_hi"),
                // name of the channel that took it
                text("channel"),
            ],
            &["id"],
        );
        outgoing.foreign_key(&mut refers("outgoing", "case_id", "cases"));
        manager.create_table(outgoing).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["outgoing", "notices"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
