//! The one transaction function: it writes a commit whole or not at all.

use async_trait::async_trait;
use niyam_kernel::effect::Effect;
use niyam_kernel::id::CaseId;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, DbErr, EntityTrait, Insert, IntoActiveModel,
    ModelTrait, QueryFilter as _, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait as _,
};

use super::convert::{case_model, signed, status_word, word};
use super::fault::{fault, is_there_already};
use super::{SeaStore, entity};
use crate::error::StoreError;
use crate::store::{CaseRow, Commit, Committed, EffectRow, EventRow, SnapshotRow, Store, Write};

/// How often a transaction is tried while another process holds the file.
const TRIES: u32 = 3;

#[async_trait]
impl Store for SeaStore {
    async fn commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let _turn = self.turn.lock().await;
        let mut tries = 1;
        loop {
            match self.try_commit(commit).await {
                Err(StoreError::Busy) if tries < TRIES => tries += 1,
                result => return result,
            }
        }
    }
}

impl SeaStore {
    async fn try_commit(&self, commit: &Commit) -> Result<Committed, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let transaction =
            self.write.begin_with_options(options).await.map_err(|error| fault("begin a transaction", error))?;
        let mut committed = Committed::default();
        for write in &commit.writes {
            apply(&transaction, write, &mut committed).await.map_err(|failure| match failure {
                Failure::Store(error) => error,
                Failure::Database(error) => fault(commit.name, error),
            })?;
        }
        transaction.commit().await.map_err(|error| fault(commit.name, error))?;
        Ok(committed)
    }
}

/// Why a write failed.
enum Failure {
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
            let number = open_case(db, row, series).await?;
            committed.numbers.push((row.id, number));
        }
        Write::Event(row) => append(db, row).await?,
        Write::Snapshot(snapshot, row) => keep(db, snapshot, row).await?,
        Write::Key(row) => {
            insert(
                db,
                entity::case_keys::Model {
                    case_id: row.case.to_string(),
                    seal: row.seal.clone(),
                    generation: i64::from(row.generation),
                    wrapped: row.wrapped.clone(),
                },
            )
            .await?;
        }
        Write::DestroyKeys { case, seal, at } => destroy(db, *case, seal, at.as_ms()).await?,
        Write::Lookup(row) => {
            insert_new(
                db,
                entity::lookups::Model {
                    hash: row.hash.to_vec(),
                    case_id: row.case.to_string(),
                    kind: row.kind.clone(),
                    seal: row.seal.clone(),
                },
            )
            .await?;
        }
        Write::Request(row) => {
            let model = entity::requests::Model {
                id: row.id.to_string(),
                fingerprint: row.fingerprint.to_vec(),
                answer: row.answer.clone(),
                at: row.at.as_ms(),
            };
            insert(db, model).await.map_err(|error| {
                if is_there_already(&error) {
                    Failure::Store(StoreError::Repeated(row.id))
                } else {
                    Failure::Database(error)
                }
            })?;
        }
        Write::Version(row) => {
            insert_new(
                db,
                entity::versions::Model {
                    digest: row.digest.to_string(),
                    protocol: row.protocol.clone(),
                    content: row.content.clone(),
                    first_used: row.first_used.as_ms(),
                },
            )
            .await?;
        }
        Write::CaseAlert(row) => {
            insert_new(
                db,
                entity::case_alerts::Model {
                    case_id: row.case.to_string(),
                    alert: row.alert.to_string(),
                    relation: row.relation.as_str().to_owned(),
                    event: signed(row.event),
                    seals: row.seals.join(","),
                },
            )
            .await?;
        }
        Write::Link(row) => {
            insert_new(
                db,
                entity::case_links::Model {
                    case_id: row.case.to_string(),
                    other: row.other.to_string(),
                    relation: row.relation.clone(),
                },
            )
            .await?;
        }
        Write::Meta(..)
        | Write::Alert(_)
        | Write::AlertRead(_)
        | Write::AlertRepeated(..)
        | Write::AlertFailed(..)
        | Write::EraseAlert(_) => apply_alert(db, write).await?,
        Write::StartTimer(_)
        | Write::CancelTimer(..)
        | Write::Effect(_)
        | Write::EffectEnded { .. }
        | Write::EffectRetry { .. }
        | Write::Notice(_)
        | Write::Outgoing(_)
        | Write::Access(_) => apply_work(db, write).await?,
    }
    Ok(())
}

