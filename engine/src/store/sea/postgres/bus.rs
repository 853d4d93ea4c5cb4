//! The line between nodes: `LISTEN` and `NOTIFY` on connections of their own.
//!
//! A `NOTIFY` inside a transaction makes all commits of the database wait for each other, so changes are told after their
//! commit, several at once. What is told holds ids and numbers only.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use niyam_kernel::id::CaseId;
use sea_orm::sqlx::postgres::{PgListener, PgPoolOptions};
use sea_orm::sqlx::{self, Connection as _, PgConnection};
use sea_orm::{DbErr, RuntimeErr};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::Cluster;
use crate::error::StoreError;
use crate::request::Change;
use crate::store::sea::fault::fault;
use crate::store::{Bus, Heard};

/// Name of the channel in the database.
const CHANNEL: &str = "niyam_changes";
/// Pause between two tellings, in which more changes gather.
const GATHER: Duration = Duration::from_millis(20);
/// Pause before a lost line is taken up again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long the line may be silent before it is tried whether it still stands.
const SILENCE: Duration = Duration::from_secs(20);
/// How long a server may take to answer on the line.
const ANSWER: Duration = Duration::from_secs(5);
/// Bytes of changes in one message; PostgreSQL takes less than 8000.
const LONGEST: usize = 7_000;
/// Changes that may wait to be told; with more, the others are told to look at everything.
const MOST_UNTOLD: usize = 10_000;
/// What was heard and not yet taken.
const HEARD: usize = 1_024;
/// Instead of changes: anything may have changed.
const EVERYTHING: &str = "*";

/// The line of one node.
#[derive(Debug)]
pub struct PostgresBus {
    untold: Arc<Untold>,
    heard: tokio::sync::Mutex<mpsc::Receiver<Heard>>,
    tasks: [JoinHandle<()>; 2],
}

/// Changes that wait to be told: the last number of each case.
#[derive(Debug, Default)]
struct Untold {
    changes: Mutex<BTreeMap<CaseId, u64>>,
    ring: Notify,
}

impl Untold {
    fn take(&self) -> BTreeMap<CaseId, u64> {
        std::mem::take(&mut self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, changes: impl IntoIterator<Item = (CaseId, u64)>) {
        let mut waiting = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        for (case, number) in changes {
            let last = waiting.entry(case).or_default();
            *last = number.max(*last);
        }
    }
}

impl PostgresBus {
    /// Begins to listen; both directions run until the line is dropped.
    pub async fn new(cluster: &Arc<Cluster>) -> Result<Self, StoreError> {
        let doing = |error: sqlx::Error| fault("open the line", DbErr::Conn(RuntimeErr::SqlxError(error.into())));
        let mut connection = PgConnection::connect_with(&cluster.options()).await.map_err(doing)?;
        // the database makes a name for this node, so that it does not hear itself
        let name = sqlx::query_scalar("SELECT gen_random_uuid()::text").fetch_one(&mut connection).await;
        let name: String = name.map_err(doing)?;
        let listener = listen(cluster).await.map_err(doing)?;
        let untold = Arc::new(Untold::default());
        let (sender, receiver) = mpsc::channel(HEARD);
        let tasks = [
            tokio::spawn(keep_telling(Arc::clone(cluster), Arc::clone(&untold), name.clone())),
            tokio::spawn(keep_hearing(Arc::clone(cluster), listener, sender, name)),
        ];
        Ok(Self { untold, heard: tokio::sync::Mutex::new(receiver), tasks })
    }
}

impl Drop for PostgresBus {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

#[async_trait]
impl Bus for PostgresBus {
    fn tell(&self, change: Change) {
        self.untold.add([(change.case, change.number)]);
        self.untold.ring.notify_one();
    }

