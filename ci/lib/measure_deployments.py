"""The measuring part of ci/bench-deployments: one mock deployment, run by dynrun and by docker compose."""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

IMAGE = "dynamo:latest-dynamo-runtime"
SERVICES = "dynamo:latest-dynamo-services"

# Long enough for every restart and for leases of 10 s.
WATCHED = 25

FILE = """\
deployment = "bench"
schema = 1
framework = "dynamo"
model = "MODEL"
discovery = "DISCOVERY"
EVENTS
[frontend]
port = 8000
bind = "0.0.0.0"
[all.args]
speedup-ratio = 0
[workers.agg]
replicas = 2
# Not every engine may set those of the profile, and compose does not lower them.
[run]
ulimits = []
"""

# The compose files of Dynamo's Docker guide, with the flags of Dynamo 1.4 and the mocker for the engine:
# the frontend's health check, and the workers that wait for it, are theirs.
GUIDE = """\
name: guide
services:
  frontend-0:
    image: IMAGE
    container_name: guide-frontend-0
    command: [python3, -m, dynamo.frontend, --http-port, "8000"]
    environment: &environment
ENVIRONMENT
    ports: ["8000:8000"]
    volumes: &volumes ["MODEL:MODEL:ro", "discovery:/run/dynamo/kv"]
DEPENDS
    healthcheck:
      test: [CMD-SHELL, "curl -fsS http://127.0.0.1:8000/live >/dev/null || exit 1"]
      interval: 2s
      timeout: 2s
      retries: 30
  agg-0: &agg
    image: IMAGE
    container_name: guide-agg-0
    command: [python3, -m, dynamo.mocker, --model-path, MODEL, --model-name, model, --speedup-ratio, "0"]
    environment: *environment
    volumes: *volumes
    depends_on: {frontend-0: {condition: service_healthy}}
  agg-1:
    <<: *agg
    container_name: guide-agg-1
MORE
volumes:
  discovery:
    driver: local
    driver_opts: {type: tmpfs, device: tmpfs, o: "size=16m,mode=1777"}
"""

GUIDE_SERVICES = """\
  etcd-0:
    image: SERVICES
    container_name: guide-etcd-0
    command:
      [etcd, --data-dir, /tmp/etcd, --listen-client-urls, "http://0.0.0.0:2379", --advertise-client-urls, "http://etcd-0:2379"]
    healthcheck: {test: [CMD, etcdctl, endpoint, health], interval: 2s, timeout: 2s, retries: 30}
  nats-0:
    image: SERVICES
    container_name: guide-nats-0
    command: [nats-server, --http_port, "8222", --jetstream, --store_dir, /tmp/nats]
"""


@dataclass
class Contender:
    """A way to run the deployment: how it begins and ends, and what its containers are called."""

    name: str
    prefix: str
    up: list
    down: list
    environment: dict
    starts: list = field(default_factory=list)

    def run(self, words):
        done = subprocess.run(
            words, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}")


