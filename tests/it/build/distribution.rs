//! What gets to a registry with an image, and what an engine refuses: indexes, attestations.

use std::process::Command;

use serde_json::Value;

use super::sample::{Sample, run};
use crate::support::engines::{self, Engine, Store, unique};

/// The engine that can push by itself.
fn containerd() -> Option<Engine> {
    let mut engines = engines::newest().into_iter();
    engines.find(|engine| engine.store == Store::Containerd)
}

/// The engine whose store keeps no attestations.
fn classic() -> Option<Engine> {
    let mut engines = engines::newest().into_iter();
    engines.find(|engine| engine.store == Store::Overlay2)
}

/// Reads a manifest (`manifests/REFERENCE`) or a blob (`blobs/DIGEST`) of a repository.
fn get(engine: &Engine, repository: &str, path: &str) -> Value {
    let url = format!("http://{}/v2/{repository}/{path}", engine.registry);
    let kinds =
        ["index", "manifest"].map(|kind| format!("application/vnd.oci.image.{kind}.v1+json"));
    let docker = ["manifest.list", "manifest"]
        .map(|kind| format!("application/vnd.docker.distribution.{kind}.v2+json"));
    let accept = format!("Accept: {}", [kinds, docker].concat().join(", "));
    let text = engine.run(Command::new("curl").args(["-fsSL", "-H", &accept, &url]));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{url}: {error}: {text}"))
}

/// Returns the platforms of an index, `unknown/unknown` for what is no image.
fn platforms(index: &Value) -> Vec<String> {
    let manifests = index["manifests"].as_array().expect("an index");
    let mut platforms: Vec<_> = manifests
        .iter()
        .map(|manifest| {
            let platform = &manifest["platform"];
            let word = |key: &str| platform[key].as_str().unwrap_or_default().to_owned();
            format!("{}/{}", word("os"), word("architecture"))
        })
        .collect();
    platforms.sort();
    platforms
}

/// Returns the statement that is attached to the one image of an index.
fn statement(engine: &Engine, repository: &str) -> Value {
    let index = get(engine, repository, "manifests/1");
    assert_eq!(
        platforms(&index),
        ["linux/amd64", "unknown/unknown"],
        "{index}"
    );
    let manifests = index["manifests"].as_array().expect("manifests");
    let attestation = manifests.iter().find(|manifest| {
        manifest["annotations"]["vnd.docker.reference.type"] == "attestation-manifest"
    });
    let digest = attestation.expect("an attestation")["digest"]
        .as_str()
        .expect("a digest");
    let manifest = get(engine, repository, &format!("manifests/{digest}"));
    let layer = manifest["layers"][0]["digest"]
        .as_str()
        .expect("a statement");
    get(engine, repository, &format!("blobs/{layer}"))
}

#[test]
fn several_platforms_are_pushed_as_one_index() {
    let Some(engine) = containerd() else { return };
    let sample = Sample::with_stages("# {salt}\nFROM scratch AS first\nCOPY . /context\n");
    let repository = unique("index");
    let name = format!("{}/{repository}:1", engine.registry);
    let mut build = sample.dynbuild(&engine);
    build.args([
        "--platform",
        "linux/amd64,linux/arm64",
        "--push",
        "-t",
        &name,
    ]);
    let end = run(build.args(["--metadata-file", "meta.json"]));
    end.assert_code(0, "two platforms");
    let told = end
        .stderr
        .contains("so `RUN` steps for linux/arm64 will fail");
    let emulates = engine
        .run(engine.buildx().args(["inspect"]))
        .contains("linux/arm64");
    assert_ne!(told, emulates, "{}", end.stderr);
    let index = get(&engine, &repository, "manifests/1");
    assert_eq!(platforms(&index), ["linux/amd64", "linux/arm64"], "{index}");
    let metadata: Value = serde_json::from_str(&sample.read("meta.json")).unwrap();
    let digest = metadata["containerimage.digest"]
        .as_str()
        .expect("a digest");
    assert_eq!(
        get(&engine, &repository, &format!("manifests/{digest}")),
        index
    );
}