async fn apply_alert(db: &DatabaseTransaction, write: &Write) -> Result<(), DbErr> {
    use entity::alerts::{Column, Entity};
    match write {
        Write::Meta(name, value) => insert(db, entity::meta::Model { name: name.clone(), value: value.clone() }).await,
        Write::Alert(new) => {
            let row = &new.row;
            insert(
                db,
                entity::alerts::Model {
                    id: row.id.to_string(),
                    channel: row.channel.clone(),
                    content_type: row.content_type.clone(),
                    received_at: row.received_at.as_ms(),
                    sha256: row.sha256.to_vec(),
                    length: signed(row.length),
                    drill: row.drill,
                    class: row.class.as_str().to_owned(),
                    source: row.source.clone(),
                    reason: None,
                    wrapped_key: row.wrapped_key.clone(),
                    sealed_bytes: new.sealed_bytes.clone(),
                    sealed_reading: None,
                    repeats: 0,
                    repeated_at: None,
                    attempts: 0,
                    next_at: None,
                },
            )
            .await
        }
        Write::AlertRead(read) => {
            let reason = read.reason.as_ref().map(json);
            Entity::update_many()
                .col_expr(Column::Class, Expr::value(read.class.as_str()))
                .col_expr(Column::Source, Expr::value(read.source.clone()))
                .col_expr(Column::Reason, Expr::value(reason))
                .col_expr(Column::SealedReading, Expr::value(read.sealed_reading.clone()))
                .filter(Column::Id.eq(read.id.to_string()))
                .exec(db)
                .await
                .map(drop)
        }
        Write::AlertRepeated(id, at) => Entity::update_many()
            .col_expr(Column::Repeats, Expr::col(Column::Repeats).add(1))
            .col_expr(Column::RepeatedAt, Expr::value(at.as_ms()))
            .filter(Column::Id.eq(id.to_string()))
            .exec(db)
            .await
            .map(drop),
        Write::AlertFailed(id, next_at) => Entity::update_many()
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .col_expr(Column::NextAt, Expr::value(next_at.as_ms()))
            .filter(Column::Id.eq(id.to_string()))
            .exec(db)
            .await
            .map(drop),
        Write::EraseAlert(id) => Entity::update_many()
            .col_expr(Column::WrappedKey, Expr::value(None::<Vec<u8>>))
            .filter(Column::Id.eq(id.to_string()))
            .exec(db)
            .await
            .map(drop),
        _ => unreachable!("`apply` sends only writes about alerts here"),
    }
}

