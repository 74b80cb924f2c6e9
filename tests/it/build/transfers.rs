//! What of the context travels, and what arrives.

use std::fs::File;

use super::sample::{Sample, run};
use crate::support::engines::{self, Engine};

/// Builds and returns the summary's last line.
fn summary(sample: &Sample, engine: &Engine) -> String {
    let end = run(sample.dynbuild(engine).args(["-o", "out"]));
    end.assert_code(0, &engine.name);
    let last = end.stderr.lines().rfind(|line| line.starts_with("Done"));
    last.unwrap_or_else(|| panic!("no summary:\n{}", end.stderr))
        .to_owned()
}

#[test]
fn only_what_changed_is_sent_and_always_seen() {
    for engine in engines::all() {
        let sample = Sample::new("RUN : {salt}\nCOPY . /context\n");
        sample.write("context/large", &"x".repeat(3_000_000));
        sample.write("context/small", "one\n");
        let first = summary(&sample, &engine);
        assert!(first.contains("3.00 MB sent"), "{first}");

        let unchanged = summary(&sample, &engine);
        assert!(!unchanged.contains("MB sent"), "{unchanged}");
        assert!(unchanged.contains("0 steps run"), "{unchanged}");

        // The same size; only the time tells.
        sample.write("context/small", "two\n");
        let small = summary(&sample, &engine);
        assert!(!small.contains("MB sent"), "{small}");
        assert_eq!(sample.read("out/context/small"), "two\n");

        fs_err::remove_file(sample.path("context/small")).unwrap();
        fs_err::remove_dir_all(sample.path("out")).unwrap();
        summary(&sample, &engine);
        assert!(
            !sample.path("out/context/small").exists(),
            "deleted files go"
        );
    }
}

#[test]
fn a_dockerignore_is_honoured() {
    for engine in engines::all() {
        let sample = Sample::new("COPY . /context\n");
        sample.write("context/.dockerignore", "*.log\n!keep.log\ntarget\n");
        for file in ["drop.log", "keep.log", "target/large", "kept"] {
            sample.write(&format!("context/{file}"), file);
        }
        summary(&sample, &engine);
        let there = |file: &str| sample.path(&format!("out/context/{file}")).exists();
        assert!(there("keep.log") && there("kept"), "{}", engine.name);
        assert!(!there("drop.log") && !there("target"), "{}", engine.name);
    }
}

#[test]
fn a_large_sparse_file_arrives_whole() {
    for engine in engines::newest() {
        let sample = Sample::new("COPY sparse /sparse\nRUN : {salt}; wc -c < /sparse\n");
        File::create(sample.path("context/sparse"))
            .unwrap()
            .set_len(20 << 20)
            .unwrap();
        let end = run(sample.dynbuild(&engine).arg("--no-load"));
        end.assert_code(0, &engine.name);
        assert!(end.stderr.contains("20971520"), "{}", end.stderr);
    }
}

#[test]
fn a_named_context_may_have_the_name_of_a_directory_of_ours() {
    for engine in engines::newest() {
        let sample = Sample::with_stages(
            "# {salt}\nFROM scratch AS first\nCOPY --from=dockerfile own.txt /one\n\
             COPY --from=context own.txt /two\nCOPY a.txt /three\n",
        );
        sample.write("named/own.txt", "its own\n");
        let contexts = [
            "--build-context",
            "dockerfile=named",
            "--build-context",
            "context=named",
        ];
        let end = run(sample.dynbuild(&engine).args(["-o", "out"]).args(contexts));
        end.assert_code(0, &engine.name);
        let files = ["one", "two", "three"].map(|name| sample.read(&format!("out/{name}")));
        assert_eq!(files, ["its own\n", "its own\n", "the first file\n"]);
    }
}
