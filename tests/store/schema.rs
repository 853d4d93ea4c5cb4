//! The schema: a fresh one is an upgraded one, a newer one is refused.

use niyam_engine::error::OpenError;
use niyam_engine::store::sea::{Location, SeaStore};
use niyam_migrations::{Migrator, MigratorTrait as _, known};
use sea_orm::Database;

use crate::place::{new_database, server};

fn at(database: &str) -> Location {
    Location::Postgres(vec![server().url(database).parse().unwrap()])
}

#[tokio::test]
async fn an_upgraded_schema_is_the_fresh_one_on_postgres() {
    let fresh = SeaStore::open(&at(&new_database()), None).await.unwrap().schema().await.unwrap();
    assert!(fresh.iter().any(|line| line.contains("PRIMARY KEY (case_id, number)")), "{fresh:#?}");
    for done in 1..u32::try_from(known().len()).unwrap() {
        let name = new_database();
        let database = Database::connect(server().url(&name)).await.unwrap();
        Migrator::up(&database, Some(done)).await.unwrap();
        database.close().await.unwrap();
        let upgraded = SeaStore::open(&at(&name), None).await.unwrap().schema().await.unwrap();
        assert_eq!(upgraded, fresh, "from step {done}");
    }
}

#[tokio::test]
async fn nodes_that_start_at_once_make_one_schema() {
    let name = new_database();
    let mut nodes = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let location = at(&name);
        nodes.spawn(async move { SeaStore::open(&location, None).await.map(drop) });
    }
    for opened in nodes.join_all().await {
        opened.unwrap();
    }
    assert_eq!(server().sql(&name, "SELECT count(*) FROM seaql_migrations"), known().len().to_string());
}

#[tokio::test]
async fn a_newer_schema_is_refused_on_postgres() {
    let name = new_database();
    drop(SeaStore::open(&at(&name), None).await.unwrap());
    server().sql(&name, "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_from_the_future', 0)");
    let refused = SeaStore::open(&at(&name), None).await.unwrap_err();
    assert!(matches!(&refused, OpenError::Newer { migration } if migration == "m9999_from_the_future"), "{refused}");
}
