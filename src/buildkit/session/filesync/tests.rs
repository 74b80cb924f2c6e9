//! The sender against a receiver, over a real gRPC connection in this process.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::path::Path;

use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Status, Streaming};

use super::{FileSync, TransferIssue, wire};
use crate::buildkit::proto::filesync::file_sync_client::FileSyncClient;
use crate::buildkit::proto::fsutil::packet::PacketType;
use crate::buildkit::proto::fsutil::{Packet, Stat};
use crate::buildkit::session::LocalDir;
use crate::buildkit::session::server::{CONNECTION_WINDOW, STREAM_WINDOW};

/// Connects a client to a service without a network.
async fn connect(service: FileSync) -> FileSyncClient<Channel> {
    let (ours, theirs) = tokio::io::duplex(64 << 10);
    tokio::spawn(async move {
        let incoming = tokio_stream::iter([Ok::<_, std::io::Error>(theirs)]);
        Server::builder()
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .add_service(service.into_service())
            .serve_with_incoming(incoming)
            .await
    });
    let mut ours = Some(TokioIo::new(ours));
    let connector = tower::service_fn(move |_| {
        std::future::ready(
            ours.take()
                .ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotConnected)),
        )
    });
    let endpoint = Endpoint::from_static("http://session");
    let channel = endpoint.connect_with_connector(connector).await.unwrap();
    FileSyncClient::new(channel)
}

/// What a receiver has got.
#[derive(Debug, Default)]
struct Received {
    stats: Vec<Stat>,
    contents: BTreeMap<String, Vec<u8>>,
    most_at_once: usize,
}

impl Received {
    fn paths(&self) -> Vec<&str> {
        self.stats.iter().map(|stat| stat.path.as_str()).collect()
    }
}

/// A transfer as the engine opens it.
struct Call {
    requests: mpsc::Sender<Packet>,
    packets: Streaming<Packet>,
}

