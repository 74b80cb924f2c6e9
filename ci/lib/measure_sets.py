"""The part of ci/bench about sets: several targets at once, against `docker buildx bake` and against the clock."""

import json
import os
import subprocess
from statistics import median as middle

from critical_path import Build
from contest import Client, interleave, row, times

TARGETS = ("first", "second", "third")

PROFILE = """\
framework = "sets"
description = "What ci/bench builds as a set"
default-device = "cpu"
default-target = "first"
default-source = "wheel"
sources = ["wheel"]

[devices.cpu]
platforms = ["linux/amd64", "linux/arm64"]
base-image = "docker.io/library/debian:bookworm-slim"
runtime-image = "docker.io/library/debian:bookworm-slim"

[targets.first]
fragment = "sets"
[targets.second]
fragment = "sets"
[targets.third]
fragment = "sets"

[tags]
primary = "bench-sets:{target}"
"""

# Steps sleep: how long the set has to take does not depend on the machine, and three targets do not
# compete for its cores. `base` is what all three share, `one` what two of them do.
DOCKERFILE = """\
ARG BASE_IMAGE
ARG BASE_IMAGE_TAG
FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS base
RUN mkdir /work && sleep 3
FROM base AS one
RUN sleep 2 && echo one > /work/one
FROM base AS two
RUN sleep 3 && echo two > /work/two
FROM base AS first
COPY --from=one /work/one /work/
COPY --from=two /work/two /work/
COPY . /context/
RUN sleep 2
FROM base AS second
COPY --from=one /work/one /work/
RUN sleep 3
FROM base AS third
COPY . /context/
RUN sleep 4
"""

# Six targets of each of two frameworks, for two devices.
PLANNED = [word for framework in ("vllm", "sglang") for word in ("--framework", framework)]
PLANNED += [word for device in ("cuda12.9", "cuda13.0") for word in ("--device", device)]
PLANNED += [word for target in ("wheel_builder", "framework", "runtime", "dev", "local-dev", "aws")
            for word in ("--target", target)]
PLANNED += ["--uid", "1000", "--gid", "1000", "--source", "wheel"]


def make_profile(directory):
    (directory / "profiles/sets.toml").write_text(PROFILE)
    (directory / "dockerfiles/sets.Dockerfile").write_text(DOCKERFILE)


def selection(work):
    targets = [word for target in TARGETS for word in ("--target", target)]
    return ["--framework", "sets", *targets, "--profile-dir", str(work / "profile"),
            "--context", str(work / "small")]


def clients(engine, dynbuild, work):
    """dynbuild, and bake with the file that dynbuild writes for it."""
    plan = subprocess.run([dynbuild, "plan", *selection(work), "--format", "bake"],
                          check=True, capture_output=True, text=True).stdout
    bake = json.loads(plan)
    for target in bake["target"].values():
        target["tags"] = [name.replace("bench-sets:", "bench-sets:buildx-") for name in target["tags"]]
    file = work / "bake.json"
    file.write_text(json.dumps(bake))
    # Bake asks whether it may read a context outside the working directory.
    environment = {**engine.environment, "BUILDX_BAKE_ENTITLEMENTS_FS": "0"}
    line = [str(engine.run_dir / "bin/docker"), "buildx", "bake", "--file", str(file)]
    return [
        Client("dynbuild", [dynbuild, *selection(work)], engine.environment),
        Client("docker buildx bake", line, environment),
    ]


def measure_unchanged(engine, dynbuild, work, runs):
    pair = clients(engine, dynbuild, work)
    interleave(engine, pair, runs)
    return row("three unchanged targets", engine.store, pair)


def measure_shared(engine, dynbuild, work, runs):
    """First builds of the set, by both: each against its own critical path."""
    pair = clients(engine, dynbuild, work)
    pair[0].command += ["--progress", "rawjson", "--jobs", str(len(TARGETS))]
    pair[1].command += ["--progress", "rawjson"]
    shares = {client.name: [] for client in pair}

    def build(client):
        engine.forget()
        sample = client.run()
        with open("client.log", errors="replace") as log:
            path = Build(log).path()
        client.samples.append(sample)
        shares[client.name].append(sample.seconds / sum(length for _, length in path))

    for number in range(runs):
        for client in pair[:: 1 if number % 2 == 0 else -1]:
            build(client)
    ratios = [f"{middle(share):.2f} ({min(share):.2f}–{max(share):.2f})" for share in shares.values()]
    return f"| {engine.store} | {times(pair[0])} | {ratios[0]} | {times(pair[1])} | {ratios[1]} |"


def measure_plan(dynbuild, work, runs):
    """24 targets of the shipped profiles, planned without an engine."""
    command = [dynbuild, "plan", *PLANNED, "--context", str(work / "small"), "--format", "json"]
    plan = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    client = Client("plan", command, dict(os.environ))
    client.samples = [client.run() for _ in range(runs + 1)][1:]
    return f"`dynbuild plan` of {len(plan['targets'])} targets of the shipped profiles: {times(client)}."
