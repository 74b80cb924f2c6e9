//! What all members of a deployment agree on.

use std::time::Duration;

use super::address;
use super::engine::Engine;
use super::essentials::{Essentials, duration};
use super::inputs::Inputs;
use super::planned::PlannedWorker;
use crate::deploy::file::{
    DeploymentFile, EventPlane, RequestPlane, RestartPolicy, Role, RouterMode, Written as _,
};
use crate::deploy::finding::Finding;
use crate::deploy::model::Model;
use crate::deploy::network::{Discovery, Network, Node};
use crate::deploy::version::DynamoVersion;
use crate::launch::readiness::Level;
use crate::toml_file::Located;

const TIMEOUT: Duration = Duration::from_secs(30 * 60);
const GRACE: Duration = Duration::from_secs(60);

/// What all members agree on.
pub(in crate::deploy) struct Common<'a> {
    pub(in crate::deploy) file: &'a DeploymentFile,
    pub(in crate::deploy) name: String,
    /// As profiles call it.
    pub(in crate::deploy) framework: String,
    /// The engine of the file; with `mock`, the one that the mocker plays.
    pub(in crate::deploy) engine: Engine,
    pub(in crate::deploy) mock: bool,
    pub(in crate::deploy) version: DynamoVersion,
    pub(in crate::deploy) model: Model,
    pub(in crate::deploy) nodes: Vec<Node>,
    pub(in crate::deploy) discovery: Discovery,
    pub(in crate::deploy) nats: Option<String>,
    pub(in crate::deploy) request_plane: RequestPlane,
    pub(in crate::deploy) event_plane: EventPlane,
    pub(in crate::deploy) router: RouterMode,
    pub(in crate::deploy) block_size: Option<u32>,
    pub(in crate::deploy) network: Network,
    pub(in crate::deploy) workers: Vec<PlannedWorker<'a>>,
    pub(in crate::deploy) level: Level,
    pub(in crate::deploy) timeout: Duration,
    pub(in crate::deploy) restart: RestartPolicy,
    pub(in crate::deploy) grace: Duration,
}

impl<'a> Common<'a> {
    /// Decides it, or returns why that is impossible.
    pub(super) fn new(inputs: Inputs<'a>) -> Result<Self, Vec<Finding>> {
        let Inputs {
            file,
            mock,
            version,
        } = inputs;
        let mut findings = Vec::new();
        let essentials = Essentials::of(file, &mut findings);
        let version = read_version(file, version, &mut findings);
        let engine = file.framework.as_ref().and_then(|framework| {
            Engine::find(framework)
                .map_err(|error| findings.push(error))
                .ok()
        });
        let (Some(essentials), Some(version), Some(engine)) = (essentials, version, engine) else {
            return Err(findings);
        };
        let workers = PlannedWorker::all(file, engine, mock, &mut findings);
        let level = level(file, &mut findings);
        let ready = file.ready.timeout.as_ref();
        let timeout = duration("ready.timeout", ready, TIMEOUT, &mut findings);
        let grace = duration("stop.grace", file.stop.grace.as_ref(), GRACE, &mut findings);
        let (served, revision) = (file.served_name.text(), file.revision.text());
        // A rehearsal takes place on one machine.
        let nodes = if mock { Vec::new() } else { nodes(file) };
        let network = network(
            essentials.name,
            file,
            &workers,
            &nodes,
            engine.is_mocker() || mock,
        );
        let router = file.frontend.router.value_or(RouterMode::RoundRobin);
        let mut common = Self {
            name: essentials.name.to_owned(),
            framework: engine.framework().to_owned(),
            model: Model::new(essentials.model, served, revision),
            request_plane: file.request_plane.value_or(RequestPlane::Tcp),
            event_plane: file.event_plane.value_or(EventPlane::Zmq),
            // Where services are is theirs to say.
            discovery: Discovery::Kubernetes,
            nats: None,
            block_size: None,
            restart: file.restart.policy.value_or(RestartPolicy::Supervise),
            file,
            engine,
            mock,
            version,
            nodes,
            router,
            network,
            workers,
            level,
            timeout,
            grace,
        };
        common.block_size = (router == RouterMode::Kv).then(|| common.blocks());
        if findings.iter().any(Finding::is_error) {
            Err(findings)
        } else {
            Ok(common)
        }
    }

