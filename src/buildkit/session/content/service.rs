//! The service: calls, each for one of the stores.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::ready;
use std::io::SeekFrom;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, iter, try_unfold};
use prost::Message;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::super::MESSAGE_LIMIT;
use super::proto::{
    DigestRequest, InfoResponse, ListRequest, ListResponse, ListStatusesResponse, ReadRequest,
    ReadResponse, RefRequest, Status as WriteStatus, StatusResponse, WriteRequest, WriteResponse,
};
use super::store::{ContentStore, Progress, failed, unknown};
use super::write::{Write, number};
use crate::buildkit::layout::LayoutError;
use crate::docker::digest::BlobDigest;

/// The methods, for the session to announce.
pub(in super::super::super) const METHODS: [&str; 9] = [
    "/containerd.services.content.v1.Content/Info",
    "/containerd.services.content.v1.Content/Update",
    "/containerd.services.content.v1.Content/List",
    "/containerd.services.content.v1.Content/Delete",
    "/containerd.services.content.v1.Content/Read",
    "/containerd.services.content.v1.Content/Status",
    "/containerd.services.content.v1.Content/ListStatuses",
    "/containerd.services.content.v1.Content/Write",
    "/containerd.services.content.v1.Content/Abort",
];

/// The header that says which store is meant.
const STORE: &str = "buildkit-attachable-store-id";

/// How much of a blob goes into one message, in bytes. Engines before BuildKit 0.13 take 4 MiB.
const PIECE: u64 = 1 << 20;

/// How many blobs go into one message.
const PAGE: usize = 100;

/// The service. Clones know the same stores.
#[derive(Clone, Debug, Default)]
pub(in super::super::super) struct ContentService(Arc<Mutex<BTreeMap<String, ContentStore>>>);

impl ContentService {
    /// Offers a store under a name.
    pub(in super::super::super) fn offer(&self, name: String, store: ContentStore) {
        self.stores().insert(name, store);
    }

    /// Offers a store no longer.
    pub(in super::super::super) fn withdraw(&self, name: &str) {
        self.stores().remove(name);
    }

    /// Returns what the engine read from the stores that there are, and that was damaged.
    pub(in super::super) fn damage(&self) -> Vec<LayoutError> {
        self.stores()
            .values()
            .flat_map(ContentStore::damage)
            .collect()
    }

    fn stores(&self) -> MutexGuard<'_, BTreeMap<String, ContentStore>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the store that a call is for.
    fn store(&self, metadata: &MetadataMap) -> Result<ContentStore, Status> {
        let name = metadata.get(STORE).and_then(|name| name.to_str().ok());
        let name = name.ok_or_else(|| Status::invalid_argument(format!("no header {STORE}")))?;
        let store = self.stores().get(name).cloned();
        store.ok_or_else(|| Status::not_found(format!("unknown store {name}")))
    }

