//! Deployments on command lines: a file, the name of one that runs, or options in place of a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Parser};

use super::fit::hub;
use super::model::{absolute_model, all_below_home, check_model, name_of};
use super::place::{machines_place, remembered};
use super::run;
use crate::cli::edge::Edge;
use crate::deploy::file::DeploymentFile;
use crate::deploy::fit::check::check;
use crate::deploy::fit::locate::locate;
use crate::deploy::fit::model::Model;
use crate::deploy::{Deployment, DynamoVersion, Finding, Inputs, Shipped};
use crate::launch::request::Request;
use crate::operate::Record;
use crate::problem::{Problem, Problems};
use crate::profile::Profile;
use crate::text_file;
use crate::toml_file::{Merge as _, SourceFile};

/// Files that may inherit from each other in a row.
const LONGEST_CHAIN: usize = 16;

/// Which deployment is meant.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct DeploymentArgs {
    /// File of the deployment, or the name of one that was started here or is shipped
    #[arg(value_name = "FILE|NAME", required_unless_present = "model")]
    pub(super) file: Option<String>,
    /// Without a file: the engine that serves
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with = "file",
        default_value_if("model", clap::builder::ArgPredicate::IsPresent, "vllm")
    )]
    pub(super) framework: Option<String>,
    /// Without a file: directory of the model, or its Hugging Face id
    #[arg(long, value_name = "DIR|ID", conflicts_with = "file")]
    pub(super) model: Option<String>,
    /// Without a file: name of the deployment [default: the model's]
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    pub(super) name: Option<String>,
    /// Without a file: serve with a prefill and a decode worker
    #[arg(long, conflicts_with = "file")]
    pub(super) disaggregated: bool,
    /// Without a file: where members find each other, file or etcd
    #[arg(long, value_name = "WHERE", conflicts_with = "file")]
    pub(super) discovery: Option<String>,
    /// Without a file: replicas of each worker
    #[arg(long, value_name = "N", conflicts_with = "file")]
    pub(super) replicas: Option<u32>,
    /// Without a file: GPUs of each replica
    #[arg(long, value_name = "N", conflicts_with = "file")]
    pub(super) gpus: Option<u32>,
    /// Without a file: how requests are spread, for example kv
    #[arg(long, value_name = "MODE", conflicts_with = "file")]
    pub(super) router: Option<String>,
    /// Without a file: port of the frontend
    #[arg(long, value_name = "PORT", conflicts_with = "file")]
    pub(super) port: Option<u16>,
    /// Image of all members
    #[arg(long, value_name = "REFERENCE")]
    pub(super) image: Option<String>,
    /// Set a key of the file, for example workers.decode.replicas=3
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) sets: Vec<String>,
    /// Rehearse without GPUs: Dynamo's mocker in place of the engines
    #[arg(long)]
    pub(super) mock: bool,
    /// Machine of the file that this one is
    #[arg(long, value_name = "NAME")]
    pub(super) node: Option<String>,
}

/// What a record holds: the arguments of `dynrun up` that say which deployment is meant.
#[derive(Debug, Parser)]
struct Remembered {
    #[command(flatten)]
    deployment: DeploymentArgs,
}

impl DeploymentArgs {
    /// Returns the arguments that mean the same from any directory.
    pub(super) fn arguments(&self, edge: &Edge) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut add = |flag: &str, value: Option<String>| {
            arguments.extend(value.map(|value| format!("--{flag}={value}")));
        };
        let model = self.model.as_ref();
        add(
            "framework",
            self.framework.clone().filter(|_| model.is_some()),
        );
        add("model", model.map(|model| absolute_model(model, edge)));
        add("name", self.name.clone());
        add("discovery", self.discovery.clone());
        add("replicas", self.replicas.map(|count| count.to_string()));
        add("gpus", self.gpus.map(|count| count.to_string()));
        add("router", self.router.clone());
        add("port", self.port.map(|port| port.to_string()));
        add("image", self.image.clone());
        add("node", self.node.clone());
        arguments.extend(self.sets.iter().map(|set| format!("--set={set}")));
        arguments.extend(self.disaggregated.then(|| "--disaggregated".to_owned()));
        arguments.extend(self.mock.then(|| "--mock".to_owned()));
        let file = self.file.iter().map(|file| {
            let path = edge.absolute(Path::new(file));
            if path.is_file() {
                path.display().to_string()
            } else {
                file.clone()
            }
        });
        arguments.extend(file);
        arguments
    }
}

