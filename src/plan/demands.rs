//! What the sources of Dynamo demand of the stages that compile them, looked at before a build.

use std::collections::BTreeMap;

use super::chains::Chains;
use super::error::PlanError;
use super::findings::Findings;
use super::origin::Origin;
use crate::tree::{SourceTree, Toolchain};

/// The release of Rust that the stages install.
const RUST_VERSION: &str = "RUST_VERSION";

/// Where they take it from.
const RUST_SOURCE: &str = "RUST_SOURCE";

/// The source that gives exactly [`RUST_VERSION`].
const ARCHIVE: &str = "archive";

const PYTHON_VERSION: &str = "PYTHON_VERSION";

/// Makes the tree's own toolchain that of the build, over the profile's.
pub(super) fn take_toolchain(tree: &SourceTree, chains: &mut Chains) {
    let Some(toolchain) = &tree.toolchain else {
        return;
    };
    let Some(profiles) = chains.last(RUST_VERSION) else {
        return;
    };
    // A toolchain with a name only may be anything: it is what the tree was written for.
    if toolchain.accepts(&profiles.value) == Some(true) {
        return;
    }
    let origin = match toolchain.file {
        "Cargo.toml" => "the tree's `Cargo.toml`",
        _ => "the tree's toolchain file",
    };
    chains.set(RUST_VERSION, &toolchain.channel, Origin::Derived(origin));
}

/// Compares what a target is compiled with to what its sources demand.
pub(super) fn check(
    tree: Option<&SourceTree>,
    build_args: &BTreeMap<String, String>,
    findings: &mut Findings,
) {
    let Some(tree) = tree else { return };
    if let Some(toolchain) = &tree.toolchain {
        check_rust(toolchain, build_args, findings);
    }
    if let (Some(requires), Some(python)) = (&tree.requires_python, build_args.get(PYTHON_VERSION))
        && requires.accepts(python) == Some(false)
    {
        findings.error(PlanError::Python {
            python: python.clone(),
            requires: requires.to_string(),
        });
    }
}

fn check_rust(
    toolchain: &Toolchain,
    build_args: &BTreeMap<String, String>,
    findings: &mut Findings,
) {
    let Some(source) = build_args.get(RUST_SOURCE) else {
        return;
    };
    if source != ARCHIVE {
        return findings.note(format!(
            "The sources want {toolchain}, and the distribution's packages decide which one they \
             get; `--build-arg {RUST_SOURCE}={ARCHIVE}` installs exactly that"
        ));
    }
    let version = build_args.get(RUST_VERSION).map_or("", String::as_str);
    if toolchain.accepts(version) == Some(false) {
        findings.warn(format!(
            "The sources want {toolchain}, and `{RUST_VERSION}` is `{version}`: leave that out, or \
             pass `--build-arg {RUST_VERSION}={}`",
            toolchain.channel
        ));
    } else if toolchain.channel == version {
        findings.note(format!("Compiled with {toolchain}, as the sources want"));
    }
}
