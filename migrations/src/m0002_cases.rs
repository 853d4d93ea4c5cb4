//! Cases with what the board shows, the versions they are pinned to, and how they belong to alerts and to each other.

use sea_orm_migration::prelude::*;

use crate::column::{flag, index, maybe_number, maybe_text, number, refers, table, text};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let versions = table(
            "versions",
            vec![
                // SHA-256 of the canonical bundle, in hexadecimal digits
                text("digest"),
                text("protocol"),
                // the bundle and all it extends: [{"name":…,"files":{path: content}}…], this one first
                text("content"),
                number("first_used"),
            ],
            &["digest"],
        );
        manager.create_table(versions).await?;
        // next human number of each series, `RJ-2026`
        manager.create_table(table("sequences", vec![text("series"), number("next")], &["series"])).await?;
        let mut cases = table(
            "cases",
            vec![
                text("id"),
                text("number"),
                text("protocol"),
                text("version"),
                text("life"),
                maybe_text("outcome"),
                flag("drill"),
                number("opened_at"),
                number("last_event_at"),
                maybe_number("closed_at"),
                maybe_number("due"),
                flag("overdue"),
                flag("unowned"),
                maybe_text("level"),
                maybe_text("platform"),
                maybe_text("source"),
                maybe_text("unit"),
                text("stage"),
                number("alerts"),
                // the rest of the card, without personal data; can be made again from the log
                text("card"),
            ],
            &["id"],
        );
        let mut version = ForeignKey::create();
        version.from("cases", "version").to("versions", "digest");
        cases.foreign_key(&mut version);
        manager.create_table(cases).await?;
        manager.create_index(index("cases_number", "cases", &["number"], true)).await?;
        manager.create_index(index("cases_life", "cases", &["life", "closed_at"], false)).await?;
        manager.create_index(index("cases_protocol", "cases", &["protocol", "life"], false)).await?;
        let mut case_alerts = table(
            "case_alerts",
            vec![
                text("case_id"),
                text("alert"),
                text("relation"),
                // number of the event that brought it
                number("event"),
                // seal groups that facts of it fell into; destroying one of them destroys the alert
                text("seals"),
            ],
            &["case_id", "alert"],
        );
        case_alerts.foreign_key(&mut refers("case_alerts", "case_id", "cases"));
        case_alerts.foreign_key(&mut refers("case_alerts", "alert", "alerts"));
        manager.create_table(case_alerts).await?;
        manager.create_index(index("case_alerts_alert", "case_alerts", &["alert"], false)).await?;
        let mut links =
            table("case_links", vec![text("case_id"), text("other"), text("relation")], &["case_id", "other"]);
        links.foreign_key(&mut refers("case_links", "case_id", "cases"));
        links.foreign_key(&mut refers("case_links", "other", "cases"));
        manager.create_table(links).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["case_links", "case_alerts", "cases", "sequences", "versions"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
