//! The schema: brought up by one node at a time, refused when it is newer, described for a test.

use niyam_migrations::{Migrator, MigratorTrait as _};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::{self, AssertSqlSafe, Connection as _, PgConnection};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbErr, RuntimeErr, Statement};

use crate::error::{OpenError, StoreError};
use crate::store::sea::fault::fault;

/// What nodes hold while they look at the schema and upgrade it: `niyam` in ASCII.
const SCHEMA_LOCK: i64 = 0x006e_6979_616d;

/// Upgrades the schema, while other nodes that start wait.
pub async fn bring_up(options: &PgConnectOptions) -> Result<(), OpenError> {
    let doing = |error: sqlx::Error| fault("upgrade the schema", DbErr::Exec(RuntimeErr::SqlxError(error.into())));
    let mut guard = PgConnection::connect_with(options).await.map_err(doing)?;
    let lock = format!("SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock({SCHEMA_LOCK})");
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut guard).await.map_err(doing)?;
    // an upgrade takes the time it takes, whatever the server's own limits are
    let patient = options.clone().options([("statement_timeout", "0"), ("lock_timeout", "0")]);
    let pool = PgPoolOptions::new().max_connections(2).connect_with(patient).await.map_err(doing)?;
    let database = DatabaseConnection::from(pool);
    let result = upgrade(&database).await;
    database.close().await.map_err(|error| fault("close", error))?;
    // the lock goes with its connection
    guard.close().await.map_err(doing)?;
    result
}

async fn upgrade(database: &DatabaseConnection) -> Result<(), OpenError> {
    refuse_unknown(&applied_steps(database).await?)?;
    Migrator::up(database, None).await.map_err(|error| fault("upgrade the schema", error))?;
    Ok(())
}

/// Refuses a schema that has a step which this program does not know.
pub fn refuse_unknown(applied: &[String]) -> Result<(), OpenError> {
    let known = niyam_migrations::known();
    match applied.iter().find(|step| !known.contains(step)) {
        Some(migration) => Err(OpenError::Newer { migration: migration.clone() }),
        None => Ok(()),
    }
}

/// Steps of the schema that a database has.
pub async fn applied_steps(database: &DatabaseConnection) -> Result<Vec<String>, StoreError> {
    let there = texts(database, "SELECT to_regclass('seaql_migrations')::text AS line").await?;
    if there.is_empty() {
        return Ok(Vec::new());
    }
    texts(database, "SELECT version AS line FROM seaql_migrations ORDER BY version").await
}

/// Columns, keys and indexes, one per line.
pub async fn describe(database: &DatabaseConnection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT line FROM (\
        SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS line \
        FROM information_schema.columns WHERE table_schema = current_schema() \
        UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() \
        UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint \
        WHERE connamespace = current_schema()::regnamespace) AS described ORDER BY line COLLATE \"C\"";
    texts(database, sql).await
}

/// The texts in the column `line`, without those that are null.
async fn texts(database: &DatabaseConnection, sql: &str) -> Result<Vec<String>, StoreError> {
    let doing = |error| fault("read the schema", error);
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await.map_err(doing)?;
    let lines = rows.iter().map(|row| row.try_get::<Option<String>>("", "line").map_err(doing));
    Ok(lines.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}
