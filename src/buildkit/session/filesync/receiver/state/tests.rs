use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use proptest::prelude::*;

use super::*;

fn stat(path: &str, mode: u32) -> Stat {
    Stat {
        path: path.to_owned(),
        mode,
        mod_time: 1_500_000_000,
        ..Stat::default()
    }
}

fn announce(stat: Stat) -> Packet {
    Packet {
        stat: Some(stat),
        ..wire::last_stat()
    }
}

fn link(path: &str, target: &str, mode: u32) -> Packet {
    announce(Stat {
        linkname: target.to_owned(),
        ..stat(path, mode)
    })
}

fn receive(
    directory: &Path,
    packets: impl IntoIterator<Item = Packet>,
) -> Result<Vec<Packet>, ReceiveError> {
    let mut receiver = Receiver::new(Disk::open(directory)?);
    let answers = packets.into_iter().map(|packet| receiver.packet(packet));
    answers.filter_map(Result::transpose).collect()
}

#[test]
fn an_export_is_written_with_modes_times_and_links() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let packets = [
        announce(stat("d", go::DIRECTORY | 0o555)),
        announce(stat("d/file", go::SETUID | 0o640)),
        link("d/same", "d/file", 0o640),
        announce(stat("pipe", go::FIFO | 0o600)),
        link("to", "/no/where", go::SYMLINK | 0o777),
        wire::last_stat(),
        wire::data(1, b"hello ".to_vec()),
        wire::data(1, b"world".to_vec()),
        wire::end_of_file(1),
        wire::fin(),
    ];
    let answers = receive(path, packets).unwrap();
    assert_eq!(answers, [wire::request(1), wire::fin()]);
    assert_eq!(
        fs_err::read_to_string(path.join("d/same")).unwrap(),
        "hello world"
    );
    let metadata = |name: &str| fs_err::symlink_metadata(path.join(name)).unwrap();
    assert_eq!(metadata("d").permissions().mode() & 0o7777, 0o555);
    assert_eq!(metadata("d/file").permissions().mode() & 0o7777, 0o4640);
    assert_eq!(metadata("d/file").ino(), metadata("d/same").ino());
    assert_eq!(
        (metadata("d").mtime(), metadata("d/file").mtime_nsec()),
        (1, 500_000_000)
    );
    assert_eq!(
        fs_err::read_link(path.join("to")).unwrap(),
        Path::new("/no/where")
    );
}

#[test]
fn what_is_there_stays_unless_it_has_the_same_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let elsewhere = tempfile::tempdir().unwrap();
    fs_err::write(path.join("stays"), "mine").unwrap();
    fs_err::write(path.join("file"), "old and longer").unwrap();
    symlink(elsewhere.path(), path.join("link")).unwrap();
    let packets = [
        announce(stat("file", 0o644)),
        announce(stat("link", go::DIRECTORY | 0o755)),
        announce(stat("link/new", 0o644)),
        wire::last_stat(),
        wire::data(0, b"new".to_vec()),
        wire::end_of_file(0),
        wire::end_of_file(2),
        wire::fin(),
    ];
    receive(path, packets).unwrap();
    assert_eq!(fs_err::read_to_string(path.join("stays")).unwrap(), "mine");
    assert_eq!(fs_err::read_to_string(path.join("file")).unwrap(), "new");
    assert!(path.join("link/new").is_file());
    assert_eq!(
        fs_err::read_dir(elsewhere.path()).unwrap().count(),
        0,
        "the link was followed"
    );
}

#[test]
fn a_directory_is_not_deleted_for_a_file() {
    let directory = tempfile::tempdir().unwrap();
    fs_err::create_dir(directory.path().join("mine")).unwrap();
    let error = receive(directory.path(), [announce(stat("mine", 0o644))]).unwrap_err();
    let expected = "`mine` is a directory here and none in the export: move it away first";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn links_of_the_export_lead_nowhere_else() {
    let outside = tempfile::tempdir().unwrap();
    fs_err::write(outside.path().join("secret"), "x").unwrap();
    let target = outside.path().to_str().unwrap();
    let attacks = [
        vec![link("a", target, go::SYMLINK), announce(stat("a/b", 0o644))],
        vec![link("a", "../secret", 0o644)],
        vec![link("a", target, go::SYMLINK), link("b", "a/secret", 0o644)],
        vec![link("a", target, go::SYMLINK), link("b", "a", 0o644)],
    ];
    for attack in attacks {
        let directory = tempfile::tempdir_in(outside.path()).unwrap();
        assert!(
            receive(directory.path(), attack.clone()).is_err(),
            "{attack:?}"
        );
    }
}

#[test]
fn remembered_paths_have_a_limit() {
    let directory = tempfile::tempdir().unwrap();
    let mut receiver = Receiver::new(Disk::open(directory.path()).unwrap());
    receiver.memory_left = 3 * OVERHEAD;
    let announced: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .map(|name| receiver.packet(announce(stat(name, 0o644))).is_ok())
        .collect();
    assert_eq!(announced, [true, true, false]);
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("a"),
        Just("b"),
        Just(".."),
        Just(""),
        Just("c"),
        Just("/etc")
    ]
    .prop_map(str::to_owned)
}

fn any_path() -> impl Strategy<Value = String> {
    proptest::collection::vec(name(), 1..4).prop_map(|parts| parts.join("/"))
}

fn any_mode() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0o644),
        Just(go::DIRECTORY | 0o755),
        Just(go::DIRECTORY),
        Just(go::SYMLINK | 0o777),
        Just(go::FIFO | 0o600),
        any::<u32>().prop_map(|mode| mode & !go::DEVICE),
    ]
}

fn any_packet() -> impl Strategy<Value = Packet> {
    let target = prop_oneof![Just(String::new()), any_path()];
    let stat =
        (any_path(), any_mode(), target, any::<i64>()).prop_map(|(path, mode, linkname, time)| {
            announce(Stat {
                path,
                mode,
                linkname,
                mod_time: time,
                size: time,
                ..Stat::default()
            })
        });
    prop_oneof![
        6 => stat,
        4 => (0..6u32, proptest::collection::vec(any::<u8>(), 0..4))
            .prop_map(|(id, data)| wire::data(id, data)),
        1 => Just(wire::last_stat()),
        1 => Just(wire::fin()),
        1 => (0..9i32).prop_map(|kind| Packet { r#type: kind, ..wire::fin() }),
    ]
}

/// Everything outside the directory of the export, which nothing may change.
fn outside(parent: &Path) -> Vec<(String, u64)> {
    let mut found: Vec<_> = fs_err::read_dir(parent)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name() != "export")
        .map(|entry| {
            (
                entry.path().display().to_string(),
                entry.metadata().unwrap().len(),
            )
        })
        .collect();
    found.sort();
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn hostile_packets_neither_panic_nor_leave_the_directory(
        packets in proptest::collection::vec(any_packet(), 0..24),
    ) {
        let parent = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            fs_err::write(parent.path().join(name), "untouched").unwrap();
        }
        let before = outside(parent.path());
        // Whether it is refused is the point of other tests.
        receive(&parent.path().join("export"), packets).ok();
        prop_assert_eq!(outside(parent.path()), before);
    }

    #[test]
    fn hostile_bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        use prost::Message as _;
        if let Ok(packet) = Packet::decode(bytes.as_slice()) {
            let directory = tempfile::tempdir().unwrap();
            receive(directory.path(), [packet]).ok();
        }
    }
}
