//! One transfer to the engine: the walk, the requests, and how they end.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tonic::{Status, Streaming};

use super::announced::{Announced, AnnouncedFiles};
use super::options::TransferOptions;
use super::outbox::{Closed, Door, Outbox};
use super::reader::{Queue, READERS, Wanted};
use super::source::{Source, describe};
use super::transfer::Transfer;
use super::{memory, reader, wire};
use crate::buildkit::proto::fsutil::Packet;
use crate::buildkit::proto::fsutil::packet::PacketType;
use crate::context::{ContextError, Entry, Visitor, WalkOptions, follow_paths, walk};

/// How many problems are collected before the walk gives up.
const MOST_PROBLEMS: usize = 10;

/// What the parts of one transfer share.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) source: Arc<Source>,
    pub(super) options: Arc<TransferOptions>,
    pub(super) transfer: Transfer,
    pub(super) announced: Arc<AnnouncedFiles>,
    pub(super) door: Door,
}

impl Sender {
    /// Starts everything; the transfer goes on until the engine ends it.
    pub(super) fn start(self, requests: Streaming<Packet>) {
        let walker = self.clone();
        // Both end by themselves when the engine ends the stream: every send then fails.
        drop(spawn_blocking(move || walker.announce()));
        drop(tokio::spawn(self.answer(requests)));
    }

    /// Announces everything that is asked for.
    fn announce(&self) -> Result<(), Closed> {
        let mut announcer = Announcer {
            outbox: self.door.outbox(),
            sender: self,
            next_id: 0,
            problems: Vec::new(),
        };
        match self.walk(&mut announcer) {
            Ok(_) => announcer.finish(),
            Err(error) => {
                announcer.problems.push(error);
                announcer.finish()
            }
        }
    }

    fn walk(&self, announcer: &mut Announcer<'_>) -> Result<ControlFlow<()>, ContextError> {
        match &*self.source {
            Source::Directory(root) => {
                let followed = follow_paths(root, &self.options.follow)?;
                let filter = self.options.filter(followed)?;
                Ok(walk(root, &filter, WalkOptions { xattrs: true }, announcer))
            }
            Source::Memory(files) => {
                let filter = self.options.filter(self.options.follow.clone())?;
                Ok(memory::walk(files, &filter, announcer))
            }
        }
    }

    /// Takes requests until the engine is done, as fast as they come: frames that nobody reads end
    /// the whole connection. There can be no more of them than announced files.
    async fn answer(self, mut requests: Streaming<Packet>) {
        let _clock = self.transfer.start_clock();
        let mut readers = None;
        loop {
            // An error here means that the connection is gone; the solve tells why.
            let Ok(Some(packet)) = requests.message().await else {
                return;
            };
            let answered = match packet.r#type() {
                PacketType::PacketReq => {
                    let readers = readers.get_or_insert_with(|| self.start_readers());
                    self.request(packet.id, readers)
                }
                PacketType::PacketFin => {
                    self.door.send(wire::fin()).await.ok();
                    return;
                }
                PacketType::PacketErr => {
                    let message = String::from_utf8_lossy(&packet.data).into_owned();
                    Err(Status::unknown(format!("error from receiver: {message}")))
                }
                PacketType::PacketStat | PacketType::PacketData => Ok(()),
            };
            if let Err(status) = answered {
                self.door.fail(status).await;
                return;
            }
        }
    }

    fn request(&self, id: u32, readers: &mpsc::UnboundedSender<Wanted>) -> Result<(), Status> {
        let invalid = || Status::invalid_argument(format!("invalid file id {id}"));
        let file = self.announced.take(id).ok_or_else(invalid)?;
        let gone = |_| Status::aborted("the transfer has ended");
        readers.send((id, file)).map_err(gone)
    }

    /// Starts the readers, which end when the returned sender is dropped.
    fn start_readers(&self) -> mpsc::UnboundedSender<Wanted> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let queue = Queue::new(receiver);
        for _ in 0..READERS {
            let (queue, this) = (queue.clone(), self.clone());
            drop(spawn_blocking(move || {
                reader::run(&queue, &this.source, &this.transfer, this.door.outbox())
            }));
        }
        sender
    }
}

/// Turns entries into announcements.
struct Announcer<'a> {
    sender: &'a Sender,
    outbox: Outbox,
    next_id: u32,
    problems: Vec<ContextError>,
}

impl Announcer<'_> {
    fn finish(mut self) -> Result<(), Closed> {
        if self.problems.is_empty() {
            self.outbox.push(wire::last_stat())?;
            return self.outbox.flush();
        }
        let message = self
            .problems
            .iter()
            .map(describe)
            .collect::<Vec<_>>()
            .join("; ");
        for problem in self.problems {
            self.sender.transfer.add_issue(problem);
        }
        Err(self.outbox.fail(&message))
    }
}

impl Visitor for Announcer<'_> {
    fn entry(&mut self, entry: Entry) -> ControlFlow<()> {
        if let Some(file) = Announced::new(&entry) {
            // Before the announcement leaves: the request may come right behind it.
            self.sender.announced.add(self.next_id, file);
        }
        self.next_id += 1;
        self.sender.transfer.add_entry();
        match self.outbox.push(wire::stat(entry)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(Closed) => ControlFlow::Break(()),
        }
    }

    fn problem(&mut self, error: ContextError) -> ControlFlow<()> {
        self.problems.push(error);
        if self.problems.len() < MOST_PROBLEMS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    }
}
