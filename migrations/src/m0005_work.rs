//! What is still to be done: clocks, effects, and answers to requests that may come again.

use sea_orm_migration::prelude::*;

use crate::column::{bytes, index, maybe_number, maybe_text, number, refers, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut timers = table(
            "timers",
            vec![
                text("case_id"),
                number("timer"),
                number("due"),
                maybe_text("claim_owner"),
                maybe_number("claim_until"),
            ],
            &["case_id", "timer"],
        );
        timers.foreign_key(&mut refers("timers", "case_id", "cases"));
        manager.create_table(timers).await?;
        manager.create_index(index("timers_due", "timers", &["due"], false)).await?;
        let mut outbox = table(
            "outbox",
            vec![
                text("case_id"),
                number("event"),
                number("place"),
                // assign, notify, reply
                text("kind"),
                text("payload"),
                // waiting, done, failed
                text("status"),
                number("attempts"),
                number("next_at"),
                maybe_text("claim_owner"),
                maybe_number("claim_until"),
                maybe_number("done_at"),
                maybe_text("reason"),
            ],
            &["case_id", "event", "place"],
        );
        outbox.foreign_key(&mut refers("outbox", "case_id", "cases"));
        manager.create_table(outbox).await?;
        manager.create_index(index("outbox_next", "outbox", &["status", "next_at"], false)).await?;
        let requests = table("requests", vec![text("id"), bytes("fingerprint"), text("answer"), number("at")], &["id"]);
        manager.create_table(requests).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["requests", "outbox", "timers"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
