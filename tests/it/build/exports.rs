//! Results that go elsewhere than into the engine.

use super::sample::{Sample, run};
use crate::support::engines::{self, Store};
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
fn a_full_disk_is_an_error_and_leaves_devices_alone() {
    for engine in engines::all() {
        let sample = Sample::new(STEPS);
        let mut build = sample.dynbuild(&engine);
        let end = run(build.args(["-o", "type=tar,dest=/dev/full"]));
        end.assert_code(1, &engine.name);
        assert!(end.stderr.contains("No space left"), "{}", end.stderr);
        let metadata = fs_err::metadata("/dev/full").unwrap();
        assert!(!metadata.is_file(), "/dev/full was replaced");
    }
}

#[test]
fn a_destination_that_cannot_be_made_is_named() {
    for engine in engines::all() {
        let sample = Sample::new(STEPS);
        sample.write("file", "in the way\n");
        let end = run(sample
            .dynbuild(&engine)
            .args(["-o", "type=local,dest=file/out"]));
        end.assert_code(1, &engine.name);
        assert!(end.stderr.contains("file/out"), "{}", end.stderr);
    }
}
