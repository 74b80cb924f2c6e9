//! Results that go elsewhere than into the engine.

use rustix::process::Signal;

use super::sample::{Running, Sample, run};
use crate::support::engines::{self, Store};
use crate::support::processes::eventually;
use crate::support::tree::Tree;

const STEPS: &str = "RUN echo made {salt} > /made\nCOPY . /context\n";

#[test]
fn files_come_out_as_directory_archive_and_stream() {
    for engine in engines::all() {
        let sample = Sample::new(STEPS);
        let mut build = sample.dynbuild(&engine);
        run(build.args(["-o", "out"])).assert_code(0, &engine.name);
        assert_eq!(sample.read("out/made"), format!("made {}\n", sample.salt));
        assert_eq!(sample.read("out/context/a.txt"), "the first file\n");

        let mut build = sample.dynbuild(&engine);
        run(build.args(["-o", "type=tar,dest=out.tar"])).assert_code(0, &engine.name);
        let file = Tree::from_tar(fs_err::File::open(sample.path("out.tar")).unwrap());
        let streamed = run(sample.dynbuild(&engine).args(["-o", "-"]));
        streamed.assert_code(0, &engine.name);
        let streamed = Tree::from_tar(streamed.stdout.as_slice());
        assert_eq!(file.get("context/a.txt").size, 15);
        assert_eq!(file.differences(&streamed), [""; 0]);
    }
}

#[test]
fn images_come_out_as_archives() {
    for engine in engines::newest() {
        if engine.store != Store::Containerd {
            continue;
        }
        let sample = Sample::new(STEPS);
        let image = engine.image("archive");
        for (kind, entry) in [("oci", "oci-layout"), ("docker", "manifest.json")] {
            let output = format!("type={kind},dest={kind}.tar");
            let mut build = sample.dynbuild(&engine);
            run(build.args(["-t", image.name(), "-o", &output])).assert_code(0, kind);
            let archive = fs_err::File::open(sample.path(&format!("{kind}.tar"))).unwrap();
            Tree::from_tar(archive).get(entry);
        }
        let archive = sample.path("docker.tar");
        let loaded = engine.run(engine.docker().arg("load").arg("-i").arg(archive));
        assert!(loaded.contains(image.name()), "{loaded}");
    }
}

#[test]
fn a_device_is_written_to_and_not_replaced() {
    for engine in engines::all() {
        let sample = Sample::new(STEPS);
        let mut build = sample.dynbuild(&engine);
        let end = run(build.args(["-o", "type=tar,dest=/dev/null"]));
        end.assert_code(0, &engine.name);
        let metadata = fs_err::metadata("/dev/null").unwrap();
        assert!(!metadata.is_file(), "/dev/null was replaced");
    }
}

#[test]
fn a_destination_that_cannot_be_written_is_refused_before_the_build() {
    for engine in engines::all() {
        let sample = Sample::new(STEPS);
        sample.write("file", "in the way\n");
        sample.write("directory/x", "\n");
        for (output, reason) in [
            ("type=local,dest=file/out", "`file` is not a directory"),
            ("type=local,dest=file", "`file` is not a directory"),
            (
                "type=tar,dest=no/such/x.tar",
                "There is no directory `no/such`",
            ),
            ("type=tar,dest=directory", "`directory` is a directory"),
            ("type=tar,dest=file/x.tar", "`file` is not a directory"),
            (
                "type=tar,dest=/dev/full",
                "`/dev/full` belongs to the kernel",
            ),
            ("type=oci,dest=/proc/x.tar", "`/proc` belongs to the kernel"),
            ("type=local,dest=/sys/x", "`/sys` belongs to the kernel"),
            ("type=image,compression=gz", "Did you mean `gzip`?"),
        ] {
            let end = run(sample.dynbuild(&engine).args(["-o", output]));
            end.assert_code(2, output);
            assert!(end.stderr.contains(reason), "{}", end.stderr);
            assert!(!end.stderr.contains("started"), "{}", end.stderr);
        }
    }
}

/// A small file system of its own, in memory.
pub(super) struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    pub(super) fn mount(path: std::path::PathBuf) -> Option<Self> {
        fs_err::create_dir_all(&path).expect("a directory");
        let mut mount = std::process::Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
            .arg(&path);
        let mounted = mount.status().is_ok_and(|status| status.success());
        mounted.then_some(Self(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let status = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
        drop(status);
    }
}

#[test]
fn a_full_disk_ends_the_build_with_the_file_and_the_reason() {
    for engine in engines::all() {
        let large = "RUN head -c 3000000 /dev/urandom > /large; : {salt}\n";
        let sample = Sample::new(large);
        let Some(disk) = SmallDisk::mount(sample.path("small")) else {
            continue;
        };
        for output in ["type=local,dest=small/out", "type=tar,dest=small/out.tar"] {
            let end = run(sample.dynbuild(&engine).args(["-o", output]));
            end.assert_code(1, output);
            assert!(end.stderr.contains("No space left"), "{}", end.stderr);
            assert!(end.stderr.contains("small/out"), "{}", end.stderr);
            assert!(
                end.stderr.contains("where the result goes"),
                "{}",
                end.stderr
            );
        }
        assert!(
            !disk.0.join("out.tar").exists(),
            "half of an archive is left"
        );
    }
}

#[test]
fn an_archive_stays_as_it_was_until_the_new_one_is_whole() {
    for engine in engines::all() {
        let sample = Sample::new("RUN head -c 80000000 /dev/zero > /large; : {salt}\n");
        sample.write("place/x.tar", "the old one\n");
        for signal in [Signal::INT, Signal::KILL] {
            let output = ["-o", "type=tar,dest=place/x.tar"];
            let running = Running::start(sample.dynbuild(&engine).args(output));
            // Whatever has been written by then: before, in the middle of it, or all.
            eventually("the transfer", || {
                has_open_file_in(&running, &sample.path("place"))
            });
            running.signal(signal);
            running.end();
            let left = fs_err::read(sample.path("place/x.tar")).unwrap();
            let is_old = left == b"the old one\n";
            assert!(is_old || left.len() > 80_000_000, "{} bytes", left.len());
            let names = fs_err::read_dir(sample.path("place")).unwrap();
            assert_eq!(names.count(), 1, "something unfinished is left");
        }
    }
}

/// Whether a program writes to a file without a name in a directory, or is over.
fn has_open_file_in(running: &Running, directory: &std::path::Path) -> bool {
    let directory = directory.canonicalize().expect("a directory");
    let Ok(open) = fs_err::read_dir(format!("/proc/{}/fd", running.id())) else {
        return true;
    };
    let mut files = open.filter_map(|entry| entry.ok()?.path().read_link().ok());
    files.any(|file| file.starts_with(&directory))
}
