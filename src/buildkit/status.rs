//! Follows the Status stream of a build.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::Streaming;
use tonic::transport::Channel;

use super::progress::SolveStatus;
use super::proto::control::control_client::ControlClient;
use super::proto::control::{StatusRequest, StatusResponse};
use crate::buildkit::connection::MESSAGE_LIMIT;

/// How long the stream may be silent once its build has ended.
///
/// It ends by itself then, but not always: engines from Docker 28 keep it open for ever when the
/// build failed before its first step. BuildKit's own client waits for five seconds.
const SILENCE: Duration = Duration::from_millis(500);

/// Sends what the engine reports of the build `reference` to `events`, until the stream ends or,
/// once `ended` is cancelled, is silent.
///
/// Errors are dropped: whatever is wrong with the build is for its solve to say, and old engines
/// end the stream with "no such job" when it failed early.
pub(super) async fn follow(
    channel: Channel,
    reference: String,
    events: mpsc::Sender<SolveStatus>,
    ended: CancellationToken,
) {
    let mut client = ControlClient::new(channel).max_decoding_message_size(MESSAGE_LIMIT);
    let request = client.status(StatusRequest { r#ref: reference });
    let Some(Ok(response)) = until_silent(request, &ended).await else {
        return;
    };
    let mut stream = response.into_inner();
    while let Some(status) = next(&mut stream, &ended).await {
        // Without a receiver the stream is still read: its end is how we know that all is done.
        events.send(status).await.ok();
    }
}

async fn next(
    stream: &mut Streaming<StatusResponse>,
    ended: &CancellationToken,
) -> Option<SolveStatus> {
    let message = until_silent(stream.message(), ended).await?;
    message.ok().flatten().map(SolveStatus::from)
}

/// Waits for `future`, but only for a moment once `ended` is cancelled.
async fn until_silent<F: Future>(future: F, ended: &CancellationToken) -> Option<F::Output> {
    let silence = async {
        ended.cancelled().await;
        tokio::time::sleep(SILENCE).await;
    };
    tokio::select! {
        output = future => Some(output),
        () = silence => None,
    }
}
