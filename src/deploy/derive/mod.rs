//! From a file to members, in order: what is common, what each worker table means, where replicas
//! go, and then the members one by one.

mod address;
mod common;
mod directories;
mod engine;
mod environment;
mod essentials;
mod frontend;
mod inputs;
mod launch;
mod placement;
mod planned;
mod ports;
mod process;
mod service;
mod shape;
mod worker;

use std::collections::BTreeMap;

pub(super) use self::common::Common;
pub(super) use self::engine::Engine;
pub(super) use self::frontend::PORT;
pub use self::inputs::Inputs;
pub(super) use self::planned::PlannedWorker;
pub(super) use self::ports::FIRST;
use super::deployment::{Deployment, Ready};
use super::finding::Finding;
use super::lint;
use super::member::Member;
use crate::problem::{Problem, Problems};

impl Deployment {
    /// Derives a deployment.
    ///
    /// # Errors
    /// Returns everything that makes it impossible.
    pub fn derive(inputs: Inputs<'_>) -> Result<Self, Problems> {
        let mut common = Common::new(inputs).map_err(problems)?;
        service::connect(&mut common);
        let mut findings = lint::check(&common);
        // What is named wrongly has no place either.
        if findings.iter().any(Finding::is_error) {
            return Err(problems(findings));
        }
        let placed = placement::place(&common);
        findings.extend(placed.findings);
        let mut members = service::members(&common);
        members.extend(frontend::members(&common));
        members.extend(worker::members(&common, &placed.replicas));
        findings.extend(lint::check_members(&common, &members));
        findings.sort_by_key(|finding| finding.severity);
        if findings.iter().any(Finding::is_error) {
            return Err(problems(findings));
        }
        Ok(common.into_deployment(members, findings))
    }
}

fn problems(findings: Vec<Finding>) -> Problems {
    let errors = findings.into_iter().filter(Finding::is_error);
    Problems(errors.map(Problem::from).collect())
}

impl Common<'_> {
    fn into_deployment(self, members: Vec<Member>, findings: Vec<Finding>) -> Deployment {
        let mut workers = BTreeMap::new();
        for member in members.iter().filter(|member| member.registers()) {
            *workers.entry(member.role().expect("a worker")).or_default() += 1;
        }
        Deployment {
            name: self.name.clone(),
            framework: self.framework.clone(),
            version: self.version.clone(),
            model: self.model.clone(),
            directories: self.model_directories(),
            mock: self.mock,
            discovery: self.discovery.clone(),
            request_plane: self.request_plane,
            event_plane: self.event_plane,
            router: self.router,
            block_size: self.block_size,
            network: self.network.clone(),
            nodes: self.nodes.clone(),
            ready: Ready {
                level: self.level,
                timeout: self.timeout,
                workers,
            },
            restart: self.restart,
            grace: self.grace,
            members,
            findings,
            file: self.file.clone(),
        }
    }
}