impl Call {
    async fn open(service: &FileSync, metadata: &[(&'static str, &str)]) -> Result<Self, Status> {
        let mut client = connect(service.clone()).await;
        let (requests, stream) = mpsc::channel(100_000);
        let mut request = Request::new(ReceiverStream::new(stream));
        for (key, value) in metadata {
            request.metadata_mut().append(*key, value.parse().unwrap());
        }
        let packets = client.diff_copy(request).await?.into_inner();
        Ok(Self { requests, packets })
    }

    /// Takes everything, asking for every file as soon as it is announced.
    async fn take_all(self) -> Result<Received, Status> {
        let hangs = std::time::Duration::from_secs(60);
        tokio::time::timeout(hangs, self.take_until_fin())
            .await
            .expect("the transfer hangs")
    }

    async fn take_until_fin(mut self) -> Result<Received, Status> {
        let mut received = Received::default();
        let mut wanted: BTreeMap<u32, String> = BTreeMap::new();
        let mut all = false;
        while let Some(packet) = self.packets.message().await? {
            match (packet.r#type(), packet.stat) {
                (PacketType::PacketStat, Some(stat)) => {
                    let id = u32::try_from(received.stats.len()).unwrap();
                    if stat.mode & wire::go::TYPE == 0 && stat.linkname.is_empty() {
                        wanted.insert(id, stat.path.clone());
                        self.requests.send(wire::request(id)).await.unwrap();
                    }
                    received.stats.push(stat);
                }
                (PacketType::PacketStat, None) => all = true,
                (PacketType::PacketData, _) if packet.data.is_empty() => {
                    let path = wanted
                        .remove(&packet.id)
                        .expect("asked for and not ended yet");
                    received.contents.entry(path).or_default();
                }
                (PacketType::PacketData, _) => {
                    received.most_at_once = received.most_at_once.max(packet.data.len());
                    let path = wanted[&packet.id].clone();
                    received
                        .contents
                        .entry(path)
                        .or_default()
                        .extend(packet.data);
                }
                (PacketType::PacketErr, _) => {
                    return Err(Status::aborted(String::from_utf8(packet.data).unwrap()));
                }
                (PacketType::PacketFin, _) => return Ok(received),
                (PacketType::PacketReq, _) => panic!("a sender asks for nothing"),
            }
            if all && wanted.is_empty() {
                self.requests.send(wire::fin()).await.unwrap();
            }
        }
        panic!("the stream ended without FIN");
    }
}

fn offer(directory: &Path) -> FileSync {
    FileSync::new(vec![LocalDir::directory("context", directory)])
}

async fn take(service: &FileSync, metadata: &[(&'static str, &str)]) -> Result<Received, Status> {
    let metadata = [&[("dir-name", "context")], metadata].concat();
    Call::open(service, &metadata).await?.take_all().await
}

fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = directory.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, content).unwrap();
    }
    directory
}

#[tokio::test]
async fn files_arrive_with_their_contents_and_metadata() {
    let large = vec![7; 300_000];
    let tree = tree(&[
        ("a/large", &large),
        ("a/exact", &large[..128 << 10]),
        ("empty", b""),
    ]);
    let path = tree.path();
    symlink("a/large", path.join("link")).unwrap();
    fs_err::hard_link(path.join("a/large"), path.join("z")).unwrap();
    fs_err::set_permissions(path.join("empty"), PermissionsExt::from_mode(0o4711)).unwrap();
    let service = offer(path);
    let received = take(&service, &[]).await.unwrap();
    assert_eq!(
        received.paths(),
        ["a", "a/exact", "a/large", "empty", "link", "z"]
    );
    assert_eq!(received.contents["a/large"], large);
    assert_eq!(received.contents["a/exact"], large[..128 << 10]);
    assert_eq!(received.contents["empty"], b"");
    assert!(received.most_at_once <= 256 << 10);
    let [_, _, file, empty, link, further] = received.stats.as_slice() else {
        panic!("six entries");
    };
    assert_eq!(link.linkname, "a/large");
    assert_eq!(
        (further.linkname.as_str(), further.size),
        ("a/large", 300_000)
    );
    assert_eq!(empty.mode, wire::go::SETUID | 0o711);
    let metadata = fs_err::metadata(path.join("a/large")).unwrap();
    assert_eq!(
        file.mod_time,
        metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec()
    );
    let size = service.transfers()[0].size();
    assert_eq!(
        (size.entries, size.files, size.bytes),
        (6, 3, 300_000 + (128 << 10))
    );
}

#[tokio::test]
async fn every_request_is_taken_although_the_engine_reads_nothing_meanwhile() {
    const FILES: u32 = 12_000;
    let tree = tempfile::tempdir().unwrap();
    for number in 0..FILES {
        fs_err::write(tree.path().join(format!("{number:05}")), [7; 1000]).unwrap();
    }
    let metadata = [("dir-name", "context")];
    let mut call = Call::open(&offer(tree.path()), &metadata).await.unwrap();
    while call
        .packets
        .message()
        .await
        .unwrap()
        .unwrap()
        .stat
        .is_some()
    {}
    for id in 0..FILES {
        call.requests.send(wire::request(id)).await.unwrap();
        // Each in a frame of its own, as the engine does it.
        while call.requests.capacity() < call.requests.max_capacity() {
            tokio::task::yield_now().await;
        }
    }
    let mut ended = 0;
    while ended < FILES {
        let packet = call.packets.message().await.unwrap().unwrap();
        ended += u32::from(packet.data.is_empty());
    }
}

#[tokio::test]
async fn only_what_is_asked_for_is_announced() {
    let tree = tree(&[
        ("src/a", b"1"),
        ("src/b", b"2"),
        ("other/c", b"3"),
        ("d", b"4"),
    ]);
    symlink("other", tree.path().join("link")).unwrap();
    let service = offer(tree.path());
    let excluded = take(
        &service,
        &[("exclude-patterns", "src"), ("exclude-patterns", "d")],
    );
    assert_eq!(
        excluded.await.unwrap().paths(),
        ["link", "other", "other/c"]
    );
    let followed = take(
        &service,
        &[("followpaths", "link"), ("followpaths", "src/b")],
    );
    assert_eq!(
        followed.await.unwrap().paths(),
        ["link", "other", "other/c", "src", "src/b"]
    );
    let included = take(&service, &[("include-patterns", "s*/a")]);
    assert_eq!(included.await.unwrap().paths(), ["src", "src/a"]);
}

#[tokio::test]
async fn files_in_memory_look_like_files() {
    let files = [
        ("Dockerfile.dockerignore", "target"),
        ("Dockerfile", "FROM scratch"),
    ];
    let service = FileSync::new(vec![LocalDir::memory("dockerfile", files)]);
    let metadata = [("dir-name", "dockerfile"), ("followpaths", "Dockerfile")];
    let received = Call::open(&service, &metadata)
        .await
        .unwrap()
        .take_all()
        .await
        .unwrap();
    assert_eq!(received.paths(), ["Dockerfile"]);
    assert_eq!(received.contents["Dockerfile"], b"FROM scratch");
}

#[tokio::test]
async fn an_unknown_directory_is_refused() {
    let service = FileSync::new(Vec::new());
    let status = take(&service, &[]).await.unwrap_err();
    assert_eq!(status.message(), "no access allowed to dir \"context\"");
}

#[tokio::test]
async fn a_directory_that_is_gone_is_named() {
    let service = offer(Path::new("/no/such/context"));
    let status = take(&service, &[]).await.unwrap_err();
    assert!(status.message().contains("/no/such/context"), "{status}");
    assert!(service.transfers()[0].issues()[0].is_fatal());
}

#[tokio::test]
async fn a_name_that_is_not_utf8_fails_and_is_named() {
    use std::os::unix::ffi::OsStrExt as _;
    let tree = tree(&[("ok", b"")]);
    let name = std::ffi::OsStr::from_bytes(b"bad\xff");
    fs_err::write(tree.path().join(name), "").unwrap();
    let service = offer(tree.path());
    let status = take(&service, &[]).await.unwrap_err();
    assert!(status.message().contains(r"`bad\xff`"), "{status}");
    let issues = service.transfers()[0].issues();
    assert!(issues[0].problem().hints[0].contains("Rename it"));
    assert!(
        take(&service, &[("exclude-patterns", "bad*")])
            .await
            .is_ok()
    );
}

/// Opens a call and waits for all announcements.
async fn announced(service: &FileSync) -> Call {
    let mut call = Call::open(service, &[("dir-name", "context")])
        .await
        .unwrap();
    loop {
        let packet = call.packets.message().await.unwrap().unwrap();
        if packet.r#type() == PacketType::PacketStat && packet.stat.is_none() {
            return call;
        }
    }
}

