//! Reading cases and their logs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;

use super::MemoryStore;
use crate::error::StoreError;
use crate::store::{CaseRow, CaseStore, EventRow, LinkRow, StoredCase, VersionRow};
use crate::view::{Counts, Filter, LifeView};

/// Open cases that the board shows when nobody says how many.
const OPEN_SHOWN: u32 = 2_000;
/// Closed cases that the board shows when nobody says how many.
const CLOSED_SHOWN: u32 = 200;

#[async_trait]
impl CaseStore for MemoryStore {
    async fn case(&self, id: CaseId) -> Result<Option<CaseRow>, StoreError> {
        Ok(self.tables().cases.get(&id).cloned())
    }

    async fn load(&self, id: CaseId) -> Result<Option<StoredCase>, StoreError> {
        let tables = self.tables();
        let Some(row) = tables.cases.get(&id).cloned() else { return Ok(None) };
        let Some(snapshot) = tables.snapshots.get(&id).cloned() else {
            return Err(StoreError::Corrupt {
                table: "snapshots",
                row: id.to_string(),
                column: "case_id",
                reason: "the case has no snapshot".to_owned(),
            });
        };
        let all = (id, String::new(), 0)..;
        let keys = tables.keys.rows().range(all.clone()).take_while(|((case, ..), _)| *case == id);
        let erased = tables.erasures.rows().range(all).take_while(|((case, ..), _)| *case == id);
        Ok(Some(StoredCase {
            row,
            snapshot,
            keys: keys.map(|(_, key)| key.clone()).collect(),
            erased: erased.map(|((_, seal, generation), _)| (seal.clone(), *generation)).collect(),
        }))
    }

    async fn cases(&self, filter: &Filter) -> Result<Vec<CaseRow>, StoreError> {
        let tables = self.tables();
        let (mut open, mut closed): (Vec<CaseRow>, Vec<CaseRow>) =
            tables.cases.rows().values().cloned().partition(|row| row.life != LifeView::Closed);
        open.sort_by_key(|row| (row.life != LifeView::Halted, !row.overdue, row.due));
        closed.sort_by_key(|row| Reverse(row.closed_at));
        let limit = if filter.limit == 0 { CLOSED_SHOWN } else { filter.limit };
        closed.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let limit = if filter.limit == 0 { OPEN_SHOWN } else { filter.limit };
        open.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        match filter.open {
            Some(true) => closed.clear(),
            Some(false) => open.clear(),
            None => {}
        }
        open.append(&mut closed);
        Ok(open)
    }

    async fn counts(&self, since: Timestamp) -> Result<Counts, StoreError> {
        let tables = self.tables();
        let count = |holds: &dyn Fn(&CaseRow) -> bool| {
            u32::try_from(tables.cases.rows().values().filter(|row| holds(row)).count()).unwrap_or(u32::MAX)
        };
        let is_open = |row: &CaseRow| row.life != LifeView::Closed;
        Ok(Counts {
            open: count(&is_open),
            overdue: count(&|row| is_open(row) && row.overdue),
            unowned: count(&|row| is_open(row) && row.unowned),
            closed_today: count(&|row| !is_open(row) && row.closed_at.is_some_and(|at| at >= since)),
        })
    }

    async fn open_by_protocol(&self) -> Result<Vec<(String, u32)>, StoreError> {
        let tables = self.tables();
        let mut open: BTreeMap<String, u32> = BTreeMap::new();
        for row in tables.cases.rows().values().filter(|row| row.life != LifeView::Closed) {
            *open.entry(row.protocol.clone()).or_default() += 1;
        }
        Ok(open.into_iter().collect())
    }

    async fn events(&self, case: CaseId) -> Result<Vec<EventRow>, StoreError> {
        let tables = self.tables();
        Ok(tables.events.rows().range((case, 0)..=(case, u64::MAX)).map(|(_, row)| row.clone()).collect())
    }

    async fn find(&self, hashes: &[[u8; 32]]) -> Result<Vec<(CaseId, String)>, StoreError> {
        let tables = self.tables();
        let hashes: BTreeSet<&[u8; 32]> = hashes.iter().collect();
        let all = |hash: [u8; 32]| (hash, CaseId(uuid::Uuid::nil()))..=(hash, CaseId(uuid::Uuid::max()));
        let rows = hashes.into_iter().flat_map(|hash| tables.lookups.rows().range(all(*hash)).map(|(_, row)| row));
        let open = rows.filter_map(|row| {
            let case = tables.cases.get(&row.case).filter(|case| case.life != LifeView::Closed)?;
            Some((Reverse((case.opened_at, case.id)), row.kind.clone()))
        });
        let mut found: Vec<_> = open.collect();
        found.sort_by_key(|(latest, _)| *latest);
        Ok(found.into_iter().map(|(Reverse((_, case)), kind)| (case, kind)).collect())
    }

    async fn links(&self, case: CaseId) -> Result<Vec<LinkRow>, StoreError> {
        let tables = self.tables();
        let all = (case, CaseId(uuid::Uuid::nil()))..=(case, CaseId(uuid::Uuid::max()));
        Ok(tables.links.rows().range(all).map(|(_, row)| row.clone()).collect())
    }

    async fn version(&self, digest: VersionDigest) -> Result<Option<VersionRow>, StoreError> {
        Ok(self.tables().versions.get(&digest).cloned())
    }

    async fn cases_on(
        &self,
        version: VersionDigest,
        after: Option<CaseId>,
        limit: u64,
    ) -> Result<Vec<CaseId>, StoreError> {
        let tables = self.tables();
        let rows = tables.cases.rows().values();
        let on = rows.filter(|row| row.life != LifeView::Closed && row.version == version);
        let mut ids: Vec<CaseId> = on.map(|row| row.id).filter(|id| after.is_none_or(|after| *id > after)).collect();
        ids.sort();
        ids.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(ids)
    }

    async fn open_by_version(&self) -> Result<Vec<(String, VersionDigest, u32)>, StoreError> {
        let tables = self.tables();
        let mut counts: BTreeMap<(String, VersionDigest), u32> = BTreeMap::new();
        for row in tables.cases.rows().values().filter(|row| row.life != LifeView::Closed) {
            *counts.entry((row.protocol.clone(), row.version)).or_default() += 1;
        }
        Ok(counts.into_iter().map(|((protocol, version), cases)| (protocol, version, cases)).collect())
    }

    async fn versions_in_use(&self) -> Result<Vec<VersionDigest>, StoreError> {
        let tables = self.tables();
        let open = tables.cases.rows().values().filter(|row| row.life != LifeView::Closed);
        let used: BTreeSet<VersionDigest> = open.map(|row| row.version).collect();
        Ok(used.into_iter().collect())
    }
}
