//! Reading cases and their logs.

use async_trait::async_trait;
use niyam_kernel::id::CaseId;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Statement,
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
/// Open cases that the board shows when nobody says how many, the most urgent first; as many halted ones before them.
const OPEN_SHOWN: u32 = 2_000;

#[async_trait]
impl CaseStore for SeaStore {
    async fn case(&self, id: CaseId) -> Result<Option<CaseRow>, StoreError> {
        let query = cases::Entity::find_by_id(id.to_string());
        self.ask("read a case", query.one(&self.read().await?)).await?.map(convert::case).transpose()
    }

    async fn load(&self, id: CaseId) -> Result<Option<StoredCase>, StoreError> {
        // one snapshot of the database: a commit in between would mix two states of the case
        let doing = "load a case";
        let db = self.snapshot(doing).await?;
        let found = self.within(doing, whole_case(&db, id)).await?;
        self.ask(doing, db.commit()).await?;
        Ok(found)
    }

    async fn cases(&self, filter: &Filter) -> Result<Vec<CaseRow>, StoreError> {
        let doing = "list cases";
        let db = self.read().await?;
        let mut rows = Vec::new();
        if filter.open != Some(false) {
            // the words stand in the text: an index over some of the rows serves no bound value
            let shown = if filter.limit == 0 { OPEN_SHOWN } else { filter.limit };
            for sql in [
                "SELECT * FROM cases WHERE life = 'halted' ORDER BY due LIMIT $1",
                "SELECT * FROM cases WHERE life <> 'closed' AND life <> 'halted' \
                 ORDER BY overdue DESC, due NULLS FIRST LIMIT $1",
            ] {
                let statement = Statement::from_sql_and_values(self.backend(), sql, [i64::from(shown).into()]);
                rows.extend(self.ask(doing, cases::Entity::find().from_raw_sql(statement).all(&db)).await?);
            }
        }
        if filter.open != Some(true) {
            let limit = if filter.limit == 0 { CLOSED_SHOWN } else { filter.limit };
            let sql = "SELECT * FROM cases WHERE life = 'closed' ORDER BY closed_at DESC LIMIT $1";
            let statement = Statement::from_sql_and_values(self.backend(), sql, [i64::from(limit).into()]);
            rows.extend(self.ask(doing, cases::Entity::find().from_raw_sql(statement).all(&db)).await?);
        }
        rows.into_iter().map(convert::case).collect()
    }

