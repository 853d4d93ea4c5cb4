//! Reading alerts.

use std::cmp::Reverse;

use async_trait::async_trait;
use niyam_kernel::id::{AlertId, CaseId};
use niyam_kernel::time::Timestamp;

use super::MemoryStore;
use crate::error::StoreError;
use crate::request::Class;
use crate::store::{AlertRow, AlertStore, CaseAlertRow};

#[async_trait]
impl AlertStore for MemoryStore {
    async fn alert(&self, id: AlertId) -> Result<Option<AlertRow>, StoreError> {
        Ok(self.tables().alerts.get(&id).map(|alert| alert.row.clone()))
    }

    async fn alert_bytes(&self, id: AlertId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tables().alerts.get(&id).map(|alert| alert.sealed_bytes.clone()))
    }

    async fn same_alerts(&self, sha256: &[u8; 32], channel: &str, drill: bool) -> Result<Vec<AlertId>, StoreError> {
        let tables = self.tables();
        let rows = tables.alerts.rows().values().map(|alert| &alert.row);
        let same = rows.filter(|row| row.sha256 == *sha256 && row.channel == channel && row.drill == drill);
        let mut found: Vec<_> = same.map(|row| Reverse((row.received_at, row.id))).collect();
        found.sort();
        Ok(found.into_iter().map(|Reverse((_, id))| id).collect())
    }

    async fn unread(&self, now: Timestamp, limit: u64) -> Result<Vec<AlertId>, StoreError> {
        let tables = self.tables();
        let unread = tables.alerts.rows().values().filter(|alert| alert.row.class == Class::Unread);
        let due = unread.filter(|alert| alert.next_at.is_none_or(|at| at <= now));
        let mut found: Vec<_> = due.map(|alert| (alert.row.received_at, alert.row.id)).collect();
        found.sort();
        Ok(found.into_iter().take(most(limit)).map(|(_, id)| id).collect())
    }

    async fn filed(&self, limit: u64) -> Result<Vec<AlertRow>, StoreError> {
        let tables = self.tables();
        let filed = tables.alerts.rows().values().map(|alert| &alert.row).filter(|row| row.class == Class::Filed);
        let mut found: Vec<AlertRow> = filed.cloned().collect();
        found.sort_by_key(|row| Reverse((row.received_at, row.id)));
        found.truncate(most(limit));
        Ok(found)
    }

    async fn alerts_of(&self, case: CaseId) -> Result<Vec<(CaseAlertRow, AlertRow)>, StoreError> {
        let tables = self.tables();
        let all = (case, AlertId(uuid::Uuid::nil()))..=(case, AlertId(uuid::Uuid::max()));
        let links = tables.case_alerts.rows().range(all).map(|(_, link)| link);
        let mut found: Vec<_> =
            links.filter_map(|link| Some((link.clone(), tables.alerts.get(&link.alert)?.row.clone()))).collect();
        found.sort_by_key(|(link, _)| (link.event, link.alert));
        Ok(found)
    }

    async fn cases_of(&self, alert: AlertId) -> Result<Vec<CaseAlertRow>, StoreError> {
        let tables = self.tables();
        let all = (alert, CaseId(uuid::Uuid::nil()))..=(alert, CaseId(uuid::Uuid::max()));
        let cases = tables.alert_cases.rows().range(all).map(|((_, case), ())| *case);
        Ok(cases.filter_map(|case| tables.case_alerts.get(&(case, alert)).cloned()).collect())
    }
}

/// A limit as a length.
pub fn most(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
