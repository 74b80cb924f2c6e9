"""Makes the Python packages of a real image out of its inventory: names and versions, no code.

    stand_in.py INVENTORY DIRECTORY [--without NAME…] [--requires OWNER=REQUIREMENT…]

The inventory has lines of `kind<TAB>name<TAB>version`; those of kind `pypi` become a `.dist-info` in
DIRECTORY, and an empty module where Dynamo or a check imports one. What is left out are packages that
the real image lost while it was made, and `--requires` gives metadata that the inventory does not have.
"""

import argparse
import pathlib
import re

# Modules that are imported, by the package that has them. Everything else is metadata alone.
MODULES = {
    "vllm": "vllm",
    "sglang": "sglang",
    "tensorrt-llm": "tensorrt_llm",
    "flashinfer-cubin": "flashinfer_cubin",
}


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("inventory", type=pathlib.Path)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--requires", nargs="*", default=[])
    arguments = parser.parse_args()
    without = {plain(name) for name in arguments.without}
    requires = {}
    for pair in arguments.requires:
        owner, _, requirement = pair.partition("=")
        requires.setdefault(plain(owner), []).append(requirement)
    made = 0
    for line in arguments.inventory.read_text().splitlines():
        kind, name, version = line.split("\t")
        if kind == "pypi" and plain(name) not in without:
            write(arguments.directory, name, version, requires.get(plain(name), []))
            made += 1
    print(f"{made} packages of {arguments.inventory.stem}")


def write(directory, name, version, requires):
    info = directory / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    (info / "INSTALLER").write_text("pip\n")
    record = [f"{info.name}/METADATA,,", f"{info.name}/INSTALLER,,", f"{info.name}/RECORD,,"]
    module = MODULES.get(plain(name))
    if module:
        (directory / module).mkdir(exist_ok=True)
        (directory / module / "__init__.py").write_text(f'__version__ = "{version}"\n')
        record.append(f"{module}/__init__.py,,")
    (info / "RECORD").write_text("\n".join(record) + "\n")


main()
