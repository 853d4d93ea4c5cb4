//! Keys of sealed data, keyed hashes to find cases by, and who read what.

use sea_orm_migration::prelude::*;

use crate::column::{bytes, index, maybe_text, number, refers, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut keys = table(
            "case_keys",
            vec![text("case_id"), text("seal"), number("generation"), bytes("wrapped")],
            &["case_id", "seal", "generation"],
        );
        keys.foreign_key(&mut refers("case_keys", "case_id", "cases"));
        manager.create_table(keys).await?;
        // a destroyed key leaves this behind, so that its generation is never used again
        let mut erased = table(
            "erasures",
            vec![text("case_id"), text("seal"), number("generation"), number("at")],
            &["case_id", "seal", "generation"],
        );
        erased.foreign_key(&mut refers("erasures", "case_id", "cases"));
        manager.create_table(erased).await?;
        let mut lookups = table(
            "lookups",
            vec![bytes("hash"), text("case_id"), text("kind"), maybe_text("seal")],
            &["hash", "case_id"],
        );
        lookups.foreign_key(&mut refers("lookups", "case_id", "cases"));
        manager.create_table(lookups).await?;
        manager.create_index(index("lookups_case", "lookups", &["case_id", "seal"], false)).await?;
        let accesses = table(
            "accesses",
            vec![
                text("id"),
                number("at"),
                text("person"),
                text("role"),
                text("unit"),
                maybe_text("case_id"),
                maybe_text("alert"),
                // seal groups that were opened, with commas
                text("seals"),
            ],
            &["id"],
        );
        manager.create_table(accesses).await?;
        manager.create_index(index("accesses_case", "accesses", &["case_id", "at"], false)).await?;
        // facts about the deployment: which key it was sealed with
        manager.create_table(table("meta", vec![text("name"), bytes("value")], &["name"])).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["meta", "accesses", "lookups", "erasures", "case_keys"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
