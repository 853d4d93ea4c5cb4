//! Our own packs of bare charts: `*.md` in this folder whose blocks hold `machine` and `steps`.

use niyam_kernel::machine::Node;
use niyam_kernel::session::{Session, SessionError, Standing};
use serde::Deserialize;

/// One YAML block.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    machine: Node,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Word(String),
    Turn(Turn),
}

/// Sends, lets time pass, or only looks (the first step, which follows the start).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    send: Option<String>,
    /// Milliseconds.
    advance: Option<u64>,
    #[serde(rename = "in")]
    inside: Option<Vec<String>>,
    trace: Option<Vec<String>>,
    done: Option<bool>,
    /// A word of the error that must come.
    error: Option<String>,
}

/// A fenced block of a pack, with the heading above it and what stands behind the fence.
struct Block<'t> {
    heading: &'t str,
    text: String,
}

/// The fenced blocks of a Markdown text, in order.
fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let (mut heading, mut open) = ("", false);
    for line in markdown.lines() {
        if line.starts_with("```") {
            open = !open;
            if open {
                blocks.push(Block { heading, text: String::new() });
            }
        } else if open {
            let block = blocks.last_mut().expect("a fence opened a block");
            block.text.push_str(line);
            block.text.push('\n');
        } else if let Some(title) = line.strip_prefix('#') {
            heading = title.trim_start_matches('#').trim();
        }
    }
    assert!(!open, "a block is not closed");
    blocks
}

fn run_pack(name: &str, markdown: &str, wanted: usize) {
    let blocks = blocks(markdown);
    assert_eq!(blocks.len(), wanted, "cases in {name}");
    let wrong: Vec<String> =
        blocks.iter().filter_map(|block| run(block).err().map(|wrong| format!("{}: {wrong}", block.heading))).collect();
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
}

fn run(block: &Block<'_>) -> Result<(), String> {
    let case: Case = serde_yaml::from_str(&block.text).map_err(|error| error.to_string())?;
    let mut session = Session::default();
    let mut first = Some(session.start(&case.machine));
    for (number, step) in case.steps.iter().enumerate() {
        let at = |wrong: String| format!("step {} {wrong}", number + 1);
        match step {
            Step::Word(word) if word == "restart" => session.restart().map_err(|error| at(error.to_string()))?,
            Step::Word(word) => return Err(at(format!("`{word}` is no step"))),
            Step::Turn(turn) => {
                let answer = match (first.take(), &turn.send, turn.advance) {
                    (Some(answer), None, None) => answer,
                    (None, Some(event), None) => session.send(event, niyam_rules::value::Value::Unknown),
                    (None, None, Some(ms)) => session.advance(ms),
                    _ => return Err(at("must send or advance, and the first neither".to_owned())),
                };
                compare(answer, turn).map_err(at)?;
            }
        }
    }
    Ok(())
}

fn compare(answer: Result<Standing, SessionError>, turn: &Turn) -> Result<(), String> {
    let standing = match (answer, &turn.error) {
        (Err(error), Some(word)) if error.to_string().contains(word.as_str()) => return Ok(()),
        (Err(error), _) => return Err(format!("fails: {error}")),
        (Ok(_), Some(word)) => return Err(format!("does not fail with `{word}`")),
        (Ok(standing), None) => standing,
    };
    if let Some(wanted) = &turn.inside
        && *wanted != standing.configuration
    {
        return Err(format!("stands in {:?} instead of {wanted:?}", standing.configuration));
    }
    if let Some(wanted) = &turn.trace
        && *wanted != standing.trace
    {
        return Err(format!("logs {:?} instead of {wanted:?}", standing.trace));
    }
    match turn.done.filter(|&wanted| wanted != standing.done) {
        Some(wanted) => Err(format!("done is not {wanted}")),
        None => Ok(()),
    }
}

#[test]
fn an_error_ends_its_block() {
    run_pack("errors.md", include_str!("errors.md"), 9);
}

#[test]
fn in_is_live() {
    run_pack("active.md", include_str!("active.md"), 5);
}

#[test]
fn there_are_two_queues() {
    run_pack("queues.md", include_str!("queues.md"), 7);
}

#[test]
fn timers_fire_in_due_order() {
    run_pack("timers.md", include_str!("timers.md"), 12);
}

#[test]
fn a_restart_changes_nothing() {
    run_pack("restart.md", include_str!("restart.md"), 4);
}
