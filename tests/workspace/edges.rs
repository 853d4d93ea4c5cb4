//! Holds the directions between packages: `web -> engine -> kernel -> rules`, `engine -> migrations`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Package to the packages of this workspace it may name.
const MAY_NAME: [(&str, &[&str]); 6] = [
    ("niyam-rules", &[]),
    ("niyam-kernel", &["niyam-rules"]),
    ("niyam-migrations", &[]),
    ("niyam-engine", &["niyam-rules", "niyam-kernel", "niyam-migrations"]),
    ("niyam-web", &["niyam-rules", "niyam-kernel", "niyam-engine"]),
    ("niyam-tests", &["niyam-rules", "niyam-kernel", "niyam-engine", "niyam-migrations", "niyam-web"]),
];

/// What the pure packages must never reach, directly or further on.
const IMPURE: [&str; 8] = ["tokio", "sea-orm", "sqlx", "axum", "hyper", "reqwest", "async-trait", "async-std"];

/// Dependencies that the workspace never takes, with the reason.
const NEVER: [(&str, &str); 2] =
    [("casbin", "its Rhai features break the sandbox"), ("anyhow", "libraries have typed errors")];

fn metadata() -> cargo_metadata::Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .expect("cargo can read the workspace")
}

#[test]
fn packages_name_only_what_their_arrows_lead_to() {
    let metadata = metadata();
    let members: BTreeSet<String> =
        metadata.workspace_packages().iter().map(|package| package.name.to_string()).collect();
    let known: BTreeSet<String> = MAY_NAME.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(members, known, "a new package needs its arrows here and in ARCHITECTURE.md");
    for package in metadata.workspace_packages() {
        let (_, allowed) =
            MAY_NAME.iter().find(|(name, _)| *name == package.name.as_str()).expect("every member is known");
        for dependency in &package.dependencies {
            if members.contains(&dependency.name) && dependency.kind != DependencyKind::Development {
                assert!(
                    allowed.contains(&dependency.name.as_str()),
                    "{} must not name {}",
                    package.name,
                    dependency.name
                );
            }
        }
    }
}

#[test]
fn rules_and_kernel_reach_nothing_impure() {
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().expect("cargo metadata resolves");
    let names: BTreeMap<_, _> = metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    for start in ["niyam-rules", "niyam-kernel"] {
        let mut waiting =
            vec![metadata.packages.iter().find(|p| p.name.as_str() == start).map(|p| &p.id).expect("a member")];
        let mut seen = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            assert!(!IMPURE.contains(&names[id]), "{start} reaches {}", names[id]);
            let node = resolve.nodes.iter().find(|node| node.id == *id).expect("every package is resolved");
            for dependency in &node.deps {
                if dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal) {
                    waiting.push(&dependency.pkg);
                }
            }
        }
    }
}

#[test]
fn libraries_leave_out_what_the_house_does_without() {
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        for (name, reason) in NEVER {
            let binary = name == "anyhow" && package.name.as_str() == "niyam-web";
            let named = package.dependencies.iter().any(|d| d.name == name && d.kind == DependencyKind::Normal);
            assert!(binary || !named, "{} names {name}: {reason}", package.name);
        }
    }
}

#[test]
fn rhai_keeps_exactly_the_features_of_the_sandbox() {
    let metadata = metadata();
    let rhai = metadata.packages.iter().filter(|package| package.name.as_str() == "rhai").collect::<Vec<_>>();
    assert_eq!(rhai.len(), 1, "one rhai");
    assert_eq!(rhai[0].version.to_string(), "1.27.0", "rhai is pinned: expressions must mean the same for ever");
    let resolve = metadata.resolve.as_ref().expect("cargo metadata resolves");
    let node = resolve.nodes.iter().find(|node| node.id == rhai[0].id).expect("rhai is resolved");
    let features: Vec<String> = node.features.iter().map(ToString::to_string).collect();
    let wanted =
        ["internals", "no_closure", "no_custom_syntax", "no_float", "no_module", "no_time", "only_i64", "std", "sync"];
    assert_eq!(features, wanted, "no dependency may add features to rhai");
}
