//! What the engine does by itself at set times: shift change, digest, silent channels, retention.
//!
//! Purpose: each job is a row with its next time. Whoever finds it due claims it by the database's own time, does it, and
//! writes what came of it together with the next time: it is done once, whichever node it is. A time that passed while
//! nothing ran is done once on return, and says how late. A job that breaks off is taken up again when its claim has ended;
//! each of its parts can be done twice without harm.
//!
//! Where a new thing goes: a new job is a [`Job`], a part of `rules/schedules/engine.yaml` read in [`config`], and a module.

pub mod config;
mod digest;
mod retention;
mod shift;
mod silence;

use niyam_kernel::time::Timestamp;
use niyam_rules::schedule::Schedule;
use niyam_rules::text::Text;

pub use config::{Desk, Schedules};
use tokio::sync::watch;

use crate::error::{StoreError, ViewError};
use crate::outbox::News;
use crate::runtime::Runtime;
use crate::store::{Commit, DeskNoticeRow, ScheduleRan, ScheduleRow, Write};
use crate::view::words::text;

/// The longest pause between two looks, in milliseconds.
const LONGEST_PAUSE_MS: u64 = 1_000;
/// Milliseconds behind its time from which a run counts as late.
const LATE_MS: u64 = 60_000;
/// Notices to the desk that are listed at most.
const LISTED: u64 = 500;

/// Something that is done at set times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// Whoever sits in a seat now takes over.
    ShiftChange,
    /// The desk hears how much is open, overdue, without owner.
    Digest,
    /// The desk hears of channels that have fallen silent.
    SilentChannels,
    /// Personal data of cases closed long ago go.
    Retention,
}

impl Job {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::ShiftChange, Self::Digest, Self::SilentChannels, Self::Retention];

    /// Name, in the file and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ShiftChange => "shift_change",
            Self::Digest => "digest",
            Self::SilentChannels => "silent_channels",
            Self::Retention => "retention",
        }
    }
}

/// What is done at set times, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleView {
    /// Name.
    pub name: String,
    /// Five fields of `cron`.
    pub cron: String,
    /// When, in words.
    pub when: Text,
    /// When it is due next.
    pub next_due: Timestamp,
    /// The time that the last run was for.
    pub last_due: Option<Timestamp>,
    /// When the last run ended.
    pub last_run: Option<Timestamp>,
    /// How much later than its time the last run ended; `None` before the first.
    pub late_ms: Option<u64>,
    /// What came of the last run.
    pub result: Option<Text>,
}

/// A run: which job, which time, and what to write with its end.
pub(crate) struct Run<'r> {
    runtime: &'r Runtime,
    row: ScheduleRow,
}

impl Run<'_> {
    /// Holds the claim for longer. Errors: [`StoreError::Moved`] when somebody else has it now; then stop.
    async fn hold(&self) -> Result<(), StoreError> {
        let write = Write::ScheduleHeld { name: self.row.name.clone(), owner: self.runtime.node.clone() };
        self.runtime.commit(Commit { name: "hold a schedule", writes: vec![write] }).await.map(drop)
    }
}

impl Runtime {
    /// Brings the table of schedules up to date with the configuration.
    pub async fn define_schedules(&self) -> Result<(), StoreError> {
        let (now, known) = (self.now(), self.store.schedules().await?);
        let is_known = |job: Job, schedule: &Schedule| {
            known.iter().any(|row| row.name == job.name() && row.cron == schedule.text())
        };
        let mut writes: Vec<Write> = self
            .schedules
            .jobs
            .iter()
            .filter(|(job, schedule)| !is_known(**job, schedule))
            .map(|(job, schedule)| Write::Schedule {
                name: job.name().to_owned(),
                cron: schedule.text().to_owned(),
                next_due: after(schedule, now),
            })
            .collect();
        let gone = known.iter().filter(|row| self.job(&row.name).is_none());
        writes.extend(gone.map(|row| Write::NoSchedule(row.name.clone())));
        if writes.is_empty() {
            return Ok(());
        }
        self.commit(Commit { name: "define the schedules", writes }).await.map(drop)
    }

    /// A job with its schedule, by name; `None` when it is not configured.
    fn job(&self, name: &str) -> Option<(Job, &Schedule)> {
        self.schedules.jobs.iter().find(|(job, _)| job.name() == name).map(|(job, schedule)| (*job, schedule))
    }

