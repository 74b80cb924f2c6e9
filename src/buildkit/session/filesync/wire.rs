//! fsutil's packets and what they say about a file.

use crate::buildkit::proto::fsutil::packet::PacketType;
use crate::buildkit::proto::fsutil::{Packet, Stat};
use crate::context::{Entry, Kind};

/// Bits of Go's `fs.FileMode` above the permissions.
pub(super) mod go {
    pub(in super::super) const DIRECTORY: u32 = 1 << 31;
    pub(in super::super) const SYMLINK: u32 = 1 << 27;
    pub(in super::super) const DEVICE: u32 = 1 << 26;
    pub(in super::super) const FIFO: u32 = 1 << 25;
    pub(in super::super) const SOCKET: u32 = 1 << 24;
    pub(in super::super) const SETUID: u32 = 1 << 23;
    pub(in super::super) const SETGID: u32 = 1 << 22;
    pub(in super::super) const CHARACTER: u32 = 1 << 21;
    pub(in super::super) const STICKY: u32 = 1 << 20;
    pub(in super::super) const IRREGULAR: u32 = 1 << 19;
    /// Everything that makes an entry something else than a regular file.
    pub(in super::super) const TYPE: u32 =
        DIRECTORY | SYMLINK | DEVICE | FIFO | SOCKET | CHARACTER | IRREGULAR;
}

/// The bits of `chmod` and those of Go that mean the same.
const SPECIAL: [(u32, u32); 3] = [
    (0o4000, go::SETUID),
    (0o2000, go::SETGID),
    (0o1000, go::STICKY),
];

/// Returns the `chmod` bits of Go's mode.
pub(super) fn permissions(mode: u32) -> u32 {
    let special = SPECIAL.iter().filter(|(_, go)| mode & go != 0);
    special.fold(mode & 0o777, |bits, (unix, _)| bits | unix)
}

/// Announces an entry.
pub(super) fn stat(entry: Entry) -> Packet {
    let (type_bits, target, device) = match entry.kind {
        // As fsutil does: an image gets an empty file in a socket's place.
        Kind::File | Kind::Socket => (0, None, None),
        Kind::Directory => (go::DIRECTORY, None, None),
        Kind::Symlink(target) => (go::SYMLINK, Some(target), None),
        Kind::Fifo => (go::FIFO, None, None),
        Kind::CharacterDevice(device) => (go::DEVICE | go::CHARACTER, None, Some(device)),
        Kind::BlockDevice(device) => (go::DEVICE, None, Some(device)),
    };
    let special = SPECIAL
        .iter()
        .filter(|(unix, _)| entry.permissions & unix != 0);
    let mode = special.fold(entry.permissions & 0o777 | type_bits, |mode, (_, go)| {
        mode | go
    });
    let stat = Stat {
        path: entry.path,
        mode,
        // Images own their files themselves: docker sends root as well.
        uid: 0,
        gid: 0,
        // A further name of a file has its size too, because the engine compares sizes.
        size: i64::try_from(entry.size).unwrap_or(i64::MAX),
        mod_time: entry.modified,
        linkname: target.or(entry.hard_link).unwrap_or_default(),
        devmajor: device.map_or(0, |device| device.major.into()),
        devminor: device.map_or(0, |device| device.minor.into()),
        xattrs: entry.xattrs.into_iter().collect(),
    };
    Packet {
        stat: Some(stat),
        ..packet(PacketType::PacketStat, 0)
    }
}

/// Says that everything has been announced.
pub(super) fn last_stat() -> Packet {
    packet(PacketType::PacketStat, 0)
}

/// Carries a piece of a file.
pub(super) fn data(id: u32, data: Vec<u8>) -> Packet {
    Packet {
        data,
        ..packet(PacketType::PacketData, id)
    }
}

/// Ends a file.
pub(super) fn end_of_file(id: u32) -> Packet {
    packet(PacketType::PacketData, id)
}

/// Asks for a file.
pub(super) fn request(id: u32) -> Packet {
    packet(PacketType::PacketReq, id)
}

/// Says that the receiver is done, or that the sender has understood it.
pub(super) fn fin() -> Packet {
    packet(PacketType::PacketFin, 0)
}

/// Says what went wrong.
pub(super) fn error(message: &str) -> Packet {
    Packet {
        data: message.as_bytes().to_vec(),
        ..packet(PacketType::PacketErr, 0)
    }
}

fn packet(kind: PacketType, id: u32) -> Packet {
    Packet {
        r#type: kind.into(),
        stat: None,
        id,
        data: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(kind: Kind, permissions: u32) -> u32 {
        let entry = Entry {
            path: "a".into(),
            kind,
            permissions,
            size: 0,
            modified: 0,
            hard_link: None,
            xattrs: Vec::new(),
        };
        stat(entry).stat.unwrap().mode
    }

    #[test]
    fn modes_are_go_modes() {
        // Values printed by Go's fs.FileMode for the same files.
        assert_eq!(mode(Kind::File, 0o4755), 0o40_000_755);
        assert_eq!(mode(Kind::Directory, 0o1777), 0o20_004_000_777);
        assert_eq!(mode(Kind::Symlink("b".into()), 0o777), 0o1_000_000_777);
        assert_eq!(mode(Kind::Socket, 0o600), 0o600);
    }

    #[test]
    fn permissions_survive_the_way_there_and_back() {
        for bits in 0..=0o7777 {
            assert_eq!(permissions(mode(Kind::File, bits)), bits);
        }
    }
}
