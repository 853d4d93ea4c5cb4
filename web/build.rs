//! Recompiles the package when the built screens change, so that they are embedded afresh.

use std::path::Path;

fn main() {
    let dist = Path::new("ui/dist");
    // A path that does not exist would make every build start over, hence the choice.
    let watched = if dist.exists() { "ui/dist" } else { "build.rs" };
    println!("cargo::rerun-if-changed={watched}");
}
