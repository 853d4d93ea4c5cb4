//! What the board asks for first stands in an index of its own, so that it shows the most urgent of a million open cases
//! without looking at the others.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        // SQLite has nulls first by itself and knows no words for it in an index
        let nulls = if backend == DbBackend::Postgres { " NULLS FIRST" } else { "" };
        for sql in [
            format!("CREATE INDEX cases_board ON cases (overdue DESC, due{nulls}) WHERE life <> 'closed'"),
            "CREATE INDEX cases_halted ON cases (due) WHERE life = 'halted'".to_owned(),
            "CREATE INDEX cases_unowned ON cases (id) WHERE unowned AND life <> 'closed'".to_owned(),
        ] {
            manager.get_connection().execute_raw(Statement::from_string(backend, sql)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["cases_board", "cases_halted", "cases_unowned"] {
            manager.drop_index(Index::drop().name(index).table("cases").to_owned()).await?;
        }
        Ok(())
    }
}
