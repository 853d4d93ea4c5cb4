//! What is done at set times, what the desk is told, and how often a clock could not fire.

use sea_orm_migration::prelude::*;

use crate::column::{index, maybe_number, maybe_text, number, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // how often it could not fire
        add(manager, "timers", "attempts").await?;
        // when the effect came to be; 0 = before this step
        add(manager, "outbox", "since").await?;
        let schedules = table(
            "schedules",
            vec![
                text("name"),
                text("cron"),
                number("next_due"),
                // the last run: for which time, when it ended, what came of it (JSON, both languages)
                maybe_number("last_due"),
                maybe_number("last_run"),
                maybe_text("result"),
                maybe_text("claim_owner"),
                maybe_number("claim_until"),
            ],
            &["name"],
        );
        manager.create_table(schedules).await?;
        let desk_notices = table(
            "desk_notices",
            vec![
                // what it is about, so that it is said once: `digest/1795…/role@unit`
                text("id"),
                text("kind"),
                number("at"),
                text("role"),
                text("unit"),
                maybe_text("person"),
                maybe_text("case_id"),
                text("text_en"),
                text("text_hi"),
            ],
            &["id"],
        );
        manager.create_table(desk_notices).await?;
        manager.create_index(index("desk_notices_at", "desk_notices", &["at"], false)).await?;
        // effects that were given up, for the list of dead letters
        manager
            .get_connection()
            .execute_unprepared("CREATE INDEX outbox_failed ON outbox (done_at) WHERE status = 'failed'")
            .await?;
        // when a channel was last heard
        manager.create_index(index("alerts_heard", "alerts", &["channel", "received_at"], false)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("alerts_heard").table("alerts").to_owned()).await?;
        manager.drop_index(Index::drop().name("outbox_failed").table("outbox").to_owned()).await?;
        for table in ["desk_notices", "schedules"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for (table, column) in [("outbox", "since"), ("timers", "attempts")] {
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, table: &'static str, column: &'static str) -> Result<(), DbErr> {
    let mut column = number(column);
    column.default(0);
    manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}
