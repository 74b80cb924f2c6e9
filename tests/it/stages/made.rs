//! Scripts that compile, install and download: what they ask the programs for, and what they refuse.

use super::fake_root::FakeRoot;

/// A root in which Dynamo's wheels can be compiled by programs that only note what they are asked for.
fn tree() -> Option<FakeRoot> {
    let root = FakeRoot::new()?;
    for passes_on in ["online", "compile"] {
        root.program(
            &format!("opt/build/bin/{passes_on}"),
            "#!/bin/sh\nexec \"$@\"\n",
        );
    }
    // Where it is called from is the crate; its flags are those of the tree.
    root.stub(
        "maturin",
        "echo \"in $(pwd | sed 's,.*/src/,,') with $(cat ../../../.cargo/config.toml)\" >>/asked",
    );
    root.stub("uv", "");
    root.stub("rustc", "echo 'rustc 1.96.1 (x 2026-07-01)'");
    root.stub(
        "rsync",
        "for last; do :; done; mkdir -p \"$last\"; cp -a /src/. \"$last\"",
    );
    root.write("src/.cargo/config.toml", "tokio_unstable");
    root.write(
        "src/rust-toolchain.toml",
        "[toolchain]\nchannel = \"1.96.1\"\n",
    );
    let features = "[features]\nkv-indexer = []\nmedia-ffmpeg = []\n";
    root.write("src/lib/bindings/python/Cargo.toml", features);
    root.write(
        "src/lib/bindings/kvbm/Cargo.toml",
        "[features]\nnccl = []\n",
    );
    root.write("etc/os-release", "ID=debian\nVERSION_ID=13\n");
    Some(root)
}

fn build(root: &FakeRoot, variables: &[&str]) -> super::fake_root::Ran {
    let all = [
        "FEATURES=",
        "KVBM=false",
        "KVBM_FEATURES=",
        "GPU_MEMORY_SERVICE=false",
        "CARGO_FLAGS=--locked",
    ];
    root.run(&[&all[..], variables, &["build-wheels", "/src", "python3"]].concat())
}

#[test]
fn wheels_of_a_tree_have_upstreams_features_and_the_flags_of_the_tree() {
    let Some(root) = tree() else { return };
    let variables = [
        "FEATURES=kv-indexer request-trace-s3",
        "WANTED_FEATURES=media-ffmpeg",
        "KVBM=true",
        "KVBM_FEATURES=nccl",
        "GPU_MEMORY_SERVICE=true",
    ];
    let ran = build(&root, &variables);
    ran.succeeds();
    let note = "note: these sources have no feature request-trace-s3 of lib/bindings/python, which is left out";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    let asked = root.read("asked");
    for line in [
        "maturin build --release --locked --features media-ffmpeg kv-indexer  --compatibility linux",
        "in lib/bindings/python with tokio_unstable",
        "maturin build --release --locked --features nccl  --compatibility linux",
        "in lib/bindings/kvbm with tokio_unstable",
        "src/lib/gpu_memory_service",
    ] {
        assert!(asked.contains(line), "no `{line}` in\n{asked}");
    }
    let missing = build(&root, &["WANTED_FEATURES=media-nixl"]);
    missing
        .fails_with("error: these sources have no feature media-nixl\n  fix: --disable media-nixl");
}

#[test]
fn a_tree_that_wants_a_newer_rust_is_refused_before_it_is_compiled() {
    let Some(root) = tree() else { return };
    for (file, text, refused) in [
        (
            "rust-toolchain.toml",
            "[toolchain]\nchannel = \"1.97.0\"\n",
            true,
        ),
        (
            "rust-toolchain.toml",
            "[toolchain]\nchannel = \"1.96.3\"\n",
            false,
        ),
        (
            "rust-toolchain.toml",
            "[toolchain]\nchannel = \"1.90\"\n",
            false,
        ),
        (
            "rust-toolchain.toml",
            "[toolchain]\nchannel = \"stable\"\n",
            false,
        ),
        ("rust-toolchain", "1.100.0\n", true),
    ] {
        fs_err::remove_file(root.path("src/rust-toolchain.toml")).ok();
        root.write(&format!("src/{file}"), text);
        let ran = build(&root, &[]);
        if refused {
            ran.fails_with("these sources want Rust 1.");
            ran.fails_with(&format!("({file}), and the build has 1.96.1"));
            ran.fails_with("fix: --build-arg RUST_SOURCE=archive --build-arg RUST_VERSION=1.");
        } else {
            assert!(ran.succeeded, "{text}: {}", ran.stderr);
        }
    }
}

