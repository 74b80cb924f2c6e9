//! What is asked about a plan instead of building it.

use std::collections::BTreeMap;

use tokio_util::sync::CancellationToken;

use super::failure;
use super::nodes::{Nodes, Part};
use super::request::{Prepared, request};
use super::runner::Runner;
use crate::buildkit::SolveRequest;
use crate::problem::{Problem, Problems};

impl Runner<'_> {
    /// Runs BuildKit's own checks on all targets, without building anything.
    ///
    /// # Errors
    /// Fails when the engine cannot run them; what they find is no error.
    pub async fn check(&self, nodes: &Nodes) -> Result<Problems, Problems> {
        let mut problems: Vec<Problem> = Vec::new();
        let parts = self.first_parts(nodes);
        let sessions = self.sessions(&BTreeMap::new()).open(&parts).await?;
        for (part, session) in parts.iter().zip(sessions) {
            let request = self.question(part)?;
            let cancel = CancellationToken::new();
            let report = part.client.check(&session, &request, &cancel).await?;
            let source_map = self.dockerfiles.of(&part.target).source_map();
            for warning in failure::warnings(&report, source_map) {
                if !problems.contains(&warning) {
                    problems.push(warning);
                }
            }
        }
        Ok(Problems(problems))
    }

    /// Asks the Dockerfile frontend about each target, without building anything.
    ///
    /// # Errors
    /// Fails when the engine cannot answer.
    pub async fn ask(
        &self,
        nodes: &Nodes,
        question: &str,
        json: bool,
    ) -> Result<Vec<String>, Problems> {
        let mut answers = Vec::new();
        let parts = self.first_parts(nodes);
        let sessions = self.sessions(&BTreeMap::new()).open(&parts).await?;
        for (part, session) in parts.iter().zip(sessions) {
            let request = self.question(part)?;
            let cancel = CancellationToken::new();
            let answer = part.client.ask(&session, &request, question, json, &cancel);
            answers.push(answer.await?);
        }
        Ok(answers)
    }

    /// Returns a part of each target: what is asked, every node answers alike.
    fn first_parts<'p>(&'p self, nodes: &'p Nodes) -> Vec<Part<'p>> {
        let targets = self.plan.targets.iter();
        targets
            .flat_map(|target| nodes.parts(target).into_iter().take(1))
            .collect()
    }

    fn question(&self, part: &Part<'_>) -> Result<SolveRequest, Problem> {
        let store = part.client.capabilities().store;
        let actions = &self.resources.actions;
        let Prepared { mut request, .. } = request(&part.target, &self.dockerfiles, store, actions);
        request.cache_imports.clear();
        request.settle().map_err(Problem::from)?;
        Ok(request)
    }
}
