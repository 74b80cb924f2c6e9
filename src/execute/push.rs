//! Pushing by the engine, after a build: how a classic image store publishes, whose BuildKit cannot.

use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::delivery::Delivery;
use super::event::{Event, TargetOutcome};
use super::failure::with_session_hints;
use super::outcome::Failure;
use super::retry::Passing;
use super::run::Run;
use crate::buildkit::Digest;
use crate::buildkit::export::ExportResponse;
use crate::buildkit::progress::{SolveStatus, Vertex, VertexStatus};
use crate::buildkit::session::Session;
use crate::docker::reference::Reference;
use crate::engine::PushStep;
use crate::hash::sha256_hex;
use crate::plan::PlannedTarget;
use crate::problem::{Problem, ProblemKind};

impl Run<'_> {
    /// Pushes the image of a target under its names, one after the other, each as a step of the
    /// build. Returns the digest that it has in the registries.
    pub(super) async fn push(
        &self,
        target: &PlannedTarget,
        names: &[String],
        session: &Session,
    ) -> Result<Option<Digest>, Failure> {
        let mut digest = None;
        for (number, name) in names.iter().enumerate() {
            match self.push_name(target, name, session).await {
                Ok(pushed) => digest = digest.or(pushed),
                Err(mut failure) => {
                    failure.published = names[..number].to_vec();
                    return Err(failure);
                }
            }
        }
        Ok(digest)
    }

    /// Uploads the image of a classic store, and leaves all names as they are. BuildKit does not
    /// push out of such a store, and the engine pushes nothing without a name, so each repository
    /// gets a name that says which image it is.
    pub(super) async fn upload(
        &self,
        target: &PlannedTarget,
        delivery: &Delivery,
        response: &ExportResponse,
        session: &Session,
    ) -> Result<Option<Digest>, Failure> {
        let Some(id) = self.loaded(response) else {
            return Ok(None);
        };
        let mut digest = None;
        for place in delivery.places() {
            let name = place.upload_name(id.as_str());
            let tagged = self.tag(id.as_str(), &name).await;
            tagged.map_err(|error| Failure::of(Problem::from(error).into()))?;
            digest = self.push_name(target, &name, session).await?.or(digest);
        }
        Ok(digest)
    }

    async fn push_name(
        &self,
        target: &PlannedTarget,
        name: &str,
        session: &Session,
    ) -> Result<Option<Digest>, Failure> {
        let mut step = Vertex {
            digest: format!(
                "sha256:{}",
                sha256_hex(format!("push {} {name}", target.name))
            )
            .into(),
            name: format!("pushing {name}"),
            started: Some(Timestamp::now()),
            ..Vertex::default()
        };
        self.tell_step(target, &step).await;
        // Whoever fails to look a login up learns it when the registry refuses.
        let login = session.credentials().login(&host(name)).await;
        let (reports, steps) = unbounded_channel();
        let push = async {
            // Given away, so that the report ends with the push.
            let reports = reports;
            let push = async || {
                let reports = reports.clone();
                match self.engine {
                    Some(engine) => engine.push_image(name, login.as_ref(), reports).await,
                    // Only engines have stores out of which they push.
                    None => Ok(None),
                }
            };
            self.with_retries(Some(target), Passing::of_engine, push)
                .await
        };
        let push = self.cancel.run_until_cancelled(push);
        let (result, ()) = tokio::join!(push, self.forward_push(target, &step.digest, steps));
        step.completed = Some(Timestamp::now());
        let failure = match result {
            Some(Ok(digest)) => {
                self.tell_step(target, &step).await;
                return Ok(digest.map(Digest::from));
            }
            Some(Err(error)) => {
                let mut problem = Problem::new(
                    ProblemKind::Registry,
                    format!("Image `{name}` was not pushed"),
                );
                step.error = Problem::from(error).message;
                problem.causes.push(step.error.clone());
                Failure {
                    outcome: TargetOutcome::Failed {
                        error: step.error.clone(),
                        vertex: Some(step.digest.clone()),
                    },
                    problems: with_session_hints(problem, session).into(),
                    published: Vec::new(),
                    absent_secrets: Vec::new(),
                    output: None,
                }
            }
            None => {
                step.error = "context canceled".into();
                Failure {
                    outcome: TargetOutcome::Cancelled,
                    problems: Problem::new(ProblemKind::Cancelled, "The push was cancelled").into(),
                    published: Vec::new(),
                    absent_secrets: Vec::new(),
                    output: None,
                }
            }
        };
        self.tell_step(target, &step).await;
        Err(failure)
    }

    pub(super) async fn tell_step(&self, target: &PlannedTarget, step: &Vertex) {
        let status = SolveStatus {
            vertexes: vec![step.clone()],
            ..SolveStatus::default()
        };
        let target = Some(target.name.clone());
        self.listener.tell(Event::Progress { target, status }).await;
    }

    async fn forward_push(
        &self,
        target: &PlannedTarget,
        step: &Digest,
        mut steps: UnboundedReceiver<PushStep>,
    ) {
        while let Some(push) = steps.recv().await {
            let now = Timestamp::now();
            let status = VertexStatus {
                id: format!("pushing layer {}", push.layer),
                vertex: step.clone(),
                total: push.total,
                current: push.current,
                timestamp: now,
                started: Some(now),
                completed: push.is_done().then_some(now),
                ..VertexStatus::default()
            };
            let status = SolveStatus {
                statuses: vec![status],
                ..SolveStatus::default()
            };
            let target = Some(target.name.clone());
            self.listener.tell(Event::Progress { target, status }).await;
        }
    }
}

/// Returns the registry of an image name.
fn host(name: &str) -> String {
    let reference = name.parse::<Reference>();
    reference.map_or_else(
        |_| name.to_owned(),
        |reference| reference.domain().to_owned(),
    )
}