    /// Does something with files on behalf of a call.
    async fn with<Q, A>(
        self,
        request: Request<Q>,
        act: impl FnOnce(&ContentStore, &Q) -> Result<A, Status> + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        Q: Send + 'static,
        A: Send + 'static,
    {
        let store = self.store(request.metadata())?;
        let request = request.into_inner();
        let done = tokio::task::spawn_blocking(move || act(&store, &request)).await;
        let done = done.map_err(|error| Status::internal(error.to_string()))?;
        done.map(Response::new)
    }

    async fn list(
        self,
        request: Request<ListRequest>,
    ) -> Result<Response<Answers<ListResponse>>, Status> {
        let list = self.with(request, |store, request| {
            no_filters(request)?;
            store.list()
        });
        let list = list.await?.into_inner();
        let pages: Vec<_> = list
            .chunks(PAGE)
            .map(|page| {
                Ok(ListResponse {
                    info: page.to_vec(),
                })
            })
            .collect();
        Ok(Response::new(iter(pages).boxed()))
    }

    async fn read(
        self,
        request: Request<ReadRequest>,
    ) -> Result<Response<Answers<ReadResponse>>, Status> {
        let store = self.store(request.metadata())?;
        let request = request.get_ref();
        let digest = digest(&request.digest)?;
        let opened = File::open(store.layout().blob(&digest)).await;
        let mut file = opened.map_err(|error| failed(&error))?;
        let length = file.metadata().await.map_err(|error| failed(&error))?.len();
        let offset = u64::try_from(request.offset).unwrap_or(0);
        let rest = length.checked_sub(offset).ok_or_else(|| {
            Status::out_of_range(format!("read at {offset}, but there are {length} bytes"))
        })?;
        let wanted = u64::try_from(request.size).unwrap_or(0);
        let part = Part {
            store,
            digest,
            length,
            offset,
            rest: if wanted == 0 { rest } else { wanted.min(rest) },
        };
        file.seek(SeekFrom::Start(offset))
            .await
            .map_err(|error| failed(&error))?;
        Ok(Response::new(part.pieces(file)))
    }

    /// Begins an answer to each message that comes.
    fn write(
        self,
        request: Request<Streaming<WriteRequest>>,
    ) -> Result<Response<Answers<WriteResponse>>, Status> {
        let store = self.store(request.metadata())?;
        let write = Write::new(store, request.into_inner());
        let answers = try_unfold(write, |mut write| async move {
            let answer = write.answer().await?;
            Ok(answer.map(|answer| (answer, write)))
        });
        Ok(Response::new(answers.boxed()))
    }

    /// Serves a call by the name of its method.
    async fn serve(self, request: http::Request<Body>) -> http::Response<Body> {
        let path = request.uri().path().to_owned();
        let method = path.rsplit('/').next().unwrap_or_default();
        match method {
            "Info" => unary(request, |q| self.clone().with(q, info)).await,
            "Update" => unary(request, |_: Request<()>| ready(update())).await,
            "Delete" => unary(request, |q| self.clone().with(q, delete)).await,
            "Status" => unary(request, |q| self.clone().with(q, status)).await,
            "ListStatuses" => unary(request, |q| self.clone().with(q, statuses)).await,
            "Abort" => unary(request, |q| self.clone().with(q, abort)).await,
            "List" => {
                let call = service_fn(|q| self.clone().list(q));
                grpc().server_streaming(call, request).await
            }
            "Read" => {
                let call = service_fn(|q| self.clone().read(q));
                grpc().server_streaming(call, request).await
            }
            "Write" => {
                let call = service_fn(|q| ready(self.clone().write(q)));
                grpc().streaming(call, request).await
            }
            _ => Status::unimplemented("unknown method").into_http(),
        }
    }
}

type Answers<T> = BoxStream<'static, Result<T, Status>>;

fn info(store: &ContentStore, request: &DigestRequest) -> Result<InfoResponse, Status> {
    let info = store.info(&digest(&request.digest)?)?;
    Ok(InfoResponse { info: Some(info) })
}

/// There are no labels to be changed, as in containerd's own store of this kind.
fn update() -> Result<Response<()>, Status> {
    Err(Status::failed_precondition("there are no labels here"))
}

fn delete(store: &ContentStore, request: &DigestRequest) -> Result<(), Status> {
    store.delete(&digest(&request.digest)?)
}

fn status(store: &ContentStore, request: &RefRequest) -> Result<StatusResponse, Status> {
    let progress = store.under_way()?.remove(&request.r#ref);
    let progress = progress.ok_or_else(|| unknown(&request.r#ref))?;
    Ok(StatusResponse {
        status: Some(message(request.r#ref.clone(), progress)),
    })
}

fn statuses(store: &ContentStore, request: &ListRequest) -> Result<ListStatusesResponse, Status> {
    no_filters(request)?;
    let under_way = store.under_way()?.into_iter();
    Ok(ListStatusesResponse {
        statuses: under_way
            .map(|(name, progress)| message(name, progress))
            .collect(),
    })
}

fn abort(store: &ContentStore, request: &RefRequest) -> Result<(), Status> {
    store.abort(&request.r#ref)
}

fn message(name: String, progress: Progress) -> WriteStatus {
    WriteStatus {
        started_at: Some(progress.started_at),
        updated_at: Some(progress.updated_at),
        r#ref: name,
        offset: number(progress.offset),
        total: number(progress.total),
        expected: progress
            .expected
            .map(|digest| digest.to_string())
            .unwrap_or_default(),
    }
}

fn digest(text: &str) -> Result<BlobDigest, Status> {
    text.parse()
        .map_err(|_| Status::invalid_argument(format!("unknown digest {text}")))
}

/// A list that is not what was asked for would be worse than none. BuildKit has no filters.
fn no_filters(request: &ListRequest) -> Result<(), Status> {
    if request.filters.is_empty() {
        Ok(())
    } else {
        Err(Status::unimplemented("lists here have no filters"))
    }
}

/// A part of a blob that is read.
struct Part {
    store: ContentStore,
    digest: BlobDigest,
    /// Of the blob.
    length: u64,
    /// Where the next piece begins.
    offset: u64,
    /// How much is left to read.
    rest: u64,
}

impl Part {
    fn pieces(self, file: File) -> Answers<ReadResponse> {
        let pieces = try_unfold((file, self), |(mut file, mut part)| async move {
            let piece = part.next(&mut file).await?;
            Ok(piece.map(|piece| (piece, (file, part))))
        });
        pieces.boxed()
    }

    async fn next(&mut self, file: &mut File) -> Result<Option<ReadResponse>, Status> {
        if self.rest == 0 {
            return Ok(None);
        }
        let size = self.rest.min(PIECE);
        let mut data = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
        let read = file.read_exact(&mut data).await;
        read.map_err(|error| failed(&error))?;
        self.store
            .saw(&self.digest, self.offset, &data, self.length);
        let piece = ReadResponse {
            offset: number(self.offset),
            data: Bytes::from(data),
        };
        self.offset += size;
        self.rest -= size;
        Ok(Some(piece))
    }
}

fn grpc<A, Q>() -> Grpc<ProstCodec<A, Q>>
where
    A: Message + Send + 'static,
    Q: Message + Default + Send + 'static,
{
    Grpc::new(ProstCodec::default()).max_decoding_message_size(MESSAGE_LIMIT)
}

async fn unary<Q, A, F>(
    request: http::Request<Body>,
    call: impl FnMut(Request<Q>) -> F,
) -> http::Response<Body>
where
    Q: Message + Default + Send + 'static,
    A: Message + Send + 'static,
    F: Future<Output = Result<Response<A>, Status>>,
{
    grpc().unary(service_fn(call), request).await
}

impl NamedService for ContentService {
    const NAME: &'static str = "containerd.services.content.v1.Content";
}

impl tower::Service<http::Request<Body>> for ContentService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move { Ok(service.serve(request).await) })
    }
}
