//! The one transaction function: it writes a group of commits, each whole or not at all.
//!
//! The group is written as if nobody came too late, and that is nearly always so. When something was refused, the
//! transaction is rolled back and the halves are tried by themselves, down to the commit that was refused: the others cost
//! one more try each, not one transaction each.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use niyam_kernel::id::CaseId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, ModelTrait,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};

use super::batch::Batch;
use super::convert::signed;
use super::fault::fault;
use super::{SeaStore, expect, write_alert, write_case, write_schedule};
use crate::error::StoreError;
use crate::store::{Bus, Commit, Committed, Store, Watcher, Write};

/// How often a transaction is tried while another process holds the file.
const TRIES: u32 = 3;

#[async_trait]
impl Store for SeaStore {
    fn bus(&self) -> Option<Arc<dyn Bus>> {
        self.line()
    }

    fn writers(&self) -> usize {
        self.lanes()
    }

    async fn commit_group(&self, commits: &[Commit]) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let mut answers = Vec::with_capacity(commits.len());
        let mut refused = BTreeSet::new();
        // what is still to be written, the last first
        let mut parts: Vec<&[Commit]> = vec![commits];
        while let Some(part) = parts.pop() {
            let [member] = part else {
                match self.transact(part, &refused).await {
                    Ok(committed) => answers.extend(committed.into_iter().map(Ok)),
                    // one of them came too late: the halves tell which
                    Err(Failed { refused: true, .. }) => {
                        let (first, second) = part.split_at(part.len() / 2);
                        parts.extend([second, first]);
                    }
                    Err(Failed { error, .. }) if answers.is_empty() => return Err(error),
                    Err(Failed { error, .. }) => answers.extend(part.iter().map(|_| Err(error.clone()))),
                }
                continue;
            };
            match self.transact(part, &refused).await {
                Ok(committed) => answers.extend(committed.into_iter().map(Ok)),
                Err(failed) => {
                    refused.extend(member.writes.iter().filter_map(Write::case));
                    answers.push(Err(failed.error));
                }
            }
        }
        if let Some(Watcher(tell)) = self.watcher.get() {
            if answers.iter().all(Result::is_ok) {
                tell(commits);
            } else {
                let written = commits.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
                tell(&written.map(|(commit, _)| commit.clone()).collect::<Vec<_>>());
            }
        }
        Ok(answers)
    }

    fn watch(&self, watcher: Watcher) {
        // the first one stays
        let _taken = self.watcher.set(watcher);
    }
}

/// Why a transaction did not happen.
struct Failed {
    error: StoreError,
    /// A commit was refused, and the transaction ended as it should.
    refused: bool,
}

impl SeaStore {
    /// Writes commits in one transaction. `refused` are cases of whose log an earlier commit of the group was refused.
    async fn transact(&self, commits: &[Commit], refused: &BTreeSet<CaseId>) -> Result<Vec<Committed>, Failed> {
        let mut tries = 1;
        loop {
            let failed = |error| Failed { error, refused: false };
            let mut writer = self.writer().await.map_err(failed)?;
            // stays so when this future is dropped half way
            writer.in_doubt = true;
            let late = || failed(StoreError::Unavailable { reason: "no answer to a commit".to_owned() });
            let result = self.in_time(try_commit(&writer.connection, commits, refused)).await;
            let result = result.unwrap_or_else(|| Err(late()));
            writer.in_doubt = matches!(result, Err(Failed { refused: false, .. }));
            match result {
                Err(Failed { error: StoreError::Busy, .. }) if tries < TRIES => tries += 1,
                result => return result,
            }
        }
    }
}

async fn try_commit(
    write: &DatabaseConnection,
    commits: &[Commit],
    refused: &BTreeSet<CaseId>,
) -> Result<Vec<Committed>, Failed> {
    let doing = if let [commit] = commits { commit.name } else { "write a group of commits" };
    let failed = |error| Failed { error: fault(doing, error), refused: false };
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    let transaction = write.begin_with_options(options).await.map_err(failed)?;
    match apply(&transaction, commits, refused).await {
        Ok(committed) => {
            transaction.commit().await.map_err(failed)?;
            Ok(committed)
        }
        Err(failure) => {
            let error = match failure {
                Failure::Store(error) => error,
                Failure::Database(error) if error.sql_err().is_some() => fault(doing, error),
                Failure::Database(error) => return Err(failed(error)),
            };
            transaction.rollback().await.map_err(failed)?;
            Err(Failed { error, refused: true })
        }
    }
}

