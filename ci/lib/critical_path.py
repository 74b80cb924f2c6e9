"""Says how long a build took, and how long it has to take by its own steps.

    dynbuild … --progress rawjson 2>build.json
    python3 ci/lib/critical_path.py build.json

The critical path is the longest chain of things that wait for each other: the Dockerfile, the metadata
of base images, the steps (each for those that it is made from), the longest export or upload, the longest
move of a name. Had everything else run next to it and nothing lain between two of them, the build would
have taken as long as that.
"""

import sys
from datetime import datetime
from json import JSONDecodeError, loads

# What comes before and after all steps; BuildKit does not connect these with them.
BEFORE = [("[internal] load build definition",), ("[internal] load metadata", "[internal] load .dockerignore")]
AFTER = [("exporting", "pushing", "loading"), ("naming",)]


def seconds(text):
    """An RFC 3339 time in seconds; Python reads no nanoseconds."""
    text = text.removesuffix("Z")
    whole, _, fraction = text.partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float(f"0.{fraction or 0}")


class Build:
    """The things that a build did, and when."""

    def __init__(self, lines):
        self.vertexes = {}
        self.times = []
        for line in lines:
            try:
                event = loads(line)
            except JSONDecodeError:
                continue  # Notes from before the build are plain text.
            if at := event.get("dynbuild", {}).get("at"):
                self.times.append(seconds(at))
            for vertex in event.get("vertexes") or []:
                self.vertexes.setdefault(vertex["digest"], {}).update(vertex)
        self.vertexes = {digest: vertex for digest, vertex in self.vertexes.items()
                         if vertex.get("started") and vertex.get("completed")}
        for vertex in self.vertexes.values():
            self.times += [seconds(vertex["started"]), seconds(vertex["completed"])]

    def wall(self):
        return max(self.times) - min(self.times)

    def path(self):
        """The critical path: pairs of a name and seconds."""
        path = []
        for names in BEFORE:
            path += self.longest(names)
        path += self.steps()
        for names in AFTER:
            path += self.longest(names)
        return path

    def longest(self, names):
        found = [(vertex["name"], duration(vertex)) for vertex in self.vertexes.values()
                 if vertex["name"].startswith(names)]
        return [max(found, key=lambda pair: pair[1])] if found else []

    def steps(self):
        """The longest chain of steps of which each is made from the one before."""
        elsewhere = tuple(name for names in BEFORE + AFTER for name in names)
        ends = {}

        def end(digest):
            vertex = self.vertexes.get(digest)
            if vertex is None or vertex["name"].startswith(elsewhere):
                return 0, []
            if digest not in ends:
                before = max((end(other) for other in vertex.get("inputs") or []), default=(0, []))
                own = duration(vertex)
                ends[digest] = (before[0] + own, before[1] + [(vertex["name"], own)])
            return ends[digest]

        return max((end(digest) for digest in self.vertexes), default=(0, []))[1]


def duration(vertex):
    return seconds(vertex["completed"]) - seconds(vertex["started"])


def main():
    with open(sys.argv[1]) as file:
        build = Build(file)
    path = build.path()
    total = sum(length for _, length in path)
    for name, length in path:
        print(f"{length:8.2f} s  {name}")
    print(f"{total:8.2f} s  critical path")
    print(f"{build.wall():8.2f} s  wall time, {build.wall() / total:.2f} of the critical path")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