/// Returns whether a deployment is named that was started here, and not a file.
pub(super) fn is_named(asked: &DeploymentArgs, edge: &Edge) -> bool {
    let name = asked.file.as_deref();
    name.is_some_and(|name| !name.contains(['/', '.']) && !edge.absolute(Path::new(name)).exists())
}

/// A deployment, and which of its machines is meant.
pub(super) struct Loaded {
    pub(super) deployment: Deployment,
    pub(super) node: Option<String>,
}

impl Loaded {
    /// Returns how many replicas of a worker are on the machine; a replica on several machines is on
    /// each of them.
    pub(super) fn replicas(&self, worker: &str) -> usize {
        let members = self.deployment.on(self.node.as_deref());
        let own = members.filter(|member| member.table == worker);
        own.map(|member| member.replica)
            .collect::<BTreeSet<_>>()
            .len()
    }
}

/// Loads a deployment and derives its members.
pub(super) fn load(asked: &DeploymentArgs, edge: &Edge) -> Result<Loaded, Problems> {
    let Some(name) = asked.file.as_deref().filter(|_| is_named(asked, edge)) else {
        return derive(asked, &Record::default(), edge);
    };
    // Without a machine, all are meant that were started from here.
    let place = machines_place(name, edge).filter(|_| asked.node.is_none());
    let spread = place.and_then(|place| place.record());
    match spread.or_else(|| remembered(name, edge)) {
        Some(record) => load_record(&record, edge),
        None if Shipped::find(name).is_some() => derive(asked, &Record::default(), edge),
        None => Err(unknown(name).into()),
    }
}

/// Loads a deployment as it was started, with what `dynrun scale` changed.
pub(super) fn load_record(record: &Record, edge: &Edge) -> Result<Loaded, Problems> {
    derive(&arguments_of(record)?, record, edge)
}

/// Returns the arguments that a deployment was started with.
pub(super) fn arguments_of(record: &Record) -> Result<DeploymentArgs, Problem> {
    let words = ["up".to_owned()]
        .into_iter()
        .chain(record.arguments.iter().cloned());
    let asked = Remembered::try_parse_from(words);
    let asked = asked.map_err(|error| Problem::usage(error.to_string()))?;
    Ok(asked.deployment)
}

fn derive(asked: &DeploymentArgs, record: &Record, edge: &Edge) -> Result<Loaded, Problems> {
    let file = match &asked.file {
        Some(file) => match Shipped::find(file).filter(|_| is_named(asked, edge)) {
            Some(shipped) => parse(shipped.name, shipped.text)?,
            None => read(&edge.absolute(Path::new(file)))?,
        },
        None => parse("the command line", &described(asked, edge)?)?,
    };
    let mut file = changed(asked, record)?.merge(file);
    all_below_home(&mut file, edge);
    let framework = file
        .framework
        .as_ref()
        .map_or("dynamo", |framework| framework.value.as_str());
    let version = DynamoVersion::of_profile(&profile(framework, edge)?);
    let deployment = Deployment::derive(Inputs {
        file: &file,
        mock: asked.mock,
        version: &version,
    })?;
    match &asked.node {
        Some(node) if deployment.nodes.iter().all(|known| known.name != *node) => {
            Err(unknown_node(node, &deployment).into())
        }
        node => Ok(Loaded {
            node: node.clone(),
            deployment,
        }),
    }
}

/// Checks what `[fit]` asks for; a rehearsal needs no GPUs.
///
/// # Errors
/// Returns what does not fit.
pub(super) fn check_fit(deployment: &mut Deployment, edge: &Edge) -> Result<(), Problems> {
    if deployment.mock {
        return Ok(());
    }
    let here = edge.environment.working_directory();
    let open = |name: &str| Model::open(&locate(name, here, &hub(edge))?);
    let findings = check(&deployment.file, &open);
    let (errors, others): (Vec<_>, Vec<_>) = findings.into_iter().partition(Finding::is_error);
    deployment.findings.extend(others);
    errors.into_iter().collect::<Problems>().or(())
}

/// Returns the file that the options stand for.
fn described(asked: &DeploymentArgs, edge: &Edge) -> Result<String, Problem> {
    let model = asked.model.as_deref().unwrap_or_default();
    check_model(model, edge)?;
    let name = asked.name.clone().unwrap_or_else(|| name_of(model));
    let mut lines = vec![
        format!("deployment = {}", quoted(&name)),
        "schema = 1".to_owned(),
        format!("model = {}", quoted(&absolute_model(model, edge))),
    ];
    let mut add = |key: &str, value: Option<&str>| {
        lines.extend(value.map(|value| format!("{key} = {}", quoted(value))));
    };
    add("framework", asked.framework.as_deref());
    add("discovery", asked.discovery.as_deref());
    let workers: &[&str] = if asked.disaggregated {
        &["prefill", "decode"]
    } else {
        &["agg"]
    };
    let number = |key: &str, value: Option<u32>| value.map(|value| format!("{key} = {value}"));
    for worker in workers {
        lines.push(format!("[workers.{worker}]"));
        lines.extend(number("replicas", asked.replicas));
        lines.extend(number("gpus", asked.gpus));
    }
    lines.push("[frontend]".to_owned());
    lines.extend(number("port", asked.port.map(u32::from)));
    let router = asked.router.as_deref();
    lines.extend(router.map(|router| format!("router = {}", quoted(router))));
    Ok(lines.join("\n"))
}

