//! What came in, byte for byte, sealed under a key of its own.

use sea_orm_migration::prelude::*;

use crate::column::{bytes, flag, index, maybe_bytes, maybe_number, maybe_text, number, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let alerts = table(
            "alerts",
            vec![
                text("id"),
                text("channel"),
                text("content_type"),
                number("received_at"),
                bytes("sha256"),
                number("length"),
                flag("drill"),
                // unread, alert, needs_review, filed
                text("class"),
                // kind of sender; the channel until it was read
                text("source"),
                // why it was filed: {"en":…,"hi":…}
                maybe_text("reason"),
                // key of bytes and reading, wrapped by the deployment key; missing = erased
                maybe_bytes("wrapped_key"),
                bytes("sealed_bytes"),
                maybe_bytes("sealed_reading"),
                // how often the same bytes came again, and when last
                number("repeats"),
                maybe_number("repeated_at"),
                // how often working on it failed, and when it is tried again
                number("attempts"),
                maybe_number("next_at"),
            ],
            &["id"],
        );
        manager.create_table(alerts).await?;
        manager.create_index(index("alerts_same", "alerts", &["sha256", "channel", "drill"], true)).await?;
        manager.create_index(index("alerts_class", "alerts", &["class", "received_at"], false)).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["alerts"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
