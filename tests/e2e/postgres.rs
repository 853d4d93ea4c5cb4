//! Several nodes on one PostgreSQL.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use niyam_tests::postgres::Cluster;

use crate::dice::Dice;
use crate::load::{Book, Load, Route};
use crate::pause;
use crate::process::Server;
use crate::site::Site;

/// Kills of one run.
const KILLS: u32 = 25;
/// Rounds in which a node is stopped and goes on.
const STOPS: u32 = 5;
/// Senders at once.
const SENDERS: u64 = 3;
/// The database of these tests.
const DATABASE: &str = "niyam_e2e";

/// Lets claims end as if a minute had passed: a node that died holds them so long by the database's own time.
fn claims_end(cluster: &Cluster) {
    for table in ["outbox", "timers"] {
        let ends = format!("UPDATE {table} SET claim_until = 1 WHERE claim_until IS NOT NULL");
        cluster.sql(DATABASE, &ends);
    }
}

/// The addresses of nodes that may be sent work.
fn routed(servers: &[Option<Server>]) -> Vec<std::net::SocketAddr> {
    servers.iter().flatten().map(|server| server.address).collect()
}

/// Kill -9 of one of two nodes at any instant, while the other goes on.
pub fn kills_under_load(seed: u64) -> String {
    let cluster = Cluster::start(&[]);
    cluster.create_database(DATABASE);
    let mut site = Site::on(vec![cluster.url(DATABASE)]);
    let (book, mut dice) = (Book::default(), Dice::new(seed));
    let mut nodes: Vec<Option<Server>> = vec![Some(site.server(0))];
    nodes.push(Some(site.server(1)));
    let route: Route = Arc::new(RwLock::new(routed(&nodes)));
    let load = Load::start(&book, &route, SENDERS, seed);
    let mut starts_killed = 0;
    for _ in 0..KILLS {
        pause(dice.millis(20, 600));
        let victim = usize::from(dice.below(2) == 1);
        nodes[victim].take().expect("it runs").kill();
        *route.write().expect("not poisoned") = routed(&nodes);
        if dice.below(5) == 0 {
            let starting = site.start(victim);
            pause(dice.millis(0, 900));
            starting.kill();
            starts_killed += 1;
        }
        claims_end(&cluster);
        nodes[victim] = Some(site.server(victim));
        *route.write().expect("not poisoned") = routed(&nodes);
    }
    load.stop();
    claims_end(&cluster);
    let (alerts, acts) = book.lock().expect("not poisoned").acknowledged();
    let found = site.settled(&book, nodes.into_iter().flatten().collect(), seed);
    assert!(alerts >= 30 && acts >= 10, "too little was sent for the kills to say anything: {alerts}, {acts}");
    assert!(found.clocks >= 20, "too few clocks ran out for the kills to say anything: {found:?}");
    let kills = KILLS + starts_killed;
    format!("{kills} kills ({starts_killed} while starting), {alerts} alerts and {acts} acts acknowledged, {found:?}")
}

/// A node stands still past its claims, another takes over, and the first goes on where it stood.
pub fn stopped_node(seed: u64) -> String {
    let cluster = Cluster::start(&[]);
    cluster.create_database(DATABASE);
    let mut site = Site::on(vec![cluster.url(DATABASE)]);
    let (book, mut dice) = (Book::default(), Dice::new(seed));
    let nodes = [site.server(0), site.server(1)];
    let both = vec![nodes[0].address, nodes[1].address];
    let route: Route = Arc::new(RwLock::new(both.clone()));
    let load = Load::start(&book, &route, SENDERS, seed);
    let mut overtaken = 0;
    for _ in 0..STOPS {
        pause(dice.millis(100, 800));
        let stopped = usize::from(dice.below(2) == 1);
        nodes[stopped].signal("STOP");
        *route.write().expect("not poisoned") = vec![nodes[1 - stopped].address];
        let held: u32 = cluster
            .sql(DATABASE, "SELECT count(*) FROM outbox WHERE claim_until > 1 AND status = 'waiting'")
            .parse()
            .expect("a number");
        overtaken += held;
        claims_end(&cluster);
        pause(Duration::from_secs(3));
        nodes[stopped].signal("CONT");
        route.write().expect("not poisoned").clone_from(&both);
    }
    assert!(overtaken > 0, "no node was stopped while it had claimed something");
    load.stop();
    claims_end(&cluster);
    let (alerts, acts) = book.lock().expect("not poisoned").acknowledged();
    let found = site.settled(&book, nodes.into_iter().collect(), seed);
    format!("{STOPS} stops with {overtaken} effects claimed, {alerts} alerts and {acts} acts acknowledged, {found:?}")
}

/// The database dies under load and its synchronous standby takes over.
pub fn failover(seed: u64) -> String {
    let mut primary = Cluster::start(&[]);
    primary.create_database(DATABASE);
    let standby = primary.standby("standby");
    let mut site = Site::on(vec![primary.url(DATABASE), standby.url(DATABASE)]);
    let book = Book::default();
    let nodes = [site.server(0), site.server(1)];
    let route: Route = Arc::new(RwLock::new(nodes.iter().map(|node| node.address).collect()));
    let load = Load::start(&book, &route, SENDERS, seed);
    while book.lock().expect("not poisoned").acknowledged().0 < 20 {
        pause(Duration::from_millis(50));
    }
    pause(Dice::new(seed).millis(0, 1_000));
    primary.kill();
    let before = book.lock().expect("not poisoned").acknowledged();
    pause(Duration::from_millis(300));
    standby.promote();
    let began = crate::now();
    let after = loop {
        pause(Duration::from_millis(50));
        let now = book.lock().expect("not poisoned").acknowledged();
        if now.0 + now.1 > before.0 + before.1 + 10 {
            break began.elapsed();
        }
        assert!(began.elapsed() < Duration::from_mins(1), "the nodes do not find the new primary");
    };
    pause(Duration::from_secs(1));
    load.stop();
    claims_end(&standby);
    let (alerts, acts) = book.lock().expect("not poisoned").acknowledged();
    let found = site.settled(&book, nodes.into_iter().collect(), seed);
    format!(
        "{before:?} acknowledged before the primary was killed, 10 more {after:?} after the standby was promoted, {alerts} alerts and {acts} acts in the end, {found:?}"
    )
}
