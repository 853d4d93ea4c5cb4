//! Checks protocol folders: `cargo run -p niyam-rules --example check -- PATH…`. Exit code 1 when there are errors.
//! Folders beside a path are the library that it may extend.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line example")]

use std::path::Path;
use std::process::ExitCode;

use niyam_rules::bundle::{Bundle, Library};
use niyam_rules::diagnostics::{has_errors, text};

fn main() -> ExitCode {
    let paths: Vec<String> = std::env::args().skip(1).collect();
    if paths.is_empty() {
        eprintln!("usage: check PATH…    (each a protocol's folder)");
        return ExitCode::from(2);
    }
    let mut failed = false;
    for path in &paths {
        let folder = Path::new(path);
        let Some(bundle) = read(folder) else {
            eprintln!("{path}: no folder that can be read");
            failed = true;
            continue;
        };
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let library = beside(&folder);
        #[expect(clippy::disallowed_methods, reason = "measures itself; decides nothing")]
        let begin = std::time::Instant::now();
        let compiled = niyam_rules::compile(&bundle, &library);
        let taken = begin.elapsed();
        let source = |file: &str| {
            let (name, path) = file.split_once('/')?;
            let bundle = if name == bundle.name { &bundle } else { library.get(name)? };
            bundle.files.get(path).cloned()
        };
        print!("{}", text::render(&compiled.diagnostics, &source));
        println!("{}: {} findings in {taken:?}", bundle.name, compiled.diagnostics.len());
        failed |= has_errors(&compiled.diagnostics);
    }
    ExitCode::from(u8::from(failed))
}

fn beside(folder: &Path) -> Library {
    let Some(folders) = folder.parent().and_then(|parent| std::fs::read_dir(parent).ok()) else {
        return Library::new();
    };
    let bundles = folders.flatten().filter(|entry| entry.path().join("protocol.yaml").is_file());
    bundles.filter_map(|entry| read(&entry.path())).map(|bundle| (bundle.name.clone(), bundle)).collect()
}

fn read(folder: &Path) -> Option<Bundle> {
    let folder = folder.canonicalize().ok()?;
    let mut bundle = Bundle { name: folder.file_name()?.to_str()?.to_owned(), ..Bundle::default() };
    add(&folder, "", &mut bundle)?;
    Some(bundle)
}

fn add(folder: &Path, prefix: &str, bundle: &mut Bundle) -> Option<()> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let name = entry.file_name().to_str()?.to_owned();
        if entry.path().is_dir() {
            add(&entry.path(), &format!("{prefix}{name}/"), bundle)?;
        } else if let Ok(content) = std::fs::read_to_string(entry.path()) {
            bundle.files.insert(format!("{prefix}{name}"), content);
        }
    }
    Some(())
}