#[test]
fn provenance_goes_with_the_image() {
    let Some(engine) = containerd() else { return };
    let sample = Sample::new("ARG WHO\nRUN echo $WHO {salt}\n");
    let repository = unique("attested");
    let name = format!("{}/{repository}:1", engine.registry);
    let mut build = sample.dynbuild(&engine);
    build.args(["--push", "-t", &name, "--build-arg", "WHO=somebody"]);
    run(build.args(["--provenance", "mode=max"])).assert_code(0, "with provenance");

    let statement = statement(&engine, &repository);
    let kind = statement["predicateType"].as_str().expect("a kind");
    assert!(
        kind.starts_with("https://slsa.dev/provenance/"),
        "{statement}"
    );
    let text = statement.to_string();
    assert!(
        text.contains("build-arg:WHO") && text.contains("somebody"),
        "{text}"
    );
}

#[test]
fn an_image_without_attestations_is_a_plain_manifest() {
    let Some(engine) = containerd() else { return };
    let sample = Sample::new("RUN echo {salt}\n");
    let repository = unique("plain");
    let name = format!("{}/{repository}:1", engine.registry);
    let mut build = sample.dynbuild(&engine);
    let end = run(build.args([
        "--push",
        "-t",
        &name,
        "--attest",
        "type=provenance",
        "--provenance",
        "false",
    ]));
    end.assert_code(0, "no provenance after all");
    let manifest = get(&engine, &repository, "manifests/1");
    assert!(manifest["layers"].is_array(), "{manifest}");
}

#[test]
fn an_engine_that_drops_attestations_refuses_them() {
    let Some(engine) = classic() else { return };
    let sample = Sample::new("RUN echo {salt}\n");
    let end = run(sample
        .dynbuild(&engine)
        .args(["--no-load", "--provenance", "true"]));
    end.assert_code(3, "the classic store");
    assert!(
        end.stderr.contains("The engine cannot attach attestations"),
        "{}",
        end.stderr
    );
}

#[test]
fn a_classic_store_pushes_at_every_word_for_it() {
    let Some(engine) = classic() else { return };
    for output in ["--push", "type=registry", "type=image,push=true"] {
        let sample = Sample::new("RUN echo {salt}\n");
        let repository = unique("pushed");
        let name = format!("{}/{repository}:1", engine.registry);
        let mut build = sample.dynbuild(&engine);
        build.args(["-t", &name, "--metadata-file", "meta.json"]);
        match output {
            "--push" => build.arg(output),
            output => build.args(["-o", output]),
        };
        let end = run(&mut build);
        end.assert_code(0, output);
        assert!(
            end.stderr.contains(&format!("pushing {name}")),
            "{}",
            end.stderr
        );
        let metadata: Value = serde_json::from_str(&sample.read("meta.json")).unwrap();
        let digest = metadata["containerimage.digest"]
            .as_str()
            .expect("a digest");
        let manifest = get(&engine, &repository, &format!("manifests/{digest}"));
        let config = &manifest["config"]["digest"];
        assert_eq!(
            &metadata["containerimage.config.digest"], config,
            "{metadata}"
        );
        engine.run(engine.docker().args(["image", "rm", "--force", &name]));
    }
}

#[test]
fn a_classic_store_refuses_attributes_that_it_drops() {
    let Some(engine) = classic() else { return };
    let sample = Sample::new("RUN echo {salt}\n");
    let name = format!("{}/{}:1", engine.registry, unique("dropped"));
    for (output, attribute) in [
        ("type=docker,compression=zstd", "compression"),
        ("type=registry,compression=zstd", "compression"),
    ] {
        let mut build = sample.dynbuild(&engine);
        let end = run(build.args(["-t", &name, "-o", output]));
        end.assert_code(3, output);
        assert!(
            end.stderr.contains(&format!("`{attribute}`")),
            "{}",
            end.stderr
        );
        // What stops everything before it begins is no build.
        assert!(!end.stderr.contains("started"), "{}", end.stderr);
        assert!(!end.stderr.contains("Ended after"), "{}", end.stderr);
    }
}

