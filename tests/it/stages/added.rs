//! What is added to an engine's image: the resolver is asked the right question, and its answer is
//! installed by checksums. The resolver itself is a program that notes what it was given.

use super::fake_root::{ENGINES, FakeRoot, OURS};

/// Answers as uv does to a dry run, and keeps the files that it was given.
const UV: &str = r#"#!/bin/sh
case "$*" in
  *"pip install --dry-run"*)
    while [ $# -gt 0 ]; do
      case "$1" in
        --requirement | --override | --constraint) cp "$2" "/asked-${1#--}" ;;
        --exclude-newer) echo "$2" >/asked-before ;;
      esac
      shift
    done
    env | grep ^UV_ | grep -v ^UV_CACHE_DIR= >/asked-variables
    [ ! -f /no-solution ] || { echo "  × No solution found when resolving dependencies" >&2; exit 1; }
    printf ' + %s\n' distro==1.9.0 aiohttp==3.14.3 torch==2.15 apt-made==1.0 >&2 ;;
  *"pip compile"*) cat "$(echo "$*" | grep -o '/tmp/[^ ]*pins.in')" ;;
esac
"#;

fn image() -> Option<FakeRoot> {
    let root = FakeRoot::new()?;
    root.program("stubs/uv", UV);
    root.program("opt/build/bin/uv", UV);
    root.program("opt/build/bin/online", "#!/bin/sh\nexec \"$@\"\n");
    fs_err::create_dir_all(root.path("var/cache/uv")).expect("made");
    root.write(
        "dist/dynamo.in",
        "aiohttp>=3.14.3\nengine==1.0\nkubernetes\n",
    );
    root.write(
        "dist/overrides.txt",
        "nixl==1.3.2\nnixl-cu12 ; sys_platform == 'never'\n",
    );
    root.write("dist/floors.txt", "pillow>=12.3.0\nabsent>=1\n");
    root.package(
        ENGINES,
        "engine",
        "1.0",
        &[
            "Requires-Dist: distro",
            "Requires-Dist: torch==2.12",
            "Requires-Dist: nixl-cu12",
        ],
    );
    root.package(ENGINES, "pillow", "12.0.0", &[]);
    root.package(ENGINES, "aiohttp", "3.13.5", &[]);
    root.package(ENGINES, "torch", "2.12.0a0+nv", &[]);
    // A package of the distribution, which the resolver does not see.
    root.package(OURS, "apt-made", "1.0", &[]);
    Some(root)
}

#[test]
fn an_image_gets_what_it_lacks_and_keeps_the_rest() {
    let Some(root) = image() else { return };
    let words = ["add-to-engine", "/dist", "--exclude-newer", "2026-11-15"];
    let variables = ["UV_INDEX_STRATEGY=unsafe-best-match", "UV_CONSTRAINT=/x"];
    let ran = root.run(&[&variables[..], &words[..]].concat());
    ran.succeeds();
    // Neither PyTorch, nor what is there in this version already.
    assert_eq!(
        ran.stdout,
        "aiohttp==3.14.3\ndistro==1.9.0\n".replace(
            "aiohttp==3.14.3\ndistro==1.9.0",
            "distro==1.9.0\naiohttp==3.14.3"
        )
    );
    for note in [
        "note: the image lacks distro, which engine requires",
        "note: the image's aiohttp 3.13.5 does not do for Dynamo: 3.14.3 goes into the environment",
    ] {
        assert!(ran.stderr.contains(note), "{note}: {}", ran.stderr);
    }
    let wanted = root.read("asked-requirement");
    for line in ["distro", "kubernetes", "pillow>=12.3.0"] {
        assert!(
            wanted.lines().any(|wanted| wanted == line),
            "{line}: {wanted}"
        );
    }
    assert!(
        !wanted.contains("absent"),
        "a floor brings nothing along: {wanted}"
    );
    assert!(
        !wanted.contains("nixl"),
        "an override keeps it out: {wanted}"
    );
    let overrides = root.read("asked-override");
    for line in [
        "nixl==1.3.2",
        "torch ; sys_platform == 'never'",
        "triton ; sys_platform == 'never'",
    ] {
        assert!(
            overrides.lines().any(|own| own == line),
            "{line}: {overrides}"
        );
    }
    assert!(root.read("asked-constraint").contains("apt-made==1.0\n"));
    assert_eq!(root.read("asked-before"), "2026-11-15\n");
    assert_eq!(
        root.read("asked-variables"),
        "",
        "the image's own say where to install from"
    );
}

