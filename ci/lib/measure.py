"""The measuring part of ci/bench: contexts, interleaved runs, the check of the results, the table."""

import argparse
import os
import platform
import random
import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path

import measure_sets
from contest import Client, Engine, interleave, mebibytes, row, times

PARTS = ["single", "sets"]

HEADER = """\
| case | store | ours | docker's | ratio | memory, ours | memory, docker's | ratio |
|---|---|---|---|---|---|---|---|"""

PROFILE = """\
framework = "bench"
description = "What ci/bench builds"
default-device = "cpu"
default-target = "runtime"
default-source = "wheel"
sources = ["wheel"]

[devices.cpu]
platforms = ["linux/amd64", "linux/arm64"]
base-image = "docker.io/library/debian:bookworm-slim"
runtime-image = "docker.io/library/debian:bookworm-slim"

[targets.runtime]
description = "Five stages, the context in the last"
fragment = "bench"

[tags]
primary = "bench:dynbuild"
"""

DOCKERFILE = """\
ARG BASE_IMAGE
ARG BASE_IMAGE_TAG
FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS base
RUN mkdir /work
FROM base AS one
RUN echo one > /work/one
FROM base AS two
RUN echo two > /work/two
FROM base AS three
RUN echo three > /work/three
FROM base AS runtime
COPY --from=one /work/one /work/
COPY --from=two /work/two /work/
COPY --from=three /work/three /work/
COPY . /context/
"""


def make_context(directory, files, size):
    """`files` files of `size` bytes each, the same ones every time."""
    if directory.exists():
        return
    content = random.Random(files)
    for number in range(files):
        path = directory / f"part{number // 150:03}" / f"file{number:05}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.randbytes(size))


def make_profile(directory):
    (directory / "profiles").mkdir(parents=True, exist_ok=True)
    (directory / "dockerfiles").mkdir(exist_ok=True)
    (directory / "profiles/bench.toml").write_text(PROFILE)
    (directory / "dockerfiles/bench.Dockerfile").write_text(DOCKERFILE)


def clients(engine, dynbuild, work, context):
    """dynbuild, and what its own dry run says the same build is for buildx."""
    selection = ["--framework", "bench", "--profile-dir", str(work / "profile"), "--context", str(context)]
    render = [dynbuild, "render", *selection]
    dockerfile = work / "Dockerfile"
    dockerfile.write_text(subprocess.run(render, check=True, capture_output=True, text=True).stdout)
    dry_run = subprocess.run([dynbuild, *selection, "--dry-run"], check=True, capture_output=True, text=True)
    line = shlex.split(dry_run.stdout.partition(" | ")[2])
    line = [str(dockerfile) if word == "-" else word for word in line[1:]]
    line = [word.replace("bench:dynbuild", "bench:buildx") for word in line]
    return [
        Client("dynbuild", [dynbuild, *selection], engine.environment),
        Client("docker buildx build", [str(engine.run_dir / "bin/docker"), *line], engine.environment),
    ]


def launchers(engine, dynrun):
    """The same short container by both."""
    container = ["--rm", "debian:bookworm-slim", "true"]
    return [
        Client("dynrun", [dynrun, "--no-defaults", *container], engine.environment),
        Client("docker run", [str(engine.run_dir / "bin/docker"), "run", *container], engine.environment),
    ]


def change_one(context):
    """Gives one file of the context new content and a new size."""
    path = context / "part000/file00000"
    path.write_bytes(random.randbytes(9000 + random.randrange(1000)))


def compare(engine):
    """Ends with an error unless both images hold the same files."""
    ours, theirs = engine.content("bench:dynbuild"), engine.content("bench:buildx")
    different = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    # The engine puts these into every container by itself.
    different = [name for name in different if name not in ("etc/hostname", "etc/hosts", "etc/resolv.conf")]
    if different:
        sys.exit(f"{engine.store}: the images differ in {len(different)} files: {', '.join(different[:10])}")
    print(f"Same content on {engine.store}: {len(ours)} entries.", file=sys.stderr)


def measure_store(engine, dynbuild, dynrun, work, runs):
    pair = launchers(engine, dynrun)
    interleave(engine, pair, runs)
    yield row("`dynrun` and `docker run` of `true`", engine.store, pair)
    small, large = work / "small", work / "large"
    pair = clients(engine, dynbuild, work, small)
    interleave(engine, pair, runs)
    yield row("unchanged, 10 files", engine.store, pair)
    compare(engine)
    pair = clients(engine, dynbuild, work, large)
    interleave(engine, pair, max(3, runs // 5), engine.forget)
    yield row("first build, 20,000 files of 200 MB", engine.store, pair)
    compare(engine)
    interleave(engine, pair, max(3, runs // 2))
    yield row("unchanged, 20,000 files of 200 MB", engine.store, pair)
    interleave(engine, pair, max(3, runs // 3), lambda: change_one(large))
    yield row("one file changed there", engine.store, pair)


def measure_dry_run(dynbuild, work, runs):
    command = [dynbuild, "--framework", "bench", "--profile-dir", str(work / "profile"),
               "--context", str(work / "small"), "--dry-run"]
    client = Client("dry run", command, dict(os.environ))
    client.samples = [client.run() for _ in range(runs + 1)][1:]
    return f"`dynbuild --dry-run`: {times(client)}, {mebibytes(client)}."


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB memory, Linux {platform.release()}, {platform.machine()}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dynbuild", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--part", choices=PARTS, action="append", dest="parts")
    parser.add_argument("engines", nargs="+", type=Engine)
    options = parser.parse_args()
    options.parts = options.parts or PARTS
    dynbuild = str(Path(options.dynbuild).resolve())
    dynrun = str(Path(options.dynbuild).resolve().with_name("dynrun"))
    options.work.mkdir(parents=True, exist_ok=True)
    os.chdir(options.work)
    make_profile(options.work / "profile")
    measure_sets.make_profile(options.work / "profile")
    make_context(options.work / "small", 10, 1000)
    make_context(options.work / "large", 20_000, 10_000)

    print(f"{date.today()}, {machine()}, load {os.getloadavg()[0]:.1f}; {options.runs} runs of the first case,"
          " median (fastest–slowest), median of peak memory.\n")
    if "single" in options.parts:
        single(options, dynbuild, dynrun)
    if "sets" in options.parts:
        sets(options, dynbuild)


def single(options, dynbuild, dynrun):
    print(HEADER)
    for engine in options.engines:
        for line in measure_store(engine, dynbuild, dynrun, options.work, options.runs):
            print(line, flush=True)
    print("\n" + measure_dry_run(dynbuild, options.work, options.runs) + "\n")


def sets(options, dynbuild):
    print(HEADER)
    for engine in options.engines:
        print(measure_sets.measure_unchanged(engine, dynbuild, options.work, options.runs), flush=True)
    print("\n| first build of a set | dynbuild | of its critical path | docker buildx bake | of its critical path |")
    print("|---|---|---|---|---|")
    for engine in options.engines:
        line = measure_sets.measure_shared(engine, dynbuild, options.work, max(3, options.runs // 3))
        print(line, flush=True)
    print("\n" + measure_sets.measure_plan(dynbuild, options.work, options.runs))


if __name__ == "__main__":
    main()
