//! Results that the engine sends to us instead of keeping them: files and archives.
//!
//! One method, `FileSend/DiffCopy`, has two message types: a directory (exporter `local`) comes as
//! fsutil packets, an archive (`tar`, `oci`, `docker`) as pieces of bytes. Which one it is follows
//! from the exporter's number in the build, so messages are taken raw and decoded here.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use prost::Message as _;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, StreamingService};
use tonic::{Request, Response, Status, Streaming};

use super::raw_codec::RawCodec;
use super::result_file::ResultFile;
use crate::buildkit::proto::filesync::BytesMessage;

/// Where a result goes that the engine sends.
pub enum Destination {
    /// An archive, into a file, which appears under its name only when it is complete. A device or
    /// a pipe of that name is written as it is.
    File(PathBuf),
    /// An archive, into anything, for example another request.
    Writer(Box<dyn AsyncWrite + Send + Unpin>),
    /// Files, into a directory, which is made if it is missing.
    Directory(PathBuf),
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Writer(_) => f.write_str("Writer"),
            Self::Directory(path) => f.debug_tuple("Directory").field(path).finish(),
        }
    }
}

/// Destinations by the number of the exporter in its build. Each is used once.
pub(in super::super) type Destinations = HashMap<u32, Destination>;

/// The service.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct FileSend(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    destinations: Destinations,
    failures: Vec<String>,
    /// Archives that are written, but not known yet to be whole.
    finished: Vec<ResultFile>,
}

impl FileSend {
    /// Sets where the next build's results go; what is left of the last one is forgotten.
    pub(in super::super) fn expect(&self, destinations: Destinations) {
        *self.state() = State {
            destinations,
            failures: Vec::new(),
            finished: Vec::new(),
        };
    }

    /// Returns why results could not be taken. The engine is told as well, but may be so busy with
    /// sending that it only reports a broken stream.
    pub(in super::super) fn failures(&self) -> Vec<String> {
        self.state().failures.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, exporter: u32) -> Option<Destination> {
        self.state().destinations.remove(&exporter)
    }

    fn note_failure(&self, status: &Status) {
        self.state().failures.push(status.message().to_owned());
    }

    /// Receives, and remembers what went wrong.
    async fn receive_noted(
        self,
        request: Request<Streaming<Bytes>>,
    ) -> Result<Response<Answers>, Status> {
        match self.receive(request).await {
            Ok(answers) => {
                let answers = answers.inspect_err(move |status| self.note_failure(status));
                Ok(Response::new(answers.boxed()))
            }
            Err(status) => {
                self.note_failure(&status);
                Err(status)
            }
        }
    }

    async fn receive(&self, request: Request<Streaming<Bytes>>) -> Result<Answers, Status> {
        let exporter = exporter_number(&request);
        let destination = self.take(exporter);
        let destination = destination.ok_or_else(|| {
            Status::not_found(format!("nothing is expected from exporter {exporter}"))
        })?;
        let pieces = request.into_inner();
        match destination {
            Destination::File(path) => {
                self.write_file(&path, pieces).await?;
                Ok(tokio_stream::empty().boxed())
            }
            Destination::Writer(writer) => {
                copy(pieces, writer, "the archive's receiver").await?;
                Ok(tokio_stream::empty().boxed())
            }
            Destination::Directory(path) => super::filesync::receive(&path, pieces),
        }
    }
}

impl FileSend {
    async fn write_file(&self, path: &Path, pieces: Streaming<Bytes>) -> Result<(), Status> {
        let failed = |error: io::Error| write_failed(&path.display(), &error);
        let Some(file) = replaceable(path).await.map_err(failed)? else {
            return write_in_place(path, pieces).await;
        };
        let file = match ResultFile::create(file) {
            Ok(file) => file,
            // A directory that takes no new file may have one that can be written to.
            Err(_) if path.exists() => return write_in_place(path, pieces).await,
            Err(error) => return Err(failed(error)),
        };
        let writer = file.writer().map_err(failed)?;
        copy(pieces, writer, &path.display().to_string()).await?;
        self.state().finished.push(file);
        Ok(())
    }

    /// Gives the archives of a build that has ended well their names. The engine ends the stream of
    /// one that it gives up in the same way as that of one that is whole.
    pub(in super::super) fn publish(&self) -> Result<(), Status> {
        let finished = std::mem::take(&mut self.state().finished);
        for file in finished {
            let name = file.path().display().to_string();
            file.publish()
                .map_err(|error| write_failed(&name, &error))?;
        }
        Ok(())
    }
}

/// Engines before BuildKit 0.13 know one exporter only, and do not number it.
fn exporter_number<T>(request: &Request<T>) -> u32 {
    let number = request.metadata().get("buildkit-attachable-exporter-id");
    number
        .and_then(|number| number.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}

/// Writes to something that must not be replaced by a file: `/dev/null`, a pipe.
async fn write_in_place(path: &Path, pieces: Streaming<Bytes>) -> Result<(), Status> {
    let opened = tokio::fs::OpenOptions::new().write(true).open(path).await;
    let file = opened.map_err(|error| write_failed(&path.display(), &error))?;
    copy(pieces, file, &path.display().to_string()).await
}

/// Returns the file that is to be replaced: a link stays, and what it leads to is.
async fn replaceable(path: &Path) -> io::Result<Option<PathBuf>> {
    match tokio::fs::metadata(path).await {
        Ok(existing) if !existing.is_file() => Ok(None),
        Ok(_) => tokio::fs::canonicalize(path).await.map(Some),
        Err(_) => Ok(Some(path.to_owned())),
    }
}

async fn copy(
    mut pieces: Streaming<Bytes>,
    mut writer: impl AsyncWrite + Unpin,
    name: &str,
) -> Result<(), Status> {
    let failed = |error: io::Error| write_failed(&name, &error);
    while let Some(piece) = pieces.message().await? {
        let piece = BytesMessage::decode(piece);
        let piece = piece.map_err(|error| Status::invalid_argument(error.to_string()))?;
        writer.write_all(&piece.data).await.map_err(failed)?;
    }
    writer.shutdown().await.map_err(failed)
}

fn write_failed(name: &dyn fmt::Display, error: &io::Error) -> Status {
    Status::internal(format!("cannot write `{name}` on the client: {error}"))
}

type Answers = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;
type Call<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl NamedService for FileSend {
    const NAME: &'static str = "moby.filesync.v1.FileSend";
}

impl StreamingService<Bytes> for FileSend {
    type Response = Bytes;
    type ResponseStream = Answers;
    type Future = Call<Result<Response<Answers>, Status>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { service.receive_noted(request).await })
    }
}

impl tower::Service<http::Request<Body>> for FileSend {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Call<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            if request.uri().path() != "/moby.filesync.v1.FileSend/DiffCopy" {
                return Ok(Status::unimplemented("unknown method").into_http());
            }
            let mut grpc = Grpc::new(RawCodec).max_decoding_message_size(super::MESSAGE_LIMIT);
            Ok(grpc.streaming(service, request).await)
        })
    }
}