    async fn hear(&self) -> Heard {
        match self.heard.lock().await.recv().await {
            Some(heard) => heard,
            // the task ended with the runtime: nothing more will be heard
            None => std::future::pending().await,
        }
    }
}

/// Tells what gathers, for ever.
async fn keep_telling(cluster: Arc<Cluster>, untold: Arc<Untold>, name: String) {
    let mut line: Option<PgConnection> = None;
    loop {
        untold.ring.notified().await;
        let changes = untold.take();
        let told = tokio::time::timeout(ANSWER, tell(&cluster, &mut line, &messages(&name, &changes))).await;
        if matches!(told, Ok(Ok(()))) {
            tokio::time::sleep(GATHER).await;
        } else {
            line = None;
            untold.add(changes);
            untold.ring.notify_one();
            tokio::time::sleep(AGAIN).await;
        }
    }
}

async fn tell(cluster: &Cluster, line: &mut Option<PgConnection>, messages: &[String]) -> Result<(), sqlx::Error> {
    let connection = if let Some(connection) = line {
        connection
    } else {
        let mut fresh = PgConnection::connect_with(&cluster.options()).await?;
        // a telling writes nothing that anybody would miss, and must not wait for a disk or a standby
        sqlx::raw_sql("SET synchronous_commit = off").execute(&mut fresh).await?;
        line.insert(fresh)
    };
    for message in messages {
        sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(message).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Changes as messages: the name of the node, then `case number` for each.
fn messages(name: &str, changes: &BTreeMap<CaseId, u64>) -> Vec<String> {
    if changes.len() > MOST_UNTOLD {
        return vec![format!("{name} {EVERYTHING}")];
    }
    let mut messages: Vec<String> = Vec::new();
    for (case, number) in changes {
        let change = format!(" {case} {number}");
        match messages.last_mut() {
            Some(last) if last.len() + change.len() <= LONGEST => last.push_str(&change),
            _ => messages.push(format!("{name}{change}")),
        }
    }
    messages
}

/// What a message says; `None` for what this node told itself.
fn read(message: &str, name: &str) -> Option<Heard> {
    let mut words = message.split(' ');
    if words.next() == Some(name) {
        return None;
    }
    let mut changes = Vec::new();
    while let Some(case) = words.next() {
        let number = words.next().and_then(|number| number.parse().ok());
        match (case.parse(), number) {
            (Ok(case), Some(number)) => changes.push(Change { case, number }),
            _ => return Some(Heard::Missed),
        }
    }
    Some(Heard::Changed(changes))
}

async fn listen(cluster: &Cluster) -> Result<PgListener, sqlx::Error> {
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(ANSWER).idle_timeout(None).max_lifetime(None);
    let mut listener = PgListener::connect_with(&pool.connect_lazy_with(cluster.options())).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Hears for ever; takes the line up again when it is lost, and says so.
async fn keep_hearing(cluster: Arc<Cluster>, listener: PgListener, sender: mpsc::Sender<Heard>, name: String) {
    let mut moved = cluster.moved.subscribe();
    let mut listener = Some(listener);
    // nobody takes what is heard: one that comes back looks at everything
    let mut missed = false;
    loop {
        if let Some(line) = &mut listener {
            tokio::select! {
                biased;
                _ = moved.changed() => {}
                () = hear(line, &sender, &name, &mut missed) => {}
            }
        }
        drop(listener.take());
        tokio::time::sleep(AGAIN).await;
        // finds out where the server is now
        cluster.doubt();
        if cluster.pools().await.is_ok()
            && let Ok(line) = listen(&cluster).await
        {
            listener = Some(line);
            missed = sender.try_send(Heard::Missed).is_err();
        }
    }
}

/// Hears until the line is lost.
async fn hear(line: &mut PgListener, sender: &mpsc::Sender<Heard>, name: &str, missed: &mut bool) {
    loop {
        match tokio::time::timeout(SILENCE, line.try_recv()).await {
            Ok(Ok(Some(notification))) => {
                let Some(heard) = read(notification.payload(), name) else { continue };
                let heard = if *missed { Heard::Missed } else { heard };
                *missed = sender.try_send(heard).is_err();
            }
            Ok(Ok(None) | Err(_)) => return,
            // silent for a while: does it still stand?
            Err(_) => {
                let alive = tokio::time::timeout(ANSWER, sqlx::query("SELECT 1").execute(&mut *line)).await;
                if !matches!(alive, Ok(Ok(_))) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_heard_by_the_others() {
        let changes: BTreeMap<CaseId, u64> =
            (1..=500_u64).map(|number| (CaseId(uuid::Uuid::from_u128(u128::from(number))), number)).collect();
        let messages = messages("node-one", &changes);
        assert!(messages.len() > 1 && messages.iter().all(|message| message.len() < 8_000));
        let mut heard = BTreeMap::new();
        for message in &messages {
            assert_eq!(read(message, "node-one"), None, "a node does not hear itself");
            let Some(Heard::Changed(changes)) = read(message, "node-two") else { panic!("{message}") };
            heard.extend(changes.into_iter().map(|change| (change.case, change.number)));
        }
        assert_eq!(heard, changes);
        assert_eq!(read("node-one *", "node-two"), Some(Heard::Missed));
    }
}