async fn apply_work(db: &DatabaseTransaction, write: &Write) -> Result<(), DbErr> {
    match write {
        Write::StartTimer(row) => {
            insert(
                db,
                entity::timers::Model {
                    case_id: row.case.to_string(),
                    timer: signed(row.timer),
                    due: row.due.as_ms(),
                    claim_owner: None,
                    claim_until: None,
                },
            )
            .await
        }
        Write::CancelTimer(case, timer) => {
            entity::timers::Entity::delete_by_id((case.to_string(), signed(*timer))).exec(db).await.map(drop)
        }
        Write::Effect(row) => insert(db, effect_model(row)).await,
        Write::EffectEnded { id, status, at, reason } => {
            use entity::outbox::{Column, Entity};
            Entity::update_many()
                .col_expr(Column::Status, Expr::value(status_word(*status)))
                .col_expr(Column::DoneAt, Expr::value(at.as_ms()))
                .col_expr(Column::Reason, Expr::value(reason.clone()))
                .col_expr(Column::ClaimOwner, Expr::value(None::<String>))
                .col_expr(Column::ClaimUntil, Expr::value(None::<i64>))
                .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
                .filter(Column::CaseId.eq(id.case.to_string()))
                .filter(Column::Event.eq(signed(id.event)))
                .filter(Column::Place.eq(i64::from(id.index)))
                .filter(Column::Status.eq("waiting"))
                .exec(db)
                .await
                .map(drop)
        }
        Write::EffectRetry { id, next_at, reason } => {
            use entity::outbox::{Column, Entity};
            Entity::update_many()
                .col_expr(Column::NextAt, Expr::value(next_at.as_ms()))
                .col_expr(Column::Reason, Expr::value(reason.clone()))
                .col_expr(Column::ClaimOwner, Expr::value(None::<String>))
                .col_expr(Column::ClaimUntil, Expr::value(None::<i64>))
                .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
                .filter(Column::CaseId.eq(id.case.to_string()))
                .filter(Column::Event.eq(signed(id.event)))
                .filter(Column::Place.eq(i64::from(id.index)))
                .filter(Column::Status.eq("waiting"))
                .exec(db)
                .await
                .map(drop)
        }
        Write::Notice(row) => {
            insert_new(
                db,
                entity::notices::Model {
                    id: row.id.to_string(),
                    case_id: row.id.case.to_string(),
                    event: signed(row.id.event),
                    at: row.at.as_ms(),
                    role: row.role.clone(),
                    unit: row.unit.clone(),
                    person: row.person.map(|id| id.to_string()),
                    message: row.message.clone(),
                    text_en: row.text.en.clone(),
                    text_hi: row.text.hi.clone(),
                },
            )
            .await
        }
        Write::Outgoing(row) => {
            insert_new(
                db,
                entity::outgoing::Model {
                    id: row.id.to_string(),
                    case_id: row.id.case.to_string(),
                    event: signed(row.id.event),
                    at: row.at.as_ms(),
                    recipient: word(&row.recipient),
                    message: row.message.clone(),
                    text_en: row.text.en.clone(),
                    text_hi: row.text.hi.clone(),
                    channel: row.channel.clone(),
                },
            )
            .await
        }
        Write::Access(row) => {
            insert(
                db,
                entity::accesses::Model {
                    id: row.id.simple().to_string(),
                    at: row.at.as_ms(),
                    person: row.person.to_string(),
                    role: row.role.clone(),
                    unit: row.unit.clone(),
                    case_id: row.case.map(|id| id.to_string()),
                    alert: row.alert.map(|id| id.to_string()),
                    seals: row.seals.join(","),
                },
            )
            .await
        }
        _ => unreachable!("`apply` sends only writes about work here"),
    }
}

/// Takes the next number of the series and writes the case.
async fn open_case(db: &DatabaseTransaction, row: &CaseRow, series: &str) -> Result<String, DbErr> {
    let sql = "INSERT INTO sequences (series, next) VALUES ($1, 1) \
               ON CONFLICT (series) DO UPDATE SET next = sequences.next + 1 RETURNING next";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [series.into()]);
    let next: i64 = db
        .query_one_raw(statement)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("the next number of a series".to_owned()))?
        .try_get("", "next")?;
    let number = format!("{series}-{next:06}");
    insert(db, entity::cases::Model { number: number.clone(), ..case_model(row) }).await?;
    Ok(number)
}

/// Writes the next event. That its number is free is the proof that nobody else wrote it.
async fn append(db: &DatabaseTransaction, row: &EventRow) -> Result<(), Failure> {
    let conflict = |error: DbErr| {
        if is_there_already(&error) {
            Failure::Store(StoreError::Conflict { case: row.case, expected: row.number - 1 })
        } else {
            Failure::Database(error)
        }
    };
    insert(
        db,
        entity::events::Model {
            case_id: row.case.to_string(),
            number: signed(row.number),
            at: row.at.as_ms(),
            happened_at: row.happened_at.map(niyam_kernel::time::Timestamp::as_ms),
            kind: row.kind.clone(),
            plain: row.plain.clone(),
            outcome: row.outcome.clone(),
            prev_hash: row.prev_hash.to_vec(),
            hash: row.hash.to_vec(),
        },
    )
    .await
    .map_err(conflict)?;
    for (seal, sealed) in &row.sealed {
        insert(
            db,
            entity::event_seals::Model {
                case_id: row.case.to_string(),
                number: signed(row.number),
                seal: seal.clone(),
                sealed: sealed.clone(),
            },
        )
        .await?;
    }
    Ok(())
}

