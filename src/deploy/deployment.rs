//! A deployment in which everything is decided.

use std::collections::BTreeMap;
use std::time::Duration;

use super::file::{DeploymentFile, EventPlane, RequestPlane, RestartPolicy, Role, RouterMode};
use super::finding::{Finding, Severity};
use super::member::{Kind, Member};
use super::model::{Model, ModelDirectory};
use super::network::{Discovery, Network, Node};
use super::version::DynamoVersion;
use crate::docker::host::before_port;
use crate::launch::readiness::Level;

/// A deployment: its members, in the order in which they are started.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub name: String,
    /// The framework of the workers, as profiles call it.
    pub framework: String,
    /// The version of Dynamo whose flags are used.
    pub version: DynamoVersion,
    pub model: Model,
    /// The directories of models, and where members see them.
    pub directories: Vec<ModelDirectory>,
    /// Whether the mocker stands in for the engines.
    pub mock: bool,
    /// Where members find each other.
    pub discovery: Discovery,
    /// How requests travel.
    pub request_plane: RequestPlane,
    /// How events travel.
    pub event_plane: EventPlane,
    /// How frontends choose workers.
    pub router: RouterMode,
    /// The block size that frontends and workers agree on, with the router `kv`.
    pub block_size: Option<u32>,
    pub network: Network,
    /// The machines; empty if there is only this one.
    pub nodes: Vec<Node>,
    /// The members: services, frontends, workers.
    pub members: Vec<Member>,
    /// When it is ready.
    pub ready: Ready,
    /// What happens to members that end.
    pub restart: RestartPolicy,
    /// How long one member may take to stop.
    pub grace: Duration,
    /// Warnings and notes; a deployment with errors is none.
    pub findings: Vec<Finding>,
    /// The file, with everything that it inherits and that was set.
    pub file: DeploymentFile,
}

/// When a deployment is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// How much must work.
    pub level: Level,
    /// How long starting may take.
    pub timeout: Duration,
    /// How many workers of each role the frontend must count.
    pub workers: BTreeMap<Role, usize>,
}

impl Deployment {
    /// Returns a member by its name, with or without the deployment's in front.
    #[cfg(test)]
    pub fn member(&self, name: &str) -> Option<&Member> {
        let short = name
            .strip_prefix(&format!("{}/", self.name))
            .unwrap_or(name);
        self.members.iter().find(|member| member.name == short)
    }

    /// Returns the members on a machine; all of them if there is only one.
    pub fn on<'a>(&'a self, node: Option<&'a str>) -> impl Iterator<Item = &'a Member> {
        let here = move |member: &&Member| node.is_none() || member.node.as_deref() == node;
        self.members.iter().filter(here)
    }

    /// Returns the machines that have members.
    pub fn used_nodes(&self) -> impl Iterator<Item = &Node> {
        let is_used = |node: &&Node| self.on(Some(&node.name)).next().is_some();
        self.nodes.iter().filter(is_used)
    }

    /// Returns the frontends.
    pub fn frontends(&self) -> impl Iterator<Item = &Member> {
        let frontends = |member: &&Member| member.kind == Kind::Frontend;
        self.members.iter().filter(frontends)
    }

    /// Returns the workers that the frontends count.
    pub fn workers(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.registers())
    }

    /// Returns whether prefill and decode are workers of their own.
    pub fn is_disaggregated(&self) -> bool {
        self.ready.workers.contains_key(&Role::Prefill)
    }

    /// Returns the URL of the first frontend, as clients on its machine use it.
    pub fn url(&self) -> Option<String> {
        let frontend = self.frontends().next()?;
        let port = frontend.ports.first()?.number;
        let bind = self.file.frontend.bind.as_ref();
        let bind = before_port(bind.map_or("127.0.0.1", |bind| bind.as_str()));
        let host = match bind.as_str() {
            "0.0.0.0" => "127.0.0.1",
            "[::]" => "[::1]",
            address => address,
        };
        Some(format!("http://{host}:{port}/v1"))
    }

    /// Returns the findings of one kind.
    pub fn findings_of(&self, severity: Severity) -> impl Iterator<Item = &Finding> {
        let of = move |finding: &&Finding| finding.severity == severity;
        self.findings.iter().filter(of)
    }
}
