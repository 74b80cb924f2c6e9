//! The gRPC service `FileSync`.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::announced::AnnouncedFiles;
use super::options::TransferOptions;
use super::outbox;
use super::sender::Sender;
use super::source::{Source, describe};
use super::transfer::Transfer;
use crate::buildkit::proto::filesync::file_sync_server::{self, FileSyncServer};
use crate::buildkit::proto::fsutil::Packet;
use crate::buildkit::session::{LocalDir, LocalSource};

/// Offers directories to the engine, and knows what was taken of them.
#[derive(Clone, Debug)]
pub struct FileSync {
    directories: Arc<HashMap<String, Offered>>,
}

#[derive(Debug)]
struct Offered {
    source: LocalSource,
    transfer: Transfer,
}

impl FileSync {
    /// Offers directories by their names.
    pub fn new(directories: Vec<LocalDir>) -> Self {
        let offered = directories.into_iter().map(|LocalDir { name, source }| {
            let transfer = Transfer::new(&name);
            (name, Offered { source, transfer })
        });
        Self {
            directories: Arc::new(offered.collect()),
        }
    }

    /// Returns the accounts of all directories, sorted by name.
    pub fn transfers(&self) -> Vec<Transfer> {
        let mut transfers: Vec<_> = self
            .directories
            .values()
            .map(|offered| offered.transfer.clone())
            .collect();
        transfers.sort_by(|a, b| a.name().cmp(b.name()));
        transfers
    }

    /// Makes the gRPC service of it.
    pub fn into_service(self) -> FileSyncServer<Self> {
        FileSyncServer::new(self)
    }
}

/// Opens what a directory's files come from.
fn open(offered: &Offered) -> Result<Source, Status> {
    Source::open(&offered.source).map_err(|error| {
        let status = Status::not_found(describe(&error));
        offered.transfer.add_issue(error);
        status
    })
}

type Packets = Pin<Box<dyn Stream<Item = Result<Packet, Status>> + Send>>;

#[tonic::async_trait]
impl file_sync_server::FileSync for FileSync {
    type DiffCopyStream = Packets;
    type TarStreamStream = Packets;

    async fn diff_copy(
        &self,
        request: Request<Streaming<Packet>>,
    ) -> Result<Response<Packets>, Status> {
        let options = TransferOptions::new(request.metadata());
        let no_access =
            || Status::not_found(format!("no access allowed to dir {:?}", options.name));
        let offered = self.directories.get(&options.name).ok_or_else(no_access)?;
        let source = Arc::new(open(offered)?);
        let (door, packets) = outbox::channel();
        let sender = Sender {
            source,
            options: Arc::new(options),
            transfer: offered.transfer.clone(),
            announced: Arc::<AnnouncedFiles>::default(),
            door,
        };
        sender.start(request.into_inner());
        Ok(Response::new(Box::pin(packets)))
    }

    async fn tar_stream(&self, _: Request<Streaming<Packet>>) -> Result<Response<Packets>, Status> {
        // Announced by no session of ours; engines have not used it since 2017.
        Err(Status::unimplemented("tar streams are not offered"))
    }
}
