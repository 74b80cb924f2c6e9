//! Caches between engines: what one wrote, another one reads that never saw the steps.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::process::Signal;

use super::sample::{End, Running, SMALL, Sample, run};
use crate::support::engines::{self, Engine, Store, unique};
use crate::support::processes::eventually;

/// Two stages, with a step whose result is another one each time that it runs.
const STEPS: &str = "FROM {base} AS helper
RUN echo {salt} && head -c 16 /dev/urandom > /random
FROM {base} AS first
COPY --from=helper /random /random
RUN echo costly {salt} && md5sum /random > /sum
";

/// The same in one stage.
const INLINE: &str = "FROM {base} AS first
RUN echo costly {salt} && head -c 16 /dev/urandom | md5sum > /sum
";

/// The same with a layer that comes in more than one piece.
const LARGE: &str = "FROM {base} AS first
RUN echo {salt} && head -c 3000000 /dev/urandom > /sum
";

/// The engine that writes caches of all kinds, and the one that only reads them.
fn pair() -> Option<(Engine, Engine)> {
    let engines = engines::newest();
    let of = |store| engines.iter().find(|engine| engine.store == store).cloned();
    Some((of(Store::Containerd)?, of(Store::Overlay2)?))
}

/// Makes a sample whose base image both engines get from a registry: steps are the same to them
/// only upon the same image, and test engines each made their own.
fn sample(engine: &Engine, fragment: &str) -> Sample {
    let name = format!("{}/e2e/{}:latest", engine.registry, unique("base"));
    engine.run(engine.docker().args(["tag", SMALL, &name]));
    engine.run(engine.docker().args(["push", "--quiet", &name]));
    engine.run(engine.docker().args(["image", "rm", &name]));
    Sample::with_stages(&fragment.replace("{base}", &name))
}

/// Builds for the files of the result, which tell whether a step ran again.
fn build(sample: &Sample, engine: &Engine, flags: &[&str]) -> (End, String) {
    let end = run(sample.dynbuild(engine).args(["-o", "out"]).args(flags));
    end.assert_code(0, &engine.name);
    let sum = sample.read("out/sum");
    (end, sum)
}

fn assert_said(end: &End, words: &str) {
    assert!(
        end.stderr.contains(words),
        "no `{words}` in:\n{}",
        end.stderr
    );
}

fn leftovers(sample: &Sample, cache: &str) -> usize {
    let ingest = sample.path(cache).join("ingest");
    fs_err::read_dir(ingest).expect("a directory").count()
}

#[test]
fn another_engine_runs_no_step_that_a_directory_knows() {
    let Some((writer, reader)) = pair() else {
        return;
    };
    let sample = sample(&writer, STEPS);
    let caches = [
        "--cache-from",
        "type=local,src=käse",
        "--cache-to",
        "type=local,dest=käse,mode=max",
    ];
    let (end, sum) = build(&sample, &writer, &caches);
    assert_said(&end, "There is no cache in `käse` yet");
    assert_said(&end, "3 steps run, 0 cached");
    assert_eq!(leftovers(&sample, "käse"), 0);

    let (end, read) = build(&sample, &reader, &["--cache-from", "type=local,src=käse"]);
    assert_said(&end, "0 steps run, 3 cached");
    assert!(!end.stderr.contains("warning"), "{}", end.stderr);
    assert_eq!(read, sum);

    let tag = ["--cache-from", "type=local,src=käse,tag=main"];
    let (end, _) = build(&sample, &reader, &tag);
    assert_said(&end, "has no tag `main` yet; it has `latest`");
}

#[test]
fn another_engine_runs_no_step_that_a_registry_knows() {
    let Some((writer, reader)) = pair() else {
        return;
    };
    let sample = sample(&writer, STEPS);
    let cache = format!(
        "type=registry,ref={}/e2e/{}",
        writer.registry,
        unique("cache")
    );
    let (_, sum) = build(
        &sample,
        &writer,
        &["--cache-to", &format!("{cache},mode=max")],
    );
    let (end, read) = build(&sample, &reader, &["--cache-from", &cache]);
    assert_said(&end, "0 steps run, 3 cached");
    assert_eq!(read, sum);
}

#[test]
fn another_engine_runs_no_step_that_a_pushed_image_knows() {
    let Some((containerd, classic)) = pair() else {
        return;
    };
    for (writer, reader) in [(&containerd, &classic), (&classic, &containerd)] {
        let sample = sample(writer, INLINE);
        let repository = format!("{}/e2e/{}", writer.registry, unique("inline"));
        let name = format!("{repository}:latest");
        let mut first = sample.dynbuild(writer);
        run(first.args(["-t", &name, "--cache-to", "type=inline"])).assert_code(0, &writer.name);
        writer.run(writer.docker().args(["push", "--quiet", &name]));
        let show = ["run", "--rm", &name, "cat", "/sum"];
        let sum = writer.run(writer.docker().args(show));
        writer.run(writer.docker().args(["image", "rm", "--force", &name]));

        let cache = format!("type=registry,ref={repository}");
        let (end, read) = build(&sample, reader, &["--cache-from", &cache]);
        assert_said(&end, "0 steps run, 1 cached");
        assert_eq!(read.trim_end(), sum);
    }
}

