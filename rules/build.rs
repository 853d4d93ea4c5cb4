//! Tells cargo that the embedded folders belong to the program: a new file in them is a new build.

fn main() {
    for folder in ["protocols", "directory", "extraction", "intake"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
