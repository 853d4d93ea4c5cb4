//! Reading cases and their logs.

use async_trait::async_trait;
use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Statement, TransactionTrait as _,
};

use super::convert::At;
use super::entity::{case_keys, case_links, cases, erasures, events, lookups, snapshots, versions};
use super::fault::fault;
use super::pack::unpack;
use super::{SeaStore, convert};
use crate::error::StoreError;
use crate::store::{CaseRow, CaseStore, EventRow, LinkRow, SnapshotRow, StoredCase, VersionRow};
use crate::view::{Counts, Filter};

/// Closed cases that the board shows when nobody says how many.
const CLOSED_SHOWN: u32 = 200;

#[async_trait]
impl CaseStore for SeaStore {
    async fn case(&self, id: CaseId) -> Result<Option<CaseRow>, StoreError> {
        let row = cases::Entity::find_by_id(id.to_string()).one(&self.read).await;
        row.map_err(|error| fault("read a case", error))?.map(convert::case).transpose()
    }

    async fn load(&self, id: CaseId) -> Result<Option<StoredCase>, StoreError> {
        let doing = |error| fault("load a case", error);
        let key = id.to_string();
        // one snapshot of the database: a commit in between would mix two states of the case
        let db = self.read.begin().await.map_err(doing)?;
        let Some(row) = cases::Entity::find_by_id(key.clone()).one(&db).await.map_err(doing)? else {
            return Ok(None);
        };
        let at = At { table: "snapshots", row: &key };
        let Some(snapshot) = snapshots::Entity::find_by_id(key.clone()).one(&db).await.map_err(doing)? else {
            return Err(at.corrupt("case_id", "the case has no snapshot"));
        };
        let keys = case_keys::Entity::find()
            .filter(case_keys::Column::CaseId.eq(key.clone()))
            .all(&db)
            .await
            .map_err(doing)?;
        let erased =
            erasures::Entity::find().filter(erasures::Column::CaseId.eq(key.clone())).all(&db).await.map_err(doing)?;
        db.commit().await.map_err(doing)?;
        Ok(Some(StoredCase {
            row: convert::case(row)?,
            snapshot: SnapshotRow {
                case: id,
                number: at.number("number", snapshot.number)?,
                hash: at.hash("hash", &snapshot.hash)?,
                plain: snapshot.plain,
                sealed: unpack(&at, snapshot.sealed.as_deref())?,
                turned: false,
            },
            keys: keys.into_iter().map(convert::key).collect::<Result<_, _>>()?,
            erased: erased
                .into_iter()
                .map(|row| Ok((row.seal, at.number("generation", row.generation)?)))
                .collect::<Result<_, StoreError>>()?,
        }))
    }

    async fn cases(&self, filter: &Filter) -> Result<Vec<CaseRow>, StoreError> {
        let doing = |error| fault("list cases", error);
        let mut rows = Vec::new();
        if filter.open != Some(false) {
            let query = cases::Entity::find().filter(cases::Column::Life.ne("closed")).order_by_asc(cases::Column::Due);
            rows.extend(query.all(&self.read).await.map_err(doing)?);
        }
        if filter.open != Some(true) {
            let limit = if filter.limit == 0 { CLOSED_SHOWN } else { filter.limit };
            let query = cases::Entity::find()
                .filter(cases::Column::Life.eq("closed"))
                .order_by_desc(cases::Column::ClosedAt)
                .limit(u64::from(limit));
            rows.extend(query.all(&self.read).await.map_err(doing)?);
        }
        rows.into_iter().map(convert::case).collect()
    }