/// Repositories of NVIDIA, Intel and a PPA stay unread: one that is out of step must not end a build.
#[test]
fn packages_come_from_the_distribution_unless_it_has_not_got_them() {
    let Some(root) = FakeRoot::new() else { return };
    root.program("opt/build/bin/online", "#!/bin/sh\nexec \"$@\"\n");
    let shown = "for word; do case $word in Dir::Etc::sourceparts=*) ls ${word#*=} >>/asked;; esac; done; \
                 [ ! -f /distribution-is-poor ] || case \"$*\" in *sourceparts*install*) exit 100;; esac";
    root.stub("apt-get", shown);
    root.write("etc/os-release", "VERSION_CODENAME=noble\n");
    let lists = "etc/apt/sources.list.d";
    root.write(&format!("{lists}/ubuntu.sources"), "Types: deb\nURIs: http://archive/\nSuites: noble noble-updates\nSigned-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n");
    root.write(&format!("{lists}/cuda.list"), "deb [signed-by=/usr/share/keyrings/cuda-archive-keyring.gpg] https://developer.example/cuda /\n");
    root.write(
        &format!("{lists}/ppa.list"),
        "deb https://ppa.launchpadcontent.net/x/ubuntu noble main\n",
    );
    root.write(
        &format!("{lists}/oneapi.sources"),
        "Suites: all\nURIs: https://apt.example/oneapi\n",
    );
    root.write(
        &format!("{lists}/off.list"),
        "# deb http://archive/ noble main\n",
    );
    root.write("etc/apt/apt.conf.d/docker-clean", "clean");
    root.run(&["install-packages", "curl", "git"]).succeeds();
    let asked = root.read("asked");
    let lists: Vec<_> = asked
        .lines()
        .filter(|line| !line.starts_with("apt-get"))
        .collect();
    assert_eq!(lists, ["ubuntu.sources", "ubuntu.sources"], "{asked}");
    assert!(
        asked.contains("-y install --no-install-recommends curl git"),
        "{asked}"
    );
    assert_eq!(root.read("etc/apt/apt.conf.d/docker-clean"), "clean");

    root.write("distribution-is-poor", "");
    let ran = root.run(&["install-packages", "libcufile"]);
    ran.succeeds();
    assert!(
        ran.stderr
            .contains("note: the distribution's own lists do not do")
    );
    assert!(
        root.read("asked").contains(
            "apt-get -q -o Acquire::Retries=5 -y install --no-install-recommends libcufile"
        )
    );
}

/// A root with the users and programs of an engine's image.
fn image() -> Option<FakeRoot> {
    let root = FakeRoot::new()?;
    root.program(
        "opt/build/bin/install-packages",
        "#!/bin/sh\necho \"$*\" >/asked-packages\n",
    );
    root.stub("useradd", "");
    root.stub("userdel", "exit 12");
    root.stub("getent", "[ -s /taken ] && cat /taken || exit 2");
    root.stub("install", "shift 6; mkdir -p \"$@\"");
    root.write("opt/services/bin/etcd", "");
    root.write("opt/services/legal/etcd/copyright", "");
    root.write("tmp/native/lib/libavcodec.so.1", "");
    root.write("opt/sources/engine.py", "");
    Some(root)
}

#[test]
fn the_python_of_an_engines_image_stays_as_it_is() {
    let Some(root) = image() else { return };
    let version = root.run(&[
        "python3",
        "-c",
        "import sys; print('%d.%d' % sys.version_info[:2])",
    ]);
    let version = version.stdout.trim();
    root.stub("c++", "");
    let prepare = |source: &str, version: &str, compiles: &str| {
        root.run(&[
            "prepare-runtime",
            source,
            version,
            compiles,
            "libnuma1 ssh",
            "/opt/sources",
        ])
    };
    prepare("image", version, "false").succeeds();
    assert_eq!(
        root.read("asked-packages"),
        "ca-certificates curl libnuma1 ssh\n"
    );
    assert!(!root.path("opt/sources").exists());
    assert!(
        root.path("opt/dynamo/bin/etcd").exists(),
        "behind the image's own in PATH"
    );
    assert_eq!(
        root.read("etc/ld.so.conf.d/native.conf"),
        "/opt/native/lib\n"
    );
    let entered = root.run(&["/opt/dynamo/bin/entrypoint", "sh", "-c", "umask"]);
    assert_eq!(entered.stdout, "0002\n");
    root.write(
        "opt/intel/oneapi/setvars.sh",
        "export ONEAPI_ROOT=/opt/intel/oneapi\n",
    );
    let entered = root.run(&[
        "/opt/dynamo/bin/entrypoint",
        "sh",
        "-c",
        "echo $ONEAPI_ROOT",
    ]);
    assert_eq!(entered.stdout, "/opt/intel/oneapi\n");

    let other = prepare("image", "3.99", "false");
    other.fails_with(&format!(
        "the engine's image has Python {version}, and PYTHON_VERSION is 3.99"
    ));
    other.fails_with(&format!("fix: --build-arg PYTHON_VERSION={version}"));
    fs_err::remove_dir_all(root.path("opt/native")).expect("removed");
    prepare("wheel", "3.99", "true").succeeds();
    assert_eq!(
        root.read("asked-packages"),
        "ca-certificates curl libnuma1 ssh python3.99 python3.99-dev\n"
    );
}

