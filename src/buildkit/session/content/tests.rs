//! The service, called as the engine calls it.

use futures_util::StreamExt as _;
use futures_util::stream::{iter, pending};
use prost::Message;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::client::Grpc;
use tonic::{Code, Request, Status, Streaming};
use tonic_prost::ProstCodec;

use super::proto::{
    DigestRequest, InfoResponse, ListRequest, ListResponse, ListStatusesResponse, ReadRequest,
    ReadResponse, RefRequest, StatusResponse, WriteAction, WriteRequest, WriteResponse,
};
use super::{ContentService, ContentStore};
use crate::buildkit::layout::Layout;
use crate::docker::digest::BlobDigest;

/// A store that is offered as `local:cache` for writing, and as `oci:image` for reading.
struct Served {
    folder: TempDir,
    layout: Layout,
    store: ContentStore,
    service: ContentService,
}

fn serve() -> Served {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::create(&folder.path().join("cache")).unwrap();
    let store = ContentStore::writable(layout.clone());
    let service = ContentService::default();
    service.offer("local:cache".into(), store.clone());
    service.offer("oci:image".into(), ContentStore::readable(layout.clone()));
    Served {
        folder,
        layout,
        store,
        service,
    }
}

fn request<T>(store: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let key = "buildkit-attachable-store-id";
    request.metadata_mut().insert(key, store.parse().unwrap());
    request
}

fn path(method: &str) -> http::uri::PathAndQuery {
    let path = format!("/containerd.services.content.v1.Content/{method}");
    path.parse().unwrap()
}

impl Served {
    async fn ready(&self) -> Grpc<ContentService> {
        let mut grpc = Grpc::new(self.service.clone());
        grpc.ready().await.unwrap();
        grpc
    }

    async fn call<Q, A>(&self, method: &str, request: Request<Q>) -> Result<A, Status>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let codec = ProstCodec::<Q, A>::default();
        let answer = self.ready().await.unary(request, path(method), codec).await;
        answer.map(tonic::Response::into_inner)
    }

    async fn read(&self, digest: &str, offset: i64, size: i64) -> Result<Vec<u8>, Status> {
        let message = ReadRequest {
            digest: digest.into(),
            offset,
            size,
        };
        let codec = ProstCodec::<ReadRequest, ReadResponse>::default();
        let mut grpc = self.ready().await;
        let answer = grpc.server_streaming(request("oci:image", message), path("Read"), codec);
        let mut pieces = answer.await?.into_inner();
        let mut data = Vec::new();
        while let Some(piece) = pieces.message().await? {
            assert_eq!(piece.offset, offset + i64::try_from(data.len()).unwrap());
            data.extend_from_slice(&piece.data);
        }
        Ok(data)
    }

    async fn open(
        &self,
        store: &'static str,
        messages: impl futures_util::Stream<Item = WriteRequest> + Send + 'static,
    ) -> Result<Streaming<WriteResponse>, Status> {
        let codec = ProstCodec::default();
        let mut grpc = self.ready().await;
        let answer = grpc.streaming(request(store, messages), path("Write"), codec);
        answer.await.map(tonic::Response::into_inner)
    }

    /// Sends messages, and returns the answers up to the first failure.
    async fn write(&self, messages: Vec<WriteRequest>) -> Result<Vec<WriteResponse>, Status> {
        let mut answers = self.open("local:cache", iter(messages)).await?;
        let mut list = Vec::new();
        while let Some(answer) = answers.message().await? {
            list.push(answer);
        }
        Ok(list)
    }

    /// Writes a blob as BuildKit does.
    async fn put(&self, data: &str) -> Result<String, Status> {
        let (name, total) = (digest(data), data.len());
        self.write(vec![stat(&name, &name, total), commit(data, 0, &name)])
            .await?;
        Ok(name)
    }

    fn leftovers(&self) -> usize {
        fs_err::read_dir(self.layout.ingest()).unwrap().count()
    }
}

fn digest(data: &str) -> String {
    BlobDigest::of(Sha256::new_with_prefix(data)).to_string()
}

fn stat(name: &str, expected: &str, total: usize) -> WriteRequest {
    WriteRequest {
        action: WriteAction::Stat.into(),
        r#ref: name.into(),
        total: total.try_into().unwrap(),
        expected: expected.into(),
        ..WriteRequest::default()
    }
}

fn piece(data: &str, offset: i64) -> WriteRequest {
    WriteRequest {
        action: WriteAction::Write.into(),
        offset,
        data: data.to_owned().into(),
        ..WriteRequest::default()
    }
}

