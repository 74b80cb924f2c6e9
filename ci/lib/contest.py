"""What the parts of ci/bench share: clients that take turns, private engines, rows of a table."""

import hashlib
import os
import shlex
import statistics
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

PEAK = str(Path(__file__).with_name("peak.py"))


@dataclass
class Sample:
    """One run of a client: wall time in seconds, peak memory in bytes."""

    seconds: float
    peak: int


@dataclass
class Client:
    """Something that builds: a name and the command for a context."""

    name: str
    command: list
    environment: dict
    samples: list = field(default_factory=list)

    def run(self):
        """Runs once; a failure ends the benchmark with what the client said."""
        with open("client.log", "wb") as log:
            subprocess.run(
                [sys.executable, "-I", "-S", PEAK, "client.times", *self.command],
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True,
            )
        seconds, peak, status = Path("client.times").read_text().split()
        if status != "0":
            sys.exit(f"{shlex.join(self.command)} ended with {status}\n"
                     + Path("client.log").read_text(errors="replace"))
        return Sample(float(seconds), int(peak) * 1024)


class Engine:
    """A private engine, known by its run directory."""

    def __init__(self, run_dir):
        self.run_dir = Path(run_dir)
        self.store = self.run_dir.name.rpartition("-")[2]
        self.environment = {
            **os.environ,
            "DOCKER_HOST": f"unix://{self.run_dir}/docker.sock",
            "DOCKER_CONFIG": f"{self.run_dir}/client",
        }

    def docker(self, *arguments):
        return subprocess.run(
            [self.run_dir / "bin/docker", *arguments],
            env=self.environment, check=True, capture_output=True, text=True,
        ).stdout.strip()

    def tidy(self):
        """Removes the images that later runs took the names from."""
        self.docker("image", "prune", "--force")

    def forget(self):
        """Removes every trace of earlier builds."""
        self.docker("buildx", "prune", "--all", "--force")

    def content(self, image):
        """All files of an image with everything about them but the time of what steps made."""
        container = self.docker("create", image)
        try:
            export = subprocess.Popen(
                [self.run_dir / "bin/docker", "export", container],
                env=self.environment, stdout=subprocess.PIPE,
            )
            with tarfile.open(fileobj=export.stdout, mode="r|") as archive:
                entries = {entry.name: describe(archive, entry) for entry in archive}
            export.wait()
            return entries
        finally:
            self.docker("rm", container)


def describe(archive, entry):
    digest = hashlib.sha256(archive.extractfile(entry).read()).hexdigest() if entry.isreg() else ""
    copied = entry.isreg() and entry.name.startswith("context/")
    return (entry.type, entry.mode, entry.uid, entry.gid, entry.linkname, digest,
            entry.mtime if copied else 0)


def interleave(engine, contenders, runs, before=lambda: None):
    """Warms up each, then runs them in turn, in alternating order."""
    engine.tidy()
    for client in contenders:
        client.samples = []
        before()
        client.run()
    for number in range(runs):
        for client in contenders[:: 1 if number % 2 == 0 else -1]:
            before()
            client.samples.append(client.run())


def row(case, store, contenders):
    ours, theirs = contenders
    ratio = median(ours) / median(theirs)
    memory = peak(ours) / peak(theirs)
    return (f"| {case} | {store} | {times(ours)} | {times(theirs)} | **{ratio:.2f}** "
            f"| {mebibytes(ours)} | {mebibytes(theirs)} | **{memory:.2f}** |")


def median(client):
    return statistics.median(sample.seconds for sample in client.samples)


def peak(client):
    return statistics.median(sample.peak for sample in client.samples)


def times(client):
    seconds = [sample.seconds for sample in client.samples]
    return f"{median(client):.3f} s ({min(seconds):.3f}–{max(seconds):.3f})"


def mebibytes(client):
    return f"{peak(client) / 2**20:.0f} MiB"