#[test]
fn a_user_with_the_id_1000_goes_or_ends_the_build_with_a_reason() {
    let Some(root) = image() else { return };
    let prepare = ["prepare-runtime", "none", "3.13", "false", "", ""];
    root.write("taken", "ubuntu:x:1000:1000::/home/ubuntu:/bin/bash\n");
    let ran = root.run(&prepare);
    ran.fails_with("error: the image's user ubuntu has the id 1000 and cannot be removed");
    assert!(!root.read("asked").contains("useradd"));
    // Its home or its mail may not be there: what counts is the id.
    root.stub("userdel", ": >/taken; exit 12");
    root.run(&prepare).succeeds();
    let asked = root.read("asked");
    assert!(asked.contains("userdel --remove ubuntu\n"), "{asked}");
    assert!(
        asked.contains("useradd --uid 1000 --gid 0 --create-home"),
        "{asked}"
    );
}

#[test]
fn an_image_does_not_send_installations_elsewhere() {
    let Some(root) = FakeRoot::new() else { return };
    let shown = "env | grep -E '^(UV|PIP)_' | sort >/asked-variables; umask >>/asked-variables";
    root.stub("uv", shown);
    root.program("opt/build/bin/uv", &root.read("stubs/uv"));
    root.write("added.txt", "distro==1.9.0 --hash=sha256:1\n");
    root.write("none.txt", "");
    let own = [
        "UV_INDEX_STRATEGY=x",
        "UV_CONSTRAINT=/x",
        "UV_CACHE_DIR=/opt/uv/cache",
        "UV_EXTRA_INDEX_URL=x",
        "UV_PYTHON=/usr/bin/python3",
    ];
    let words = ["install-requirements", "/none.txt", "/added.txt"];
    root.run(&[&own[..], &words[..]].concat()).succeeds();
    let expected = "UV_CACHE_DIR=/var/cache/uv\nUV_LINK_MODE=copy\n0002\n";
    assert_eq!(root.read("asked-variables"), expected);
    let asked = root.read("asked");
    assert_eq!(asked.lines().count(), 1, "{asked}");
    assert!(
        asked.contains("--no-deps --require-hashes --requirement /added.txt"),
        "{asked}"
    );
}

#[test]
fn a_download_without_its_checksum_is_refused() {
    let Some(root) = FakeRoot::new() else { return };
    root.program("opt/build/bin/online", "#!/bin/sh\nexec \"$@\"\n");
    root.write("source", "abc");
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let fetch = |sums: &[&str]| root.run(&[&["fetch", "file:///source", "/got"], sums].concat());
    if root.run(&["sh", "-c", "command -v curl"]).succeeded {
        fetch(&["1", sum]).succeeds();
        fetch(&["1"]).fails_with(&format!("has the checksum {sum}, expected one of: 1"));
        fetch(&[]).fails_with("no checksum is set for file:///source");
        assert!(!root.path("got").exists());
    }
}

/// Programs of services lie outside of `PATH`'s first places, and nothing of their packages is installed.
#[test]
fn services_are_taken_out_of_their_packages() {
    let Some(root) = FakeRoot::new() else { return };
    root.program(
        "opt/build/bin/distribution-apt",
        "#!/bin/sh\n[ \"$1\" = update ] || touch package.deb\n",
    );
    root.stub("dpkg-deb", "mkdir -p usr/bin usr/share/doc/x etc/init.d; cp /bin/true usr/bin/etcd; cp /bin/false etc/init.d/etcd; touch usr/share/doc/x/copyright");
    root.run(&["take-program", "etcd", "package", "etcd-server", ""])
        .succeeds();
    root.run(&["/opt/services/bin/etcd"]).succeeds();
    assert!(root.path("opt/services/legal/etcd/copyright").exists());
    root.run(&["take-program", "etcdctl", "package", "etcd-client", ""])
        .fails_with("error: there is no program etcdctl in the package etcd-client");
    root.run(&["take-program", "etcd", "git", "x", ""])
        .fails_with("the source of etcd is \"git\", not package or archive");
}
