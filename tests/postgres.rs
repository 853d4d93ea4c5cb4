//! Throwaway PostgreSQL clusters: a server on loopback with its data in a temporary folder.
//!
//! A cluster is gone when it is dropped, and also when its process ends in any other way: a guard process waits for that,
//! stops the server and deletes the folder. Run as root, the servers run as the user `postgres`, since they refuse root.
//! Whatever keeps a cluster from starting is a panic that says what to do: a machine without PostgreSQL must not pass tests
//! that need one.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Who owns the databases.
const USER: &str = "niyam";
/// The owner's password, so that logging in can fail.
const PASSWORD: &str = "namuna";
/// How long a server may take to start.
const START: Duration = Duration::from_mins(2);

/// Ends the server and deletes the folder when the process that holds its input has gone.
const GUARD: &str = r#"cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && {
    kill -CONT "$pid"; kill -QUIT "$pid"
    tries=0
    while kill -0 "$pid" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
    kill -KILL "$pid"
} 2>/dev/null
rm -rf "$1""#;

/// A cluster with one server, which may run or not.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
    server: Option<Child>,
    guard: Child,
    /// Held open as long as the cluster is wanted.
    wanted: Option<ChildStdin>,
}

impl Cluster {
    /// Makes and starts one, with settings as in `postgresql.conf`. Without any it is as durable as a real one; tests that
    /// stop no server may ask for `fsync=off`.
    #[must_use]
    pub fn start(settings: &[&str]) -> Self {
        let mut cluster = Self::prepare(settings);
        let password = cluster.folder.join("password");
        fs::write(&password, PASSWORD).expect("the password file can be written");
        // a language that orders texts otherwise than by their bytes, as a real one may
        let mut make = program("initdb");
        make.args(["--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en-IN", "--no-sync"])
            .args(["--auth-local=trust", "--auth-host=scram-sha-256", "--username", USER, "--pwfile"])
            .arg(&password)
            .arg("-D")
            .arg(cluster.data());
        run(make);
        cluster.restart();
        cluster
    }

    /// A standby of this cluster that follows it under a name. The server confirms no commit without it from then on.
    #[must_use]
    pub fn standby(&self, name: &str) -> Self {
        let settings: Vec<&str> = self.settings.iter().map(String::as_str).collect();
        let mut standby = Self::prepare(&settings);
        let mut copy = program("pg_basebackup");
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync", "-d"])
            .arg(format!("host={} port={} user={USER} application_name={name}", self.folder.display(), self.port))
            .arg("-D")
            .arg(standby.data());
        run(copy);
        standby.restart();
        self.sql("postgres", &format!("ALTER SYSTEM SET synchronous_standby_names = '{name}'"));
        self.sql("postgres", "SELECT pg_reload_conf()");
        let synchronous = "SELECT count(*) FROM pg_stat_replication, pg_sleep(0.05) WHERE sync_state = 'sync'";
        while self.sql("postgres", synchronous) != "1" {}
        standby
    }

    /// Makes a standby take writes. It confirms commits alone.
    pub fn promote(&self) {
        self.sql("postgres", "SELECT pg_promote(true)");
    }

    /// Makes a database.
    pub fn create_database(&self, name: &str) {
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
    }

