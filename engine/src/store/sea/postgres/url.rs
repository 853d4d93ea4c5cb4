//! The address of a PostgreSQL database.

use std::fmt;
use std::str::FromStr;

use sea_orm::sqlx::ConnectOptions as _;
use sea_orm::sqlx::postgres::PgConnectOptions;

/// The address of a PostgreSQL database with the user, `postgres://user:password@host:5432/niyam?sslmode=verify-full`.
///
/// Its password is never shown: `Display` and `Debug` give host, port and name of the database.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// Why a text is no address of a database. Holds no part of the text, which may have a password in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// Of another kind.
    #[error("not the address of a PostgreSQL database: it begins with `postgres://`")]
    Scheme,
    /// Not readable.
    #[error("not an address: {0}")]
    Unreadable(String),
    /// No database named.
    #[error("no database is named: write it behind the host, `postgres://user@host/niyam`")]
    NoDatabase,
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(DatabaseUrlError::Scheme);
        }
        let options: PgConnectOptions =
            text.parse().map_err(|error: sea_orm::sqlx::Error| DatabaseUrlError::Unreadable(error.to_string()))?;
        if options.get_database().is_none() {
            return Err(DatabaseUrlError::NoDatabase);
        }
        Ok(Self(text.to_owned()))
    }
}

impl DatabaseUrl {
    /// Another database of the same server.
    #[must_use]
    pub fn of_database(&self, name: &str) -> Self {
        Self(self.options().database(name).to_url_lossy().to_string())
    }

    /// How to connect to it.
    pub(super) fn options(&self) -> PgConnectOptions {
        let options: PgConnectOptions = self.0.parse().expect("it was read when it was made");
        options.application_name("niyam").disable_statement_logging()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = self.options();
        let name = options.get_database().unwrap_or_default();
        match options.get_socket() {
            Some(folder) => write!(f, "{}:{}/{name}", folder.display(), options.get_port()),
            None => write!(f, "{}:{}/{name}", options.get_host(), options.get_port()),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let url: DatabaseUrl =
            "postgres://desk:namuna-secret@db.example.com:5433/niyam?sslmode=require".parse().unwrap();
        assert_eq!(url.to_string(), "db.example.com:5433/niyam");
        assert_eq!(format!("{url:?}"), "DatabaseUrl(db.example.com:5433/niyam)");
        for wrong in ["mysql://desk:namuna-secret@db/niyam", "postgres://desk:namuna-secret@db:port/niyam"] {
            let error = wrong.parse::<DatabaseUrl>().unwrap_err();
            assert!(!error.to_string().contains("secret") && !format!("{error:?}").contains("secret"), "{error}");
        }
        assert_eq!("postgres://db.example.com".parse::<DatabaseUrl>(), Err(DatabaseUrlError::NoDatabase));
    }
}