/// Why a write failed.
pub enum Failure {
    Store(StoreError),
    Database(DbErr),
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Writes commits in their order: common writes wait in a batch until something needs what stands before it.
async fn apply(
    db: &DatabaseTransaction,
    commits: &[Commit],
    refused: &BTreeSet<CaseId>,
) -> Result<Vec<Committed>, Failure> {
    expect::lock(db, commits).await?;
    let mut seen = expect::Seen::look(db, commits).await?;
    let mut committed = vec![Committed::default(); commits.len()];
    let mut batch = Batch::default();
    for (member, commit) in commits.iter().enumerate() {
        builds_on_what_is_there(db, commit, refused).await?;
        for write in &commit.writes {
            if let Write::Expect(expected) = write {
                seen.check(expected)?;
                continue;
            }
            seen.note(write);
            if batch.take(member, write) {
                continue;
            }
            if needs_what_is_before(write) {
                batch.flush(db, &mut committed).await?;
            }
            rare(db, write).await?;
        }
    }
    batch.flush(db, &mut committed).await?;
    Ok(committed)
}

/// Refuses a commit that goes on behind an event which was refused.
async fn builds_on_what_is_there(
    db: &DatabaseTransaction,
    commit: &Commit,
    refused: &BTreeSet<CaseId>,
) -> Result<(), Failure> {
    for write in &commit.writes {
        let Write::Event(row) = write else { continue };
        if !refused.contains(&row.case) {
            continue;
        }
        let sql = "SELECT coalesce(max(number), 0) AS number FROM events WHERE case_id = $1";
        let values = [row.case.to_string().into()];
        let found = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
        let last: i64 = found.map_or(Ok(0), |found| found.try_get("", "number"))?;
        if last + 1 != signed(row.number) {
            return Err(Failure::Store(StoreError::Conflict { case: row.case, expected: row.number - 1 }));
        }
        return Ok(());
    }
    Ok(())
}

/// Whether a write reads or takes out what others of the batch may have put in.
const fn needs_what_is_before(write: &Write) -> bool {
    matches!(write, Write::DestroyKeys { .. })
}

/// A write of a kind that a batch does not take.
async fn rare(db: &DatabaseTransaction, write: &Write) -> Result<(), Failure> {
    match write {
        Write::DestroyKeys { case, seal, at } => write_case::destroy(db, *case, seal, at.as_ms()).await,
        Write::Version(row) => Ok(write_case::version(db, row).await?),
        Write::Meta(name, value) => Ok(write_alert::meta(db, name, value).await?),
        Write::Alert(new) => Ok(write_alert::new(db, new).await?),
        Write::AlertRead(read) => write_alert::read(db, read).await,
        Write::AlertRepeated(id, at) => Ok(write_alert::repeated(db, *id, *at).await?),
        Write::AlertFailed(id, next_at) => Ok(write_alert::failed(db, *id, *next_at).await?),
        Write::EraseAlert(id) => Ok(write_alert::erase(db, *id).await?),
        Write::Access(row) => Ok(write_alert::access(db, row).await?),
        Write::TimerRests { case, timer, until } => Ok(write_schedule::timer_rests(db, *case, *timer, *until).await?),
        Write::EffectAgain { id, at } => write_schedule::effect_again(db, *id, *at).await,
        Write::Schedule { name, cron, next_due } => Ok(write_schedule::define(db, name, cron, *next_due).await?),
        Write::NoSchedule(name) => Ok(write_schedule::undefine(db, name).await?),
        Write::ScheduleRan(run) => write_schedule::ran(db, run).await,
        Write::ScheduleHeld { name, owner } => write_schedule::hold(db, name, owner).await,
        Write::DeskNotice(row) => Ok(write_schedule::desk_notice(db, row).await?),
        Write::Expect(_)
        | Write::OpenCase { .. }
        | Write::Event(_)
        | Write::Snapshot(..)
        | Write::Key(_)
        | Write::Lookup(_)
        | Write::CaseAlert(_)
        | Write::Link(_)
        | Write::StartTimer(_)
        | Write::CancelTimer(..)
        | Write::Effect(_)
        | Write::EffectEnded { .. }
        | Write::EffectRetry { .. }
        | Write::EffectWaits { .. }
        | Write::Notice(_)
        | Write::Outgoing(_)
        | Write::Request(_) => unreachable!("it was checked, or a batch takes it"),
    }
}

/// JSON of a domain value.
pub fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("domain values have text keys and no floating point")
}

/// Writes a row.
pub async fn insert<M>(db: &DatabaseTransaction, model: M) -> Result<(), DbErr>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    M::Entity::insert(model.into_active_model()).exec_without_returning(db).await.map(drop)
}

/// Writes a row unless one with its key is there.
pub async fn insert_new<M>(db: &DatabaseTransaction, model: M) -> Result<(), DbErr>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    M::Entity::insert(model.into_active_model())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await
        .map(drop)
        .or_else(|error| if matches!(error, DbErr::RecordNotInserted) { Ok(()) } else { Err(error) })
}
