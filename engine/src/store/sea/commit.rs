//! The one transaction function: it writes a commit whole or not at all.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, ModelTrait, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
};

use super::fault::fault;
use super::{SeaStore, expect, write_alert, write_case, write_work};
use crate::error::StoreError;
use crate::store::{Bus, Commit, Committed, Store, Watcher, Write};

/// How often a transaction is tried while another process holds the file.
const TRIES: u32 = 3;

#[async_trait]
impl Store for SeaStore {
    fn bus(&self) -> Option<Arc<dyn Bus>> {
        None
    }

    fn writers(&self) -> usize {
        1
    }

    async fn commit_group(&self, commits: &[Commit]) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
        let mut answers = Vec::with_capacity(commits.len());
        for commit in commits {
            let answer = self.commit_one(commit).await;
            match answer {
                Err(error @ (StoreError::Full | StoreError::Busy | StoreError::Database { .. }))
                    if answers.is_empty() =>
                {
                    return Err(error);
                }
                answer => answers.push(answer),
            }
        }
        if let Some(Watcher(tell)) = self.watcher.get() {
            tell(commits);
        }
        Ok(answers)
    }

    fn watch(&self, watcher: Watcher) {
        // the first one stays
        let _taken = self.watcher.set(watcher);
    }
}

impl SeaStore {
    async fn commit_one(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let mut tries = 1;
        loop {
            let mut writer = self.writer().await?;
            // stays so when this future is dropped half way
            writer.in_doubt = true;
            let result = try_commit(&writer.connection, commit).await;
            writer.in_doubt = matches!(result, Err(StoreError::Full | StoreError::Busy | StoreError::Database { .. }));
            match result {
                Err(StoreError::Busy) if tries < TRIES => tries += 1,
                result => return result,
            }
        }
    }
}

async fn try_commit(write: &DatabaseConnection, commit: &Commit) -> Result<Committed, StoreError> {
    let options =
        TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
    let transaction = write.begin_with_options(options).await.map_err(|error| fault("begin a transaction", error))?;
    let mut committed = Committed::default();
    let failed = |failure| match failure {
        Failure::Store(error) => error,
        Failure::Database(error) => fault(commit.name, error),
    };
    expect::lock(&transaction, std::slice::from_ref(commit)).await.map_err(failed)?;
    for write in &commit.writes {
        apply(&transaction, write, &mut committed).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(|error| fault(commit.name, error))?;
    Ok(committed)
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

async fn apply(db: &DatabaseTransaction, write: &Write, committed: &mut Committed) -> Result<(), Failure> {
    match write {
        Write::OpenCase { row, series } => {
            let number = write_case::open(db, row, series).await?;
            committed.numbers.push((row.id, number));
            Ok(())
        }
        Write::Event(row) => write_case::append(db, row).await,
        Write::Snapshot(snapshot, row) => Ok(write_case::keep(db, snapshot, row).await?),
        Write::Key(row) => Ok(write_case::key(db, row).await?),
        Write::DestroyKeys { case, seal, at } => Ok(write_case::destroy(db, *case, seal, at.as_ms()).await?),
        Write::Lookup(row) => Ok(write_case::lookup(db, row).await?),
        Write::Version(row) => Ok(write_case::version(db, row).await?),
        Write::CaseAlert(row) => Ok(write_case::alert(db, row).await?),
        Write::Link(row) => Ok(write_case::link(db, row).await?),
        Write::Meta(name, value) => Ok(write_alert::meta(db, name, value).await?),
        Write::Alert(new) => Ok(write_alert::new(db, new).await?),
        Write::Expect(expected) => expect::check(db, expected).await,
        Write::AlertRead(read) => write_alert::read(db, read).await,
        Write::AlertRepeated(id, at) => Ok(write_alert::repeated(db, *id, *at).await?),
        Write::AlertFailed(id, next_at) => Ok(write_alert::failed(db, *id, *next_at).await?),
        Write::EraseAlert(id) => Ok(write_alert::erase(db, *id).await?),
        Write::Access(row) => Ok(write_alert::access(db, row).await?),
        Write::StartTimer(row) => Ok(write_work::start_timer(db, row).await?),
        Write::CancelTimer(case, timer) => Ok(write_work::cancel_timer(db, *case, *timer).await?),
        Write::Effect(row) => Ok(write_work::effect(db, row).await?),
        Write::EffectEnded { id, status, at, reason } => {
            write_work::ended(db, *id, *status, *at, reason.as_deref()).await
        }
        Write::EffectRetry { id, next_at, reason } => write_work::retry(db, *id, *next_at, reason).await,
        Write::Notice(row) => Ok(write_work::notice(db, row).await?),
        Write::Outgoing(row) => Ok(write_work::outgoing(db, row).await?),
        Write::Request(row) => write_work::request(db, row).await,
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