#[test]
fn buildx_and_dynbuild_read_what_the_other_one_wrote() {
    let Some((writer, reader)) = pair() else {
        return;
    };
    let sample = sample(&writer, STEPS);
    let rendered = run(&mut sample.command(&writer, "render"));
    rendered.assert_code(0, "the Dockerfile");
    sample.write("Dockerfile", &rendered.text());
    let buildx = |engine: &Engine, flags: &[&str]| {
        let mut buildx = engine.buildx();
        buildx
            .current_dir(sample.path(""))
            .args(["build", "-f", "Dockerfile", "--progress=plain"]);
        let end = run(buildx.args(flags).arg("context"));
        end.assert_code(0, "buildx");
        end
    };
    buildx(&writer, &["--cache-to", "type=local,dest=cache,mode=max"]);
    let (end, sum) = build(&sample, &reader, &["--cache-from", "type=local,src=cache"]);
    assert_said(&end, "0 steps run, 3 cached");

    // Into the same directory, next to what buildx wrote there.
    build(
        &sample,
        &writer,
        &["--cache-to", "type=local,dest=cache,mode=max,tag=mine"],
    );
    let both = ["type=local,src=cache", "type=local,src=cache,tag=mine"];
    for cache in both {
        let end = buildx(&reader, &["--cache-from", cache, "-o", "out"]);
        assert!(!end.stderr.contains("skipped"), "{}", end.stderr);
        assert_eq!(sample.read("out/sum"), sum);
    }
}

#[test]
fn damage_is_told_and_its_steps_run() {
    let Some((writer, reader)) = pair() else {
        return;
    };
    let sample = sample(&writer, LARGE);
    let flags = ["--no-load", "--cache-to", "type=local,dest=cache"];
    run(sample.dynbuild(&writer).args(flags)).assert_code(0, "written");
    let blobs = fs_err::read_dir(sample.path("cache/blobs/sha256")).unwrap();
    let paths = blobs.map(|blob| blob.unwrap().path());
    let is_layer = |path: &std::path::PathBuf| {
        let length = fs_err::metadata(path).unwrap().len();
        length > 3_000_000
    };
    let layers: Vec<_> = paths.filter(is_layer).collect();
    let [layer] = &layers[..] else {
        panic!("one layer: {layers:?}")
    };
    let mut bytes = fs_err::read(layer).unwrap();
    bytes[2_000_000] ^= 1;
    fs_err::write(layer, &bytes).unwrap();
    let flags = [
        "-o",
        "type=tar,dest=out.tar",
        "--cache-from",
        "type=local,src=cache",
    ];
    let end = run(sample.dynbuild(&reader).args(flags));
    end.assert_code(0, "the step runs instead");
    assert_said(&end, "1 step run, 0 cached");
    assert_said(&end, "The image layout `cache` is damaged: `sha256:");

    fs_err::write(layer, &bytes[..9]).unwrap();
    let end =
        run(sample
            .dynbuild(&reader)
            .args(["--no-load", "--cache-from", "type=local,src=cache"]));
    end.assert_code(2, "a layer that is cut off");
    assert_said(&end, "rm -r cache");
}

#[test]
fn an_export_that_is_killed_leaves_a_directory_to_go_on_with() {
    let Some((writer, _)) = pair() else { return };
    let sample = Sample::new("RUN echo {salt} && head -c 60000000 /dev/urandom > /large\n");
    let caches = [
        "--cache-from",
        "type=local,src=cache",
        "--cache-to",
        "type=local,dest=cache",
    ];
    let start = || {
        let mut build = sample.dynbuild(&writer);
        Running::start(
            build
                .args(["--no-load", "--progress", "plain"])
                .args(caches),
        )
    };
    let mut running = start();
    running.until_said("writing layer");
    running.signal(Signal::KILL);
    drop(running.end());

    let end = start().end();
    end.assert_code(0, "the same again");
    assert_said(&end, "has no tag `latest` yet");
    assert_eq!(leftovers(&sample, "cache"), 0);
    let end = start().end();
    end.assert_code(0, "from what is there now");
    assert!(!end.stderr.contains("warning"), "{}", end.stderr);
}