/// Returns a file of what was set on the command line, and by `dynrun scale`.
fn changed(asked: &DeploymentArgs, record: &Record) -> Result<DeploymentFile, Problems> {
    let mut changed = DeploymentFile::default();
    for set in &asked.sets {
        let line = set_line(set)?;
        changed = parse("--set", &line)?.merge(changed);
    }
    if let Some(image) = &asked.image {
        let key = if asked.mock { "mock.image" } else { "image" };
        changed = parse("--image", &format!("{key} = {}", quoted(image)))?.merge(changed);
    }
    for (worker, count) in &record.replicas {
        let line = format!("workers.{}.replicas = {count}", quoted(worker));
        changed = parse("dynrun scale", &line)?.merge(changed);
    }
    Ok(changed)
}

/// Writes `KEY=VALUE` as TOML; a value that is none is a text.
fn set_line(set: &str) -> Result<String, Problem> {
    let Some((key, value)) = set
        .split_once('=')
        .filter(|(key, _)| !key.trim().is_empty())
    else {
        let message = format!("Invalid value `{set}` for `--set`: it is not KEY=VALUE");
        return Err(Problem::usage(message)
            .hint("Set a key of the file: `--set workers.decode.replicas=3`"));
    };
    let plain = format!("{key} = {value}");
    if plain.parse::<toml::Table>().is_ok() {
        return Ok(plain);
    }
    Ok(format!("{key} = {}", quoted(value)))
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Reads a file and those that it inherits from.
fn read(path: &Path) -> Result<DeploymentFile, Problems> {
    let mut chain: Vec<PathBuf> = Vec::new();
    let mut merged: Option<DeploymentFile> = None;
    let mut next = Some(path.to_owned());
    while let Some(path) = next.take() {
        if chain.contains(&path) || chain.len() == LONGEST_CHAIN {
            let message = format!("`{}` inherits from itself", chain[0].display());
            return Err(Problem::usage(message)
                .hint("Remove one of the `inherits`")
                .into());
        }
        let text = text_file::read_text(&path).map_err(|error| unreadable(&path, &error))?;
        let file = parse(&path.display().to_string(), &text)?;
        let parent = file
            .inherits
            .as_ref()
            .map(|parent| path.with_file_name("").join(&parent.value));
        merged = Some(match merged {
            Some(nearer) => nearer.merge(file),
            None => file,
        });
        chain.push(path);
        next = parent;
    }
    Ok(merged.unwrap_or_default())
}

fn parse(name: &str, text: &str) -> Result<DeploymentFile, Problems> {
    let file: Arc<SourceFile> = SourceFile::new(name, text);
    DeploymentFile::parse(&file).map_err(Problems::from_iter)
}

/// Returns the profile of a framework.
pub(super) fn profile(framework: &str, edge: &Edge) -> Result<Profile, Problems> {
    let request = Request {
        framework: Some(framework.to_owned()),
        ..Request::default()
    };
    run::profile(&request, edge)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let mut problem = Problem::usage(format!("Cannot read the deployment `{}`", path.display()));
    problem.causes.push(error.to_string());
    problem
        .hint("Name a file, or describe it: `dynrun up --framework vllm --model Qwen/Qwen3-0.6B`")
}

fn unknown(name: &str) -> Problem {
    let message = format!("`{name}` is neither a file nor a deployment that was started here");
    Problem::usage(message).hint(format!("Name its file: `dynrun up {name}.toml`"))
}

fn unknown_node(node: &str, deployment: &Deployment) -> Problem {
    let names: Vec<_> = deployment
        .nodes
        .iter()
        .map(|node| node.name.as_str())
        .collect();
    let message = format!(
        "`{node}` is not a machine of deployment `{}`",
        deployment.name
    );
    let hint = if names.is_empty() {
        "Leave `--node` out, or add `[nodes]` to the file".to_owned()
    } else {
        format!("Name one of {}", names.join(", "))
    };
    Problem::usage(message).hint(hint)
}
