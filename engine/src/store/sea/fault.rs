//! What the database said, as what the runtime can act upon.

use sea_orm::sqlx;
use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::error::StoreError;

/// Turns an error of the database into one of the store.
#[expect(clippy::needless_pass_by_value, reason = "it goes into `map_err`")]
pub fn fault(doing: &'static str, error: DbErr) -> StoreError {
    let other = || StoreError::Database { doing, reason: error.to_string() };
    let lost = || StoreError::Unavailable { reason: error.to_string() };
    match &error {
        // the pool had no connection to give
        DbErr::ConnectionAcquire(_) => lost(),
        DbErr::Conn(RuntimeErr::SqlxError(source))
        | DbErr::Exec(RuntimeErr::SqlxError(source))
        | DbErr::Query(RuntimeErr::SqlxError(source)) => match source.as_ref() {
            sqlx::Error::Database(said) => {
                let code = said.code().unwrap_or_default();
                if said.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                    postgres(&code, other, lost)
                } else {
                    sqlite(&code, other)
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::BeginFailed
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => lost(),
            _ => other(),
        },
        _ => other(),
    }
}

/// By result code, of which the lower byte is the kind.
fn sqlite(code: &str, other: impl FnOnce() -> StoreError) -> StoreError {
    match code.parse::<i32>().map(|code| code & 0xff) {
        Ok(13) => StoreError::Full,
        Ok(5 | 6) => StoreError::Busy,
        Ok(_) | Err(_) => other(),
    }
}

/// By SQLSTATE.
fn postgres(code: &str, other: impl FnOnce() -> StoreError, lost: impl FnOnce() -> StoreError) -> StoreError {
    match code {
        "53100" => StoreError::Full,
        // two transactions in each other's way, or one that waited too long; nothing of it happened
        "40001" | "40P01" | "55P03" | "57014" => StoreError::Busy,
        // shut down, starting, taking no more connections, or a standby that takes no writes
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "53300" | "25006" | "40003" => lost(),
        code if code.starts_with("08") => lost(),
        _ => other(),
    }
}

/// Whether a row with the same key is there already.
pub fn is_there_already(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_is_told_apart() {
        let of = |code| {
            let other = || StoreError::Database { doing: "try", reason: String::new() };
            let lost = || StoreError::Unavailable { reason: String::new() };
            postgres(code, other, lost)
        };
        assert!(matches!(of("53100"), StoreError::Full));
        assert!(matches!(of("40P01"), StoreError::Busy));
        for code in ["08006", "57P01", "25006", "53300"] {
            assert!(matches!(of(code), StoreError::Unavailable { .. }), "{code}");
        }
        assert!(matches!(of("42P01"), StoreError::Database { .. }));
    }
}
