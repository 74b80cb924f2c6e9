//! What is done to an engine's image, and the checks at the end of a build, on images as awkward as the
//! real ones: each check is shown what it is there to find.

use super::fake_root::{ENGINES, FakeRoot, OURS};

/// The library that Dynamo loads by name, where NIXL's wheels have it.
fn nixl(root: &FakeRoot, site: &str) -> String {
    let directory = format!("{site}/.nixl_cu13.mesonpy.libs");
    root.library(&format!("{directory}/libnixl.so.1"), &[]);
    root.library(&format!("{directory}/libnixl_capi.so"), &[]);
    directory
}

#[test]
fn packages_of_image_and_environment_go_together_or_the_build_ends() {
    let Some(root) = FakeRoot::new() else { return };
    root.write("overrides.txt", "pydantic>=2\n");
    root.package(
        OURS,
        "ai-dynamo",
        "1.4.2",
        &[
            "Requires-Dist: aiohttp>=3.14.3",
            "Requires-Dist: pydantic<2.13",
            "Requires-Dist: torch",
            "Requires-Dist: windows-only; sys_platform == 'win32'",
            "Requires-Dist: extra-only; extra == 'vllm'",
        ],
    );
    root.package(ENGINES, "aiohttp", "3.14.3", &[]);
    root.package(ENGINES, "pydantic", "2.13.4", &[]);
    root.package(ENGINES, "engine", "1.0", &["Requires-Dist: lost>=2"]);
    let check = ["check-packages", "/overrides.txt"];
    let ran = root.run(&check);
    ran.succeeds();
    assert!(
        ran.stderr
            .contains("note: 1 requirements between packages of the image itself")
    );

    root.package(ENGINES, "aiohttp", "3.13.5", &[]);
    fs_err::remove_dir_all(root.path(&format!("{ENGINES}/aiohttp-3.14.3.dist-info")))
        .expect("removed");
    let reason = "ai-dynamo 1.4.2 requires aiohttp>=3.14.3, but 3.13.5 is there";
    root.run(&check).fails_with(reason);
    // What is added must not be too new for the engine either.
    root.package(OURS, "aiohttp", "3.15.0", &[]);
    root.package(ENGINES, "engine", "1.0", &["Requires-Dist: aiohttp<3.15"]);
    root.run(&check)
        .fails_with("engine 1.0 requires aiohttp<3.15, but 3.15.0 is there");
}

#[test]
fn modules_that_cannot_be_imported_end_the_build_with_what_is_missing() {
    let Some(root) = FakeRoot::new() else { return };
    root.package(ENGINES, "engine", "1.0", &["Requires-Dist: lost-module>=2"]);
    root.write(&format!("{ENGINES}/good.py"), "");
    root.write(&format!("{ENGINES}/needs.py"), "import lost_module\n");
    root.write(
        &format!("{ENGINES}/native.py"),
        "raise ImportError('libmlx5.so.1: cannot open shared object file: No such file or directory')\n",
    );
    root.write(&format!("{ENGINES}/dies.py"), "import os; os.abort()\n");
    root.write(
        &format!("{ENGINES}/quits.py"),
        "import sys; sys.exit('no GPU')\n",
    );
    root.run(&["check-imports", "good"]).succeeds();
    let ran = root.run(&["check-imports", "needs", "good", "native", "dies"]);
    for reason in [
        "error: the image cannot import needs: ModuleNotFoundError: No module named 'lost_module'",
        "fix: add the package of lost_module, which engine may require with --build-arg PYTHON_REQUIREMENTS=NAME",
        "error: the image cannot import native: ImportError: libmlx5.so.1",
        "fix: add the package that has libmlx5.so.1 with --build-arg RUNTIME_PACKAGES=NAME",
        "error: the image cannot import dies: the interpreter ended with status",
    ] {
        ran.fails_with(reason);
    }
    assert!(!ran.stderr.contains("cannot import good"), "{}", ran.stderr);
    root.run(&["check-imports", "quits"])
        .fails_with("cannot import quits");
    // Where importing needs the driver of a GPU, it is enough that the module is there.
    root.run(&["check-imports", "--find", "native", "good"])
        .succeeds();
    let missing = root.run(&["check-imports", "--find", "good", "tensorrt_llm"]);
    missing.fails_with("cannot import tensorrt_llm: ModuleNotFoundError");
}

