//! Reading alerts.

use async_trait::async_trait;
use niyam_kernel::id::{AlertId, CaseId};
use niyam_kernel::time::Timestamp;
use sea_orm::sea_query::ExprTrait as _;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};

use super::entity::{alerts, case_alerts};
use super::{SeaStore, convert};
use crate::error::StoreError;
use crate::store::{AlertRow, AlertStore, CaseAlertRow};

/// All columns but the bytes, which may be large.
fn without_bytes() -> sea_orm::Select<alerts::Entity> {
    use alerts::Column;
    use sea_orm::sea_query::Expr;
    let mut query = alerts::Entity::find().select_only();
    for column in [
        Column::Id,
        Column::Channel,
        Column::ContentType,
        Column::ReceivedAt,
        Column::Sha256,
        Column::Length,
        Column::Drill,
        Column::Class,
        Column::Source,
        Column::Reason,
        Column::WrappedKey,
        Column::SealedReading,
        Column::Repeats,
        Column::RepeatedAt,
        Column::Attempts,
        Column::NextAt,
    ] {
        query = query.column(column);
    }
    query.column_as(Expr::value(Vec::<u8>::new()), Column::SealedBytes)
}

#[async_trait]
impl AlertStore for SeaStore {
    async fn alert(&self, id: AlertId) -> Result<Option<AlertRow>, StoreError> {
        let row = self
            .ask(
                "read an alert",
                without_bytes().filter(alerts::Column::Id.eq(id.to_string())).one(&self.read().await?),
            )
            .await?;
        row.map(convert::alert).transpose()
    }

    async fn alert_bytes(&self, id: AlertId) -> Result<Option<Vec<u8>>, StoreError> {
        let query = alerts::Entity::find_by_id(id.to_string());
        let row = self.ask("read an alert", query.one(&self.read().await?)).await?;
        Ok(row.map(|row| row.sealed_bytes))
    }

    async fn same_alerts(&self, sha256: &[u8; 32], channel: &str, drill: bool) -> Result<Vec<AlertId>, StoreError> {
        let rows = self
            .ask(
                "look for an alert",
                without_bytes()
                    .filter(alerts::Column::Sha256.eq(sha256.to_vec()))
                    .filter(alerts::Column::Channel.eq(channel))
                    .filter(alerts::Column::Drill.eq(drill))
                    .order_by_desc(alerts::Column::ReceivedAt)
                    .order_by_desc(alerts::Column::Id)
                    .all(&self.read().await?),
            )
            .await?;
        rows.into_iter().map(|row| convert::alert(row).map(|row| row.id)).collect()
    }

    async fn unread(&self, now: Timestamp, limit: u64) -> Result<Vec<AlertId>, StoreError> {
        let rows = self
            .ask(
                "look for unread alerts",
                without_bytes()
                    .filter(alerts::Column::Class.eq("unread"))
                    .filter(alerts::Column::NextAt.is_null().or(alerts::Column::NextAt.lte(now.as_ms())))
                    .order_by_asc(alerts::Column::ReceivedAt)
                    .limit(limit)
                    .all(&self.read().await?),
            )
            .await?;
        rows.into_iter().map(|row| convert::alert(row).map(|row| row.id)).collect()
    }

    async fn filed(&self, limit: u64) -> Result<Vec<AlertRow>, StoreError> {
        let rows = self
            .ask(
                "list what was filed",
                without_bytes()
                    .filter(alerts::Column::Class.eq("filed"))
                    .order_by_desc(alerts::Column::ReceivedAt)
                    .limit(limit)
                    .all(&self.read().await?),
            )
            .await?;
        rows.into_iter().map(convert::alert).collect()
    }

    async fn alerts_of(&self, case: CaseId) -> Result<Vec<(CaseAlertRow, AlertRow)>, StoreError> {
        let links = self
            .ask(
                "list the alerts of a case",
                case_alerts::Entity::find()
                    .filter(case_alerts::Column::CaseId.eq(case.to_string()))
                    .order_by_asc(case_alerts::Column::Event)
                    .order_by_asc(case_alerts::Column::Alert)
                    .all(&self.read().await?),
            )
            .await?;
        let mut alerts = Vec::with_capacity(links.len());
        for link in links {
            let link = convert::case_alert(&link)?;
            if let Some(alert) = self.alert(link.alert).await? {
                alerts.push((link, alert));
            }
        }
        Ok(alerts)
    }

    async fn cases_of(&self, alert: AlertId) -> Result<Vec<CaseAlertRow>, StoreError> {
        let links = self
            .ask(
                "list the cases of an alert",
                case_alerts::Entity::find()
                    .filter(case_alerts::Column::Alert.eq(alert.to_string()))
                    .order_by_asc(case_alerts::Column::CaseId)
                    .all(&self.read().await?),
            )
            .await?;
        links.iter().map(convert::case_alert).collect()
    }
}
