//! PostgreSQL servers: which one is used, what is asked of it, what happens when it is lost.

use niyam_engine::error::{OpenError, StoreError};
use niyam_engine::store::sea::{DatabaseUrl, Location, SeaStore};
use niyam_engine::store::{CaseStore as _, Store as _, WorkStore as _, Write};
use niyam_tests::postgres::Cluster;

use crate::place::{new_database, server};
use crate::rows::*;

fn at(urls: &[String]) -> Location {
    Location::Postgres(urls.iter().map(|url| url.parse().unwrap()).collect())
}

async fn refused(url: String) -> String {
    let error = SeaStore::open(&at(&[url]), None).await.unwrap_err();
    assert!(matches!(error, OpenError::NoDatabase { .. }), "{error:?}");
    let text = error.to_string();
    assert!(!text.contains("namuna") && !text.contains("guessed"), "a password is shown: {text}");
    text
}

#[tokio::test]
async fn what_keeps_a_node_out_is_said_plainly() {
    let name = new_database();
    let url = server().url(&name);
    let wrong = refused(url.replace("namuna", "guessed")).await;
    assert!(wrong.contains("refuses the user or the password"), "{wrong}");
    let missing = refused(server().url("nowhere")).await;
    assert!(missing.contains("createdb"), "{missing}");
    let port: DatabaseUrl = url.parse().unwrap();
    let port = port.to_string().split([':', '/']).nth(1).unwrap().to_owned();
    let away = refused(url.replace(&port, "1")).await;
    assert!(away.contains("127.0.0.1:1/") && away.contains("cannot be reached"), "{away}");
    server()
        .sql("postgres", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0");
    let latin = refused(server().url("latin")).await;
    assert!(latin.contains("UTF8"), "{latin}");
}

#[tokio::test]
async fn a_commit_is_as_durable_as_it_says_whatever_the_server_is_set_to() {
    let name = new_database();
    let store = SeaStore::open(&at(&[server().url(&name)]), None).await.unwrap();
    // notes the settings of each transaction that writes an event
    server().sql(
        &name,
        "CREATE TABLE seen (durable text, patience text); \
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         INSERT INTO seen VALUES (current_setting('synchronous_commit'), current_setting('statement_timeout')); \
         RETURN NEW; END $$; \
         CREATE TRIGGER note AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION note()",
    );
    let set = |setting: &str| server().sql("postgres", &format!("ALTER DATABASE {name} {setting}"));
    set("SET synchronous_commit = off");
    set("SET statement_timeout = '10s'");
    store.commit(&open(1)).await.unwrap();
    set("RESET ALL");
    assert_eq!(server().sql(&name, "SELECT * FROM seen"), "on|0");
    // more than `on` is left as it is
    set("SET synchronous_commit = remote_apply");
    let store = SeaStore::open(&at(&[server().url(&name)]), None).await.unwrap();
    store.commit(&step(1, 2, 1)).await.unwrap();
    assert_eq!(server().sql(&name, "SELECT * FROM seen ORDER BY durable"), "on|0\nremote_apply|0");
}

#[tokio::test]
async fn a_server_that_was_killed_is_used_again_and_has_what_was_acknowledged() {
    let mut cluster = Cluster::start(&[]);
    cluster.create_database("niyam");
    let store = SeaStore::open(&at(&[cluster.url("niyam")]), None).await.unwrap();
    store.commit(&open(1)).await.unwrap();
    store.commit(&step(1, 2, 1)).await.unwrap();
    cluster.kill();
    for _ in 0..2 {
        let lost = store.commit(&step(1, 3, 2)).await;
        assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
        let lost = store.load(case_id(1)).await;
        assert!(matches!(lost, Err(StoreError::Unavailable { .. })));
    }
    cluster.restart();
    assert_eq!(store.events(case_id(1)).await.unwrap().len(), 2);
    store.commit(&step(1, 3, 2)).await.unwrap();
    assert_eq!(store.request(request(2).id).await.unwrap(), Some(request(2)));
}

#[tokio::test]
async fn a_promoted_standby_takes_over_with_all_that_was_acknowledged() {
    let mut primary = Cluster::start(&[]);
    primary.create_database("niyam");
    let standby = primary.standby("second");
    let urls = [standby.url("niyam"), primary.url("niyam")];
    let store = SeaStore::open(&at(&urls), None).await.unwrap();
    store.commit(&open(1)).await.unwrap();
    store.commit(&step(1, 2, 1)).await.unwrap();
    primary.kill();
    assert!(matches!(store.commit(&step(1, 3, 2)).await, Err(StoreError::Unavailable { .. })));
    standby.promote();
    assert_eq!(store.events(case_id(1)).await.unwrap().len(), 2);
    store.commit(&step(1, 3, 2)).await.unwrap();
    // the old one comes back, takes writes as before and knows nothing: the latest timeline counts
    primary.restart();
    primary.sql("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
    primary.sql("postgres", "SELECT pg_reload_conf()");
    let node = SeaStore::open(&at(&[primary.url("niyam"), standby.url("niyam")]), None).await.unwrap();
    assert_eq!(node.events(case_id(1)).await.unwrap().len(), 3);
    node.commit(&commit(vec![Write::Lookup(lookup(1, 1, None))])).await.unwrap();
    assert_eq!(store.find(&[[1; 32]]).await.unwrap().len(), 1, "both nodes are on the same server");
}

#[tokio::test]
async fn a_server_that_was_made_read_only_is_left() {
    let name = new_database();
    let store = SeaStore::open(&at(&[server().url(&name)]), None).await.unwrap();
    store.commit(&open(1)).await.unwrap();
    let set = |setting: &str| server().sql("postgres", &format!("ALTER DATABASE {name} {setting}"));
    let end = || {
        let others = format!("datname = '{name}' AND pid <> pg_backend_pid()");
        let end = format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {others}");
        server().sql("postgres", &end)
    };
    set("SET default_transaction_read_only = on");
    end();
    // connections that were ended are replaced; the new ones may not write
    let refused = store.commit(&step(1, 2, 1)).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    set("RESET ALL");
    end();
    store.commit(&step(1, 2, 1)).await.unwrap();
}