    async fn counts(&self, since: Timestamp) -> Result<Counts, StoreError> {
        let sql = "SELECT \
            (SELECT count(*) FROM cases WHERE life <> 'closed') AS open_now, \
            (SELECT count(*) FROM cases WHERE life <> 'closed' AND overdue = TRUE) AS overdue, \
            (SELECT count(*) FROM cases WHERE unowned AND life <> 'closed') AS unowned, \
            (SELECT count(*) FROM cases WHERE life = 'closed' AND closed_at >= $1) AS closed_today";
        let statement = Statement::from_sql_and_values(self.backend(), sql, [since.as_ms().into()]);
        let doing = |error| fault("count cases", error);
        let Some(row) = self.ask("count cases", self.read().await?.query_one_raw(statement)).await? else {
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
        let statement = Statement::from_string(self.backend(), sql);
        let rows = self.ask("count cases", self.read().await?.query_all_raw(statement)).await?;
        rows.iter()
            .map(|row| {
                let cases: i64 = row.try_get("", "cases").map_err(doing)?;
                Ok((row.try_get("", "protocol").map_err(doing)?, u32::try_from(cases).unwrap_or(u32::MAX)))
            })
            .collect()
    }

    async fn events(&self, case: CaseId) -> Result<Vec<EventRow>, StoreError> {
        let query = events::Entity::find()
            .filter(events::Column::CaseId.eq(case.to_string()))
            .order_by_asc(events::Column::Number);
        let rows = self.ask("read the log of a case", query.all(&self.read().await?)).await?;
        rows.into_iter().map(convert::event).collect()
    }

    async fn find(&self, hashes: &[[u8; 32]]) -> Result<Vec<(CaseId, String)>, StoreError> {
        let doing = "look for a case";
        let db = self.read().await?;
        let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
        let query = lookups::Entity::find().filter(lookups::Column::Hash.is_in(hashes));
        let found = self.ask(doing, query.all(&db)).await?;
        let ids: Vec<String> = found.iter().map(|row| row.case_id.clone()).collect();
        let open = cases::Entity::find()
            .filter(cases::Column::Id.is_in(ids))
            .filter(cases::Column::Life.ne("closed"))
            .order_by_desc(cases::Column::OpenedAt)
            .order_by_desc(cases::Column::Id);
        let open = self.ask(doing, open.all(&db)).await?;
        let mut pairs = Vec::new();
        for case in open {
            let at = At { table: "cases", row: &case.id };
            let id = at.parse("id", &case.id)?;
            pairs.extend(found.iter().filter(|row| row.case_id == case.id).map(|row| (id, row.kind.clone())));
        }
        Ok(pairs)
    }

    async fn links(&self, case: CaseId) -> Result<Vec<LinkRow>, StoreError> {
        let rows = self
            .ask(
                "list linked cases",
                case_links::Entity::find()
                    .filter(case_links::Column::CaseId.eq(case.to_string()))
                    .order_by_asc(case_links::Column::Other)
                    .all(&self.read().await?),
            )
            .await?;
        rows.into_iter()
            .map(|row| {
                let at = At { table: "case_links", row: &row.case_id };
                let other = at.parse("other", &row.other)?;
                Ok(LinkRow { case, other, relation: row.relation })
            })
            .collect()
    }

    async fn version(&self, digest: VersionDigest) -> Result<Option<VersionRow>, StoreError> {
        let query = versions::Entity::find_by_id(digest.to_string());
        let row = self.ask("read a version", query.one(&self.read().await?)).await?;
        Ok(row.map(|row| VersionRow {
            digest,
            protocol: row.protocol,
            content: row.content,
            first_used: Timestamp::from_ms(row.first_used),
        }))
    }

    async fn cases_on(
        &self,
        version: VersionDigest,
        after: Option<CaseId>,
        limit: u64,
    ) -> Result<Vec<CaseId>, StoreError> {
        let mut query = cases::Entity::find()
            .select_only()
            .column(cases::Column::Id)
            .filter(cases::Column::Version.eq(version.to_string()))
            .filter(cases::Column::Life.ne("closed"))
            .order_by_asc(cases::Column::Id)
            .limit(limit);
        if let Some(after) = after {
            query = query.filter(cases::Column::Id.gt(after.to_string()));
        }
        let db = self.read().await?;
        let ids: Vec<String> = self.ask("list the cases of a version", query.into_tuple().all(&db)).await?;
        ids.iter().map(|id| At { table: "cases", row: id }.parse("id", id)).collect()
    }

    async fn open_by_version(&self) -> Result<Vec<(String, VersionDigest, u32)>, StoreError> {
        let query = cases::Entity::find()
            .select_only()
            .columns([cases::Column::Protocol, cases::Column::Version])
            .column_as(cases::Column::Id.count(), "cases")
            .filter(cases::Column::Life.ne("closed"))
            .group_by(cases::Column::Protocol)
            .group_by(cases::Column::Version)
            .order_by_asc(cases::Column::Protocol)
            .order_by_asc(cases::Column::Version)
            .into_tuple();
        let db = self.read().await?;
        let counts: Vec<(String, String, i64)> = self.ask("count cases", query.all(&db)).await?;
        counts
            .into_iter()
            .map(|(protocol, version, cases)| {
                let digest = At { table: "cases", row: &version }.digest("version", &version)?;
                Ok((protocol, digest, u32::try_from(cases).unwrap_or(u32::MAX)))
            })
            .collect()
    }

    async fn versions_in_use(&self) -> Result<Vec<VersionDigest>, StoreError> {
        let sql = "SELECT DISTINCT version FROM cases WHERE life <> 'closed' ORDER BY version";
        let doing = |error| fault("list versions", error);
        let statement = Statement::from_string(self.backend(), sql);
        let rows = self.ask("list versions", self.read().await?.query_all_raw(statement)).await?;
        rows.iter()
            .map(|row| {
                let text: String = row.try_get("", "version").map_err(doing)?;
                At { table: "cases", row: &text }.digest("version", &text)
            })
            .collect()
    }
}

/// A case with its state and keys.
async fn whole_case(db: &DatabaseTransaction, id: CaseId) -> Result<Option<StoredCase>, StoreError> {
    let doing = |error| fault("load a case", error);
    let key = id.to_string();
    let Some(row) = cases::Entity::find_by_id(key.clone()).one(db).await.map_err(doing)? else {
        return Ok(None);
    };
    let at = At { table: "snapshots", row: &key };
    let Some(snapshot) = snapshots::Entity::find_by_id(key.clone()).one(db).await.map_err(doing)? else {
        return Err(at.corrupt("case_id", "the case has no snapshot"));
    };
    let keys = case_keys::Entity::find().filter(case_keys::Column::CaseId.eq(key.clone()));
    let keys = keys.all(db).await.map_err(doing)?;
    let erased = erasures::Entity::find().filter(erasures::Column::CaseId.eq(key.clone()));
    let erased = erased.all(db).await.map_err(doing)?;
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