#[test]
fn what_was_published_before_a_failure_is_said() {
    for engine in engines::newest() {
        let sample = Sample::new("RUN echo {salt}\n");
        let good = format!("{}/{}:1", engine.registry, unique("half"));
        let dead = format!("{}/e2e/half:1", engine.registry.replace(":5000", ":5999"));
        let mut build = sample.dynbuild(&engine);
        let end = run(build.args(["--push", "--publish=each", "-t", &good, "-t", &dead]));
        end.assert_code(4, &engine.name);
        let said = format!("These names have the new image already: `{good}`");
        assert!(
            end.stderr.contains(&said),
            "{}: {}",
            engine.name,
            end.stderr
        );
        engine.run(engine.docker().args(["image", "rm", "--force", &good]));
    }
}

#[test]
fn attributes_of_an_output_decide_how_it_is_pushed() {
    let Some(engine) = containerd() else { return };
    let sample = Sample::new("RUN echo {salt} > /made\n");
    let repository = unique("digest");
    let output = format!(
        "type=image,name={}/{repository},push=1,push-by-digest=true,name-canonical=true,\
         compression=zstd,force-compression=true,annotation.sample={}",
        engine.registry, sample.salt
    );
    let mut build = sample.dynbuild(&engine);
    run(build.args(["-o", &output, "--metadata-file", "meta.json"])).assert_code(0, &output);

    let metadata: Value = serde_json::from_str(&sample.read("meta.json")).unwrap();
    let digest = metadata["containerimage.digest"]
        .as_str()
        .expect("a digest");
    let manifest = get(&engine, &repository, &format!("manifests/{digest}"));
    assert_eq!(manifest["annotations"]["sample"], sample.salt.as_str());
    let layers = manifest["layers"].as_array().expect("layers");
    let is_zstd = |layer: &Value| layer["mediaType"].as_str().unwrap().ends_with("zstd");
    assert!(layers.iter().all(is_zstd), "{manifest}");
    let url = format!(
        "http://{}/v2/{repository}/manifests/latest",
        engine.registry
    );
    let status = ["-s", "-o", "/dev/null", "-w", "%{http_code}", &url];
    let status = engine.run(Command::new("curl").args(status));
    assert_eq!(status, "404", "no tag moves");
}

/// A scanner is an image that writes what it finds as statements, for BuildKit to attach.
const SCANNER: &str = r#"#!/bin/sh
set -e
files=$(find "$BUILDKIT_SCAN_SOURCE" -type f -name 'made-*' | wc -l)
cat >"$BUILDKIT_SCAN_DESTINATION/sample.spdx.json" <<END
{"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document",
 "predicate": {"spdxVersion": "SPDX-2.3", "name": "sample", "comment": "$files files"}}
END
"#;

#[test]
fn a_scanner_of_ones_own_says_what_is_in_the_image() {
    let Some(engine) = containerd() else { return };
    let scanner = engine.image("scanner");
    let made = Sample::new("COPY --chmod=755 scan /scan\nENTRYPOINT [\"/scan\"]\n");
    made.write("context/scan", SCANNER);
    run(made.dynbuild(&engine).args(["-t", scanner.name()])).assert_code(0, "the scanner");

    let sample = Sample::new("RUN echo {salt} | tee /made-a > /made-b\n");
    let repository = unique("scanned");
    let name = format!("{}/{repository}:1", engine.registry);
    let sbom = format!("generator={}", scanner.name());
    let mut build = sample.dynbuild(&engine);
    run(build.args(["--push", "-t", &name, "--sbom", &sbom])).assert_code(0, "with an SBOM");
    let statement = statement(&engine, &repository);
    assert_eq!(statement["predicateType"], "https://spdx.dev/Document");
    assert_eq!(statement["predicate"]["comment"], "2 files", "{statement}");
}