fn commit(data: &str, offset: i64, expected: &str) -> WriteRequest {
    WriteRequest {
        action: WriteAction::Commit.into(),
        expected: expected.into(),
        ..piece(data, offset)
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Status>) -> Code {
    result.unwrap_err().code()
}

#[tokio::test]
async fn a_blob_is_written_in_pieces_and_read_in_parts() {
    let served = serve();
    let name = digest("one two three");
    let messages = vec![
        stat("layer", &name, 13),
        piece("one ", 0),
        piece("two ", 4),
        commit("three", 8, &name),
    ];
    let answers = served.write(messages).await.unwrap();
    let offsets: Vec<_> = answers.iter().map(|answer| answer.offset).collect();
    assert_eq!(offsets, [0, 4, 8, 13]);
    assert_eq!((answers[0].total, answers[3].total), (13, 13));
    assert_eq!(answers[3].digest, name);
    assert_eq!(answers[3].action(), WriteAction::Commit);
    assert!(answers[3].started_at.unwrap().seconds > 0);

    assert_eq!(served.read(&name, 0, 0).await.unwrap(), b"one two three");
    assert_eq!(served.read(&name, 4, 3).await.unwrap(), b"two");
    assert_eq!(served.read(&name, 8, 99).await.unwrap(), b"three");
    assert_eq!(served.read(&name, 13, 0).await.unwrap(), b"");
    assert_eq!(code(served.read(&name, 14, 0).await), Code::OutOfRange);
    let message = DigestRequest {
        digest: name.clone(),
    };
    let info: InfoResponse = served
        .call("Info", request("oci:image", message))
        .await
        .unwrap();
    assert_eq!(info.info.unwrap().size, 13);
    assert_eq!(served.store.written(), [name.parse().unwrap()]);
    assert_eq!(served.leftovers(), 0);
}

#[tokio::test]
async fn large_blobs_come_in_pieces_that_old_engines_take() {
    let served = serve();
    let data = "0123456789abcdef".repeat(200_000);
    let name = served.put(&data).await.unwrap();
    assert!(served.read(&name, 0, 0).await.unwrap() == data.as_bytes());
}

#[tokio::test]
async fn other_bytes_than_announced_are_no_blob() {
    let served = serve();
    let name = digest("announced");
    for (messages, why) in [
        (
            vec![stat("a", &name, 9), commit("something", 0, &name)],
            Code::FailedPrecondition,
        ),
        (
            vec![stat("a", &name, 9), commit("announce", 0, &name)],
            Code::FailedPrecondition,
        ),
        (vec![stat("a", "", 0), piece("ann", 1)], Code::OutOfRange),
        (
            vec![stat("a", "", 0), piece("ann", 0), piece("ounced", 2)],
            Code::OutOfRange,
        ),
        (vec![stat("", &name, 9)], Code::InvalidArgument),
        (vec![stat("a", "sha256:../../x", 9)], Code::InvalidArgument),
    ] {
        assert_eq!(code(served.write(messages).await), why);
    }
    assert_eq!(served.layout.size(&name.parse().unwrap()).unwrap(), None);
    assert_eq!(served.leftovers(), 0);
}

#[tokio::test]
async fn a_write_may_begin_again() {
    let served = serve();
    let name = digest("second");
    let messages = vec![
        stat("a", "", 0),
        piece("first", 0),
        piece("sec", 0),
        commit("ond", 3, &name),
    ];
    assert_eq!(served.write(messages).await.unwrap()[3].offset, 6);
    assert_eq!(served.read(&name, 0, 0).await.unwrap(), b"second");
}

#[tokio::test]
async fn what_is_there_is_not_written_again_unless_it_is_cut_off() {
    let served = serve();
    let name = served.put("layer").await.unwrap();
    assert_eq!(code(served.put("layer").await), Code::AlreadyExists);
    assert_eq!(served.store.written().len(), 2);
    fs_err::write(served.layout.blob(&name.parse().unwrap()), "lay").unwrap();
    served.put("layer").await.unwrap();
    assert_eq!(served.read(&name, 0, 0).await.unwrap(), b"layer");
}

#[tokio::test]
async fn one_writes_at_a_time_until_it_is_aborted() {
    let served = serve();
    let (sender, messages) = mpsc::unbounded_channel();
    sender.send(stat("a", &digest("data"), 4)).unwrap();
    sender.send(piece("da", 0)).unwrap();
    let messages = UnboundedReceiverStream::new(messages);
    let mut first = served.open("local:cache", messages).await.unwrap();
    first.message().await.unwrap().unwrap();
    first.message().await.unwrap().unwrap();

    let busy = served.write(vec![stat("a", "", 0)]).await;
    assert_eq!(code(busy), Code::Unavailable);
    let message = RefRequest { r#ref: "a".into() };
    let asked: StatusResponse = served
        .call("Status", request("local:cache", message.clone()))
        .await
        .unwrap();
    let status = asked.status.unwrap();
    assert_eq!((status.offset, status.total), (2, 4));
    let all = request("local:cache", ListRequest::default());
    let listed: ListStatusesResponse = served.call("ListStatuses", all).await.unwrap();
    assert_eq!(listed.statuses, [status]);

    let () = served
        .call("Abort", request("local:cache", message.clone()))
        .await
        .unwrap();
    let again = served
        .call::<_, ()>("Abort", request("local:cache", message))
        .await;
    assert_eq!(code(again), Code::NotFound);
    let name = digest("other");
    served
        .write(vec![stat("a", &name, 5), commit("other", 0, &name)])
        .await
        .unwrap();
    sender.send(piece("ta", 2)).unwrap();
    assert_eq!(first.message().await.unwrap_err().code(), Code::Aborted);
}

#[tokio::test]
async fn a_write_that_breaks_off_leaves_nothing() {
    let served = serve();
    let messages = iter([stat("a", "", 0), piece("half", 0)]).chain(pending());
    let mut answers = served.open("local:cache", messages).await.unwrap();
    answers.message().await.unwrap().unwrap();
    answers.message().await.unwrap().unwrap();
    assert_eq!(served.leftovers(), 1);
    drop(answers);
    assert_eq!(served.leftovers(), 0);
    served.put("half and half").await.unwrap();
}

#[tokio::test]
async fn blobs_are_listed_and_deleted() {
    let served = serve();
    let name = served.put("layer").await.unwrap();
    fs_err::write(served.layout.blobs().join("README"), "no blob").unwrap();
    let all = request("oci:image", ListRequest::default());
    let codec = ProstCodec::<ListRequest, ListResponse>::default();
    let mut grpc = served.ready().await;
    let mut pages = grpc
        .server_streaming(all, path("List"), codec)
        .await
        .unwrap()
        .into_inner();
    let page = pages.message().await.unwrap().unwrap();
    let names: Vec<_> = page.info.iter().map(|info| &info.digest).collect();
    assert_eq!(names, [&name]);
    let message = DigestRequest {
        digest: name.clone(),
    };
    let () = served
        .call("Delete", request("local:cache", message.clone()))
        .await
        .unwrap();
    let gone = served
        .call::<_, InfoResponse>("Info", request("oci:image", message))
        .await;
    assert_eq!(code(gone), Code::NotFound);
}

#[tokio::test]
async fn a_store_for_reading_is_not_changed() {
    let served = serve();
    let name = served.put("layer").await.unwrap();
    let answers = served.open("oci:image", iter([stat("a", "", 0)])).await;
    let refused = answers.unwrap().message().await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let message = DigestRequest { digest: name };
    let refused = served
        .call::<_, ()>("Delete", request("oci:image", message))
        .await;
    assert_eq!(code(refused), Code::PermissionDenied);
}

#[tokio::test]
async fn only_stores_and_blobs_can_be_named() {
    let served = serve();
    fs_err::write(served.folder.path().join("secret"), "hunter2").unwrap();
    let info = |store, digest: &str| {
        let message = DigestRequest {
            digest: digest.into(),
        };
        let request = match store {
            Some(store) => request(store, message),
            None => Request::new(message),
        };
        served.call::<_, InfoResponse>("Info", request)
    };
    let name = digest("none");
    assert_eq!(code(info(Some("oci:image"), &name).await), Code::NotFound);
    assert_eq!(code(info(Some("oci:other"), &name).await), Code::NotFound);
    assert_eq!(code(info(None, &name).await), Code::InvalidArgument);
    for path in ["sha256:../../../secret", "../../../secret", ""] {
        assert_eq!(
            code(info(Some("oci:image"), path).await),
            Code::InvalidArgument
        );
    }
    served.service.withdraw("oci:image");
    assert_eq!(code(info(Some("oci:image"), &name).await), Code::NotFound);
}

#[test]
fn leftovers_go_when_nobody_writes() {
    let served = serve();
    let left = served.layout.ingest().join(".dynbuild-left");
    fs_err::write(&left, "half").unwrap();
    let second = ContentStore::writable(served.layout.clone());
    assert!(left.exists(), "it may be the first one's");
    let layout = served.layout.clone();
    let Served {
        folder,
        store,
        service,
        layout: _,
    } = served;
    drop((second, store, service));
    drop(ContentStore::writable(layout));
    assert!(!left.exists());
    drop(folder);
}
