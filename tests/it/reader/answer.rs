//! BuildKit's answers.

use dynbuild::internals::buildkit::{Client, SolveRequest};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::buildkit::{dockerfile, request};

/// A Dockerfile about which an engine is asked.
pub(super) struct Question<'a> {
    pub(super) client: &'a Client,
    pub(super) text: &'a str,
}

/// What `--call=targets` says.
#[derive(Debug, Deserialize)]
pub(super) struct Targets {
    pub(super) targets: Vec<Target>,
}

/// A stage, with empty texts for what it does not have.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) base: String,
    pub(super) platform: String,
    pub(super) location: Location,
}

/// What `--call=outline` says of one target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Outline {
    pub(super) args: Vec<Arg>,
    pub(super) secrets: Vec<Mounted>,
    pub(super) ssh: Vec<Mounted>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Arg {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) description: String,
    pub(super) location: Location,
}

/// A secret or an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Mounted {
    pub(super) name: String,
    pub(super) required: bool,
    location: Location,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Location {
    ranges: Vec<Range>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Position {
    line: usize,
}

impl Location {
    /// Returns the first line, counted from 1.
    pub(super) fn line(&self) -> usize {
        self.ranges.first().map_or(0, |range| range.start.line)
    }
}

impl Outline {
    /// Drops what differs in a joined file: places, and so the order.
    pub(super) fn without_places(mut self) -> Self {
        for arg in &mut self.args {
            arg.location = Location::default();
        }
        for mounted in self.secrets.iter_mut().chain(&mut self.ssh) {
            mounted.location = Location::default();
        }
        self.args.sort_by(|one, other| one.name.cmp(&other.name));
        self.secrets.sort_by(|one, other| one.name.cmp(&other.name));
        self.ssh.sort_by(|one, other| one.name.cmp(&other.name));
        self
    }
}

impl Question<'_> {
    /// Asks for all stages; fails with what BuildKit has against the file.
    pub(super) async fn targets(&self) -> Result<Vec<Target>, String> {
        let answer: Targets = self.ask("frontend.targets", request()).await?;
        Ok(answer.targets)
    }

    /// Asks for what one stage takes, the last one if none is named.
    pub(super) async fn outline(&self, target: Option<&str>) -> Result<Outline, String> {
        let mut request = request();
        request.dockerfile.target = target.map(str::to_owned);
        self.ask("frontend.outline", request).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        question: &str,
        request: SolveRequest,
    ) -> Result<T, String> {
        let session = self.client.open_session(dockerfile(self.text)).await;
        let session = session.expect("a session");
        let cancel = CancellationToken::new();
        let answer = self.client.ask(&session, &request, question, true, &cancel);
        let answer = answer.await.map_err(|error| error.to_string())?;
        Ok(serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}")))
    }
}
