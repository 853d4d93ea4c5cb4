//! `niyam try`

mod story;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use niyam_engine::understood::Understood;
use niyam_kernel::rehearsal::{ScenarioReport, run_scenario};
use niyam_rules::bundle::{Bundle, Library};
use niyam_rules::diagnostics::{Severity, text};
use niyam_rules::duration::Duration;
use niyam_rules::protocol::{Expectation, Happening, Protocol, Scenario, ScenarioStep};
use niyam_rules::shipped;
use niyam_rules::text::Language;
use niyam_rules::value::Value;

use super::alert_file;
use super::bundles::{self, Found};
use super::check::{Shown, counted};
use super::{CliError, Exit};
use crate::console::{Console, Paint};
use crate::intake;

/// Id of the scenario that the acts become.
const TRIAL: &str = "zz-trial";
/// Lines that stand in front of the acts in that scenario.
const LINES_ABOVE: u32 = 2;
/// How long nobody acts when no acts are given. Unit: milliseconds.
const SILENCE_MS: u64 = 2 * 3_600_000;

/// Take one case through a protocol in virtual time and tell what happens, why, and who is told.
///
/// The acts are a YAML list as the steps of a scenario have it:
///
///   - { act: acknowledge, by: help_desk }
///   - { wait: 10m, expect: { in: [open.intake] } }
///   - { event: alert.update, facts: { minor: yes } }
///
/// Without acts nobody does anything for two hours, which shows the clocks.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
#[expect(clippy::doc_markdown, reason = "the text is printed on the terminal as it stands")]
pub struct Try {
    /// Name of a shipped protocol, or the folder of one.
    #[arg(value_name = "PROTOCOL")]
    pub protocol: String,
    /// The alert that opens the case: a mail or JSON; `-` reads the standard input.
    #[arg(long, value_name = "FILE")]
    pub alert: PathBuf,
    /// What people do; `-` reads the standard input.
    #[arg(long, value_name = "FILE")]
    pub acts: Option<PathBuf>,
}

/// Takes one case through a protocol. Exit: found when an act is refused or an expectation fails.
///
/// # Errors
/// Files that cannot be read, an unknown protocol, acts that are no acts.
pub fn run(arguments: &Try, console: &mut Console) -> Result<Exit, CliError> {
    let (found, mut bundle, library) = protocol(&arguments.protocol)?;
    let understood = intake::shipped().understand(&alert_file::received(&arguments.alert)?);
    let acts = arguments.acts.as_ref().map(|path| Ok::<_, CliError>((path, alert_file::text(path)?))).transpose()?;
    if let Some((_, acts)) = &acts {
        let scenario = format!("scenario: {{ en: Trial, hi: परीक्षण }}\nsteps:\n{acts}");
        bundle.files.insert(format!("scenarios/{TRIAL}.yaml"), scenario);
    }
    let compiled = niyam_rules::compile(&bundle, &library);
    let shown = Shown::new(&found, &library);
    let Some(protocol) = compiled.protocol else {
        let mut findings = compiled.diagnostics;
        findings.retain(|finding| finding.severity == Severity::Error);
        if let Some((path, acts)) = &acts {
            let file: Arc<str> = format!("{}/scenarios/{TRIAL}.yaml", bundle.name).into();
            for finding in findings.iter_mut().filter(|finding| finding.primary.file == file) {
                finding.primary.file = path.display().to_string().into();
                finding.primary.line = finding.primary.line.saturating_sub(LINES_ABOVE);
            }
            let sources =
                |file: &str| if Path::new(file) == path.as_path() { Some(acts.clone()) } else { shown.text(file) };
            console.line(text::render(&findings, &sources).trim_end())?;
        } else {
            console.line(text::render(&findings, &|file| shown.text(file)).trim_end())?;
        }
        return Ok(Exit::Found);
    };
    let scenario = scenario(&protocol, &understood);
    print_alert(console, &protocol, &understood, &scenario.facts)?;
    let report = run_scenario(&protocol, &scenario);
    for line in story::tell(&protocol, &report.timeline, &shown, console) {
        console.line(line)?;
    }
    print_failures(console, &report, acts.as_ref().map(|(path, _)| path.as_path()))
}

