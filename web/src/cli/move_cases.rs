//! `niyam move`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use niyam_engine::engine::{Config, Data, Engine, Limits};
use niyam_engine::error::{ActError, OpenError, ViewError};
use niyam_engine::outbox::Channels;
use niyam_engine::request::{MoveRequest, VersionInfo};
use niyam_engine::time::{SystemClock, SystemEntropy};
use niyam_engine::view::{ClockChange, Labelled, MovePreview};
use niyam_kernel::id::{CaseId, RequestId};
use niyam_kernel::moving::{ClockRule, MovePlan};
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::VersionDigest;

use super::database::{DatabaseOptions, UrlError};
use super::{CliError, Exit, Format};
use crate::api::shape::moment;
use crate::console::{Console, Paint};
use crate::demo::clock;
use crate::intake;
use crate::people::{Office, RosterError};
use crate::staff::Seat;

/// Cases looked at in one go.
const PAGE: u64 = 256;

/// Take running cases to another version of their protocol.
///
/// Without --apply it only shows what would happen to each case: states, clocks before and after, who would be asked,
/// what is in the way. With --apply it does exactly that; a case that went on in between is left as it is. While a
/// server works on the data folder, use its API instead: POST /api/v1/cases/CASE/move. On PostgreSQL it works beside them.
#[derive(Debug, Args)]
pub struct Move {
    /// The cases, by id.
    #[arg(value_name = "CASE", required_unless_present = "from")]
    pub cases: Vec<CaseId>,
    /// All open cases that run on this version, by the first digits of its digest.
    #[arg(long, value_name = "VERSION", conflicts_with = "cases")]
    pub from: Option<String>,
    /// The version they go to, by the first digits of its digest [default: the one that new cases of that protocol run
    /// on].
    #[arg(long, value_name = "VERSION")]
    pub to: Option<String>,
    /// An active state of the old version and the one it becomes; what is not named goes to the state of the same id.
    #[arg(long, value_name = "OLD=NEW", value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// What becomes of clocks that both versions have.
    #[arg(long, value_enum, default_value_t)]
    pub clocks: Clocks,
    /// A fact whose value may go because the new version wants another type.
    #[arg(long, value_name = "FACT")]
    pub forget: Vec<String>,
    /// Do it.
    #[arg(long, requires = "reason")]
    pub apply: bool,
    /// Why; it stays in the timeline of each case.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Who decides, as `person` or `person:role` of the roster `people.csv` in the data folder [default: the first].
    #[arg(long, value_name = "PERSON")]
    pub operator: Option<String>,
    /// The data folder.
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Which database.
    #[command(flatten)]
    pub database: DatabaseOptions,
    /// How the result is written.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// What becomes of clocks that both versions have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Clocks {
    /// As if the new length had counted from the beginning.
    #[default]
    AsWritten,
    /// They run out when they would have anyway.
    Keep,
    /// The new length counts from the move.
    Restart,
}

/// Why cases cannot be moved at all.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The data cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The roster cannot be used.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// A case cannot be read or written.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The cases cannot be listed.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The database cannot be used.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// No threads.
    #[error("the program cannot start")]
    System(#[source] std::io::Error),
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(old, new)| (old.trim().to_owned(), new.trim().to_owned()));
    pair.filter(|(old, new)| !old.is_empty() && !new.is_empty()).ok_or_else(|| "write it as OLD=NEW".to_owned())
}

/// Shows or does moves. Exit: found when a case cannot be moved.
///
/// # Errors
/// Data that cannot be opened, an unknown version, case or person.
pub fn run(arguments: &Move, console: &mut Console) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(MoveError::System)?;
    runtime.block_on(moves(arguments, console))
}

async fn moves(arguments: &Move, console: &mut Console) -> Result<Exit, CliError> {
    if clock::is_in(&arguments.data).unwrap_or(false) {
        return Err(usage(
            "the data folder holds the invented cases of --demo, whose time runs faster",
            "name another",
        ));
    }
    let office = Office::of_folder(&arguments.data).map_err(MoveError::Roster)?;
    let who = arguments.apply.then(|| seat(&office, arguments.operator.as_deref())).transpose()?;
    let engine = open(arguments, office).await?;
    let versions = engine.versions().await.map_err(MoveError::View)?;
    let cases = cases(arguments, &engine, &versions).await?;
    let plan = MovePlan {
        states: arguments.map.iter().cloned().collect::<BTreeMap<_, _>>(),
        clocks: match arguments.clocks {
            Clocks::AsWritten => ClockRule::AsWritten,
            Clocks::Keep => ClockRule::Keep,
            Clocks::Restart => ClockRule::Restart,
        },
        forget: arguments.forget.iter().cloned().collect(),
    };
    let mut found = Found { plan, who, reason: arguments.reason.clone().unwrap_or_default(), results: Vec::new() };
    for case in cases {
        let to = target(arguments, &engine, &versions, case).await?;
        let result = found.one(&engine, case, to).await?;
        if arguments.format == Format::Text {
            result.tell(console)?;
        }
        found.results.push(result);
    }
    found.finish(arguments, console)
}

