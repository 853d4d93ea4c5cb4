//! Whether the database answers, can be written, and has the right schema.

use sea_orm::{ConnectionTrait as _, Statement};

use super::{Database, SeaStore, postgres, sqlite};
use crate::error::StoreError;

impl SeaStore {
    /// Writes one row that nobody reads, in the way every other row is written.
    pub(super) async fn write_probe(&self) -> Result<(), StoreError> {
        let sql = "INSERT INTO meta (name, value) VALUES ('probe', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let statement = Statement::from_sql_and_values(self.backend(), sql, [vec![1_u8].into()]);
        let writer = self.writer().await?;
        self.ask("write", writer.connection.execute_raw(statement)).await.map(drop)
    }

    /// Steps of the schema that this program knows and the database lacks. More than this program knows is no fault: a
    /// newer node may have brought them during a roll-out, and old code runs on the new schema.
    pub(super) async fn steps_not_applied(&self) -> Result<Vec<String>, StoreError> {
        let read = self.read().await?;
        let applied = match &self.database {
            Database::Sqlite(_) => sqlite::applied_steps(&read).await?,
            Database::Postgres(..) => self.within("read the schema", postgres::schema::applied_steps(&read)).await?,
        };
        Ok(niyam_migrations::known().into_iter().filter(|step| !applied.contains(step)).collect())
    }
}
