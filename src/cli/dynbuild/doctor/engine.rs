//! The engine: whether it can be reached, what it is, and what it cannot do.

use std::path::Path;

use super::disk;
use super::finding::Finding;
use crate::buildkit::{Client, Store};
use crate::cli::edge::Edge;
use crate::dial::Endpoint;
use crate::engine::{Engine, Located, locate};
use crate::problem::Problem;

const CHECK: &str = "engine";

/// Checks the engine that the user means.
pub(in crate::cli::dynbuild) async fn check(edge: &Edge) -> Vec<Finding> {
    match locate(&edge.surroundings()) {
        Ok(located) => match found(&located, edge).await {
            Ok(findings) => findings,
            Err(problem) => vec![failed(problem)],
        },
        Err(error) => vec![failed(error.into())],
    }
}

fn failed(problem: Problem) -> Finding {
    let detail = std::iter::once(problem.message).chain(problem.causes);
    let detail: Vec<_> = detail.collect();
    let fix = problem.hints.into_iter().next();
    Finding::failed(
        CHECK,
        detail.join(": "),
        fix.unwrap_or_else(|| "`docker version`".into()),
    )
}

async fn found(located: &Located, edge: &Edge) -> Result<Vec<Finding>, Problem> {
    let deadline = edge.reporting_deadline()?;
    let engine = Engine::connect(&located.address, deadline.clone()).await?;
    let version = engine.version();
    let summary = format!(
        "Docker Engine {} (API {}) at {}, by {}",
        version.version, version.api, located.address, located.origin
    );
    let mut findings = vec![Finding::ok(CHECK, summary)];
    let endpoint = Endpoint::engine(located.address.clone());
    let connecting = async { Client::connect(&endpoint).await.map_err(Problem::from) };
    let client = deadline.connecting(&located.address, connecting).await?;
    findings.push(store(client.capabilities().store));
    let info = engine.info().await?;
    if located.address.is_local() {
        findings.push(disk::check(Path::new(&info.data_root)));
    }
    findings.push(gpus(&info));
    Ok(findings)
}

fn store(store: Store) -> Finding {
    const CHECK: &str = "image store";
    match store {
        Store::Containerd => Finding::ok(
            CHECK,
            "containerd: every output and every cache but s3 and azblob",
        ),
        Store::Classic => Finding::warning(
            CHECK,
            "classic: one platform per build, no OCI output, no registry cache export, no attestations",
            "only if you need those: `{\"features\":{\"containerd-snapshotter\":true}}` in /etc/docker/daemon.json",
        ),
        Store::None => Finding::ok(CHECK, "a builder without images of its own"),
    }
}

fn gpus(info: &crate::engine::EngineInfo) -> Finding {
    const CHECK: &str = "GPU";
    if info
        .cdi_devices
        .iter()
        .any(|device| device.starts_with("nvidia.com/gpu"))
    {
        return Finding::ok(CHECK, "NVIDIA GPUs by CDI");
    }
    if info.runtimes.iter().any(|runtime| runtime == "nvidia") {
        return Finding::ok(CHECK, "the NVIDIA runtime is registered");
    }
    Finding::warning(
        CHECK,
        "the engine offers no NVIDIA GPU; builds do not need one",
        "to run on GPUs: `nvidia-ctk runtime configure --runtime=docker`, then restart the engine",
    )
}