async fn open(arguments: &Move, office: Office) -> Result<Arc<Engine>, CliError> {
    let data = arguments.database.data(arguments.data.clone()).map_err(MoveError::Url)?;
    if matches!(data, Data::Folder(_)) && !arguments.data.join("niyam.db").exists() {
        return Err(usage("there is no database in that data folder", "name the folder of the server with --data"));
    }
    let config = Config {
        data,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        library: niyam_rules::shipped::library(),
        people: Arc::new(office),
        intake: intake::shipped(),
        channels: Channels::default(),
        max_pages: None,
        schedules: niyam_engine::schedule::Schedules::default(),
        limits: Limits::default(),
    };
    Ok(Engine::open(config).await.map_err(MoveError::Open)?)
}

fn usage(problem: impl Into<String>, advice: impl Into<String>) -> CliError {
    CliError::Usage { problem: problem.into(), advice: advice.into() }
}

fn seat(office: &Office, operator: Option<&str>) -> Result<Seat, CliError> {
    let seats = office.seats();
    let found = match operator {
        None => seats.into_iter().next(),
        Some(id) => seats.into_iter().find(|seat| seat.id == id || seat.id.split(':').next() == Some(id)),
    };
    found.ok_or_else(|| {
        usage("nobody in the roster decides this", "name a person of people.csv with --operator, as person:role")
    })
}

/// The version whose digest begins so.
fn version(versions: &[VersionInfo], digits: &str) -> Result<VersionDigest, CliError> {
    let found: Vec<&VersionInfo> =
        versions.iter().filter(|version| version.digest.to_string().starts_with(&digits.to_lowercase())).collect();
    match found.as_slice() {
        [one] => Ok(one.digest),
        [] => Err(usage(format!("no version in use begins with `{digits}`"), listing(versions))),
        _ => Err(usage(format!("several versions begin with `{digits}`"), listing(versions))),
    }
}

fn listing(versions: &[VersionInfo]) -> String {
    let lines = versions.iter().map(|version| {
        let digest = version.digest.to_string();
        let current = if version.current { ", new cases run on it" } else { "" };
        format!("\n  {} {} ({} open{current})", &digest[..12], version.protocol, version.open_cases)
    });
    format!("these are in use:{}", lines.collect::<String>())
}

async fn cases(arguments: &Move, engine: &Engine, versions: &[VersionInfo]) -> Result<Vec<CaseId>, CliError> {
    let Some(from) = &arguments.from else { return Ok(arguments.cases.clone()) };
    let from = version(versions, from)?;
    let mut cases: Vec<CaseId> = Vec::new();
    loop {
        let page = engine.cases_on(from, cases.last().copied(), PAGE).await.map_err(MoveError::View)?;
        if page.is_empty() {
            return Ok(cases);
        }
        cases.extend(page);
    }
}

async fn target(
    arguments: &Move,
    engine: &Engine,
    versions: &[VersionInfo],
    case: CaseId,
) -> Result<VersionDigest, CliError> {
    if let Some(to) = &arguments.to {
        return version(versions, to);
    }
    let runs_on = engine.protocol_of(case).await.map_err(MoveError::View)?;
    let current = versions.iter().find(|version| version.current && version.protocol == runs_on.name);
    let none = || usage(format!("no new cases run on `{}` any more", runs_on.name), listing(versions));
    Ok(current.ok_or_else(none)?.digest)
}

/// What came of all cases.
struct Found {
    plan: MovePlan,
    who: Option<Seat>,
    reason: String,
    results: Vec<MoveResult>,
}

/// What came of one case.
struct MoveResult {
    case: CaseId,
    preview: Option<MovePreview>,
    /// Number of the event, when it was moved.
    moved: Option<u64>,
    /// Why it was not moved.
    problem: Option<String>,
}

