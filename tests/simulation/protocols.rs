//! What cases run on: the shipped protocols, and small charts with everything that can go wrong in little room.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use niyam_engine::engine::Shared;
use niyam_engine::seal::DeploymentKey;
use niyam_engine::store::memory::MemoryStore;
use niyam_engine::time::ManualClock;
use niyam_kernel::time::Timestamp;
use niyam_rules::bundle::{Bundle, Library};

/// Names of the small charts.
pub const SMALL: [&str; 2] = ["desk", "rounds"];
/// Names of the shipped protocols that are tried.
pub const SHIPPED: [&str; 4] = ["k-sos", "kota", "rajasthan-phq", "uttar-pradesh"];

/// The deployment's key of every run.
pub fn key() -> DeploymentKey {
    DeploymentKey::new(&[7; 32])
}

/// All protocols, compiled once for all runs.
pub fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        // on a thread of its own: a run is already inside a runtime
        let made = std::thread::spawn(|| {
            let store = MemoryStore::new(Arc::new(ManualClock::at(Timestamp::default())));
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let runtime = runtime.expect("a runtime without input and output always starts");
            runtime.block_on(Shared::new(Arc::new(store), key(), library()))
        });
        made.join().expect("compiling does not panic").expect("the protocols compile")
    })
}

fn library() -> Library {
    let mut library = niyam_rules::shipped::library();
    for (name, protocol) in
        [("desk", include_str!("protocols/desk.yaml")), ("rounds", include_str!("protocols/rounds.yaml"))]
    {
        let files = BTreeMap::from([
            ("protocol.yaml", protocol),
            ("forms/notes.yaml", include_str!("protocols/notes.yaml")),
            ("messages/en.ftl", include_str!("protocols/en.ftl")),
            ("messages/hi.ftl", include_str!("protocols/hi.ftl")),
        ]);
        let files = files.into_iter().map(|(path, content)| (path.to_owned(), content.to_owned())).collect();
        library.insert(name.to_owned(), Bundle { name: name.to_owned(), files });
    }
    library
}
