//! Which database: the options that `serve` and others share.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use niyam_engine::engine::Data;
use niyam_engine::store::sea::DatabaseUrl;

/// Which database.
#[derive(Clone, Debug, Default, Args)]
pub struct DatabaseOptions {
    /// Keep cases on PostgreSQL instead of in the data folder: `postgres://user:password@host/niyam`. Given several times
    /// for a server and its standbys, or in the environment with spaces between; the one that takes writes is used.
    /// The folder then holds this node's copy of the key `deployment.key`.
    #[arg(long, value_name = "URL", env = "NIYAM_DATABASE_URL", hide_env_values = true, value_delimiter = ' ')]
    pub database_url: Vec<GivenUrl>,
}

/// An address as it was given. It may hold a password, so it is not checked while arguments are read, where a mistake would
/// be answered with the whole text.
#[derive(Clone)]
pub struct GivenUrl(String);

impl FromStr for GivenUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for GivenUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenUrl")
    }
}

/// Why an address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("--database-url: {0}")]
pub struct UrlError(#[from] niyam_engine::store::sea::DatabaseUrlError);

impl DatabaseOptions {
    /// The addresses; none when the data live in the folder alone.
    pub fn urls(&self) -> Result<Vec<DatabaseUrl>, UrlError> {
        let given = self.database_url.iter().filter(|given| !given.0.is_empty());
        Ok(given.map(|given| given.0.parse()).collect::<Result<_, _>>()?)
    }

    /// Where the data live: in the folder, or on PostgreSQL with the key in the folder.
    pub fn data(&self, folder: PathBuf) -> Result<Data, UrlError> {
        let database = self.urls()?;
        Ok(if database.is_empty() { Data::Folder(folder) } else { Data::Postgres { folder, database } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(urls: &[&str]) -> DatabaseOptions {
        DatabaseOptions { database_url: urls.iter().map(|url| GivenUrl((*url).to_owned())).collect() }
    }

    #[test]
    fn without_an_address_the_folder_holds_the_data() {
        let folder = PathBuf::from("data");
        assert!(matches!(options(&[]).data(folder.clone()), Ok(Data::Folder(_))));
        assert!(matches!(options(&[""]).data(folder.clone()), Ok(Data::Folder(_))), "an empty variable is none");
        let urls = ["postgres://desk@one.example.com/niyam", "postgres://desk@two.example.com/niyam"];
        let data = options(&urls).data(folder).unwrap();
        assert!(matches!(data, Data::Postgres { database, .. } if database.len() == 2));
    }

    #[test]
    fn a_mistake_shows_no_password() {
        let given = options(&["postgres://desk:namuna-secret@one.example.com:x/niyam"]);
        let error = given.data(PathBuf::from("data")).unwrap_err();
        assert!(!error.to_string().contains("secret") && !format!("{given:?} {error:?}").contains("secret"));
    }
}
