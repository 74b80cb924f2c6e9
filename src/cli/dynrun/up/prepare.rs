//! What a deployment needs before its first member can be launched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cli::dynrun::deployment::{DeploymentArgs, Loaded, load, profile};
use crate::cli::dynrun::{facts, run};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::proxies::proxies;
use crate::deploy::{Deployment, Network, Severity};
use crate::docker::path::clean;
use crate::engine::{Engine, Labels, PullEvent};
use crate::launch::decision::{Inputs, Launch};
use crate::launch::facts::HostFacts;
use crate::launch::label;
use crate::launch::masked::masked;
use crate::launch::render;
use crate::operate::Launcher;
use crate::problem::{Problem, Problems};
use crate::toml_file::Located;
use crate::ui::PullBar;

/// Prints the line of each member; asks no engine and makes nothing.
pub(super) fn dry_run(asked: &DeploymentArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let Loaded { deployment, node } = load(asked, edge)?;
    let host = facts::host(edge);
    for member in deployment.on(node.as_deref()) {
        let framework = member.request.framework.as_deref().unwrap_or_default();
        let launch = Launch::decide(Inputs {
            request: &member.request,
            profile: &member.profile(profile(framework, edge)?),
            host: &host,
            engine: None,
        })?;
        let (launch, _) = masked(&launch);
        edge.ui.print(&render::line(&launch));
    }
    Ok(Exit::Done)
}

/// Shows what is worth a remark.
pub(super) fn show_findings(deployment: &Deployment, edge: &mut Edge) {
    for finding in deployment.findings_of(Severity::Warning) {
        edge.ui.warn(&finding.message);
        if let Some(hint) = &finding.hint {
            edge.ui.hint(hint);
        }
    }
}

/// Gathers what all launches have in common.
pub(super) async fn launcher(
    engine: Engine,
    deployment: &Deployment,
    edge: &Edge,
) -> Result<Launcher, Problems> {
    let host = facts::host(edge);
    let host = HostFacts {
        hf_home: host.hf_home.filter(|_| engine.is_local()),
        ..host
    };
    let facts = facts::engine(&engine).await?;
    let frameworks = deployment.members.iter();
    let frameworks: BTreeSet<_> = frameworks
        .map(|member| member.request.framework.clone().unwrap_or_default())
        .collect();
    let mut profiles = BTreeMap::new();
    for framework in frameworks {
        let found = profile(&framework, edge)?;
        profiles.insert(framework, found);
    }
    Ok(Launcher {
        engine,
        host,
        facts,
        keyring: run::keyring(edge)?,
        proxies: proxies(edge)?,
        profiles,
    })
}

/// Pulls the images that the engine lacks.
pub(super) async fn images(
    launcher: &Launcher,
    deployment: &Deployment,
    node: Option<&str>,
    edge: &mut Edge,
) -> Result<(), Problems> {
    let mut pull = PullBar::default();
    let members = deployment.on(node);
    launcher
        .fetch_images(members, |event| match event {
            PullEvent::Status(line) => {
                pull.clear(&mut edge.ui);
                edge.ui.note(line);
            }
            PullEvent::Progress(progress) => pull.draw(&mut edge.ui, progress),
            PullEvent::Ended => pull.clear(&mut edge.ui),
        })
        .await
}

/// Checks that the directories of models are there: the engine would make those that are not, empty,
/// and every worker would fail. An engine elsewhere has directories of its own.
pub(super) fn model_directories(engine: &Engine, deployment: &Deployment) -> Result<(), Problems> {
    if !engine.is_local() {
        return Ok(());
    }
    let directories = deployment.directories.iter();
    let missing = directories.filter(|directory| !Path::new(&directory.path).is_dir());
    let problems: Vec<_> = missing.map(|it| no_model(&it.path, deployment)).collect();
    Problems(problems).or(())
}

fn no_model(directory: &str, deployment: &Deployment) -> Problem {
    let file = &deployment.file;
    let workers = file.workers.iter().map(|(_, worker)| &worker.model);
    let mut written = workers.chain([&file.model, &file.mock.model]).flatten();
    let what = if Path::new(directory).exists() {
        "is not a directory"
    } else {
        "does not exist"
    };
    let problem = Problem::usage(format!("The model `{directory}` {what}"));
    let is_meant = |model: &&Located<String>| clean(&model.value) == directory;
    let problem = match written.find(is_meant) {
        Some(model) => problem.excerpt(model.at.excerpt("here")),
        None => problem,
    };
    problem.hint("Correct `model`: it is a path of this machine")
}

/// Makes the network that members share.
pub(super) async fn network(engine: &Engine, deployment: &Deployment) -> Result<(), Problems> {
    let Network::Private(name) = &deployment.network else {
        return Ok(());
    };
    let labels = Labels::from([
        (
            label::MANAGED.to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
        ),
        (label::DEPLOYMENT.to_owned(), deployment.name.clone()),
    ]);
    Ok(engine.ensure_network(name, &labels).await?)
}
