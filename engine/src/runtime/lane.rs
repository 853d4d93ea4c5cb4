//! Group commit: many commits, one transaction, one wait for the disk.
//!
//! A lane is a queue and a task. The task takes everything that waits, commits it together, and answers each sender; what
//! comes meanwhile is the next group. A commit that is alone goes at once. A case always goes through the same lane, so
//! what is sent about it is written in that order.
//!
//! The queue is bounded: a sender waits for room. What comes from outside is bounded earlier, by [`super::admission`].

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::error::StoreError;
use crate::store::{Commit, Committed, Store};

/// Commits that wait in a lane at most.
const QUEUE: usize = 8_192;
/// Commits of one group at most.
const GROUP: usize = 512;
/// Bytes of one group at most; one commit alone may have more.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// The lanes of a node.
pub struct Lanes {
    lanes: Vec<mpsc::Sender<Job>>,
}

/// A commit and who waits for it.
struct Job {
    commit: Commit,
    answer: oneshot::Sender<Result<Committed, StoreError>>,
}

impl Lanes {
    /// As many lanes as the store has writers. They end when this value is dropped; what was sent before is still
    /// committed if somebody waits for it.
    pub fn start(store: &Arc<dyn Store>) -> Self {
        let lanes = (0..store.writers().max(1))
            .map(|number| {
                let (sender, jobs) = mpsc::channel(QUEUE);
                tokio::spawn(run(number, Arc::clone(store), jobs));
                sender
            })
            .collect();
        Self { lanes }
    }

    /// Makes a commit durable together with others. A caller that goes away before its commit was taken up has sent
    /// nothing; later, it is done and nobody hears of it. Errors: as [`Store::commit_group`].
    pub async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let broken = || StoreError::Unavailable { reason: "the task that commits has ended".to_owned() };
        let (answer, answered) = oneshot::channel();
        let lane = &self.lanes[self.lane_of(&commit)];
        lane.send(Job { commit, answer }).await.map_err(|_| broken())?;
        answered.await.map_err(|_| broken())?
    }

    /// Waits until everything that was sent before is written. Errors: as [`Store::commit_group`].
    pub async fn flush(&self) -> Result<(), StoreError> {
        let broken = || StoreError::Unavailable { reason: "the task that commits has ended".to_owned() };
        for lane in &self.lanes {
            let (answer, answered) = oneshot::channel();
            let commit = Commit { name: "come to rest", writes: Vec::new() };
            lane.send(Job { commit, answer }).await.map_err(|_| broken())?;
            answered.await.map_err(|_| broken())??;
        }
        Ok(())
    }

    /// By the random end of the case's id, so that the cases spread evenly.
    fn lane_of(&self, commit: &Commit) -> usize {
        let case = commit.writes.iter().find_map(crate::store::Write::case);
        case.map_or(0, |case| usize::from(case.0.as_bytes()[15]) % self.lanes.len())
    }
}

/// Commits group after group until nobody can send any more.
async fn run(number: usize, store: Arc<dyn Store>, mut jobs: mpsc::Receiver<Job>) {
    let lane = number.to_string();
    let depth = metrics::gauge!("niyam_lane_queue_depth", "lane" => lane.clone());
    let sizes = metrics::histogram!("niyam_commit_size", "lane" => lane.clone());
    let seconds = metrics::histogram!("niyam_commit_seconds", "lane" => lane);
    let mut next = None;
    loop {
        let first = match next.take() {
            Some(job) => job,
            None => match jobs.recv().await {
                Some(job) => job,
                None => return,
            },
        };
        let (commits, answers) = gather(first, &mut jobs, &mut next);
        depth.set(u32::try_from(jobs.len()).unwrap_or(u32::MAX));
        if commits.is_empty() {
            continue;
        }
        sizes.record(u32::try_from(commits.len()).unwrap_or(u32::MAX));
        let began = Instant::now();
        answer(answers, commit(&store, commits).await);
        seconds.record(began.elapsed());
    }
}

/// What waits, as far as it fits into one group; what does not fit is `next`. Who has gone away is left out.
fn gather(
    first: Job,
    jobs: &mut mpsc::Receiver<Job>,
    next: &mut Option<Job>,
) -> (Vec<Commit>, Vec<oneshot::Sender<Result<Committed, StoreError>>>) {
    let (mut commits, mut answers, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut taken = Some(first);
    while let Some(job) = taken {
        if !job.answer.is_closed() {
            bytes += job.commit.bytes();
            if !commits.is_empty() && bytes > GROUP_BYTES {
                *next = Some(job);
                break;
            }
            commits.push(job.commit);
            answers.push(job.answer);
        }
        if commits.len() == GROUP {
            break;
        }
        taken = jobs.try_recv().ok();
    }
    (commits, answers)
}

/// In a task of its own, so that a store that panics ends a group and not the lane.
async fn commit(
    store: &Arc<dyn Store>,
    commits: Vec<Commit>,
) -> Result<Vec<Result<Committed, StoreError>>, StoreError> {
    let store = Arc::clone(store);
    let done = tokio::spawn(async move { store.commit_group(&commits).await }).await;
    done.unwrap_or_else(|error| Err(StoreError::Unavailable { reason: error.to_string() }))
}

fn answer(
    waiting: Vec<oneshot::Sender<Result<Committed, StoreError>>>,
    group: Result<Vec<Result<Committed, StoreError>>, StoreError>,
) {
    match group {
        Ok(answers) => {
            debug_assert_eq!(answers.len(), waiting.len(), "one answer for each commit");
            for (sender, answer) in waiting.into_iter().zip(answers) {
                // who has gone away does not hear of it
                let _ = sender.send(answer);
            }
        }
        Err(error) => {
            for sender in waiting {
                let _ = sender.send(Err(error.clone()));
            }
        }
    }
}
