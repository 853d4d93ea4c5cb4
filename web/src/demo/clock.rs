//! The demo's clock: it runs faster, so that deadlines are seen to run out.
//!
//! Everything in the demo, the stored times too, is in this one time; nothing mixes it with the machine's. Where it
//! began is kept in the data folder, so that it goes on after a restart and never runs backwards.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use niyam_engine::time::Clock;
use niyam_kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How many demo seconds pass in one second.
pub const RATE: u32 = 3;

const FILE: &str = "demo-clock.json";

/// Whether a data folder has a demo's clock, and so a demo's data.
///
/// # Errors
/// The folder cannot be read.
pub fn is_in(folder: &Path) -> io::Result<bool> {
    folder.join(FILE).try_exists()
}

/// A clock that runs several times as fast as another, from a moment at which both said the same.
pub struct FastClock<C> {
    began: Timestamp,
    rate: u32,
    real: C,
}

#[derive(Serialize, Deserialize)]
struct Began {
    began_ms: i64,
    rate: u32,
}

impl<C: Clock> FastClock<C> {
    /// Runs `rate` times as fast since `began`.
    pub const fn since(began: Timestamp, rate: u32, real: C) -> Self {
        Self { began, rate, real }
    }

    /// Takes up the clock of a data folder, or begins one there.
    ///
    /// # Errors
    /// The file cannot be read, written, or holds something else.
    pub fn of_folder(folder: &Path, real: C) -> io::Result<Self> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Ok(bytes) => {
                let Began { began_ms, rate } = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
                if rate != RATE {
                    return Err(io::Error::other(format!(
                        "{} was begun at the rate {rate}, not {RATE}",
                        path.display()
                    )));
                }
                Ok(Self { began: Timestamp::from_ms(began_ms), rate, real })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let began = real.now();
                let text =
                    serde_json::to_vec(&Began { began_ms: began.as_ms(), rate: RATE }).map_err(io::Error::other)?;
                // Written beside and moved, so that a kill in between leaves no half file.
                let beside = folder.join(format!("{FILE}.new"));
                let mut file = fs::File::create(&beside)?;
                file.write_all(&text)?;
                file.sync_all()?;
                fs::rename(&beside, &path)?;
                Ok(Self { began, rate: RATE, real })
            }
            Err(error) => Err(error),
        }
    }
}

impl<C: Clock> Clock for FastClock<C> {
    fn now(&self) -> Timestamp {
        let since = self.real.now().as_ms().saturating_sub(self.began.as_ms()).max(0);
        Timestamp::from_ms(self.began.as_ms().saturating_add(since.saturating_mul(i64::from(self.rate))))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use niyam_engine::time::ManualClock;

    use super::*;

    struct Shared(Arc<ManualClock>);

    impl Clock for Shared {
        fn now(&self) -> Timestamp {
            self.0.now()
        }
    }

    #[test]
    fn it_goes_on_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let real = Arc::new(ManualClock::at(Timestamp::from_ms(1_000_000)));
        let fast = FastClock::of_folder(folder.path(), Shared(real.clone())).expect("begins");
        assert_eq!(fast.now(), Timestamp::from_ms(1_000_000));
        real.set(Timestamp::from_ms(1_010_000));
        assert_eq!(fast.now(), Timestamp::from_ms(1_030_000));
        let again = FastClock::of_folder(folder.path(), Shared(real.clone())).expect("goes on");
        assert_eq!(again.now(), fast.now());
        real.set(Timestamp::from_ms(0));
        assert_eq!(
            fast.now(),
            Timestamp::from_ms(1_000_000),
            "a machine clock set back does not go before the beginning"
        );
    }

    #[test]
    fn something_else_in_the_file_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join(FILE), "nonsense").expect("written");
        assert!(FastClock::of_folder(folder.path(), ManualClock::default()).is_err());
    }
}