#[tokio::test]
async fn a_file_that_vanishes_is_an_error_and_not_an_empty_file() {
    let tree = tree(&[("gone", b"x")]);
    let service = offer(tree.path());
    let call = announced(&service).await;
    fs_err::remove_file(tree.path().join("gone")).unwrap();
    call.requests.send(wire::request(0)).await.unwrap();
    let status = call.take_all().await.unwrap_err();
    assert!(
        status.message().starts_with("Cannot read `gone`"),
        "{status}"
    );
    assert!(service.transfers()[0].issues()[0].is_fatal());
}

#[tokio::test]
async fn a_file_that_becomes_a_pipe_does_not_hang() {
    let tree = tree(&[("file", b"x")]);
    let service = offer(tree.path());
    let call = announced(&service).await;
    let path = tree.path().join("file");
    fs_err::remove_file(&path).unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    call.requests.send(wire::request(0)).await.unwrap();
    assert!(call.take_all().await.is_err());
}

#[tokio::test]
async fn a_file_that_changes_is_sent_and_reported() {
    let tree = tree(&[("log", b"one")]);
    let service = offer(tree.path());
    let mut call = announced(&service).await;
    fs_err::write(tree.path().join("log"), "one two").unwrap();
    call.requests.send(wire::request(0)).await.unwrap();
    let mut content = Vec::new();
    loop {
        let packet = call.packets.message().await.unwrap().unwrap();
        if packet.data.is_empty() {
            break;
        }
        content.extend(packet.data);
    }
    assert_eq!(content, b"one two");
    let issues = service.transfers()[0].issues();
    assert!(matches!(&*issues[0], TransferIssue::Changed { path } if path == "log"));
    assert!(!issues[0].is_fatal());
}

#[tokio::test]
async fn a_file_is_sent_once_and_only_if_announced() {
    let tree = tree(&[("a", b"x")]);
    let service = offer(tree.path());
    for ids in [vec![0, 0], vec![7]] {
        let call = announced(&service).await;
        for id in ids {
            call.requests.send(wire::request(id)).await.unwrap();
        }
        let mut packets = call.packets;
        let status = loop {
            match packets.message().await {
                Ok(packet) => assert!(packet.is_some()),
                Err(status) => break status,
            }
        };
        assert_eq!(status.code(), tonic::Code::InvalidArgument, "{status}");
    }
}

#[tokio::test]
async fn many_requests_at_once_are_answered() {
    let names: Vec<String> = (0..3_000).map(|number| format!("f{number:04}")).collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), name.as_bytes()))
        .collect();
    let tree = tree(&files);
    let received = take(&offer(tree.path()), &[]).await.unwrap();
    assert_eq!(received.contents.len(), names.len());
    assert!(
        received
            .contents
            .iter()
            .all(|(name, content)| name.as_bytes() == content)
    );
}

#[tokio::test]
async fn an_engine_that_leaves_ends_the_transfer() {
    let tree = tree(&[("large", &vec![0; 8 << 20])]);
    let service = offer(tree.path());
    let call = announced(&service).await;
    call.requests.send(wire::request(0)).await.unwrap();
    drop(call);
    // The clock is added when the transfer has ended.
    let ended = async {
        while service.transfers()[0].size().duration.is_zero() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), ended)
        .await
        .unwrap();
}
