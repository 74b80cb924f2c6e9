"""Makes the Python packages of a real image out of its inventory: names and versions, no code.

    stand_in.py INVENTORY DIRECTORY [--without NAME…] [--released NAME…] [--requires OWNER=REQUIREMENT…]

The inventory has lines of `kind<TAB>name<TAB>version`; those of kind `pypi` become a `.dist-info` in
DIRECTORY/packages, and an empty module where a check imports one. What is left out are packages that the
real image lost while it was made; those that Dynamo imports are named with `--released`, and written to
DIRECTORY/released.txt for pip. `--requires` gives metadata that the inventory does not have.
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
    "torch": "torch",
}

# Whatever is asked of such a module is a class without anything: NIXL names PyTorch's in its signatures.
MODULE = """\
__version__ = "{version}"


def __getattr__(name):
    return type(name, (), {{}})
"""


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("inventory", type=pathlib.Path)
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--released", nargs="*", default=[])
    parser.add_argument("--requires", nargs="*", default=[])
    arguments = parser.parse_args()
    without = {plain(name) for name in arguments.without}
    released = {plain(name) for name in arguments.released}
    packages, pins = arguments.directory / "packages", {}
    requires = {}
    for pair in arguments.requires:
        owner, _, requirement = pair.partition("=")
        requires.setdefault(plain(owner), []).append(requirement)
    made = 0
    for line in arguments.inventory.read_text().splitlines():
        kind, name, version = line.split("\t")
        if kind != "pypi" or plain(name) in without:
            continue
        made += 1
        if plain(name) in released:
            # A real image may have two copies of a package; the later one is newer.
            pins[plain(name)] = f"{name}=={version}\n"
        else:
            write(packages, name, version, requires.get(plain(name), []))
    (arguments.directory / "released.txt").write_text("".join(pins.values()))
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
        (directory / module / "__init__.py").write_text(MODULE.format(version=version))
        record.append(f"{module}/__init__.py,,")
        if module == "torch":
            # NIXL chooses its library by it.
            (directory / module / "version.py").write_text('cuda = "13.0"\n')
    (info / "RECORD").write_text("\n".join(record) + "\n")


main()