impl Found {
    async fn one(&self, engine: &Engine, case: CaseId, to: VersionDigest) -> Result<MoveResult, CliError> {
        let mut result = MoveResult { case, preview: None, moved: None, problem: None };
        let preview = match engine.preview_move(case, to, &self.plan).await {
            Ok(preview) => preview,
            Err(error @ ActError::SameVersion { .. }) => {
                result.problem = Some(error.to_string());
                return Ok(result);
            }
            Err(error) => return Err(MoveError::Act(error).into()),
        };
        let problems: Vec<&str> = preview.problems.iter().map(|problem| problem.en.as_str()).collect();
        result.problem = (!problems.is_empty()).then(|| problems.join("; "));
        if let (Some(who), None) = (&self.who, &result.problem) {
            let request = MoveRequest {
                request: RequestId(engine.new_id()),
                actor: who.actor(),
                to,
                plan: self.plan.clone(),
                reason: self.reason.clone(),
                seen: Some(preview.seen),
            };
            match engine.move_case(case, request).await {
                Ok(done) => result.moved = Some(done.number),
                Err(ActError::Refused { text, .. }) => result.problem = Some(text.en),
                Err(error) => return Err(MoveError::Act(error).into()),
            }
        }
        result.preview = Some(preview);
        Ok(result)
    }

    fn finish(self, arguments: &Move, console: &mut Console) -> Result<Exit, CliError> {
        let stuck = self.results.iter().filter(|result| result.problem.is_some()).count();
        let moved = self.results.iter().filter(|result| result.moved.is_some()).count();
        match arguments.format {
            Format::Json => {
                let results: Vec<serde_json::Value> = self.results.iter().map(MoveResult::json).collect();
                console.line(serde_json::json!(results).to_string())?;
            }
            Format::Text => {
                let can = self.results.len() - stuck;
                let done = if arguments.apply { format!("{moved} moved") } else { format!("{can} can be moved") };
                console.line(format!("{done}, {stuck} cannot"))?;
                if !arguments.apply && can > 0 {
                    console.note("nothing was changed; add --apply and --reason to do it");
                }
            }
        }
        Ok(if stuck == 0 { Exit::Good } else { Exit::Found })
    }
}

impl MoveResult {
    fn tell(&self, console: &mut Console) -> Result<(), CliError> {
        let Some(preview) = &self.preview else {
            let problem = self.problem.as_deref().unwrap_or_default();
            return Ok(console.line(format!("{}  {}", self.case, console.paint(Paint::Warning, problem)))?);
        };
        let head = console.paint(Paint::Strong, &preview.number);
        let ids = |states: &[Labelled]| states.iter().map(|state| state.id.clone()).collect::<Vec<_>>().join(", ");
        console.line(format!("{head}  {}", self.case))?;
        if let Some(problem) = &self.problem {
            return Ok(console.line(format!("  {} {problem}", console.paint(Paint::Error, "cannot be moved:")))?);
        }
        console.line(format!("  stands in {}, then in {}", ids(&preview.before), ids(&preview.after)))?;
        for change in preview.clocks.iter().filter(|change| change.before != change.after) {
            console.line(format!("  {}", clock_words(change)))?;
        }
        for state in &preview.assigned {
            console.line(format!("  somebody is found for {}", state.id))?;
        }
        for message in &preview.messages {
            console.line(format!("  the message {message} goes out"))?;
        }
        if !preview.forgotten.is_empty() {
            console.line(format!("  forgotten: {}", preview.forgotten.join(", ")))?;
        }
        if let Some(outcome) = &preview.outcome {
            console.line(format!("  closes the case: {outcome}"))?;
        }
        if let Some(number) = self.moved {
            console.line(format!("  {} event {number}", console.paint(Paint::Good, "moved,")))?;
        }
        Ok(())
    }

    fn json(&self) -> serde_json::Value {
        let time = |at: Option<Timestamp>| at.map(moment);
        let ids = |states: &[Labelled]| states.iter().map(|state| state.id.clone()).collect::<Vec<_>>();
        let preview = self.preview.as_ref().map(|preview| {
            serde_json::json!({
                "number": preview.number, "seen": preview.seen,
                "from": preview.from.to_string(), "to": preview.to.to_string(),
                "before": ids(&preview.before), "after": ids(&preview.after),
                "clocks": preview.clocks.iter().map(|change| serde_json::json!({
                    "clock": change.clock, "before": time(change.before), "after": time(change.after),
                })).collect::<Vec<_>>(),
                "assigned": ids(&preview.assigned), "messages": preview.messages, "forgotten": preview.forgotten,
                "outcome": preview.outcome,
            })
        });
        serde_json::json!({
            "case": self.case, "preview": preview, "moved": self.moved, "problem": self.problem,
        })
    }
}

fn clock_words(change: &ClockChange) -> String {
    match (change.before, change.after) {
        (Some(before), Some(after)) => {
            format!("clock {}: {} becomes {}", change.clock, moment(before), moment(after))
        }
        (Some(before), None) => format!("clock {}: {} is disarmed", change.clock, moment(before)),
        (None, Some(after)) => format!("clock {}: armed for {}", change.clock, moment(after)),
        (None, None) => format!("clock {}", change.clock),
    }
}