fn protocol(name: &str) -> Result<(Vec<Found>, Bundle, Library), CliError> {
    let library = shipped::library();
    if let Some(bundle) = library.get(name) {
        return Ok((Vec::new(), bundle.clone(), library));
    }
    if !Path::new(name).exists() {
        let names: Vec<&str> = library.keys().map(String::as_str).collect();
        return Err(CliError::Usage {
            problem: format!("there is no protocol `{name}`"),
            advice: format!("name a folder or one of those shipped: {}", names.join(", ")),
        });
    }
    let found = bundles::find(&[name.into()])?;
    let library = bundles::library(&found);
    match found.as_slice() {
        [one] => {
            let bundle = one.bundle.clone();
            Ok((found, bundle, library))
        }
        several => Err(CliError::Usage {
            problem: format!("`{name}` holds {}", counted(several.len(), "protocol")),
            advice: "name one of them".to_owned(),
        }),
    }
}

/// The acts as a scenario, opened with what the alert says.
fn scenario(protocol: &Protocol, understood: &Understood) -> Scenario {
    let declared =
        |(name, value): (&String, &Value)| protocol.facts.contains_key(name).then(|| (name.clone(), value.clone()));
    let facts: BTreeMap<String, Value> = understood
        .subjects
        .first()
        .map(|subject| subject.facts.iter().filter_map(declared).collect())
        .unwrap_or_default();
    let written = protocol.scenarios.iter().find(|scenario| scenario.id == TRIAL).cloned();
    let silence = Duration::from_ms(SILENCE_MS).expect("two hours are less than ten years");
    let nobody = || Scenario {
        begins: None,
        id: TRIAL.to_owned(),
        title: niyam_rules::text::Text::default(),
        facts: BTreeMap::new(),
        empty: Vec::new(),
        steps: vec![ScenarioStep { happening: Happening::Wait(silence), expect: Expectation::default(), place: None }],
        place: None,
    };
    Scenario { facts, ..written.unwrap_or_else(nobody) }
}

fn print_alert(
    console: &mut Console,
    protocol: &Protocol,
    understood: &Understood,
    facts: &BTreeMap<String, Value>,
) -> Result<(), CliError> {
    let title = console.paint(Paint::Strong, &format!("{} ({})", protocol.title.en, protocol.name));
    console.line(title)?;
    console.line(format!("  {}: {}", understood.source, understood.reason.en))?;
    for (name, value) in facts {
        let (label, value) = match protocol.facts.get(name) {
            Some(fact) => (fact.label.en.as_str(), fact.kind.show(value, Language::En)),
            None => (name.as_str(), story::value_in_words(value)),
        };
        console.line(format!("  {label}: {value}"))?;
    }
    for warning in &understood.contents.warnings {
        console.line(format!("  {} {warning}", console.paint(Paint::Warning, "note:")))?;
    }
    Ok(console.line("")?)
}

fn print_failures(console: &mut Console, report: &ScenarioReport, acts: Option<&Path>) -> Result<Exit, CliError> {
    if report.passed {
        return Ok(Exit::Good);
    }
    console.line("")?;
    for failure in &report.failures {
        let line = failure.place.as_ref().map(|place| place.line.saturating_sub(LINES_ABOVE));
        let at = match (acts, line) {
            (Some(path), Some(line)) => format!(" ({}:{line})", path.display()),
            _ => String::new(),
        };
        let label = console.paint(Paint::Error, &format!("step {}{at}", failure.step));
        console.line(format!("{label}: wanted: {}; seen: {}", failure.wanted, failure.seen))?;
    }
    Ok(Exit::Found)
}
