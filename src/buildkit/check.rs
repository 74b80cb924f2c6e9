//! BuildKit's own checks of a Dockerfile (`docker build --check`).
//!
//! They are a *subrequest*: the frontend is asked for an answer instead of an image. Answers are
//! handed out by the gateway only, which is there for the time of a job. So we start a job that
//! does nothing, ask, and end it.

use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::transport::Channel;

use super::cache::Directories;
use super::capabilities::Unsupported;
use super::errors::SolveError;
use super::gateway::{Evaluate, Gateway};
use super::id;
use super::progress::{Range, SourceInfo};
use super::proto::control::frontend::Result as Answer;
use super::request_proto;
use super::session::Session;
use super::solve::Job;

/// What the checks found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CheckReport {
    /// What is doubtful.
    #[serde(deserialize_with = "null_is_empty")]
    pub warnings: Vec<CheckWarning>,
    /// The texts that locations point into.
    #[serde(deserialize_with = "null_is_empty")]
    pub sources: Vec<SourceInfo>,
    /// What makes the Dockerfile unusable, if something does.
    pub build_error: Option<CheckError>,
}

/// Something doubtful.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CheckWarning {
    /// The name of the rule, for example `SecretsUsedInArgOrEnv`.
    pub rule_name: String,
    /// What the rule is about.
    pub description: String,
    /// Where the rule is documented.
    pub url: String,
    /// What is wrong here.
    pub detail: String,
    /// Where it is.
    pub location: CheckLocation,
}

/// What makes a Dockerfile unusable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CheckError {
    /// What it is.
    pub message: String,
    /// Where it is.
    pub location: CheckLocation,
}

/// Lines of one of the sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CheckLocation {
    /// The number of the source in [`CheckReport::sources`]; -1 is none.
    pub source_index: i32,
    /// The lines.
    #[serde(deserialize_with = "null_is_empty")]
    pub ranges: Vec<Range>,
}

/// Go writes an empty list as null.
fn null_is_empty<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Runs the checks; see [`super::Client::check`].
pub(super) async fn check(
    channel: &Channel,
    session: &Session,
    request: &super::SolveRequest,
    cancel: &CancellationToken,
) -> Result<CheckReport, SolveError> {
    let json = ask(
        channel,
        session,
        request,
        ("frontend.lint", "result.json"),
        cancel,
    )
    .await?;
    parse(&json).map_err(SolveError::from_status)
}

/// Asks the frontend a question, and returns one of the forms of its answer; see
/// [`super::Client::ask`].
pub(super) async fn ask(
    channel: &Channel,
    session: &Session,
    request: &super::SolveRequest,
    (question, form): (&str, &str),
    cancel: &CancellationToken,
) -> Result<Vec<u8>, SolveError> {
    let _directories = Directories::offer_to_check(session, request)?;
    // Nobody wants to see the steps of a check.
    let (events, _) = mpsc::channel(1);
    let job = Job {
        channel,
        session,
        reference: id::random(),
        events,
    };
    let lifetime = job.call(request_proto::empty_job(&job.reference, session.id()));
    let question = async {
        let answer = put(&job, request, question).await;
        answer.map(|mut answer| answer.metadata.remove(form).unwrap_or_default())
    };
    let both = async {
        match tokio::join!(question, lifetime) {
            // Where even the job cannot be, the question only says that it found none.
            (Err(_), Err(status)) => Err(status),
            (answer, _) => answer,
        }
    };
    Box::pin(job.run(both, cancel)).await.map_err(explain)
}

/// Puts the question to the frontend, then ends the job.
async fn put(
    job: &Job<'_>,
    request: &super::SolveRequest,
    question: &str,
) -> Result<Answer, Status> {
    let mut gateway = Gateway::of(job.channel, &job.reference).await?;
    let mut options = request_proto::frontend_attributes(request);
    options.insert("requestid".into(), question.into());
    options.insert(
        "frontend.caps".into(),
        "moby.buildkit.frontend.subrequests".into(),
    );
    let answer = gateway.solve(options, Evaluate::WhenNeeded).await;
    // The job also ends with its call, only less politely.
    gateway.finish(Answer::default()).await.ok();
    answer
}

fn parse(json: &[u8]) -> Result<CheckReport, Status> {
    let json = if json.is_empty() { b"{}" } else { json };
    serde_json::from_slice(json).map_err(|error| Status::internal(error.to_string()))
}

/// Frontends from before BuildKit 0.14 know no checks.
fn explain(error: SolveError) -> SolveError {
    match error {
        SolveError::Failed(failure) if failure.message.contains("unsupported request") => {
            SolveError::Unsupported(vec![Unsupported {
                what: "answer questions about a Dockerfile".into(),
                why: "its Dockerfile frontend is too old".into(),
                instead: Some("Use Docker Engine 27 or newer".into()),
            }])
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_with_go_nulls_are_read() {
        let json = br#"{"warnings":[{"ruleName":"StageNameCasing","detail":"d","location":{"ranges":[{"start":{"line":1}}]}}],"sources":null,"buildError":null}"#;
        let report = parse(json).unwrap();
        assert_eq!(report.warnings[0].rule_name, "StageNameCasing");
        assert_eq!(report.warnings[0].location.ranges[0].start.line, 1);
        assert_eq!(parse(b"").unwrap(), CheckReport::default());
    }
}