#[test]
fn nixl_is_found_by_the_loader_once_the_image_is_prepared() {
    let Some(root) = FakeRoot::new() else { return };
    let directory = nixl(&root, ENGINES);
    let reason = "the loader does not find NIXL's C interface, which Dynamo loads by name";
    root.run(&["check-native"]).fails_with(reason);

    // Of the directories that an image may have, those count that it has.
    fs_err::create_dir_all(root.path("opt/nvidia/nvda_nixl/lib/x86_64-linux-gnu")).expect("made");
    let patterns = "/usr/local/tensorrt/none /opt/nvidia/nvda_nixl/lib/*-linux-gnu";
    root.run(&["prepare-engine", "image", patterns]).succeeds();
    root.run(&["check-native"]).succeeds();
    assert_eq!(
        root.read("etc/ld.so.conf.d/00-dynamo.conf"),
        format!("/{directory}\n/opt/nvidia/nvda_nixl/lib/x86_64-linux-gnu\n")
    );
    let link = fs_err::read_link(root.path("opt/dynamo/nixl")).expect("a link");
    assert_eq!(link.display().to_string(), format!("/{directory}"));

    // TensorRT-LLM has one of its own, with which its programs were linked.
    let own = format!("{ENGINES}/tensorrt_llm/libs/nixl");
    root.library(&format!("{own}/libnixl.so"), &[]);
    root.run(&["prepare-engine", "image", ""]).succeeds();
    let found = root.read("etc/ld.so.conf.d/00-dynamo.conf");
    assert_eq!(found, format!("/{own}\n/{directory}\n"));
}

#[test]
fn two_nixls_or_two_ucxs_in_one_process_end_the_build() {
    let Some(root) = FakeRoot::new() else { return };
    root.package(ENGINES, "nixl-cu12", "1.3.0", &[]);
    root.package(ENGINES, "nixl_cu13", "1.3.0", &[]);
    root.run(&["check-native"]).succeeds();
    fs_err::remove_dir_all(root.path(&format!("{ENGINES}/nixl_cu13-1.3.0.dist-info")))
        .expect("removed");
    root.package(OURS, "nixl-cu13", "1.3.2", &[]);
    root.run(&["check-native"])
        .fails_with("NIXL is there 2 times: nixl-cu12, nixl-cu13");
    fs_err::remove_dir_all(root.path(&format!("{OURS}/nixl_cu13-1.3.2.dist-info")))
        .expect("removed");

    let directory = nixl(&root, ENGINES);
    root.run(&["prepare-engine", "image", ""]).succeeds();
    root.library("other/libucp.so.0", &[]);
    root.library(&format!("{directory}/libucp-1a2b3c4d.so.0"), &[]);
    let load = format!(
        "import ctypes\nctypes.CDLL('/{directory}/libucp-1a2b3c4d.so.0')\nctypes.CDLL('/other/libucp.so.0')\n"
    );
    root.write(&format!("{ENGINES}/nixl.py"), &load);
    root.run(&["check-native"])
        .fails_with("libucp is loaded 2 times into one process: /engine/");
}

#[test]
fn libraries_that_are_delivered_must_load() {
    let Some(root) = FakeRoot::new() else { return };
    root.library("opt/native/lib/libgone.so.1", &[]);
    root.library("opt/native/lib/libavcodec.so.1.0", &["libgone.so.1"]);
    root.write("etc/ld.so.conf.d/native.conf", "/opt/native/lib\n");
    root.run(&["ldconfig"]).succeeds();
    root.run(&["check-native"]).succeeds();
    fs_err::remove_file(root.path("opt/native/lib/libgone.so.1")).expect("removed");
    root.run(&["check-native"]).fails_with(
        "/opt/native/lib/libavcodec.so.1.0 cannot be loaded here: libgone.so.1 => not found",
    );
}

/// Runs a check as the user of an image: root's own powers would open every directory.
fn as_user<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let plain = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"];
    [&plain, words].concat()
}