    /// Does every job that is due at `now`. Returns how many were done.
    pub async fn run_schedules(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut done = 0;
        while let Some(row) = self.store.claim_schedule(&self.node, now).await? {
            let Some((job, schedule)) = self.job(&row.name) else {
                // of a node with another configuration
                return Ok(done);
            };
            let (due, next_due) = (row.next_due, after(schedule, self.now().max(row.next_due)));
            let run = Run { runtime: self, row };
            match self.do_job(job, &run).await {
                Ok((result, mut writes)) => {
                    let at = self.now();
                    let late_ms = at.since_ms(due);
                    let result = if late_ms >= LATE_MS { with_lateness(&result, late_ms) } else { result };
                    let name = run.row.name.clone();
                    let ran = ScheduleRan { name, owner: self.node.clone(), due, at, next_due, result };
                    writes.push(Write::ScheduleRan(ran));
                    match self.commit(Commit { name: "end a scheduled job", writes }).await {
                        Ok(_) => done += 1,
                        // somebody else has taken it over
                        Err(StoreError::Moved) => {}
                        Err(error) => return Err(error),
                    }
                }
                Err(StoreError::Moved) => {}
                Err(error) => {
                    // the claim stays until it ends: then it is tried again
                    tracing::error!(schedule = run.row.name, %error, "a scheduled job broke off; it is taken up again");
                    return Err(error);
                }
            }
        }
        Ok(done)
    }

    /// Does what is due until `stop` says so.
    pub async fn keep_schedules(&self, stop: &watch::Receiver<bool>) {
        let mut stopped = stop.clone();
        while !*stop.borrow() {
            if let Err(error) = self.run_schedules(self.now()).await {
                tracing::error!(%error, "scheduled jobs could not go on; they are tried again");
            }
            if let Err(error) = self.measure().await {
                tracing::warn!(%error, "what waits could not be counted");
            }
            tokio::select! {
                biased;
                _ = stopped.wait_for(|stop| *stop) => {}
                () = tokio::time::sleep(std::time::Duration::from_millis(LONGEST_PAUSE_MS)) => {}
            }
        }
    }

    /// Does a job. What it has not written itself is written with its end.
    async fn do_job(&self, job: Job, run: &Run<'_>) -> Result<(Text, Vec<Write>), StoreError> {
        match job {
            Job::ShiftChange => Ok((self.change_shift(run).await?, Vec::new())),
            Job::Digest => self.digest(run.row.next_due).await,
            Job::SilentChannels => self.look_for_silence().await,
            Job::Retention => Ok((self.forget_closed(run).await?, Vec::new())),
        }
    }

    /// All schedules that are configured, with their last run.
    pub async fn schedule_views(&self) -> Result<Vec<ScheduleView>, ViewError> {
        let view = |row: ScheduleRow| {
            let (_, schedule) = self.job(&row.name)?;
            Some(ScheduleView {
                when: schedule.describe(),
                late_ms: row.last_run.zip(row.last_due).map(|(run, due)| run.since_ms(due)),
                name: row.name,
                cron: row.cron,
                next_due: row.next_due,
                last_due: row.last_due,
                last_run: row.last_run,
                result: row.result,
            })
        };
        Ok(self.store.schedules().await?.into_iter().filter_map(view).collect())
    }

    /// What the desks were told, the latest first.
    pub async fn desk_notices(&self) -> Result<Vec<DeskNoticeRow>, ViewError> {
        Ok(self.store.desk_notices(LISTED).await?)
    }

    /// A notice for each seat of the desk. `about` makes it the same each time it is said.
    pub fn desk_notice(
        &self,
        kind: &str,
        about: &str,
        case: Option<niyam_kernel::id::CaseId>,
        say: &Text,
    ) -> Vec<Write> {
        let at = self.now();
        let notice = |desk: &Desk| {
            Write::DeskNotice(DeskNoticeRow {
                id: format!("{kind}/{about}/{}@{}", desk.role, desk.unit),
                kind: kind.to_owned(),
                at,
                role: desk.role.clone(),
                unit: desk.unit.clone(),
                person: self.people.seat(&desk.role, &desk.unit, at),
                case,
                text: say.clone(),
            })
        };
        self.schedules.desk.iter().map(notice).collect()
    }

    /// Tells the desk that a channel is out of order, or works again. That it cannot be stored holds up nothing.
    pub async fn tell_of_channel(&self, channel: &str, news: News) {
        let (about, say) = match news {
            News::StaysOpen(since) => (
                format!("{channel}/{}/open", since.as_ms()),
                text(
                    format!(
                        "Messages through {channel} have not gone out for ten minutes. They wait; see to the line."
                    ),
                    format!("{channel} से संदेश दस मिनट से नहीं जा रहे। वे प्रतीक्षा में हैं; लाइन की जाँच करें।"),
                ),
            ),
            News::Closed(since) => (
                format!("{channel}/{}/closed", since.as_ms()),
                text(format!("Messages through {channel} go out again."), format!("{channel} से संदेश फिर से जा रहे हैं।")),
            ),
        };
        let writes = self.desk_notice("channel", &about, None, &say);
        if let Err(error) = self.commit(Commit { name: "tell the desk", writes }).await {
            tracing::error!(%error, "the desk could not be told that a channel is out of order, or no longer");
        }
    }
}

fn after(schedule: &Schedule, moment: Timestamp) -> Timestamp {
    Timestamp::from_ms(schedule.next_after(moment.as_ms()))
}

fn with_lateness(result: &Text, late_ms: u64) -> Text {
    let minutes = late_ms / 60_000;
    text(format!("{}; {minutes} min late", result.en), format!("{}; {minutes} मिनट देर से", result.hi))
}
