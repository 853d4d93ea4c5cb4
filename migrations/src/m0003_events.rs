//! The log of each case, its hash chain, and the state it leads to.

use sea_orm_migration::prelude::*;

use crate::column::{bytes, maybe_number, number, refers, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut events = table(
            "events",
            vec![
                text("case_id"),
                number("number"),
                number("at"),
                maybe_number("happened_at"),
                // word for the kind of event, for reports; not hashed, it is in `plain`
                text("kind"),
                // the event without sealed values, JSON
                text("plain"),
                // what the kernel made of it: reasons, refusal, effects, digest of the plain state, JSON
                text("outcome"),
                bytes("prev_hash"),
                bytes("hash"),
            ],
            &["case_id", "number"],
        );
        events.foreign_key(&mut refers("events", "case_id", "cases"));
        manager.create_table(events).await?;
        let mut sealed = table(
            "event_seals",
            vec![text("case_id"), number("number"), text("seal"), bytes("sealed")],
            &["case_id", "number", "seal"],
        );
        sealed.foreign_key(&mut refers("event_seals", "case_id", "cases"));
        manager.create_table(sealed).await?;
        let mut snapshots =
            table("snapshots", vec![text("case_id"), number("number"), text("plain"), bytes("hash")], &["case_id"]);
        snapshots.foreign_key(&mut refers("snapshots", "case_id", "cases"));
        manager.create_table(snapshots).await?;
        let mut sealed = table(
            "snapshot_seals",
            vec![text("case_id"), text("seal"), number("number"), bytes("sealed")],
            &["case_id", "seal"],
        );
        sealed.foreign_key(&mut refers("snapshot_seals", "case_id", "cases"));
        manager.create_table(sealed).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["snapshot_seals", "snapshots", "event_seals", "events"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