#[test]
fn users_write_where_the_engine_keeps_its_kernels() {
    let Some(root) = FakeRoot::new() else { return };
    let cubins = format!("{ENGINES}/flashinfer_cubin/cubins");
    root.write(&format!("{cubins}/deep/kernel.cubin"), "code");
    root.set_mode(&format!("{cubins}/deep/kernel.cubin"), 0o444);
    for folder in ["deep", ""] {
        root.set_mode(&format!("{cubins}/{folder}"), 0o555);
    }
    let check = as_user(&["check-caches"]);
    root.run(&check).fails_with(
        "FlashInfer cannot write its kernels into /engine/dist-packages/flashinfer_cubin/cubins",
    );
    root.run(&["prepare-engine", "image", ""]).succeeds();
    assert_eq!(root.mode(&format!("{cubins}/deep")), 0o575);
    // A changed mode would store the file again.
    assert_eq!(root.mode(&format!("{cubins}/deep/kernel.cubin")), 0o444);
    for folder in ["deep", ""] {
        root.set_mode(&format!("{cubins}/{folder}"), 0o755);
    }
    root.run(&check).succeeds();

    let cache = as_user(&["env", "UV_CACHE_DIR=/opt/uv/cache", "check-caches"]);
    root.write("opt/uv/cache/x", "");
    root.set_mode("opt/uv/cache", 0o555);
    root.run(&cache)
        .fails_with("UV_CACHE_DIR is /opt/uv/cache, where /opt/uv/cache cannot be written");
    root.write("tmp/torchinductor_root/x", "");
    root.run(&check)
        .fails_with("a step of the build left /tmp/torchinductor_root, which belongs to root");
}

#[test]
fn programs_of_the_engine_see_the_environment_and_nothing_is_replaced() {
    let Some(root) = FakeRoot::new() else { return };
    root.package(ENGINES, "engine", "1.0", &[]);
    let info = format!("{ENGINES}/engine-1.0.dist-info");
    let entries = "[console_scripts]\nserve = engine:main\nown = engine:main\n";
    root.write(&format!("{info}/entry_points.txt"), entries);
    root.write(
        &format!("{ENGINES}/engine.py"),
        "def main():\n    import added\n    print('with', added.__name__)\n",
    );
    root.write(&format!("{OURS}/added.py"), "");
    root.program("opt/dynamo/venv/bin/own", "#!/bin/sh\necho own\n");
    root.program(
        &format!("{ENGINES}/triton/backends/nvidia/bin/ptxas"),
        "#!/bin/sh\n",
    );
    root.run(&["prepare-engine", "image", "", "engine", "absent"])
        .succeeds();
    // The user could not write it, and would compile in every process.
    let compiled = fs_err::read_dir(root.path(&format!("{ENGINES}/__pycache__")));
    assert!(compiled.is_ok_and(|files| files.count() > 0));
    assert_eq!(root.run(&["serve"]).stdout, "with added\n");
    assert_eq!(root.run(&["own"]).stdout, "own\n");
    root.run(&["sh", "-c", "test -x /opt/dynamo/cuda/ptxas"])
        .succeeds();
}

#[test]
fn compilers_that_engines_want_are_missed_in_the_build() {
    let Some(root) = FakeRoot::new() else { return };
    let ran = root.run(&["CC=no-such-cc", "check-compiler"]);
    ran.fails_with("torch.compile needs a compiler, and there is no no-such-cc");
    root.write(&format!("{ENGINES}/triton/__init__.py"), "");
    let ran = root.run(&["TRITON_PTXAS_PATH=/opt/dynamo/cuda/ptxas", "check-compiler"]);
    ran.fails_with("TRITON_PTXAS_PATH names /opt/dynamo/cuda/ptxas, which is no program");
    root.stub(
        "cc",
        "echo 'Python.h: No such file or directory' >&2; exit 1",
    );
    let ran = root.run(&["check-compiler"]);
    ran.fails_with("torch.compile needs the headers of Python");
    ran.fails_with("--build-arg RUNTIME_PACKAGES=python");
}
