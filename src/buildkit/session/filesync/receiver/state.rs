//! What happens with each packet.

use std::collections::HashMap;
use std::fs::File;

use super::super::wire::{self, go};
use super::disk::{self, Disk, Finish};
use super::error::ReceiveError;
use super::order::Order;
use crate::buildkit::proto::fsutil::packet::PacketType;
use crate::buildkit::proto::fsutil::{Packet, Stat};

/// What paths that must be remembered may take in memory, in bytes: some hundred thousand files
/// that are asked for and have not come yet.
const MEMORY: usize = 64 << 20;

/// What one remembered path takes next to its text.
const OVERHEAD: usize = 128;

/// How many files are kept open at a time. The engine sends four at a time.
const OPEN_FILES: usize = 16;

/// The state of one export on its way in.
#[derive(Debug)]
pub(super) struct Receiver {
    disk: Disk,
    order: Order,
    next_id: u32,
    files: HashMap<u32, Pending>,
    open: HashMap<u32, File>,
    directories: Vec<(Box<str>, Finish)>,
    memory_left: usize,
    progress: Progress,
}

/// A file that was asked for.
#[derive(Debug)]
struct Pending {
    path: Box<str>,
    finish: Finish,
}

/// How far an export has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More entries are announced.
    Announcing,
    /// Everything is announced, some files are missing.
    Receiving,
    /// Everything is here; the engine has not confirmed that it knows.
    Complete,
    /// The engine knows.
    Done,
}

impl Receiver {
    pub(super) fn new(disk: Disk) -> Self {
        Self {
            disk,
            order: Order::default(),
            next_id: 0,
            files: HashMap::new(),
            open: HashMap::new(),
            directories: Vec::new(),
            memory_left: MEMORY,
            progress: Progress::Announcing,
        }
    }

    /// Returns how far the export has come.
    pub(super) fn progress(&self) -> Progress {
        self.progress
    }

    /// Takes a packet, and returns the answer to it, if one is needed.
    pub(super) fn packet(&mut self, mut packet: Packet) -> Result<Option<Packet>, ReceiveError> {
        match (packet.r#type(), packet.stat.take()) {
            (PacketType::PacketStat, Some(stat)) => self.announced(&stat),
            (PacketType::PacketStat, None) => self.all_announced(),
            (PacketType::PacketData, _) if packet.data.is_empty() => self.end_of_file(packet.id),
            (PacketType::PacketData, _) => self.data(packet.id, &packet.data).map(|()| None),
            (PacketType::PacketErr, _) => {
                let message = String::from_utf8_lossy(&packet.data).into_owned();
                Err(ReceiveError::Sender { message })
            }
            (PacketType::PacketFin, _) => self.finished(),
            (PacketType::PacketReq, _) => Err(protocol("a request")),
        }
    }

    fn announced(&mut self, stat: &Stat) -> Result<Option<Packet>, ReceiveError> {
        if self.progress != Progress::Announcing {
            return Err(protocol("an entry after the last one"));
        }
        let kind = stat.mode & go::TYPE;
        self.order.check(&stat.path, kind == go::DIRECTORY)?;
        let id = self.next_id;
        self.next_id = id.checked_add(1).ok_or(ReceiveError::TooMuch)?;
        match kind {
            go::DIRECTORY => {
                self.disk.directory(stat)?;
                self.remember(&stat.path)?;
                self.directories
                    .push((stat.path.as_str().into(), Finish::new(stat)));
            }
            go::SYMLINK => self.disk.symlink(stat)?,
            _ if !stat.linkname.is_empty() => self.disk.hard_link(stat)?,
            0 => return self.file(id, stat).map(Some),
            bits if bits == go::FIFO || bits & !go::CHARACTER == go::DEVICE => {
                self.disk.special(stat)?;
            }
            _ => return Err(protocol("an entry of unknown kind")),
        }
        Ok(None)
    }

    fn file(&mut self, id: u32, stat: &Stat) -> Result<Packet, ReceiveError> {
        // Closed at once: its data may come much later.
        drop(self.disk.file(stat)?);
        self.remember(&stat.path)?;
        let pending = Pending {
            path: stat.path.as_str().into(),
            finish: Finish::new(stat),
        };
        self.files.insert(id, pending);
        Ok(wire::request(id))
    }

    fn data(&mut self, id: u32, data: &[u8]) -> Result<(), ReceiveError> {
        let pending = self
            .files
            .get(&id)
            .ok_or(ReceiveError::UnknownFile { id })?;
        let mut file = match self.open.remove(&id) {
            Some(file) => file,
            None => self.disk.append(&pending.path)?,
        };
        disk::write(&mut file, &pending.path, data)?;
        if self.open.len() >= OPEN_FILES {
            self.open.clear();
        }
        self.open.insert(id, file);
        Ok(())
    }

    fn end_of_file(&mut self, id: u32) -> Result<Option<Packet>, ReceiveError> {
        let pending = self
            .files
            .remove(&id)
            .ok_or(ReceiveError::UnknownFile { id })?;
        let file = match self.open.remove(&id) {
            Some(file) => file,
            None => self.disk.append(&pending.path)?,
        };
        disk::finish_file(&file, &pending.path, pending.finish)?;
        self.memory_left += pending.path.len() + OVERHEAD;
        self.complete()
    }

    fn all_announced(&mut self) -> Result<Option<Packet>, ReceiveError> {
        if self.progress != Progress::Announcing {
            return Err(protocol("a second end of entries"));
        }
        self.progress = Progress::Receiving;
        self.complete()
    }

    /// Says that everything is here, once it is.
    fn complete(&mut self) -> Result<Option<Packet>, ReceiveError> {
        if self.progress != Progress::Receiving || !self.files.is_empty() {
            return Ok(None);
        }
        // Children before parents, as writing below a directory changes its time.
        while let Some((path, finish)) = self.directories.pop() {
            self.disk.finish_directory(&path, finish)?;
        }
        self.progress = Progress::Complete;
        Ok(Some(wire::fin()))
    }

    fn finished(&mut self) -> Result<Option<Packet>, ReceiveError> {
        if self.progress != Progress::Complete {
            return Err(protocol("the end before everything was here"));
        }
        self.progress = Progress::Done;
        Ok(None)
    }

    fn remember(&mut self, path: &str) -> Result<(), ReceiveError> {
        let left = self.memory_left.checked_sub(path.len() + OVERHEAD);
        self.memory_left = left.ok_or(ReceiveError::TooMuch)?;
        Ok(())
    }
}

fn protocol(what: &str) -> ReceiveError {
    ReceiveError::Protocol {
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests;