#[test]
fn directories_that_cannot_be_used_are_named() {
    for engine in engines::newest() {
        let sample = Sample::new("RUN echo never {salt}\n");
        sample.write("cache/index.json", "{");
        for (flag, cache, words) in [
            (
                "--cache-from",
                "type=local,src=context",
                "`context` is no image layout",
            ),
            (
                "--cache-from",
                "type=local,src=cache",
                "`cache/index.json` is no image index",
            ),
            (
                "--cache-from",
                "type=local",
                "Cache type `local` needs `src=…`",
            ),
            (
                "--cache-to",
                "type=local,src=cache",
                "Cache type `local` needs `dest=…`",
            ),
        ] {
            let end = run(sample.dynbuild(&engine).args(["--no-load", flag, cache]));
            end.assert_code(2, cache);
            assert_said(&end, words);
            assert!(!end.stderr.contains("RUN echo never"), "{}", end.stderr);
        }
        assert_eq!(sample.read("context/a.txt"), "the first file\n");
    }
}

#[test]
fn what_a_store_cannot_write_is_said_before_the_build() {
    for engine in engines::all() {
        if engine.store != Store::Overlay2 {
            continue;
        }
        let sample = Sample::new("RUN echo never {salt}\n");
        let registry = format!("type=registry,ref={}/e2e/never", engine.registry);
        for cache in ["type=local,dest=cache", &registry] {
            let end = run(sample
                .dynbuild(&engine)
                .args(["--no-load", "--cache-to", cache]));
            end.assert_code(3, cache);
            assert_said(&end, "hint: Use `type=inline`");
            assert!(!end.stderr.contains("RUN echo never"), "{}", end.stderr);
        }
        assert!(!sample.path("cache").exists());
    }
}

#[test]
fn an_image_in_a_directory_is_a_context() {
    let Some((containerd, classic)) = pair() else {
        return;
    };
    let base = Sample::new("RUN echo base {salt} > /base\n");
    let archive = ["-t", "a/base:main", "-o", "type=oci,dest=-"];
    let archive = run(base.dynbuild(&containerd).args(archive));
    archive.assert_code(0, "an archive");
    let sample = Sample::with_stages("FROM base AS first\nRUN cp /base /sum\n");
    let layout = sample.path("base");
    fs_err::create_dir(&layout).unwrap();
    tar::Archive::new(archive.stdout.as_slice())
        .unpack(&layout)
        .unwrap();
    for context in ["base=oci-layout://base", "base=oci-layout://base:main"] {
        let (_, sum) = build(&sample, &containerd, &["--build-context", context]);
        assert_eq!(sum, format!("base {}\n", base.salt));
    }
    let wrong = [
        "--no-load",
        "--build-context",
        "base=oci-layout://base:latest",
    ];
    let end = run(sample.dynbuild(&containerd).args(wrong));
    end.assert_code(2, "no such tag");
    assert_said(&end, "has no tag `latest`");
    let context = ["--no-load", "--build-context", "base=oci-layout://base"];
    let end = run(sample.dynbuild(&classic).args(context));
    end.assert_code(3, "the classic store");
    assert_said(&end, "The engine cannot use an image in a directory");
}

#[test]
fn the_cache_service_of_a_job_hears_its_token() {
    let Some((engine, _)) = pair() else { return };
    let service = TcpListener::bind((engine.gateway(), 0)).expect("a port");
    service.set_nonblocking(true).expect("set");
    let address = format!("http://{}/", service.local_addr().expect("an address"));
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    // The engine looks into the token for the caches that it is for.
    let claims = r#"{"exp":4102444800,"nbf":1700000000,"ac":"[{\"Scope\":\"refs/heads/main\",\"Permission\":3}]"}"#;
    let token = [
        part(r#"{"alg":"HS256","typ":"JWT"}"#),
        part(claims),
        part("canary"),
    ]
    .join(".");

    let sample = Sample::new("RUN echo {salt}\n");
    let mut build = sample.dynbuild(&engine);
    build
        .env("ACTIONS_RUNTIME_TOKEN", &token)
        .env("ACTIONS_RESULTS_URL", address)
        .env("ACTIONS_CACHE_SERVICE_V2", "true")
        .args(["--no-load", "--cache-from", "type=gha"]);
    let running = Running::start(&mut build);
    let mut accepted = None;
    eventually("a request of the engine", || {
        accepted = service.accept().ok();
        accepted.is_some()
    });
    let (connection, _) = accepted.expect("a connection");
    connection.set_nonblocking(false).expect("set");
    let lines = BufReader::new(connection).lines();
    let head: Vec<_> = lines
        .map(|line| line.expect("text"))
        .take_while(|line| !line.is_empty())
        .collect();
    let end = running.end();
    end.assert_code(0, "without the cache");
    assert!(head[0].contains("CacheService"), "{head:?}");
    let bearer = format!("authorization: bearer {token}");
    let has_token = |line: &String| line.eq_ignore_ascii_case(&bearer);
    assert!(head.iter().any(has_token), "{head:?}");
    assert!(!end.stderr.contains(&token), "{}", end.stderr);
}
