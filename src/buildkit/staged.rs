//! A build in two stages: everything is solved and looked at first, and exported afterwards.
//!
//! An ordinary Solve call exports as soon as its last step has run. Here the result is held in the
//! engine until the caller has said that it is good, so that several builds can be published
//! together, or none of them.

use serde::Deserialize;
use std::collections::HashMap;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::Channel;

use super::cache::Directories;
use super::digest::Digest;
use super::errors::SolveError;
use super::exec::{self, Process, ProcessDefaults};
use super::export::ExportResponse;
use super::gateway::{Evaluate, Gateway};
use super::id;
use super::progress::SolveStatus;
use super::proto::control::frontend::{CacheOptionsEntry, Ref, Result as Answer, result};
use super::request::SolveRequest;
use super::request_proto;
use super::session::Session;
use super::solve::{Job, destinations, publish};
use super::whole_output::{self, Kept};

/// The key of an image's configuration in the metadata of a result. A result for several platforms
/// has one per platform, behind a slash.
const IMAGE_CONFIG: &str = "containerimage.config";

/// What a build made, before it is exported.
#[derive(Debug)]
pub struct Solved {
    gateway: Gateway,
    answer: Answer,
}

/// Why a staged build did not give a result.
#[derive(Debug)]
pub enum StagedError<E> {
    /// The build failed.
    Solve(SolveError),
    /// The caller refused what it made.
    Refused(E),
}

#[derive(Deserialize)]
struct ImageConfig {
    #[serde(default)]
    config: ProcessDefaults,
}

impl Solved {
    /// Runs a process in the result for one platform, or in the only result there is, as a further
    /// step of the build. What it changes is thrown away.
    ///
    /// # Errors
    /// Fails as a step of a build does: when the process ends with another code than 0, or cannot
    /// be started.
    pub async fn run(&self, platform: Option<&str>, process: &Process) -> Result<(), SolveError> {
        let graph = self.reference(platform).and_then(|made| made.def.clone());
        let graph = graph.and_then(|graph| exec::on_top(graph, process, &self.defaults(platform)));
        let run = match graph {
            Some(graph) => self.gateway.clone().run(graph).await,
            None => Err(Status::failed_precondition("the image is empty")),
        };
        run.map_err(SolveError::from_status)
    }

    fn reference(&self, platform: Option<&str>) -> Option<&Ref> {
        match (&self.answer.result, platform) {
            (Some(result::Result::Refs(map)), Some(platform)) => map.refs.get(platform),
            _ => references(&self.answer).into_iter().next(),
        }
    }

    fn defaults(&self, platform: Option<&str>) -> ProcessDefaults {
        let metadata = &self.answer.metadata;
        let of_platform =
            platform.and_then(|platform| metadata.get(&format!("{IMAGE_CONFIG}/{platform}")));
        let json = of_platform.or_else(|| metadata.get(IMAGE_CONFIG));
        json.and_then(|json| serde_json::from_slice::<ImageConfig>(json).ok())
            .map(|image| image.config)
            .unwrap_or_default()
    }
}

/// The engine of a staged build.
pub(super) struct Engine<'a> {
    pub(super) channel: &'a Channel,
    pub(super) evaluates_results: bool,
    /// Whether it takes the places of steps in their sources: older ones crash on some.
    pub(super) takes_sources: bool,
}

/// What the engine is to do about a frontend's answer.
struct Order {
    attributes: HashMap<String, String>,
    /// The caches to read, if the output of steps is to be kept whole.
    keeping: Option<Vec<CacheOptionsEntry>>,
}

/// A build whose steps have failed, with what the one that did wrote.
struct Broken {
    status: Status,
    output: Option<Result<Vec<u8>, String>>,
}

impl From<Status> for Broken {
    fn from(status: Status) -> Self {
        Self {
            status,
            output: None,
        }
    }
}

impl Engine<'_> {
    /// Asks the frontend, and runs all steps of what it answers.
    async fn answer(&self, gateway: &mut Gateway, order: Order) -> Result<Answer, Broken> {
        if let Some(caches) = order.keeping {
            let answer = gateway
                .solve(order.attributes, Evaluate::WhenNeeded)
                .await?;
            return self.kept(gateway, answer, &caches).await;
        }
        let answer = gateway.solve(order.attributes, Evaluate::Now).await?;
        if !self.evaluates_results {
            for made in references(&answer) {
                gateway.evaluate(&made.id).await?;
            }
        }
        Ok(answer)
    }

    /// Runs the steps of an answer such that their output is kept, and answers with what they make.
    async fn kept(
        &self,
        gateway: &Gateway,
        mut answer: Answer,
        caches: &[CacheOptionsEntry],
    ) -> Result<Answer, Broken> {
        let made = match &mut answer.result {
            Some(result::Result::Ref(made)) => vec![made],
            Some(result::Result::Refs(map)) => map.refs.values_mut().collect(),
            Some(result::Result::RefDeprecated(_) | result::Result::RefsDeprecated(_)) | None => {
                Vec::new()
            }
        };
        let steps = made
            .into_iter()
            .map(|made| self.keep(gateway, made, caches));
        futures_util::future::try_join_all(steps).await?;
        Ok(answer)
    }

    async fn keep(
        &self,
        gateway: &Gateway,
        made: &mut Ref,
        caches: &[CacheOptionsEntry],
    ) -> Result<(), Broken> {
        let Some(graph) = made.def.take().filter(|graph| !graph.def.is_empty()) else {
            return Ok(());
        };
        let mut kept = whole_output::keep(graph).map_err(|error| {
            let why = format!("the output of steps cannot be kept whole: {error}");
            Status::failed_precondition(why)
        })?;
        if !self.takes_sources {
            kept.graph.source = None;
        }
        let steps = gateway.made(kept.graph.clone(), caches).await;
        let result = steps.map_err(|status| (SolveError::vertex_of(&status), status));
        match result {
            Ok(new) => *made = new,
            Err((None, status)) => return Err(status.into()),
            Err((Some(vertex), status)) => {
                let output = taken(gateway, &kept, &vertex).await;
                return Err(Broken { status, output });
            }
        }
        if !self.evaluates_results && !made.id.is_empty() {
            let mut gateway = gateway.clone();
            if let Err(status) = gateway.evaluate(&made.id).await {
                let vertex = SolveError::vertex_of(&status);
                let output = match vertex {
                    Some(vertex) => taken(&gateway, &kept, &vertex).await,
                    None => None,
                };
                return Err(Broken { status, output });
            }
        }
        Ok(())
    }
}