    /// Returns the block size that is written, or the one that upstream's examples use.
    fn blocks(&self) -> u32 {
        let key = self.engine.block_size_flag();
        let of_workers = self.file.workers.iter().map(|(_, worker)| &worker.args);
        let mut written = of_workers
            .chain([&self.file.all.args])
            .filter_map(|args| args.get(key));
        let written = written.find_map(|value| value.value.text().parse().ok());
        written.unwrap_or_else(|| self.engine.usual_block_size())
    }

    /// The engine whose processes are started.
    pub(in crate::deploy) const fn started(&self) -> Engine {
        if self.mock {
            Engine::Mocker
        } else {
            self.engine
        }
    }

    pub(in crate::deploy) fn is_disaggregated(&self) -> bool {
        self.of_role(Role::Prefill).next().is_some()
    }

    pub(in crate::deploy) fn of_role(
        &self,
        role: Role,
    ) -> impl Iterator<Item = &PlannedWorker<'a>> {
        self.workers
            .iter()
            .filter(move |worker| worker.role == role)
    }

    /// Returns how often requests move on; before 1.0 that was a flag of workers.
    pub(super) fn migration_limit(&self) -> Option<u32> {
        let limit = self.file.frontend.migration_limit.value();
        limit.filter(|limit| *limit > 0)
    }

    pub(in crate::deploy) fn has_kv_events(&self) -> bool {
        let off = self.file.frontend.args.get("no-router-kv-events");
        self.router == RouterMode::Kv && off.is_none()
    }

    /// Returns the address at which others reach a member.
    pub(super) fn address(&self, node: Option<usize>, member: &str) -> String {
        let container = format!("{}-{member}", self.name);
        address::of_member(&self.network, self.node(node), &container)
    }

    pub(super) fn node(&self, index: Option<usize>) -> Option<&Node> {
        self.nodes.get(index?)
    }

    /// Returns the index of a machine by name.
    pub(in crate::deploy) fn node_index(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// Returns the machine of the `i`-th of some members.
    pub(super) fn spread(&self, on: Option<&Vec<Located<String>>>, i: usize) -> Option<usize> {
        let names = on.map(Vec::as_slice).unwrap_or_default();
        let wanted = names.get(i.checked_rem(names.len()).unwrap_or_default());
        let index = wanted.and_then(|name| self.node_index(&name.value));
        index.or_else(|| (!self.nodes.is_empty()).then_some(0))
    }
}

fn read_version(
    file: &DeploymentFile,
    usual: &str,
    findings: &mut Vec<Finding>,
) -> Option<DynamoVersion> {
    let text = file.version.text().unwrap_or(usual);
    let refuse = |error: String| {
        let message = format!("Invalid version `{text}`: {error}");
        let hint = "Write Dynamo's version, for example `version = \"1.4.2\"`";
        let at = file.version.place();
        findings.push(Finding::error(message).at_maybe(at).hint(hint));
    };
    text.parse().map_err(refuse).ok()
}

fn level(file: &DeploymentFile, findings: &mut Vec<Finding>) -> Level {
    let Some(written) = &file.ready.level else {
        return Level::Completion;
    };
    Level::parse(&written.value).unwrap_or_else(|| {
        let message = format!("Unknown level `{}`", written.value);
        let hint = format!("Valid here: `{}`", Level::NAMES.join("`, `"));
        findings.push(Finding::error(message).at(&written.at).hint(hint));
        Level::Completion
    })
}

fn nodes(file: &DeploymentFile) -> Vec<Node> {
    let text = |value: &Option<Located<String>>| value.text().map(str::to_owned);
    let nodes = file.nodes.iter().map(|(name, node)| Node {
        name: name.value.clone(),
        address: text(&node.address).unwrap_or_default(),
        gpus: node.gpus.value(),
        interface: text(&node.interface),
        engine: text(&node.engine),
    });
    nodes.collect()
}

/// What transfers KV caches, or runs on several machines, needs the host's network.
fn network(
    name: &str,
    file: &DeploymentFile,
    workers: &[PlannedWorker<'_>],
    nodes: &[Node],
    is_mocker: bool,
) -> Network {
    if let Some(written) = &file.run.network {
        return match written.as_str() {
            "host" => Network::Host,
            other => Network::Named(other.to_owned()),
        };
    }
    let transfers = workers.iter().any(|worker| worker.role != Role::Aggregated);
    if nodes.is_empty() && (is_mocker || !transfers) {
        Network::Private(name.to_owned())
    } else {
        Network::Host
    }
}
