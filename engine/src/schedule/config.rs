//! What is done by itself, and when: `rules/schedules/engine.yaml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use niyam_rules::duration::Duration;
use niyam_rules::schedule::Schedule;
use serde::Deserialize;

use super::Job;
use crate::intake::finding::{Finding, read_yaml};

const FILE: &str = "schedules/engine.yaml";

/// What is done by itself, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedules {
    /// Seats that hear what the engine has to say.
    pub desk: Vec<Desk>,
    /// When each job is done; what is not there is not done.
    pub jobs: BTreeMap<Job, Schedule>,
    /// How long a channel may be silent, by its name.
    pub channels: BTreeMap<String, Duration>,
    /// How long the personal data of a closed case are kept.
    pub closed_for: Duration,
}

/// A seat at a unit of the directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    /// Role id.
    pub role: String,
    /// Unit code.
    pub unit: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    engine: u32,
    #[serde(default)]
    desk: Vec<Desk>,
    shift_change: Option<Plain>,
    digest: Option<Plain>,
    silent_channels: Option<Silent>,
    retention: Option<Retention>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Silent {
    at: String,
    channels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retention {
    at: String,
    closed_for: String,
}

impl Schedules {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong: YAML that cannot be read, times of day or lengths of time that cannot be read, no desk.
    pub fn load(text: &str) -> Result<Self, Vec<Finding>> {
        let file: File = read_yaml(FILE, text)?;
        let mut findings = Vec::new();
        let mut wrong = |message: String, help: &str| findings.push(Finding::new(FILE, 0, message, help));
        if file.engine != 1 {
            wrong(format!("`engine: {}` is not known", file.engine), "this program reads version 1");
        }
        if file.desk.is_empty() {
            wrong("no desk hears what the engine has to say".to_owned(), "add `desk: [ { role: …, unit: … } ]`");
        }
        let mut times = vec![
            (Job::ShiftChange, file.shift_change.map(|plain| plain.at)),
            (Job::Digest, file.digest.map(|plain| plain.at)),
        ];
        let (mut channels, mut closed_for) = (BTreeMap::new(), Duration::default());
        let mut length = |text: &str| {
            text.parse::<Duration>().map_err(|error| {
                findings.push(Finding::new(FILE, 0, error.to_string(), "write a number and `m`, `h` or `d`: `24h`"));
            })
        };
        if let Some(silent) = file.silent_channels {
            for (channel, text) in silent.channels {
                channels.extend(length(&text).ok().map(|length| (channel, length)));
            }
            times.push((Job::SilentChannels, Some(silent.at)));
        }
        if let Some(retention) = file.retention {
            closed_for = length(&retention.closed_for).unwrap_or_default();
            times.push((Job::Retention, Some(retention.at)));
        }
        let mut jobs = BTreeMap::new();
        for (job, text) in times.into_iter().filter_map(|(job, text)| Some((job, text?))) {
            match text.parse::<Schedule>() {
                Ok(schedule) => {
                    jobs.insert(job, schedule);
                }
                Err(error) => {
                    let message = format!("{}: {error}", job.name());
                    findings.push(Finding::new(FILE, 0, message, "write five fields of cron: `0 10 * * *`"));
                }
            }
        }
        let desk: BTreeSet<Desk> = file.desk.into_iter().collect();
        let read = Self { desk: desk.into_iter().collect(), jobs, channels, closed_for };
        if findings.is_empty() { Ok(read) } else { Err(findings) }
    }

    /// The file as shipped.
    #[must_use]
    pub fn shipped() -> Self {
        static SHIPPED: OnceLock<Schedules> = OnceLock::new();
        let text = include_str!("../../../rules/schedules/engine.yaml");
        SHIPPED.get_or_init(|| Self::load(text).expect("a test loads the shipped file")).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_is_read_whole_and_its_desk_is_in_the_directory() {
        let shipped = Schedules::shipped();
        assert_eq!(shipped.jobs.len(), Job::ALL.len());
        assert_eq!(shipped.channels["mail"].to_string(), "1d");
        assert!(shipped.closed_for > "365d".parse().expect("a length"), "nothing is forgotten early by default");
        let directory = crate::directory::Directory::shipped();
        assert!(shipped.desk.iter().all(|desk| directory.unit(&desk.unit).is_some()));
    }

    #[test]
    fn what_is_wrong_is_said_at_once() {
        let text = "engine: 2\nshift_change: { at: 0 25 * * * }\nretention: { at: 0 0 * * *, closed_for: long }\n";
        let wrong: Vec<String> =
            Schedules::load(text).expect_err("wrong").iter().map(|one| one.message.clone()).collect();
        assert_eq!(wrong.len(), 4, "{wrong:?}");
        assert!(wrong.iter().any(|message| message.starts_with("shift_change: `25` is no hour")), "{wrong:?}");
        assert!(Schedules::load("engine: 1\ndesk: []\nmorning: { at: 0 1 * * * }").is_err(), "an unknown job");
    }
}
