//! One machine, one file.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use crate::dice::Dice;
use crate::load::{Book, Load, Route};
use crate::pause;
use crate::site::Site;

/// Kills of one run.
const KILLS: u32 = 30;
/// Senders at once.
const SENDERS: u64 = 3;

/// Kill -9 at any instant: under load, while it starts, while it settles.
pub fn kills_under_load(seed: u64) -> String {
    let mut site = Site::new();
    let (book, mut dice) = (Book::default(), Dice::new(seed));
    let mut starts_killed = 0;
    for kill in 0..KILLS {
        let starting = site.start(0);
        if dice.below(5) == 0 {
            // in the middle of opening, taking up what was left, firing what is overdue
            pause(dice.millis(0, 900));
            starting.kill();
            starts_killed += 1;
            continue;
        }
        let server = starting.ready();
        let route: Route = Arc::new(RwLock::new(vec![server.address]));
        let load = Load::start(&book, &route, SENDERS, seed.wrapping_add(u64::from(kill)));
        pause(dice.millis(20, 900));
        server.kill();
        load.stop();
    }
    let (alerts, acts) = book.lock().expect("not poisoned").acknowledged();
    let found = site.settled(&book, Vec::new(), seed);
    assert!(alerts >= 30 && acts >= 10, "too little was sent for the kills to say anything: {alerts}, {acts}");
    assert!(found.clocks >= 20, "too few clocks ran out for the kills to say anything: {found:?}");
    format!("{KILLS} kills ({starts_killed} while starting), {alerts} alerts and {acts} acts acknowledged, {found:?}")
}

/// The disk fills up under load, stays full, and has room again.
pub fn full_disk(seed: u64) -> String {
    let Some(disk) = SmallDisk::mount() else {
        return "NOT RUN: this process may not mount a tmpfs".to_owned();
    };
    let mut site = Site::at(disk.path().to_owned());
    let book = Book::default();
    let server = site.server(0);
    let route: Route = Arc::new(RwLock::new(vec![server.address]));
    // something is there before
    let load = Load::start(&book, &route, SENDERS, seed);
    pause(Duration::from_millis(800));
    // a ballast leaves only a little room, so that the disk fills within a commit
    disk.fill_but(300 * 1024);
    pause(Duration::from_secs(4));
    load.stop();
    let turned_away = book.lock().expect("not poisoned").turned_away;
    assert!(turned_away > 0, "the disk was never full");
    let not_ready = crate::http::get(server.address, "/readyz").expect("it answers though the disk is full");
    server.kill();
    disk.make_room();
    let (alerts, acts) = book.lock().expect("not poisoned").acknowledged();
    let found = site.settled(&book, Vec::new(), seed);
    format!(
        "{turned_away} answers while it was full (readyz {}), {alerts} alerts and {acts} acts acknowledged before, {found:?}",
        not_ready.0
    )
}

/// A tmpfs of a few megabytes.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts one; `None` where that is not permitted.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=48m,mode=0700", "tmpfs"]).arg(folder.path());
        let mounted = mount.stderr(std::process::Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then_some(Self { folder })
    }

    fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    fn ballast(&self) -> std::path::PathBuf {
        self.path().join("ballast")
    }

    /// Fills it until about `room` bytes are left.
    fn fill_but(&self, room: usize) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.ballast()).expect("a file");
        while file.write_all(&[0; 16 * 1024]).is_ok() {}
        drop(file);
        let file = std::fs::File::options().write(true).open(self.ballast()).expect("a file");
        let length = file.metadata().expect("a file").len();
        file.set_len(length.saturating_sub(room as u64)).expect("shorter");
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast goes");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _gone_already = std::process::Command::new("umount").arg(self.path()).status();
    }
}