/// Takes the whole output of a failed step out of the engine.
async fn taken(gateway: &Gateway, kept: &Kept, failed: &Digest) -> Option<Result<Vec<u8>, String>> {
    let graph = kept.take(failed)?;
    let read = async {
        let made = gateway.made(graph, &[]).await?;
        let (file, limit) = (whole_output::FILE, whole_output::LIMIT);
        gateway.end_of_file(&made.id, file, limit).await
    };
    Some(read.await.map_err(|status| status.message().to_owned()))
}

/// Returns the results of all platforms. One of `FROM scratch` alone has no name, and no steps.
fn references(answer: &Answer) -> Vec<&Ref> {
    let made: Vec<_> = match &answer.result {
        Some(result::Result::Ref(made)) => vec![made],
        Some(result::Result::Refs(map)) => map.refs.values().collect(),
        // Answers without graphs, from engines that were not asked for them.
        Some(result::Result::RefDeprecated(_) | result::Result::RefsDeprecated(_)) | None => {
            Vec::new()
        }
    };
    made.into_iter()
        .filter(|made| !made.id.is_empty())
        .collect()
}

/// Runs a staged build to its end; see [`super::Client::solve_staged`].
pub(super) async fn solve<E>(
    engine: Engine<'_>,
    session: &Session,
    request: SolveRequest,
    events: mpsc::Sender<SolveStatus>,
    cancel: &CancellationToken,
    accept: impl AsyncFnOnce(&Solved) -> Result<(), E>,
) -> Result<ExportResponse, StagedError<E>> {
    let reference = id::random();
    let directories =
        Directories::offer(session, &request).map_err(|error| StagedError::Solve(error.into()))?;
    let message = request_proto::staged_job(&request, &reference, session.id());
    let order = Order {
        attributes: request_proto::frontend_attributes(&request),
        keeping: request
            .whole_output
            .then(|| request_proto::gateway_caches(&request)),
    };
    let destinations = destinations(request.exports);
    let job = Job {
        channel: engine.channel,
        session,
        reference,
        events,
    };
    let mut refused = None;
    let mut output = None;
    let mut receiving = None;
    let build = async {
        let call = std::pin::pin!(job.call(message));
        let steps = async {
            let mut gateway = Gateway::of(engine.channel, &job.reference).await?;
            let answer = match engine.answer(&mut gateway, order).await {
                Ok(answer) => answer,
                Err(Broken {
                    status,
                    output: written,
                }) => {
                    output = written;
                    gateway.fail(status.message()).await.ok();
                    return Err(status);
                }
            };
            let mut solved = Solved { gateway, answer };
            if let Err(error) = accept(&solved).await {
                refused = Some(error);
                solved.gateway.fail("refused after it was built").await.ok();
                return Err(Status::aborted("refused after it was built"));
            }
            // Not before: builds that send results to us take turns, and whoever waits for its turn
            // cannot be what others wait for.
            receiving = Some(session.expect(destinations).await);
            solved.gateway.finish(solved.answer).await
        };
        both(call, std::pin::pin!(steps)).await
    };
    let response = Box::pin(job.run(build, cancel)).await;
    let response = match (response, refused) {
        (_, Some(error)) => Err(StagedError::Refused(error)),
        (Err(error), None) => Err(StagedError::Solve(error.with_output(output))),
        (Ok(response), None) => {
            publish(session, &directories, response).map_err(StagedError::Solve)
        }
    };
    drop(receiving);
    response
}

/// Waits for the job and for the steps in it. A failure of the steps says more than the end of the
/// job that follows from it; a job that ends by itself ends the steps.
async fn both<T>(
    call: impl Future<Output = Result<T, Status>>,
    steps: impl Future<Output = Result<(), Status>>,
) -> Result<T, Status> {
    let (mut call, mut steps) = (std::pin::pin!(call), std::pin::pin!(steps));
    let stepped = tokio::select! {
        biased;
        stepped = &mut steps => stepped,
        ended = &mut call => return ended,
    };
    let ended = call.await;
    stepped.and(ended)
}