#[test]
fn an_image_that_does_not_fit_is_reported_with_what_to_allow() {
    let Some(root) = image() else { return };
    root.write("no-solution", "");
    let ran = root.run(&["add-to-engine", "/dist"]);
    ran.fails_with("No solution found when resolving dependencies");
    ran.fails_with("allow another version with --build-arg PYTHON_OVERRIDES='NAME>=VERSION'");
}

/// Requirements of wheels, those of wanted extras with the rest of their markers.
#[test]
fn wheels_say_what_is_resolved() {
    let Some(root) = FakeRoot::new() else { return };
    let make = "import sys, zipfile
for name, lines in (('ai_dynamo', sys.argv[1]), ('ai_dynamo_runtime', '')):
    with zipfile.ZipFile(f'/dist/{name}-1.4.2-py3-none-any.whl', 'w') as file:
        file.writestr(f'{name}-1.4.2.dist-info/METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.4.2\\n{lines}')";
    let lines = "Provides-Extra: vllm\n\
                 Requires-Dist: ai-dynamo-runtime==1.4.2\n\
                 Requires-Dist: aiohttp>=3.14.3\n\
                 Requires-Dist: nixl[cu13]==1.3.2; extra == 'vllm'\n\
                 Requires-Dist: ray>=2; extra == \"vllm\" and python_version < '3.14'\n\
                 Requires-Dist: sgl; extra == 'sglang'\n\
                 Requires-Dist: winloop; sys_platform == 'win32'\n";
    fs_err::create_dir_all(root.path("dist")).expect("made");
    root.run(&["python3", "-c", make, lines]).succeeds();
    let read = |extras: &str| {
        let ran = root.run(&[
            "sh",
            "-c",
            &format!("wheel-requirements --extras '{extras}' /dist/*.whl"),
        ]);
        ran.succeeds();
        ran.stdout
    };
    assert_eq!(
        read(""),
        "aiohttp>=3.14.3\nwinloop ; sys_platform == 'win32'\n"
    );
    assert_eq!(
        read("vllm"),
        "aiohttp>=3.14.3\nnixl[cu13]==1.3.2\nray>=2 ; python_version < '3.14'\nwinloop ; sys_platform == 'win32'\n"
    );
}

/// A resolution honours overrides and floors, and is left to the image where there is one.
#[test]
fn resolutions_get_overrides_and_floors() {
    let Some(root) = FakeRoot::new() else { return };
    root.program("opt/build/bin/online", "#!/bin/sh\nexec \"$@\"\n");
    root.program(
        "opt/build/bin/wheel-requirements",
        "#!/bin/sh\necho aiohttp\n",
    );
    root.stub("uv", "echo 'torch==2.15 \\\\\n    --hash=sha256:1' >requirements.txt; echo 'nvidia-nccl-cu13==1' >>requirements.txt; echo 'blake3==1' >>requirements.txt");
    fs_err::create_dir_all(root.path("dist")).expect("made");
    let variables = [
        "EXTRAS=vllm",
        "MORE=a\\nb",
        "OVERRIDES=nixl==1\\n",
        "FLOORS=pillow>=12",
        "BEFORE=2026-11-15",
    ];
    let resolve = |engine: &str| {
        let engine = format!("ENGINE={engine}");
        let words = [
            &variables[..],
            &[&engine, "resolve", "python3", "/dist", "/dist"][..],
        ]
        .concat();
        root.run(&words).succeeds();
    };
    resolve("wheel");
    let asked = root.read("asked");
    assert!(
        asked.contains(
            "--override overrides.txt --constraint floors.txt --exclude-newer 2026-11-15 dynamo.in"
        ),
        "{asked}"
    );
    assert_eq!(root.read("dist/dynamo.in"), "aiohttp\na\nb\n");
    assert_eq!(root.read("dist/overrides.txt"), "nixl==1\n");
    let parts = ["cuda", "torch", "engine", "rest"]
        .map(|part| root.read(&format!("dist/requirements/{part}.txt")));
    assert_eq!(
        parts,
        [
            "nvidia-nccl-cu13==1\n",
            "torch==2.15 \\\n    --hash=sha256:1\n",
            "",
            "blake3==1\n"
        ]
    );

    fs_err::remove_dir_all(root.path("dist/requirements")).expect("removed");
    fs_err::remove_file(root.path("dist/requirements.txt")).expect("removed");
    fs_err::remove_file(root.path("asked")).expect("removed");
    resolve("image");
    assert_eq!(
        root.read("asked"),
        "",
        "what the image has is not known yet"
    );
}
