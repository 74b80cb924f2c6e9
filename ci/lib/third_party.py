"""Lists the crates that become part of the programs, from `cargo metadata` on standard input."""

import json
import sys

HEAD = """# Third-party software

The programs contain these crates, by the licences named. A licence in full is in the crate's own
archive, and in its repository.

The crate `libgit2-sys` compiles libgit2 in, which is under the GNU General Public License, version 2,
with a linking exception: "In addition to the permissions in the GNU General Public License, the
authors give you unlimited permission to link the compiled version of this library into combinations
with other programs, and to distribute those combinations without any restriction coming from the use
of this file." So programs that contain it may be given on under their own licence; changes to libgit2
itself are under the GPL. Its source is in the crate. `libz-sys` compiles zlib in (Zlib licence), and
`ring` contains code of BoringSSL (ISC and OpenSSL licences).

| crate | version | licence |
|---|---|---|
"""


def main():
    metadata = json.load(sys.stdin)
    packages = {package["id"]: package for package in metadata["packages"]}
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    seen, open_ids = set(), [root]
    while open_ids:
        node = nodes[open_ids.pop()]
        for dependency in node["deps"]:
            # Of build and development dependencies, nothing gets into a program.
            if all(kind["kind"] is not None for kind in dependency["dep_kinds"]):
                continue
            if dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                open_ids.append(dependency["pkg"])
    rows = []
    for package in (packages[name] for name in seen):
        licence = package["license"] or "see its archive"
        rows.append((package["name"], package["version"], licence.replace("/", " OR ")))
    print(HEAD, end="")
    for row in sorted(rows):
        print("| " + " | ".join(row) + " |")


main()