class Bench:
    """The engine, the address of its published ports, and a client of the model."""

    def __init__(self, asked):
        self.asked = asked
        self.docker = [asked.docker]
        self.url = f"http://{asked.address}:8000/v1/chat/completions"

    def complete(self, limit=3.0):
        """One completion: the worker that served it, or None."""
        body = {
            "model": "model",
            "messages": [{"role": "user", "content": f"{random.random()} hello"}],
            "max_tokens": 2,
            "nvext": {"extra_fields": ["worker_id"]},
        }
        request = urllib.request.Request(
            self.url, json.dumps(body).encode(), {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=limit) as answer:
                said = json.load(answer)
        except (OSError, ValueError):
            return None
        if not said.get("usage", {}).get("completion_tokens"):
            return None
        return said["nvext"]["worker_id"].get("decode_worker_id")

    def first_answer(self, contender):
        """Seconds from the start of the command to the first completion, which need not wait for its end."""
        begun = time.monotonic()
        command = subprocess.Popen(
            contender.up,
            env=contender.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while self.complete() is None:
            if time.monotonic() - begun > 180:
                sys.exit(f"{contender.name} does not answer")
            time.sleep(0.02)
        seconds = time.monotonic() - begun
        if command.wait():
            sys.exit(f"{contender.name}: {command.returncode}")
        return seconds

    def both_serve(self):
        begun = time.monotonic()
        while len({self.complete() for _ in range(6)} - {None}) < 2:
            if time.monotonic() - begun > 60:
                sys.exit("the second worker does not answer")

    def engine(self, *words):
        return subprocess.run([*self.docker, *words], capture_output=True, text=True).stdout.strip()

    def kill(self, container):
        """SIGKILL, as when it runs out of memory; `docker kill` would count as wanted."""
        pid = self.engine("inspect", "-f", "{{.State.Pid}}", container)
        kill = ["--entrypoint", "sh", IMAGE, "-c", f"kill -9 {pid}"]
        self.engine("run", "--rm", "--pid", "host", "--privileged", "--user", "0", *kill)

    def watch(self):
        """Asks for a while: how many requests failed, the last of them, and who serves at the end."""
        begun, failed, last, asked = time.monotonic(), 0, 0.0, 0
        while time.monotonic() - begun < WATCHED:
            at = time.monotonic() - begun
            asked += 1
            if self.complete() is None:
                failed, last = failed + 1, at
            time.sleep(0.1)
        serving = len({self.complete() for _ in range(8)} - {None})
        return failed, asked, last, serving


def contenders(bench, services):
    work = Path(bench.asked.work)
    model = str(work / "model")
    file = work / ("services.toml" if services else "local.toml")
    text = FILE.replace("MODEL", model).replace("DISCOVERY", "etcd" if services else "file")
    file.write_text(text.replace("EVENTS", 'event-plane = "nats"' if services else ""))
    state = str(work / "state")
    environment = {**os.environ, "XDG_STATE_HOME": state, "MODEL": model}
    dynrun = bench.asked.dynrun
    out = work / ("export-services" if services else "export-local")
    export = [dynrun, "export", file, "--format", "compose", "-o", out]
    subprocess.run(export, check=True, env=environment, capture_output=True)
    guide = work / ("guide-services.yaml" if services else "guide-local.yaml")
    guide.write_text(guide_file(model, services))
    found = [Contender("dynrun", "bench", [dynrun, "up", "-d", str(file)], [dynrun, "down", "bench"], environment)]
    for name, prefix, compose in [
        ("compose, the guide's file", "guide", guide),
        ("compose, `dynrun export`", "bench", out / "compose.yaml"),
    ]:
        words = [*bench.docker, "compose", "-f", str(compose)]
        found.append(Contender(name, prefix, [*words, "up", "-d"], [*words, "down", "-v"], environment))
    return found


def guide_file(model, services):
    environment = {"DYN_NAMESPACE": "guide", "DYN_REQUEST_PLANE": "tcp", "DYN_SYSTEM_PORT": "9090"}
    if services:
        environment |= {"DYN_DISCOVERY_BACKEND": "etcd", "ETCD_ENDPOINTS": "http://etcd-0:2379"}
        environment |= {"DYN_EVENT_PLANE": "nats", "NATS_SERVER": "nats://nats-0:4222"}
    else:
        environment |= {"DYN_DISCOVERY_BACKEND": "file", "DYN_FILE_KV": "/run/dynamo/kv", "DYN_EVENT_PLANE": "zmq"}
    lines = "\n".join(f"      {name}: \"{value}\"" for name, value in environment.items())
    depends = "    depends_on: {etcd-0: {condition: service_healthy}, nats-0: {condition: service_started}}"
    text = GUIDE.replace("ENVIRONMENT", lines).replace("DEPENDS", depends if services else "")
    text = text.replace("MORE", GUIDE_SERVICES if services else "")
    return text.replace("SERVICES", SERVICES).replace("IMAGE", IMAGE).replace("MODEL", model)


def starts(bench, all_contenders, runs):
    """Runs take turns, and the order changes each round; the first round warms up."""
    for number in range(runs + 1):
        for contender in random.sample(all_contenders, len(all_contenders)):
            seconds = bench.first_answer(contender)
            contender.run(contender.down)
            if number:
                contender.starts.append(seconds)


def fault(bench, contender, what):
    contender.run(contender.up)
    while bench.complete() is None:
        time.sleep(0.1)
    bench.both_serve()
    prefix = contender.prefix
    match what:
        case "a worker is killed":
            bench.kill(f"{prefix}-agg-0")
        case "the frontend is killed":
            bench.kill(f"{prefix}-frontend-0")
        case "NATS is killed":
            bench.kill(f"{prefix}-nats-0")
        case "etcd is away for 12 s":
            bench.engine("pause", f"{prefix}-etcd-0")
            time.sleep(12)
            bench.engine("unpause", f"{prefix}-etcd-0")
        case "the supervisor is killed, then a worker":
            if contender.name == "dynrun":
                lock = next(Path(bench.asked.work).glob("state/dynrun/deployments/bench.*/lock"))
                subprocess.run(["kill", "-9", lock.read_text().strip()], check=True)
            bench.kill(f"{prefix}-agg-0")
    result = bench.watch()
    contender.run(contender.down)
    return result


def shown(seconds):
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}–{max(seconds):.2f})"


def table_of_starts(bench):
    print("\n| from `up` to the first answer | dynrun | compose, the guide's file | ratio | compose, `dynrun export` | ratio |")
    print("|---|---|---|---|---|---|")
    for services in [False, True]:
        ways = contenders(bench, services)
        starts(bench, ways, bench.asked.runs)
        ours = statistics.median(ways[0].starts)
        cells = [shown(ways[0].starts)]
        for way in ways[1:]:
            cells += [shown(way.starts), f"**{ours / statistics.median(way.starts):.2f}**"]
        what = "etcd and NATS" if services else "discovery by files"
        print(f"| 2 workers, {what} | {' | '.join(cells)} |", flush=True)


def table_of_faults(bench):
    print("\n| fault | dynrun | compose, the guide's file | compose, `dynrun export` |\n|---|---|---|---|")
    faults = [
        (False, "a worker is killed"),
        (True, "a worker is killed"),
        (False, "the frontend is killed"),
        (True, "etcd is away for 12 s"),
        (True, "NATS is killed"),
        (False, "the supervisor is killed, then a worker"),
    ]
    for services, what in faults:
        cells = []
        for way in contenders(bench, services):
            failed, all_asked, last, serving = fault(bench, way, what)
            until = f", the last after {last:.1f} s" if failed else ""
            cells.append(f"{failed} of {all_asked} failed{until}; {serving} of 2 serve")
        where = "etcd and NATS" if services else "files"
        print(f"| {what} ({where}) | {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ["dynrun", "docker", "address", "work"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--part", choices=["starts", "faults"], help="only this table")
    asked = parser.parse_args()
    bench = Bench(asked)
    version = bench.engine("compose", "version", "--short")
    load = os.getloadavg()[0]
    print(f"{date.today()}, {os.cpu_count()} cores, load {load:.1f}, Docker Compose {version}, {asked.runs} runs")
    if asked.part != "faults":
        table_of_starts(bench)
    if asked.part != "starts":
        table_of_faults(bench)


if __name__ == "__main__":
    main()
