//! One bare chart in virtual time, spoken to in lines of JSON: `niyam chart --stdio`.
//!
//! ```text
//! > {"op":"start","name":"...","machine":{...}}      drops the previous machine
//! > {"op":"send","event":{"name":"t","data":null}}
//! > {"op":"advance","ms":100}                        fires due timers one by one
//! < {"configuration":["a1","b"],"done":false,"trace":["f1"]}   or {"error":"..."}
//! ```

use serde::{Deserialize, Serialize};

use niyam_rules::chart::Chart;
use niyam_rules::duration::Duration;
use niyam_rules::value::Value;

use crate::bare;
use crate::interpret::has_ended;
use crate::limits::SESSION_TIMERS;
use crate::machine::{MachineError, Node, to_chart};
use crate::state::{CaseState, Life};
use crate::step::{Reason, Step};
use crate::time::Timestamp;
use crate::timers::next_due;
use crate::tree::{is_leaf, state};

/// A running machine.
#[derive(Debug, Default)]
pub struct Session {
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    chart: Chart,
    case: CaseState,
    now: Timestamp,
    trace: Vec<String>,
}

/// Where a machine stands after a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Ids of the active leaves, finals included, in document order.
    pub configuration: Vec<String>,
    /// Whether the top-level final was reached.
    pub done: bool,
    /// Labels of the `log` actions since the last reply.
    pub trace: Vec<String>,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Not a request.
    #[error("not a request: {0}; send one JSON object with `op`: start, send or advance")]
    Request(#[from] serde_json::Error),
    /// The machine cannot be run.
    #[error("unsupported: {0}")]
    Machine(#[from] MachineError),
    /// No machine was started.
    #[error("no machine was started; send `start` first")]
    NotStarted,
    /// The machine was halted by a breach.
    #[error("the machine was halted: {0}")]
    Halted(String),
    /// More timers ran out in one `advance` than [`SESSION_TIMERS`].
    #[error("more than {SESSION_TIMERS} timers ran out in one `advance`")]
    TooManyTimers,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Request {
    Start { machine: Box<Node> },
    Send { event: Sent },
    Advance { ms: u64 },
}

#[derive(Deserialize)]
struct Sent {
    name: String,
    #[serde(default)]
    data: Value,
}

#[derive(Serialize)]
struct Failure {
    error: String,
}

impl Session {
    /// Answers one line with one line, without the line ends.
    #[must_use]
    pub fn answer(&mut self, line: &str) -> String {
        let answer = match self.request(line) {
            Ok(standing) => serde_json::to_string(&standing),
            Err(error) => serde_json::to_string(&Failure { error: error.to_string() }),
        };
        answer.expect("lists of texts are always JSON")
    }

    fn request(&mut self, line: &str) -> Result<Standing, SessionError> {
        match serde_json::from_str(line)? {
            Request::Start { machine } => self.start(&machine),
            Request::Send { event } => self.send(&event.name, event.data),
            Request::Advance { ms } => self.advance(ms),
        }
    }

    /// Starts a machine at time 0 and drops the one before. Errors: [`SessionError::Machine`], [`SessionError::Halted`].
    pub fn start(&mut self, machine: &Node) -> Result<Standing, SessionError> {
        self.running = None;
        let chart = to_chart(machine)?;
        let step = bare::start(&chart, Timestamp::default());
        let mut running = Running { chart, case: CaseState::default(), now: Timestamp::default(), trace: Vec::new() };
        running.accept(step);
        self.running.insert(running).standing()
    }

    /// Processes an event. After the end it changes nothing. Errors: [`SessionError::NotStarted`], [`SessionError::Halted`].
    pub fn send(&mut self, name: &str, data: Value) -> Result<Standing, SessionError> {
        let running = self.running()?;
        let case = std::mem::take(&mut running.case);
        let step = bare::send(&running.chart, case, name, data, running.now);
        running.accept(step);
        running.standing()
    }

    /// Lets time pass: timers that run out meanwhile fire one by one, each at its own time. Unit: milliseconds.
    ///
    /// Errors: [`SessionError::NotStarted`], [`SessionError::Halted`], [`SessionError::TooManyTimers`].
    pub fn advance(&mut self, ms: u64) -> Result<Standing, SessionError> {
        let running = self.running()?;
        let end = Duration::from_ms(ms).map_or_else(|| Timestamp::from_ms(i64::MAX), |length| running.now.plus(length));
        let mut fired = 0;
        while let Some((timer, due)) = next_due(&running.case).filter(|&(_, due)| due <= end) {
            fired += 1;
            if fired > SESSION_TIMERS {
                return Err(SessionError::TooManyTimers);
            }
            running.now = running.now.max(due);
            let case = std::mem::take(&mut running.case);
            let step = bare::fire(&running.chart, case, timer, running.now);
            running.accept(step);
            if matches!(running.case.life, Life::Halted { .. }) {
                break;
            }
        }
        running.now = end;
        running.standing()
    }

    /// Writes the case down and reads it back, as a restart does. Errors: [`SessionError::NotStarted`].
    pub fn restart(&mut self) -> Result<(), SessionError> {
        let running = self.running()?;
        let written = serde_json::to_string(&running.case)?;
        running.case = serde_json::from_str(&written)?;
        Ok(())
    }

    fn running(&mut self) -> Result<&mut Running, SessionError> {
        self.running.as_mut().ok_or(SessionError::NotStarted)
    }
}

impl Running {
    fn accept(&mut self, step: Step) {
        self.case = step.state;
        self.trace.extend(step.reasons.into_iter().filter_map(|reason| match reason {
            Reason::Logged { label } => Some(label),
            Reason::Taken { .. }
            | Reason::Decided { .. }
            | Reason::FactSet { .. }
            | Reason::Error { .. }
            | Reason::Fired { .. }
            | Reason::Moved { .. }
            | Reason::Erased { .. }
            | Reason::Ignored { .. } => None,
        }));
    }

    fn standing(&mut self) -> Result<Standing, SessionError> {
        if let Life::Halted { breach } = &self.case.life {
            return Err(SessionError::Halted(format!("{breach}")));
        }
        let leaves = self.case.configuration.iter().filter(|&&ix| is_leaf(&self.chart, ix));
        Ok(Standing {
            configuration: leaves.map(|&ix| state(&self.chart, ix).id.clone()).collect(),
            done: has_ended(&self.chart, &self.case.configuration),
            trace: std::mem::take(&mut self.trace),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_what_is_no_request_with_an_error() {
        let mut session = Session::default();
        for line in
            ["", "{", "[]", r#"{"op":"sing"}"#, r#"{"op":"advance","ms":-1}"#, r#"{"op":"send","event":{"name":"a"}}"#]
        {
            assert!(session.answer(line).starts_with(r#"{"error":""#), "{line}");
        }
    }

    #[test]
    fn an_endless_loop_is_an_error_and_the_next_machine_runs() {
        let mut session = Session::default();
        let endless = r##"{"op":"start","machine":{"id":"m","states":{"a":{"id":"a","always":[{"target":["#b"]}]},"b":{"id":"b","always":[{"target":["#a"]}]}}}}"##;
        assert!(session.answer(endless).contains("halted"));
        let plain =
            r#"{"op":"start","machine":{"id":"m","states":{"a":{"id":"a","entry":[{"type":"log","label":"in"}]}}}}"#;
        assert_eq!(session.answer(plain), r#"{"configuration":["a"],"done":false,"trace":["in"]}"#);
        assert_eq!(session.answer(r#"{"op":"advance","ms":5}"#), r#"{"configuration":["a"],"done":false,"trace":[]}"#);
    }
}