/// Replaces the snapshot and the card.
async fn keep(db: &DatabaseTransaction, snapshot: &SnapshotRow, row: &CaseRow) -> Result<(), DbErr> {
    use sea_orm::ActiveModelTrait as _;
    let case = snapshot.case.to_string();
    let model = entity::snapshots::Model {
        case_id: case.clone(),
        number: signed(snapshot.number),
        plain: snapshot.plain.clone(),
        hash: snapshot.hash.to_vec(),
    };
    let replace = {
        use entity::snapshots::Column;
        OnConflict::column(Column::CaseId).update_columns([Column::Number, Column::Plain, Column::Hash]).to_owned()
    };
    Insert::one(model.into_active_model()).on_conflict(replace).exec_without_returning(db).await?;
    {
        use entity::snapshot_seals::{Column, Entity};
        Entity::delete_many().filter(Column::CaseId.eq(case.clone())).exec(db).await?;
    }
    for (seal, sealed) in &snapshot.sealed {
        insert(
            db,
            entity::snapshot_seals::Model {
                case_id: case.clone(),
                seal: seal.clone(),
                number: signed(snapshot.number),
                sealed: sealed.clone(),
            },
        )
        .await?;
    }
    let mut model = case_model(row).into_active_model().reset_all();
    model.id = sea_orm::ActiveValue::Unchanged(case);
    // the number is given once, when the case is opened
    model.number = sea_orm::ActiveValue::NotSet;
    model.update_without_returning(db).await.map(drop)
}

/// Destroys the keys of a seal group and what else would lead to the person.
async fn destroy(db: &DatabaseTransaction, case: CaseId, seal: &str, at: i64) -> Result<(), DbErr> {
    let case = case.to_string();
    let keys = {
        use entity::case_keys::{Column, Entity};
        let rows = Entity::find().filter(Column::CaseId.eq(case.clone())).filter(Column::Seal.eq(seal)).all(db).await?;
        Entity::delete_many().filter(Column::CaseId.eq(case.clone())).filter(Column::Seal.eq(seal)).exec(db).await?;
        rows
    };
    for key in keys {
        insert(db, entity::erasures::Model { case_id: key.case_id, seal: key.seal, generation: key.generation, at })
            .await?;
    }
    use entity::{lookups, snapshot_seals};
    lookups::Entity::delete_many()
        .filter(lookups::Column::CaseId.eq(case.clone()))
        .filter(lookups::Column::Seal.eq(seal))
        .exec(db)
        .await?;
    snapshot_seals::Entity::delete_many()
        .filter(snapshot_seals::Column::CaseId.eq(case))
        .filter(snapshot_seals::Column::Seal.eq(seal))
        .exec(db)
        .await
        .map(drop)
}

fn effect_model(row: &EffectRow) -> entity::outbox::Model {
    let kind = match &row.effect {
        Effect::Assign { .. } => "assign",
        Effect::Notify { .. } => "notify",
        Effect::Reply { .. } => "reply",
        Effect::StartTimer { .. } | Effect::CancelTimer { .. } | Effect::DestroyKey { .. } | Effect::Closed { .. } => {
            "inner"
        }
    };
    entity::outbox::Model {
        case_id: row.id.case.to_string(),
        event: signed(row.id.event),
        place: i64::from(row.id.index),
        kind: kind.to_owned(),
        payload: json(&row.effect),
        status: status_word(row.status).to_owned(),
        attempts: i64::from(row.attempts),
        next_at: row.next_at.as_ms(),
        claim_owner: None,
        claim_until: None,
        done_at: None,
        reason: row.reason.clone(),
    }
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("domain values have text keys and no floating point")
}

async fn insert<M>(db: &DatabaseTransaction, model: M) -> Result<(), DbErr>
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    M::Entity::insert(model.into_active_model()).exec_without_returning(db).await.map(drop)
}

/// Writes a row unless one with its key is there.
async fn insert_new<M>(db: &DatabaseTransaction, model: M) -> Result<(), DbErr>
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
