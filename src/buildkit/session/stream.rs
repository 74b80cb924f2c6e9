//! A byte stream within a gRPC call: the session over `Control.Session`.

use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncWriteExt as _, DuplexStream, WriteHalf};
use tokio_util::io::ReaderStream;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Request, Streaming};

use super::MESSAGE_LIMIT;
use crate::buildkit::proto::control::BytesMessage;
use crate::buildkit::proto::control::control_client::ControlClient;

/// How much is underway in each direction, in bytes.
const BUFFER: usize = 1 << 20;

/// Calls `Control.Session`, and returns the stream that it carries.
///
/// The call is not waited for: engines answer it when they first need the session.
pub(super) fn control_session(channel: Channel, headers: &[(String, String)]) -> DuplexStream {
    let (ours, theirs) = tokio::io::duplex(BUFFER);
    let (from_server, mut to_server) = tokio::io::split(theirs);
    let questions = ReaderStream::with_capacity(from_server, 64 << 10)
        .take_while(|piece| std::future::ready(piece.is_ok()))
        .map(|piece| BytesMessage {
            data: piece.map(Into::into).unwrap_or_default(),
        });
    let mut request = Request::new(questions);
    *request.metadata_mut() = metadata(headers);
    let mut client = ControlClient::new(channel).max_decoding_message_size(MESSAGE_LIMIT);
    tokio::spawn(async move {
        if let Ok(answers) = client.session(request).await {
            copy(answers.into_inner(), &mut to_server).await;
        }
        // Ends the session's server, whoever ended the call.
        to_server.shutdown().await.ok();
    });
    ours
}

async fn copy(mut answers: Streaming<BytesMessage>, to_server: &mut WriteHalf<DuplexStream>) {
    while let Ok(Some(message)) = answers.message().await {
        if to_server.write_all(&message.data).await.is_err() {
            return;
        }
    }
}

/// The headers of `POST /session` have the same names here, in lower case.
fn metadata(headers: &[(String, String)]) -> MetadataMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("names are our own literals");
        let value = HeaderValue::from_str(value).expect("values are ASCII: literals, ids, hashes");
        map.append(name, value);
    }
    MetadataMap::from_headers(map)
}