    async fn counts(&self, since: Timestamp) -> Result<Counts, StoreError> {
        let sql = "SELECT \
            (SELECT count(*) FROM cases WHERE life <> 'closed') AS open_now, \
            (SELECT count(*) FROM cases WHERE life <> 'closed' AND overdue) AS overdue, \
            (SELECT count(*) FROM cases WHERE life <> 'closed' AND unowned) AS unowned, \
            (SELECT count(*) FROM cases WHERE life = 'closed' AND closed_at >= $1) AS closed_today";
        let backend = self.read.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, [since.as_ms().into()]);
        let doing = |error| fault("count cases", error);
        let Some(row) = self.read.query_one_raw(statement).await.map_err(doing)? else {
            return Ok(Counts::default());
        };
        let count = |column: &str| -> Result<u32, StoreError> {
            Ok(u32::try_from(row.try_get::<i64>("", column).map_err(doing)?).unwrap_or(u32::MAX))
        };
        Ok(Counts {
            open: count("open_now")?,
            overdue: count("overdue")?,
            unowned: count("unowned")?,
            closed_today: count("closed_today")?,
        })
    }

    async fn open_by_protocol(&self) -> Result<Vec<(String, u32)>, StoreError> {
        let sql = "SELECT protocol, count(*) AS cases FROM cases WHERE life <> 'closed' GROUP BY protocol";
        let doing = |error| fault("count cases", error);
        let statement = Statement::from_string(self.read.get_database_backend(), sql);
        let rows = self.read.query_all_raw(statement).await.map_err(doing)?;
        rows.iter()
            .map(|row| {
                let cases: i64 = row.try_get("", "cases").map_err(doing)?;
                Ok((row.try_get("", "protocol").map_err(doing)?, u32::try_from(cases).unwrap_or(u32::MAX)))
            })
            .collect()
    }

    async fn events(&self, case: CaseId) -> Result<Vec<EventRow>, StoreError> {
        let doing = |error| fault("read the log of a case", error);
        let rows = events::Entity::find()
            .filter(events::Column::CaseId.eq(case.to_string()))
            .order_by_asc(events::Column::Number)
            .all(&self.read)
            .await
            .map_err(doing)?;
        rows.into_iter().map(convert::event).collect()
    }

    async fn find(&self, hashes: &[[u8; 32]]) -> Result<Vec<(CaseId, String)>, StoreError> {
        let doing = |error| fault("look for a case", error);
        let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
        let found =
            lookups::Entity::find().filter(lookups::Column::Hash.is_in(hashes)).all(&self.read).await.map_err(doing)?;
        let ids: Vec<String> = found.iter().map(|row| row.case_id.clone()).collect();
        let open = cases::Entity::find()
            .filter(cases::Column::Id.is_in(ids))
            .filter(cases::Column::Life.ne("closed"))
            .order_by_desc(cases::Column::OpenedAt)
            .order_by_desc(cases::Column::Id)
            .all(&self.read)
            .await
            .map_err(doing)?;
        let mut pairs = Vec::new();
        for case in open {
            let at = At { table: "cases", row: &case.id };
            let id = at.parse("id", &case.id)?;
            pairs.extend(found.iter().filter(|row| row.case_id == case.id).map(|row| (id, row.kind.clone())));
        }
        Ok(pairs)
    }

    async fn links(&self, case: CaseId) -> Result<Vec<LinkRow>, StoreError> {
        let rows = case_links::Entity::find()
            .filter(case_links::Column::CaseId.eq(case.to_string()))
            .order_by_asc(case_links::Column::Other)
            .all(&self.read)
            .await
            .map_err(|error| fault("list linked cases", error))?;
        rows.into_iter()
            .map(|row| {
                let at = At { table: "case_links", row: &row.case_id };
                let other = at.parse("other", &row.other)?;
                Ok(LinkRow { case, other, relation: row.relation })
            })
            .collect()
    }

    async fn version(&self, digest: VersionDigest) -> Result<Option<VersionRow>, StoreError> {
        let row = versions::Entity::find_by_id(digest.to_string()).one(&self.read).await;
        Ok(row.map_err(|error| fault("read a version", error))?.map(|row| VersionRow {
            digest,
            protocol: row.protocol,
            content: row.content,
            first_used: Timestamp::from_ms(row.first_used),
        }))
    }

    async fn versions_in_use(&self) -> Result<Vec<VersionDigest>, StoreError> {
        let sql = "SELECT DISTINCT version FROM cases WHERE life <> 'closed' ORDER BY version";
        let doing = |error| fault("list versions", error);
        let statement = Statement::from_string(self.read.get_database_backend(), sql);
        let rows = self.read.query_all_raw(statement).await.map_err(doing)?;
        rows.iter()
            .map(|row| {
                let text: String = row.try_get("", "version").map_err(doing)?;
                At { table: "cases", row: &text }.digest("version", &text)
            })
            .collect()
    }
}
