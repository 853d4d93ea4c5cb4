//! Server processes.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{http, now, pause};

/// Longest wait for a server to start or to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// This program, to be started again as `niyam` with these words.
pub fn niyam(words: &[String]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.arg("niyam").args(words);
    command
}

/// A running server. It is killed when this value is dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// A server that may not listen yet.
pub struct Starting {
    child: Option<Child>,
    log: std::path::PathBuf,
}

impl Starting {
    /// Starts `niyam` with these words; what it says goes to the end of `log`.
    pub fn new(words: &[String], log: &Path) -> Self {
        let errors = File::options().create(true).append(true).open(log).expect("a log file");
        let child =
            niyam(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn().expect("the server starts");
        Self { child: Some(child), log: log.to_owned() }
    }

    /// Kills it, whatever it does.
    pub fn kill(mut self) {
        let mut child = self.child.take().expect("it is there until it is taken");
        child.kill().expect("SIGKILL");
        child.wait().expect("it is gone");
    }

    /// Waits until it listens and says that it is ready.
    pub fn ready(mut self) -> Server {
        let began = now();
        let mut child = self.child.take().expect("it is there until it is taken");
        let address = loop {
            if let Some(status) = child.try_wait().expect("a child") {
                panic!("the server ended with {status}; its log is {}", self.log.display());
            }
            if let Some(address) = listens(&self.log) {
                break address;
            }
            if began.elapsed() > PATIENCE {
                let _gone = child.kill();
                panic!("the server does not listen; its log is {}", self.log.display());
            }
            pause(Duration::from_millis(10));
        };
        let server = Server { child, address };
        while !http::get(address, "/readyz").is_ok_and(|(status, _)| status == 200) {
            assert!(began.elapsed() < PATIENCE, "the server is not ready; its log is {}", self.log.display());
            pause(Duration::from_millis(10));
        }
        server
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _gone = child.kill();
            let _gone = child.wait();
        }
    }
}

/// The address that a server says in its log that it listens on.
fn listens(log: &Path) -> Option<SocketAddr> {
    let file = BufReader::new(File::open(log).ok()?);
    let line = file.lines().map_while(Result::ok).find(|line| line.contains("http://"))?;
    line.split("http://").nth(1)?.split_whitespace().next()?.parse().ok()
}

impl Server {
    /// Kills it at once: SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("it is gone");
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.expect("kill").success(), "{name}");
    }

    /// Asks it to stop, and waits until it has: it must end well.
    pub fn stop(mut self) {
        self.signal("TERM");
        let began = now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(began.elapsed() < PATIENCE, "the server does not stop");
            pause(Duration::from_millis(20));
        };
        assert!(status.success(), "the server stopped with {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}