    /// The address of one of its databases, with user and password.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Runs a statement as the owner and gives what it answers: columns with `|`, one row per line.
    #[expect(clippy::must_use_candidate, reason = "it is also called for what it does")]
    pub fn sql(&self, database: &str, statement: &str) -> String {
        let mut psql = program("psql");
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            "--username",
            USER,
        ])
        .arg("--host")
        .arg(&self.folder)
        .args(["--port", &self.port.to_string(), "--dbname", database, "--command", statement]);
        run(psql)
    }

    /// Starts the server where it was left, on the same port.
    pub fn restart(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        let mut server = program("postgres");
        server.arg("-D").arg(self.data()).arg("-k").arg(&self.folder).args(["-p", &self.port.to_string()]);
        for setting in &self.settings {
            server.args(["-c", setting]);
        }
        server.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = server.spawn().expect("postgres can be started");
        let errors = child.stderr.take().expect("it is piped");
        let (ready, wait) = mpsc::channel();
        // read to the end: a server whose log nobody reads stops
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                // nobody waits any more once it runs
                let _ = ready.send(line);
            }
        });
        let mut said = Vec::new();
        loop {
            match wait.recv_timeout(START) {
                Ok(line) if line.contains("ready to accept") => break,
                Ok(line) => said.push(line),
                Err(_) => {
                    let _ = child.kill();
                    panic!("PostgreSQL does not start:\n{}", said.join("\n"));
                }
            }
        }
        self.server = Some(child);
    }

    /// Stops the server as an administrator would: connections are ended, everything is written out.
    pub fn stop(&mut self) {
        self.signal("INT");
        self.reap();
    }

    /// Kills all processes of the server at once, as a crash would.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.reap();
        let _ = fs::remove_file(self.data().join("postmaster.pid"));
    }

    /// Halts all processes of the server where they are; they answer nothing and close nothing.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// Sends a signal to the server: `INT` and `QUIT` to its first process, others to all of them.
    fn signal(&self, name: &str) {
        let Some(server) = &self.server else { return };
        let first = server.id().to_string();
        let mut pids = vec![first.clone()];
        if !matches!(name, "INT" | "QUIT") {
            let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap_or_default();
            pids.extend(children.split_whitespace().map(str::to_owned));
        }
        // one that has ended meanwhile is no failure
        let _ = Command::new("sh").arg("-c").arg(format!("kill -{name} {} 2>/dev/null", pids.join(" "))).status();
    }

    fn reap(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.wait().expect("the server is our child");
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A folder with its guard and a port; no server yet.
    fn prepare(settings: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("niyam-pg-").tempdir().expect("a temporary folder").keep();
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).expect("the folder is ours");
        if let Some((user, group)) = account() {
            chown(&folder, Some(user), Some(group)).expect("root may give folders away");
        }
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "guard"]).arg(&folder).stdin(Stdio::piped()).stdout(Stdio::null());
        as_account(&mut guard);
        // a signal to the process group of the tests must not end it before its work is done
        let mut guard = guard.process_group(0).spawn().expect("sh can be started");
        let wanted = guard.stdin.take();
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let small = ["listen_addresses=127.0.0.1", "shared_buffers=32MB", "max_connections=200"];
        let settings = small.iter().chain(settings).map(|&setting| setting.to_owned()).collect();
        Self { folder, port, settings, server: None, guard, wanted }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.signal("CONT");
        self.signal("QUIT");
        self.reap();
        drop(self.wanted.take());
        let _ = self.guard.wait();
    }
}

/// A program of PostgreSQL, run as somebody whom the server accepts.
fn program(name: &str) -> Command {
    let mut command = Command::new(programs().join(name));
    as_account(&mut command);
    // the folder of the tests may be closed to that account
    command.current_dir("/").stdin(Stdio::null());
    command
}

/// Where the programs are: the newest version that is installed.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed = versions.filter(|version| version.path().join("bin/initdb").exists());
    let newest = installed.max_by_key(|version| version.file_name().to_string_lossy().parse().unwrap_or(0_u32));
    match newest {
        Some(version) => version.path().join("bin"),
        None => panic!("PostgreSQL is not installed, and these tests need it: run `sh tests/packages.sh`"),
    }
}

/// User and group to run as: none but for root, which the server refuses.
fn account() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").expect("there is /proc").uid() != 0 {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("there is /etc/passwd");
    let fields =
        accounts.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == "postgres");
    let ids = fields.and_then(|fields| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)));
    Some(ids.expect("there is no user `postgres` to run the server as: run `sh tests/packages.sh`"))
}

fn as_account(command: &mut Command) {
    if let Some((user, group)) = account() {
        command.uid(user).gid(group);
    }
}

/// Runs a program to its end and gives what it printed. Panics with what it complained of when it fails.
fn run(mut command: Command) -> String {
    let name = Path::new(command.get_program()).display().to_string();
    let output = command.output().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} failed: {complained}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
