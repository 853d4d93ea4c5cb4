//! What the database said, as what the runtime can act upon.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::error::StoreError;

/// Turns an error of the database into one of the store.
#[expect(clippy::needless_pass_by_value, reason = "it goes into `map_err`")]
pub fn fault(doing: &'static str, error: DbErr) -> StoreError {
    match code(&error).map(|code| code & 0xff) {
        Some(13) => StoreError::Full,
        Some(5 | 6) => StoreError::Busy,
        Some(_) | None => StoreError::Database { doing, reason: error.to_string() },
    }
}

/// Whether a row with the same key is there already.
pub fn is_there_already(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// SQLite's result code, extended.
fn code(error: &DbErr) -> Option<i32> {
    let (DbErr::Conn(RuntimeErr::SqlxError(source))
    | DbErr::Exec(RuntimeErr::SqlxError(source))
    | DbErr::Query(RuntimeErr::SqlxError(source))) = error
    else {
        return None;
    };
    source.as_database_error()?.code()?.parse().ok()
}
