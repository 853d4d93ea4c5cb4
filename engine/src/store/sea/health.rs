//! Whether the database answers, can be written, and has the right schema.

use sea_orm::{ConnectionTrait as _, Statement};

use super::fault::fault;
use super::{SeaStore, applied_steps};
use crate::error::StoreError;

impl SeaStore {
    /// Writes one row that nobody reads, in the way every other row is written.
    pub(super) async fn write_probe(&self) -> Result<(), StoreError> {
        let backend = self.read.get_database_backend();
        let sql = "INSERT INTO meta (name, value) VALUES ('probe', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let statement = Statement::from_sql_and_values(backend, sql, [vec![1_u8].into()]);
        let writer = self.writer().await?;
        let written = writer.connection.execute_raw(statement).await;
        written.map(|_| ()).map_err(|error| fault("write", error))
    }

    /// Steps of the schema that this program knows and the database lacks. More than this program knows is no fault: a
    /// newer node may have brought them during a roll-out, and old code runs on the new schema.
    pub(super) async fn steps_not_applied(&self) -> Result<Vec<String>, StoreError> {
        let applied = applied_steps(&self.read).await?;
        Ok(niyam_migrations::known().into_iter().filter(|step| !applied.contains(step)).collect())
    }
}
